package tenancy

import (
	"strconv"
	"strings"
	"time"
)

// Hearing says how far what a process remembers may be believed. Hot paths ask
// it, so it takes no lock and does no I/O.
type Hearing interface {
	// Lapsed returns for how long the process has not known that it hears of every
	// change; zero: it does. now has a monotonic reading.
	Lapsed(now time.Time) time.Duration
	// Reach returns transaction ids. What was read when every transaction below
	// seen had been obeyed is known to hold, or was dropped since, where seen is
	// not below base: changes of transactions below base may never be heard of.
	Reach() (base, seen uint64)
}

// Snapshot says which transactions of the database are over, as Postgres writes
// it (pg_snapshot): xmin:xmax:those in between that are not. The zero Snapshot
// sees nothing.
type Snapshot struct {
	Min, Max uint64 // all below Min are over, none from Max on
	open     map[uint64]bool
	text     string
}

// ParseSnapshot reads the text of a pg_snapshot.
func ParseSnapshot(text string) (s Snapshot, valid bool) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 {
		return Snapshot{}, false
	}
	var err, err2 error
	s.Min, err = strconv.ParseUint(parts[0], 10, 64)
	s.Max, err2 = strconv.ParseUint(parts[1], 10, 64)
	if err != nil || err2 != nil {
		return Snapshot{}, false
	}
	s.text, s.open = text, make(map[uint64]bool)
	for open := range strings.SplitSeq(parts[2], ",") {
		if open == "" {
			continue
		}
		xid, err := strconv.ParseUint(open, 10, 64)
		if err != nil {
			return Snapshot{}, false
		}
		s.open[xid] = true
	}
	return s, true
}

// Sees reports whether the transaction was over when the snapshot was taken.
func (s Snapshot) Sees(xid uint64) bool {
	return xid < s.Min || xid < s.Max && !s.open[xid]
}

// IsZero reports whether it is the zero Snapshot.
func (s Snapshot) IsZero() bool { return s.text == "" }

// String returns the text it was read from.
func (s Snapshot) String() string { return s.text }

// Replica is a gateway that runs on the same database.
type Replica struct {
	ID    [16]byte
	Name  string
	Lease time.Duration // how long it believes what it remembers without hearing
	Beat  int64         // grows whenever it renews its lease
	Seen  Snapshot      // what it has read and obeyed
}

// Reading is what a replica reads of the changes at once.
type Reading struct {
	// Renewed says that the replica's lease was renewed with this reading; false:
	// nobody knows the replica any more, and it has to announce itself.
	Renewed bool
	Seen    Snapshot
	// Pruned: rows of changes by transactions below it may be gone.
	Pruned uint64
	// Changes are those of transactions that the snapshot before did not see.
	Changes []Change
	// Truncated says that there are more changes than are worth reading.
	Truncated bool
	// Longest is the longest lease of any replica.
	Longest time.Duration
}
