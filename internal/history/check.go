package history

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Violation is a promise that was broken.
type Violation struct {
	Rule    string // "R1", "R2", "R3" or "R4"
	Replica int
	Key     tenancy.Key
	At      time.Duration // when the request began, or the stream should have ended
	Late    time.Duration // by how much
}

// String says it in words.
func (v Violation) String() string {
	return fmt.Sprintf("%s: replica %d, user %v, at %v, %v late", v.Rule, v.Replica, v.Key.User, v.At, v.Late)
}

// Check returns every broken promise, in the order of time.
//
// A request counts against a revocation only where it is certain: it began after
// the answer and what was promised on top, and no later write that gives access
// had begun when it ended. What overlaps is anybody's order.
func Check(h History, p Promise) []Violation {
	writes := byKey(h.Writes)
	var broken []Violation
	for _, r := range h.Requests {
		if !r.Served {
			continue
		}
		if w, found := standing(writes[r.Key], r.Start, r.End); found {
			if late := r.Start - w.Answered - p.bound(w, r.Replica); late >= 0 {
				broken = append(broken, Violation{w.rule(), r.Replica, r.Key, r.Start, late})
			}
		}
		for _, o := range h.Outages {
			if late := r.Start - o.Start - p.Lease; o.Replica == r.Replica && late >= 0 && r.End <= o.End {
				broken = append(broken, Violation{"R3", r.Replica, r.Key, r.Start, late})
			}
		}
	}
	for _, s := range h.Streams {
		if v, late := p.overdue(s, writes[s.Key]); late {
			broken = append(broken, v)
		}
	}
	slices.SortStableFunc(broken, func(a, b Violation) int { return cmp.Compare(a.At, b.At) })
	return broken
}

func byKey(writes []Write) map[tenancy.Key][]Write {
	of := make(map[tenancy.Key][]Write)
	for _, w := range writes {
		of[w.Key] = append(of[w.Key], w)
	}
	for _, ws := range of {
		slices.SortFunc(ws, func(a, b Write) int { return cmp.Compare(a.Start, b.Start) })
	}
	return of
}

// standing returns the revocation that held for certain all the time between
// start and end: the last write that was answered before the start, where it takes
// access and none that gives it had begun by the end.
func standing(writes []Write, start, end time.Duration) (Write, bool) {
	var last Write
	found := false
	for _, w := range writes {
		switch {
		case w.Answered <= start:
			last, found = w, !w.Gives
		case w.Gives && w.Start < end:
			return Write{}, false
		}
	}
	return last, found
}

func (p Promise) bound(w Write, replica int) time.Duration {
	switch w.Replica {
	case BySQL:
		return p.SQL
	case replica:
		return p.Own
	}
	return p.Others
}

func (w Write) rule() string {
	if w.Replica == BySQL {
		return "R2"
	}
	return "R1"
}

// overdue looks for the first revocation that the stream outlived for longer than
// was promised.
func (p Promise) overdue(s Stream, writes []Write) (Violation, bool) {
	closed := s.Closed
	if closed == 0 {
		closed = p.End
	}
	for i, w := range writes {
		if w.Gives || w.Answered < s.Opened {
			continue
		}
		due := w.Answered + p.bound(w, s.Replica) + p.Close
		if i+1 < len(writes) && writes[i+1].Start <= due {
			continue // it may have been looked at after that one
		}
		if closed > due {
			return Violation{"R4", s.Replica, s.Key, due, closed - due}, true
		}
	}
	return Violation{}, false
}
