package manage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// MemberStore keeps who is in a tenant.
type MemberStore interface {
	// Members returns members of a tenant, for any of them, by id.
	Members(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, filter tenancy.MemberFilter) (tenancy.MemberPage, error)
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
func (s *Service) MembersOf(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, filter tenancy.MemberFilter) (tenancy.MemberPage, error) {
	page, err := s.Store.Members(ctx, caller, id, filter)
	if err != nil {
		return tenancy.MemberPage{}, fmt.Errorf("listing members: %w", err)
	}
	return page, nil
}

// Member returns a member of a tenant of the caller, or tenancy.ErrNotFound.
func (s *Service) Member(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef) (tenancy.Member, error) {
	member, err := s.Store.Member(ctx, caller, id, ref)
	if err != nil {
		return tenancy.Member{}, fmt.Errorf("loading a member: %w", err)
	}
	return member, nil
}

const invitationTokenLen = 32 // bytes

// AddMember lets the person of that address into the tenant, or invites them
// where they have no account or the mode is InviteOnly. Errors as for
// [Store.AddMember].
func (s *Service) AddMember(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, email tenancy.Email, role tenancy.Role) (tenancy.Added, error) {
	invitation, err := s.NewInvitation()
	if err != nil {
		return tenancy.Added{}, err
	}
	added, changes, err := s.Store.AddMember(ctx, caller, id, tenancy.NewMember{
		Email:      email,
		Role:       role,
		InviteOnly: s.Members == InviteOnly,
		MemberID:   s.NewID(),
		Invitation: invitation,
	})
	s.forget(ctx, changes)
	if err != nil {
		return tenancy.Added{}, fmt.Errorf("adding a member: %w", err)
	}
	s.mailed()
	return added, nil
}

// NewInvitation makes a one-use token of 32 random bytes and keeps only its
// hash: nothing that can be read from the store lets anybody in. The mail brings
// another one, see package mail.
func (s *Service) NewInvitation() (tenancy.NewInvitation, error) {
	token := make([]byte, invitationTokenLen)
	if _, err := io.ReadFull(s.Random, token); err != nil {
		return tenancy.NewInvitation{}, fmt.Errorf("making an invitation token: %w", err)
	}
	hash := sha256.Sum256(token)
	return tenancy.NewInvitation{ID: s.NewID(), TokenHash: hash[:], ExpiresAt: s.Now().Add(invitationLength)}, nil
}

// RemoveMember ends a membership, or withdraws the pending invitation of that
// address. Errors as for [Store.RemoveMember].
func (s *Service) RemoveMember(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, member tenancy.MemberRef) error {
	changes, err := s.Store.RemoveMember(ctx, caller, id, member)
	s.settle(ctx, changes, err)
	if err != nil {
		return fmt.Errorf("removing a member: %w", err)
	}
	return nil
}

// UpdateMember changes a member's role or status. Errors as for
// [MemberStore.UpdateMember].
func (s *Service) UpdateMember(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, ref tenancy.MemberRef, change tenancy.MemberChange,
) (tenancy.Member, error) {
	member, changes, err := s.Store.UpdateMember(ctx, caller, id, ref, change)
	s.settle(ctx, changes, err)
	if err != nil {
		return tenancy.Member{}, fmt.Errorf("changing a member: %w", err)
	}
	return member, nil
}

// Leave ends the caller's membership of a tenant. Errors as for
// [MemberStore.LeaveTenant].
func (s *Service) Leave(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) error {
	changes, err := s.Store.LeaveTenant(ctx, caller, id)
	s.settle(ctx, changes, err)
	if err != nil {
		return fmt.Errorf("leaving a tenant: %w", err)
	}
	return nil
}
