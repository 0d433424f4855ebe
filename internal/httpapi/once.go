package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Ledger keeps what became of requests that came with an Idempotency-Key.
type Ledger interface {
	// Reserve gives the caller the right to carry the request out (nil), or says
	// what became of it. Errors: tenancy.ErrKeyReused, ErrInProgress,
	// ErrOutcomeLost, ErrTooManyKeys, ErrUnavailable.
	Reserve(ctx context.Context, caller tenancy.Caller, once tenancy.Once, fingerprint [32]byte) (*tenancy.Outcome, error)
	// Settle keeps the outcome of a request that was carried out.
	Settle(ctx context.Context, once tenancy.Once, outcome tenancy.Outcome) error
	// Release gives the right back where nothing was done.
	Release(ctx context.Context, once tenancy.Once) error
}

// settleWithin is for what the ledger is told after the work is done; the client
// may have gone by then.
const settleWithin = 5 * time.Second

// once makes a route obey Idempotency-Key (draft-ietf-httpapi-idempotency-key-header):
// with it the request is carried out once, and sent again it gets the same
// answer. Refusals are not kept: they have changed nothing, so the same request
// may do better later. Routes whose answers hold tokens are not to be made so,
// for tokens are never stored.
func once[Body any](h *Handler, act func(context.Context, call[Body]) (answer, error)) func(context.Context, call[Body]) (answer, error) {
	return func(ctx context.Context, c call[Body]) (answer, error) {
		key, err := idempotencyKey(c.r.Header)
		if err != nil || key == "" {
			if err != nil {
				return answer{}, err
			}
			return act(ctx, c)
		}
		body, err := json.Marshal(c.body, json.Deterministic(true))
		if err != nil {
			return answer{}, err
		}
		c.caller.Once = tenancy.Once{Key: onceKey(c.visit, key), Attempt: uuid.New()}
		outcome, err := h.Ledger.Reserve(ctx, c.caller, c.caller.Once, sha256.Sum256(body))
		if err != nil {
			return answer{}, err
		}
		if outcome != nil {
			return h.replay(ctx, c.visit, *outcome)
		}
		a, err := act(ctx, c)
		return h.settle(ctx, c.caller.Once, a, err)
	}
}

// idempotencyKey reads the header: a token of visible ASCII, in the quotes of a
// structured string (RFC 8941, section 3.3.3) or without, as many clients send it.
// The error is a *Problem; an absent header is no key.
func idempotencyKey(header http.Header) (string, error) {
	fields := header.Values("Idempotency-Key")
	if len(fields) == 0 {
		return "", nil
	}
	key := fields[0]
	if unquoted, ok := strings.CutPrefix(key, `"`); ok && strings.HasSuffix(unquoted, `"`) {
		key = strings.TrimSuffix(unquoted, `"`)
	}
	odd := func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }
	if len(fields) > 1 || len(key) < 1 || len(key) > 255 || strings.ContainsFunc(key, odd) {
		return "", &Problem{Code: BadRequest, Detail: "Idempotency-Key cannot be read: want one, of 1 to 255 visible ASCII characters."}
	}
	return key, nil
}

// onceKey is a hash over who asks, for what, and the key; each with its length, so
// that no two of them read alike.
func onceKey(v visit, key string) [32]byte {
	hash := sha256.New()
	for _, part := range []string{string(v.caller.User[:]), v.r.Method, v.r.URL.Path, key} {
		_ = binary.Write(hash, binary.BigEndian, uint64(len(part))) // a hash takes everything
		hash.Write([]byte(part))
	}
	return [32]byte(hash.Sum(nil))
}

// settle tells the ledger what came of the request, and returns it.
func (h *Handler) settle(ctx context.Context, o tenancy.Once, a answer, err error) (answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	if err != nil {
		h.note(ctx, h.Ledger.Release(ctx, o))
		return answer{}, err
	}
	if a.body != nil {
		if a.raw, err = json.Marshal(a.body, json.Deterministic(true)); err != nil {
			return answer{}, err
		}
		a.body = nil
	}
	h.note(ctx, h.Ledger.Settle(ctx, o, tenancy.Outcome{
		Status: a.status, Tenant: a.tenant, Version: a.version, Location: a.location, Kind: a.kind, Body: a.raw,
	}))
	return a, nil
}

// note logs that the ledger could not be told. The answer stands all the same:
// what was carried out was marked so when it was.
func (h *Handler) note(ctx context.Context, err error) {
	if err != nil {
		h.Log.WarnContext(ctx, "keeping the outcome of an idempotency key", "request_id", RequestID(ctx), "error", err)
	}
}

// maySee reports whether the caller is a member of the tenant still, or a platform
// admin. Of a tenant that has been suspended, its members may see what they were
// told before.
func (h *Handler) maySee(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) error {
	_, err := h.Service.Tenant(ctx, caller, id)
	switch {
	case err == nil, errors.Is(err, tenancy.ErrTenantSuspended):
		return nil
	case !errors.Is(err, tenancy.ErrNotMember):
		return err
	}
	user, profileErr := h.Service.Profile(ctx, caller)
	if profileErr == nil && user.Role == tenancy.PlatformAdmin {
		return nil
	}
	return errors.Join(err, profileErr)
}

// replay answers with an outcome. What holds a tenant's data is for those who may
// see the tenant now: a member who has been removed since is told nothing.
func (h *Handler) replay(ctx context.Context, v visit, o tenancy.Outcome) (answer, error) {
	if !o.Tenant.IsZero() && len(o.Body) > 0 {
		if err := h.maySee(ctx, v.caller, o.Tenant); err != nil {
			return answer{}, err
		}
	}
	return answer{
		status: o.Status, tenant: o.Tenant, version: o.Version, location: o.Location, kind: o.Kind, raw: o.Body, replayed: true,
	}, nil
}
