package httpapi

import (
	"context"
	"net/http"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

type registration struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Name     string `json:"name"`
	Tenant   struct {
		Create *struct {
			Name string `json:"name"`
			Slug string `json:"slug"`
		} `json:"create"`
		Join       *string `json:"join"`
		Invitation *string `json:"invitation"`
	} `json:"tenant"`
	Cookie bool `json:"cookie"`
}

// registeredJSON says besides which role it is, or what the membership waits for.
type registeredJSON struct {
	loginJSON
	Role     *tenancy.Role `json:"role"`
	Awaiting string        `json:"awaiting,omitempty"`
}

// register is POST /auth/register.
func (h *Handler) register(ctx context.Context, c call[registration]) (answer, error) {
	wanted, err := c.body.wanted()
	if err != nil {
		return answer{}, err
	}
	if err := h.mayHaveCookies(c.r, c.body.Cookie); err != nil {
		return answer{}, err
	}
	if err := h.count(ctx, h.registering(c.r, c.body.Email)...); err != nil {
		return answer{}, err
	}
	wanted.UserAgent, wanted.RequestID = c.r.UserAgent(), RequestID(c.r.Context())
	in, err := h.Service.Register(ctx, wanted)
	if err != nil {
		return answer{}, err
	}
	a := h.signedIn(c.r, http.StatusCreated, in, c.body.Cookie)
	body := registeredJSON{loginJSON: a.body.(loginJSON), Awaiting: "email_verification"}
	if in.Tenant != nil {
		a.tenant, body.Role, body.Awaiting = in.Tenant.ID, &in.Tenant.Role, ""
	}
	a.body = body
	return a, nil
}

// registering are the uses of a registration, which is a sign-in as well: its
// password opens an account where there is one. What is no address is refused
// later, and costs the client alone.
func (h *Handler) registering(r *http.Request, email string) []use {
	uses := []use{h.byClient(r, "register", h.Limits.RegisterClient)}
	if address, err := tenancy.ParseEmail(email); err == nil {
		uses = append(uses, use{"register as", string(address), h.Limits.RegisterAddress})
		uses = append(uses, h.signingIn(r, address)...)
	}
	return uses
}

// wanted reads the one of three that stands under tenant.
func (r registration) wanted() (manage.Registration, error) {
	wanted := manage.Registration{NewAccount: manage.NewAccount{Email: r.Email, Name: r.Name, Password: r.Password}}
	said := 0
	if r.Tenant.Create != nil {
		wanted.Create = &manage.NewTenant{Name: r.Tenant.Create.Name, Slug: r.Tenant.Create.Slug}
		said++
	}
	if r.Tenant.Join != nil {
		wanted.Join = *r.Tenant.Join
		said++
	}
	if r.Tenant.Invitation != nil {
		wanted.Invitation = *r.Tenant.Invitation
		said++
	}
	if said != 1 || wanted.Create == nil && wanted.Join == "" && wanted.Invitation == "" {
		return manage.Registration{}, tenancy.Invalid("/tenant", "want exactly one of create, join and invitation")
	}
	return wanted, nil
}
