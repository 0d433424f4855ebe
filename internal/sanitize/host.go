package sanitize

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
)

// ErrBadHost is what [Host] returns.
var ErrBadHost = errors.New("not a host: want a DNS name or an IP address, IPv6 in brackets, and at most a port after it")

// Refusals of hosts.
var (
	refuseNoHost   = badRequest(ReasonHost, "The request names no host.")
	refuseTwoHosts = badRequest(ReasonHost, "The request names two hosts.")
	refuseHost     = badRequest(ReasonHost, "The host is neither a valid name nor an address.")
)

// Host returns the canonical form of the host in an authority such as
// "Example.com.:8080": lower case, without port, brackets and one trailing dot.
// It is a DNS name of RFC 1123 (labels of letters, digits, hyphens; also
// underscores, because container networks make such names), a dotted-quad IPv4
// address or an IPv6 address without zone. Names in UTF-8 are refused, their
// A-labels (xn--) are not. So are the other spellings of an IPv4 address
// ("127.1", "0x7f000001"): a host with two names is one that a rule can miss.
// Without upper case and IPv6 the result is a part of the argument.
func Host(authority string) (string, error) {
	host, _, ok := splitPort(authority)
	if !ok {
		return "", ErrBadHost
	}
	if host != "" && host[0] == '[' {
		addr, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", ErrBadHost
		}
		return addr.String(), nil
	}
	host = strings.TrimSuffix(host, ".")
	if !validHost(host) {
		return "", ErrBadHost
	}
	return lowerASCII(host), nil
}

// splitPort cuts an authority before the colon of its port. An IPv6 address
// keeps its brackets.
func splitPort(authority string) (host, port string, ok bool) {
	end := len(authority)
	if authority != "" && authority[0] == '[' {
		end = strings.IndexByte(authority, ']') + 1
	} else if colon := strings.IndexByte(authority, ':'); colon >= 0 {
		end = colon
	}
	host, port = authority[:end], authority[end:]
	return host, port, host != "" && (port == "" || validPort(port))
}

// validPort reports whether s is a colon and a number up to 65535.
func validPort(s string) bool {
	if len(s) < 2 || len(s) > 6 || s[0] != ':' {
		return false
	}
	number := 0
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return false
		}
		number = number*10 + int(c-'0')
	}
	return number <= 65535
}

// validHost reports whether s is a name of at most 253 bytes or a dotted quad.
func validHost(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			if foldByte[s[i]] == '-' && s[i] != '-' && s[i] != '_' {
				return false
			}
			continue
		}
		if i == start || i-start > 63 || s[start] == '-' || s[i-1] == '-' {
			return false
		}
		if i < len(s) {
			start = i + 1
		}
	}
	if isNumber(s[start:]) {
		addr, err := netip.ParseAddr(s)
		return err == nil && addr.Is4()
	}
	return true
}

// isNumber reports whether a resolver may take a last label for a part of an
// IPv4 address (WHATWG URL, "ends in a number").
func isNumber(label string) bool {
	if label[0] < '0' || label[0] > '9' {
		return false
	}
	digits := "0123456789"
	if len(label) >= 2 && label[0] == '0' && lower(label[1]) == 'x' {
		label, digits = label[2:], "0123456789abcdefABCDEF"
	}
	return strings.Trim(label, digits) == ""
}

// host returns the one host that r is for. HTTP/1.1 and later must name one
// (RFC 9112, section 3.2); a Host field beside :authority must agree with it
// (RFC 9113, section 8.3.1).
func host(r *http.Request) (string, *Refusal) {
	if r.Host == "" {
		if r.ProtoAtLeast(1, 1) {
			return "", refuseNoHost
		}
		return "", nil
	}
	name, err := Host(r.Host)
	if err != nil {
		return "", refuseHost
	}
	fields := r.Header["Host"]
	if len(fields) > 1 || len(fields) == 1 && lowerASCII(fields[0]) != lowerASCII(r.Host) {
		return "", refuseTwoHosts
	}
	return name, nil
}

// canonicalHost writes the canonical name back, with the port, so that the
// upstream sees the host that the tenant was looked up by.
func canonicalHost(r *http.Request) {
	if spelledCanonically(r.Host) {
		return
	}
	written, port, ok := splitPort(r.Host)
	name, err := Host(r.Host)
	if !ok || err != nil || written == name || written[0] == '[' {
		return
	}
	r.Host = name + port
}

// spelledCanonically reports whether a valid host is sure to be written as Host
// writes it: in lower case, and nowhere a dot that may end the name. Most are; for
// the rest somebody has to look closer.
func spelledCanonically(host string) bool {
	for i := range len(host) {
		if host[i] != lower(host[i]) || host[i] == '.' && (i+1 == len(host) || host[i+1] == ':') {
			return false
		}
	}
	return host != ""
}
