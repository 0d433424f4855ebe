package cache_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// The tests here count the chunks of the whole process, so they run alone.

func TestRecordsTakeMemoryAsTheyComeAndGiveItBack(t *testing.T) {
	before := cache.ChunksMapped()
	records := cache.NewRecords(1000*cache.ChunkRecords, 0)
	wantChunks := func(least, most int) {
		t.Helper()
		if all, _ := records.Chunks(); all < least || all > most {
			t.Errorf("chunks of %d records: got %d, want %d to %d", records.Size(), all, least, most)
		}
	}
	wantChunks(0, 0)
	records.Set(keyOf(0), cache.Record{Membership: admin(keyOf(0))})
	wantChunks(1, 1)
	const many = 300 * cache.ChunkRecords
	for n := range many {
		records.Set(keyOf(n), cache.Record{Membership: admin(keyOf(n))})
	}
	wantChunks(many/cache.ChunkRecords, 2*many/cache.ChunkRecords)
	all, mapped := records.Chunks()
	if runtime.GOOS == "linux" && mapped != all {
		t.Errorf("of %d chunks %d are outside of the heap", all, mapped)
	}
	records.Close()
	records.Close() // once more is no harm
	if got := cache.ChunksMapped(); got > before {
		t.Errorf("chunks outside of the heap: got %d after Close, %d before", got, before)
	}
	records.Set(keyOf(1), cache.Record{Membership: admin(keyOf(1))})
	for n := range many { // some of them were familiar
		if _, found := records.Get(keyOf(n)); found || records.Size() != 0 {
			t.Fatalf("closed records keep something")
		}
	}
}

// A request that is under way when a configuration is replaced must not read
// memory that was given back: that would end the process.
func TestLocalIsClosedUnderWay(t *testing.T) {
	before := cache.ChunksMapped()
	for range 20 {
		local := cache.NewLocal(admins(), cache.Config{Entries: 1 << 16, Freshness: time.Hour})
		var all sync.WaitGroup
		for worker := range 4 {
			all.Go(func() {
				for n := range 2000 {
					got, err := local.Membership(t.Context(), keyOf(n/2))
					if err != nil || got != admin(keyOf(n/2)) {
						t.Errorf("worker %d: got %+v, %v", worker, got, err)
					}
					if worker == 0 && n == 1000 {
						local.Close()
					}
				}
			})
		}
		all.Wait()
		if stats := local.Stats(); stats.Entries != 0 || stats.Hits == 0 {
			t.Errorf("after Close: %+v, want nothing kept, and hits before", stats)
		}
	}
	if got := cache.ChunksMapped(); got > before {
		t.Errorf("chunks outside of the heap: got %d, %d before", got, before)
	}
}

func TestLocalThatNobodyHasGivesItsMemoryBack(t *testing.T) {
	before := cache.ChunksMapped()
	for range 100 {
		mustAnswer(t, cache.NewLocal(admins(), cache.Config{Entries: 10, Freshness: time.Hour}), keyOf(1))
	}
	tenancytest.Eventually(t, 20*time.Second, "the memory is given back", func() bool {
		runtime.GC()
		return cache.ChunksMapped() <= before
	})
}
