// Package manage holds the use cases of the gateway's own API: signing in,
// looking at tenants, switching between them, letting people in and out. It
// decides what is asked of the store and what happens around it: hashing,
// tokens, and making caches forget. Who may do what is checked by the store,
// in the transaction that does it.
package manage

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// MemberMode says what adding somebody who has an account already does.
type MemberMode string

// The member modes.
const (
	// Direct makes them a member at once.
	Direct MemberMode = "direct"
	// InviteOnly invites them: they have to consent.
	InviteOnly MemberMode = "invite"
)

// The lengths of time that New sets, and how long an invitation stands.
const (
	defaultSession   = 30 * 24 * time.Hour
	invitationLength = 7 * 24 * time.Hour
	forgetTimeout    = 5 * time.Second
)

// Service is the use cases over one store. It is safe for concurrent use once
// its fields are set.
type Service struct {
	Store Store
	// Issue makes an access token that is good for no longer than until notAfter
	// (zero: as long as any). A zero tenant means a token that names none, a zero
	// session one that belongs to none.
	Issue func(user tenancy.UserID, tenant tenancy.TenantID, session tenancy.SessionID, notAfter time.Time) (jwt string, expires time.Time, err error)
	// Caches is told what every write touched, before the write is answered.
	Caches tenancy.Invalidator
	// Confirm returns when what anybody has taken away before is served by no
	// replica any more; nil: there is one alone.
	Confirm func(ctx context.Context)
	// Mailed is told that a mail was queued; nil: nobody waits for it.
	Mailed        func()
	Passwords     *Passwords
	Members       MemberMode
	SessionLength time.Duration
	Log           *slog.Logger
	Now           func() time.Time
	NewID         func() [16]byte // UUIDv7 (RFC 9562, section 5.7)
	Random        io.Reader       // cryptographic
	// LookupTXT asks the DNS for the texts of a name, as net.Resolver does.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
	// RefusalLost is called for each refusal that should be in the audit log and is
	// not; nil: nobody counts.
	RefusalLost func()

	refusals *refusals
}

// New returns a Service over the store with direct membership, sessions of 30
// days, real time and real randomness. Issue and Caches are the caller's to
// set; what only creates users needs neither.
func New(store Store) *Service {
	return &Service{
		Store:         store,
		Passwords:     NewPasswords(),
		Members:       Direct,
		SessionLength: defaultSession,
		Log:           slog.Default(),
		Now:           time.Now,
		NewID:         func() [16]byte { return uuid.Must(uuid.NewV7()) },
		Random:        rand.Reader,
		LookupTXT:     net.DefaultResolver.LookupTXT,
		refusals:      newRefusals(),
	}
}

// Grant is an access token just made. Lifetime counts from now.
type Grant struct {
	AccessToken string
	Lifetime    time.Duration
	// RefreshToken is empty where the one that the caller has stays good.
	RefreshToken string
	SessionEnds  time.Time // zero: not known
}

func (s *Service) grant(user tenancy.UserID, tenant tenancy.TenantID, session tenancy.SessionID, notAfter time.Time) (Grant, error) {
	jwt, expires, err := s.Issue(user, tenant, session, notAfter)
	if err != nil {
		return Grant{}, err
	}
	return Grant{AccessToken: jwt, Lifetime: expires.Sub(s.Now())}, nil
}

// forget makes caches forget what a write touched, also where the store returned
// an error beside it: a commit whose answer was lost may have happened. A caller
// who hangs up must not be able to keep caches from learning of a write.
func (s *Service) forget(ctx context.Context, changes []tenancy.Change) {
	if len(changes) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTimeout)
	defer cancel()
	s.Caches.Invalidate(ctx, changes...)
}

// settle is forget for what may take access away. Where the store found nothing
// to do, or refused, it may be that the very thing was done just before: by
// somebody else, or at the first attempt of a client whose answer was lost
// because it was waiting for other replicas. This answer tells as much as that
// one would have, so it waits for them too.
func (s *Service) settle(ctx context.Context, changes []tenancy.Change, err error) {
	s.forget(ctx, changes)
	if len(changes) > 0 || s.Confirm == nil || errors.Is(err, tenancy.ErrUnavailable) {
		return
	}
	s.Confirm(context.WithoutCancel(ctx))
}
