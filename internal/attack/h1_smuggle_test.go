package attack_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

const smuggleSource = "RFC 9112, sections 2.2, 5, 6 and 11.2; CVE-2025-22871, CVE-2022-1705, CVE-2021-31525 and their kin"

// hiddenRequest is what must never arrive.
var hiddenRequest = lines("GET /api/v1/smuggled HTTP/1.1", "Host: gateway.test", "X-Tenant-ID: evil")

// bothBody is a whole chunked body, and a request after it; by length it is one
// body.
var bothBody = "0\r\n\r\n" + hiddenRequest

// A message that two parsers end in two places hides a request in itself. At
// most the one that its sender was let in for arrives.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	var attacks []attack
	add := func(name, request string) {
		attacks = append(attacks, attack{
			class: "smuggling", name: name, source: smuggleSource, bytes: request,
			answers: anyNumber, arrives: atMostOnce(fromBob, target("/api/v1/calls"), oneFraming),
		})
	}
	post := "POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}"
	length := fmt.Sprint("Content-Length: ", len(bothBody))
	for _, te := range transferEncodings {
		add(fmt.Sprintf("CL.TE %q", te), post+length+"\r\n"+te+"\r\n\r\n"+bothBody)
		add(fmt.Sprintf("TE.CL %q", te), post+te+"\r\nContent-Length: 4\r\n\r\n"+chunked(hiddenRequest))
		add(fmt.Sprintf("TE.TE %q", te), post+"Transfer-Encoding: chunked\r\n"+te+"\r\n\r\n"+bothBody)
		add(fmt.Sprintf("TE.TE, the other order %q", te), post+te+"\r\nTransfer-Encoding: chunked\r\n\r\n"+bothBody)
		add(fmt.Sprintf("TE on HTTP/1.0 %q", te), strings.Replace(post, "HTTP/1.1", "HTTP/1.0", 1)+length+"\r\n"+te+"\r\n\r\n"+bothBody)
	}
	play(t, startStages(t), attacks)
}

// transferEncodings are spellings that some parser takes for chunked, and
// another does not.
var transferEncodings = []string{
	"Transfer-Encoding: chunked", "transfer-encoding: chunked", "Transfer-Encoding: CHUNKED", "Transfer-Encoding:chunked", "Transfer-Encoding:\tchunked",
	"Transfer-Encoding: chunked ", "Transfer-Encoding: chunked\t", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunkedx", "Transfer-Encoding: chunk",
	"Transfer-Encoding: identity", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked", "Transfer-Encoding: gzip, chunked",
	"Transfer-Encoding: chunked, chunked", "Transfer-Encoding: ,chunked", "Transfer-Encoding: chunked,", "Transfer-Encoding: chunked;x=y", `Transfer-Encoding: "chunked"`,
	"Transfer-Encoding: 'chunked'", "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked", "\tTransfer-Encoding: chunked",
	"Transfer-Encoding:\r\n chunked", "Transfer-Encoding:\n chunked", "Transfer-Encoding: chunked\r\n x", "Transfer-Encoding:\vchunked", "Transfer-Encoding: \x0bchunked",
	"Transfer-Encoding: chunked\x0b", "Transfer-Encoding: chunked\x00", "Transfer-Encoding\x00: chunked", "Transfer-Encoding: chunked\rx: y", "X: y\rTransfer-Encoding: chunked",
	"X: y\nTransfer-Encoding: chunked", "Transfer-Encoding: chun\u212aed", "Transfer-Encoding: \xa0chunked", "Transfer_Encoding: chunked", "Transfer.Encoding: chunked",
	"Transfer Encoding: chunked", "TransferEncoding: chunked", "Transfer-Encoding;: chunked", "Transfer-Encoding:", "Transfer-Encoding: ", "X-Transfer-Encoding: chunked",
	"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
	"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked", "Connection: Content-Length", "TE: chunked", "Content-Encoding: chunked", "Trailer: Content-Length",
}

func chunked(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }

// oneFraming says that the message arrives with one length, said once; to a
// backend that folds names too. A POST has one even where there is no body.
func oneFraming(_ testing.TB, a arrival) string {
	joined, _ := a.environ()
	length, coded := joined["HTTP_CONTENT_LENGTH"], joined["HTTP_TRANSFER_ENCODING"]
	_, err := strconv.ParseUint(length, 10, 63)
	switch {
	case length != "" && coded != "":
		return "both Content-Length and Transfer-Encoding arrived"
	case length == "" && coded == "" && a.method == http.MethodPost:
		return "neither Content-Length nor Transfer-Encoding arrived"
	case length != "" && err != nil:
		return "Content-Length must be one number, is " + length
	case coded != "" && coded != "chunked":
		return "Transfer-Encoding must be chunked, is " + coded
	}
	return ""
}

func TestContentLength(t *testing.T) {
	t.Parallel()
	var attacks []attack
	add := func(name, request string) {
		attacks = append(attacks, attack{
			class: "smuggling by length", name: name, source: smuggleSource, bytes: request,
			answers: anyNumber, arrives: atMostOnce(fromBob, target("/api/v1/calls"), oneFraming),
		})
	}
	n := len(hiddenRequest)
	for _, method := range []string{"POST", "GET", "DELETE"} {
		head := method + " /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}"
		for _, value := range []string{
			fmt.Sprint(n, "\r\nContent-Length: 0"), fmt.Sprint("0\r\nContent-Length: ", n), fmt.Sprint(n, "\r\nContent-Length: ", n), fmt.Sprintf("%d, %d", n, n),
			fmt.Sprintf("%d,0", n), fmt.Sprintf("0,%d", n), fmt.Sprintf("+%d", n), fmt.Sprintf("-%d", n), fmt.Sprintf("0%d", n), fmt.Sprintf("0x%x", n), fmt.Sprintf("%x", n+0xa0),
			fmt.Sprintf("%d %d", n, n), fmt.Sprintf("0 %d", n), fmt.Sprintf("%d\t", n), fmt.Sprintf("\t%d", n), fmt.Sprintf("%d\x0b", n), fmt.Sprintf("%d\x00", n), fmt.Sprintf("%d.0", n),
			fmt.Sprintf("%d;x", n), fmt.Sprintf("%de0", n), fmt.Sprintf("\"%d\"", n), fmt.Sprintf("%d_0", n/10), "", " ", "-0", "+0", "18446744073709551616", "9223372036854775808", "99999999999999999999",
			"4294967296", fmt.Sprintf("%d\r\n 0", n), fmt.Sprintf("\r\n %d", n), fmt.Sprintf("%d\n", n), "٣", "０",
		} {
			add(fmt.Sprintf("%s %q", method, value), head+"Connection: close\r\nContent-Length: "+value+"\r\n\r\n"+hiddenRequest)
		}
		for _, name := range []string{"Content-Length ", "Content-Length\t", " Content-Length", "Content_Length", "Content.Length", "Content~Length", "content-length\x00", "Content Length", "ContentLength", "X\rContent-Length"} {
			add(fmt.Sprintf("%s %q", method, name), head+name+": "+fmt.Sprint(n)+"\r\n\r\n"+hiddenRequest)
			add(fmt.Sprintf("%s %q beside the true one", method, name), head+"Content-Length: "+fmt.Sprint(n)+"\r\n"+name+": 0\r\n\r\n"+hiddenRequest)
		}
	}
	play(t, startStages(t), attacks)
}

// Chunks, and the lines of a message, end in CRLF and in nothing else.
func TestChunksAndLines(t *testing.T) {
	t.Parallel()
	var attacks []attack
	add := func(name, request string) {
		attacks = append(attacks, attack{
			class: "smuggling by lines", name: name, source: smuggleSource, bytes: request,
			answers: anyNumber, arrives: atMostOnce(fromBob, target("/api/v1/calls"), oneFraming),
		})
	}
	post := "POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, body := range []string{
		"5;x=y\r\nhello\r\n0\r\n\r\n", "5;x=\"\r\n\"\r\nhello\r\n0\r\n\r\n", "5;\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "5\rhello\r0\r\r", "5;x\n" + "hello\r\n0\r\n\r\n",
		"0;\r\n\r\n", "0\n\r\n", "0\r\n\n", "0\n\n", "00\r\n\r\n", "0x0\r\n\r\n", "+0\r\n\r\n", "-0\r\n\r\n", " 0\r\n\r\n", "0 \r\n\r\n", "0\t\r\n\r\n", "\r\n0\r\n\r\n", "g\r\n\r\n", ";\r\n\r\n", "\r\n\r\n",
		"0x5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "5,\r\nhello\r\n0\r\n\r\n", "5_\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n",
		"10000000000000005\r\nhello\r\n0\r\n\r\n", "00000000000000005\r\nhello\r\n0\r\n\r\n", "5\r\nhelloX\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n",
		"5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n", "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\nHost: evil.example\r\n\r\n", "5\r\nhello\r\n0\r\nAuthorization: Bearer evil\r\n\r\n",
		"5\r\nhello\r\n0\r\nX-Tenant: globex\r\n\r\n", "5\r\nhello\r\n0\r\n X-Tenant-ID: evil\r\n\r\n", "5\r\nhello\r\n0\r\nX-A: b\nX-Tenant-ID: evil\r\n\r\n", "5\r\nhello\r\n0\r\nX-A: b\rX-Tenant-ID: evil\r\n\r\n",
	} {
		add(fmt.Sprintf("chunks %q", body), post+body+hiddenRequest)
	}
	add("a long extension", post+"5;"+strings.Repeat("x", 20_000)+"\r\nhello\r\n0\r\n\r\n"+hiddenRequest)
	get := "GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}"
	for _, line := range []string{
		"X-A: b\nX-Tenant-ID: evil", "X-A: b\rX-Tenant-ID: evil", "X-A: b\r\rX-Tenant-ID: evil", "X-A: b\r\n X-Tenant-ID: evil is a value", "X-A: b\r\n\tX-Tenant-ID: evil is a value", "X-A:\r\n b",
		"X-A: b\x00X-Tenant-ID: evil", "X-A: b\vX-Tenant-ID: evil", "X-A\n: b", "X-A b", ": b", "X-A :b", "X-Tenant-ID : evil", "X-Tenant-ID\t: evil", "X-Tenant-ID\x00: evil", "X-Tenant-ID\r: evil", "X Tenant ID: evil",
		"\rX-Tenant-ID: evil", "\vX-Tenant-ID: evil", "\"X-Tenant-ID\": evil", "X-Tenant-ID(x): evil", "X-Tenant-ID;: evil", "X-Tenant-ID/: evil", "X-Tenant\u2010ID: evil", "X-Tenant-\u0130D: evil", "X-Tenant-ID\u200b: evil", "X-A: \n\nGET /api/v1/smuggled HTTP/1.1\n\n",
		"X-A: b\r\n\r\nGET /api/v1/smuggled HTTP/1.1\r\nHost: gateway.test\r\nX-Tenant-ID: evil", "X-A: b\n\nGET /api/v1/smuggled HTTP/1.1\nHost: gateway.test\nX-Tenant-ID: evil",
	} {
		add(fmt.Sprintf("line %q", line), get+line+"\r\nConnection: close\r\n\r\n")
	}
	for _, start := range []string{
		"GET /api/v1/calls HTTP/1.2", "GET /api/v1/calls HTTP/2.0", "GET /api/v1/calls HTTP/3", "GET /api/v1/calls HTTP/0.9", "GET /api/v1/calls http/1.1", "GET /api/v1/calls HTTP/1.10", "GET /api/v1/calls HTTP/01.1", "GET /api/v1/calls HTTP/1.1\x00",
		"GET /api/v1/calls HTTP/1.1\rX-Tenant-ID: evil", "GET /api/v1/calls HTTP/1.1\nX-Tenant-ID: evil", "\nGET /api/v1/calls HTTP/1.1", "\r\nGET /api/v1/calls HTTP/1.1", "GET /api/v1/calls HTTP/1.1\n", "GET /api/v1/calls XTTP/1.1",
		"GET /api/v1/smuggled", "GET /api/v1/calls HTTP/1.1\r\n X-Tenant-ID: evil", "\x16\x03\x01\x02\x00\x01", "PRI * HTTP/2.0\r\n\r\nSM",
	} {
		add(fmt.Sprintf("start %q", start), start+"\r\nHost: gateway.test\r\n{bob}Connection: close\r\n\r\n")
	}
	add("Expect and a body that comes unasked", get+"Expect: 100-continue\r\nContent-Length: "+fmt.Sprint(len(hiddenRequest))+"\r\n\r\n"+hiddenRequest)
	add("an expectation that nobody knows", get+"Expect: 200-ok\r\nContent-Length: "+fmt.Sprint(len(hiddenRequest))+"\r\n\r\n"+hiddenRequest)
	add("two expectations", get+"Expect: 100-continue\r\nExpect: x\r\nConnection: close\r\n\r\n")
	add("Range and If-Range", get+"Range: bytes=0-\r\nIf-Range: x\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n")
	play(t, startStages(t), attacks)
}

// A refused request leaves nothing behind that its connection reads as another.
func TestSmugglingInRefusals(t *testing.T) {
	t.Parallel()
	var attacks []attack
	body := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(hiddenRequest), hiddenRequest)
	for request, status := range map[string]int{
		"POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n":                           http.StatusUnauthorized,
		"POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{carol}":                    http.StatusForbidden,
		"POST /api/v1/billing/x HTTP/1.1\r\nHost: gateway.test\r\n{bob}":                  http.StatusForbidden,
		"POST /assets/../x HTTP/1.1\r\nHost: gateway.test\r\n{bob}":                       http.StatusBadRequest,
		"TRACE /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\n{bob}":                     http.StatusMethodNotAllowed,
		"POST /api/v1/tenant HTTP/1.1\r\nHost: gateway.test\r\n{bob}":                     http.StatusMethodNotAllowed,
		"POST /api/v1/calls HTTP/1.1\r\nHost: a,b\r\n{bob}":                               http.StatusBadRequest,
		"POST /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nX-Tenant: globex\r\n{bob}":  http.StatusBadRequest,
		"GET /api/v1/calls HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer x\r\n": http.StatusUnauthorized,
	} {
		attacks = append(attacks, attack{
			class: "smuggling in refusals", name: request, source: "RFC 9112, section 9.3", status: status, bytes: request + body,
		}, attack{
			class: "smuggling in refusals", name: "chunked " + request, source: "RFC 9112, section 9.3", status: status,
			bytes: request + "Transfer-Encoding: chunked\r\n\r\n" + chunked(hiddenRequest),
		})
	}
	play(t, startStages(t), attacks)
}
