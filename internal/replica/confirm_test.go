package replica_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

var (
	boss    = tenancy.UserID{0: 1, 15: 0xb0} // an admin of acme and of the platform
	session = tenancy.SessionID{0: 1, 15: 0x5e}
)

const used = "used" // a refresh token of session that was exchanged already

type nobody struct{}

func (nobody) Invalidate(context.Context, ...tenancy.Change) {}

// retry is a write that is tried twice: the gateway of the first attempt dies
// before anybody has heard of it.
type retry struct {
	name string
	who  tenancy.UserID // loses access
	do   func(context.Context, *manage.Service) error
	want error // of the second attempt
}

func retries(user tenancy.UserID) []retry {
	ref := tenancy.MemberRef{Email: tenancy.Email(user.String() + "@example.com")}
	by := func(user tenancy.UserID) tenancy.Caller { return tenancy.Caller{User: user, Session: session} }
	viewer, suspended := tenancy.RoleViewer, tenancy.StatusSuspended
	update := func(ref tenancy.MemberRef, change tenancy.MemberChange) func(context.Context, *manage.Service) error {
		return func(ctx context.Context, s *manage.Service) error {
			_, err := s.UpdateMember(ctx, by(anna), acme, ref, change)
			return err
		}
	}
	return []retry{
		{"remove a member", user, func(ctx context.Context, s *manage.Service) error {
			return s.RemoveMember(ctx, by(anna), acme, ref)
		}, tenancy.ErrNotFound},
		{"demote a member", user, update(ref, tenancy.MemberChange{Role: &viewer}), nil},
		{"suspend a member", user, update(ref, tenancy.MemberChange{Status: &suspended}), nil},
		{"step down", anna, update(tenancy.MemberRef{Email: "anna@example.com"}, tenancy.MemberChange{Role: &viewer}), tenancy.ErrRoleRequired},
		{"leave", user, func(ctx context.Context, s *manage.Service) error { return s.Leave(ctx, by(user), acme) }, tenancy.ErrNotMember},
		{"suspend a tenant", user, func(ctx context.Context, s *manage.Service) error {
			_, err := s.UpdateTenant(ctx, by(boss), acme, tenancy.TenantChange{Status: &suspended})
			return err
		}, nil},
		{"delete a tenant", user, func(ctx context.Context, s *manage.Service) error {
			return s.DeleteTenant(ctx, by(boss), acme, tenancy.Match{})
		}, nil},
		{"delete one's own tenant", user, func(ctx context.Context, s *manage.Service) error {
			return s.DeleteTenant(ctx, by(anna), acme, tenancy.Match{})
		}, tenancy.ErrNotMember},
		{"end a session", user, func(ctx context.Context, s *manage.Service) error {
			return s.EndSession(ctx, by(user), session)
		}, tenancy.ErrNotFound},
		{"sign out", user, func(ctx context.Context, s *manage.Service) error { return s.SignOut(ctx, by(user), false) }, nil},
		{"use a refresh token twice", user, func(ctx context.Context, s *manage.Service) error {
			_, err := s.Refresh(ctx, used, tenancy.SessionID{})
			return err
		}, tenancy.ErrRefreshRefused},
	}
}

// What a write finds done already may have been done by a gateway that died
// before the others had heard. An answer to the second attempt says as much as
// one to the first.
func TestARetryWaitsForWhatTheFirstAttemptTook(t *testing.T) {
	t.Parallel()
	for i, r := range retries(tenancy.UserID{}) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			database := tenancytest.Postgres(t)
			user := seed(t, database, 1)[0]
			prepareRetry(t, database, user)
			r := retries(user)[i]
			one, deaf := open(t, database, "", briefly), open(t, database, "", briefly)
			if !deaf.serves(t, r.who) || !one.serves(t, r.who) {
				t.Fatal("not served before")
			}
			deaf.hold() // however long the first attempt takes
			deaf.fault.set(func(f *fault) { f.deaf = true })
			first := manage.New(storeOf(t, database))
			first.Caches = nobody{}
			_ = r.do(t.Context(), first)
			if !deaf.serves(t, r.who) {
				t.Fatal("the replica hears, so nothing is shown")
			}
			deaf.goOn()
			second := manage.New(one.Store)
			second.Caches, second.Confirm = one, one.Confirm
			began := time.Now()
			err := r.do(t.Context(), second)
			took := time.Since(began)
			if !errorIs(err, r.want) {
				t.Errorf("the second attempt: got %v, want %v", err, r.want)
			}
			for name, replica := range map[string]*member{"its own replica": one, "the one that does not hear": deaf} {
				if replica.serves(t, r.who) {
					t.Errorf("served by %s after the answer to the second attempt, which took %v", name, took)
				}
			}
		})
	}
}

// Where everybody has heard, confirming is a question to the database and no more.
func TestConfirmingWhatAllHaveHeardWaitsForNobody(t *testing.T) {
	t.Parallel()
	database := tenancytest.Postgres(t)
	users := seed(t, database, 1)
	one, _ := open(t, database, ""), open(t, database, "")
	one.remove(t, users[0])
	tenancytest.Eventually(t, 20*time.Second, "everybody has acknowledged", func() bool {
		xids, err := one.Store.Unheard(t.Context())
		return err == nil && len(xids) == 0
	})
	waits := one.Feed.Stats().Waits
	one.Confirm(t.Context())
	if got := one.Feed.Stats().Waits; got != waits {
		t.Error("it waited, with nothing to wait for")
	}
}

func errorIs(err, want error) bool {
	return want == nil && err == nil || want != nil && errors.Is(err, want)
}

// serves reports whether the replica would serve the user as a member, or an
// admin, by an access token of the session.
func (m *member) serves(t testing.TB, user tenancy.UserID) bool {
	t.Helper()
	got, err := m.Memberships.Membership(t.Context(), tenancy.Key{User: user, Tenant: acme})
	if err != nil {
		t.Fatal(err)
	}
	return got.Role.AtLeast(tenancy.RoleMember) && got.Status == tenancy.StatusActive && got.TenantStatus == tenancy.StatusActive &&
		!got.Signouts.Cover(tenancy.Subject{User: user, Session: session})
}

// prepareRetry makes the user a full member with a session, and boss.
func prepareRetry(t testing.TB, database string, user tenancy.UserID) {
	t.Helper()
	tenancytest.Exec(t, database, `INSERT INTO users (id, email, role) VALUES ($1, 'boss@example.com', 'platform_admin')`, boss)
	tenancytest.Exec(t, database, `INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES (gen_random_uuid(), $1, $2, 'admin')`, acme, boss)
	tenancytest.Exec(t, database, `UPDATE tenant_users SET role = 'member' WHERE user_id = $1`, user)
	tenancytest.Exec(t, database, `INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, now(), now() + interval '1 day')`, session, user)
	hash := sha256.Sum256([]byte(used))
	tenancytest.Exec(t, database, `INSERT INTO refresh_tokens (token_hash, session_id, used_at) VALUES ($1, $2, now())`, hash[:], session)
}

func storeOf(t testing.TB, database string) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), database, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}
