package manage

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// InvitationStore keeps who is asked into a tenant.
type InvitationStore interface {
	// Invitations returns invitations of a tenant to its admins, by id.
	Invitations(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, filter tenancy.InvitationFilter) ([]tenancy.Invitation, error)
	// InvitationsOf returns the pending ones of the caller's verified address, the
	// newest first.
	InvitationsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantInvitation, error)
	// ResendInvitation makes the old link worthless. Besides the caller's errors:
	// tenancy.ErrNotFound, tenancy.ErrInvitationGone and tenancy.ErrSeatLimit.
	ResendInvitation(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, invitation tenancy.InvitationID, renewed tenancy.NewInvitation) (tenancy.Invitation, error)
	// RevokeInvitation takes one back. Besides the caller's errors:
	// tenancy.ErrNotFound and tenancy.ErrInvitationGone.
	RevokeInvitation(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, invitation tenancy.InvitationID) error
	// AcceptInvitation makes the caller a member. It returns
	// tenancy.ErrInvitationGone for what is none of theirs, too, and
	// tenancy.ErrTenantSuspended.
	AcceptInvitation(ctx context.Context, caller tenancy.Caller, acceptance tenancy.Acceptance) (tenancy.Accepted, []tenancy.Change, error)
}

// Invitations returns invitations of a tenant of the caller, by id.
func (s *Service) Invitations(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, filter tenancy.InvitationFilter) ([]tenancy.Invitation, error) {
	list, err := s.Store.Invitations(ctx, caller, id, filter)
	if err != nil {
		return nil, fmt.Errorf("listing invitations: %w", err)
	}
	return list, nil
}

// InvitationsOf returns the pending invitations of the caller's verified
// address, the newest first.
func (s *Service) InvitationsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.TenantInvitation, error) {
	list, err := s.Store.InvitationsOf(ctx, caller, page)
	if err != nil {
		return nil, fmt.Errorf("listing the caller's invitations: %w", err)
	}
	return list, nil
}

// Invite asks the person of that address in, whether they have an account or
// not. Errors as for [Store.AddMember].
func (s *Service) Invite(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, email tenancy.Email, role tenancy.Role) (tenancy.Invitation, error) {
	invitation, err := s.NewInvitation()
	if err != nil {
		return tenancy.Invitation{}, err
	}
	added, changes, err := s.Store.AddMember(ctx, caller, id, tenancy.NewMember{Email: email, Role: role, InviteOnly: true, MemberID: s.NewID(), Invitation: invitation})
	s.forget(ctx, changes)
	if err != nil {
		return tenancy.Invitation{}, fmt.Errorf("inviting: %w", err)
	}
	s.mailed()
	return *added.Invitation, nil
}

// ResendInvitation sends an invitation again, with a new link. Errors as for
// [InvitationStore.ResendInvitation].
func (s *Service) ResendInvitation(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, invitation tenancy.InvitationID) (tenancy.Invitation, error) {
	renewed, err := s.NewInvitation()
	if err != nil {
		return tenancy.Invitation{}, err
	}
	sent, err := s.Store.ResendInvitation(ctx, caller, id, invitation, renewed)
	if err != nil {
		return tenancy.Invitation{}, fmt.Errorf("resending an invitation: %w", err)
	}
	s.mailed()
	return sent, nil
}

// RevokeInvitation takes an invitation back. Errors as for
// [InvitationStore.RevokeInvitation].
func (s *Service) RevokeInvitation(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, invitation tenancy.InvitationID) error {
	if err := s.Store.RevokeInvitation(ctx, caller, id, invitation); err != nil {
		return fmt.Errorf("revoking an invitation: %w", err)
	}
	return nil
}

// AcceptToken accepts the invitation whose mail holds this token. Errors as for
// [InvitationStore.AcceptInvitation].
func (s *Service) AcceptToken(ctx context.Context, caller tenancy.Caller, token string) (tenancy.Accepted, error) {
	hash := sha256.Sum256([]byte(token))
	return s.accept(ctx, caller, tenancy.Acceptance{TokenHash: hash[:]})
}

// AcceptInvitation accepts an invitation of the caller's verified address.
// Errors as for [InvitationStore.AcceptInvitation].
func (s *Service) AcceptInvitation(ctx context.Context, caller tenancy.Caller, id tenancy.InvitationID) (tenancy.Accepted, error) {
	return s.accept(ctx, caller, tenancy.Acceptance{ID: id})
}

func (s *Service) accept(ctx context.Context, caller tenancy.Caller, acceptance tenancy.Acceptance) (tenancy.Accepted, error) {
	acceptance.MemberID = s.NewID()
	accepted, changes, err := s.Store.AcceptInvitation(ctx, caller, acceptance)
	s.forget(ctx, changes)
	if err != nil {
		return tenancy.Accepted{}, fmt.Errorf("accepting an invitation: %w", err)
	}
	return accepted, nil
}
