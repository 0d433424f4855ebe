package caddymodule_test

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// part is what a client sends of a request, in turn.
type part string

// What a client does that is not sending.
const (
	halfway part = "\x00half"  // it ends its direction of the connection
	hears   part = "\x00hears" // it waits for a 100
)

// chance is a number of requests that is another each time.
const chance = -1

// stalling is a server that waits for no client for long.
const stalling = "timeouts {\nread_body_idle 300ms\n}"

// bodyCase is a request with a body, and what becomes of it by either transport.
type bodyCase struct {
	name    string
	server  string // settings of the server
	site    string // directives of the site, before reverse_proxy
	proxy   string // settings of reverse_proxy
	setting string // of the transport
	target  string // what the upstream does, see behaves
	method  string // empty: POST
	header  string // besides Host
	sends   []part // after the header
	stock   string // with transport http: the status, and what the answer says; or another, by chance
	ours    string // empty: as with transport http
	reached int32  // how many requests the upstream saw; chance: any
	unasked bool   // by our transport it saw none
}

// behaves is an upstream that goes wrong as its path says. What it read of a body
// it says in the answer.
func behaves(asked *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		control := http.NewResponseController(w)
		leave := func(text string, linger int) {
			conn, _, err := control.Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, text)
			_ = conn.(*net.TCPConn).SetLinger(linger)
			_ = conn.Close()
		}
		switch r.URL.Path {
		case "/echo":
			body, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%d %v %v %s", len(body), err, r.TransferEncoding, r.Trailer)
		case "/early":
			w.Header().Set("Content-Length", "5")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "early")
			_ = control.Flush() // the server would wait for the body
		case "/goes":
			leave("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 5\r\n\r\nearly", -1)
		case "/closes":
			leave("", -1)
		case "/resets":
			leave("", 0)
		case "/second": // and is there again
			if n == 1 {
				leave("", -1)
				return
			}
			body, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%d %v", len(body), err)
		case "/silent":
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}
	}
}

var bodyCases = []bodyCase{
	{name: "whole", target: "/echo", header: "Content-Length: 5", sends: []part{"hello"}, stock: "200 5 <nil> [] map[]", reached: 1},
	{name: "in pieces", target: "/echo", header: "Content-Length: 5", sends: []part{"h", "el", "lo"}, stock: "200 5 <nil> [] map[]", reached: 1},
	{name: "chunked", target: "/echo", header: "Transfer-Encoding: chunked", sends: []part{"5\r\nhello\r\n0\r\n\r\n"}, stock: "200 5 <nil> [chunked] map[]", reached: 1},
	{
		name: "chunked, with trailers", target: "/echo", header: "Trailer: X-T\r\nTransfer-Encoding: chunked", sends: []part{"5\r\nhello\r\n0\r\nX-T: v\r\n\r\n"},
		stock: "200 5 <nil> [chunked] map[X-T:[v]]", reached: 1,
	},
	{name: "of a GET", target: "/echo", method: "GET", header: "Content-Length: 5", sends: []part{"hello"}, stock: "200 5 <nil> [] map[]", reached: 1},
	{name: "that is announced", target: "/echo", header: "Expect: 100-continue\r\nContent-Length: 5", sends: []part{hears, "hello"}, stock: "200 5 <nil> [] map[]", reached: 1},
	{name: "with another request behind it", target: "/echo", header: "Content-Length: 5", sends: []part{"helloPOST /second HTTP/1.1\r\n"}, stock: "200 5 <nil> [] map[]", reached: 1},
	{name: "at the limit of what is taken", target: "/echo", header: "Content-Length: 16384", sends: []part{part(strings.Repeat("x", 16384))}, stock: "200 16384 <nil> [] map[]", reached: 1},
	{name: "past it", target: "/echo", header: "Content-Length: 16385", sends: []part{part(strings.Repeat("x", 16385))}, stock: "200 16385 <nil> [] map[]", reached: 1},

	{name: "that ends early", target: "/echo", header: "Content-Length: 5", sends: []part{"hell", halfway}, stock: "502 or 499", ours: "499", reached: chance, unasked: true},
	{name: "that stalls", target: "/echo", header: "Content-Length: 5", sends: []part{"hell"}, server: stalling, stock: "504 or 499", ours: "499", reached: 1, unasked: true},
	{name: "that is too large", site: "request_body {\nmax_size 4\n}", target: "/echo", header: "Content-Length: 5", sends: []part{"hello"}, stock: "413"},
	{name: "that becomes too large", site: "request_body {\nmax_size 4\n}", target: "/echo", header: "Transfer-Encoding: chunked", sends: []part{"5\r\nhello\r\n0\r\n\r\n"}, stock: "413", reached: chance},
	{
		name: "that becomes too large in a buffer", site: "request_body {\nmax_size 4\n}", proxy: "request_buffers 8k", target: "/echo",
		header: "Transfer-Encoding: chunked", sends: []part{"5\r\nhello\r\n0\r\n\r\n"}, stock: "413", reached: chance,
	},
	{
		name: "of no known length, in a buffer", proxy: "request_buffers 8k", target: "/echo", header: "Transfer-Encoding: chunked",
		sends: []part{"5\r\nhello\r\n0\r\n\r\n"}, stock: "200 5 <nil> [chunked] map[]", reached: 1,
	},
	{name: "longer than the buffer", proxy: "request_buffers 3", target: "/echo", header: "Content-Length: 5", sends: []part{"hello"}, stock: "200 5 <nil> [] map[]", reached: 1},

	{name: "answered early", target: "/early", header: "Content-Length: 5", sends: []part{"hello"}, stock: "403 early", reached: 1},
	{ // over HTTP/1 the server reads on before it lets an answer through
		name: "answered early, while it is sent", target: "/early", header: "Content-Length: 5", sends: []part{"hell"}, server: stalling,
		stock: "504 or 499", reached: 1, ours: "499", unasked: true,
	},
	{name: "answered and left", target: "/goes", header: "Content-Length: 16000", sends: []part{part(strings.Repeat("x", 16000))}, stock: "403 early", reached: 1},
	{name: "left without an answer", target: "/closes", header: "Content-Length: 5", sends: []part{"hello"}, stock: "502", reached: 1},
	{name: "reset", target: "/resets", header: "Content-Length: 5", sends: []part{"hello"}, stock: "502", reached: 1},
	{name: "never answered", setting: "read_timeout 200ms", target: "/silent", header: "Content-Length: 5", sends: []part{"hello"}, stock: "504", reached: 1},
	{
		name: "of a POST, left, and another try", proxy: "lb_retries 2", target: "/second", header: "Content-Length: 5", sends: []part{"hello"},
		stock: "502", reached: 1,
	},
	{
		name: "of a GET, left, and another try", proxy: "lb_retries 2", target: "/second", method: "GET", header: "Content-Length: 5", sends: []part{"hello"},
		stock: "502", reached: chance,
	},
	{
		name: "of a GET, left, and another try from a buffer", proxy: "request_buffers 8k\nlb_retries 2", target: "/second", method: "GET", header: "Content-Length: 5", sends: []part{"hello"},
		stock: "200 5 <nil>", reached: 2,
	},
}

// TestBodiesByEitherTransport is what a client and an upstream see of a request
// with a body by Caddy's transport and by ours.
func TestBodiesByEitherTransport(t *testing.T) {
	for _, test := range bodyCases {
		for _, transport := range []string{"http", "tenant_http"} {
			var asked atomic.Int32
			server := httptest.NewUnstartedServer(behaves(&asked))
			server.Config.ErrorLog = nil
			server.Start()
			address := siteTo(t, test, server.Listener.Addr().String(), transport)
			got := test.ask(t, address, &asked)
			want, reached := test.stock, test.reached
			if transport != "http" {
				if test.ours != "" {
					want = test.ours
				}
				if test.unasked {
					reached = 0
				}
			}
			if !slices.Contains(strings.Split(want, " or "), got) || reached != chance && asked.Load() != reached {
				t.Errorf("transport %s, a body %s: %q and %d requests at the upstream, want %q and %d", transport, test.name, got, asked.Load(), want, reached)
			}
			server.CloseClientConnections()
			server.Close()
		}
	}
}

// siteTo has Caddy send everything on as a case says, and returns where to ask.
func siteTo(t *testing.T, test bodyCase, upstream, transport string) (address string) {
	t.Helper()
	global := ""
	if test.server != "" {
		global = "servers {\n" + test.server + "\n}\n"
	}
	return serve(t, global, test.site+"\nreverse_proxy {\nto "+upstream+"\n"+test.proxy+"\ntransport "+transport+" {\n"+test.setting+"\n}\n}\n")
}

// ask makes the request, and returns the status and the body of the answer.
func (c bodyCase) ask(t *testing.T, address string, asked *atomic.Int32) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n", cmp.Or(c.method, http.MethodPost), c.target, address, c.header)
	for _, next := range c.sends {
		switch next {
		case halfway:
			err = errors.Join(err, conn.(*net.TCPConn).CloseWrite())
		case hears:
			res, failed := http.ReadResponse(in, nil)
			if err = errors.Join(err, failed); failed == nil && res.StatusCode != http.StatusContinue {
				return res.Status
			}
		default:
			_, failed := io.WriteString(conn, string(next))
			err = errors.Join(err, failed)
		}
	}
	if err != nil {
		t.Fatalf("a body %s: sending it: %v", c.name, err)
	}
	res, err := http.ReadResponse(in, nil)
	for err == nil && res.StatusCode == http.StatusContinue { // the upstream's own
		res, err = http.ReadResponse(in, nil)
	}
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(strconv.Itoa(res.StatusCode) + " " + string(text))
}
