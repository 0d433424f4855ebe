package manage_test

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// slowLog is a store that writes refusals when it is let.
type slowLog struct {
	manage.Store
	let     chan error // one for each write
	written chan string
}

func (s *slowLog) AuditRefusal(ctx context.Context, _ tenancy.Caller, _ tenancy.TenantID, detail map[string]string) error {
	if err := <-s.let; err != nil {
		return err
	}
	s.written <- detail["route"] + " " + detail["not_logged_before"]
	return nil
}

// refusing returns a service's Refused for one person, its clock, and how many it
// has lost.
func refusing(t *testing.T, store manage.Store) (refuse func(route string), seconds, lost *atomic.Int64) {
	t.Helper()
	s, _ := newService(t, store)
	seconds, lost = new(atomic.Int64), new(atomic.Int64)
	s.Now = func() time.Time { return time.Unix(seconds.Load(), 0) }
	s.RefusalLost = func() { lost.Add(1) }
	return func(route string) {
		s.Refused(t.Context(), tenancy.Caller{User: tenancy.UserID{1}}, tenancy.TenantID{2}, map[string]string{"route": route})
	}, seconds, lost
}

// A flood of refusals waits for nothing, is bounded, and what is not written is
// counted and told of by the next that is.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	store := &slowLog{let: make(chan error), written: make(chan string, 1000)}
	refuse, seconds, lost := refusing(t, store)
	route := ""
	for i := range 500 { // other rules: each is due but for those that share a slot, and nothing is written yet
		before := lost.Load()
		if refuse(strconv.Itoa(i)); lost.Load() > before {
			route = strconv.Itoa(i)
		}
	}
	if lost.Load() < 200 {
		t.Fatalf("%d of 500 refusals were lost, want all but the 64 of the queue", lost.Load())
	}
	for range 64 {
		store.let <- nil
		if told := <-store.written; !strings.HasSuffix(told, " ") {
			t.Errorf("told %q of the first of their kind", told)
		}
	}
	deadline := time.After(10 * time.Second)
	for told := ""; told == ""; {
		seconds.Add(2)
		refuse(route) // until the queue has given its places back
		select {
		case store.let <- nil:
			told = <-store.written
		case <-deadline:
			t.Fatal("nothing is written once there is room")
		default:
		}
		if told != "" && (!strings.HasPrefix(told, route+" ") || strings.HasSuffix(told, " ")) {
			t.Errorf("told %q, want %s and how many were lost", told, route)
		}
	}

}

// A refusal that Postgres did not take is told of by the next.
func TestRefusalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	store := &slowLog{let: make(chan error), written: make(chan string, 1)}
	refuse, seconds, lost := refusing(t, store)
	refuse("away")
	store.let <- tenancy.ErrUnavailable
	deadline := time.After(10 * time.Second)
	for lost.Load() == 0 { // until the failure is noted
		select {
		case <-deadline:
			t.Fatal("a refusal that could not be written is not counted")
		case <-time.After(time.Millisecond):
		}
	}
	seconds.Add(2)
	refuse("away")
	store.let <- nil
	if told := <-store.written; told != "away 1" {
		t.Errorf("told %q, want that one before it was not written", told)
	}
}
