// Package lifetime holds how long a request goes on.
package lifetime

import (
	"context"
	"sync"
)

// Lifetime is the context of a request that can be ended before the server does
// that. It is what context.WithCancel would give, of which each request would need
// one, and one more for its connection to the upstream: but nothing is registered
// with the server's context, or allocated, before somebody asks to be told of the
// end.
//
// It must not be copied once it is in use.
type Lifetime struct {
	context.Context // the server's

	mu     sync.Mutex
	done   chan struct{} // nil: nobody has asked
	err    error         // why it ended; nil: it has not, as far as we know
	unhook func() bool   // takes end from the server's context
	first  after         // the only one, for most requests
	begun  bool          // whether it is taken, for good: its stop may be called late
	more   map[*after]struct{}
}

// after is what to do at the end.
type after struct{ do func() }

// Done implements context.Context.
func (l *Lifetime) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
		if l.err == nil {
			l.err = l.Context.Err()
		}
		if l.err != nil {
			close(l.done)
		} else {
			l.unhook = context.AfterFunc(l.Context, func() { l.endWith(l.Context.Err()) })
		}
	}
	return l.done
}

// Err implements context.Context.
func (l *Lifetime) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil && l.done == nil {
		l.err = l.Context.Err()
	}
	return l.err
}

// Value implements context.Context. It is the server's, and what [Of] looks for.
func (l *Lifetime) Value(name any) any {
	if name == (key{}) {
		return l
	}
	return l.Context.Value(name)
}

// AfterFunc does what context.AfterFunc does, which calls it for contexts that have
// it.
func (l *Lifetime) AfterFunc(do func()) (stop func() bool) {
	l.Done() // of the server's end we have to be told
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		go do()
		return func() bool { return false }
	}
	a := &l.first
	if l.begun {
		a = new(after)
		if l.more == nil {
			l.more = make(map[*after]struct{})
		}
		l.more[a] = struct{}{}
	}
	a.do, l.begun = do, true
	return func() bool { return l.drop(a) }
}

// drop reports whether there was still something to do.
func (l *Lifetime) drop(a *after) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	pending := a.do != nil
	a.do = nil
	delete(l.more, a)
	return pending
}

// End ends the request, once. What the lifetime holds of the server's context it
// gives back.
func (l *Lifetime) End() { l.endWith(context.Canceled) }

func (l *Lifetime) endWith(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.err = err
	if l.done == nil {
		return
	}
	close(l.done)
	l.unhook()
	for a := range l.more {
		a.run()
	}
	l.first.run()
	l.more = nil
}

// run has it done, on a goroutine of its own: it may use the context.
func (a *after) run() {
	if a.do != nil {
		go a.do()
		a.do = nil
	}
}

type key struct{}

// Of returns the lifetime that a context ends with, nil where it has none or may
// end before it.
func Of(ctx context.Context) *Lifetime {
	l, ok := ctx.Value(key{}).(*Lifetime)
	if !ok || l.Done() != ctx.Done() {
		return nil
	}
	return l
}

var _ context.Context = (*Lifetime)(nil)
