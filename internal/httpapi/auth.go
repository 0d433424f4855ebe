package httpapi

import (
	"context"
	"net/http"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type loginJSON struct {
	tokenJSON
	User   userJSON   `json:"user"`
	Tenant *shortJSON `json:"tenant"`
}

type userJSON struct {
	ID    tenancy.UserID `json:"id"`
	Email tenancy.Email  `json:"email"`
	Name  string         `json:"name"`
}

type profileJSON struct {
	userJSON
	Role          tenancy.PlatformRole `json:"role"`
	CurrentTenant *tenancy.TenantID    `json:"current_tenant_id"`
}

func userOf(user tenancy.User) userJSON {
	return userJSON{ID: user.ID, Email: user.Email, Name: user.Name}
}

// login is POST /auth/login. It does not look at the credentials that the
// request may carry: a client whose token has run out sends it along.
func (h *Handler) login(ctx context.Context, c call[credentials]) (answer, error) {
	var f faults
	email := f.email("/email", c.body.Email)
	if c.body.Password == "" {
		f.add("body", "/password", "required")
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	in, err := h.Service.SignIn(ctx, email, c.body.Password)
	if err != nil {
		return answer{}, err
	}
	body := loginJSON{tokenJSON: tokenOf(in.Grant), User: userOf(in.User)}
	if in.Tenant != nil {
		short := shortOf(*in.Tenant)
		body.Tenant = &short
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// profile is GET /me.
func (h *Handler) profile(ctx context.Context, c call[nothing]) (answer, error) {
	user, err := h.Service.Profile(ctx, c.caller)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: profileJSON{
		userJSON: userOf(user), Role: user.Role, CurrentTenant: orNull(user.CurrentTenant),
	}}, nil
}
