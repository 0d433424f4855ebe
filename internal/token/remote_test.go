package token_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

const (
	unknownKey = token.Refusal("unknown key")
	noMatch    = token.Refusal("signature does not match")
)

func TestKeySetIsFetchedAtFirstNeed(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "a", ed(), "b", p256()))
	f := newFederation(t, p)
	f.want(t, hs256(t, accessHeader, accessClaims), nil)
	p.wantAsked(t, 0)
	f.want(t, signed(t, "EdDSA", "a", ed()), nil)
	f.want(t, signed(t, "ES256", "b", p256()), nil)
	f.want(t, signed(t, "EdDSA", "b", ed()), token.Refusal("key does not fit the algorithm"))
	p.wantAsked(t, 1)
}

func TestJunkFetchesNothing(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "a", ed()))
	f := newFederation(t, p)
	for _, test := range []struct {
		raw  string
		want error
	}{
		{sign(t, "EdDSA", ed(), `{"alg":"EdDSA","kid":"a","jku":"x"}`, idpClaims), token.Refusal("header extension that is not supported")},
		{sign(t, "HS256", []byte("x"), `{"alg":"HS256","kid":"a"}`, idpClaims), token.Refusal("algorithm not allowed")},
		{sign(t, "EdDSA", ed(), `{"alg":"EdDSA","kid":"a"}`, `{"iss":"`+idp+`","aud":"x","sub":"ada","exp":1800000000}`), token.Refusal("wrong audience")},
		{sign(t, "EdDSA", ed(), `{"alg":"EdDSA","kid":"a"}`, `{"iss":"`+idp+`","aud":"calls","sub":"ada"}`), token.Refusal("no expiry")},
	} {
		f.want(t, test.raw, test.want)
	}
	p.wantAsked(t, 0)
}

func TestRotatedKeyWorksOnItsFirstToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "old", ed()))
	f := newFederation(t, p)
	f.want(t, signed(t, "EdDSA", "old", ed()), nil)
	p.publish(jwks(t, "old", ed(), "new", p256()))
	f.want(t, signed(t, "ES256", "new", p256()), nil)
	f.want(t, signed(t, "EdDSA", "old", ed()), nil)
	p.wantAsked(t, 2)
}

func TestWithdrawnKeyStopsWorking(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "old", ed(), "new", p256()))
	f := newFederation(t, p)
	old := signed(t, "EdDSA", "old", ed())
	f.want(t, old, nil)
	f.want(t, old, nil) // remembered now
	p.publish(jwks(t, "new", p256()))
	f.Advance(10*time.Minute - time.Second)
	f.want(t, old, nil)
	p.wantAsked(t, 1)
	f.Advance(time.Second)
	f.want(t, old, unknownKey)
	p.wantAsked(t, 2)
}

// A token that is remembered must not outlive its key where another token has
// brought the news.
func TestKeyChangeEmptiesTheCache(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "old", ed()))
	f := newFederation(t, p)
	old := signed(t, "EdDSA", "old", ed())
	for range 3 {
		f.want(t, old, nil)
	}
	p.publish(jwks(t, "new", p256()))
	f.want(t, signed(t, "ES256", "new", p256()), nil)
	f.want(t, old, unknownKey)
}

func TestSameKidWithAnotherKey(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "default", rsaKey()))
	f := newFederation(t, p)
	f.want(t, signed(t, "RS256", "default", rsaKey()), nil)
	f.want(t, signed(t, "RS256", "default", rsaOther()), noMatch)
	p.publish(jwks(t, "default", rsaOther()))
	f.Advance(10 * time.Minute)
	f.want(t, signed(t, "RS256", "default", rsaOther()), nil)
	f.want(t, signed(t, "RS256", "default", rsaKey()), noMatch)
}

func TestUnknownKeyIsAskedForOnce(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "a", ed()))
	f := newFederation(t, p)
	f.want(t, signed(t, "EdDSA", "a", ed()), nil)
	for range 20 {
		f.want(t, signed(t, "EdDSA", "ghost", ed()), unknownKey)
	}
	p.wantAsked(t, 2)
	f.Advance(30 * time.Second)
	f.want(t, signed(t, "EdDSA", "ghost", ed()), unknownKey)
	p.wantAsked(t, 2)
	f.Advance(31 * time.Second) // the issuer may know it by now
	f.want(t, signed(t, "EdDSA", "ghost", ed()), unknownKey)
	p.wantAsked(t, 3)
}

func TestFloodOfUnknownKeys(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "a", ed()))
	f := newFederation(t, p)
	f.want(t, signed(t, "EdDSA", "a", ed()), nil)
	flood := func(name string) {
		for i := range 300 {
			f.want(t, signed(t, "EdDSA", fmt.Sprint(name, i), ed()), unknownKey)
		}
	}
	flood("first")
	p.wantAsked(t, 1+3)
	f.want(t, signed(t, "EdDSA", "a", ed()), nil)

	p.publish(jwks(t, "rotated", p256()))
	f.Advance(10 * time.Second)
	flood("second")
	p.wantAsked(t, 1+3+1)
	f.want(t, signed(t, "ES256", "rotated", p256()), nil)
}

func TestProviderDownLeavesKnownKeysWorking(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "a", ed()))
	f := newFederation(t, p)
	known := signed(t, "EdDSA", "a", ed())
	f.want(t, known, nil)
	p.fail()
	for range 3 {
		f.Advance(10 * time.Minute)
		f.want(t, known, nil)
		f.want(t, signed(t, "EdDSA", "ghost", ed()), tenancy.ErrUnavailable)
	}
	p.wantAsked(t, 4)
	if got := f.failures.Load(); got != 3 {
		t.Errorf("failed fetches told of: got %d, want 3", got)
	}
	p.publish(jwks(t, "b", p256()))
	f.Advance(10 * time.Second)
	f.want(t, signed(t, "ES256", "b", p256()), nil)
	f.want(t, known, unknownKey)
}

func TestProviderDownAtFirstNeed(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "")
	f := newFederation(t, p)
	p.fail()
	raw := signed(t, "EdDSA", "a", ed())
	for range 5 {
		f.want(t, raw, tenancy.ErrUnavailable)
	}
	p.wantAsked(t, 1)
	p.publish(jwks(t, "a", ed()))
	f.Advance(10 * time.Second)
	f.want(t, raw, nil)
	p.wantAsked(t, 2)
}

// The requests that need the set at once cause one fetch, and one that gives up
// fails none of the others.
func TestFetchesAreShared(t *testing.T) {
	t.Parallel()
	const requests = 20
	arrived, release := make(chan struct{}), make(chan struct{})
	p := newProvider(t, "")
	document := jwks(t, "a", ed())
	p.respond(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		fmt.Fprint(w, document)
	})
	f := newFederation(t, p)
	raw := signed(t, "EdDSA", "a", ed())
	var group sync.WaitGroup
	gone, leave := context.WithCancel(t.Context())
	leave()
	group.Go(func() {
		if _, err := f.Verify(gone, raw); err != nil {
			t.Errorf("Verify, first: %v", err)
		}
	})
	<-arrived
	if _, err := f.Verify(gone, raw); !errors.Is(err, tenancy.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("Verify, given up: got %v, want ErrUnavailable and Canceled", err)
	}
	for range requests {
		group.Go(func() {
			if _, err := f.Verify(t.Context(), raw); err != nil {
				t.Errorf("Verify: %v", err)
			}
		})
	}
	close(release)
	group.Wait()
	p.wantAsked(t, 1)
}

// during returns a verifier that trusts one provider, and sets what happens in
// the middle of its next verification: Verify reads the clock first, and again
// when it has looked for the key.
func during(t *testing.T, p *provider) (v *token.Verifier, then func(func())) {
	t.Helper()
	c, now, calls, happens := base(), newClock(), 0, func() {}
	c.Now = func() time.Time {
		if calls++; calls == 2 {
			happens()
		}
		return now.Now()
	}
	c.Trust = []token.TrustedIssuer{{Issuer: idp, JWKSURL: p.URL, Audience: []string{"calls"}}}
	return newVerifier(t, c), func(f func()) { calls, happens = 0, f }
}

// A request that looks just before a fetch ends, and acts just after, must see
// what it brought, and not ask again.
func TestFetchEndsMeanwhile(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "a", ed()))
	v, then := during(t, p)
	then(func() {
		if _, err := v.Verify(t.Context(), sign(t, "EdDSA", ed(), `{"alg":"EdDSA","kid":"a"}`, idpClaims)); err != nil {
			t.Errorf("Verify, meanwhile: %v", err)
		}
	})
	if _, err := v.Verify(t.Context(), signed(t, "EdDSA", "a", ed())); err != nil {
		t.Errorf("Verify: %v", err)
	}
	p.wantAsked(t, 1)
}

// While the set is being refreshed, known keys work without waiting.
func TestRefreshHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	document := jwks(t, "a", ed())
	p := newProvider(t, document)
	f := newFederation(t, p)
	raw := signed(t, "EdDSA", "a", ed())
	f.want(t, raw, nil)
	arrived, release := make(chan struct{}), make(chan struct{})
	p.respond(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		fmt.Fprint(w, document)
	})
	f.Advance(10 * time.Minute)
	var group sync.WaitGroup
	group.Go(func() { f.want(t, raw, nil) })
	<-arrived
	waiting := watch(t.Context())
	if _, err := f.Verify(waiting, raw); err != nil {
		t.Errorf("Verify: %v", err)
	}
	select {
	case <-waiting.asked:
		t.Error("Verify: waited for the refresh")
	default:
	}
	close(release)
	group.Wait()
}

// A token whose verification found its key before the key was withdrawn, and
// ends after, is not remembered as good.
func TestKeyChangeDuringVerification(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jwks(t, "old", ed()))
	v, then := during(t, p)
	if _, err := v.Verify(t.Context(), sign(t, "EdDSA", ed(), `{"alg":"EdDSA","kid":"old"}`, idpClaims)); err != nil {
		t.Fatalf("Verify, to fetch the set: %v", err)
	}
	then(func() {
		p.publish(jwks(t, "new", p256()))
		if _, err := v.Verify(t.Context(), signed(t, "ES256", "new", p256())); err != nil {
			t.Errorf("Verify, meanwhile: %v", err)
		}
	})
	old := signed(t, "EdDSA", "old", ed())
	if _, err := v.Verify(t.Context(), old); err != nil {
		t.Fatalf("Verify, as the key is withdrawn: %v", err)
	}
	if _, err := v.Verify(t.Context(), old); !errors.Is(err, unknownKey) {
		t.Errorf("Verify, after: got %v, want %v", err, unknownKey)
	}
}

// A fetch that began before a rotation must not be the last word on a token
// that came after it.
func TestJoinedFetchMayBeTooOld(t *testing.T) {
	t.Parallel()
	before, after := jwks(t, "old", ed()), jwks(t, "new", p256())
	p := newProvider(t, before)
	f := newFederation(t, p)
	f.want(t, signed(t, "EdDSA", "old", ed()), nil)
	arrived, release := make(chan struct{}), make(chan struct{})
	p.respond(func(w http.ResponseWriter, _ *http.Request) {
		p.publish(after)
		close(arrived)
		<-release
		fmt.Fprint(w, before)
	})
	var group sync.WaitGroup
	group.Go(func() { f.want(t, signed(t, "EdDSA", "ghost", ed()), unknownKey) })
	<-arrived
	waiting, raw := watch(t.Context()), signed(t, "ES256", "new", p256())
	group.Go(func() {
		if _, err := f.Verify(waiting, raw); err != nil {
			t.Errorf("Verify: %v", err)
		}
	})
	<-waiting.asked
	close(release)
	group.Wait()
	p.wantAsked(t, 3)
}

// watched is a context that tells when somebody waits for its end.
type watched struct {
	context.Context
	once  *sync.Once
	asked chan struct{}
}

func watch(ctx context.Context) watched {
	return watched{ctx, new(sync.Once), make(chan struct{})}
}

func (w watched) Done() <-chan struct{} {
	w.once.Do(func() { close(w.asked) })
	return w.Context.Done()
}
