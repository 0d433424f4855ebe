package devserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// Verifier checks the gateway's signed assertion. A backend that does not want
// to trust its network alone does the same: it believes the header only where
// the signature, the lifetime and the tenant agree.
type Verifier struct {
	// Keys fetches the gateway's JSON Web Key Set (RFC 7517), see [FetchKeys].
	Keys func(ctx context.Context) ([]byte, error)
	Now  func() time.Time

	mu      sync.Mutex
	set     keyfunc.Keyfunc
	fetched time.Time
}

// What the gateway writes into every assertion. The type keeps an access token,
// or whatever else the gateway may sign one day, from passing for one.
const (
	assertionType     = "tenantgate-assertion+jwt"
	assertionIssuer   = "tenantgate"
	assertionAudience = "tenantgate-upstream"
)

// refetch is how long an unknown key must wait for the next fetch, so that
// nobody can make the service hammer the gateway with invented key ids.
const refetch = 10 * time.Second

// assertionClaims are the claims that the gateway writes.
type assertionClaims struct {
	jwt.RegisteredClaims
	TenantID string `json:"tenant_id"`
	Role     string `json:"role"`
}

// Describe says what it found in a request: "absent", "valid: sub …, tenant …,
// role …" or "invalid: …".
func (v *Verifier) Describe(r *http.Request) string {
	values := r.Header["X-Tenantgate-Assertion"]
	if len(values) == 0 {
		return "absent"
	}
	claims, err := v.verify(r.Context(), values)
	if err != nil {
		return "invalid: " + err.Error()
	}
	if claims.TenantID != r.Header.Get("X-Tenant-Id") || claims.Subject != r.Header.Get("X-User-Id") || claims.Role != r.Header.Get("X-Tenant-Role") {
		return "invalid: it speaks of another tenant, user or role than the headers"
	}
	return fmt.Sprintf("valid: sub %s, tenant %s, role %s", claims.Subject, claims.TenantID, claims.Role)
}

func (v *Verifier) verify(ctx context.Context, values []string) (assertionClaims, error) {
	var claims assertionClaims
	if len(values) != 1 {
		return claims, errors.New("there is more than one")
	}
	token, err := jwt.ParseWithClaims(values[0], &claims,
		func(token *jwt.Token) (any, error) { return v.key(ctx, token) },
		jwt.WithValidMethods([]string{"EdDSA", "ES256", "RS256"}),
		jwt.WithIssuer(assertionIssuer), jwt.WithAudience(assertionAudience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(v.Now))
	if err == nil && token.Header["typ"] != assertionType {
		err = errors.New("its typ is not that of an assertion")
	}
	return claims, err
}

// key returns the key that a token names, and fetches the set anew where it is
// not in the one at hand: the gateway may have rotated.
func (v *Verifier) key(ctx context.Context, token *jwt.Token) (any, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.set != nil {
		key, err := v.set.KeyfuncCtx(ctx)(token)
		if err == nil || v.Now().Sub(v.fetched) < refetch {
			return key, err
		}
	}
	raw, err := v.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetching the gateway's keys: %w", err)
	}
	set, err := keyfunc.NewJWKSetJSON(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the gateway's keys: %w", err)
	}
	v.set, v.fetched = set, v.Now()
	return set.KeyfuncCtx(ctx)(token)
}

// FetchKeys returns a function for Verifier.Keys that reads a key set from a
// URL, within 2 seconds and 64 KiB.
func FetchKeys(url string) func(ctx context.Context) ([]byte, error) {
	client := &http.Client{Timeout: 2 * time.Second}
	return func(ctx context.Context) ([]byte, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("GET %s: %s", url, response.Status)
		}
		return io.ReadAll(io.LimitReader(response.Body, 64<<10))
	}
}
