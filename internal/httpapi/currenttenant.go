package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// shortJSON is a tenant where it is only named.
type shortJSON struct {
	ID   tenancy.TenantID `json:"id"`
	Name string           `json:"name"`
	Slug string           `json:"slug"`
}

func shortOf(entry tenancy.TenantEntry) shortJSON {
	return shortJSON{ID: entry.ID, Name: entry.Name, Slug: entry.Slug}
}

type tenantJSON struct {
	shortJSON
	Domain    *string                    `json:"domain"`
	Status    tenancy.Status             `json:"status"`
	MaxUsers  int                        `json:"max_users"`
	Role      *tenancy.Role              `json:"role"`
	CreatedAt time.Time                  `json:"created_at"`
	Config    map[string]json.RawMessage `json:"config"`
}

type countJSON struct {
	TenantID  tenancy.TenantID `json:"tenant_id"`
	Count     int              `json:"count"`
	MaxUsers  int              `json:"max_users"`
	Available int              `json:"available"`
}

// currentTenant is GET /tenant.
func (h *Handler) currentTenant(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.SelectTenant(c.r, c.subject)
	if err != nil {
		return answer{}, err
	}
	entry, err := h.Service.Tenant(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, tenant: id, body: tenantOf(entry)}, nil
}

func tenantOf(entry tenancy.TenantEntry) tenantJSON {
	return tenantJSON{
		shortJSON: shortOf(entry), Domain: orNull(entry.Domain), Status: entry.Status, MaxUsers: entry.MaxUsers,
		Role: orNull(entry.Role), CreatedAt: entry.CreatedAt.UTC(), Config: entry.Config,
	}
}

// countUsers is GET /tenant/users/count.
func (h *Handler) countUsers(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.SelectTenant(c.r, c.subject)
	if err != nil {
		return answer{}, err
	}
	seats, err := h.Service.Seats(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, tenant: id, body: countJSON{
		TenantID: id, Count: seats.Members, MaxUsers: seats.Max, Available: seats.Available(),
	}}, nil
}
