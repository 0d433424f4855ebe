package caddymodule

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// deaf is a replica that hears, or does not.
type deaf struct{ atomic.Bool }

func (d *deaf) Lapsed(time.Time) time.Duration {
	if d.Load() {
		return 1
	}
	return 0
}

func (*deaf) Reach() (base, seen uint64) { return 0, 0 }

func TestStreamsAreDoubtedWhileNothingIsHeard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testDoubts)
}

func testDoubts(t *testing.T) {
	var d deaf
	doubts := make(chan time.Time, 100)
	d.Store(true)
	w := startWatcher(&d, func() { doubts <- time.Now() })
	defer w.stop()
	first, second := <-doubts, <-doubts
	if again := second.Sub(first); again < doubtEvery-watchEvery {
		t.Errorf("doubted again after %v, want %v", again, doubtEvery)
	}
	d.Store(false)
	w.stop()
	for len(doubts) > 0 {
		<-doubts
	}
	w = startWatcher(&d, func() { doubts <- time.Now() })
	select {
	case <-doubts:
		t.Error("doubted although changes are heard")
	case <-time.After(3 * watchEvery):
	}
	began := time.Now()
	d.Store(true)
	<-doubts
	if took := time.Since(began); took > doubtEvery {
		t.Errorf("doubted %v after the lease had run out, want about %v", took, watchEvery)
	}
	w.stop()
}
