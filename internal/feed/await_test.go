package feed_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

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
			d := &database{reading: tenancy.Reading{Seen: upTo(t, 100)}, replicas: []tenancy.Replica{test.replica}}
			f, _ := start(t, d, nil)
			f.Wrote(100)
			began := time.Now()
			f.Await(t.Context())
			if took := time.Since(began); test.waits && took < lease {
				t.Errorf("waited %v, want a lease at least", took)
			}
			if got := f.Stats(); got.Waits != 1 || got.WaitedOut > 0 && !test.waits {
				t.Errorf("waits: got %d, %d of them waited out", got.Waits, got.WaitedOut)
			}
		})
	}
}
