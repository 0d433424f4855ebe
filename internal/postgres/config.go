package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Settings returns the configuration of a tenant by key, for any of its
// members.
func (s *Store) Settings(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (list []tenancy.Setting, err error) {
	err = s.transact(ctx, "listing config", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := admit(ctx, tx, caller, id, tenancy.RoleViewer); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+settingColumns+` FROM tenant_configs c WHERE c.tenant_id = $1 ORDER BY c.key LIMIT $2`, id, tenancy.MaxSettings)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tenancy.Setting, error) { return scanSetting(row) })
		return err
	})
	return list, err
}

// Setting returns one key of the configuration, for any member of the tenant,
// or tenancy.ErrNotFound.
func (s *Store) Setting(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string) (found tenancy.Setting, err error) {
	err = s.transact(ctx, "loading config", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := admit(ctx, tx, caller, id, tenancy.RoleViewer); err != nil {
			return err
		}
		found, err = scanSetting(tx.QueryRow(ctx, `SELECT `+settingColumns+` FROM tenant_configs c WHERE c.tenant_id = $1 AND c.key = $2`, id, key))
		if missing(err) {
			return tenancy.ErrNotFound
		}
		return err
	})
	return found, err
}

const settingColumns = `c.key, c.value, c.version, c.updated_at`

func scanSetting(row pgx.Row) (tenancy.Setting, error) {
	var found tenancy.Setting
	err := row.Scan(&found.Key, (*[]byte)(&found.Value), &found.Version, &found.UpdatedAt)
	return found, err
}

// configOf returns the configuration of a tenant: JSON values by key, never nil.
func configOf(ctx context.Context, tx pgx.Tx, id tenancy.TenantID) (map[string]json.RawMessage, error) {
	rows, err := tx.Query(ctx, `SELECT key, value FROM tenant_configs WHERE tenant_id = $1`, id)
	if err != nil {
		return nil, err
	}
	config := map[string]json.RawMessage{}
	var key string
	var value []byte
	_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		config[key] = json.RawMessage(value)
		return nil
	})
	return config, err
}
