package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Limits says how often things may be done. Those by client go by the network
// address that a request comes from, those by address by the e-mail address that it
// names, known or not.
type Limits struct {
	Limiter tenancy.Limiter // nil: no limits
	// Client returns the network address that the request is counted under.
	Client func(r *http.Request) string

	// A sign-in that succeeds does not count. LoginAt is of one client at one
	// address, so that guessing does not lock the owner out; LoginAccount is of one
	// address from anywhere, and therefore wide.
	LoginClient, LoginAt, LoginAccount tenancy.Limit
	// Of refresh tokens that are no good.
	RefreshClient                   tenancy.Limit
	RegisterClient, RegisterAddress tenancy.Limit
	// Of links to be mailed: resets by address, proofs by person.
	ResetClient, ResetAddress tenancy.Limit
	// Of links to be used, and of invitations to be accepted, by who accepts: the
	// people of an office are let in at the same time.
	LinkClient, AcceptCaller tenancy.Limit
	// Of people asked into a tenant, by who asks and by whom they ask.
	InviteCaller, InviteAddress tenancy.Limit
	// Of tenants to be made, and of domains to be looked up, by who asks for it.
	TenantCaller, DomainCaller tenancy.Limit
	// Of looks at the list of tenants by strangers.
	ListClient tenancy.Limit
}

// DefaultLimits are generous to an office behind one address, and to a test; not
// to a guesser.
func DefaultLimits() Limits {
	return Limits{
		LoginClient: tenancy.Limit{Burst: 100, Per: time.Minute}, LoginAt: tenancy.Limit{Burst: 20, Per: 5 * time.Minute},
		LoginAccount:   tenancy.Limit{Burst: 200, Per: time.Hour},
		RefreshClient:  tenancy.Limit{Burst: 100, Per: time.Minute},
		RegisterClient: tenancy.Limit{Burst: 120, Per: 10 * time.Minute}, RegisterAddress: tenancy.Limit{Burst: 10, Per: time.Hour},
		ResetClient: tenancy.Limit{Burst: 30, Per: 10 * time.Minute}, ResetAddress: tenancy.Limit{Burst: 5, Per: time.Hour},
		LinkClient: tenancy.Limit{Burst: 60, Per: 10 * time.Minute}, AcceptCaller: tenancy.Limit{Burst: 60, Per: 10 * time.Minute},
		InviteCaller: tenancy.Limit{Burst: 2000, Per: time.Hour}, InviteAddress: tenancy.Limit{Burst: 50, Per: time.Hour},
		TenantCaller: tenancy.Limit{Burst: 100, Per: time.Hour}, DomainCaller: tenancy.Limit{Burst: 30, Per: 10 * time.Minute},
		ListClient: tenancy.Limit{Burst: 600, Per: time.Minute},
	}
}

// use is one thing to count.
type use struct {
	what  string // names the limit
	whose string
	limit tenancy.Limit
}

func (u use) key() string { return u.what + "\x00" + u.whose }

// count counts all uses, or returns a Problem of RateLimited that says when to try
// again. What was counted before the one that refuses stays counted.
func (h *Handler) count(ctx context.Context, uses ...use) error {
	if h.Limits.Limiter == nil {
		return nil
	}
	for _, u := range uses {
		if wait := h.Limits.Limiter.Take(ctx, u.key(), u.limit); wait > 0 {
			return &Problem{Code: RateLimited, RetryAfter: wait}
		}
	}
	return nil
}

// uncount takes uses back.
func (h *Handler) uncount(ctx context.Context, uses ...use) {
	if h.Limits.Limiter == nil {
		return
	}
	for _, u := range uses {
		h.Limits.Limiter.GiveBack(ctx, u.key(), u.limit)
	}
}

// byClient is a use by where the request comes from.
func (h *Handler) byClient(r *http.Request, what string, limit tenancy.Limit) use {
	if h.Limits.Client == nil {
		return use{what: what, limit: limit}
	}
	return use{what, h.Limits.Client(r), limit}
}

// signingIn are the uses of a sign-in.
func (h *Handler) signingIn(r *http.Request, email tenancy.Email) []use {
	client := h.byClient(r, "login", h.Limits.LoginClient)
	return []use{
		client,
		{"login at", client.whose + "\x00" + string(email), h.Limits.LoginAt},
		{"login to", string(email), h.Limits.LoginAccount},
	}
}

// inviting are the uses of asking somebody in.
func (h *Handler) inviting(caller tenancy.Caller, email tenancy.Email) []use {
	return []use{
		{"invite", caller.User.String(), h.Limits.InviteCaller},
		{"invite whom", string(email), h.Limits.InviteAddress},
	}
}
