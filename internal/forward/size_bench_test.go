package forward_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/forward"
)

// BenchmarkApplyMany is a forwarder that has far more memberships to forward than
// it keeps prepared, all of them in use, with assertions off.
func BenchmarkApplyMany(b *testing.B) {
	for _, size := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("memberships=%d", size), func(b *testing.B) {
			f, err := forward.New(nil, 65_536, time.Now)
			if err != nil {
				b.Fatal(err)
			}
			h, n := http.Header{}, 0
			one := func() {
				m := ann()
				binary.BigEndian.PutUint64(m.User[8:], uint64(n*7919%size)+1)
				apply(b, f, h, m)
				n++
			}
			for range 2 * size {
				one()
			}
			b.ReportAllocs()
			for b.Loop() {
				one()
			}
		})
	}
}
