package cache

import (
	"hash/maphash"
	"math/bits"
	"math/rand/v2"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// maxShards is how many locks there are at most, a power of two.
	maxShards = 256
	// shardRecords is what a shard holds at least, where there is more than one:
	// keys do not spread evenly, and a shard that is full forgets while others have room.
	shardRecords = 1024
	// maxFamiliar is how many memberships are kept on the heap too.
	maxFamiliar = 1 << 14
)

// records keeps memberships, a million and more, where the garbage collector has
// nothing to do with them: outside of the heap, which it would let grow to twice
// of what is kept, and without pointers, which it would follow each time.
//
// Those in use most are on the heap too, so that their texts need not be made of
// bytes for each request. Keys are spread over shards, each with a lock that is
// held for as long as copying a record takes.
type records struct {
	seed   maphash.Seed // of this process: nobody outside can choose what collides
	shards []shard
	// coarse are bits of hashes that count for nothing, so that tests have keys collide.
	coarse uint64
}

// newRecords returns records for so many memberships, at least 1. They have to be closed.
func newRecords(entries int) *records {
	n := 1 << max(0, min(bits.Len(maxShards), bits.Len(uint(entries/shardRecords)))-1)
	r := &records{seed: maphash.MakeSeed(), shards: make([]shard, n)}
	for i := range r.shards {
		limit := entries / n
		if i < entries%n {
			limit++
		}
		r.shards[i].init(r, limit, maxFamiliar/n)
	}
	return r
}

// hash spreads keys. The shard is chosen by its upper bits, and the place in the
// shard by its lower ones.
func (r *records) hash(key []byte) uint64 { return maphash.Bytes(r.seed, key) &^ r.coarse }

func (r *records) shard(hash uint64) *shard {
	return &r.shards[hash>>32*uint64(len(r.shards))>>32]
}

// get returns what is kept for the key. It takes no lock and allocates nothing
// where the membership is familiar, and allocates its texts where it is not.
func (r *records) get(key tenancy.Key) (entry[compact], bool) {
	k := keyOf(key)
	hash := r.hash(k[:])
	s := r.shard(hash)
	if f := s.familiar(hash, &k); f != nil {
		return f.entry, true
	}
	var buffer [recordSize]byte
	number, apart, found := s.copy(hash, &k, buffer[:])
	if !found {
		return entry[compact]{}, false
	}
	e := record(buffer[:]).read()
	if record(buffer[:]).apart() {
		e.value = apart
	}
	if rand.Uint32()%8 == 0 { // who comes again and again will be familiar soon
		s.befriend(hash, buffer[:], number, &e)
	}
	return e, true
}

// set keeps an entry, and forgets another where there is no room.
func (r *records) set(key tenancy.Key, e entry[compact]) {
	k := keyOf(key)
	hash := r.hash(k[:])
	r.shard(hash).set(hash, &k, &e)
}

// size counts what is kept.
func (r *records) size() (n int) {
	for i := range r.shards {
		n += r.shards[i].size()
	}
	return n
}

// close forgets everything and gives the memory back. Nothing is kept after it.
func (r *records) close() {
	for i := range r.shards {
		r.shards[i].close()
	}
}
