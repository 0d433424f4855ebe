package sanitize

import (
	"errors"
	"slices"
	"strings"
)

// protectedNames are the names that only the gateway, or a proxy that the
// operator trusts, may set. They are folded; a "*" at the end stands for any
// continuation. A header whose fold is among them never reaches an upstream as
// the client sent it.
var protectedNames = []string{
	// Ours: the identity we inject (x-tenant-id, x-user-id, …), the client's own
	// selector, which has been read by now, and the request id we replace.
	// "x-tenant*" also covers x-tenantgate-assertion and the tenantid of others;
	// "x-user-*" takes grpc-web's X-User-Agent with it, which nothing relies on.
	"x-tenant*", "x-user", "x-user-*", "x-username", "x-userid", "x-userinfo", "x-request-id",

	// Identity that other gateways establish and upstreams know how to trust:
	// oauth2-proxy (x-forwarded-user and kin, x-auth-request-*), Traefik and
	// Authelia (remote-*), authentik, Oathkeeper and Ory (x-user, x-auth-*),
	// Pomerium, Kong and APISIX (x-consumer-*, x-credential-*, the OIDC plugin's
	// x-access-token and x-id-token), Apache and Grafana (x-remote-*, x-webauth-*),
	// Vouch, WSO2 (x-jwt-assertion).
	"x-auth-*", "x-authenticated-*", "x-authentik-*", "x-consumer-*", "x-credential-*", "x-anonymous-consumer",
	"x-access-token", "x-id-token", "x-refresh-token", "x-pomerium-*", "x-remote-*", "x-webauth-*",
	"x-vouch-*", "x-jwt-*", "remote-user", "remote-name", "remote-email", "remote-groups", "remote-addr", "x-role", "x-roles", "x-groups",
	// Cloud edges: Google IAP, AWS load balancers, Azure App Service, Cloudflare
	// Access, Tailscale Serve, App Engine, Google's API gateways, Linkerd (which also
	// routes by l5d-dst-override), Kubernetes. And the tenant of Loki and Mimir.
	"x-goog-iap-*", "x-goog-authenticated-*", "x-amzn-oidc-*", "x-amzn-mtls-*", "x-ms-client-principal*",
	"x-ms-token-*", "cf-access-*", "tailscale-user-*", "x-appengine-*", "x-apigateway-api-userinfo",
	"x-endpoint-api-userinfo", "l5d-*", "impersonate-*", "x-scope-orgid",
	// grpc-gateway takes the prefix off: what is behind it would be x-tenant-id again.
	"grpc-metadata-x-*",
	// Client certificates as TLS-terminating proxies pass them on (RFC 9440,
	// section 4, asks every proxy to delete them; Envoy, nginx, HAProxy, Azure).
	"client-cert", "client-cert-chain", "x-client-cert*", "x-client-verify", "x-client-dn", "x-ssl-*", "ssl-client-*", "x-arr-*",

	// Who called, by which host, path, scheme and port: logs, rate limits, absolute
	// links and redirects (CVE-2020-15129), allow-lists of addresses
	// (CVE-2022-24112), and rules matched against a path or method that a header
	// names. The three that Caddy's reverse_proxy overwrites itself, honouring
	// trusted_proxies, are in exactNames.
	"forwarded", "forwarded-*", "x-forwarded", "x-forwarded-*", "x-forward-*",
	"x-real-*", "x-client-ip", "client-ip", "x-true-client-ip", "true-client-ip", "x-cluster-client-ip",
	"cluster-client-ip", "cf-connecting-*", "cf-pseudo-ipv4", "fastly-client-ip", "fly-client-ip",
	"do-connecting-ip", "x-azure-clientip", "x-azure-socketip", "x-nf-client-connection-ip", "x-originating-ip",
	"x-clientip", "x-sucuri-clientip", "incap-client-ip",
	"x-proxyuser-ip", "x-vercel-forwarded-for", "wl-proxy-*", "front-end-https", "x-scheme", "x-url-scheme",

	// A second target: an upstream that prefers these over the request line serves
	// a path or a method that no rule has matched, or skips a check of its own
	// (CVE-2018-14773, CVE-2025-29927).
	"x-original-*", "x-rewrite-*", "x-host", "x-http-host-override", "x-host-override", "x-envoy-*", "x-middleware-*",
	"x-http-method", "x-http-method-override", "x-method-override",
	// And a file: Rack sends what these map the answer to (CVE-2025-61780).
	"x-sendfile-type", "x-accel-*",

	// httpoxy (CVE-2016-5385): CGI makes HTTP_PROXY of it. The rest of proxy-*
	// speaks to a forward proxy, which we are not.
	"proxy", "proxy-*",
}

// exactNames pass in their own spelling and are dropped in any other that folds
// to them: X_Forwarded_For would stand beside what Caddy writes, and
// Content_Length beside what frames the body.
var exactNames = []string{"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "content-length"}

// hopNames end here (RFC 9110, section 7.6.1) whatever the spelling. Host is
// here because HTTP/2 may carry it beside :authority; r.Host has been made of it.
var hopNames = map[string]nameClass{
	"keep-alive": hopByHop, "http2-settings": hopByHop, "transfer-encoding": hopByHop, "trailer": trailer,
	"connection": connection, "upgrade": upgrade, "te": te, "host": hostField,
}

// ProtectedNames returns the patterns of names that are always stripped: folded,
// "*" at the end for any continuation. X-Forwarded-For, -Host and -Proto match
// one and still pass in their own spelling, for Caddy to overwrite.
func ProtectedNames() []string { return slices.Clone(protectedNames) }

// Protected reports whether a header of that name, in any spelling, is one that
// every policy strips. Separators around the name do not make another name of
// it: no server we know trims them, no honest client sends them, so the doubt
// costs nobody anything.
func Protected(name string) bool {
	class, spelled := builtin.classify(name)
	return class == protected || class != free && !spelled
}

type nameClass uint8

const (
	free nameClass = iota
	protected
	exact // passes in its own spelling only
	hopByHop
	trailer
	connection
	upgrade
	te
	hostField
)

// maxName bounds the names of the table. Of longer headers only this much is
// folded, for the patterns.
const maxName = 64

// nameSet finds the class of a name without folding it where its length, its
// first and its third letter already tell that it is none of ours.
type nameSet struct {
	exact    map[string]nameClass
	lengths  [256]uint64   // by slot: the lengths of exact names, one bit each
	prefixes [256][]string // by slot: what stands before the "*"
}

var builtin = newNameSet(nil)

func newNameSet(more []string) *nameSet {
	set := &nameSet{exact: make(map[string]nameClass)}
	for _, pattern := range slices.Concat(protectedNames, more) {
		name, isPrefix := strings.CutSuffix(pattern, "*")
		if name = Fold(name); isPrefix {
			slot := slotOf(name)
			set.prefixes[slot] = append(set.prefixes[slot], name)
			continue
		}
		set.add(name, protected)
	}
	for _, name := range exactNames {
		set.add(name, exact)
	}
	for name, class := range hopNames {
		set.add(name, class)
	}
	return set
}

func (s *nameSet) add(name string, class nameClass) {
	s.exact[name] = class
	s.lengths[slotOf(name)] |= 1 << (len(name) - 1)
}

// slotOf mixes the first and the third byte of a folded name; a name too short
// for that has the separator that may follow it.
func slotOf(name string) uint8 {
	third := byte('-')
	if len(name) >= 3 {
		third = foldByte[name[2]]
	}
	return foldByte[name[0]]*31 + third
}

// classify returns the class of a name, and whether it is spelled as itself:
// the same but for case. It allocates nothing.
func (s *nameSet) classify(name string) (class nameClass, spelled bool) {
	start, end := 0, len(name)
	for start < end && foldByte[name[start]] == '-' {
		start++
	}
	for end > start && foldByte[name[end-1]] == '-' {
		end--
	}
	if start == end {
		return free, true
	}
	if name[0] == ':' {
		return hopByHop, true // ":protocol", which net/http keeps beside the headers (RFC 8441, section 4)
	}
	slot, length := slotOf(name[start:]), end-start
	mayBeExact := length <= maxName && s.lengths[slot]&(1<<(length-1)) != 0
	if !mayBeExact && s.prefixes[slot] == nil {
		return free, true
	}
	var buffer [maxName]byte
	folded := buffer[:min(len(name)-start, maxName)]
	spelled = length == len(name)
	for i := range folded {
		c := name[start+i]
		folded[i] = foldByte[c]
		spelled = spelled && folded[i] == lower(c)
	}
	if mayBeExact {
		if class := s.exact[string(folded[:length])]; class != free {
			return class, spelled
		}
	}
	for _, prefix := range s.prefixes[slot] {
		if len(folded) >= len(prefix) && string(folded[:len(prefix)]) == prefix {
			return protected, spelled
		}
	}
	return free, true
}

var errPattern = errors.New(`want 3 to 64 bytes of a header name (RFC 9110, section 5.1), with at most a "*" at the end`)

func validPattern(pattern string) error {
	name := strings.TrimSuffix(pattern, "*")
	if len(name) < 3 || len(name) > maxName || !isToken(name) || strings.Contains(name, "*") || foldByte[name[0]] == '-' {
		return errPattern
	}
	return nil
}
