package feed_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantgate/tenantgate/internal/feed"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Time passes here only where everybody waits: a busy machine, on which a lease
// would be over before anybody was asked, changes nothing.
func TestAwait(t *testing.T) {
	t.Parallel()
	other := [16]byte{15: 2}
	for _, test := range []struct {
		name    string
		replica tenancy.Replica
		waits   bool
	}{
		{"who has obeyed it", tenancy.Replica{ID: other, Lease: lease, Seen: upTo(t, 101)}, false},
		{"who has obeyed what was before it", tenancy.Replica{ID: other, Lease: lease, Seen: upTo(t, 100)}, true},
		{"itself", tenancy.Replica{ID: own, Lease: lease, Seen: upTo(t, 1)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &database{reading: tenancy.Reading{Seen: upTo(t, 100)}, replicas: []tenancy.Replica{test.replica}}
				f, _ := start(t, d, nil)
				f.Wrote(100)
				began := time.Now()
				f.Await(t.Context())
				if took := time.Since(began); test.waits != (took >= lease) {
					t.Errorf("waited %v, want a lease (%v) at least: %v", took, lease, test.waits)
				}
				if got := f.Stats(); got.Waits != 1 || got.WaitedOut > 0 && !test.waits {
					t.Errorf("waits: got %d, %d of them waited out", got.Waits, got.WaitedOut)
				}
			})
		})
	}
}

// A replica that is silent is waited for as long as its own lease lasts, and one
// that renews it and does not obey for as long as the longest does.
func TestAwaitGoesByTheLeaseOfEach(t *testing.T) {
	t.Parallel()
	const short, longest = 30 * lease, 100 * lease
	for _, test := range []struct {
		name  string
		beats bool
		want  time.Duration
	}{{"silent", false, short}, {"renewed", true, longest}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				other := tenancy.Replica{ID: [16]byte{15: 2}, Lease: short, Seen: upTo(t, 100)}
				d := &database{replicas: []tenancy.Replica{other}}
				f := feed.New(feed.Config{ID: own, Lease: longest, Replicas: d.list})
				f.Wrote(100)
				over := make(chan struct{})
				go func() {
					for test.beats {
						select {
						case <-time.After(short / 3):
							d.set(func() { d.replicas[0].Beat++ })
						case <-over:
							return
						}
					}
				}()
				began := time.Now()
				f.Await(t.Context())
				close(over)
				if took := time.Since(began); took < test.want || took > test.want*5/4 {
					t.Errorf("waited %v, want the lease of %v and a margin", took, test.want)
				}
			})
		})
	}
}

// Confirming does not go by what this replica has written: nobody told it what to
// forget, so it is one of those who have to hear.
func TestConfirm(t *testing.T) {
	t.Parallel()
	other := [16]byte{15: 2}
	some := func() ([]uint64, error) { return []uint64{100}, nil }
	for _, test := range []struct {
		name    string
		unheard func() ([]uint64, error)
		replica tenancy.Replica
		waits   bool
	}{
		{"everybody has acknowledged everything", nil, tenancy.Replica{ID: other, Lease: lease, Seen: upTo(t, 100)}, false},
		{"somebody has obeyed it meanwhile", some, tenancy.Replica{ID: other, Lease: lease, Seen: upTo(t, 101)}, false},
		{"somebody has not", some, tenancy.Replica{ID: other, Lease: lease, Seen: upTo(t, 100)}, true},
		{"itself has not", some, tenancy.Replica{ID: own, Lease: lease, Seen: upTo(t, 100)}, true},
		{"nobody can say", func() ([]uint64, error) { return nil, errLost }, tenancy.Replica{ID: other, Lease: lease, Seen: upTo(t, 101)}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &database{reading: tenancy.Reading{Seen: upTo(t, 100)}, replicas: []tenancy.Replica{test.replica}, unheard: test.unheard}
				f, _ := start(t, d, nil)
				began := time.Now()
				f.Confirm(t.Context())
				if took := time.Since(began); test.waits != (took >= lease) {
					t.Errorf("took %v, want a lease (%v) at least: %v", took, lease, test.waits)
				}
			})
		})
	}
}
