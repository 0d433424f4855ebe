package cache

import (
	"bytes"
	"sync"
	"sync/atomic"
)

// shard is a part of records. All of it but what is familiar is read and written
// under its lock, and nothing refers to its memory when the lock is given back:
// a record cannot be seen half written, nor memory be used that was released.
type shard struct {
	all   *records
	limit int // records at most

	mu     sync.Mutex
	chunks []chunk
	used   int // records that are somebody's: the first ones
	places places
	clock  clock
	apart  map[int]compact // of records that could not say it
	closed bool

	// known are the entries that are on the heap too, each in the one place that its
	// hash has. They are written under the lock.
	known []atomic.Pointer[acquaintance]
	_     [64]byte // the next shard's lock is on another cache line
}

// acquaintance is an entry that is ready to be handed out.
type acquaintance struct {
	key    recordKey
	number int
	entry  entry[compact]
	used   atomic.Bool // since somebody looked
}

func (s *shard) init(all *records, limit, known int) {
	s.all, s.limit, s.known = all, limit, make([]atomic.Pointer[acquaintance], min(limit, known))
}

func (s *shard) place(hash uint64) *atomic.Pointer[acquaintance] {
	return &s.known[hash%uint64(len(s.known))]
}

// familiar returns the entry of the key if it is on the heap, and nil otherwise.
func (s *shard) familiar(hash uint64, key *recordKey) *acquaintance {
	a := s.place(hash).Load()
	if a == nil || a.key != *key {
		return nil
	}
	if !a.used.Load() { // all who call would pass the cache line around
		a.used.Store(true)
	}
	return a
}

// copy copies the record of the key to a buffer. It returns its number, and its
// value where that is apart.
func (s *shard) copy(hash uint64, key *recordKey, to record) (number int, apart compact, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if number, found = s.find(hash, key); !found {
		return 0, compact{}, false
	}
	s.clock.touch(number)
	if copy(to, s.record(number)); to.apart() {
		apart = s.apart[number]
	}
	return number, apart, true
}

// record returns the record of that number.
func (s *shard) record(number int) record {
	return s.chunks[number/chunkRecords].record(number % chunkRecords)
}

func (s *shard) find(hash uint64, key *recordKey) (number int, found bool) {
	return s.places.find(hash, func(number int) bool { return s.record(number).of(key) })
}

// befriend puts the entry that was read from a copy of a record on the heap too,
// if the record is still the same.
func (s *shard) befriend(hash uint64, copied record, number int, e *entry[compact]) {
	a := &acquaintance{key: recordKey(copied.key()), number: number, entry: *e}
	s.mu.Lock()
	defer s.mu.Unlock()
	if number < s.used && bytes.Equal(s.record(number), copied) {
		s.introduce(hash, a)
	}
}

// introduce puts an entry in its place, unless another one there was used since
// the last one who wanted the place: that one may stay once more.
func (s *shard) introduce(hash uint64, a *acquaintance) {
	place := s.place(hash)
	if old := place.Load(); old != nil && old.key != a.key && old.used.Swap(false) {
		s.clock.touch(old.number)
		return
	}
	place.Store(a)
}

// set keeps an entry.
func (s *shard) set(hash uint64, key *recordKey, e *entry[compact]) {
	a := &acquaintance{key: *key, entry: *e}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	number, found := s.find(hash, key)
	if !found {
		number = s.vacant()
		s.places.put(hash, number)
	}
	s.record(number).write(key, e)
	if delete(s.apart, number); !fits(&e.value) {
		if s.apart == nil {
			s.apart = make(map[int]compact)
		}
		s.apart[number] = e.value
	}
	a.number = number
	s.introduce(hash, a)
}

// vacant returns the number of a record that is nobody's, or no longer.
func (s *shard) vacant() int {
	if s.used == s.limit {
		return s.evict()
	}
	if s.used == len(s.chunks)*chunkRecords {
		s.chunks = append(s.chunks, newChunk())
		s.clock.grow(len(s.chunks) * chunkRecords)
	}
	s.used++
	return s.used - 1
}

// evict makes the record vacant that the clock comes to, unless it is familiar
// and was used: that does not touch the clock by itself. It goes round once at
// most, however busy they are.
func (s *shard) evict() int {
	for patience := s.used; ; patience-- {
		number := s.clock.next(s.used)
		hash := s.all.hash(s.record(number).key())
		place := s.place(hash)
		if a := place.Load(); a != nil && a.number == number {
			if a.used.Swap(false) && patience > 0 {
				continue
			}
			place.Store(nil)
		}
		s.places.remove(hash, number)
		return number
	}
}

func (s *shard) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

func (s *shard) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.known {
		s.known[i].Store(nil)
	}
	for _, c := range s.chunks {
		c.release()
	}
	s.chunks, s.used, s.places, s.clock, s.apart, s.closed = nil, 0, places{}, clock{}, nil, true
}
