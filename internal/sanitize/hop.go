package sanitize

import (
	"net/http"
	"net/textproto"
	"strings"
)

// option is a set of connection options (RFC 9110, section 7.6.1).
type option uint8

const (
	optClose option = 1 << iota
	optKeepAlive
	optUpgrade
	optTE

	optUnknown option = 0
)

var optionNames = [...]string{"close", "keep-alive", "upgrade", "te"}

// connectionValues holds the canonical Connection value of each set of options.
var connectionValues = func() (values [1 << len(optionNames)]string) {
	for set := range values {
		var names []string
		for bit, name := range optionNames {
			if set&(1<<bit) != 0 {
				names = append(names, name)
			}
		}
		values[set] = strings.Join(names, ", ")
	}
	return values
}()

// stripHops rewrites Connection, Upgrade and TE to what we know.
//
// A proxy deletes the fields that Connection names. "Connection: close,
// X-Tenant-ID" would make the proxy behind us delete what we set, or what a
// trusted proxy in front of us has set, so options that we do not know are
// dropped. The fields they name stay, against RFC 9110, section 7.6.1: a client
// can send such a field without naming it too, so forwarding it gives nothing
// away, while deleting on a client's word does.
func stripHops(r *http.Request, observe func(Reason, int)) {
	h := r.Header
	lines := h["Connection"]
	options, unknown := readOptions(lines)
	report(observe, ReasonConnection, unknown)
	if !mayUpgrade(r, options) {
		if _, asked := h["Upgrade"]; asked {
			delete(h, "Upgrade")
			observe(ReasonUpgrade, 1)
		}
		options &^= optUpgrade
	}
	if !keepTrailersOnly(h) {
		options &^= optTE
	}
	if r.ProtoMajor != 1 {
		options = 0 // RFC 9113, section 8.2.2, RFC 9114, section 4.2
	}
	if lines == nil {
		return
	}
	if options == 0 {
		delete(h, "Connection")
		return
	}
	lines[0] = connectionValues[options]
	h["Connection"] = lines[:1]
}

// readOptions merges all lines, and counts the options that it does not know.
func readOptions(lines []string) (known option, unknown int) {
	for _, line := range lines {
		for token := range strings.SplitSeq(line, ",") {
			token = textproto.TrimString(token)
			if token == "" {
				continue
			}
			bit := readOption(token)
			if bit == optUnknown {
				unknown++
			}
			known |= bit
		}
	}
	return known, unknown
}

func readOption(token string) option {
	for bit, name := range optionNames {
		if equalFold(token, name) {
			return 1 << bit
		}
	}
	return optUnknown
}

// mayUpgrade reports whether r is the opening handshake of RFC 6455, section
// 4.1: HTTP/1.1, GET, no body, one Upgrade to websocket. Any other protocol
// ("h2c", "foo") that an upstream agrees to switch to is a tunnel past all
// rules, and a body before a tunnel is read differently by different parsers.
func mayUpgrade(r *http.Request, options option) bool {
	lines := r.Header["Upgrade"]
	return len(lines) == 1 && equalFold(lines[0], "websocket") && options&optUpgrade != 0 &&
		r.ProtoMajor == 1 && r.ProtoMinor >= 1 && r.Method == http.MethodGet &&
		r.ContentLength == 0 // of a chunked body it is -1
}

// keepTrailersOnly reduces TE to "trailers" (what gRPC needs) or deletes it:
// transfer codings are agreed hop by hop. It reports whether TE is left.
func keepTrailersOnly(h http.Header) bool {
	lines := h["Te"]
	if lines == nil {
		return false
	}
	for _, line := range lines {
		for coding := range strings.SplitSeq(line, ",") {
			if equalFold(textproto.TrimString(coding), "trailers") {
				lines[0] = "trailers"
				h["Te"] = lines[:1]
				return true
			}
		}
	}
	delete(h, "Te")
	return false
}
