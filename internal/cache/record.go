package cache

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// recordSize is what a membership takes outside of the heap: 68 bytes and its
// slug and address, which are seldom longer than the rest. Where they are, or
// where compact has to keep the whole membership, they are kept apart.
const (
	recordSize = 160
	maxText    = recordSize - atText
)

// Where things are in a record. It says whose it is, so that nothing but a
// comparison of the key decides what is read as whose.
const (
	atKey      = 0 // user and tenant
	atHeld     = 32
	atBorn     = 40
	atFresh    = 48
	atVersion  = 56
	atRole     = 64
	atStatuses = 65 // two bits each: of the tenant, the user, the membership; and isFound and isApart
	atSlug     = 66 // its length
	atEmail    = 67 // its length
	atText     = 68 // the slug and then the address

	isFound = 1 << 6
	isApart = 1 << 7
)

// recordKey is a key as records have it.
type recordKey [atHeld - atKey]byte

func keyOf(key tenancy.Key) (k recordKey) {
	copy(k[:16], key.User[:])
	copy(k[16:], key.Tenant[:])
	return k
}

// record is the bytes of one.
type record []byte

func (r record) key() []byte { return r[atKey:atHeld] }

func (r record) of(key *recordKey) bool { return bytes.Equal(r.key(), key[:]) }

// fits reports whether a record can say it.
func fits(c *compact) bool { return c.whole == nil && len(c.slug)+len(c.email) <= maxText }

// write makes it the record of the entry. What does not fit is left out, and
// marked as apart.
func (r record) write(key *recordKey, e *entry[compact]) {
	c := &e.value
	copy(r[atKey:atHeld], key[:])
	binary.LittleEndian.PutUint64(r[atHeld:], e.held)
	binary.LittleEndian.PutUint64(r[atBorn:], uint64(e.born))
	binary.LittleEndian.PutUint64(r[atFresh:], uint64(e.fresh))
	binary.LittleEndian.PutUint64(r[atVersion:], uint64(c.version))
	r[atRole] = byte(c.role)
	r[atStatuses] = c.tenantStatus | c.userStatus<<2 | c.status<<4
	if c.found {
		r[atStatuses] |= isFound
	}
	r[atSlug], r[atEmail] = 0, 0
	if !fits(c) {
		r[atStatuses] |= isApart
		return
	}
	r[atSlug], r[atEmail] = byte(len(c.slug)), byte(len(c.email))
	copy(r[atText:], c.slug)
	copy(r[atText+len(c.slug):], c.email)
}

// apart reports whether the value is elsewhere.
func (r record) apart() bool { return r[atStatuses]&isApart != 0 }

// read returns the entry, without its value where that is apart. It allocates
// the two texts as one.
func (r record) read() entry[compact] {
	e := entry[compact]{
		held:  binary.LittleEndian.Uint64(r[atHeld:]),
		born:  time.Duration(binary.LittleEndian.Uint64(r[atBorn:])),
		fresh: time.Duration(binary.LittleEndian.Uint64(r[atFresh:])),
	}
	if r.apart() {
		return e
	}
	statuses, slug := r[atStatuses], int(r[atSlug])
	text := string(r[atText : atText+slug+int(r[atEmail])])
	e.value = compact{
		slug: text[:slug], email: tenancy.Email(text[slug:]),
		version: int64(binary.LittleEndian.Uint64(r[atVersion:])),
		found:   statuses&isFound != 0, role: tenancy.Role(r[atRole]),
		tenantStatus: statuses & 3, userStatus: statuses >> 2 & 3, status: statuses >> 4 & 3,
	}
	return e
}
