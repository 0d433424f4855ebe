package attack_test

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455, section 4.2.2, asks for it
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long an answer may take on a machine that does much else.
// Nothing that works waits for it.
const patience = 30 * time.Second

// answer is a response as a client got it.
type answer struct {
	status int
	header http.Header
	body   string
}

// lines makes a request of its lines: each ends in CRLF, and an empty one
// follows.
func lines(all ...string) string { return strings.Join(all, "\r\n") + "\r\n\r\n" }

// dial opens a connection on which nothing takes longer than patience.
func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// exchange sends bytes on a connection of their own and returns the answers. A
// connection that stays open afterwards is used for a fence, an honest request:
// the answers to the attack are those before the fence's own.
func (s *stage) exchange(t testing.TB, request string) []answer {
	t.Helper()
	conn := dial(t, s.addr)
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil && !hungUp(err) {
		t.Fatalf("sending: %v", err)
	}
	reader := bufio.NewReader(conn)
	method, _, _ := strings.Cut(request, " ")
	first, more := readAnswer(t, reader, method)
	answers := []answer{first}
	if more {
		if _, err := io.WriteString(conn, s.fill(fence)); err != nil && !hungUp(err) {
			t.Fatalf("sending another request on the connection: %v", err)
		}
	}
	for more {
		var next answer
		if next, more = readAnswer(t, reader, http.MethodGet); isFence(next) {
			return answers
		}
		if next.status != 0 {
			answers = append(answers, next)
		}
	}
	return answers
}

// fencePath is the path of the requests that come after an attack, and of no
// attack.
const fencePath = "/api/v1/fence"

const fence = "GET " + fencePath + " HTTP/1.1\r\nHost: gateway.test\r\n{bob}Connection: close\r\n\r\n"

func isFence(a answer) bool { return strings.HasPrefix(a.body, "GET "+fencePath+" ") }

// readAnswer reads the next final answer, and reports whether another may follow
// on the connection.
func readAnswer(t testing.TB, reader *bufio.Reader, method string) (answer, bool) {
	t.Helper()
	for {
		response, err := http.ReadResponse(reader, &http.Request{Method: method})
		if hungUp(err) {
			return answer{}, false
		}
		if err != nil {
			t.Errorf("reading an answer: %v", err)
			return answer{}, false
		}
		if response.StatusCode == http.StatusContinue {
			continue
		}
		var body []byte
		if response.StatusCode != http.StatusSwitchingProtocols {
			if body, err = io.ReadAll(response.Body); err != nil && !hungUp(err) {
				t.Errorf("reading the body of an answer: %v", err)
			}
		}
		response.Body.Close()
		more := err == nil && !response.Close && response.StatusCode != http.StatusSwitchingProtocols
		return answer{status: response.StatusCode, header: response.Header, body: string(body)}, more
	}
}

// hungUp reports whether the gateway has closed the connection. It resets it
// where it leaves bytes unread, which may cost the client the answer: then it has
// status 0.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// websocketAccept is the line with which a server proves that it has read the
// handshake (RFC 6455, section 4.2.2).
func websocketAccept(a arrival) string {
	key := a.value("Sec-WebSocket-Key")
	if key == "" {
		return ""
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see above
	return "Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
}
