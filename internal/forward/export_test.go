package forward

import (
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// SignWith makes the forwarder sign by a function of the test's.
func (f *Forwarder) SignWith(sign func(tenancy.Membership, time.Time) (string, error)) { f.sign = sign }

// Kept returns how many memberships are kept prepared.
func (f *Forwarder) Kept() int {
	f.kept.CleanUp()
	return f.kept.EstimatedSize()
}
