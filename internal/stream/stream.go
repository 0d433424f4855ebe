package stream

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Holder is on whose behalf a stream is open: what the request was let through
// for, and the role that it needs.
type Holder struct {
	Key  tenancy.Key
	Need tenancy.Role
	// What the token says, see tenancy.Subject.
	Session             tenancy.SessionID
	IssuedAt, ExpiresAt time.Time
	// Leeway is how long past ExpiresAt a request may still start. One that did
	// goes on until then.
	Leeway time.Duration
}

// Closer ends the request behind a stream. Close must not wait for the other
// side. It may be called again with the same code, where the request did not end.
type Closer interface {
	// Close is told the problem code of the refusal, as in "not_a_member".
	Close(code string)
}

// Stream is a request that was let through, for as long as it is open. Its zero
// value is one that was never opened; it must not be copied afterwards.
type Stream struct {
	holder  Holder
	closer  Closer
	opened  time.Time
	expires time.Time // zero: never
	lane    *lane
	// next and prev belong to the lane, under its lock.
	next, prev *Stream

	// mu keeps Close from touching a request that has ended: its connection may
	// carry the next one by then.
	mu     sync.Mutex
	ended  bool
	code   string // why it was closed; empty: it was not
	kind   Kind
	closed atomic.Bool // whether code is set
}

// Kind is what sort of stream it is, for the metrics.
type Kind uint8

// The kinds.
const (
	HTTP Kind = iota
	WebSocket
	kinds
)

// String returns the name of the kind in metrics.
func (k Kind) String() string { return [...]string{"http", "websocket"}[k] }

// ErrClosed is what Upgrade returns for a stream that was closed.
var ErrClosed = errors.New("the stream was closed")

// Upgrade makes the stream one of another kind by do, after which Close has other
// means. Close is not called meanwhile; where it was called already, Upgrade
// returns ErrClosed.
func (s *Stream) Upgrade(kind Kind, do func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code != "" {
		return ErrClosed
	}
	s.kind = kind
	return do()
}

// Closed reports whether the stream was closed.
func (s *Stream) Closed() bool { return s.closed.Load() }

// Done takes the stream out of its registry. It returns the code that it was
// closed with, empty where it ended by itself; Close is not called after it.
func (s *Stream) Done() (code string) {
	if s.lane == nil {
		return ""
	}
	s.lane.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return s.code
}

// end closes the request, again where that was done already. It reports whether
// this was the first time.
func (s *Stream) end(code string) (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	if first = s.code == ""; first {
		s.code = code
		s.closed.Store(true)
	}
	s.closer.Close(s.code)
	return first
}

// lane is one of the lists that streams are kept in. There are many, so that
// requests rarely wait for each other.
type lane struct {
	mu    sync.Mutex
	first *Stream
	_     [48]byte // lanes that share a cache line would be one
}

func (l *lane) add(s *Stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.lane = l
	if s.next = l.first; s.next != nil {
		s.next.prev = s
	}
	l.first = s
}

func (l *lane) remove(s *Stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case s.prev != nil:
		s.prev.next = s.next
	case l.first == s:
		l.first = s.next
	default:
		return // it is not here any more
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.next, s.prev = nil, nil
}

// collect appends the streams that want accepts. What it returns may end at any
// time; nothing is done to streams under the lane's lock.
func (l *lane) collect(to []*Stream, want func(*Stream) bool) []*Stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := l.first; s != nil; s = s.next {
		if want(s) {
			to = append(to, s)
		}
	}
	return to
}
