package history_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/history"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// recorder writes a history down.
type recorder struct {
	began time.Time
	mu    sync.Mutex
	h     history.History
}

func newRecorder() *recorder { return &recorder{began: time.Now()} }

// ask sends a request to a replica: it is served to active members.
func (r *recorder) ask(ctx context.Context, replica int, layer tenancy.Memberships, key tenancy.Key) (served bool, err error) {
	start := time.Since(r.began)
	m, err := layer.Membership(ctx, key)
	served = err == nil && m.Role != tenancy.RoleNone && m.Status == tenancy.StatusActive
	request := history.Request{Start: start, End: time.Since(r.began), Replica: replica, Key: key, Served: served}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.h.Requests = append(r.h.Requests, request)
	return served, err
}

// unanswered is when a write is answered that has not been yet.
const unanswered = time.Duration(1 << 62)

// write has a replica, or SQL, take or give access. It is in the history from its
// start: what gives access may hold before it is answered.
func (r *recorder) write(replica int, key tenancy.Key, gives bool, do func()) {
	w := history.Write{Start: time.Since(r.began), Answered: unanswered, Replica: replica, Key: key, Gives: gives}
	r.mu.Lock()
	r.h.Writes = append(r.h.Writes, w)
	r.mu.Unlock()
	do()
	answered := time.Since(r.began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.h.Writes[slices.Index(r.h.Writes, w)].Answered = answered
}

// during has a fault last for as long as do takes.
func (r *recorder) during(f fault, do func()) {
	f.begin()
	start := time.Since(r.began)
	do()
	end := time.Since(r.began)
	f.end()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, number := range f.deaf {
		r.h.Outages = append(r.h.Outages, history.Outage{Start: start, End: end, Replica: number})
	}
}

// take returns what was recorded since the last call, with the writes of the last
// minute: what a request may be judged by is younger.
func (r *recorder) take() history.History {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.h
	r.h.Requests, r.h.Outages, h.Writes = nil, nil, slices.Clone(h.Writes)
	since := time.Since(r.began) - time.Minute
	r.h.Writes = slices.DeleteFunc(r.h.Writes, func(w history.Write) bool { return w.Answered < since })
	return h
}

// wantBroken checks what was recorded: the sound variant breaks nothing, the
// broken one that rule and no other.
func (r *recorder) wantBroken(t *testing.T, broken bool, rule string) {
	t.Helper()
	violations := history.Check(r.take(), history.Promise{})
	for _, v := range violations {
		if !broken || v.Rule != rule {
			t.Errorf("broken: %v", v)
		}
	}
	if broken && len(violations) == 0 {
		t.Errorf("the checker sees nothing wrong, want %s", rule)
	}
}

// layer is one that caches.
type layer interface {
	tenancy.Memberships
	tenancy.Invalidator
}

// database is the truth: everybody is a member until they are removed. A read can
// be held between its snapshot and its answer.
type database struct {
	mu      sync.Mutex
	removed map[tenancy.Key]bool
	hold    chan struct{} // the next read waits for it
	read    chan struct{} // closed when that read has its snapshot
}

func newDatabase() *database { return &database{removed: make(map[tenancy.Key]bool)} }

// holdNext holds the next read: read is closed when it has taken its snapshot, and
// it goes on when release is closed.
func (d *database) holdNext() (read, release chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hold, d.read = make(chan struct{}), make(chan struct{})
	return d.read, d.hold
}

func (d *database) Membership(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
	d.mu.Lock()
	m := tenancy.Membership{Key: key, UserStatus: tenancy.StatusActive, TenantStatus: tenancy.StatusActive}
	if !d.removed[key] {
		m.Role, m.Status, m.TenantSlug, m.Email, m.Version = tenancy.RoleMember, tenancy.StatusActive, "acme", "ann@acme.test", 1
	}
	hold, read := d.hold, d.read
	d.hold, d.read = nil, nil
	d.mu.Unlock()
	if hold != nil {
		close(read)
		<-hold
	}
	return m, nil
}

func (d *database) remove(key tenancy.Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.removed[key] = true
}

// slot is a map with a lock: what a broken cache keeps.
type slot struct {
	mu   sync.Mutex
	kept map[tenancy.Key]tenancy.Membership
}

func (s *slot) get(key tenancy.Key) (m tenancy.Membership, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, found = s.kept[key]
	return m, found
}

func (s *slot) set(key tenancy.Key, m tenancy.Membership) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = make(map[tenancy.Key]tenancy.Membership)
	}
	s.kept[key] = m
}

func (s *slot) drop(key tenancy.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, key)
}
