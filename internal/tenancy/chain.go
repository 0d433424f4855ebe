package tenancy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ChainHash is a hash of the audit log; zero stands before the first entry.
type ChainHash [sha256.Size]byte

// String returns 64 hexadecimal digits in lower case.
func (h ChainHash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the form of String.
func (h ChainHash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads the form of String.
func (h *ChainHash) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("reading hash: want %d hexadecimal digits", hex.EncodedLen(len(h)))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// ChainHead is where a chain ends: the number and the hash of its last entry.
type ChainHead struct {
	Seq  int64     `json:"seq"`
	Hash ChainHash `json:"hash"`
}

// Digest returns the hash that an entry has to have: SHA-256 over its
// canonical form. It computes what chain_entry of 004_tenant_lifecycle.sql
// computes, without asking the database that is to be verified.
func (e AuditEntry) Digest() ChainHash { return sha256.Sum256([]byte(e.canonical())) }

// canonical returns the entry as JSON in the form of RFC 8785: members in the
// order of their names, no blanks, the shortest escapes.
func (e AuditEntry) canonical() string {
	var b strings.Builder
	b.WriteString(`{"action":` + quote(e.Action) + `,"actor_id":` + quoteID(e.Actor.ID))
	b.WriteString(`,"at":"` + e.At.UTC().Format(chainTime) + `","detail":{`)
	for i, name := range slices.Sorted(maps.Keys(e.Detail)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(name) + ":" + quote(e.Detail[name]))
	}
	b.WriteString(`},"id":"` + e.ID.String() + `","prev_hash":"` + e.PrevHash.String() + `","request_id":` + quote(e.RequestID))
	b.WriteString(`,"seq":` + strconv.FormatInt(e.Seq, 10) + `,"session_id":` + quoteID(e.Session))
	b.WriteString(`,"target":` + quote(e.Target) + `,"tenant_id":` + quoteID(e.Tenant) + `}`)
	return b.String()
}

// chainTime is RFC 3339 in UTC, to the microsecond that Postgres keeps.
const chainTime = "2006-01-02T15:04:05.000000Z"

func quoteID[Kind any](id ID[Kind]) string {
	if id.IsZero() {
		return "null"
	}
	return `"` + id.String() + `"`
}

// quote writes a JSON string by RFC 8785, section 3.2.2.2. That of
// encoding/json escapes more (U+2028, for JavaScript's sake).
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch short := strings.IndexRune("\b\t\n\f\r\"\\", r); {
		case short >= 0:
			b.WriteByte('\\')
			b.WriteByte(`btnfr"\`[short])
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// ChainFault is a place where a chain is broken.
type ChainFault struct {
	Seq    int64  `json:"seq"`    // of the entry at which it shows
	Detail string `json:"detail"` // for people
}

// Chain verifies the entries of one log, given in the order of Seq.
type Chain struct {
	// Published is a head that was noted down where those who keep the log do not
	// reach; zero: none. A log that was written anew, or cut and its head with it,
	// does not lead through it.
	Published ChainHead

	Head    ChainHead // of what has been seen
	Entries int64
	Faults  []ChainFault // the first hundred
}

const maxChainFaults = 100

// Next takes the next entry. An entry that is wrong in itself does not make
// those after it wrong: each is held against the hash that its predecessor
// claims to have.
func (c *Chain) Next(e AuditEntry) {
	c.Entries++
	switch {
	case e.Seq <= c.Head.Seq:
		c.fault(e.Seq, fmt.Sprintf("entry %d follows entry %d", e.Seq, c.Head.Seq))
	case e.Seq != c.Head.Seq+1:
		c.fault(e.Seq, fmt.Sprintf("entries %d to %d are missing", c.Head.Seq+1, e.Seq-1))
	case e.PrevHash != c.Head.Hash:
		c.fault(e.Seq, "it does not continue the entry before it: one of the two was replaced or moved")
	}
	if e.Seq == c.Published.Seq && e.Hash != c.Published.Hash {
		c.fault(e.Seq, "it is not the entry whose hash was published")
	}
	if e.Hash != e.Digest() {
		c.fault(e.Seq, "it is not what was written: its hash does not fit its contents")
	}
	c.Head = ChainHead{Seq: e.Seq, Hash: e.Hash}
}

// End compares where the chain ends with where its head says that it does.
func (c *Chain) End(head ChainHead) {
	if c.Head.Seq < c.Published.Seq {
		c.fault(c.Head.Seq+1, fmt.Sprintf("entries up to %d were there when the hash was published", c.Published.Seq))
	}
	switch {
	case head.Seq > c.Head.Seq:
		c.fault(c.Head.Seq+1, fmt.Sprintf("entries %d to %d are missing at the end", c.Head.Seq+1, head.Seq))
	case head.Seq < c.Head.Seq:
		c.fault(head.Seq+1, fmt.Sprintf("entries %d to %d are not known to the head of the chain", head.Seq+1, c.Head.Seq))
	case head.Hash != c.Head.Hash:
		c.fault(head.Seq, "the last entry is not the one that the head of the chain knows")
	}
}

func (c *Chain) fault(seq int64, detail string) {
	if len(c.Faults) < maxChainFaults {
		c.Faults = append(c.Faults, ChainFault{Seq: seq, Detail: detail})
	}
}
