package postgres_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var outcome = tenancy.Outcome{Status: 201, Version: 3, Location: "/x", Kind: "application/json", Body: []byte(`{"a":1}`)}

func attempt(key byte) tenancy.Once {
	return tenancy.Once{Key: [32]byte{0: key}, Attempt: newID()}
}

func TestAKeyIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := tenancy.Caller{User: w.user("anna")}
	print := [32]byte{1}
	first, second := attempt(1), attempt(1)
	reserve := func(once tenancy.Once, fingerprint [32]byte, want error) *tenancy.Outcome {
		t.Helper()
		got, err := w.Reserve(t.Context(), anna, once, fingerprint)
		if !errors.Is(err, want) {
			t.Errorf("Reserve: %v, want %v", err, want)
		}
		return got
	}
	if got := reserve(first, print, nil); got != nil {
		t.Errorf("the first got the outcome %+v", got)
	}
	reserve(second, print, tenancy.ErrInProgress)
	reserve(second, [32]byte{2}, tenancy.ErrKeyReused)
	if err := w.Settle(t.Context(), second, outcome); err != nil {
		t.Errorf("Settle of one that holds nothing: %v", err)
	}
	reserve(second, print, tenancy.ErrInProgress)
	if err := w.Settle(t.Context(), first, outcome); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&outcome, reserve(second, print, nil)); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
	reserve(second, [32]byte{2}, tenancy.ErrKeyReused)
	if err := w.Release(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if reserve(second, print, nil) == nil {
		t.Error("a release took back what was carried out")
	}
	exec(t, w.root, `UPDATE idempotency_keys SET expires_at = now()`)
	if got := reserve(second, [32]byte{2}, nil); got != nil {
		t.Errorf("after a day: got the outcome %+v, want a key that is free again", got)
	}
}

func TestARefusedRequestGivesItsKeyBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := tenancy.Caller{User: w.user("anna")}
	once := attempt(1)
	for range 2 {
		if got, err := w.Reserve(t.Context(), anna, once, [32]byte{}); got != nil || err != nil {
			t.Fatalf("Reserve: %v, %v", got, err)
		}
		if err := w.Release(t.Context(), once); err != nil {
			t.Fatal(err)
		}
	}
}

// The gateway may end, or stop for a while, at any point.
func TestAKeyIsCarriedOutOnceThoughTheGatewayEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	add := func(once tenancy.Once, name string) error {
		_, _, err := w.AddMember(t.Context(), tenancy.Caller{User: anna, Once: once}, acme, newMember(address(name), tenancy.RoleViewer))
		return err
	}
	reserve := func(once tenancy.Once) error {
		_, err := w.Reserve(t.Context(), tenancy.Caller{User: anna}, once, [32]byte{})
		return err
	}
	slow, next := attempt(1), attempt(1)
	if err := reserve(slow); err != nil {
		t.Fatal(err)
	}
	exec(t, w.root, `UPDATE idempotency_keys SET reserved_at = now() - interval '1 minute'`)
	if err := reserve(next); err != nil {
		t.Errorf("taking over from one that has done nothing for a minute: %v", err)
	}
	if err := add(slow, "bert"); !errors.Is(err, tenancy.ErrInProgress) {
		t.Errorf("the one that was slow: %v, want ErrInProgress", err)
	}
	if got := one[int](t, w.root, `SELECT count(*) FROM invitations`); got != 0 {
		t.Errorf("%d invitations of a request that lost its right", got)
	}
	if err := add(next, "bert"); err != nil {
		t.Errorf("the one that took over: %v", err)
	}
	if err := reserve(attempt(1)); !errors.Is(err, tenancy.ErrInProgress) {
		t.Errorf("just carried out, without an answer yet: %v, want ErrInProgress", err)
	}
	exec(t, w.root, `UPDATE idempotency_keys SET reserved_at = now() - interval '1 minute'`)
	if err := reserve(attempt(1)); !errors.Is(err, tenancy.ErrOutcomeLost) {
		t.Errorf("carried out, and the gateway ended: %v, want ErrOutcomeLost", err)
	}
}

func TestManyAtOnceWithOneKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := tenancy.Caller{User: w.user("anna")}
	var group sync.WaitGroup
	results := make(chan error, 20)
	start := make(chan struct{})
	for range cap(results) {
		group.Go(func() {
			<-start
			_, err := w.Reserve(t.Context(), anna, attempt(1), [32]byte{})
			results <- err
		})
	}
	close(start)
	group.Wait()
	got := map[error]int{}
	for range cap(results) {
		err := <-results
		if errors.Is(err, tenancy.ErrInProgress) {
			err = tenancy.ErrInProgress
		}
		got[err]++
	}
	if got[nil] != 1 || got[tenancy.ErrInProgress] != 19 {
		t.Errorf("got %v, want one that may, and 19 that find it under way", got)
	}
}

func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := tenancy.Caller{User: w.user("anna")}
	large := outcome
	large.Body = bytes.Repeat([]byte{' '}, tenancy.MaxOutcome+1)
	once := attempt(1)
	if _, err := w.Reserve(t.Context(), anna, once, [32]byte{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Settle(t.Context(), once, large); err != nil {
		t.Fatal(err)
	}
	exec(t, w.root, `UPDATE idempotency_keys SET reserved_at = now() - interval '1 minute'`)
	if _, err := w.Reserve(t.Context(), anna, once, [32]byte{}); !errors.Is(err, tenancy.ErrOutcomeLost) {
		t.Errorf("an answer that is too large: %v, want ErrOutcomeLost", err)
	}
	exec(t, w.root, `
		INSERT INTO idempotency_keys (id, user_id, attempt, fingerprint, expires_at)
		SELECT sha256(n::text::bytea), $1, gen_random_uuid(), sha256(''), now() - interval '1 second' FROM generate_series(1, 2500) n`, anna.User)
	if _, err := w.Reserve(t.Context(), anna, attempt(2), [32]byte{}); !errors.Is(err, tenancy.ErrTooManyKeys) {
		t.Errorf("past the limit: %v, want ErrTooManyKeys", err)
	}
	if _, err := w.Reserve(t.Context(), tenancy.Caller{User: w.user("bert")}, attempt(3), [32]byte{}); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if swept, err := w.SweepOutcomes(t.Context()); swept != 2500 || err != nil {
		t.Errorf("SweepOutcomes: %d, %v; want the 2500 whose time is over", swept, err)
	}
	if _, err := w.Reserve(t.Context(), anna, attempt(2), [32]byte{}); err != nil {
		t.Errorf("after the sweep: %v", err)
	}
}
