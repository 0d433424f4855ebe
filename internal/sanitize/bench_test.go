package sanitize_test

import (
	"net/http"
	"testing"

	"github.com/tenantgate/tenantgate/internal/sanitize"
)

func ordinaryRequest() *http.Request {
	return &http.Request{
		Method: "GET", Host: "app.example.com", RequestURI: "/api/v1/calls/01928f?limit=50", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		URL: mustURL("/api/v1/calls/01928f?limit=50"),
		Header: http.Header{
			"Accept": {"application/json"}, "Accept-Encoding": {"gzip, br"}, "Accept-Language": {"en"},
			"Authorization": {"Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}, "Cookie": {"theme=dark; lang=en"},
			"Connection": {"keep-alive"}, "Content-Type": {"application/json"}, "Origin": {"https://app.example.com"},
			"Referer": {"https://app.example.com/"}, "User-Agent": {"Mozilla/5.0"}, "X-Requested-With": {"XMLHttpRequest"},
			"X-Tenant": {"acme"},
		},
	}
}

func BenchmarkOrdinaryRequest(b *testing.B) {
	r := ordinaryRequest()
	tenant := r.Header["X-Tenant"]
	observe := func(sanitize.Reason, int) {}
	b.ReportAllocs()
	for b.Loop() {
		r.Header["X-Tenant"] = tenant // what Strip took
		if _, refusal := strict.Check(r); refusal != nil {
			b.Fatal(refusal)
		}
		strict.Strip(r, observe)
	}
}

func BenchmarkCheck(b *testing.B) {
	r := ordinaryRequest()
	b.ReportAllocs()
	for b.Loop() {
		strict.Check(r)
	}
}

func BenchmarkProtected(b *testing.B) {
	for _, name := range []string{"Accept-Encoding", "X-Requested-With", "X-Tenant-ID", "X_Forwarded_For"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sanitize.Protected(name)
			}
		})
	}
}

func TestOrdinaryRequestsCostNoAllocation(t *testing.T) {
	r := ordinaryRequest()
	tenant := r.Header["X-Tenant"]
	observe := func(sanitize.Reason, int) {}
	allocations := testing.AllocsPerRun(100, func() {
		r.Header["X-Tenant"] = tenant
		strict.Check(r)
		strict.Strip(r, observe)
	})
	if allocations > 0 {
		t.Errorf("Check and Strip allocate %v times, want none", allocations)
	}
}
