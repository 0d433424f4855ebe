package tenancy

import "errors"

// Once is the right to carry out a request that came with an Idempotency-Key. The
// zero Once is that of a request that came without.
type Once struct {
	// Key is a hash over the caller, the route with its tenant, and what the
	// client sent.
	Key [32]byte
	// Attempt tells the request that holds the right from one that held it before.
	Attempt [16]byte
}

// IsZero reports whether the request came without a key.
func (o Once) IsZero() bool { return o == Once{} }

// Outcome is the answer to a request that was carried out, as it is kept for
// those who send it again.
type Outcome struct {
	Status   int
	Tenant   TenantID // whose data Body holds; zero: no one tenant's
	Version  int64    // 0: none
	Location string
	Kind     string // media type of Body
	Body     []byte
}

// MaxOutcome is how many bytes of a Body are kept. The outcome of one that has
// more is known to be there, but not what it was.
const MaxOutcome = 16 << 10

// What stands in the way of a request that came with an Idempotency-Key.
var (
	// ErrInProgress: the first request with the key is still under way.
	ErrInProgress = errors.New("a request with this key is under way")
	// ErrKeyReused: the key came with another body before.
	ErrKeyReused = errors.New("the key was used for another request")
	// ErrOutcomeLost: it was carried out, and the answer is not known any more.
	ErrOutcomeLost = errors.New("the outcome is no longer known")
	// ErrTooManyKeys: the caller has as many keys as are kept.
	ErrTooManyKeys = errors.New("too many keys")
)
