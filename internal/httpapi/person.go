package httpapi

import (
	"context"
	"net/http"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

type addressed struct {
	Email string `json:"email"`
}

type resetting struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

type proving struct {
	Token string `json:"token"`
}

type renaming struct {
	Name string `json:"name"`
}

type passwords struct {
	Current string `json:"current_password"`
	New     string `json:"new_password"`
}

// rename is PATCH /me.
func (h *Handler) rename(ctx context.Context, c call[renaming]) (answer, error) {
	user, err := h.Service.Rename(ctx, c.caller, c.body.Name, c.match)
	if err != nil {
		return answer{}, err
	}
	return profileOf(user), nil
}

// changePassword is POST /me/password.
func (h *Handler) changePassword(ctx context.Context, c call[passwords]) (answer, error) {
	if err := required("/current_password", c.body.Current); err != nil {
		return answer{}, err
	}
	guess := use{"password of", c.caller.User.String(), h.Limits.LoginAt}
	if err := h.count(ctx, guess); err != nil {
		return answer{}, err
	}
	err := h.Service.ChangePassword(ctx, c.caller, c.body.Current, c.body.New)
	if err == nil {
		h.uncount(ctx, guess)
	}
	return done(http.StatusNoContent, err)
}

// askForReset is POST /auth/password/reset. Its answer says nothing of whether
// the address has an account.
func (h *Handler) askForReset(ctx context.Context, c call[addressed]) (answer, error) {
	var f faults
	email := f.email(c.body.Email)
	if err := f.err(); err != nil {
		return answer{}, err
	}
	client := h.byClient(c.r, "reset", h.Limits.ResetClient)
	if err := h.count(ctx, client, use{"reset of", string(email), h.Limits.ResetAddress}); err != nil {
		return answer{}, err
	}
	return done(http.StatusAccepted, h.Service.AskForReset(ctx, email))
}

// resetPassword is POST /auth/password/reset/confirm.
func (h *Handler) resetPassword(ctx context.Context, c call[resetting]) (answer, error) {
	if err := required("/token", c.body.Token); err != nil {
		return answer{}, err
	}
	if err := h.count(ctx, h.byClient(c.r, "link", h.Limits.LinkClient)); err != nil {
		return answer{}, err
	}
	return done(http.StatusNoContent, h.Service.ResetPassword(ctx, c.body.Token, c.body.Password, RequestID(c.r.Context())))
}

// askForProof is POST /auth/email/verify.
func (h *Handler) askForProof(ctx context.Context, c call[nothing]) (answer, error) {
	if err := h.count(ctx, use{"proof of", c.caller.User.String(), h.Limits.ResetAddress}); err != nil {
		return answer{}, err
	}
	return done(http.StatusAccepted, h.Service.AskForProof(ctx, c.caller))
}

// verifyEmail is POST /auth/email/verify/confirm.
func (h *Handler) verifyEmail(ctx context.Context, c call[proving]) (answer, error) {
	if err := required("/token", c.body.Token); err != nil {
		return answer{}, err
	}
	if err := h.count(ctx, h.byClient(c.r, "link", h.Limits.LinkClient)); err != nil {
		return answer{}, err
	}
	return done(http.StatusNoContent, h.Service.VerifyEmail(ctx, c.caller, c.body.Token))
}

func required(pointer, value string) error {
	if value == "" {
		return tenancy.Invalid(pointer, "required")
	}
	return nil
}

// done answers without a body.
func done(status int, err error) (answer, error) {
	return answer{status: status}, err
}
