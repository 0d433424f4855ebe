package forward

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Ages of an assertion, in seconds. From renewAfter on it is signed anew: a slow
// upstream has the other half of the lifetime to verify it in. Until usableFor
// it may still be sent while another request is signing.
const (
	renewAfter = int64(assertionLifetime/time.Second) / 2
	usableFor  = renewAfter + renewAfter/2
)

// signFunc is Signer.Sign, or nil where assertions are off.
type signFunc func(tenancy.Membership, time.Time) (string, error)

// prepared is what a membership is forwarded as, made once and used by many
// requests at a time.
type prepared struct {
	membership tenancy.Membership
	headers    values // all but the assertion and the request id
	sign       signFunc

	latest  atomic.Pointer[assertion]
	signing sync.Mutex
}

// assertion is a signed one. Its times are Unix seconds and not monotonic ones:
// verifiers go by the wall clock, which moves on while a machine is suspended.
type assertion struct {
	token  string
	issued int64
}

// headersOf writes the headers of a complete membership, all but the assertion and
// the request id. What does not have the form of a slug or an address is left out:
// it may have been written to the database by others, and must not break a header
// apart.
func headersOf(m tenancy.Membership) (v values) {
	var b [2 * 36]byte
	ids := string(m.User.AppendTo(m.Tenant.AppendTo(b[:0]))) // one allocation for both
	v[tenantID], v[userID] = ids[:36], ids[36:]
	v[tenantRole] = m.Role.String()
	if slug, err := tenancy.ParseSlug(m.TenantSlug); err == nil {
		v[tenantSlug] = slug
	}
	if email, err := tenancy.ParseEmail(string(m.Email)); err == nil {
		v[userEmail] = string(email)
	}
	return v
}

// assertionAt returns an assertion to send now, signing one where the latest is
// half way through. Of the requests that find it so, one signs; the others take
// the latest as long as it is good, and wait where there is none.
func (p *prepared) assertionAt(now time.Time) (string, error) {
	seconds := now.Unix()
	latest := p.latest.Load()
	if latest.youngerThan(renewAfter, seconds) {
		return latest.token, nil
	}
	if !p.signing.TryLock() {
		if latest.youngerThan(usableFor, seconds) {
			return latest.token, nil
		}
		p.signing.Lock()
	}
	defer p.signing.Unlock()
	if latest = p.latest.Load(); latest.youngerThan(renewAfter, seconds) {
		return latest.token, nil
	}
	token, err := p.sign(p.membership, now)
	if err != nil {
		return "", err
	}
	p.latest.Store(&assertion{token: token, issued: seconds})
	return token, nil
}

// youngerThan reports whether there is an assertion of less than that age. One
// from the future is not: the clock was set back, and verifiers would refuse it.
func (a *assertion) youngerThan(age, now int64) bool {
	return a != nil && a.issued <= now && now < a.issued+age
}
