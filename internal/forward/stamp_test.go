package forward_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/forward"
)

func TestStampOfATenantsAnswer(t *testing.T) {
	t.Parallel()
	const all = "Authorization, Cookie, X-Tenant"
	tests := map[string]struct{ upstream, want http.Header }{
		"nothing": {http.Header{}, http.Header{"Vary": {all}}},
		"upstream's own names": {
			http.Header{"X-Tenant-Id": {"b", "c"}, "X-Request-Id": {"2"}, "X-Tenantgate-Assertion": {"eyJ"}, "X-Tenantgate-": {"x"}, "X-Tenantgates": {"y"}},
			http.Header{"Vary": {all}, "X-Tenantgates": {"y"}},
		},
		"other vary":  {http.Header{"Vary": {"Accept-Encoding"}}, http.Header{"Vary": {"Accept-Encoding", all}}},
		"part of it":  {http.Header{"Vary": {"Accept, cookie", "x-tenant"}}, http.Header{"Vary": {"Accept, cookie", "x-tenant", "Authorization"}}},
		"all of it":   {http.Header{"Vary": {"X-Tenant,Cookie,\tAuthorization"}}, http.Header{"Vary": {"X-Tenant,Cookie,\tAuthorization"}}},
		"name within": {http.Header{"Vary": {"X-Tenant-Id, Cookie, Authorization"}}, http.Header{"Vary": {"X-Tenant-Id, Cookie, Authorization", "X-Tenant"}}},
		"everything":  {http.Header{"Vary": {"*"}}, http.Header{"Vary": {"*"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stamp := apply(t, newForwarder(t, newSigner(t), time.Now), http.Header{}, ann())
			test.want["X-Tenant-Id"], test.want["X-Request-Id"] = []string{acmeID}, []string{requestID}
			for range 2 { // an answer may be stamped again, as after a 103
				stamp.Apply(test.upstream)
				if diff := cmp.Diff(test.want, test.upstream); diff != "" {
					t.Errorf("headers (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestStampOfAPublicAnswer(t *testing.T) {
	t.Parallel()
	got := http.Header{"X-Tenant-Id": {"b"}, "X-Request-Id": {"2"}, "X-Tenantgate-Role": {"admin"}, "Vary": {"Accept"}}
	stamp := new(forward.Stamp)
	forward.Clear(http.Header{}, requestID, stamp)
	stamp.Apply(got)
	if diff := cmp.Diff(http.Header{"X-Request-Id": {requestID}, "Vary": {"Accept"}}, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestTrailersThatAreOurs(t *testing.T) {
	t.Parallel()
	for announced, want := range map[string][]string{
		"X-Tenant-ID": nil, "x-tenant-id,X-Request-Id, X-TENANTGATE-x": nil, "Sum": {"Sum"}, "X-Tenant-Id, Sum ,,\tX-User-Id": {"Sum, X-User-Id"},
	} {
		h := http.Header{"Trailer": {announced}}
		new(forward.Stamp).Apply(h)
		if diff := cmp.Diff(want, h["Trailer"]); diff != "" {
			t.Errorf("announcing %q (-want +got):\n%s", announced, diff)
		}
	}
	h := http.Header{"X-Tenant-Id": {"a"}, "Trailer:X-Tenant-Id": {"b"}, "Trailer:x-request-id": {"c"}, "Trailer:X-Tenantgate-Role": {"admin"}, "Trailer:Sum": {"7"}}
	forward.Trailers(h)
	if diff := cmp.Diff(http.Header{"X-Tenant-Id": {"a"}, "Trailer:Sum": {"7"}}, h); diff != "" {
		t.Errorf("unannounced (-want +got):\n%s", diff)
	}
}

func BenchmarkStamp(b *testing.B) {
	stamp := apply(b, newForwarder(b, nil, time.Now), http.Header{}, ann())
	for name, vary := range map[string][]string{"vary=none": nil, "vary=encoding": {"Accept-Encoding"}} {
		b.Run(name, func(b *testing.B) {
			h := http.Header{"Content-Type": {"text/html"}, "Content-Length": {"5"}, "X-Request-Id": {"x"}, "X-Tenant-Id": {"x"}}
			b.ReportAllocs()
			for b.Loop() {
				h["Vary"] = vary
				stamp.Apply(h)
			}
		})
	}
}
