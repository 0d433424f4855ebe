package attack_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// framedStage is a stage on which a protocol of frames is spoken: HTTP/2 over
// TLS, HTTP/2 in clear, or HTTP/3.
type framedStage struct {
	*stage
	speak speaker
}

// framedProtocols say how each is spoken to an address, and whether over TLS.
var framedProtocols = []struct {
	name  string
	tls   bool
	speak func(owner testing.TB, addr string, certificate gatewaytest.Certificate) speaker
}{
	{"h2", true, func(owner testing.TB, addr string, certificate gatewaytest.Certificate) speaker {
		dialer := &tls.Dialer{Config: certificate.Client("h2")}
		client := &h2client{owner: owner, dial: func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", addr) }}
		return client.exchange
	}},
	{"h2c", false, func(owner testing.TB, addr string, _ gatewaytest.Certificate) speaker {
		client := &h2client{owner: owner, dial: func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", addr) }}
		return client.exchange
	}},
	{"h3", true, func(owner testing.TB, addr string, certificate gatewaytest.Certificate) speaker {
		return (&h3client{owner: owner, addr: addr, tls: certificate.Client("h3")}).exchange
	}},
}

// startFramed starts one gateway that has the shipped site once for every
// protocol and upstream, each with its own pool of upstream connections.
func startFramed(t testing.TB, upstreams map[string]func(testing.TB) *upstream) []framedStage {
	t.Helper()
	return startFramedWith(t, string(gatewaytest.Shipped(t)), upstreams)
}

func startFramedWith(t testing.TB, caddyfile string, upstreams map[string]func(testing.TB) *upstream) []framedStage {
	t.Helper()
	certificate := newCertificate(t)
	caddyfile = secured(t, caddyfile)
	sites := caddyfile
	type place struct {
		name, addr string
		upstream   *upstream
	}
	var places []place
	for _, protocol := range framedProtocols {
		for name, start := range upstreams {
			u, port := start(t), tenancytest.FreePort(t)
			site := siteAgain(t, caddyfile, port, u.url)
			if protocol.tls {
				site = secure(site, port, certificate)
			}
			sites += site
			places = append(places, place{protocol.name + " " + name, loopback(port), u})
		}
	}
	database := gatewaytest.Database(t)
	g := gatewaytest.Start(t, gatewaytest.Options{DatabaseURL: database, UpstreamURL: startFolding(t).url, Caddyfile: sites})
	stages := make([]framedStage, len(places))
	for i, p := range places {
		protocol := framedProtocols[i/len(upstreams)]
		s := newStage(t, p.name, p.addr, p.upstream, g, database)
		if protocol.tls {
			s.honest.Transport = honestOverTLS(t, certificate)
		}
		stages[i] = framedStage{stage: s, speak: protocol.speak(t, p.addr, certificate)}
	}
	return stages
}

// allUpstreams and foldingUpstream are what startFramed takes.
var (
	allUpstreams    = map[string]func(testing.TB) *upstream{"keep-alive": startKeepAlive, "switching": startSwitching, "folding": startFolding}
	foldingUpstream = map[string]func(testing.TB) *upstream{"folding": startFolding}
)

// honestOverTLS speaks HTTP/1.1 over TLS wherever a stage's honest client asks
// for http: the pool of upstream connections is the site's, and this site has no
// other port.
func honestOverTLS(t testing.TB, certificate gatewaytest.Certificate) *http.Transport {
	t.Helper()
	dialer := &tls.Dialer{Config: certificate.Client("http/1.1")}
	transport := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// secured is a Caddyfile whose servers speak all protocols, and that leaves the
// machine's trust store and port 80 alone.
func secured(t testing.TB, caddyfile string) string {
	t.Helper()
	const global, servers = "{\n", "\tservers {\n"
	if !strings.HasPrefix(caddyfile, global) || strings.Count(caddyfile, servers) != 1 {
		t.Fatal("the Caddyfile does not start with global options, with one servers block among them")
	}
	caddyfile = strings.Replace(caddyfile, servers, servers+"\t\tprotocols h1 h2 h2c h3\n", 1)
	return strings.Replace(caddyfile, global, global+"\tauto_https disable_redirects\n\tskip_install_trust\n", 1)
}

// newCertificate makes one for [authority].
func newCertificate(t testing.TB) gatewaytest.Certificate {
	return gatewaytest.NewCertificate(t, authority)
}

// secure makes a site one that is served over TLS.
func secure(site string, port int, certificate gatewaytest.Certificate) string {
	return strings.Replace(site, fmt.Sprintf("\n:%d {", port), fmt.Sprintf("\nhttps://:%d {\n\t%s", port, certificate.Directive()), 1)
}
