package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Decider decides. All fields are set; it is safe for concurrent use where they
// are.
type Decider struct {
	Memberships tenancy.Memberships
	Directory   tenancy.Directory
	Identities  tenancy.Identities
}

var errStrayMembership = errors.New("the answer is about another membership")

// Decide says whether the bearer of a verified token may act in the tenant that
// the request selects, as at least the needed role. RoleNone needs any member,
// Nobody refuses all of them. Tenants that do not exist are decided like those
// the user is no member of, down to the look-ups.
//
// Where somebody that must be asked cannot answer, it returns the reason
// Unavailable and an error, mostly tenancy.ErrUnavailable (wrapped).
func (d *Decider) Decide(ctx context.Context, subject tenancy.Subject, from Selector, need tenancy.Role) (Decision, error) {
	user, reason, err := d.Identify(ctx, subject)
	if err != nil || reason != NotRefused {
		return Decision{Reason: reason}, err
	}
	tenant, reason, err := d.SelectTenant(ctx, user, subject.Tenant, from)
	if err != nil || reason != NotRefused {
		return Decision{Reason: reason, User: user}, err
	}
	decision := Decision{User: user, Tenant: tenant}
	membership, err := d.membership(ctx, tenancy.Key{User: user, Tenant: tenant})
	if err != nil {
		return decision, err
	}
	if decision.Reason = judge(membership, subject, need); decision.Reason == NotRefused {
		decision.Allowed, decision.Membership = true, membership
	}
	return decision, nil
}

// Identify returns the user behind a verified token, or TokenInvalid where a
// trusted issuer's person is none of our users. It does not say whether the
// user is active. Errors as for Decide.
func (d *Decider) Identify(ctx context.Context, subject tenancy.Subject) (tenancy.UserID, Reason, error) {
	if !subject.User.IsZero() {
		return subject.User, NotRefused, nil
	}
	if subject.Identity.Issuer == "" || subject.Identity.Subject == "" {
		return tenancy.UserID{}, TokenInvalid, nil
	}
	user, err := d.Identities.UserOf(ctx, subject.Identity)
	switch {
	case err != nil:
		return tenancy.UserID{}, Unavailable, fmt.Errorf("finding the user of an identity: %w", err)
	case user.IsZero():
		return tenancy.UserID{}, TokenInvalid, nil
	}
	return user, NotRefused, nil
}

// Admit is Identify for where no tenant is meant: it also returns TokenInvalid
// where the user is not active, or the token was ended before its time.
func (d *Decider) Admit(ctx context.Context, subject tenancy.Subject) (tenancy.UserID, Reason, error) {
	user, reason, err := d.Identify(ctx, subject)
	if err != nil || reason != NotRefused {
		return tenancy.UserID{}, reason, err
	}
	m, err := d.membership(ctx, tenancy.Key{User: user})
	switch {
	case err != nil:
		return tenancy.UserID{}, Unavailable, err
	case m.UserStatus != tenancy.StatusActive || m.Signouts.Cover(subject):
		return tenancy.UserID{}, TokenInvalid, nil
	}
	return user, NotRefused, nil
}

// membership loads what the user is in the tenant, and checks that the answer
// is about them: a store that mixes up keys must not let anybody in.
func (d *Decider) membership(ctx context.Context, key tenancy.Key) (tenancy.Membership, error) {
	m, err := d.Memberships.Membership(ctx, key)
	if err == nil && m.Key != key {
		err = errStrayMembership
	}
	if err != nil {
		return tenancy.Membership{}, fmt.Errorf("loading membership: %w", err)
	}
	return m, nil
}
