package feed_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Transaction ids of another timeline, or another server, mean something else.
func TestAnotherHistoryForgetsEverything(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		origin string
		want   int
		since  string
	}{{"1/1/5", 0, "100:100:"}, {"1/2/5", 1, ""}} {
		t.Run(test.origin, func(t *testing.T) {
			t.Parallel()
			d := &database{origin: "1/1/5", reading: tenancy.Reading{Seen: upTo(t, 100)}}
			f, told := start(t, d, nil)
			d.set(func() {
				close(d.cut)
				d.cut, d.origin, d.since = make(chan struct{}), test.origin, nil
			})
			tenancytest.Eventually(t, 10*time.Second, "it hears again", func() bool { return f.Stats().Reconnects == 1 && f.Stats().Connected })
			if got := told.everything(); got != test.want {
				t.Errorf("told to forget everything: got %d times, want %d", got, test.want)
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.since[0] != test.since {
				t.Errorf("first read since %q, want %q", d.since[0], test.since)
			}
		})
	}
}

func TestWhatCannotBeReadForgetsEverything(t *testing.T) {
	t.Parallel()
	some := []tenancy.Change{{Key: tenancy.Key{User: tenancy.UserID{1}}}}
	for _, test := range []struct {
		name    string
		reading tenancy.Reading
		want    int
		base    uint64
	}{
		{"a change", tenancy.Reading{Seen: upTo(t, 200), Pruned: 100, Changes: some}, 0, 50},
		{"pruned", tenancy.Reading{Seen: upTo(t, 200), Pruned: 101, Changes: some}, 1, 200},
		{"too many", tenancy.Reading{Seen: upTo(t, 200), Pruned: 50, Changes: some, Truncated: true}, 1, 200},
		{"earlier than before", tenancy.Reading{Seen: upTo(t, 90), Pruned: 50}, 1, 90},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := &database{reading: tenancy.Reading{Seen: upTo(t, 100), Pruned: 50}}
			f, told := start(t, d, nil)
			d.set(func() { d.reading = test.reading })
			tenancytest.Eventually(t, 10*time.Second, "it is obeyed", func() bool { return f.Stats().Position == test.reading.Seen.Min })
			if got := told.everything(); got != test.want {
				t.Errorf("told to forget everything: got %d times, want %d", got, test.want)
			}
			if base, _ := f.Reach(); base != test.base {
				t.Errorf("base: got %d, want %d", base, test.base)
			}
		})
	}
}

func TestTheLeaseGoesByTheMonotonicClock(t *testing.T) {
	t.Parallel()
	for _, seconds := range []int64{0, 3600, -3600} {
		c := &clock{start: time.Now()}
		f, _ := start(t, &database{reading: tenancy.Reading{Seen: upTo(t, 100)}}, c.now)
		f.Close() // the lease ends with it
		if f.Stats().Current {
			t.Fatal("a feed that is closed is believed")
		}

		f, _ = start(t, &database{reading: tenancy.Reading{Seen: upTo(t, 100)}}, c.now)
		before := c.now()
		c.step.Store(seconds)
		if got := c.now().Unix() - before.Unix(); got != seconds {
			t.Fatalf("the wall clock moved by %d s, want %d", got, seconds)
		}
		if late := f.Lapsed(c.now()); late != 0 {
			t.Errorf("wall clock %+d s: lapsed for %v, want not at all", seconds, late)
		}
		if late := f.Lapsed(c.now().Add(lease - 1)); late != 0 {
			t.Errorf("wall clock %+d s, at the end of the lease: lapsed for %v, want not at all", seconds, late)
		}
		if late := f.Lapsed(c.now().Add(lease + time.Second)); late != time.Second {
			t.Errorf("wall clock %+d s, a second after the lease: lapsed for %v", seconds, late)
		}
	}
}

func TestWhoIsSilentForLongIsTakenOffTheList(t *testing.T) {
	t.Parallel()
	dead := [16]byte{15: 9}
	d := &database{
		reading:  tenancy.Reading{Seen: upTo(t, 100)},
		replicas: []tenancy.Replica{{ID: own, Lease: lease}, {ID: dead, Lease: lease, Beat: 7}},
	}
	c := &clock{start: time.Now(), running: true}
	f, _ := start(t, d, c.now)
	gone := func() int {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.gone)
	}
	for range 3 { // seen first, then silent for half a minute: not for long
		c.passed.Add(int64(31 * time.Second))
		announced := func() int { d.mu.Lock(); defer d.mu.Unlock(); return d.announced }
		before := announced()
		tenancytest.Eventually(t, 10*time.Second, "it has gone round", func() bool { return announced() > before && f.Stats().Current })
	}
	c.passed.Add(int64(61 * time.Second))
	tenancytest.Eventually(t, 10*time.Second, "the dead one is taken off", func() bool { return gone() > 0 })
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range d.gone {
		if id != dead {
			t.Errorf("taken off: %x, want %x alone", id, dead)
		}
	}
}
