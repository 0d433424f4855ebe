package manage

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// SessionStore is what signing in, staying signed in and signing out need kept, as
// [Store] says of all its methods.
type SessionStore interface {
	// OpenSession records a sign-in, or returns tenancy.ErrUserInactive, or
	// tenancy.ErrBadCredentials where the password has changed since it was verified.
	OpenSession(ctx context.Context, session tenancy.NewSession) error
	// RefreshSession takes one refresh token (by hash) for the next, or returns
	// tenancy.ErrRefreshRefused; where the token was used before, the session ends,
	// and there are changes beside the error.
	RefreshSession(ctx context.Context, used, next []byte) (tenancy.Session, []tenancy.Change, error)
	// SessionOf returns the session that a refresh token (by hash) continues, or
	// tenancy.ErrRefreshRefused.
	SessionOf(ctx context.Context, hash []byte) (tenancy.Session, error)
	// EndSession ends one session of the caller, or returns tenancy.ErrNotFound.
	EndSession(ctx context.Context, caller tenancy.Caller, id tenancy.SessionID) ([]tenancy.Change, error)
	// EndSessions ends all sessions of the caller.
	EndSessions(ctx context.Context, caller tenancy.Caller) ([]tenancy.Change, error)
	// SessionsOf returns the caller's sessions that have not ended, newest first.
	SessionsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.Session, error)
}

// A refresh token is refreshPrefix and 32 random bytes in base64url. The prefix
// lets people and scanners of leaked secrets tell what it is.
const (
	refreshPrefix = "tgr_"
	secretLen     = 32 // bytes
	maxUserAgent  = 200
)

// newSecret makes something that only its bearer is to know, and the hash that
// is stored of it. Nothing that can be read from the store lets anybody in.
func (s *Service) newSecret() (secret string, hash []byte, err error) {
	random := make([]byte, secretLen)
	if _, err := io.ReadFull(s.Random, random); err != nil {
		return "", nil, fmt.Errorf("making a secret: %w", err)
	}
	secret = base64.RawURLEncoding.EncodeToString(random)
	return secret, hashSecret(secret), nil
}

// hashSecret hashes the text: other spellings of the same bytes are other secrets.
func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// refreshHash returns the hash of a refresh token; what is none has that of
// nothing that was ever stored.
func refreshHash(raw string) []byte { return hashSecret(strings.TrimPrefix(raw, refreshPrefix)) }

// newSession begins a session in a tenant (nil: in none) that lasts as long as
// the operator and the tenant allow.
func (s *Service) newSession(user tenancy.UserID, tenant *tenancy.TenantEntry, userAgent string) (tenancy.NewSession, string, error) {
	secret, hash, err := s.newSecret()
	if err != nil {
		return tenancy.NewSession{}, "", err
	}
	now := s.Now()
	session := tenancy.Session{ID: s.NewID(), User: user, UserAgent: presentableAgent(userAgent), CreatedAt: now, LastUsedAt: now}
	length := s.SessionLength
	if tenant != nil {
		session.Tenant = tenant.ID
		if wanted := tenancy.SettingsOf(tenant.Config).SessionLength; wanted > 0 {
			length = min(length, wanted)
		}
	}
	session.ExpiresAt = now.Add(length)
	return tenancy.NewSession{Session: session, RefreshHash: hash}, refreshPrefix + secret, nil
}

// presentableAgent makes what a client calls itself fit to store and to show.
func presentableAgent(userAgent string) string {
	printable := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, userAgent)
	return printable[:min(len(printable), maxUserAgent)]
}

// grantIn returns the tokens of a session. No access token outlives it.
func (s *Service) grantIn(session tenancy.Session, refresh string) (Grant, error) {
	grant, err := s.grant(session.User, session.Tenant, session.ID, session.ExpiresAt)
	if err != nil {
		return Grant{}, fmt.Errorf("issuing an access token: %w", err)
	}
	grant.RefreshToken, grant.SessionEnds = refresh, session.ExpiresAt
	return grant, nil
}

// Refresh returns new tokens for a refresh token, which is worthless then. The
// access token names the tenant that the one before it named. It returns
// tenancy.ErrRefreshRefused; where the token was used before, its session has
// ended then, on every device that has its tokens.
//
// The cookie session, where it is not zero, is whose session the browser says
// this is; another one is refused, and left as it is.
func (s *Service) Refresh(ctx context.Context, raw string, cookie tenancy.SessionID) (Grant, error) {
	hash := refreshHash(raw)
	if !cookie.IsZero() {
		if session, err := s.Store.SessionOf(ctx, hash); err == nil && session.ID != cookie {
			return Grant{}, fmt.Errorf("refreshing a session: %w", tenancy.ErrRefreshRefused)
		}
	}
	secret, next, err := s.newSecret()
	if err != nil {
		return Grant{}, err
	}
	session, changes, err := s.Store.RefreshSession(ctx, hash, next)
	if err != nil {
		s.settle(ctx, changes, err)
		return Grant{}, fmt.Errorf("refreshing a session: %w", err)
	}
	return s.grantIn(session, refreshPrefix+secret)
}

// SignOut ends the caller's session, or all of theirs. A caller without a
// session of ours has none to end.
func (s *Service) SignOut(ctx context.Context, caller tenancy.Caller, all bool) error {
	end := func() ([]tenancy.Change, error) { return s.Store.EndSession(ctx, caller, caller.Session) }
	if all {
		end = func() ([]tenancy.Change, error) { return s.Store.EndSessions(ctx, caller) }
	}
	changes, err := end()
	s.settle(ctx, changes, err)
	if err != nil && !errors.Is(err, tenancy.ErrNotFound) {
		return fmt.Errorf("signing out: %w", err)
	}
	return nil
}

// SignedOut is for whoever would sign out and has no session any more: it returns
// when that is so everywhere.
func (s *Service) SignedOut(ctx context.Context) { s.settle(ctx, nil, nil) }

// CallerOf returns who holds a refresh token, or tenancy.ErrRefreshRefused.
func (s *Service) CallerOf(ctx context.Context, raw, requestID string) (tenancy.Caller, error) {
	session, err := s.Store.SessionOf(ctx, refreshHash(raw))
	if err != nil {
		return tenancy.Caller{}, fmt.Errorf("finding a session: %w", err)
	}
	return tenancy.Caller{User: session.User, Session: session.ID, RequestID: requestID}, nil
}

// EndSession ends one of the caller's sessions, or returns tenancy.ErrNotFound.
func (s *Service) EndSession(ctx context.Context, caller tenancy.Caller, id tenancy.SessionID) error {
	changes, err := s.Store.EndSession(ctx, caller, id)
	s.settle(ctx, changes, err)
	if err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// SessionsOf returns the caller's sessions that have not ended, newest first.
func (s *Service) SessionsOf(ctx context.Context, caller tenancy.Caller, page tenancy.Page) ([]tenancy.Session, error) {
	sessions, err := s.Store.SessionsOf(ctx, caller, page)
	if err != nil {
		return nil, fmt.Errorf("listing sessions: %w", err)
	}
	return sessions, nil
}
