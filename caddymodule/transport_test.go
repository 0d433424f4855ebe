package caddymodule_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/caddymodule"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

func TestTransportReadsWhatTransportHTTPReads(t *testing.T) {
	t.Parallel()
	for _, settings := range []string{
		"read_buffer 8k", "write_buffer 8k", "max_response_header 1MiB", "read_timeout 1s", "write_timeout 1s",
		"dial_timeout 1s", "dial_fallback_delay 1s", "response_header_timeout 1s", "expect_continue_timeout 1s",
		"resolvers 127.0.0.1", "keepalive off", "keepalive 7s", "keepalive_interval 7s", "keepalive_idle_conns 7",
		"keepalive_idle_conns_per_host 7", "compression off", "max_conns_per_host 7", "versions 1.1", "versions h2c 2",
		"proxy_protocol v2", "local_address 127.0.0.1", "network_proxy none", "network_proxy url http://127.0.0.1:1",
		"tls", "tls_insecure_skip_verify", "tls_server_name x", "tls_timeout 1s",
	} {
		transport := func(name string) string {
			config, err := adapt(t, ":8080 {\nreverse_proxy 127.0.0.1:9000 {\ntransport "+name+" {\n"+settings+"\n}\n}\n}\n")
			if err != nil {
				t.Fatalf("transport %s with %q: %v", name, settings, err)
			}
			return strings.Replace(config, `"protocol": "`+name+`"`, `"protocol": "ours or theirs"`, 1)
		}
		if diff := cmp.Diff(transport("http"), transport("tenant_http")); diff != "" {
			t.Errorf("%q (-http +tenant_http):\n%s", settings, diff)
		}
	}
	for _, address := range []string{"https://127.0.0.1:9000", "h2c://127.0.0.1:9000", "unix//run/upstream.sock"} {
		if _, err := adapt(t, ":8080 {\nreverse_proxy "+address+" {\ntransport tenant_http\n}\n}\n"); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := adapt(t, ":8080 {\nreverse_proxy 127.0.0.1:9000 {\ntransport tenant_http {\nno_such_setting\n}\n}\n}\n"); err == nil {
		t.Error("a setting that does not exist is accepted")
	}
}

func TestSettingsThatRuleTheShorterWayOut(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]bool{
		"": true, "read_timeout 1s\nwrite_timeout 1s": true, "keepalive 7s": true, "keepalive_idle_conns_per_host 7": true,
		"max_response_header 1MiB": true, "compression off": true, "versions 1.1": true, "versions 1.1 2": true,
		"expect_continue_timeout 1s": true, "network_proxy url http://127.0.0.1:1": true,
		"keepalive off": false, "keepalive -1s": false, "keepalive_idle_conns 7": false, "max_conns_per_host 7": false,
		"response_header_timeout 1s": false, "versions h2c 2": false, "versions 3\ntls": false,
		"proxy_protocol v1": false, "proxy_protocol v2": false,
	} {
		transport := new(caddymodule.Transport)
		if err := transport.UnmarshalCaddyfile(caddyfile.NewTestDispenser("tenant_http {\n" + settings + "\n}")); err != nil {
			t.Fatalf("%q: %v", settings, err)
		}
		ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
		if err := transport.Provision(ctx); err != nil {
			t.Fatalf("%q: %v", settings, err)
		}
		if got := transport.Short(); got != want {
			t.Errorf("%q: a shorter way %v, want %v", settings, got, want)
		}
		if err := transport.Cleanup(); err != nil {
			t.Error(err)
		}
		cancel()
	}
}

// serve has Caddy serve a site, with global options, and returns where to ask.
func serve(t *testing.T, global, site string) (address string) {
	t.Helper()
	address = "127.0.0.1:" + strconv.Itoa(tenancytest.FreePort(t))
	config, err := adapt(t, "{\nadmin off\npersist_config off\n"+global+"}\nhttp://"+address+" {\n"+site+"\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load([]byte(config), true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return address
}

// proxyTo has Caddy send everything on as the settings of reverse_proxy say.
func proxyTo(t *testing.T, settings string) (address string) {
	t.Helper()
	return serve(t, "", "reverse_proxy {\n"+settings+"\n}")
}

// witness says how it was asked. Caddy's way asks for gzip where the client does
// not, ours tells the upstream what the client accepts.
var witness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	way := "short"
	if r.Header.Get("Accept-Encoding") == "gzip" {
		way = "caddy's"
	}
	if r.Header.Get("Upgrade") != "" {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", r.Header.Get("Upgrade"))
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, buffer, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		line, _ := buffer.ReadString('\n')
		_, _ = io.WriteString(conn, way+" "+line)
		return
	}
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %s %s", way, r.Method, r.RequestURI, body)
})

// asks sends a request that accepts no encoding, and returns status and body.
func asks(t *testing.T, method, url, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}, Timeout: 20 * time.Second}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strconv.Itoa(res.StatusCode) + " " + string(text))
}

func TestTransportChoosesTheWay(t *testing.T) {
	server := httptest.NewServer(witness)
	defer server.Close()
	secure := httptest.NewTLSServer(witness)
	defer secure.Close()
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	local := &httptest.Server{Listener: listener, Config: &http.Server{Handler: witness}} //nolint:gosec // a test's
	local.Start()
	defer local.Close()
	plain, long := server.Listener.Addr().String(), strings.Repeat("words", 4000)
	for _, test := range []struct{ directive, method, body, want string }{
		{"to " + plain + "\ntransport tenant_http", "GET", "", "200 short GET /x?y"},
		{"to " + plain + "\ntransport tenant_http", "DELETE", "", "200 short DELETE /x?y"},
		{"to " + plain + "\ntransport tenant_http", "POST", "", "200 short POST /x?y"},
		{"to " + plain + "\ntransport tenant_http", "POST", "words", "200 short POST /x?y words"},
		{"to " + plain + "\ntransport tenant_http", "POST", long, "200 caddy's POST /x?y " + long},
		{"to " + plain + "\ntransport tenant_http {\nresponse_header_timeout 9s\n}", "GET", "", "200 caddy's GET /x?y"},
		{"to unix/" + socket + "\ntransport tenant_http", "GET", "", "200 short GET /x?y"},
		{"to https://" + secure.Listener.Addr().String() + "\ntransport tenant_http {\ntls_insecure_skip_verify\n}", "GET", "", "200 caddy's GET /x?y"},
		{"to 192.0.2.1:80\ntransport tenant_http {\nnetwork_proxy url " + server.URL + "\n}", "GET", "", "200 caddy's GET http://gateway/x?y"},
	} {
		address := proxyTo(t, test.directive)
		for range 2 { // the second time on a connection that was used
			got := strings.ReplaceAll(asks(t, test.method, "http://"+address+"/x?y", test.body), address, "gateway")
			if got != test.want {
				t.Errorf("%s with %q by %q: %q, want %q", test.method, test.body, test.directive, got, test.want)
			}
		}
	}
}

func TestTransportSendsLongHeadersCaddysWay(t *testing.T) {
	server := httptest.NewServer(witness)
	defer server.Close()
	address := siteTo(t, bodyCase{name: "and a long header", server: "max_header_size 1MiB"}, server.Listener.Addr().String(), "tenant_http")
	for length, want := range map[int]string{16 << 10: "short POST /x?y words", 64 << 10: "caddy's POST /x?y words"} {
		target := "http://" + address + "/x?y"
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader("words"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Long", strings.Repeat("x", length))
		client := http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}, Timeout: 20 * time.Second}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(res.Body); string(text) != want {
			t.Errorf("a header of %d bytes: %q, %v, want %q", length, text, err, want)
		}
		_ = res.Body.Close()
	}
}

func TestTransportLetsProtocolsBeChanged(t *testing.T) {
	server := httptest.NewServer(witness)
	defer server.Close()
	address := proxyTo(t, "to "+server.Listener.Addr().String()+"\ntransport tenant_http")
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "+address+"\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("asking for another protocol: %v, %v", res, err)
	}
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := in.ReadString('\n'); got != "caddy's hello\n" {
		t.Errorf("over the other protocol: %q, %v", got, err)
	}
}

func TestTransportTellsThatItCouldNotConnect(t *testing.T) {
	server := httptest.NewServer(witness)
	defer server.Close()
	dead := "127.0.0.1:" + strconv.Itoa(tenancytest.FreePort(t)) // nobody is there
	for _, body := range []string{"", "words"} {
		address := proxyTo(t, "to "+dead+" "+server.Listener.Addr().String()+"\nlb_policy first\nlb_try_duration 9s\nfail_duration 1m\ntransport tenant_http")
		// Only what certainly was not served is tried elsewhere whatever the method.
		if got, want := asks(t, "DELETE", "http://"+address+"/x", body), strings.TrimSpace("200 short DELETE /x "+body); got != want {
			t.Errorf("with the first upstream away: %q, want %q", got, want)
		}
	}
	address := proxyTo(t, "to "+dead+"\ntransport tenant_http")
	if got := asks(t, "GET", "http://"+address+"/x", ""); got != "502" {
		t.Errorf("with the only upstream away: %q, want 502", got)
	}
}

func TestTransportTellsThatTheUpstreamIsSlow(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	for _, transport := range []string{"http", "tenant_http"} {
		address := proxyTo(t, "to "+server.Listener.Addr().String()+"\ntransport "+transport+" {\nread_timeout 50ms\n}")
		if got := asks(t, "GET", "http://"+address+"/x", ""); got != "504" {
			t.Errorf("transport %s, when the upstream does not answer in time: %q, want 504", transport, got)
		}
	}
}

func TestTransportBoundsTheHeaderOfAnAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 64<<10))
	}))
	defer server.Close()
	for _, transport := range []string{"http", "tenant_http"} {
		for limit, want := range map[string]string{"8KiB": "502", "128KiB": "200"} {
			address := proxyTo(t, "to "+server.Listener.Addr().String()+"\ntransport "+transport+" {\nmax_response_header "+limit+"\n}")
			if got := asks(t, "GET", "http://"+address+"/x", ""); got != want {
				t.Errorf("transport %s, a header of 64 KiB where %s may come: %q, want %s", transport, limit, got, want)
			}
		}
	}
}

func TestTransportEndsWithItsConfigurationAndItsClient(t *testing.T) {
	var open atomic.Int32
	held, ended := make(chan struct{}), make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hold" {
			return
		}
		close(held)
		<-r.Context().Done()
		close(ended)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.Start()
	defer server.Close()
	address := proxyTo(t, "to "+server.Listener.Addr().String()+"\ntransport tenant_http")
	asks(t, "GET", "http://"+address+"/", "")
	if open.Load() != 1 {
		t.Fatalf("%d connections after a request, want one that is kept", open.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/hold", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if res, err := http.DefaultClient.Do(r); err == nil {
			res.Body.Close()
		}
	}()
	<-held
	cancel()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the upstream is not told that the client has gone")
	}
	tenancytest.Eventually(t, 20*time.Second, "the connection of the client that has gone is closed", func() bool { return open.Load() == 0 })
	asks(t, "GET", "http://"+address+"/", "")
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	tenancytest.Eventually(t, 20*time.Second, "the end closes what is idle", func() bool { return open.Load() == 0 })
}
