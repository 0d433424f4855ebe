package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

type refreshing struct {
	optional
	RefreshToken *string `json:"refresh_token"`
}

type leaving struct {
	optional
	All bool `json:"all"`
}

type sessionJSON struct {
	ID         tenancy.SessionID `json:"id"`
	CreatedAt  time.Time         `json:"created_at"`
	LastUsedAt time.Time         `json:"last_used_at"`
	ExpiresAt  time.Time         `json:"expires_at"`
	UserAgent  string            `json:"user_agent"`
	Current    bool              `json:"current"`
}

type sessionsJSON struct {
	Sessions   []sessionJSON `json:"sessions"`
	NextCursor *string       `json:"next_cursor"`
}

// refresh is POST /auth/refresh: by the token in the body, or without a body by a
// browser's cookie, and then with new cookies for an answer.
func (h *Handler) refresh(ctx context.Context, c call[refreshing]) (answer, error) {
	cookie, err := refreshOf(c.r)
	if err != nil {
		return answer{}, err
	}
	if c.body.RefreshToken != nil {
		return h.refreshByBody(ctx, c.r, *c.body.RefreshToken, cookie)
	}
	if cookie == "" {
		return answer{}, &Problem{Code: TokenMissing, Detail: "A refresh token is required."}
	}
	if err := h.Browser.SameOrigin(c.r); err != nil {
		return answer{}, err
	}
	named := sessionNamed(c.r)
	if named.IsZero() && h.Browser.Secure(c.r) {
		return answer{}, &Problem{Code: TokenInvalid} // a refresh cookie alone may be a sibling domain's
	}
	grant, err := h.renew(ctx, c.r, cookie, named)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: tokenOf(grant, true), cookies: h.cookies(c.r, grant)}, nil
}

func (h *Handler) refreshByBody(ctx context.Context, r *http.Request, token, cookie string) (answer, error) {
	if token == "" {
		return answer{}, tenancy.Invalid("/refresh_token", "required")
	}
	if cookie != "" && cookie != token {
		return answer{}, &Problem{Code: BadRequest, Detail: "The request carries two refresh tokens."}
	}
	grant, err := h.renew(ctx, r, token, tenancy.SessionID{})
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: tokenOf(grant, false)}, nil
}

// renew counts what is refused: nobody guesses a refresh token, but each attempt
// asks the database.
func (h *Handler) renew(ctx context.Context, r *http.Request, token string, cookie tenancy.SessionID) (manage.Grant, error) {
	attempt := h.byClient(r, "refresh", h.Limits.RefreshClient)
	if err := h.count(ctx, attempt); err != nil {
		return manage.Grant{}, err
	}
	grant, err := h.Service.Refresh(ctx, token, cookie)
	if !errors.Is(err, tenancy.ErrRefreshRefused) {
		h.uncount(ctx, attempt)
	}
	return grant, err
}

// logout is POST /auth/logout. A browser whose access token has run out is known
// by its refresh cookie: it must be able to leave all the same.
func (h *Handler) logout(ctx context.Context, c call[leaving]) (answer, error) {
	caller, err := h.leaver(ctx, c.visit)
	if err != nil {
		h.signedOut(ctx, err)
		return answer{}, err
	}
	if err := h.Service.SignOut(ctx, caller, c.body.All); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent, cookies: h.noCookies(c.r)}, nil
}

// signedOut waits, where a refusal tells the caller that their session is no more,
// until that is so everywhere: the answer to an earlier attempt may have been lost.
func (h *Handler) signedOut(ctx context.Context, refusal error) {
	if ProblemOf(refusal).Code == TokenInvalid {
		h.Service.SignedOut(ctx)
	}
}

// leaver returns who signs out.
func (h *Handler) leaver(ctx context.Context, v visit) (tenancy.Caller, error) {
	subject, err := h.identify(known, v.r)
	if err == nil {
		return callerOf(v.r, subject), nil
	}
	if code := ProblemOf(err).Code; code != TokenMissing && code != TokenExpired {
		return tenancy.Caller{}, err
	}
	cookie, refusal := refreshOf(v.r)
	if cookie == "" || refusal != nil {
		return tenancy.Caller{}, err
	}
	if refusal := h.Browser.SameOrigin(v.r); refusal != nil {
		return tenancy.Caller{}, refusal
	}
	return h.Service.CallerOf(ctx, cookie, RequestID(v.r.Context()))
}

// listSessions is GET /me/sessions.
func (h *Handler) listSessions(ctx context.Context, c call[nothing]) (answer, error) {
	page, err := c.page(nil)
	if err != nil {
		return answer{}, err
	}
	sessions, err := h.Service.SessionsOf(ctx, c.caller, andOne(page))
	if err != nil {
		return answer{}, err
	}
	shown, next := cut(sessions, page, func(s tenancy.Session) [16]byte { return s.ID }, func(s tenancy.Session) sessionJSON {
		return sessionJSON{
			ID: s.ID, CreatedAt: s.CreatedAt.UTC(), LastUsedAt: s.LastUsedAt.UTC(), ExpiresAt: s.ExpiresAt.UTC(),
			UserAgent: s.UserAgent, Current: s.ID == c.caller.Session,
		}
	})
	return answer{status: http.StatusOK, body: sessionsJSON{Sessions: shown, NextCursor: next}}, nil
}

// endSession is DELETE /me/sessions/{id}.
func (h *Handler) endSession(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := tenancy.ParseSessionID(c.r.PathValue("id"))
	if err != nil {
		return answer{}, invalidPath("/id", err)
	}
	if err := h.Service.EndSession(ctx, c.caller, id); err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusNoContent}
	if id == c.caller.Session && h.Browser.ByCookie(c.r) {
		a.cookies = h.noCookies(c.r)
	}
	return a, nil
}

// tokenJSON is the part that all answers with an access token share (RFC 6749,
// section 5.1). What a cookie carries is not said again: a script could read it.
type tokenJSON struct {
	AccessToken  string `json:"access_token,omitempty"`
	TokenType    string `json:"token_type,omitempty"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
}

func tokenOf(grant manage.Grant, inCookies bool) tokenJSON {
	t := tokenJSON{ExpiresIn: int64(grant.Lifetime / time.Second)}
	if !inCookies {
		t.AccessToken, t.TokenType, t.RefreshToken = grant.AccessToken, "Bearer", grant.RefreshToken
	}
	return t
}
