package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

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
