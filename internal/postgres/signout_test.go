package postgres_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// session makes a session whose id is the nth in order.
func (w world) session(user tenancy.UserID, n int) tenancy.SessionID {
	id := tenancy.SessionID{0: 1, 1: byte(n >> 8), 2: byte(n), 8: 0x80}
	copy(id[9:], user[9:])
	exec(w.t, w.root, `INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, now(), now() + interval '30 days')`, id, user)
	return id
}

func TestMembershipTellsEndedSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, bert := w.user("anna"), w.user("bert")
	acme := w.tenant("acme", anna)
	first, second := w.session(anna, 1), w.session(anna, 2)
	third := w.session(anna, 3)
	w.session(bert, 4)
	exec(t, w.root, `UPDATE sessions SET ended_at = now() WHERE id = ANY($1) OR user_id = $2`, []tenancy.SessionID{first, second}, bert)
	exec(t, w.root, `UPDATE users SET tokens_not_before = '2026-05-01T12:00:00.0005Z' WHERE id = $1`, anna)
	want := tenancy.Signouts{
		NotBefore: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).UnixMilli() + 1, // what is half a millisecond counts up
		Ended:     tenancy.NewSessionSet(second, first),
	}
	for _, tenant := range []tenancy.TenantID{acme, {}} {
		if diff := cmp.Diff(want, w.membership(anna, tenant).Signouts); diff != "" {
			t.Errorf("signouts in tenant %v (-want +got):\n%s", tenant, diff)
		}
	}
	exec(t, w.root, `UPDATE sessions SET ended_at = now() - interval '25 hours 1 minute' WHERE id = $1`, first)
	exec(t, w.root, `UPDATE sessions SET ended_at = now() - interval '24 hours 50 minutes' WHERE id = $1`, third)
	if got, want := w.membership(anna, acme).Signouts.Ended, tenancy.NewSessionSet(third, second); got != want {
		t.Errorf("ended, when one can have no token any more: got %x, want %x", got, want)
	}
}

func TestMembershipBoundsEndedSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	var ids []tenancy.SessionID
	for n := range tenancy.MaxEnded + 3 {
		ids = append(ids, w.session(anna, n))
	}
	exec(t, w.root, `UPDATE sessions SET ended_at = now() WHERE user_id = $1`, anna)
	live := w.session(anna, tenancy.MaxEnded+10)
	got := w.membership(anna, acme).Signouts
	if len(got.Ended) != 16*tenancy.MaxEnded || got.Through != ids[2] {
		t.Errorf("got %d told apart, through %v, want %d, %v", len(got.Ended)/16, got.Through, tenancy.MaxEnded, ids[2])
	}
	for _, id := range ids {
		if !got.Cover(tenancy.Subject{Session: id}) {
			t.Errorf("session %v has ended and is not covered", id)
		}
	}
	if got.Cover(tenancy.Subject{Session: live}) {
		t.Error("a session opened since is covered")
	}
}

// Whoever deletes a session means its tokens too. It stays, ended, for as long as
// there may be any.
func TestDeletingASessionEndsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, gone := w.user("anna"), w.user("gone")
	acme := w.tenant("acme", anna)
	live, ended, past, over := w.session(anna, 1), w.session(anna, 2), w.session(anna, 3), w.session(anna, 4)
	w.session(gone, 5)
	exec(t, w.root, `UPDATE sessions SET ended_at = now() - interval '1 hour' WHERE id = $1`, ended)
	exec(t, w.root, `UPDATE sessions SET ended_at = now() - interval '26 hours' WHERE id = $1`, past)
	exec(t, w.root, `UPDATE sessions SET created_at = now() - interval '9 days', expires_at = now() - interval '25 hours' WHERE id = $1`, over)
	before := one[int](t, w.root, `SELECT count(*)::int FROM changes WHERE kind = 'session'`)

	exec(t, w.root, `DELETE FROM sessions WHERE user_id = $1`, anna)
	if got, want := w.membership(anna, acme).Signouts.Ended, tenancy.NewSessionSet(ended, live); got != want {
		t.Errorf("ended: got %x, want %x", got, want)
	}
	if got := one[time.Duration](t, w.root, `SELECT now() - ended_at FROM sessions WHERE id = $1`, ended); got < time.Hour {
		t.Errorf("a session that had ended an hour ago has ended %v ago", got)
	}
	if got := one[int](t, w.root, `SELECT count(*)::int FROM sessions WHERE id = ANY($1)`, []tenancy.SessionID{past, over}); got != 0 {
		t.Errorf("%d sessions without tokens are left, want none", got)
	}
	if got := one[int](t, w.root, `SELECT count(*)::int FROM changes WHERE kind = 'session'`) - before; got != 1 {
		t.Errorf("the change feed tells of %d sessions, want one", got)
	}
	exec(t, w.root, `DELETE FROM users WHERE id = $1`, gone)
	if got := one[int](t, w.root, `SELECT count(*)::int FROM sessions WHERE user_id = $1`, gone); got != 0 {
		t.Errorf("%d sessions of somebody who was erased, want none", got)
	}
}

// Without the rows every token would be good again, those of ended sessions too.
func TestSessionsAreNotTruncated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	ended := w.session(anna, 1)
	exec(t, w.root, `UPDATE sessions SET ended_at = now()`)
	for _, sql := range []string{`TRUNCATE sessions CASCADE`, `TRUNCATE sessions, refresh_tokens`, `TRUNCATE users CASCADE`} {
		if _, err := w.root.Exec(t.Context(), sql); sqlState(err) != "23000" {
			t.Errorf("%s: SQLSTATE %q, want 23000", sql, sqlState(err))
		}
	}
	if got := w.membership(anna, acme).Signouts.Ended; !got.Has(ended) {
		t.Errorf("ended: got %x, want the session that had", got)
	}
}
