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
	// UpdateMember changes a role or a status. Besides the caller's errors:
	// tenancy.ErrNotFound, tenancy.ErrLastAdmin and tenancy.ErrVersionMismatch.
	UpdateMember(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef, change tenancy.MemberChange) (tenancy.Member, []tenancy.Change, error)
	// LeaveTenant ends the caller's own membership, or returns tenancy.ErrNotMember
	// or tenancy.ErrLastAdmin.
	LeaveTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) ([]tenancy.Change, error)
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

// UpdateMember changes a member's role or status. Errors as for
// [MemberStore.UpdateMember].
func (s *Service) UpdateMember(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef, change tenancy.MemberChange,
) (tenancy.Member, error) {
	member, changes, err := s.Store.UpdateMember(ctx, caller, id, ref, change)
	s.forget(ctx, changes)
	if err != nil {
		return tenancy.Member{}, fmt.Errorf("changing a member: %w", err)
	}
	return member, nil
}

// Leave ends the caller's membership of a tenant. Errors as for
// [MemberStore.LeaveTenant].
func (s *Service) Leave(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) error {
	changes, err := s.Store.LeaveTenant(ctx, caller, id)
	s.forget(ctx, changes)
	if err != nil {
		return fmt.Errorf("leaving a tenant: %w", err)
	}
	return nil
}
