package attack_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// claimLines are fields in which an upstream claims what only the gateway says.
const claimLines = "X-Tenant-ID: " + claimed + "\r\nx-request-id: " + claimed + "\r\nX-Tenantgate-Assertion: " + claimed + "\r\n"

// What an upstream has no say in, it has none in behind the body of its answer,
// announced or not.
func TestTrailersOfAnswers(t *testing.T) {
	t.Parallel()
	const chunks = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
	const names = "X-Tenant-ID, x-request-id, X-Tenantgate-Assertion"
	scripts := map[string]script{
		"announced":      {pieces: []string{"HTTP/1.1 200 OK\r\nTrailer: " + names + ", X-Sum\r\n" + chunks + claimLines + "X-Sum: 7\r\n\r\n"}},
		"ours-alone":     {pieces: []string{"HTTP/1.1 200 OK\r\nTrailer: " + names + "\r\n" + chunks + claimLines + "\r\n"}},
		"unannounced":    {pieces: []string{"HTTP/1.1 200 OK\r\n" + chunks + claimLines + "X-Sum: 7\r\n\r\n"}},
		"others":         {pieces: []string{"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\n" + chunks + claimLines + "X-Sum: 7\r\n\r\n"}},
		"never-come":     {pieces: []string{"HTTP/1.1 200 OK\r\nTrailer: " + names + "\r\n" + chunks + "\r\n"}},
		"with-own-names": {pieces: []string{"HTTP/1.1 200 OK\r\n" + claimLines + "Trailer: " + names + "\r\n" + chunks + claimLines + "\r\n"}},
	}
	s, _ := startScriptedStage(t, scripts)
	for name := range scripts {
		for _, method := range []string{http.MethodGet, http.MethodPost} { // on both ways to the upstream
			for _, path := range []string{scriptedPath, publicScriptedPath} {
				t.Run(method+" "+path+name, func(t *testing.T) {
					defer results.count(t, "trailers of answers")
					g := s.read(t, strings.Replace(scriptedRequest(method, path+name), "{bob}\r\n", "{bob}TE: trailers\r\n"+bodyOf(method), 1))
					if g.String() != "200 hello" {
						t.Errorf("got %q", g)
					}
					want := http.Header{}
					if name == "announced" || name == "unannounced" || name == "others" {
						want.Set("X-Sum", "7")
					}
					if diff := cmp.Diff(want, fieldsThatCame(g.trailer)); diff != "" {
						t.Errorf("trailers (-want +got):\n%s\nsource: RFC 9110, section 6.5.1", diff)
					}
					judgeStamp(t, g.answer, map[string]string{scriptedPath: "guarded", publicScriptedPath: "public"}[path])
				})
			}
		}
	}
}

// fieldsThatCame are those of trailers that were not only announced.
func fieldsThatCame(trailer http.Header) http.Header {
	came := make(http.Header)
	for name, values := range trailer {
		if len(values) > 0 {
			came[name] = values
		}
	}
	return came
}

func bodyOf(method string) string {
	if method == http.MethodPost {
		return "Content-Length: 5\r\n\r\nhello"
	}
	return "\r\n"
}

// An interim response is told to who knows what it is. To HTTP/1.0 it would be the
// answer, and the answer that to the next request on the connection.
func TestInterimAnswers(t *testing.T) {
	t.Parallel()
	s, _ := startScriptedStage(t, map[string]script{"hints": {pieces: []string{
		"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nVary: *\r\nSet-Cookie: a=" + claimed + "\r\n" + claimLines + "\r\n" + ordinaryAnswer,
	}}})
	askers := s.honestAskers(t)
	for version, interim := range map[string]int{"1.1": 1, "1.0": 0} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(method+" "+version, func(t *testing.T) {
				defer results.count(t, "answers")
				request := strings.Replace(scriptedRequest(method, scriptedPath+"hints"), "{bob}\r\n", "{bob}"+bodyOf(method), 1)
				g := s.read(t, strings.Replace(request, "HTTP/1.1", "HTTP/"+version, 1))
				if want := fmt.Sprintf("200 %s %shints %s\n", method, scriptedPath, askers[0].as); g.String() != want || len(g.interim) != interim {
					t.Errorf("got %q after %d interim responses, want %q after %d; source: RFC 9110, section 15.2", g, len(g.interim), want, interim)
				}
				judgeStamp(t, g.answer, "guarded")
				for name, values := range g.header {
					if slices.ContainsFunc(values, func(value string) bool { return strings.Contains(value, claimed) }) || name == "Link" {
						t.Errorf("%s: %q of the interim response is in the final one", name, values)
					}
				}
			})
		}
	}
}

// An upstream that changes the protocol although nobody has asked for it does not
// become a tunnel for bytes that nobody has looked at, whichever transport leads to
// it; with ours the client is told of a failure.
func TestTunnelsUnasked(t *testing.T) {
	t.Parallel()
	const switched = "HTTP/1.1 101 Switching Protocols\r\n"
	scripts := map[string]script{
		"nothing": {pieces: []string{switched + "\r\n"}}, "connection": {pieces: []string{switched + "Connection: Upgrade\r\n\r\n"}},
		"websocket": {pieces: []string{switched + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"}}, "h2c": {pieces: []string{switched + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"}},
		"empty": {pieces: []string{switched + "Connection: Upgrade\r\nUpgrade:\r\n\r\n"}}, "bytes": {pieces: []string{switched + "Connection: Upgrade\r\n\r\n" + smuggledAnswer}},
	}
	const ours = "transport tenant_http"
	for _, transport := range []string{ours, "transport http"} {
		s, u := startScriptedStageWith(t, replaceOnce(t, string(gatewaytest.Shipped(t)), "\t"+ours+"\n", "\t"+transport+"\n"), scripts)
		askers := s.honestAskers(t)
		for name := range scripts {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
				t.Run(transport+" "+method+" "+name, func(t *testing.T) {
					defer results.count(t, "tunnels unasked")
					u.take()
					request := strings.Replace(scriptedRequest(method, scriptedPath+name), "{bob}\r\n", "{bob}"+bodyOf(method), 1)
					request = strings.Replace(request, "Connection: close\r\n", "", 1)
					g := s.read(t, request+"GET /api/v1/smuggled HTTP/1.1\r\nHost: gateway.test\r\nX-Tenant-ID: evil\r\nConnection: close\r\n\r\n")
					if g.status == http.StatusSwitchingProtocols || transport == ours && g.status != http.StatusBadGateway {
						t.Errorf("got %q, want 502; source: RFC 9110, section 7.8", g)
					}
					for _, a := range u.take() {
						if fault := forbidden(a); fault != "" {
							t.Errorf("%s: %q", fault, a.raw)
						}
					}
					s.own(t, askers[1], "/api/v1/after")
				})
			}
		}
	}
}
