package cache

import (
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// SetPatience changes how long Redis may take.
func (l *Limits) SetPatience(d time.Duration) { l.within = d }

// Records are what Local keeps memberships in.
type Records struct{ *records }

// NewRecords returns records for so many entries. The bits of coarse count for
// nothing in the hashes of keys.
func NewRecords(entries int, coarse uint64) Records {
	r := newRecords(entries)
	r.coarse = coarse
	return Records{r}
}

// Record is an entry of a key's.
type Record struct {
	Membership  tenancy.Membership
	Held        uint64
	Born, Fresh time.Duration
}

// Set keeps a record under a key.
func (r Records) Set(key tenancy.Key, kept Record) {
	r.set(key, entry[compact]{value: compacted(key, kept.Membership), held: kept.Held, born: kept.Born, fresh: kept.Fresh})
}

// Get returns what is kept under a key.
func (r Records) Get(key tenancy.Key) (Record, bool) {
	e, found := r.get(key)
	if !found {
		return Record{}, false
	}
	return Record{Membership: e.value.expand(key), Held: e.held, Born: e.born, Fresh: e.fresh}, true
}

// Size counts the records.
func (r Records) Size() int { return r.size() }

// Apart counts the records whose value is on the heap.
func (r Records) Apart() (n int) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		n += len(s.apart)
		s.mu.Unlock()
	}
	return n
}

// Places counts what there is to find records by.
func (r Records) Places() (n int) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		n += s.places.used
		s.mu.Unlock()
	}
	return n
}

// Fits reports whether a record can say all of the membership.
func Fits(m tenancy.Membership) bool {
	c := compacted(m.Key, m)
	return fits(&c)
}

// Befriend reads the record of a key, and returns what makes it familiar: as late
// as its caller likes.
func (r Records) Befriend(key tenancy.Key) (late func()) {
	k := keyOf(key)
	hash := r.hash(k[:])
	s, copied := r.shard(hash), make(record, recordSize)
	number, apart, _ := s.copy(hash, &k, copied)
	e := copied.read()
	if copied.apart() {
		e.value = apart
	}
	return func() { s.befriend(hash, copied, number, &e) }
}

// Chunks counts the pieces of memory that the records are in, and those of them
// that are outside of the heap.
func (r Records) Chunks() (all, mapped int) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		all += len(s.chunks)
		for _, c := range s.chunks {
			if c.mapped {
				mapped++
			}
		}
		s.mu.Unlock()
	}
	return all, mapped
}

// Close forgets and releases everything.
func (r Records) Close() { r.close() }

// ChunksMapped counts what this process has outside of the heap.
func ChunksMapped() int { return int(chunksMapped.Load()) }

// ChunkRecords is how many records a chunk has.
const ChunkRecords = chunkRecords
