package attack_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// stage is a gateway with one upstream behind it.
type stage struct {
	name     string
	addr     string // where it speaks HTTP/1.1 in clear, "127.0.0.1:port"
	upstream *upstream
	gateway  *gatewaytest.Gateway
	database string // its URL
	honest   *http.Client
	tokens   *strings.Replacer
}

// Who acts in the attacks: members of two tenants of the demo.
const (
	bob   = "bob@acme.test"     // member of acme
	alice = "alice@acme.test"   // admin of acme, viewer of globex
	carol = "carol@acme.test"   // viewer of acme
	peggy = "peggy@globex.test" // viewer of globex
)

// newStage makes a stage of a running gateway.
func newStage(t testing.TB, name, addr string, u *upstream, g *gatewaytest.Gateway, database string) *stage {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	token := func(email tenancy.Email) string {
		return gatewaytest.Token(t, email, gatewaytest.Claims{"exp": soon()})
	}
	credentials := func(email tenancy.Email) string { return "Authorization: Bearer " + token(email) + "\r\n" }
	return &stage{
		name: name, addr: addr, upstream: u, gateway: g, database: database,
		honest: &http.Client{Transport: transport, Timeout: patience},
		tokens: strings.NewReplacer(
			"{bob}", credentials(bob)+"X-Tenant: acme\r\n",
			"{carol}", credentials(carol)+"X-Tenant: acme\r\n",
			"{peggy}", credentials(peggy)+"X-Tenant: globex\r\n",
			"{alice-token}", token(alice),
			"{bob-token}", token(bob),
			"{carol-token}", token(carol),
			"{peggy-token}", token(peggy),
		),
	}
}

// fill puts credentials in the place of {bob}, {carol} and {peggy}: whole lines,
// with X-Tenant; and tokens in that of {bob-token} and its like.
func (s *stage) fill(request string) string { return s.tokens.Replace(request) }

// startStages starts one gateway with the shipped Caddyfile, whose site is there
// three times: once for each upstream.
func startStages(t testing.TB) []*stage {
	t.Helper()
	return stagesOf(t, gatewaytest.Options{Caddyfile: string(gatewaytest.Shipped(t))})
}

// stagesOf is startStages with other options; of them DatabaseURL, UpstreamURL
// and the ports of the sites are set here.
func stagesOf(t testing.TB, options gatewaytest.Options) []*stage {
	t.Helper()
	switching, folding := startSwitching(t), startFolding(t)
	switchingPort, foldingPort := tenancytest.FreePort(t), tenancytest.FreePort(t)
	keepAlive := startKeepAlive(t)
	options.DatabaseURL, options.UpstreamURL = gatewaytest.Database(t), keepAlive.url
	options.Caddyfile += siteAgain(t, options.Caddyfile, switchingPort, switching.url) +
		siteAgain(t, options.Caddyfile, foldingPort, folding.url)
	g := gatewaytest.Start(t, options)
	return []*stage{
		newStage(t, "keep-alive", g.Addr, keepAlive, g, options.DatabaseURL),
		newStage(t, "switching", loopback(switchingPort), switching, g, options.DatabaseURL),
		newStage(t, "folding", loopback(foldingPort), folding, g, options.DatabaseURL),
	}
}

// siteAgain returns the site block of a Caddyfile with another port and upstream.
func siteAgain(t testing.TB, caddyfile string, port int, upstream string) string {
	t.Helper()
	const address, end = "\n:{$API_PORT:8080} {", "\n}\n"
	_, site, found := strings.Cut(caddyfile, address)
	site, _, closed := strings.Cut(site, end)
	if !found || !closed || !upstreamWord.MatchString(site) {
		t.Fatalf("the Caddyfile has no site %q with {$UPSTREAM_URL}", address)
	}
	return "\n:" + strconv.Itoa(port) + " {" + upstreamWord.ReplaceAllLiteralString(site, upstream) + end
}

// upstreamWord is how a Caddyfile names the upstream, with or without what stands
// there where nobody names it.
var upstreamWord = regexp.MustCompile(`\{\$UPSTREAM_URL(:[^}]*)?\}`)

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

const honestPath = "/api/v1/honest"

// beHonest sends an ordinary request through the same pool of upstream
// connections, whose answer must be its own.
func (s *stage) beHonest(t testing.TB) {
	t.Helper()
	globex, user := gatewaytest.Tenant(t, "globex"), gatewaytest.Person(t, peggy)
	want := fmt.Sprintf("200 GET %s tenant=%s user=%s\n", honestPath, globex, user)
	if got := s.ask(t, honestPath, s.fill("{peggy-token}"), "globex"); got != want {
		t.Errorf("an honest client after the attack: got %q, want %q", got, want)
	}
}

// ask gets a path as the bearer of a token, in a tenant where slug is not empty,
// and returns status and body of the answer, with a space between.
func (s *stage) ask(t testing.TB, path, token, slug string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addr+path, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if slug != "" {
		request.Header.Set("X-Tenant", slug)
	}
	response, err := s.honest.Do(request)
	if err != nil {
		t.Errorf("an honest request: %v", err)
		return ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("reading the answer to an honest request: %v", err)
	}
	return fmt.Sprintf("%d %s", response.StatusCode, body)
}
