package token_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/token"
)

func TestVerifyRemembers(t *testing.T) {
	v := newVerifier(t, trusting(t, ed()))
	ours, theirs := hs256(t, accessHeader, accessClaims), sign(t, "EdDSA", ed(), `{"alg":"EdDSA"}`, idpClaims)
	long := hs256(t, accessHeader, claim("x", `"`+strings.Repeat("a", 2000)+`"`))
	longer := hs256(t, accessHeader, claim("x", `"`+strings.Repeat("a", 2001)+`"`))
	for _, raw := range []string{ours, theirs, long, longer} {
		if _, err := v.Verify(t.Context(), raw); err != nil {
			t.Fatalf("Verify: %v", err)
		}
	}
	if got := v.CacheLen(); got != 4 {
		t.Errorf("tokens remembered: got %d, want 4", got)
	}
	for _, raw := range []string{ours, long} {
		allocations := testing.AllocsPerRun(100, func() {
			if _, err := v.Verify(t.Context(), raw); err != nil {
				t.Errorf("Verify: %v", err)
			}
		})
		if allocations != 0 { // verifying afresh takes dozens
			t.Errorf("allocations of a hit on %d bytes: got %v, want none", len(raw), allocations)
		}
	}
}

func TestVerifyChecksTimesOfRememberedTokens(t *testing.T) {
	t.Parallel()
	now := newClock()
	c := base()
	c.Now = now.Now
	v := newVerifier(t, c)
	raw := hs256(t, accessHeader, claim("nbf", "1700000000"))
	for _, step := range []struct {
		move time.Duration
		want error
	}{
		{0, nil},
		{929 * time.Second, nil}, // exp is at 900, the leeway 30
		{time.Second, token.ErrExpired},
		{-930*time.Second - 30*time.Second, nil},
		{-time.Second, token.Refusal("not valid yet")},
		{31 * time.Second, nil},
	} {
		now.Advance(step.move)
		_, err := v.Verify(t.Context(), raw)
		expect(t, err, step.want)
	}
}

func TestVerifyRemembersNothingItRefused(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, base())
	for i := range 100 {
		_, err := v.Verify(t.Context(), sign(t, "HS256", []byte("wrong"), accessHeader, claim("x", fmt.Sprint(i))))
		expect(t, err, token.Refusal("signature does not match"))
	}
	if got := v.CacheLen(); got != 0 {
		t.Errorf("tokens remembered: got %d, want none", got)
	}
}

func TestVerifyRemembersNoMoreThanConfigured(t *testing.T) {
	t.Parallel()
	c := base()
	c.CacheSize = 10
	v := newVerifier(t, c)
	for i := range 500 {
		if _, err := v.Verify(t.Context(), hs256(t, accessHeader, claim("x", fmt.Sprint(i)))); err != nil {
			t.Fatalf("Verify: %v", err)
		}
	}
	if got := v.CacheLen(); got > 10 {
		t.Errorf("tokens remembered: got %d, want 10 at most", got)
	}
}

func TestPurgeForgets(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, base())
	raw := hs256(t, accessHeader, accessClaims)
	for range 2 {
		if _, err := v.Verify(t.Context(), raw); err != nil {
			t.Fatalf("Verify: %v", err)
		}
		if got := v.CacheLen(); got != 1 {
			t.Errorf("tokens remembered: got %d, want 1", got)
		}
		v.Purge()
		if got := v.CacheLen(); got != 0 {
			t.Errorf("tokens remembered after the purge: got %d, want none", got)
		}
	}
}
