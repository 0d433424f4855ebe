package attack_test

import (
	"io"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// mutants are requests that the others are made of.
var mutants = []string{
	"GET /api/v1/calls?a=b HTTP/1.1\r\nHost: gateway.test\r\n{bob}X-Tenant-ID: evil\r\n\r\n",
	"GET /assets/app.js HTTP/1.1\r\nHost: gateway.test\r\nX-Real-IP: evil\r\nX_User_ID: evil\r\n\r\n",
	"POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Content-Length: 5\r\n\r\nhello",
	"POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Transfer-Encoding: chunked\r\nTrailer: X-User-ID\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-User-ID: evil\r\n\r\n",
	"GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Connection: close, X-Tenant-ID\r\nUpgrade: h2c\r\n\r\n",
	"GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	"GET http://gateway.test/api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nX-Tenant: acme\r\nCookie: a=b; tenantgate_session={bob-token}; tenantgate_refresh=evil\r\nSec-Fetch-Site: same-origin\r\n\r\n",
	"POST /assets/x HTTP/1.0\r\nHost: gateway.test\r\nConnection: keep-alive\r\nContent-Length: 5\r\nForwarded: for=evil\r\n\r\nhello",
	"HEAD /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Expect: 100-continue\r\nX-Forwarded-For: evil\r\n\r\n",
}

// pieces are put into them.
var pieces = []string{
	"\r", "\n", "\r\n", "\r\n\r\n", "\n\n", " ", "\t", "\x00", "\x0b", "\x0c", "\x7f", "\x85", "\xa0", "\xff", ":", ";", ",", "-", "_", ".", "/", "//", "/../", "/./", "\\", "#", "?", "%", "%2f", "%00", "%0d%0a", "%2e", "*", "@", "\"", "=", "0", "1", "-1", "+", "0x",
	"0\r\n\r\n", "5\r\nhello\r\n", "\r\nX-Tenant-ID: evil\r\n", "\nX-Tenant-ID: evil\n", "\rX-Tenant-ID: evil\r", "\r\n X-Tenant-ID: evil\r\n", "\r\nX-Tenant-ID : evil\r\n", "\r\nX\x00Tenant-ID: evil\r\n",
	"\r\nTransfer-Encoding: chunked\r\n", "\r\nTransfer-Encoding:\tchunked, identity\r\n", "\r\nContent-Length: 0\r\n", "\r\nContent-Length: 50\r\n", "\r\nConnection: X-Tenant-ID, Authorization, X-User-ID\r\n", "\r\nUpgrade: foo\r\n",
	"\r\nHost: other.example\r\n", "\r\nTrailer: X-Tenant-ID\r\n", "\r\nTE: trailers, X-Tenant-ID\r\n", "\r\nCookie: tenantgate.refresh=evil\r\n", "\r\nExpect: 100-continue\r\n", " HTTP/1.1\r\n", "GET /assets/y HTTP/1.1\r\nHost: gateway.test\r\nX-User-Email: evil\r\n\r\n",
}

// Requests that somebody has taken apart and put together again, three thousand for
// each upstream: whatever becomes of one, what arrives is ours. MUTATIONS makes
// it more; the log says the seed, and SEED is one.
func TestMutatedRequests(t *testing.T) {
	t.Parallel()
	number, seed := fromEnv(t, "MUTATIONS", 3000), fromEnv(t, "SEED", int(time.Now().UnixNano()))
	t.Logf("SEED=%d", seed)
	for i, s := range startStages(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
			requests := make(chan string)
			var senders sync.WaitGroup
			for range 32 {
				senders.Go(func() {
					for request := range requests {
						s.throw(t, request)
					}
				})
			}
			arrived := 0
			for range number / 100 {
				sent := make([]string, 100)
				for i := range sent {
					sent[i] = s.fill(mutate(random) + fence)
					requests <- sent[i]
				}
				arrived += s.judgeMutants(t, sent)
			}
			close(requests)
			senders.Wait()
			arrived += s.judgeMutants(t, nil)
			if arrived < number/10 {
				t.Errorf("only %d of %d requests arrived: nothing is shown", arrived, number)
			}
			s.beHonest(t)
		})
	}
}

func fromEnv(t testing.TB, name string, otherwise int) int {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// mutate draws a request and changes it at one to four places.
func mutate(random *rand.Rand) string {
	request := mutants[random.IntN(len(mutants))]
	for range 1 + random.IntN(4) {
		at := random.IntN(len(request) + 1)
		end := min(len(request), at+1+random.IntN(4))
		switch random.IntN(6) {
		case 0: // something goes
			request = request[:at] + request[end:]
		case 1: // is there twice
			request = request[:end] + request[at:]
		case 2: // in another case
			request = request[:at] + strings.ToUpper(request[at:end]) + request[end:]
		case 3: // or is another's beginning
			request = request[:at] + mutants[random.IntN(len(mutants))]
		default:
			request = request[:at] + pieces[random.IntN(len(pieces))] + request[at:]
		}
	}
	return request
}

// throw sends bytes and reads what comes, until the connection ends or nothing
// comes any more.
func (s *stage) throw(t testing.TB, request string) {
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, request)
	buffer := make([]byte, 32<<10)
	for err == nil {
		_ = conn.SetReadDeadline(time.Now().Add(250 * time.Millisecond))
		_, err = conn.Read(buffer)
	}
}

// judgeMutants says what is wrong with what has arrived, and returns how many
// requests have.
func (s *stage) judgeMutants(t testing.TB, sent []string) (arrived int) {
	t.Helper()
	for _, a := range s.upstream.take() {
		if a.tunnel {
			continue // a WebSocket of bob's: what he says in it is his
		}
		arrived++
		results.count(t, "mutations")
		if fault := mutantFault(t, a); fault != "" {
			t.Errorf("%s; the upstream got\n%q\nof one of %q", fault, a.raw, sent)
		}
	}
	return arrived
}

// refreshCookie is the name where nothing else is part of it.
var refreshCookie = regexp.MustCompile(`(?i)(^|[;,\s])(__secure-)?tenantgate[._]refresh\s*=`)

func mutantFault(t testing.TB, a arrival) string {
	t.Helper()
	guarded := !strings.HasPrefix(a.target, "/assets/")
	want, who := slices.Concat(caddys, []string{"x-request-id"}), anonymous
	if guarded {
		want, who = slices.Concat(caddys, ours), fromBob
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, namesOf(a)); diff != "" {
		return "protected names (-want +got): " + diff
	}
	for _, condition := range []condition{
		who, noToken, oneFraming, knownOptions,
		func(_ testing.TB, a arrival) string { return forbidden(a) },
		func(_ testing.TB, a arrival) string {
			path, _, _ := strings.Cut(a.target, "?")
			if path[0] != '/' || strings.ContainsAny(a.target, " #\x00\r\n\t") || strings.ContainsAny(path, ";\\") || strings.Contains(path, "//") || strings.Contains(path+"/", "/../") {
				return "the target is " + a.target
			}
			return ""
		},
		func(_ testing.TB, a arrival) string {
			if refreshCookie.MatchString(a.value("Cookie")) {
				return "the refresh cookie arrived: " + a.value("Cookie")
			}
			return ""
		},
	} {
		if fault := condition(t, a); fault != "" {
			return fault
		}
	}
	return ""
}
