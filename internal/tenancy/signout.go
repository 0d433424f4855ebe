package tenancy

import (
	"bytes"
	"time"
)

// MaxTokenLife is how long an access token may be good for at most: that long
// (and a leeway) the end of its session is remembered.
const MaxTokenLife = 24 * time.Hour

// MaxEnded is how many ended sessions are told apart. Where a user has more that
// tokens may still be out for, the oldest ones are told of by Signouts.Through.
const MaxEnded = 64

// Signouts says which tokens of a user are good no more, although they have not
// expired. It is a value, and comparable. Sessions are told apart by their ids
// and no clock is asked: the clocks of replicas differ.
type Signouts struct {
	// NotBefore ends the tokens of no session of ours that were issued before it:
	// Unix milliseconds; 0: none.
	NotBefore int64
	// Ended are sessions that ended before their time.
	Ended SessionSet
	// Through stands for more sessions than Ended holds: it has ended, and those
	// with smaller ids count as ended. Zero: none.
	Through SessionID
}

// Cover reports whether the subject's token is good no more. A token of no
// session that does not say when it was issued is covered by any NotBefore, and
// so is one that was issued in the same second: times in tokens are whole
// seconds, and it may have been just before.
func (s Signouts) Cover(subject Subject) bool {
	if subject.Session.IsZero() {
		return s.NotBefore > 0 && (subject.IssuedAt.IsZero() || subject.IssuedAt.UnixMilli() < s.NotBefore)
	}
	if !s.Through.IsZero() && bytes.Compare(subject.Session[:], s.Through[:]) <= 0 {
		return true
	}
	return s.Ended.Has(subject.Session)
}

// SessionSet is a set of sessions: their ids, one after the other.
type SessionSet string

// NewSessionSet returns the set of the ids.
func NewSessionSet(ids ...SessionID) SessionSet {
	set := make([]byte, 0, len(ids)*len(SessionID{}))
	for _, id := range ids {
		set = append(set, id[:]...)
	}
	return SessionSet(set)
}

// Has reports whether the set holds the id.
func (s SessionSet) Has(id SessionID) bool {
	for rest := s; len(rest) >= len(id); rest = rest[len(id):] {
		if string(rest[:len(id)]) == string(id[:]) {
			return true
		}
	}
	return false
}
