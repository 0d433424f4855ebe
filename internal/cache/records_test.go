package cache_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"pgregory.net/rapid"
)

// drawRecord returns any record of a key, of which some have texts too long for
// a record and some more than a record can say.
func drawRecord(t *rapid.T, key tenancy.Key) cache.Record {
	status := rapid.SampledFrom([]tenancy.Status{"", tenancy.StatusActive, tenancy.StatusSuspended, tenancy.StatusDeleted, "on probation"})
	text := func(label string) string { return strings.Repeat("x", rapid.IntRange(0, 80).Draw(t, label)) }
	m := tenancy.Membership{
		Key: key, TenantSlug: text("slug"), Email: tenancy.Email(text("email")),
		TenantStatus: status.Draw(t, "tenant"), UserStatus: status.Draw(t, "user"), Status: status.Draw(t, "status"),
		Role: tenancy.Role(rapid.IntRange(0, 3).Draw(t, "role")), Version: rapid.Int64().Draw(t, "version"),
	}
	if rapid.IntRange(0, 9).Draw(t, "signed out") == 0 {
		m.Signouts.NotBefore = rapid.Int64().Draw(t, "not before")
	}
	return cache.Record{
		Membership: m, Held: rapid.Uint64().Draw(t, "held"),
		Born: time.Duration(rapid.Int64().Draw(t, "born")), Fresh: time.Duration(rapid.Int64().Draw(t, "fresh")),
	}
}

// Records are a map that may forget, but not what was just set, nor anything while
// there is room; and whatever they have forgotten, they do not mix up.
func TestRecordsAreAMapThatForgets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SampledFrom([]int{1, 2, 7, 30}).Draw(t, "entries")
		// With all bits coarse every key collides with every other.
		coarse := rapid.SampledFrom([]uint64{0, ^uint64(3), ^uint64(0)}).Draw(t, "coarse")
		records, model := cache.NewRecords(entries, coarse), make(map[tenancy.Key]cache.Record)
		defer records.Close()
		key := rapid.Custom(func(t *rapid.T) tenancy.Key { return keyOf(rapid.IntRange(0, 39).Draw(t, "key")) })
		check := func(t *rapid.T, key tenancy.Key) (found bool) {
			got, found := records.Get(key)
			if want, was := model[key]; found && (!was || got != want) {
				t.Fatalf("key %x:\ngot  %+v\nwant %+v (ever set: %v)", key, got, want, was)
			}
			return found
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				k := key.Draw(t, "key")
				model[k] = drawRecord(t, k)
				records.Set(k, model[k])
				if !check(t, k) {
					t.Fatal("what was just set is not there")
				}
			},
			"get": func(t *rapid.T) {
				for k, times := key.Draw(t, "key"), rapid.IntRange(1, 20).Draw(t, "times"); times > 0; times-- {
					check(t, k)
				}
			},
			"": func(t *rapid.T) {
				kept, apart := 0, 0
				for n := range 40 {
					if check(t, keyOf(n)) {
						kept++
						if !cache.Fits(model[keyOf(n)].Membership) {
							apart++
						}
					}
				}
				if want := min(entries, len(model)); kept != want || records.Size() != want {
					t.Fatalf("kept %d of %d, size %d, want %d", kept, len(model), records.Size(), want)
				}
				if got := records.Apart(); got != apart {
					t.Fatalf("records apart: got %d, want %d", got, apart)
				}
				if got := records.Places(); got != kept {
					t.Fatalf("places: got %d for %d records", got, kept)
				}
			},
		})
	})
}

func TestRecordsAreBoundedOverAllShards(t *testing.T) {
	t.Parallel()
	for _, entries := range []int{1, 1000, 1023, 5000, 9_999} {
		records := cache.NewRecords(entries, 0)
		for n := range 3 * entries {
			records.Set(keyOf(n), cache.Record{Membership: admin(keyOf(n))})
			if n%997 == 0 && records.Size() > entries {
				t.Fatalf("%d records of %d", records.Size(), entries)
			}
		}
		if got := records.Size(); got != entries {
			t.Errorf("records when full: got %d, want %d", got, entries)
		}
		records.Close()
	}
}

// named is a record whose every part says whose it is and which of the key's it is.
func named(key tenancy.Key, version int64) cache.Record {
	m := admin(key)
	m.Version = version
	m.Role = tenancy.Role(version % 4)
	m.TenantSlug = fmt.Sprintf("t-%x", key.Tenant)
	m.Email = tenancy.Email(fmt.Sprintf("u-%x-%d@a.test", key.User[8:], version))
	if version%5 == 0 {
		m.TenantSlug += strings.Repeat("-", 60) // kept apart
	}
	return cache.Record{
		Membership: m, Held: uint64(version) * 3, Born: time.Duration(version) * 5, Fresh: time.Duration(version) * 7,
	}
}

func TestRecordsAreNeverMixedUp(t *testing.T) {
	t.Parallel()
	const entries, keys, rounds = 64, 100, 6_000
	for name, coarse := range map[string]uint64{"spread": 0, "colliding": ^uint64(7)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records := cache.NewRecords(entries, coarse)
			defer records.Close()
			var all sync.WaitGroup
			var hits atomic.Int64
			for range 8 {
				all.Go(func() {
					for range rounds {
						key := keyOf(rand.IntN(keys))
						if rand.IntN(8) == 0 {
							records.Set(key, named(key, rand.Int64N(1<<40)))
						}
						got, found := records.Get(key)
						if !found {
							continue
						}
						hits.Add(1)
						if want := named(key, got.Membership.Version); got != want {
							t.Errorf("a record that is not one (-want +got):\n%s", cmp.Diff(want, got))
							return
						}
					}
					if got := records.Size(); got > entries {
						t.Errorf("%d records of %d", got, entries)
					}
				})
			}
			all.Wait()
			if hits.Load() < 8*rounds/10 {
				t.Errorf("%d hits say little", hits.Load())
			}
		})
	}
}

// Who copied a record and is slow must not bring it back when it was replaced, or
// belongs to somebody else.
func TestRecordsThatAreNoMoreAreNotMadeFamiliar(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]tenancy.Key{"replaced": keyOf(1), "evicted": keyOf(2)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records := cache.NewRecords(1, 0)
			defer records.Close()
			records.Set(keyOf(1), named(keyOf(1), 1))
			late := records.Befriend(keyOf(1))
			records.Set(next, named(next, 2))
			late()
			if got, found := records.Get(next); !found || got != named(next, 2) {
				t.Errorf("got %+v (found: %v), want the second", got, found)
			}
			if got, found := records.Get(keyOf(1)); found && got == named(keyOf(1), 1) {
				t.Errorf("the first one is back")
			}
		})
	}
	records := cache.NewRecords(1, 0)
	records.Set(keyOf(1), named(keyOf(1), 1))
	late := records.Befriend(keyOf(1))
	records.Close()
	late()
	if _, found := records.Get(keyOf(1)); found {
		t.Errorf("closed records have one")
	}
}

func TestRecordsInUseOutlastThoseAskedForOnce(t *testing.T) {
	t.Parallel()
	const entries, inUse = 100, 20
	records := cache.NewRecords(entries, 0)
	defer records.Close()
	set := func(n int) { records.Set(keyOf(n), cache.Record{Membership: admin(keyOf(n))}) }
	for n := range inUse {
		set(n)
	}
	for n := range 100 * entries {
		set(1000 + n)
		used := n % inUse // each is asked for much more often than the clock goes round
		if _, found := records.Get(keyOf(used)); !found {
			t.Fatalf("a record in use is gone after %d others", n)
		}
	}
}
