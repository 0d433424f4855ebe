package manage

import (
	"context"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// SettingStore keeps the configuration of tenants.
type SettingStore interface {
	// Settings returns all of a tenant's, for any member, by key.
	Settings(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) ([]tenancy.Setting, error)
	// Setting returns one of them, or tenancy.ErrNotFound.
	Setting(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string) (tenancy.Setting, error)
}

// Settings returns the configuration of a tenant of the caller, by key.
func (s *Service) Settings(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) ([]tenancy.Setting, error) {
	list, err := s.Store.Settings(ctx, caller, id)
	if err != nil {
		return nil, fmt.Errorf("listing the configuration: %w", err)
	}
	return list, nil
}

// Setting returns one key of it, or tenancy.ErrNotFound.
func (s *Service) Setting(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string) (tenancy.Setting, error) {
	found, err := s.Store.Setting(ctx, caller, id, key)
	if err != nil {
		return tenancy.Setting{}, fmt.Errorf("loading the configuration: %w", err)
	}
	return found, nil
}
