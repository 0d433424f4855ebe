package attack_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func asEmail(email string) tenancy.Email { return tenancy.Email(email) }

const answersSource = "RFC 9112, sections 6.3, 7.1 and 9.2; RFC 9110, sections 15.2 and 15.3.5; response desync (CWE-444)"

// smuggledAnswer is one that nobody has asked for.
const smuggledAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"

// ordinaryAnswer is one as it should be.
const ordinaryAnswer = "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{own}"

// ownAnswer is what a client gets that is handed its own; cutOff that it is told
// that there should be more.
const (
	ownAnswer = "200 {own}"
	cutOff    = " (cut)"
)

// misanswers are what upstreams say that are broken, or are made to be by what
// somebody has them say, and what becomes of it.
var misanswers = []struct {
	name, method string // GET where it is empty
	script       script
	want         string
}{
	{"as it should be", "", script{pieces: []string{ordinaryAnswer}}, ownAnswer},
	{"two in one piece", "", script{pieces: []string{ordinaryAnswer + smuggledAnswer}}, ownAnswer},
	{"two, the first empty", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + smuggledAnswer}}, "200 "},
	{"two, the first in chunks", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + smuggledAnswer}}, "200 hello"},
	{"longer than it says", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhellosmuggled"}}, "200 hello"},
	{"longer by a line", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\r\n"}}, "200 hello"},
	{"shorter than it says", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"}, hangUp: true}, "200 hello" + cutOff},
	{"no length", "", script{pieces: []string{"HTTP/1.1 200 OK\r\n\r\nhello"}, hangUp: true}, "200 hello"},
	{"both framings", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + smuggledAnswer}}, "200 hello"},
	{"both framings, the length within", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}}, "200 hello"},
	{"two lengths", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 13\r\n\r\nhellosmuggled"}}, "502"},
	{"one length twice", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhellosmuggled"}}, "200 hello"},
	{"a list of lengths", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 5, 13\r\n\r\nhellosmuggled"}}, "502"},
	{"signed length", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhellosmuggled"}}, "502"},
	{"negative length", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhellosmuggled"}}, "502"},
	{"length beyond numbers", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello"}}, "502"},
	{"unknown coding", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggledAnswer}}, "502"},
	{"coding twice", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggledAnswer}}, "502"},
	{"coding with a space", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\nhello"}}, "200 hello"},
	{"HEAD with a body", "HEAD", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"}}, "200 "},
	{"HEAD with another answer", "HEAD", script{pieces: []string{"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + smuggledAnswer}}, "200 "},
	{"HEAD with chunks", "HEAD", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nsmuggled\r\n0\r\n\r\n"}}, "200 "},
	{"204 with a body", "", script{pieces: []string{"HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\nsmuggled"}}, "204 "},
	{"204 with another answer", "", script{pieces: []string{"HTTP/1.1 204 No Content\r\n\r\n" + smuggledAnswer}}, "204 "},
	{"304 with a body", "", script{pieces: []string{"HTTP/1.1 304 Not Modified\r\nContent-Length: 8\r\n\r\nsmuggled"}}, "304 "},
	{"304 with another answer", "", script{pieces: []string{"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n" + smuggledAnswer}}, "304 "},
	{"interim with a body", "", script{pieces: []string{"HTTP/1.1 103 Early Hints\r\nContent-Length: 8\r\n\r\nsmuggled"}, hangUp: true}, "502"},
	{"interim alone", "", script{pieces: []string{"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"}, hangUp: true}, "502"},
	{"thousands of interim", "", script{pieces: []string{strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 3000), ordinaryAnswer + smuggledAnswer}}, ownAnswer},
	{"interim of all kinds", "", script{pieces: []string{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 X\r\n\r\n" + ordinaryAnswer}}, ownAnswer},
	{"101 unasked", "", script{pieces: []string{"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nsmuggled"}}, "502"},
	{"101 to nothing", "", script{pieces: []string{"HTTP/1.1 101 Switching Protocols\r\n\r\n" + smuggledAnswer}}, "502"},
	{"status beneath all", "", script{pieces: []string{"HTTP/1.1 099 X\r\nContent-Length: " + strconv.Itoa(len(smuggledAnswer)) + "\r\n\r\n" + smuggledAnswer}}, "502"},
	{"status of four digits", "", script{pieces: []string{"HTTP/1.1 2000 X\r\nContent-Length: 0\r\n\r\n"}}, "502"},
	{"status that is none", "", script{pieces: []string{"HTTP/1.1 OK\r\n\r\n" + smuggledAnswer}}, "502"},
	{"HTTP/0.9", "", script{pieces: []string{"smuggled"}, hangUp: true}, "502"},
	{"another version", "", script{pieces: []string{"HTTP/3.0 200 OK\r\nContent-Length: 5\r\n\r\nhello" + smuggledAnswer}}, "200 hello"},
	{"another protocol", "", script{pieces: []string{"SSH-2.0-OpenSSH_9.2\r\n"}, hangUp: true}, "502"},
	{"HTTP/2 frames", "", script{pieces: []string{"\x00\x00\x00\x04\x00\x00\x00\x00\x00"}, hangUp: true}, "502"},
	{"a TLS alert", "", script{pieces: []string{"\x15\x03\x01\x00\x02\x02\x28"}, hangUp: true}, "502"},
	{"NULs", "", script{pieces: []string{strings.Repeat("\x00", 10_000) + smuggledAnswer}, hangUp: true}, "502"},
	{"nothing", "", script{hangUp: true}, "502"},
	{"header of 11 MiB", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nX: ", strings.Repeat("a", 11<<20), "\r\nContent-Length: 0\r\n\r\n"}}, "502"},
	{"header without end", "", script{pieces: []string{"HTTP/1.1 200 OK\r\n", strings.Repeat("X: a\r\n", 2<<20)}}, "502"},
	{"header byte by byte", "", script{pieces: append(strings.Split("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: ", ""), "{length}", "\r", "\n", "\r", "\n", "{own}")}, ownAnswer},
	{"line that is no field", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nsmuggled\r\nContent-Length: 0\r\n\r\n"}}, "502"},
	{"folded first line", "", script{pieces: []string{"HTTP/1.1 200 OK\r\n X: y\r\nContent-Length: 0\r\n\r\n"}}, "502"},
	{"NUL in a field", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n"}}, "502"},
	{"CR in a field", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: smuggled=1\r\nContent-Length: 0\r\n\r\n"}}, "502"},
	{"lines of LF", "", script{pieces: []string{"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello" + smuggledAnswer}}, "200 hello"},
	{"size of a chunk", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nhello\r\n0\r\n\r\n" + smuggledAnswer}}, "200 " + cutOff},
	{"chunk beyond numbers", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n" + smuggledAnswer}}, "200 " + cutOff},
	{"chunk without an end", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n" + smuggledAnswer}}, "200 hello" + cutOff},
	{"no last chunk", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}, hangUp: true}, "200 hello" + cutOff},
	{"last chunk without an end", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"}, hangUp: true}, "200 hello" + cutOff},
	{"long trailer", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: " + strings.Repeat("a", 1<<20) + "\r\n\r\n"}}, "200 hello" + cutOff},
	{"trailer of a length", "", script{pieces: []string{"HTTP/1.1 200 OK\r\nTrailer: Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 0\r\n\r\n" + smuggledAnswer}}, "502"},
}

func scriptedRequest(method, path string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n{bob}\r\n"
}

// Whatever an upstream says, nobody gets what is another's: not whom it is said
// to, and not who comes next on the same pool of connections.
func TestAnswers(t *testing.T) {
	t.Parallel()
	scripts := make(map[string]script)
	for i, m := range misanswers {
		scripts[fmt.Sprint(i)] = m.script
	}
	s, u := startScriptedStage(t, scripts)
	askers := s.honestAskers(t)
	for i, m := range misanswers {
		t.Run(m.name, func(t *testing.T) {
			defer results.count(t, "answers")
			path := scriptedPath + fmt.Sprint(i)
			method := m.method
			if method == "" {
				method = http.MethodGet
			}
			s.own(t, askers[1], "/api/v1/before") // there is a connection to use again
			u.take()
			g := s.read(t, scriptedRequest(method, path))
			own := fmt.Sprintf("%s %s %s\n", method, path, askers[0].as)
			if want := strings.ReplaceAll(m.want, "{own}", own); g.String() != want {
				t.Errorf("got %q, want %q; source: %s", g, want, answersSource)
			}
			for _, a := range u.take() {
				if !shortWay(a) {
					t.Errorf("it went another way: %q", a.raw)
				}
			}
			for n := range 4 {
				s.own(t, askers[n%2], fmt.Sprintf("/api/v1/after/%d", n))
			}
		})
	}
}

// An upstream may hang up at every byte. What of an answer has come is never taken
// for a whole one.
func TestAnswersThatBreakOff(t *testing.T) {
	t.Parallel()
	scripts := make(map[string]script)
	wholes := map[string]string{
		"length": "HTTP/1.1 200 OK\r\nX-Note: a\r\nContent-Length: 11\r\n\r\nhello world",
		"chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
	}
	for framing, whole := range wholes {
		for n := range len(whole) {
			scripts[fmt.Sprint(framing, n)] = script{pieces: []string{whole[:n]}, hangUp: true}
		}
	}
	s, _ := startScriptedStage(t, scripts)
	askers := s.honestAskers(t)
	for framing, whole := range wholes {
		t.Run(framing, func(t *testing.T) {
			for n := range len(whole) {
				t.Run(fmt.Sprint(n), func(t *testing.T) {
					defer results.count(t, "answers")
					g := s.read(t, scriptedRequest(http.MethodGet, scriptedPath+fmt.Sprint(framing, n)))
					header := strings.Index(whole, "\r\n\r\n") + 4
					if n < header && g.status != http.StatusBadGateway || n >= header && (g.status != http.StatusOK || !g.cut || g.rest != "") {
						t.Errorf("got %q of the first %d bytes; source: %s", g, n, answersSource)
					}
					s.own(t, askers[n%2], "/api/v1/after")
				})
			}
		})
	}
}

// What an upstream says when nobody has asked is nobody's answer.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	const class = "answers"
	late := map[string]string{
		"another answer": smuggledAnswer, "a byte": "H", "a line": "\r\n", "a time-out": "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 8\r\n\r\nsmuggled",
		"an interim response": "HTTP/1.1 103 Early Hints\r\n\r\n", "the rest of a body": strings.Repeat("smuggled", 1000),
	}
	firsts := map[string]string{
		"GET": ordinaryAnswer, "HEAD": "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n", "DELETE": "HTTP/1.1 204 No Content\r\n\r\n", "OPTIONS": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	}
	scripts := make(map[string]script)
	for method, first := range firsts {
		scripts[method] = script{pieces: []string{first}, pause: 1}
	}
	s, u := startScriptedStage(t, scripts)
	askers := s.honestAskers(t)
	for method := range firsts {
		for name, more := range late {
			t.Run(method+", "+name, func(t *testing.T) {
				defer results.count(t, class)
				read := make(chan got, 1)
				go func() { read <- s.read(t, scriptedRequest(method, scriptedPath+method)) }()
				conn := <-u.paused
				if g := <-read; g.status >= 300 || g.rest != "" {
					t.Errorf("got %q", g)
				}
				if _, err := io.WriteString(conn, more); err != nil {
					t.Fatalf("saying more: %v", err)
				}
				u.goOn <- struct{}{}
				for n := range 4 {
					s.own(t, askers[n%2], fmt.Sprintf("/api/v1/after/%d", n))
				}
			})
		}
	}
}
