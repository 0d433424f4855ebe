package endtoend_test

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
)

// A nameServer answers for the TXT record of one name on loopback.
type nameServer struct {
	addr  string
	name  atomic.Pointer[string] // nil: it fails
	value atomic.Pointer[string] // nil: there is no such name
}

func startNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &nameServer{addr: conn.LocalAddr().String()}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(n.answer)}
	go server.ActivateAndServe()
	t.Cleanup(func() { _ = server.Shutdown() })
	return n
}

func (n *nameServer) answer(w dns.ResponseWriter, question *dns.Msg) {
	answer := new(dns.Msg).SetReply(question)
	name, value, asked := n.name.Load(), n.value.Load(), question.Question[0]
	switch {
	case name == nil:
		answer.Rcode = dns.RcodeServerFailure
	case value == nil || asked.Name != *name || asked.Qtype != dns.TypeTXT:
		answer.Rcode = dns.RcodeNameError
	default:
		head := dns.RR_Header{Name: asked.Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}
		answer.Answer = []dns.RR{&dns.TXT{Hdr: head, Txt: []string{"v=spf1 -all"}}, &dns.TXT{Hdr: head, Txt: []string{*value}}}
	}
	_ = w.WriteMsg(answer)
}

// A domain is nobody's until the name server that `resolver` names has shown its
// record; then requests to it are the tenant's.
func TestDomainProof(t *testing.T) {
	t.Parallel()
	names := startNameServer(t)
	caddyfile := strings.Replace(string(gatewaytest.Shipped(t)), "tenantgate {", "tenantgate {\n\t\tresolver "+names.addr, 1)
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.Caddyfile = caddyfile })
	const domain = "calls.acme.example"
	send(t, gateway, ask{as: "alice@acme.test", method: "PATCH", path: path(t, "acme", ""), body: `{"domain":"` + domain + `"}`}).want(t, 200, "")
	var proof struct {
		Domain        *string `json:"domain"`
		PendingDomain *string `json:"pending_domain"`
		TXTName       string  `json:"txt_name"`
		TXTValue      string  `json:"txt_value"`
	}
	shown := send(t, gateway, ask{as: "alice@acme.test", path: path(t, "acme", "/domain")})
	shown.want(t, 200, "")
	shown.into(t, &proof)
	if proof.PendingDomain == nil || *proof.PendingDomain != domain || proof.TXTName != "_tenantgate."+domain || proof.TXTValue == "" {
		t.Fatalf("what would prove it: %s", shown.body)
	}

	verify := ask{as: "alice@acme.test", method: "POST", path: path(t, "acme", "/domain/verify")}
	silent := send(t, gateway, verify)
	silent.want(t, 503, "membership_unavailable") // no answer is not "no record"
	if wait := silent.header.Get("Retry-After"); wait != "10" || !strings.Contains(silent.body, "No name server could say") {
		t.Errorf("Retry-After %q, %s, want 10 and that it is the name server", wait, silent.body)
	}
	name, wrong := proof.TXTName+".", proof.TXTValue+"x"
	names.name.Store(&name)
	send(t, gateway, verify).want(t, 409, "domain_unproven")
	names.value.Store(&wrong)
	send(t, gateway, verify).want(t, 409, "domain_unproven")
	names.value.Store(&proof.TXTValue)
	send(t, gateway, ask{as: "bob@acme.test", method: "POST", path: verify.path}).want(t, 403, "role_required")
	done := send(t, gateway, verify)
	done.want(t, 200, "")
	done.into(t, &proof)
	if proof.Domain == nil || *proof.Domain != domain || proof.PendingDomain != nil && *proof.PendingDomain != "" {
		t.Errorf("proven: %s, want it in force and nothing pending", done.body)
	}
}
