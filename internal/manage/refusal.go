package manage

import (
	"context"
	"hash/maphash"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What bounds the log of refusals: whoever is refused can ask again as often as
// they like, and must be able to fill neither the log nor the connections.
const (
	refusalSlots   = 1024            // entries an interval, of all people together
	refusalEvery   = time.Minute     // the same person, tenant and route
	refusalWriters = 2               // at a time
	refusalWithin  = 5 * time.Second // one write
)

// refusals remembers, in a fixed number of slots, when a refusal was last
// written down. Two that share a slot share its minute.
type refusals struct {
	seed    maphash.Seed
	writers chan struct{}

	mu    sync.Mutex
	slots [refusalSlots]struct {
		next time.Time
		left int // refusals that were not written since
	}
}

func newRefusals() *refusals {
	return &refusals{seed: maphash.MakeSeed(), writers: make(chan struct{}, refusalWriters)}
}

// due reports whether a refusal is to be written, and how many like it were not
// since the last that was.
func (r *refusals) due(now time.Time, who tenancy.UserID, where tenancy.TenantID, what string) (left int, due bool) {
	var h maphash.Hash
	h.SetSeed(r.seed)
	_, _ = h.Write(who[:])
	_, _ = h.Write(where[:])
	_, _ = h.WriteString(what)
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := &r.slots[h.Sum64()%refusalSlots]
	if now.Before(slot.next) {
		slot.left++
		return 0, false
	}
	left = slot.left
	slot.next, slot.left = now.Add(refusalEvery), 0
	return left, true
}

// Refused writes down that the caller was refused something privileged: in a
// transaction of its own, for theirs is rolled back, and beside the answer, for
// how long it takes must not tell whether there is such a tenant. what names the
// route and why it was refused, and nothing that the caller made up. At most one
// a minute is written for the same person, tenant and route; the next says how
// many were not.
func (s *Service) Refused(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, what map[string]string) {
	left, due := s.refusals.due(s.Now(), caller.User, id, what["route"])
	if !due {
		return
	}
	select {
	case s.refusals.writers <- struct{}{}:
	default: // Postgres is slow; it is not for this to make it slower
		s.Log.WarnContext(ctx, "a refusal is not in the audit log: too many at once")
		return
	}
	if left > 0 {
		what = maps.Clone(what)
		what["not_logged_before"] = strconv.Itoa(left)
	}
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer func() {
			<-s.refusals.writers
			if fault := recover(); fault != nil { // nobody above would catch it
				s.Log.ErrorContext(ctx, "panic while logging a refusal", "panic", fault)
			}
		}()
		ctx, cancel := context.WithTimeout(ctx, refusalWithin)
		defer cancel()
		if err := s.Store.AuditRefusal(ctx, caller, id, what); err != nil {
			s.Log.WarnContext(ctx, "a refusal is not in the audit log", "error", err)
		}
	}()
}
