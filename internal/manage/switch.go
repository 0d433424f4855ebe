package manage

import (
	"context"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Switched is the outcome of a switch: a token that names the tenant.
type Switched struct {
	Grant
	Tenant tenancy.TenantEntry
}

// Switch stores the tenant as the caller's current one and returns an access
// token that names it, in the same session. Tokens made before keep naming what
// they name: another tab is not moved.
func (s *Service) Switch(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (Switched, error) {
	entered, changes, err := s.Store.SwitchTenant(ctx, caller, id)
	s.forget(ctx, changes)
	if err != nil {
		return Switched{}, fmt.Errorf("switching the tenant: %w", err)
	}
	grant, err := s.grant(caller.User, entered.ID, caller.Session, entered.SessionEnds)
	if err != nil {
		return Switched{}, fmt.Errorf("issuing an access token: %w", err)
	}
	grant.SessionEnds = entered.SessionEnds
	return Switched{Grant: grant, Tenant: entered.TenantEntry}, nil
}
