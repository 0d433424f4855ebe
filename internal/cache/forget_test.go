package cache_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// scopes are the changes that touch keyOf(1), and some that do not.
var scopes = []struct {
	name   string
	change tenancy.Change
	forget bool
}{
	{"the pair", tenancy.Change{Key: keyOf(1)}, true},
	{"the user everywhere", tenancy.Change{Key: tenancy.Key{User: keyOf(1).User}}, true},
	{"everybody in the tenant", tenancy.Change{Key: tenancy.Key{Tenant: keyOf(1).Tenant}}, true},
	{"the user elsewhere", tenancy.Change{Key: tenancy.Key{User: keyOf(1).User, Tenant: keyOf(2).Tenant}}, false},
	{"somebody else in the tenant", tenancy.Change{Key: tenancy.Key{User: keyOf(2).User, Tenant: keyOf(1).Tenant}}, false},
	{"another user", tenancy.Change{Key: tenancy.Key{User: keyOf(2).User}}, false},
	{"another tenant", tenancy.Change{Key: tenancy.Key{Tenant: keyOf(2).Tenant}}, false},
	{"a name", tenancy.Change{Names: []tenancy.Name{{Value: "acme"}}}, false},
}

func TestLocalForgetsWhatChangedAndNoMore(t *testing.T) {
	t.Parallel()
	for _, test := range scopes {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			next := admins()
			local := cache.NewLocal(next, cache.Config{Entries: 10, Freshness: time.Hour})
			mustAnswer(t, local, keyOf(1))
			local.Invalidate(t.Context(), test.change)
			mustAnswer(t, local, keyOf(1))
			want := int64(1)
			if test.forget {
				want = 2
			}
			wantCalls(t, next, want)
		})
	}
}

// slowThenRemoved is a next layer whose first read takes until released and
// returns the admin; later ones find the admin removed.
func slowThenRemoved() (next memberships, reading, release chan struct{}) {
	reading, release = make(chan struct{}), make(chan struct{})
	var calls atomic.Int64
	return func(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
		if calls.Add(1) > 1 {
			return tenancy.Membership{Key: key}, nil
		}
		close(reading)
		<-release
		return admin(key), nil
	}, reading, release
}

func TestLocalSlowReadDoesNotResurrect(t *testing.T) {
	t.Parallel()
	for _, test := range scopes {
		if !test.forget {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			next, reading, release := slowThenRemoved()
			local := cache.NewLocal(next, cache.Config{Entries: 10, Freshness: time.Hour, Timeout: time.Minute})
			slow := make(chan tenancy.Membership)
			go func() {
				m, _ := local.Membership(context.Background(), keyOf(1))
				slow <- m
			}()
			<-reading
			local.Invalidate(t.Context(), test.change)

			// Who arrives now must not join the read that began before.
			if got := mustAnswer(t, local, keyOf(1)); got.Role != tenancy.RoleNone {
				t.Errorf("role after invalidation, old read under way: got %v, want none", got.Role)
			}
			close(release)
			<-slow
			if got := mustAnswer(t, local, keyOf(1)); got.Role != tenancy.RoleNone {
				t.Errorf("role after the old read has ended: got %v, want none", got.Role)
			}
		})
	}
}

// forgetful records when it was told to forget.
type forgetful struct {
	memberships
	forget func(...tenancy.Change)
}

func (f forgetful) Invalidate(_ context.Context, changes ...tenancy.Change) { f.forget(changes...) }

func TestLocalForgetsAfterTheLayerBehindIt(t *testing.T) {
	t.Parallel()
	// While the layer behind still answers from before, it is looked up once more.
	var local *cache.Local
	var told []tenancy.Change
	old := true
	local = cache.NewLocal(forgetful{
		memberships: func(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
			if old {
				return admin(key), nil
			}
			return tenancy.Membership{Key: key}, nil
		},
		forget: func(changes ...tenancy.Change) {
			told = changes
			mustAnswer(t, local, keyOf(1))
			old = false
		},
	}, cache.Config{Entries: 10, Freshness: time.Hour})
	change := tenancy.Change{Key: keyOf(1)}
	local.Invalidate(t.Context(), change)
	if diff := cmp.Diff([]tenancy.Change{change}, told); diff != "" {
		t.Errorf("changes passed on (-want +got):\n%s", diff)
	}
	if got := mustAnswer(t, local, keyOf(1)); got.Role != tenancy.RoleNone {
		t.Errorf("role after Invalidate: got %v, want none", got.Role)
	}
}

// truth is a store of versions that writers raise. acknowledged is the version
// whose invalidation has returned: no look-up that starts later may see less.
type truth struct {
	version, acknowledged [8]atomic.Int64
}

func (tr *truth) Membership(_ context.Context, key tenancy.Key) (tenancy.Membership, error) {
	m := admin(key)
	m.Version = tr.version[key.User[15]%8].Load()
	if rand.IntN(4) == 0 {
		// An answer that is on its way for a while.
		wait := time.NewTimer(time.Duration(rand.IntN(500)) * time.Microsecond)
		<-wait.C
	}
	return m, nil
}

// check reads through readers while writers change and invalidate through
// theirs, and reports each answer that is older than what was acknowledged
// before the question.
func (tr *truth) check(t *testing.T, readers []tenancy.Memberships, forget func(...tenancy.Change), rounds int) {
	t.Helper()
	var writers, all sync.WaitGroup
	stop := make(chan struct{})
	for n := range len(tr.version) {
		key := keyOf(n)
		slot := key.User[15] % 8
		changes := []tenancy.Change{{Key: key}, {Key: tenancy.Key{User: key.User}}, {Key: tenancy.Key{Tenant: key.Tenant}}}
		writers.Go(func() {
			for round := range rounds {
				version := tr.version[slot].Add(1)
				forget(changes[round%len(changes)])
				tr.acknowledged[slot].Store(version)
			}
		})
		for _, reader := range readers {
			all.Go(func() {
				for {
					want := tr.acknowledged[slot].Load()
					got, err := reader.Membership(context.Background(), key)
					if err != nil || got.Version < want {
						t.Errorf("key %d: got version %d (error %v) after %d was acknowledged", n, got.Version, err, want)
						return
					}
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
	}
	writers.Wait()
	close(stop)
	all.Wait()
}

func TestLocalNeverAnswersFromBeforeAnInvalidation(t *testing.T) {
	t.Parallel()
	tr := &truth{}
	local := cache.NewLocal(tr, cache.Config{Entries: 100, Freshness: time.Hour})
	tr.check(t, []tenancy.Memberships{local, local}, func(changes ...tenancy.Change) {
		local.Invalidate(context.Background(), changes...)
	}, 2000)
	if stats := local.Stats(); stats.Hits == 0 {
		t.Errorf("the check saw no hit: %s", fmt.Sprintf("%+v", stats))
	}
}
