package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// fullJSON is a tenant as its stewards see it.
type fullJSON struct {
	tenantJSON
	Version int64 `json:"version"`
}

func fullOf(entry tenancy.TenantEntry, status int) answer {
	return answer{status: status, tenant: entry.ID, version: entry.Version, body: fullJSON{tenantJSON: tenantOf(entry), Version: entry.Version}}
}

type newTenantJSON struct {
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// createTenant is POST /tenants.
func (h *Handler) createTenant(ctx context.Context, c call[newTenantJSON]) (answer, error) {
	if err := h.count(ctx, use{"tenant", c.caller.User.String(), h.Limits.TenantCaller}); err != nil {
		return answer{}, err
	}
	made, err := h.Service.CreateTenant(ctx, c.caller, c.body.Name, c.body.Slug)
	if err != nil {
		return answer{}, err
	}
	a := fullOf(made, http.StatusCreated)
	a.location = prefix + "/tenants/" + made.ID.String()
	return a, nil
}

// getTenant is GET /tenants/{id}.
func (h *Handler) getTenant(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	found, err := h.Service.Inspect(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	return fullOf(found, http.StatusOK), nil
}

// tenantChangeJSON tells a domain of null from one that is not there.
type tenantChangeJSON struct {
	Name     *string        `json:"name"`
	Slug     *string        `json:"slug"`
	Domain   jsontext.Value `json:"domain"`
	MaxUsers *int           `json:"max_users"`
	Status   *string        `json:"status"`
}

const maxSeats = 1_000_000

// updateTenant is PATCH /tenants/{id}.
func (h *Handler) updateTenant(ctx context.Context, c call[tenantChangeJSON]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	var f faults
	change := f.tenantChange(c.body)
	if err := f.err(); err != nil {
		return answer{}, err
	}
	change.Match = c.match
	return h.changeTenant(ctx, c.visit, id, change)
}

func (h *Handler) changeTenant(ctx context.Context, v visit, id tenancy.TenantID, change tenancy.TenantChange) (answer, error) {
	changed, err := h.Service.UpdateTenant(ctx, v.caller, id, change)
	if err != nil {
		return answer{}, err
	}
	return fullOf(changed, http.StatusOK), nil
}

// tenantChange reads what a tenant is to become.
func (f *faults) tenantChange(body tenantChangeJSON) tenancy.TenantChange {
	change := tenancy.TenantChange{Name: body.Name, Slug: body.Slug, MaxUsers: body.MaxUsers, Domain: f.domain(body.Domain)}
	if n := body.MaxUsers; n != nil && (*n < 1 || *n > maxSeats) {
		f.add("body", "/max_users", "want a number from 1 to 1000000")
	}
	if body.Status != nil {
		status := tenancy.Status(*body.Status)
		if status != tenancy.StatusActive && status != tenancy.StatusSuspended {
			f.add("body", "/status", "want active or suspended")
		}
		change.Status = &status
	}
	if len(*f) == 0 && !change.ForAdmin() && !change.ForPlatform() {
		f.add("body", "", "want at least one of name, slug, domain, max_users and status")
	}
	return change
}

// domain reads a domain; null gives up the one there is.
func (f *faults) domain(value jsontext.Value) *string {
	var domain string
	switch {
	case value == nil:
		return nil
	case value.Kind() == 'n':
	case json.Unmarshal(value, &domain) != nil, domain == "":
		f.add("body", "/domain", "want a DNS name, or null")
	}
	return &domain
}

// deleteTenant is DELETE /tenants/{id}.
func (h *Handler) deleteTenant(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent, tenant: id}, h.Service.DeleteTenant(ctx, c.caller, id, c.match)
}

// restoreTenant is POST /tenants/{id}/restore.
func (h *Handler) restoreTenant(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	restored, err := h.Service.RestoreTenant(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	return fullOf(restored, http.StatusOK), nil
}

// suspendTenant is POST /tenants/{id}/suspend.
func (h *Handler) suspendTenant(ctx context.Context, c call[nothing]) (answer, error) {
	return h.setStatus(ctx, c.visit, tenancy.StatusSuspended)
}

// activateTenant is POST /tenants/{id}/activate.
func (h *Handler) activateTenant(ctx context.Context, c call[nothing]) (answer, error) {
	return h.setStatus(ctx, c.visit, tenancy.StatusActive)
}

func (h *Handler) setStatus(ctx context.Context, v visit, status tenancy.Status) (answer, error) {
	id, err := h.pathTenant(ctx, v)
	if err != nil {
		return answer{}, err
	}
	return h.changeTenant(ctx, v, id, tenancy.TenantChange{Status: &status})
}

type domainJSON struct {
	Domain     *string    `json:"domain"`
	Pending    *string    `json:"pending_domain"`
	TXTName    *string    `json:"txt_name"`
	TXTValue   *string    `json:"txt_value"`
	VerifiedAt *time.Time `json:"verified_at"`
}

func domainOf(p tenancy.DomainProof) domainJSON {
	return domainJSON{Domain: orNull(p.Domain), Pending: orNull(p.Pending), TXTName: orNull(p.TXTName()), TXTValue: orNull(p.TXTValue()),
		VerifiedAt: orNull(p.VerifiedAt.UTC())}
}

// getDomain is GET /tenants/{id}/domain.
func (h *Handler) getDomain(ctx context.Context, c call[nothing]) (answer, error) {
	return h.domainAnswer(ctx, c.visit, h.Service.DomainProof)
}

// verifyDomain is POST /tenants/{id}/domain/verify. Each asks a name server that is
// none of ours, so callers are counted: by person, for a count of the tenant could
// be used up by people who are not in it.
func (h *Handler) verifyDomain(ctx context.Context, c call[nothing]) (answer, error) {
	if err := h.count(ctx, use{"domain", c.caller.User.String(), h.Limits.DomainCaller}); err != nil {
		return answer{}, err
	}
	a, err := h.domainAnswer(ctx, c.visit, h.Service.VerifyDomain)
	if errors.Is(err, tenancy.ErrNameServer) {
		err = &Problem{Code: MembershipUnavailable, Detail: "No name server could say whether the TXT record is there; try again.", RetryAfter: nameServerRest}
	}
	return a, err
}

// nameServerRest is when to try again where name servers do not answer.
const nameServerRest = 10 * time.Second

func (h *Handler) domainAnswer(
	ctx context.Context, v visit, ask func(context.Context, tenancy.Caller, tenancy.TenantID) (tenancy.DomainProof, error),
) (answer, error) {
	id, err := h.pathTenant(ctx, v)
	if err != nil {
		return answer{}, err
	}
	proof, err := ask(ctx, v.caller, id)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, tenant: id, body: domainOf(proof)}, nil
}
