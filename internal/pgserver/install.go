package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tenantgate/tenantgate/internal/pgserver/debian"
)

// install puts programs where look finds them. What it returns says why each
// way failed.
func (s search) install(ctx context.Context) error {
	byPackage := s.installPackage(ctx)
	if byPackage == nil {
		return nil
	}
	byTarball := s.fetch(ctx)
	if byTarball == nil {
		return nil
	}
	return errors.Join(byPackage, byTarball)
}

// installPackage installs Debian's package, and no more than that: its script
// makes a cluster and starts it on port 5432 for the whole machine, which
// nobody asked for. PGSYSCONFDIR and PG_CLUSTER_CONF_ROOT, read by
// pg_createcluster(1), send that cluster to a directory that is thrown away, and
// leave nothing to start.
func (s search) installPackage(ctx context.Context) error {
	if err := debian.Usable(ctx); err != nil {
		return err
	}
	aside, err := os.MkdirTemp("", "tenantgate-apt-")
	if err != nil {
		return fmt.Errorf("making a directory for apt-get: %w", err)
	}
	defer func() { _ = debian.AsRoot(ctx, nil, "rm", "-rf", aside) }()
	settings := "data_directory = '" + aside + "/data'\nstart_conf = 'disabled'\n"
	err = errors.Join(os.Chmod(aside, 0o755), os.WriteFile(filepath.Join(aside, "createcluster.conf"), []byte(settings), 0o644))
	if err != nil {
		return fmt.Errorf("keeping apt-get from making a cluster: %w", err)
	}
	name := "postgresql"
	if s.major != 0 {
		name += "-" + strconv.Itoa(s.major)
	}
	s.log.Info("installing Postgres with apt-get; no system-wide server is set up", "package", name)
	return debian.Install(ctx, name, "PGSYSCONFDIR="+aside, "PG_CLUSTER_CONF_ROOT="+aside)
}
