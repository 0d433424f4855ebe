package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// ledger keeps outcomes in memory, for ever.
type ledger struct {
	outcomes map[[32]byte]*tenancy.Outcome
	prints   map[[32]byte][32]byte
}

func newLedger() *ledger {
	return &ledger{outcomes: map[[32]byte]*tenancy.Outcome{}, prints: map[[32]byte][32]byte{}}
}

func (l *ledger) Reserve(_ context.Context, _ tenancy.Caller, once tenancy.Once, fingerprint [32]byte) (*tenancy.Outcome, error) {
	print, taken := l.prints[once.Key]
	switch {
	case !taken:
		l.prints[once.Key] = fingerprint
		return nil, nil
	case print != fingerprint:
		return nil, tenancy.ErrKeyReused
	case l.outcomes[once.Key] == nil:
		return nil, tenancy.ErrInProgress
	}
	return l.outcomes[once.Key], nil
}

func (l *ledger) Settle(_ context.Context, once tenancy.Once, outcome tenancy.Outcome) error {
	l.outcomes[once.Key] = &outcome
	return nil
}

func (l *ledger) Release(_ context.Context, once tenancy.Once) error {
	delete(l.prints, once.Key)
	return nil
}

// add lets somebody in, with a key.
func add(h *httpapi.Handler, key, body string) *httptest.ResponseRecorder {
	r := request(http.MethodPost, members, body)
	r.Header["Idempotency-Key"] = strings.Split(key, "|")
	return serve(h, r)
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	store := &fakeStore{outcome: addedMember}
	h := newHandler(t, store)
	h.Ledger = newLedger()
	const body = `{"email":"bob@acme.example","role":"viewer"}`
	first := add(h, "k1", body)
	if first.Code != http.StatusCreated || first.Header().Get("Idempotency-Replayed") != "" {
		t.Fatalf("first: %d %v", first.Code, first.Header())
	}
	store.added = tenancy.NewMember{}
	again := add(h, `"k1"`, ` {"role":"viewer", "email":"bob@acme.example"}`)
	if again.Code != first.Code || again.Body.String() != first.Body.String() || again.Header().Get("X-Tenant-ID") != first.Header().Get("X-Tenant-ID") {
		t.Errorf("again: %d %s, want the first answer", again.Code, again.Body)
	}
	if again.Header().Get("Idempotency-Replayed") != "true" || store.added.Email != "" {
		t.Errorf("again: carried out a second time, or not said to be repeated: %v", again.Header())
	}
	if other := add(h, "k1", strings.Replace(body, "bob", "eve", 1)); other.Code != http.StatusUnprocessableEntity || !strings.Contains(other.Body.String(), "idempotency_key_reused") {
		t.Errorf("another body: %d %s", other.Code, other.Body)
	}
	if next := add(h, "k2", body); next.Header().Get("Idempotency-Replayed") != "" {
		t.Error("another key was answered with the first answer")
	}
}

func TestIdempotencyKeyOfARefusal(t *testing.T) {
	t.Parallel()
	store := &fakeStore{outcome: addedMember, fail: tenancy.ErrSeatLimit}
	h := newHandler(t, store)
	h.Ledger = newLedger()
	const body = `{"email":"bob@acme.example","role":"viewer"}`
	if got := add(h, "k", body); got.Code != http.StatusConflict {
		t.Fatalf("refused: %d %s", got.Code, got.Body)
	}
	store.fail = nil
	if got := add(h, "k", body); got.Code != http.StatusCreated {
		t.Errorf("tried again: %d %s, want 201: a refusal is not kept", got.Code, got.Body)
	}
	// A member who has been removed is not told again.
	store.fail = tenancy.ErrNotMember
	if got := add(h, "k", body); got.Code != http.StatusForbidden {
		t.Errorf("after the removal: %d %s, want 403", got.Code, got.Body)
	}
}

func TestIdempotencyKeyThatIsNone(t *testing.T) {
	t.Parallel()
	h := newHandler(t, &fakeStore{outcome: addedMember})
	h.Ledger = newLedger()
	for _, key := range []string{"", "a b", "a|b", `"a`, `""`, "ä", "a\x00", strings.Repeat("a", 256)} {
		if got := add(h, key, `{"email":"bob@acme.example","role":"viewer"}`); got.Code != http.StatusBadRequest {
			t.Errorf("key %q: %d, want 400", key, got.Code)
		}
	}
	inProgress := newLedger()
	h.Ledger = stuck{inProgress}
	got := add(h, "k", `{"email":"bob@acme.example","role":"viewer"}`)
	if got.Code != http.StatusConflict || got.Header().Get("Retry-After") != "1" {
		t.Errorf("under way: %d %v, want 409 with Retry-After", got.Code, got.Header())
	}
}

// stuck has every key under way.
type stuck struct{ *ledger }

func (stuck) Reserve(context.Context, tenancy.Caller, tenancy.Once, [32]byte) (*tenancy.Outcome, error) {
	return nil, tenancy.ErrInProgress
}
