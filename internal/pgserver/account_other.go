//go:build !linux

package pgserver

import (
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// User namespaces are Linux's.
func mapRootTo(int, int) *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func canMap(context.Context, int, int) bool { return false }

// isPostgres reports whether pid is a running Postgres.
func isPostgres(ctx context.Context, pid int) bool {
	name, err := exec.CommandContext(ctx, "ps", "-o", "comm=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.HasPrefix(filepath.Base(strings.TrimSpace(string(name))), "postgres")
}
