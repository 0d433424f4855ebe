package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

type invitationJSON struct {
	ID        tenancy.InvitationID     `json:"id"`
	Email     tenancy.Email            `json:"email"`
	Role      tenancy.Role             `json:"role"`
	Status    tenancy.InvitationStatus `json:"status"`
	InvitedBy *personJSON              `json:"invited_by"`
	CreatedAt time.Time                `json:"created_at"`
	ExpiresAt time.Time                `json:"expires_at"`
}

func invitationOf(i tenancy.Invitation) invitationJSON {
	return invitationJSON{ID: i.ID, Email: i.Email, Role: i.Role, Status: i.Status, InvitedBy: personOf(i.InvitedBy),
		CreatedAt: i.CreatedAt.UTC(), ExpiresAt: i.ExpiresAt.UTC()}
}

// personJSON is who did something.
type personJSON struct {
	ID    tenancy.UserID `json:"id"`
	Email tenancy.Email  `json:"email"`
	Name  string         `json:"name"`
}

func personOf(p tenancy.Person) *personJSON {
	if p.ID.IsZero() {
		return nil
	}
	return &personJSON{ID: p.ID, Email: p.Email, Name: p.Name}
}

// myInvitationJSON is an invitation as the person sees whom it asks in.
type myInvitationJSON struct {
	ID        tenancy.InvitationID `json:"id"`
	Tenant    shortJSON            `json:"tenant"`
	Role      tenancy.Role         `json:"role"`
	InvitedBy *personJSON          `json:"invited_by"`
	CreatedAt time.Time            `json:"created_at"`
	ExpiresAt time.Time            `json:"expires_at"`
}

func myInvitationOf(i tenancy.TenantInvitation) myInvitationJSON {
	return myInvitationJSON{ID: i.ID, Tenant: shortJSON{ID: i.TenantID, Name: i.TenantName, Slug: i.TenantSlug}, Role: i.Role,
		InvitedBy: personOf(i.InvitedBy), CreatedAt: i.CreatedAt.UTC(), ExpiresAt: i.ExpiresAt.UTC()}
}

type invitationsJSON[Item any] struct {
	Invitations []Item  `json:"invitations"`
	NextCursor  *string `json:"next_cursor"`
}

// listInvitations is GET /tenants/{id}/invitations.
func (h *Handler) listInvitations(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	var status tenancy.InvitationStatus
	page, err := c.page(func(f *faults, query url.Values) {
		status = tenancy.InvitationStatus(f.single(query, "status"))
		switch status {
		case "", tenancy.InvitationPending, tenancy.InvitationAccepted, tenancy.InvitationRevoked, tenancy.InvitationExpired:
		default:
			f.add("query", "/status", "want pending, accepted, revoked or expired")
		}
	})
	if err != nil {
		return answer{}, err
	}
	list, err := h.Service.Invitations(ctx, c.caller, id, tenancy.InvitationFilter{Status: status, Page: andOne(page)})
	if err != nil {
		return answer{}, err
	}
	shown, next := cut(list, page, func(i tenancy.Invitation) [16]byte { return i.ID }, invitationOf)
	return answer{status: http.StatusOK, tenant: id, body: invitationsJSON[invitationJSON]{Invitations: shown, NextCursor: next}}, nil
}

// listMyInvitations is GET /me/invitations.
func (h *Handler) listMyInvitations(ctx context.Context, c call[nothing]) (answer, error) {
	page, err := c.page(nil)
	if err != nil {
		return answer{}, err
	}
	list, err := h.Service.InvitationsOf(ctx, c.caller, andOne(page))
	if err != nil {
		return answer{}, err
	}
	shown, next := cut(list, page, func(i tenancy.TenantInvitation) [16]byte { return i.ID }, myInvitationOf)
	return answer{status: http.StatusOK, body: invitationsJSON[myInvitationJSON]{Invitations: shown, NextCursor: next}}, nil
}

// createInvitation is POST /tenants/{id}/invitations.
func (h *Handler) createInvitation(ctx context.Context, c call[newMember]) (answer, error) {
	id, email, role, err := h.wanted(ctx, c)
	if err != nil {
		return answer{}, err
	}
	made, err := h.Service.Invite(ctx, c.caller, id, email, role)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusCreated, tenant: id, body: invitationOf(made)}, nil
}

// resendInvitation is POST /tenants/{id}/invitations/{invitation}/resend.
func (h *Handler) resendInvitation(ctx context.Context, c call[nothing]) (answer, error) {
	id, invitation, err := h.pathInvitation(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	again := use{"resend", invitation.String(), h.Limits.ResetAddress}
	if err := h.count(ctx, again); err != nil {
		return answer{}, err
	}
	sent, err := h.Service.ResendInvitation(ctx, c.caller, id, invitation)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, tenant: id, body: invitationOf(sent)}, nil
}

// revokeInvitation is POST /tenants/{id}/invitations/{invitation}/revoke.
func (h *Handler) revokeInvitation(ctx context.Context, c call[nothing]) (answer, error) {
	id, invitation, err := h.pathInvitation(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent, tenant: id}, h.Service.RevokeInvitation(ctx, c.caller, id, invitation)
}

// pathInvitation returns the tenant and the invitation that the path names.
func (h *Handler) pathInvitation(ctx context.Context, v visit) (tenancy.TenantID, tenancy.InvitationID, error) {
	id, err := h.pathTenant(ctx, v)
	if err != nil {
		return tenancy.TenantID{}, tenancy.InvitationID{}, err
	}
	invitation, err := tenancy.ParseInvitationID(v.r.PathValue("invitation"))
	if err != nil {
		return tenancy.TenantID{}, tenancy.InvitationID{}, invalidPath("/invitation", err)
	}
	return id, invitation, nil
}

// acceptanceJSON has exactly one of the two.
type acceptanceJSON struct {
	Token *string `json:"token"`
	ID    *string `json:"id"`
}

type acceptedJSON struct {
	Tenant shortJSON  `json:"tenant"`
	Member memberJSON `json:"member"`
}

const maxToken = 200 // bytes

// acceptInvitation is POST /invitations/accept.
func (h *Handler) acceptInvitation(ctx context.Context, c call[acceptanceJSON]) (answer, error) {
	var f faults
	var id tenancy.InvitationID
	token := ""
	switch {
	case (c.body.Token == nil) == (c.body.ID == nil):
		f.add("body", "", "want either token or id")
	case c.body.Token != nil:
		if token = *c.body.Token; token == "" || len(token) > maxToken {
			f.add("body", "/token", "want 1 to 200 bytes")
		}
	default:
		var err error
		if id, err = tenancy.ParseInvitationID(*c.body.ID); err != nil {
			f.add("body", "/id", err.Error())
		}
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	if err := h.count(ctx, use{"accept", c.caller.User.String(), h.Limits.AcceptCaller}); err != nil {
		return answer{}, err
	}
	var accepted tenancy.Accepted
	var err error
	if token != "" {
		accepted, err = h.Service.AcceptToken(ctx, c.caller, token)
	} else {
		accepted, err = h.Service.AcceptInvitation(ctx, c.caller, id)
	}
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, tenant: accepted.Tenant.ID, body: acceptedJSON{
		Tenant: shortOf(accepted.Tenant), Member: memberOf(accepted.Member),
	}}, nil
}
