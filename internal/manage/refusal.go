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
	refusalQueue   = 64              // that wait to be written
	refusalWriters = 2               // at a time
	refusalWithin  = 5 * time.Second // one write
	refusalRest    = time.Second     // after one that could not be written
)

// refusals remembers, in a fixed number of slots, when a refusal was last
// written down. Two that share a slot share its minute.
type refusals struct {
	seed            maphash.Seed
	queued, writers chan struct{}

	mu    sync.Mutex
	slots [refusalSlots]slot
}

type slot struct {
	next time.Time
	left int // refusals that were not written since
}

func newRefusals() *refusals {
	return &refusals{seed: maphash.MakeSeed(), queued: make(chan struct{}, refusalQueue), writers: make(chan struct{}, refusalWriters)}
}

func (r *refusals) slot(who tenancy.UserID, where tenancy.TenantID, what string) *slot {
	var h maphash.Hash
	h.SetSeed(r.seed)
	_, _ = h.Write(who[:])
	_, _ = h.Write(where[:])
	_, _ = h.WriteString(what)
	return &r.slots[h.Sum64()%refusalSlots]
}

// due reports whether a refusal is to be written, and how many like it were not
// since the last that was.
func (r *refusals) due(now time.Time, s *slot) (left int, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Before(s.next) {
		s.left++
		return 0, false
	}
	left = s.left
	s.next, s.left = now.Add(refusalEvery), 0
	return left, true
}

// lost takes back that a refusal was due: the next one like it is, before its
// minute is over, and counts this one among those that were not written.
func (r *refusals) lost(now time.Time, s *slot, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.next = now.Add(refusalRest)
	s.left += left + 1
}

// Refused writes down that the caller was refused something privileged: in a
// transaction of its own, for theirs is rolled back, and beside the answer, for
// how long it takes must not tell whether there is such a tenant. what names the
// route and why it was refused, and nothing that the caller made up. At most one
// a minute is written for the same person, tenant and route; the next says how
// many were not. What cannot be written, for Postgres is slow or away, is counted
// ([Service.RefusalLost]), and told by the next that can.
func (s *Service) Refused(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, what map[string]string) {
	slot := s.refusals.slot(caller.User, id, what["route"])
	left, due := s.refusals.due(s.Now(), slot)
	if !due {
		return
	}
	lost := func() {
		s.refusals.lost(s.Now(), slot, left)
		if s.RefusalLost != nil {
			s.RefusalLost()
		}
	}
	select {
	case s.refusals.queued <- struct{}{}:
	default: // Postgres is slow; it is not for this to make it slower
		lost()
		return
	}
	if left > 0 {
		what = maps.Clone(what)
		what["not_logged_before"] = strconv.Itoa(left)
	}
	go func() {
		defer func() { <-s.refusals.queued }()
		if !s.writeRefusal(context.WithoutCancel(ctx), caller, id, what) {
			lost()
		}
	}()
}

// writeRefusal waits for its turn, and reports whether the refusal is written.
func (s *Service) writeRefusal(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, what map[string]string) (written bool) {
	s.refusals.writers <- struct{}{}
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
		return false
	}
	return true
}
