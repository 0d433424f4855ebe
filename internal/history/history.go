package history

import (
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// History is what was seen from outside.
type History struct {
	Requests []Request
	Writes   []Write
	Outages  []Outage
	Streams  []Stream
}

// Request is one that a replica was asked. Start is before it was sent, End after
// the answer was there.
type Request struct {
	Start, End time.Duration
	Replica    int
	Key        tenancy.Key
	Served     bool // false: refused, or failed
}

// Write gives access or takes it. Start is before it was sent, Answered after it
// was told to be done. Writes to one key never overlap.
type Write struct {
	Start, Answered time.Duration
	// Replica is the one that made it; BySQL: none did.
	Replica int
	Key     tenancy.Key
	Gives   bool
}

// BySQL is the Replica of a write that went past all of them.
const BySQL = -1

// Outage is a time in which a replica could hear nothing from the database. Start
// is after it began, End before it ended.
type Outage struct {
	Start, End time.Duration
	Replica    int
}

// Stream is something that was open. Closed is when its client saw the end; zero:
// it never did.
type Stream struct {
	Opened, Closed time.Duration
	Replica        int
	Key            tenancy.Key
}

// Promise is how soon what is written has to hold.
type Promise struct {
	// Own is for the replica that made the write, Others for those that did not
	// (R1), and SQL for writes that none made (R2): from the answer on.
	Own, Others, SQL time.Duration
	// Lease is how long into an outage a replica may serve (R3).
	Lease time.Duration
	// Close is how much longer streams may stay open (R4).
	Close time.Duration
	// End is when the recording ended: streams that are open then were not late
	// before it.
	End time.Duration
}
