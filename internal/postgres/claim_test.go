package postgres_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Who registered with an address, never proved it and has been away for a month
// is erased; everybody else stays.
func TestPurgeClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", w.user("anna"))
	account := func(name, age string, claim bool) tenancy.UserID {
		id := tenancy.UserID(uuid.Must(uuid.NewV7()))
		exec(t, w.root, `INSERT INTO users (id, email, name, created_at, email_verified_at)
			VALUES ($1, $2 || '@example.com', $2, now() - $3::interval, CASE WHEN $4 THEN NULL ELSE now() END)`, id, name, age, claim)
		return id
	}
	signIn := func(id tenancy.UserID, began, used string) {
		exec(t, w.root, `INSERT INTO sessions (id, user_id, created_at, expires_at, last_used_at)
			VALUES (gen_random_uuid(), $1, now() - $2::interval, now() + interval '1 hour', now() - $3::interval)`, id, began, used)
	}
	due := account("due", "30 days 1 s", true)
	signIn(due, "30 days 1 s", "30 days 1 s")
	never := account("never", "1 year", true)
	exec(t, w.root, `INSERT INTO mails (id, kind, email, user_id, expires_at) VALUES (gen_random_uuid(), 'verify', 'never@example.com', $1, now())`, never)
	account("proven", "1 year", false)
	account("fresh", "29 days 23 h", true)
	signIn(account("back", "1 year", true), "5 days", "5 days")
	signIn(account("stayed", "1 year", true), "60 days", "1 day")
	exec(t, w.root, `INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES (gen_random_uuid(), $1, $2, 'viewer')`, acme, account("member", "1 year", true))
	for i := range 250 { // more than a batch, between those that are due
		account(fmt.Sprint("crowd", i), "1 day", true)
	}
	last := account("last", "40 days", true)

	var erased []tenancy.UserID
	pages := 0
	for after := (tenancy.UserID{}); ; pages++ {
		next, changes, err := w.PurgeClaims(t.Context(), after)
		if err != nil {
			t.Fatalf("PurgeClaims: %v", err)
		}
		for _, change := range changes {
			erased = append(erased, change.User)
		}
		if next.IsZero() {
			break
		}
		after = next
	}
	if diff := cmp.Diff([]tenancy.UserID{due, never, last}, erased); diff != "" {
		t.Errorf("erased (-want +got):\n%s", diff)
	}
	if pages != 3 {
		t.Errorf("looked at 256 claims in %d pages, want 3", pages)
	}
	if left := one[[]string](t, w.root, `SELECT array_agg(name ORDER BY name) FROM users WHERE name NOT LIKE 'crowd%'`); fmt.Sprint(left) != "[anna back fresh member proven stayed]" {
		t.Errorf("left are %v", left)
	}
	if n := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE tenant_id IS NULL AND action = 'user.purged'`); n != 3 {
		t.Errorf("the platform's log tells of %d, want 3", n)
	}
}
