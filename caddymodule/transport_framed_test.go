package caddymodule_test

import (
	"io"

	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestBodiesOverHTTP2ByEitherTransport: a length that the client tells is the
// length that the upstream is told, unless there are trailers to come.
func TestBodiesOverHTTP2ByEitherTransport(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(behaves(&asked))
	defer server.Close()
	var h2c http.Protocols
	h2c.SetUnencryptedHTTP2(true)
	client := http.Client{Transport: &http.Transport{Protocols: &h2c}, Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	for _, transport := range []string{"http", "tenant_http"} {
		address := siteTo(t, bodyCase{name: "over HTTP/2", server: "protocols h1 h2c"}, server.Listener.Addr().String(), transport)
		for _, test := range []struct {
			name    string
			length  int64
			trailer http.Header
			want    string
		}{
			{"of a length", 5, nil, "5 <nil> [] map[]"},
			{"of no known length", -1, nil, "5 <nil> [chunked] map[]"},
			{"of a length, and trailers", 5, http.Header{"X-T": {"v"}}, "5 <nil> [chunked] map[X-T:[v]]"},
			{"of no known length, and trailers", -1, http.Header{"X-T": {"v"}}, "5 <nil> [chunked] map[X-T:[v]]"},
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/echo", io.MultiReader(strings.NewReader("hello")))
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength, r.Trailer = test.length, test.trailer
			res, err := client.Do(r)
			if err != nil {
				t.Errorf("transport %s, a body %s: %v", transport, test.name, err)
				continue
			}
			text, err := io.ReadAll(res.Body)
			if err != nil || res.ProtoMajor != 2 || string(text) != test.want {
				t.Errorf("transport %s, a body %s: %s %q, %v, want %q", transport, test.name, res.Proto, text, err, test.want)
			}
			_ = res.Body.Close()
		}
	}
}

// TestTimeoutsOfATransportAreNoneOfItsIdleConnections, whose last deadline has
// passed.
func TestTimeoutsOfATransportAreNoneOfItsIdleConnections(t *testing.T) {
	const timeout = time.Second // for an answer to come in, on a busy machine too
	for _, transport := range []string{"http", "tenant_http"} {
		var asked atomic.Int32
		server := httptest.NewUnstartedServer(behaves(&asked))
		server.Start()
		address := siteTo(t, bodyCase{name: "twice", setting: "read_timeout " + timeout.String() + "\nwrite_timeout " + timeout.String()}, server.Listener.Addr().String(), transport)
		for turn := range 2 {
			if turn > 0 {
				<-time.After(timeout + timeout/5) // the deadline itself is what this is about
			}
			if got := asks(t, http.MethodPost, "http://"+address+"/echo", "hello"); got != "200 5 <nil> [] map[]" {
				t.Errorf("transport %s: %q", transport, got)
			}
		}
		server.Close()
	}
}
