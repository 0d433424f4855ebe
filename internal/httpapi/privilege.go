package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// adminReads are the routes that only admins may read: what others say by
// writing, strangers say by asking here.
var adminReads = []string{"/tenants/{id}/audit", "/tenants/{id}/invitations", "/tenants/{id}/domain"}

// noteRefusal has a refused attempt at something privileged written into the
// audit log: whatever a role was too low for, and what somebody who is no member
// tried to change, or to read as only an admin may.
func (h *Handler) noteRefusal(v visit, err error) {
	if v.caller.User.IsZero() {
		return
	}
	code := ProblemOf(err).Code
	switch code {
	case RoleRequired:
	case NotAMember, TenantSuspended:
		if !privileged(v.r) {
			return
		}
	default:
		return
	}
	id, _ := tenancy.ParseTenantID(v.r.PathValue("id")) // zero where the route is about no tenant
	if strings.HasPrefix(v.r.Pattern, prefix+"/me") {
		id = tenancy.TenantID{}
	}
	h.Service.Refused(v.r.Context(), v.caller, id, map[string]string{"route": v.r.Method + " " + v.r.Pattern, "code": string(code)})
}

// privileged reports whether a route is for admins. Entering a tenant and
// leaving one are everybody's to try.
func privileged(r *http.Request) bool {
	rest := strings.TrimPrefix(r.Pattern, prefix)
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return slices.Contains(adminReads, rest)
	case strings.HasSuffix(rest, "/switch"), strings.HasSuffix(rest, "/leave"):
		return false
	}
	return strings.HasPrefix(rest, "/tenants/{id}")
}
