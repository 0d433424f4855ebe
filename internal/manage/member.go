package manage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const invitationTokenLen = 32 // bytes

// AddMember lets the person of that address into the tenant, or invites them
// where they have no account or the mode is InviteOnly. Errors as for
// [Store.AddMember].
func (s *Service) AddMember(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, email tenancy.Email, role tenancy.Role) (tenancy.Added, error) {
	invitation, err := s.newInvitation()
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

// newInvitation makes a one-use token of 32 random bytes and keeps only its
// hash: nothing that can be read from the store lets anybody in. The mail brings
// another one, see package mail.
func (s *Service) newInvitation() (tenancy.NewInvitation, error) {
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
	s.forget(ctx, changes)
	if err != nil {
		return fmt.Errorf("removing a member: %w", err)
	}
	return nil
}
