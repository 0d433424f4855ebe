package httpapi

import (
	"context"
	"net/http"
	"time"
)

const readyTimeout = time.Second

// Check is one thing /readyz asks.
type Check struct {
	Name string // "postgres"
	// Required says that the gateway cannot serve without it; what is not
	// required is reported only.
	Required bool
	// Ping returns an error where it does not answer; it obeys its context.
	Ping func(ctx context.Context) error
}

type healthJSON struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

// health is GET /healthz: the process answers.
func (h *Handler) health(context.Context, call[nothing]) (answer, error) {
	return answer{status: http.StatusOK, body: healthJSON{Status: "ok"}}, nil
}

// ready is GET /readyz: what it needs answers, each within a second. Why
// something does not is for the log, not for strangers.
func (h *Handler) ready(ctx context.Context, _ call[nothing]) (answer, error) {
	body := healthJSON{Status: "ready", Checks: make(map[string]string, len(h.Checks))}
	for _, check := range h.Checks {
		switch err := check.ask(ctx); {
		case err == nil:
			body.Checks[check.Name] = "ok"
		case check.Required:
			return answer{}, &Problem{Code: MembershipUnavailable, Detail: "Not ready: " + check.Name + " does not answer."}
		default:
			body.Checks[check.Name] = "unavailable"
		}
	}
	return answer{status: http.StatusOK, body: body}, nil
}

func (c Check) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return c.Ping(ctx)
}
