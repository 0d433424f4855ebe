package access

import (
	"context"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Selector is what a request itself says of the tenant it is for.
type Selector struct {
	// Host is the host of the request in canonical form: lower case, without port
	// and trailing dot. Empty: unknown.
	Host string
	// Header is the one X-Tenant of the request, as it came; empty: none.
	Header string
}

// SelectTenant returns the tenant that a request is for: the one its host
// belongs to, else the one X-Tenant names by id or slug, else the one of the
// token's tenant_id claim, else the user's current one. The first that names a
// tenant decides, and a later one never stands in for it: where the name is
// nobody's, the id is zero and nothing is refused, so that the membership in it
// can be decided like any other.
//
// An X-Tenant that is neither an id nor a slug is a BadSelector: a client that
// meant to name a tenant must not be served another. The other reasons are
// TenantConflict and TenantRequired. Whether the user may enter the tenant is
// not looked at. Errors as for Decide.
func (d *Decider) SelectTenant(ctx context.Context, user tenancy.UserID, claim tenancy.TenantID, from Selector) (tenancy.TenantID, Reason, error) {
	header, valid := readHeader(from.Header)
	if !valid {
		return tenancy.TenantID{}, BadSelector, nil
	}
	byHost, err := d.tenantOfHost(ctx, from.Host)
	if err != nil {
		return tenancy.TenantID{}, Unavailable, err
	}
	if header.given {
		return d.reconcile(ctx, byHost, header)
	}
	for _, id := range [...]tenancy.TenantID{byHost, claim} {
		if !id.IsZero() {
			return id, NotRefused, nil
		}
	}
	current, err := d.Directory.CurrentTenant(ctx, user)
	switch {
	case err != nil:
		return tenancy.TenantID{}, Unavailable, fmt.Errorf("loading the user's current tenant: %w", err)
	case current.IsZero():
		return tenancy.TenantID{}, TenantRequired, nil
	}
	return current, NotRefused, nil
}

// tenantOfHost returns the tenant a host belongs to, or the zero id.
func (d *Decider) tenantOfHost(ctx context.Context, host string) (tenancy.TenantID, error) {
	if host == "" {
		return tenancy.TenantID{}, nil
	}
	id, err := d.Directory.TenantNamed(ctx, tenancy.Name{Kind: tenancy.ByDomain, Value: host})
	if err != nil {
		return tenancy.TenantID{}, fmt.Errorf("finding the tenant of a host: %w", err)
	}
	return id, nil
}

// reconcile returns the tenant of the header, which must be the host's where the
// host has one. A slug that is nobody's conflicts with any host.
func (d *Decider) reconcile(ctx context.Context, byHost tenancy.TenantID, header headerValue) (tenancy.TenantID, Reason, error) {
	id := header.id
	if header.slug != "" {
		var err error
		if id, err = d.Directory.TenantNamed(ctx, tenancy.Name{Kind: tenancy.BySlug, Value: header.slug}); err != nil {
			return tenancy.TenantID{}, Unavailable, fmt.Errorf("finding the tenant of a slug: %w", err)
		}
	}
	if !byHost.IsZero() && id != byHost {
		return tenancy.TenantID{}, TenantConflict, nil
	}
	return id, NotRefused, nil
}

// headerValue is X-Tenant as it was read: an id, or a slug.
type headerValue struct {
	given bool
	id    tenancy.TenantID
	slug  string
}

// readHeader reads X-Tenant; none is valid.
func readHeader(value string) (header headerValue, valid bool) {
	if value == "" {
		return headerValue{}, true
	}
	if slug, err := tenancy.ParseSlug(value); err == nil {
		return headerValue{given: true, slug: slug}, true
	}
	id, err := tenancy.ParseTenantID(value)
	return headerValue{given: true, id: id}, err == nil
}
