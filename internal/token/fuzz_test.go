package token_test

import (
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// FuzzVerify signs any header and any claims as the holder of the secret would,
// and appends anything. Whatever is accepted must be a token that another
// library accepts too, of one of our users, spelled in the one way.
func FuzzVerify(f *testing.F) {
	v := newVerifier(f, trusting(f, ed()))
	f.Fuzz(func(t *testing.T, header, payload, tail string) {
		raw := hs256(t, header, payload) + tail
		subject, err := v.Verify(t.Context(), raw)
		if err != nil {
			if !errors.Is(err, token.ErrInvalid) && !errors.Is(err, token.ErrExpired) {
				t.Fatalf("Verify: got %v, which is neither ErrInvalid nor ErrExpired", err)
			}
			if subject != (tenancy.Subject{}) {
				t.Fatalf("Verify: got a subject beside the error %v", err)
			}
			return
		}
		if tail != "" {
			t.Fatalf("Verify: accepted with %q appended", tail)
		}
		if subject.User.IsZero() || subject.Identity != (tenancy.Identity{}) {
			t.Fatalf("Verify: got %+v, want a user of ours", subject)
		}
		if _, err := jwt.Parse(raw, func(*jwt.Token) (any, error) { return []byte(secret), nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithStrictDecoding(),
			jwt.WithLeeway(31*time.Second), jwt.WithTimeFunc(func() time.Time { return at(0) })); err != nil {
			t.Fatalf("Verify: accepted what another library refuses: %v", err)
		}
	})
}
