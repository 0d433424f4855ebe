package sanitize

import "net/http"

// Reason names a class of what was refused or stripped. It is a closed set,
// made for metric labels; [Reasons] lists it.
type Reason string

// The reasons of refusals.
const (
	ReasonMethod         Reason = "method"          // CONNECT, TRACE, or a method that is not allowed
	ReasonTarget         Reason = "target"          // neither "/…", nor "*" with OPTIONS, nor an http(s) URL of this host
	ReasonPathByte       Reason = "path_byte"       // a control byte, "\", ";", "#" or a space stands in the path
	ReasonPathEncoding   Reason = "path_encoding"   // an escape that is refused, broken, doubled, or no UTF-8
	ReasonPathSegment    Reason = "path_segment"    // an empty segment, "." or ".."
	ReasonQuery          Reason = "query"           // a control byte, a space or "#" stands in the query
	ReasonHost           Reason = "host"            // no host, two hosts, or no name or address
	ReasonCredentials    Reason = "credentials"     // more than one credential of a kind
	ReasonTenantSelector Reason = "tenant_selector" // more than one X-Tenant
)

// The reasons of strips.
const (
	ReasonName       Reason = "name"       // a protected header name, or a look-alike of a known one
	ReasonTrailer    Reason = "trailer"    // an announced trailer
	ReasonHopByHop   Reason = "hop_by_hop" // a field that ends at this hop
	ReasonConnection Reason = "connection" // a connection option that we do not know
	ReasonUpgrade    Reason = "upgrade"    // an upgrade to anything but a WebSocket
)

// Reasons lists every Reason there is, refusals first.
func Reasons() []Reason {
	return []Reason{
		ReasonMethod, ReasonTarget, ReasonPathByte, ReasonPathEncoding, ReasonPathSegment, ReasonQuery,
		ReasonHost, ReasonCredentials, ReasonTenantSelector,
		ReasonName, ReasonTrailer, ReasonHopByHop, ReasonConnection, ReasonUpgrade,
	}
}

// Refusal is why a request is not served. It is shared between requests: read
// it, never write to it.
type Refusal struct {
	Status int    // 400 or 405
	Code   string // the stable code of the problem document
	Reason Reason
	Detail string // a fixed sentence; it never repeats what the client sent
	Allow  string // the Allow header (RFC 9110, section 10.2.1) of a 405
	// ReportOnly says that the policy only reports: count it and serve the
	// request all the same.
	ReportOnly bool
}

func badRequest(reason Reason, detail string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: "bad_request", Reason: reason, Detail: detail}
}

func tenantConflict(detail string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: "tenant_conflict", Reason: ReasonTenantSelector, Detail: detail}
}
