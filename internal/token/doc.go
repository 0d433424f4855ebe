// Package token turns a JWT into a verified [tenancy.Subject], and makes ours.
//
// A token is read once, strictly and with bounded work (parse.go, claims.go),
// given to the one authority that may have signed it (authority.go), checked
// with that authority's keys and no others (key.go, remote.go), and remembered
// until it expires or a key changes (cache.go). Everything follows RFC 7515,
// RFC 7519, RFC 8725 and, for our own tokens, RFC 9068.
package token
