package attack_test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
)

const smuggledRequest = "GET /smuggled HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: evil\r\n\r\n"

// Fields that frame a message, or steer a hop, in HTTP/1.1: none may become one
// on the way to an upstream that speaks it.
func TestFramedFields(t *testing.T) {
	t.Parallel()
	playFramed(t, allUpstreams, slices.Concat(hopFields(), lengthFields(), injectedFields(), pseudoFields()))
}

// bobs is an attack with bob's credentials.
func bobs(class, name, source string, status int, arrives func(testing.TB, []arrival) string, m message) framedAttack {
	return framedAttack{
		class: class + " (frames)", name: name, source: source, status: status, arrives: arrives,
		message: func(s *stage) message { return m.as(s, "{bob}") },
	}
}

// getCalls and postCalls are ordinary requests.
var getCalls, postCalls = ask("GET", "/api/v1/calls"), ask("POST", "/api/v1/calls")

// hopFields are what HTTP/2 and HTTP/3 forbid, and HTTP/1.1 goes by.
func hopFields() (all []framedAttack) {
	add := func(class, name, source string, status int, arrives func(testing.TB, []arrival) string, m message) {
		all = append(all, bobs(class, name, source, status, arrives, m))
	}
	const hop = "RFC 9113, section 8.2.2; RFC 9114, section 4.2"
	for _, value := range []string{"x-tenant-id", "close, x-tenant-id", "upgrade", "keep-alive", ""} {
		add("hop-by-hop", "connection: "+value, hop, 0, nil, getCalls.with("connection", value))
	}
	for _, name := range []string{"proxy-connection", "keep-alive", "upgrade"} {
		add("hop-by-hop", name, hop, 0, nil, getCalls.with(name, "x-tenant-id"))
	}
	add("upgrade", "websocket", hop, 0, nil, getCalls.with("upgrade", "websocket", "connection", "upgrade"))
	add("upgrade", "h2c", hop, 0, nil, getCalls.with("upgrade", "h2c").carrying(smuggledRequest))
	add("upgrade", "settings alone", hop, http.StatusOK, once(fromBob, header("HTTP2-Settings", "")), getCalls.with("http2-settings", "AAMAAABk"))
	add("hop-by-hop", "te: trailers", hop, http.StatusOK, once(fromBob, knownOptions), getCalls.with("te", "trailers"))
	add("hop-by-hop", "te: gzip", hop, 0, nil, getCalls.with("te", "gzip, x-tenant-id"))
	return all
}

// lengthFields say another length than the frames do.
func lengthFields() (all []framedAttack) {
	add := func(class, name, source string, status int, arrives func(testing.TB, []arrival) string, m message) {
		all = append(all, bobs(class, name, source, status, arrives, m))
	}
	const smuggling = "HTTP/2 downgrading: H2.TE, H2.CL; CVE-2021-33193"
	for _, value := range []string{"chunked", "Chunked", "identity", "chunked, chunked", "xchunked"} {
		add("smuggling", "transfer-encoding: "+value, smuggling, 0, nil, postCalls.with("transfer-encoding", value).carrying("0\r\n\r\n"+smuggledRequest))
	}
	// Stacks refuse these, or cut the body, or the stream when it shows; whichever
	// it is, what is beyond the length must not reach the upstream.
	for _, length := range []string{"0", "5", "-1", "+5", "0x5", "5, 5", " ", "99999999999999999999"} {
		add("smuggling", "content-length: "+length, smuggling, anyStatus, atMostOnce(fromBob, oneFraming),
			postCalls.with("content-length", length).carrying("hello"+smuggledRequest))
	}
	add("smuggling", "two lengths", smuggling, anyStatus, atMostOnce(fromBob, oneFraming),
		postCalls.with("content-length", "5", "content-length", "60").carrying("hello"+smuggledRequest))
	add("smuggling", "longer than it is", smuggling, anyStatus, atMostOnce(fromBob, oneFraming), postCalls.with("content-length", "500").carrying("hello"))
	for _, name := range []string{"content_length", "content.length", "transfer_encoding", "transfer~encoding", "transfer.encoding", "content-length!"} {
		add("smuggling", name, smuggling, http.StatusOK, once(fromBob, header(name, "")), postCalls.with(name, "chunked").carrying("0\r\n\r\n"))
	}
	for _, name := range []string{"content-length", "transfer-encoding", "host", "trailer", "te", "connection"} {
		add("smuggling", "trailer "+name, "RFC 9110, section 6.5.1", anyStatus, atMostOnce(fromBob), postCalls.carrying("hello").ending(name, "5"))
	}
	return all
}

// injectedFields would be several lines in HTTP/1.1.
func injectedFields() (all []framedAttack) {
	add := func(class, name, source string, status int, arrives func(testing.TB, []arrival) string, m message) {
		all = append(all, bobs(class, name, source, status, arrives, m))
	}
	const injection = "RFC 9113, section 8.2.1; HTTP/2 request splitting"
	for name, value := range map[string]string{
		"line break in a value": "a\r\nX-Tenant-ID: evil", "line feed in a value": "a\nX-Tenant-ID: evil", "return in a value": "a\rX-Tenant-ID: evil",
		"NUL in a value": "a\x00evil", "a request in a value": "a\r\n\r\n" + smuggledRequest,
	} {
		add("injection", name, injection, 0, nil, getCalls.with("x-note", value))
		add("injection", name+" of the path", injection, 0, nil, getCalls.replace(":path", "/api/v1/calls?"+value))
		add("injection", name+" of the authority", injection, 0, nil, getCalls.replace(":authority", authority+value))
		add("injection", name+" of the cookie", injection, 0, nil, getCalls.with("cookie", value))
	}
	for _, name := range []string{
		"x-note: a\r\nx-tenant-id", "x-note\r\nx-tenant-id", "x-tenant-id ", " x-tenant-id", "x-tenant-id\t", "x-tenant-id:", "x tenant id", "",
		"X-Tenant-ID", "x-Tenant-id", "x-tenant-id\x00", "x-tenant-\xc4\xb1d", "(x-tenant-id)", "x-tenant-id\x7f",
	} {
		add("injection", "name "+strconv.Quote(name), injection, 0, nil, getCalls.with(name, "evil"))
	}
	return all
}

// pseudoFields make a second target, or none.
func pseudoFields() (all []framedAttack) {
	add := func(class, name, source string, status int, arrives func(testing.TB, []arrival) string, m message) {
		all = append(all, bobs(class, name, source, status, arrives, m))
	}
	const pseudo = "RFC 9113, section 8.3"
	add("pseudo fields", "unknown", pseudo, 0, nil, getCalls.replace(":path", "").replace(":scheme", "").withFirst(":tenant", "evil"))
	add("pseudo fields", "of a response", pseudo, 0, nil, getCalls.withFirst(":status", "200"))
	add("pseudo fields", "after the others", pseudo, 0, nil, getCalls.replace(":path", "").with("x-note", "a", ":path", "/smuggled"))
	for _, name := range []string{":path", ":method", ":authority", ":scheme"} {
		add("pseudo fields", "two of "+name, pseudo, 0, nil, getCalls.withFirst(name, "/smuggled"))
	}
	for _, name := range []string{":path", ":method"} {
		add("pseudo fields", "without "+name, pseudo, 0, nil, getCalls.replace(name, ""))
		add("pseudo fields", name+" in the trailer", pseudo, anyStatus, atMostOnce(fromBob), postCalls.carrying("hello").ending(name, "/smuggled"))
	}
	for _, scheme := range []string{"https://" + authority + "/smuggled?", "https ", "ht\r\ntps"} {
		add("pseudo fields", "scheme "+strconv.Quote(scheme), pseudo, anyStatus, atMostOnce(fromBob, target("/api/v1/calls")), getCalls.replace(":scheme", scheme))
	}
	return all
}

// anyStatus is the status of a framed attack that some protocols refuse and
// others disarm.
const anyStatus = -1

// withFirst is m with a field before all others.
func (m message) withFirst(name, value string) message {
	m.fields = append([]field{{name, value}}, m.fields...)
	return m
}
