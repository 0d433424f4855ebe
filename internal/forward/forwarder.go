package forward

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// The headers that the upstream believes.
const (
	tenantID = iota
	tenantSlug
	tenantRole
	userID
	userEmail
	signedAssertion
	requestID
	headerCount
)

var names = [headerCount]string{
	tenantID:        "X-Tenant-Id",
	tenantSlug:      "X-Tenant-Slug",
	tenantRole:      "X-Tenant-Role",
	userID:          "X-User-Id",
	userEmail:       "X-User-Email",
	signedAssertion: "X-Tenantgate-Assertion",
	requestID:       "X-Request-Id",
}

// values holds one value for each of the names; empty: unknown.
type values [headerCount]string

// replaceIn makes h hold exactly these values under our names. The slices h gets
// belong to v, hence to one request: handlers further down may append to them or
// change them in place, as Caddy's header replacements do.
func (v *values) replaceIn(h http.Header) {
	for i, name := range names {
		if v[i] == "" {
			delete(h, name)
		} else {
			h[name] = v[i : i+1 : i+1]
		}
	}
}

// Forwarder writes the trusted headers. What is the same for all requests of a
// membership is prepared once and kept. It is safe for concurrent use.
type Forwarder struct {
	sign    signFunc
	now     func() time.Time
	entries int
	kept    *otter.Cache[tenancy.Key, *prepared]
}

// New returns a forwarder that keeps up to entries memberships prepared (about
// 1 KiB each), the most used ones. A nil signer turns assertions off. now is the
// wall clock.
func New(signer *Signer, entries int, now func() time.Time) (*Forwarder, error) {
	if entries < 1 {
		return nil, fmt.Errorf("keeping %d prepared memberships: want one or more", entries)
	}
	kept, err := otter.New(&otter.Options[tenancy.Key, *prepared]{MaximumSize: entries})
	if err != nil {
		return nil, fmt.Errorf("making the cache of prepared headers: %w", err)
	}
	f := &Forwarder{now: now, entries: entries, kept: kept}
	if signer != nil {
		f.sign = signer.Sign
	}
	return f, nil
}

// Apply replaces every trusted header of a request by what the membership says;
// an unknown value is an absent header. It makes s the stamp for the answer.
//
// Where the membership is incomplete or no assertion can be signed, it returns
// an error, the request carries no trusted header but the request id, and must
// not be forwarded.
func (f *Forwarder) Apply(h http.Header, m tenancy.Membership, id string, s *Stamp) error {
	if err := f.tell(m, &s.told); err != nil {
		Clear(h, id, s)
		return fmt.Errorf("preparing the trusted headers: %w", err)
	}
	s.told[requestID] = printable(id)
	s.told.replaceIn(h)
	s.tenant, s.request = s.told[tenantID], s.told[requestID]
	return nil
}

// Clear takes every trusted header off a request that goes to a public path,
// and sets the request id alone. It makes s the stamp for the answer.
func Clear(h http.Header, id string, s *Stamp) {
	s.told = values{requestID: printable(id)}
	s.told.replaceIn(h)
	s.tenant, s.request = "", s.told[requestID]
}

// tell fills in all but the request id. What is kept counts only for the very same
// membership, so that no header outlives what it was made of, whatever a store does
// with versions.
func (f *Forwarder) tell(m tenancy.Membership, v *values) (err error) {
	p, found := f.kept.GetIfPresent(m.Key)
	if !found || p.membership != m {
		if !complete(m) {
			return errIncomplete
		}
		if !found && !f.worthKeeping() {
			*v = headersOf(m)
			return nil
		}
		p = f.prepare(m)
	}
	*v = p.headers
	if f.sign != nil {
		v[signedAssertion], err = p.assertionAt(f.now())
	}
	return err
}

// worthKeeping reports whether to keep one that is not kept. Without a signature
// it is made anew for less than it costs to keep it. Where more are in use than
// there is room for, nearly all of them will have been driven out before they are
// asked for again; one in eight finds those that will not.
func (f *Forwarder) worthKeeping() bool {
	return f.sign != nil || f.kept.EstimatedSize() < f.entries || rand.Uint32()%8 == 0
}

// prepare makes and keeps what is forwarded of a complete membership. Of those
// that miss at once one makes it, so that one signs.
func (f *Forwarder) prepare(m tenancy.Membership) *prepared {
	p, _ := f.kept.Compute(m.Key, func(p *prepared, found bool) (*prepared, otter.ComputeOp) {
		if found && p.membership == m {
			return p, otter.CancelOp
		}
		return &prepared{membership: m, headers: headersOf(m), sign: f.sign}, otter.WriteOp
	})
	return p
}

// printable returns s where it is visible ASCII (RFC 9110, section 5.5), and
// nothing where a byte in it could break a header apart.
func printable(s string) string {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return ""
		}
	}
	return s
}
