package manage

import (
	"context"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// MemberStore keeps who is in a tenant.
type MemberStore interface {
	// Members returns members of a tenant, for any of them, by id.
	Members(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, filter tenancy.MemberFilter) ([]tenancy.Member, error)
	// Member returns one of them, or tenancy.ErrNotFound.
	Member(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef) (tenancy.Member, error)
}

// MembersOf returns members of a tenant of the caller, by id.
func (s *Service) MembersOf(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, filter tenancy.MemberFilter) ([]tenancy.Member, error) {
	list, err := s.Store.Members(ctx, caller, id, filter)
	if err != nil {
		return nil, fmt.Errorf("listing members: %w", err)
	}
	return list, nil
}

// Member returns a member of a tenant of the caller, or tenancy.ErrNotFound.
func (s *Service) Member(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef) (tenancy.Member, error) {
	member, err := s.Store.Member(ctx, caller, id, ref)
	if err != nil {
		return tenancy.Member{}, fmt.Errorf("loading a member: %w", err)
	}
	return member, nil
}
