package httpapi

import (
	"context"
	"net/http"
	"net/url"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// listJSON is a page of tenants, whichever form each has.
type listJSON[Item any] struct {
	Tenants    []Item  `json:"tenants"`
	NextCursor *string `json:"next_cursor"`
}

// entryJSON is a tenant in a list that somebody known has asked for. Role is
// null where they have none in it.
type entryJSON struct {
	shortJSON
	Status  tenancy.Status `json:"status"`
	Role    *tenancy.Role  `json:"role"`
	Current bool           `json:"current"`
}

func entryOf(entry tenancy.TenantEntry) entryJSON {
	return entryJSON{shortJSON: shortOf(entry), Status: entry.Status, Role: orNull(entry.Role), Current: entry.Current}
}

type switchedJSON struct {
	Tenant shortJSON    `json:"tenant"`
	Role   tenancy.Role `json:"role"`
	tokenJSON
}

// listTenants is GET /tenants: the listed ones for strangers, the caller's own or
// those deleted ones that they may restore, or all of them for platform admins.
func (h *Handler) listTenants(ctx context.Context, c call[nothing]) (answer, error) {
	scope := ""
	page, err := c.page(func(f *faults, query url.Values) {
		if scope = f.single(query, "scope"); scope != "" && scope != "all" && scope != "deleted" {
			f.add("query", "/scope", `want "all", "deleted", or no scope`)
		}
	})
	if err != nil {
		return answer{}, err
	}
	switch {
	case c.caller.User.IsZero() && scope != "":
		return answer{}, &Problem{Code: TokenMissing}
	case c.caller.User.IsZero():
		if err := h.count(ctx, h.byClient(c.r, "list", h.Limits.ListClient)); err != nil {
			return answer{}, err
		}
		entries, err := h.Service.ListedTenants(ctx, andOne(page))
		return list(entries, err, page, shortOf)
	case scope == "deleted":
		entries, err := h.Service.DeletedTenantsOf(ctx, c.caller, andOne(page))
		return list(entries, err, page, entryOf)
	case scope == "all":
		entries, err := h.Service.AllTenants(ctx, c.caller, andOne(page))
		return list(entries, err, page, entryOf)
	}
	entries, err := h.Service.TenantsOf(ctx, c.caller, andOne(page))
	return list(entries, err, page, entryOf)
}

// list answers with a page, each entry in the form given.
func list[Item any](entries []tenancy.TenantEntry, err error, page tenancy.Page, form func(tenancy.TenantEntry) Item) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	shown, next := cut(entries, page, func(e tenancy.TenantEntry) [16]byte { return e.ID }, form)
	return answer{status: http.StatusOK, body: listJSON[Item]{Tenants: shown, NextCursor: next}}, nil
}

// switchTenant is POST /tenants/{id}/switch. A browser's session gets its new
// access token in its cookie.
func (h *Handler) switchTenant(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	switched, err := h.Service.Switch(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	byCookie := h.Browser.ByCookie(c.r)
	a := answer{status: http.StatusOK, tenant: id, body: switchedJSON{
		Tenant: shortOf(switched.Tenant), Role: switched.Tenant.Role, tokenJSON: tokenOf(switched.Grant, byCookie),
	}}
	if byCookie {
		a.cookies = h.cookies(c.r, switched.Grant)
	}
	return a, nil
}

// pathTenant returns the tenant that the path names, unless the request's host
// or X-Tenant names another one: the path takes the place of the token's claim.
// Those who are no members learn nothing from the comparison: they get the
// answer they would get without it.
func (h *Handler) pathTenant(ctx context.Context, v visit) (tenancy.TenantID, error) {
	id, err := tenancy.ParseTenantID(v.r.PathValue("id"))
	if err != nil {
		return tenancy.TenantID{}, invalidPath("/id", err)
	}
	v.subject.Tenant = id
	selected, err := h.SelectTenant(v.r, v.subject)
	if err != nil || selected == id {
		return id, err
	}
	if _, err := h.Service.Tenant(ctx, v.caller, id); err != nil {
		return tenancy.TenantID{}, err
	}
	return tenancy.TenantID{}, &Problem{Code: TenantConflict}
}

func invalidPath(pointer string, err error) error {
	var f faults
	f.add("path", pointer, err.Error())
	return f.err()
}
