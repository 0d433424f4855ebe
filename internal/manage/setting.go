package manage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// SettingStore keeps the configuration of tenants.
type SettingStore interface {
	// Settings returns all of a tenant's, for any member, by key.
	Settings(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) ([]tenancy.Setting, error)
	// Setting returns one of them, or tenancy.ErrNotFound.
	Setting(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string) (tenancy.Setting, error)
	// SetSetting sets one and reports whether it is new. Besides the caller's
	// errors: tenancy.ErrVersionMismatch and InvalidErrors.
	SetSetting(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string, value json.RawMessage, match tenancy.Match) (tenancy.Setting, bool, []tenancy.Change, error)
	// DeleteSetting takes one away. Besides the caller's errors:
	// tenancy.ErrNotFound and tenancy.ErrVersionMismatch.
	DeleteSetting(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string, match tenancy.Match) ([]tenancy.Change, error)
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

// SetSetting sets a key of a tenant's configuration, and reports whether it was
// not set before. Errors as for [SettingStore.SetSetting], and those of
// tenancy.CheckSetting.
func (s *Service) SetSetting(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string, value json.RawMessage, match tenancy.Match,
) (tenancy.Setting, bool, error) {
	if err := tenancy.CheckSetting(key, value); err != nil {
		return tenancy.Setting{}, false, err
	}
	set, isNew, changes, err := s.Store.SetSetting(ctx, caller, id, key, value, match)
	s.forget(ctx, changes)
	if err != nil {
		return tenancy.Setting{}, false, fmt.Errorf("setting the configuration: %w", err)
	}
	return set, isNew, nil
}

// DeleteSetting takes a key out of it. Errors as for
// [SettingStore.DeleteSetting].
func (s *Service) DeleteSetting(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, key string, match tenancy.Match) error {
	changes, err := s.Store.DeleteSetting(ctx, caller, id, key, match)
	s.forget(ctx, changes)
	if err != nil {
		return fmt.Errorf("deleting from the configuration: %w", err)
	}
	return nil
}
