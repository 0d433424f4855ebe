package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// SetSetting sets a key of a tenant's configuration to a value that
// tenancy.CheckSetting has passed, and reports whether the key is new. It
// returns tenancy.ErrVersionMismatch, or an InvalidError where the tenant has
// tenancy.MaxSettings keys already.
func (s *Store) SetSetting(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string, value json.RawMessage, match tenancy.Match,
) (set tenancy.Setting, isNew bool, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "setting config", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		version, err := admitToSetting(ctx, tx, caller, id, key)
		if err != nil {
			return err
		}
		if err := match.Check(version); err != nil {
			return err
		}
		if isNew = version == 0; isNew {
			if err := roomForSetting(ctx, tx, id); err != nil {
				return err
			}
		}
		set, err = scanSetting(tx.QueryRow(ctx, `
			INSERT INTO tenant_configs AS c (tenant_id, key, value) VALUES ($1, $2, $3)
			ON CONFLICT (tenant_id, key) DO UPDATE SET value = excluded.value
			RETURNING `+settingColumns, id, key, value))
		if err != nil {
			return err
		}
		changes, err = s.settingChanged(ctx, tx, caller, id, set, "config.set")
		return err
	})
	if err != nil {
		return tenancy.Setting{}, false, nil, err
	}
	return set, isNew, changes, nil
}

// DeleteSetting takes a key out of a tenant's configuration. It returns
// tenancy.ErrNotFound or tenancy.ErrVersionMismatch.
func (s *Store) DeleteSetting(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string, match tenancy.Match,
) (changes []tenancy.Change, err error) {
	err = s.transact(ctx, "deleting config", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		version, err := admitToSetting(ctx, tx, caller, id, key)
		switch {
		case err != nil:
			return err
		case version == 0:
			return tenancy.ErrNotFound
		}
		if err := match.Check(version); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM tenant_configs WHERE tenant_id = $1 AND key = $2`, id, key); err != nil {
			return err
		}
		changes, err = s.settingChanged(ctx, tx, caller, id, tenancy.Setting{Key: key, Version: version}, "config.deleted")
		return err
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// admitToSetting takes the tenant, admits its admins, and returns the version
// of a key; 0: it is not set.
func admitToSetting(ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID, key string) (version int64, err error) {
	if err := admitAdmin(ctx, tx, caller, id); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `SELECT version FROM tenant_configs WHERE tenant_id = $1 AND key = $2`, id, key).Scan(&version)
	if missing(err) {
		return 0, nil
	}
	return version, err
}

// roomForSetting bounds the keys of a tenant, which is locked.
func roomForSetting(ctx context.Context, tx pgx.Tx, id tenancy.TenantID) error {
	var keys int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM tenant_configs WHERE tenant_id = $1`, id).Scan(&keys)
	if err == nil && keys >= tenancy.MaxSettings {
		return &tenancy.InvalidError{Violations: []tenancy.Violation{{Pointer: "/key", In: "path",
			Detail: fmt.Sprintf("a tenant has at most %d settings", tenancy.MaxSettings)}}}
	}
	return err
}

// settingChanged writes the audit row, with the value of a known key. What is
// under "custom." is the product's, and may be what no log should keep.
func (s *Store) settingChanged(
	ctx context.Context, tx pgx.Tx, by tenancy.Caller, id tenancy.TenantID, set tenancy.Setting, action string,
) ([]tenancy.Change, error) {
	changes := []tenancy.Change{{Key: tenancy.Key{Tenant: id}, Gives: true}}
	detail := map[string]string{"version": strconv.FormatInt(set.Version, 10)}
	if set.Value != nil && !strings.HasPrefix(set.Key, tenancy.CustomPrefix) {
		detail["value"] = string(set.Value)
	}
	return changes, s.audit(ctx, tx, entry{by: by, tenant: id, action: action, target: "config:" + set.Key, detail: detail})
}
