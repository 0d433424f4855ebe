package httpapi

import (
	"context"
	"net/http"
	"net/url"
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
	// Verified is there, and false, for an address that is only claimed.
	Verified *bool `json:"email_verified,omitempty"`
}

func memberOf(m tenancy.Member) memberJSON {
	shown := memberJSON{ID: m.ID, UserID: m.UserID, Email: m.Email, Name: m.Name, Role: m.Role, Status: m.Status, JoinedAt: m.JoinedAt.UTC()}
	if m.Claimed {
		shown.Verified = new(bool)
	}
	return shown
}

type membersJSON struct {
	Members    []memberJSON `json:"members"`
	NextCursor *string      `json:"next_cursor"`
}

// addedJSON holds exactly one of the two.
type addedJSON struct {
	Member     *memberJSON     `json:"member,omitempty"`
	Invitation *invitationJSON `json:"invitation,omitempty"`
}

// addMember is POST /tenants/{id}/members: 201 with the member, or 202 with an
// invitation.
func (h *Handler) addMember(ctx context.Context, c call[newMember]) (answer, error) {
	id, email, role, err := h.wanted(ctx, c)
	if err != nil {
		return answer{}, err
	}
	added, err := h.Service.AddMember(ctx, c.caller, id, email, role)
	if err != nil {
		return answer{}, err
	}
	if m := added.Member; m != nil {
		shown := memberOf(*m)
		return answer{status: http.StatusCreated, tenant: id, body: addedJSON{Member: &shown}}, nil
	}
	shown := invitationOf(*added.Invitation)
	return answer{status: http.StatusAccepted, tenant: id, body: addedJSON{Invitation: &shown}}, nil
}

// wanted reads who is to be let into which tenant, and counts that it was asked for.
func (h *Handler) wanted(ctx context.Context, c call[newMember]) (id tenancy.TenantID, email tenancy.Email, role tenancy.Role, err error) {
	if id, err = h.pathTenant(ctx, c.visit); err != nil {
		return id, "", role, err
	}
	var f faults
	email, role = f.email(c.body.Email), f.role("/role", c.body.Role)
	if err := f.err(); err != nil {
		return id, "", role, err
	}
	return id, email, role, h.count(ctx, h.inviting(c.caller, email)...)
}

// listMembers is GET /tenants/{id}/members.
func (h *Handler) listMembers(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	var filter tenancy.MemberFilter
	page, err := c.page(func(f *faults, query url.Values) { filter = f.memberFilter(query) })
	if err != nil {
		return answer{}, err
	}
	filter.Page = andOne(page)
	found, err := h.Service.MembersOf(ctx, c.caller, id, filter)
	if err != nil {
		return answer{}, err
	}
	shown, next := cut(found.Members, page, func(m tenancy.Member) [16]byte { return m.ID }, memberOf)
	if next == nil && !found.More.IsZero() {
		next = cursorOf(found.More)
	}
	return answer{status: http.StatusOK, tenant: id, body: membersJSON{Members: shown, NextCursor: next}}, nil
}

// memberFilter reads which members are meant.
func (f *faults) memberFilter(query url.Values) tenancy.MemberFilter {
	filter := tenancy.MemberFilter{Text: f.search(query), Status: tenancy.Status(f.single(query, "status"))}
	if name := f.single(query, "role"); name != "" {
		role, err := tenancy.ParseRole(name)
		if err != nil {
			f.add("query", "/role", "want viewer, member or admin")
		}
		filter.Role = role
	}
	if filter.Status != "" && filter.Status != tenancy.StatusActive && filter.Status != tenancy.StatusSuspended {
		f.add("query", "/status", "want active or suspended")
	}
	return filter
}

// getMember is GET /tenants/{id}/members/{member}.
func (h *Handler) getMember(ctx context.Context, c call[nothing]) (answer, error) {
	id, ref, err := h.pathMember(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	member, err := h.Service.Member(ctx, c.caller, id, ref)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, tenant: id, body: memberOf(member), version: member.Version}, nil
}

// pathMember returns the tenant and the member that the path names.
func (h *Handler) pathMember(ctx context.Context, v visit) (tenancy.TenantID, tenancy.MemberRef, error) {
	id, err := h.pathTenant(ctx, v)
	if err != nil {
		return tenancy.TenantID{}, tenancy.MemberRef{}, err
	}
	ref, err := parseMember(v.r.PathValue("member"))
	if err != nil {
		return tenancy.TenantID{}, tenancy.MemberRef{}, invalidPath("/member", err)
	}
	return id, ref, nil
}

type memberChangeJSON struct {
	Role   *string `json:"role"`
	Status *string `json:"status"`
}

// updateMember is PATCH /tenants/{id}/members/{member}.
func (h *Handler) updateMember(ctx context.Context, c call[memberChangeJSON]) (answer, error) {
	id, ref, err := h.pathMember(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	var f faults
	change := tenancy.MemberChange{Match: c.match}
	if c.body.Role != nil {
		role := f.role("/role", *c.body.Role)
		change.Role = &role
	}
	if c.body.Status != nil {
		status := tenancy.Status(*c.body.Status)
		if status != tenancy.StatusActive && status != tenancy.StatusSuspended {
			f.add("body", "/status", "want active or suspended")
		}
		change.Status = &status
	}
	if change.Role == nil && change.Status == nil {
		f.add("body", "", "want at least one of role and status")
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	member, err := h.Service.UpdateMember(ctx, c.caller, id, ref, change)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, tenant: id, body: memberOf(member), version: member.Version}, nil
}

// leaveTenant is POST /tenants/{id}/leave.
func (h *Handler) leaveTenant(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent, tenant: id}, h.Service.Leave(ctx, c.caller, id)
}

// removeMember is DELETE /tenants/{id}/members/{email}.
func (h *Handler) removeMember(ctx context.Context, c call[nothing]) (answer, error) {
	id, member, err := h.pathMember(ctx, c.visit)
	if err != nil {
		return answer{}, err
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
