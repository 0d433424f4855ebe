package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

type newMember struct {
	Email string `json:"email"`
	Role  string `json:"role"`
}

type memberJSON struct {
	ID       tenancy.MemberID `json:"id"`
	UserID   tenancy.UserID   `json:"user_id"`
	Email    tenancy.Email    `json:"email"`
	Name     string           `json:"name"`
	Role     tenancy.Role     `json:"role"`
	Status   tenancy.Status   `json:"status"`
	JoinedAt time.Time        `json:"joined_at"`
}

type invitationJSON struct {
	ID        tenancy.InvitationID `json:"id"`
	Email     tenancy.Email        `json:"email"`
	Role      tenancy.Role         `json:"role"`
	Status    string               `json:"status"`
	CreatedAt time.Time            `json:"created_at"`
	ExpiresAt time.Time            `json:"expires_at"`
}

// addedJSON holds exactly one of the two.
type addedJSON struct {
	Member     *memberJSON     `json:"member,omitempty"`
	Invitation *invitationJSON `json:"invitation,omitempty"`
}

// addMember is POST /tenants/{id}/members: 201 with the member, or 202 with an
// invitation.
func (h *Handler) addMember(ctx context.Context, c call[newMember]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	var f faults
	email, role := f.email("/email", c.body.Email), f.role("/role", c.body.Role)
	if err := f.err(); err != nil {
		return answer{}, err
	}
	added, err := h.Service.AddMember(ctx, c.caller, id, email, role)
	if err != nil {
		return answer{}, err
	}
	if m := added.Member; m != nil {
		return answer{status: http.StatusCreated, tenant: id, body: addedJSON{Member: &memberJSON{
			ID: m.ID, UserID: m.UserID, Email: m.Email, Name: m.Name, Role: m.Role, Status: m.Status, JoinedAt: m.JoinedAt.UTC(),
		}}}, nil
	}
	i := added.Invitation
	return answer{status: http.StatusAccepted, tenant: id, body: addedJSON{Invitation: &invitationJSON{
		ID: i.ID, Email: i.Email, Role: i.Role, Status: i.Status, CreatedAt: i.CreatedAt.UTC(), ExpiresAt: i.ExpiresAt.UTC(),
	}}}, nil
}

// removeMember is DELETE /tenants/{id}/members/{email}.
func (h *Handler) removeMember(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	member, err := parseMember(c.r.PathValue("member"))
	if err != nil {
		return answer{}, invalidPath("/email", err)
	}
	if err := h.Service.RemoveMember(ctx, c.caller, id, member); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent, tenant: id}, nil
}

// parseMember reads an address or a member's id; no text is both.
func parseMember(name string) (tenancy.MemberRef, error) {
	if strings.Contains(name, "@") {
		email, err := tenancy.ParseEmail(name)
		return tenancy.MemberRef{Email: email}, err
	}
	id, err := tenancy.ParseMemberID(name)
	return tenancy.MemberRef{ID: id}, err
}
