package postgres_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func signIn(user tenancy.UserID, token string) tenancy.NewSession {
	now := time.Now()
	return tenancy.NewSession{
		Session:     tenancy.Session{ID: newID(), User: user, UserAgent: "curl", CreatedAt: now, ExpiresAt: now.Add(time.Hour)},
		RefreshHash: hashOf(token),
	}
}

// opened signs a user in.
func (w world) opened(user tenancy.UserID, token string) tenancy.SessionID {
	w.t.Helper()
	session := signIn(user, token)
	if err := w.OpenSession(w.t.Context(), session); err != nil {
		w.t.Fatalf("OpenSession: %v", err)
	}
	return session.ID
}

// refresh takes one token for another and returns whether that was granted.
func (w world) refresh(used, next string) error {
	_, _, err := w.RefreshSession(w.t.Context(), hashOf(used), hashOf(next))
	return err
}

func (w world) ended(id tenancy.SessionID) bool {
	return one[bool](w.t, w.root, `SELECT ended_at IS NOT NULL FROM sessions WHERE id = $1`, id)
}

func TestOpenSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	id := w.opened(anna, "first")
	if got := one[tenancy.UserID](t, w.root, `SELECT user_id FROM sessions WHERE id = $1`, id); got != anna {
		t.Errorf("session of %v, want %v", got, anna)
	}
	if err := w.OpenSession(t.Context(), signIn(newID(), "second")); !errors.Is(err, tenancy.ErrUserInactive) {
		t.Errorf("OpenSession of nobody: %v, want ErrUserInactive", err)
	}
}

// Who signs in with a password while it is changed must not keep a session that
// the change was to end.
func TestOpenSessionHoldsThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	hash := func(n int) string { return fmt.Sprintf("$argon2id$%d", n) }
	exec(t, w.root, `UPDATE users SET password_hash = $2 WHERE id = $1`, anna, hash(0))
	with := func(token string, verified int) tenancy.NewSession {
		session := signIn(anna, token)
		session.PasswordHash = hash(verified)
		return session
	}
	if err := w.OpenSession(t.Context(), with("right", 0)); err != nil {
		t.Errorf("with the password as it is: %v", err)
	}
	if err := w.OpenSession(t.Context(), with("old", 7)); !errors.Is(err, tenancy.ErrBadCredentials) {
		t.Errorf("with an old password: %v, want ErrBadCredentials", err)
	}
	for round := range 20 {
		var racing sync.WaitGroup
		var opened []tenancy.NewSession
		var mu sync.Mutex
		for n := range 8 {
			racing.Go(func() {
				session := with(fmt.Sprintf("%d-%d", round, n), round)
				switch err := w.OpenSession(t.Context(), session); {
				case err == nil:
					mu.Lock()
					defer mu.Unlock()
					opened = append(opened, session)
				case !errors.Is(err, tenancy.ErrBadCredentials):
					t.Errorf("OpenSession: %v", err)
				}
			})
		}
		racing.Go(func() {
			if _, err := w.ChangePassword(t.Context(), tenancy.Caller{User: anna}, hash(round), hash(round+1), newID()); err != nil {
				t.Errorf("ChangePassword: %v", err)
			}
		})
		racing.Wait()
		for _, session := range opened {
			if !w.ended(session.ID) {
				t.Fatalf("round %d: a session of the old password has outlived it", round)
			}
		}
	}
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	id := w.opened(anna, "a")
	session, changes, err := w.RefreshSession(t.Context(), hashOf("a"), hashOf("b"))
	if err != nil || session.ID != id || session.User != anna || len(changes) != 0 {
		t.Errorf("RefreshSession = %+v, %v, %v, want the session and no change", session, changes, err)
	}
	if err := w.refresh("b", "c"); err != nil {
		t.Errorf("the next token: %v", err)
	}
	if err := w.refresh("never made", "x"); !errors.Is(err, tenancy.ErrRefreshRefused) || w.ended(id) {
		t.Errorf("a made-up token: %v, ended %t; want ErrRefreshRefused and no end", err, w.ended(id))
	}
}

func TestReplayEndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	stolen, other := w.opened(anna, "a"), w.opened(anna, "other")
	if err := errors.Join(w.refresh("a", "b"), w.refresh("b", "c")); err != nil {
		t.Fatal(err)
	}
	_, changes, err := w.RefreshSession(t.Context(), hashOf("a"), hashOf("x"))
	if !errors.Is(err, tenancy.ErrRefreshRefused) || len(changes) != 1 || changes[0].User != anna {
		t.Errorf("a replay: %v with changes %v, want ErrRefreshRefused and anna forgotten", err, changes)
	}
	if !w.ended(stolen) || w.ended(other) {
		t.Errorf("ended: the replayed session %t, another of the same person %t; want only the first", w.ended(stolen), w.ended(other))
	}
	if err := w.refresh("c", "d"); !errors.Is(err, tenancy.ErrRefreshRefused) {
		t.Errorf("the newest token of the ended session: %v, want ErrRefreshRefused", err)
	}
	if got := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE action = 'session.replayed'`); got != 1 {
		t.Errorf("%d audit rows of the replay, want 1", got)
	}
}

func TestParallelRefreshesHaveOneWinner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	for round := range 10 {
		token := "token " + string(rune('a'+round))
		id := w.opened(anna, token)
		var (
			group sync.WaitGroup
			mu    sync.Mutex
			won   int
			start = make(chan struct{})
		)
		for i := range 20 {
			group.Go(func() {
				<-start
				err := w.refresh(token, token+string(rune('A'+i)))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case !errors.Is(err, tenancy.ErrRefreshRefused):
					t.Errorf("refreshing: %v", err)
				}
			})
		}
		close(start)
		group.Wait()
		if won != 1 || !w.ended(id) {
			t.Errorf("round %d: %d of 20 won, ended %t; want 1, and the session ended by the others", round, won, w.ended(id))
		}
	}
}

func TestRefreshNeedsALivingSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, sql := range map[string]string{
		"ended":     `UPDATE sessions SET ended_at = now() WHERE user_id = $1`,
		"expired":   `UPDATE sessions SET created_at = now() - interval '2 hours', expires_at = now() - interval '1 s' WHERE user_id = $1`,
		"suspended": `UPDATE users SET status = 'suspended' WHERE id = $1`,
		"deleted":   `UPDATE users SET status = 'deleted' WHERE id = $1`,
	} {
		user := w.user(name)
		w.opened(user, name)
		exec(t, w.root, sql, user)
		if err := w.refresh(name, name+" next"); !errors.Is(err, tenancy.ErrRefreshRefused) {
			t.Errorf("%s: %v, want ErrRefreshRefused", name, err)
		}
	}
}

func TestEndSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, bert := w.user("anna"), w.user("bert")
	id := w.opened(anna, "a")
	if _, err := w.EndSession(t.Context(), tenancy.Caller{User: bert}, id); !errors.Is(err, tenancy.ErrNotFound) || w.ended(id) {
		t.Errorf("somebody else's session: %v, ended %t; want ErrNotFound and no end", err, w.ended(id))
	}
	changes, err := w.EndSession(t.Context(), tenancy.Caller{User: anna}, id)
	if err != nil || !w.ended(id) || len(changes) != 1 || changes[0].User != anna {
		t.Errorf("one's own: %v, changes %v, ended %t", err, changes, w.ended(id))
	}
	if _, err := w.EndSession(t.Context(), tenancy.Caller{User: anna}, id); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("again: %v, want ErrNotFound", err)
	}
}

func TestEndSessionsAndList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, bert := w.user("anna"), w.user("bert")
	first, second, third := w.opened(anna, "1"), w.opened(anna, "2"), w.opened(anna, "3")
	others := w.opened(bert, "b")
	caller := tenancy.Caller{User: anna, Session: third}
	list := func(page tenancy.Page) (ids []tenancy.SessionID) {
		sessions, err := w.SessionsOf(t.Context(), caller, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sessions {
			ids = append(ids, s.ID)
		}
		return ids
	}
	if got := list(tenancy.Page{Limit: 2}); len(got) != 2 || got[0] != third || got[1] != second {
		t.Errorf("first page %v, want the newest two", got)
	}
	if got := list(tenancy.Page{Limit: 2, After: second}); len(got) != 1 || got[0] != first {
		t.Errorf("second page %v, want the oldest", got)
	}
	if _, err := w.EndSessions(t.Context(), caller); err != nil {
		t.Fatal(err)
	}
	if got := list(tenancy.Page{Limit: 10}); len(got) != 0 || w.ended(others) {
		t.Errorf("after ending all: %d listed, somebody else's ended %t", len(got), w.ended(others))
	}
}

// A refresh names the tenant that its own session was switched to, whatever other
// sessions of the same person have done since.
func TestSwitchStaysInItsSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme, globex := w.tenant("acme", anna), w.tenant("globex", anna)
	desk, phone := w.opened(anna, "desk"), w.opened(anna, "phone")
	for session, tenant := range map[tenancy.SessionID]tenancy.TenantID{desk: acme, phone: globex} {
		entered, _, err := w.SwitchTenant(t.Context(), tenancy.Caller{User: anna, Session: session}, tenant)
		if err != nil || entered.SessionEnds.IsZero() {
			t.Fatalf("SwitchTenant = %+v, %v, want the end of the session", entered, err)
		}
	}
	session, _, err := w.RefreshSession(t.Context(), hashOf("desk"), hashOf("next"))
	if err != nil || session.Tenant != acme {
		t.Errorf("refreshing at the desk: tenant %v, %v; want the one entered there", session.Tenant, err)
	}
}
