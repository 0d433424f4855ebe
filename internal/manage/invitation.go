package manage

import (
	"context"
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
