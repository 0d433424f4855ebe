package lifetime_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tenantgate/tenantgate/internal/lifetime"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// lasting returns a lifetime, and what ends the server's context.
func lasting(t *testing.T) (*lifetime.Lifetime, context.CancelFunc) {
	server, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return &lifetime.Lifetime{Context: server}, cancel
}

// waits fails the test where the channel is not closed soon.
func waits(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s has not ended", what)
	}
}

// flag returns something to do, and the channel that tells that it was done.
func flag() (do func(), done <-chan struct{}) {
	c := make(chan struct{})
	return func() { close(c) }, c // a second time would panic
}

func TestLifetimeEndsWithTheServersAndByItself(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*lifetime.Lifetime, context.CancelFunc){
		"server": func(_ *lifetime.Lifetime, cancel context.CancelFunc) { cancel() },
		"itself": func(l *lifetime.Lifetime, _ context.CancelFunc) { l.End() },
		"twice":  func(l *lifetime.Lifetime, cancel context.CancelFunc) { l.End(); cancel(); l.End() },
	} {
		l, cancel := lasting(t)
		type key struct{}
		behind := context.WithValue(l, key{}, "v")
		first, firstDone := flag()
		second, secondDone := flag()
		third, thirdDone := flag()
		l.AfterFunc(first)
		context.AfterFunc(l, second) // which asks for l's own
		context.AfterFunc(behind, third)
		child, stop := context.WithCancel(behind)
		defer stop()
		if l.Err() != nil || child.Err() != nil {
			t.Errorf("%s: it has ended: %v, %v", name, l.Err(), child.Err())
		}
		end(l, cancel)
		for _, done := range []<-chan struct{}{l.Done(), behind.Done(), child.Done(), firstDone, secondDone, thirdDone} {
			waits(t, name, done)
		}
		if err := errors.Join(l.Err(), child.Err()); !errors.Is(l.Err(), context.Canceled) || !errors.Is(child.Err(), context.Canceled) || !errors.Is(context.Cause(child), context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLifetimeThatHasEnded(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*lifetime.Lifetime, context.CancelFunc){
		"server": func(_ *lifetime.Lifetime, cancel context.CancelFunc) { cancel() },
		"itself": func(l *lifetime.Lifetime, _ context.CancelFunc) { l.End() },
	} {
		l, cancel := lasting(t)
		end(l, cancel)
		if !errors.Is(l.Err(), context.Canceled) {
			t.Errorf("%s: %v", name, l.Err())
		}
		waits(t, name, l.Done())
		do, done := flag()
		if stop := l.AfterFunc(do); stop() {
			t.Errorf("%s: what was to be done was held up", name)
		}
		waits(t, name, done)
	}
}

func TestWhatWasStoppedIsNotDone(t *testing.T) {
	t.Parallel()
	l, _ := lasting(t)
	var stops []func() bool
	for range 3 {
		stops = append(stops, l.AfterFunc(func() { t.Error("done") }))
	}
	for _, stop := range stops {
		if !stop() {
			t.Error("there was nothing to stop")
		}
	}
	do, done := flag()
	stop := l.AfterFunc(do)
	for _, stop := range stops {
		if stop() {
			t.Error("it was stopped twice")
		}
	}
	l.End()
	if stop() {
		t.Error("what was done is stopped")
	}
	waits(t, "what was not stopped", done)
}

// What a lifetime has of the server's context it gives back: nothing is done on a
// goroutine when the server ends its own.
func TestLifetimeGivesTheServersContextBack(t *testing.T) {
	t.Parallel()
	server := &counted{Context: t.Context()}
	for range 3 {
		l := &lifetime.Lifetime{Context: server}
		l.AfterFunc(func() {})()
		l.End()
		l.End()
	}
	if got := server.held.Load(); got != 0 {
		t.Errorf("%d are left, want none", got)
	}
	l := &lifetime.Lifetime{Context: server}
	if err := l.Err(); err != nil || server.asked.Load() != 3 {
		t.Errorf("%v; registered %d times, want 3: nobody asked to be told", err, server.asked.Load())
	}
}

// counted counts what is registered with it.
type counted struct {
	context.Context
	asked, held atomic.Int32
}

func (c *counted) Value(any) any { return nil } // so that it is asked itself

func (c *counted) Done() <-chan struct{} { return make(chan struct{}) }

func (c *counted) AfterFunc(func()) func() bool {
	c.asked.Add(1)
	c.held.Add(1)
	return func() bool { c.held.Add(-1); return true }
}

// Each thing is done once or stopped once, whoever comes first.
func TestLifetimeUnderWay(t *testing.T) {
	t.Parallel()
	for range 300 {
		l, cancel := lasting(t)
		var done, stopped atomic.Int32
		var all sync.WaitGroup
		const each = 4
		for range each {
			all.Go(func() {
				stop := l.AfterFunc(func() { done.Add(1) })
				if stop() {
					stopped.Add(1)
				}
			})
			all.Go(func() { l.End() })
			all.Go(cancel)
			all.Go(func() { <-l.Done(); _ = l.Err() })
		}
		all.Wait()
		tenancytest.Eventually(t, 10*time.Second, "what was not stopped is done", func() bool { return done.Load()+stopped.Load() >= each })
		if got := done.Load() + stopped.Load(); got != each {
			t.Fatalf("%d done and %d stopped of %d", done.Load(), stopped.Load(), each)
		}
	}
}

func TestOfFindsWhatTheContextEndsWith(t *testing.T) {
	t.Parallel()
	l, _ := lasting(t)
	type key struct{}
	behind := context.WithValue(l, key{}, "v")
	sooner, cancel := context.WithCancel(behind)
	defer cancel()
	later := context.WithoutCancel(behind)
	for name, test := range map[string]struct {
		ctx  context.Context
		want *lifetime.Lifetime
	}{
		"itself": {l, l}, "with a value": {behind, l},
		"ends sooner": {sooner, nil}, "does not end": {later, nil}, "of no request": {t.Context(), nil},
	} {
		if got := lifetime.Of(test.ctx); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// What was stopped is not held until the end: a request may have many tries.
func TestWhatWasStoppedIsGone(t *testing.T) {
	t.Parallel()
	l, _ := lasting(t)
	for range 100 {
		first, second := l.AfterFunc(func() {}), l.AfterFunc(func() {})
		second()
		first()
		first()
	}
	if got := l.Pending(); got != 0 {
		t.Errorf("%d are left, want none", got)
	}
	l.AfterFunc(func() {})
	l.End()
	if got := l.Pending(); got != 0 {
		t.Errorf("%d are left after the end, want none", got)
	}
}

// Contexts made of a lifetime hold their own locks when they ask it, and it asks
// theirs: whoever ends first, all end, and none waits for another.
func TestContextsOfALifetimeUnderWay(t *testing.T) {
	t.Parallel()
	type key struct{}
	for range 200 {
		l, cancel := lasting(t)
		var all sync.WaitGroup
		for range 4 {
			for _, parent := range []context.Context{l, context.WithValue(l, key{}, "v")} {
				all.Go(func() {
					ctx, stop := context.WithCancel(parent)
					defer stop()
					grandchild, cancel := context.WithTimeout(ctx, time.Hour)
					defer cancel()
					context.AfterFunc(grandchild, func() { _ = l.Err() })()
					<-grandchild.Done()
					if !errors.Is(ctx.Err(), context.Canceled) || !errors.Is(context.Cause(grandchild), context.Canceled) {
						t.Errorf("%v, %v, want that they ended", ctx.Err(), context.Cause(grandchild))
					}
				})
				all.Go(func() {
					_, stop := context.WithCancelCause(parent)
					stop(errors.New("its own end")) // is none of the lifetime's
				})
			}
			all.Go(func() {
				if context.WithoutCancel(l).Err() != nil {
					t.Error("what goes on without it has ended")
				}
				group, ctx := errgroup.WithContext(l)
				group.Go(func() error { <-ctx.Done(); return context.Cause(ctx) })
				if err := group.Wait(); !errors.Is(err, context.Canceled) {
					t.Errorf("a group: %v", err)
				}
			})
		}
		all.Go(l.End)
		all.Go(cancel)
		all.Wait()
		if err := context.Cause(l); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want that it was ended", err)
		}
	}
}

// Until it has ended there is no error, whatever has become of the server's context
// that it has not been told of: who sees an error may rely on Done.
func TestErrorComesWithDone(t *testing.T) {
	t.Parallel()
	for range 300 {
		l, cancel := lasting(t)
		done := l.Done()
		go cancel()
		for l.Err() == nil {
			runtime.Gosched()
		}
		select {
		case <-done:
		default:
			t.Fatal("there is an error, and Done is still open")
		}
	}
}
