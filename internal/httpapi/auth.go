package httpapi

import (
	"context"
	"net/http"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Cookie   bool   `json:"cookie"`
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
	EmailVerified bool                 `json:"email_verified"`
}

func userOf(user tenancy.User) userJSON {
	return userJSON{ID: user.ID, Email: user.Email, Name: user.Name}
}

// login is POST /auth/login. It does not look at the credentials that the
// request may carry: a client whose token has run out sends it along. Cookies are
// not set for other origins' pages: they could sign a browser in as somebody else.
func (h *Handler) login(ctx context.Context, c call[credentials]) (answer, error) {
	var f faults
	email := f.email(c.body.Email)
	if c.body.Password == "" {
		f.add("body", "/password", "required")
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	if err := h.mayHaveCookies(c.r, c.body.Cookie); err != nil {
		return answer{}, err
	}
	uses := h.signingIn(c.r, email)
	if err := h.count(ctx, uses...); err != nil {
		return answer{}, err
	}
	in, err := h.Service.SignIn(ctx, email, c.body.Password, c.r.UserAgent())
	if err != nil {
		return answer{}, err
	}
	h.uncount(ctx, uses...)
	return h.signedIn(c.r, http.StatusOK, in, c.body.Cookie), nil
}

func (h *Handler) mayHaveCookies(r *http.Request, wanted bool) error {
	if !wanted {
		return nil
	}
	return h.Browser.Elsewhere(r)
}

// signedIn answers with the tokens of a new session, or has the browser keep
// them. Cookies that it may have of another session are overwritten.
func (h *Handler) signedIn(r *http.Request, status int, in manage.SignedIn, inCookies bool) answer {
	body := loginJSON{tokenJSON: tokenOf(in.Grant, inCookies), User: userOf(in.User)}
	a := answer{status: status}
	if in.Tenant != nil {
		short := shortOf(*in.Tenant)
		body.Tenant = &short
	}
	if inCookies {
		a.cookies = h.cookies(r, in.Grant)
	}
	a.body = body
	return a
}

// profile is GET /me.
func (h *Handler) profile(ctx context.Context, c call[nothing]) (answer, error) {
	user, err := h.Service.Profile(ctx, c.caller)
	if err != nil {
		return answer{}, err
	}
	return profileOf(user), nil
}

func profileOf(user tenancy.User) answer {
	return answer{status: http.StatusOK, version: user.Version, body: profileJSON{
		userJSON: userOf(user), Role: user.Role, CurrentTenant: orNull(user.CurrentTenant), EmailVerified: user.EmailVerified,
	}}
}
