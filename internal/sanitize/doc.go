// Package sanitize says what a client may not say. An edge that establishes
// identity and passes it on in headers is only as good as its refusal of
// everything a client can say to the same effect: a path that the gateway and
// the upstream read differently, a host of two readings, two credentials, a
// header that folds to one of ours, a hop-by-hop option that deletes ours, a
// trailer, a tunnel.
//
// A [Policy] is made once and used for every request on every route, in this
// order:
//
//  1. [Policy.Check] reads the request and returns what it claims, or why it is
//     refused. It changes nothing.
//  2. [Policy.Strip] deletes the protected names, the trailers and the
//     hop-by-hop fields, and rewrites target and host to their one canonical
//     spelling.
//  3. Rules are matched against r.URL.Path as Strip has left it, and our own
//     headers are set after it.
//
// # One path, matched and forwarded
//
// After Strip, r.URL.Path is the decoded path and what is forwarded,
// r.URL.EscapedPath(), is computed from it alone: two requests that rules
// cannot tell apart are one request to the upstream. That changes the spelling
// of some escapes: %61 becomes a, and %2B %3D %40 %3A %26 %24 %2C become
// + = @ : & $ and a comma. It is safe because none of these ends a segment or
// starts a parameter, a query or a fragment in a path (RFC 3986, section 3.3,
// leaves "=" and "," a meaning within ";" parameters, which are refused), and
// because the upstream is sent the very characters that the rules have seen.
// An escape that could change where a segment ends (%2F, %5C, %3F, %23, %3B)
// is refused.
//
// Where an operator allows such an escape by [Options.AllowEncoded], it alone is
// kept as an escape, and rules match the decoded path, in which %2F and "/"
// are the same: they see "/a%2Fb" as "/a/b". Allow it only for an upstream that
// reads it that way too, or where no rule depends on what is beyond it. Dot
// segments and empty segments are refused around an allowed separator as well.
//
// # Trailers
//
// net/http and quic-go write trailers into the *http.Request they made, and into
// the map its Trailer field holds, when the body reaches its end, which is after
// Strip. Strip must therefore be given a shallow copy of the server's request
// (Caddy hands every handler one; r.WithContext makes one): the copy's nil
// Trailer then stays nil, because neither the server's struct nor its map is
// reachable from it.
//
// # Absolute-form targets
//
// In "GET http://a/ HTTP/1.1" with "Host: b", net/http takes a for the host and
// forgets b before any handler runs, as RFC 9112, section 3.2.2, asks of it.
// There is no second answer left to compare, and a is what rules, tenant look-up
// and upstream get. In HTTP/2 and HTTP/3 a Host field may stand beside
// :authority; the two must agree.
package sanitize
