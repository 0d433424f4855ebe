package console

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
)

// inline finds the scripts that stand in a page itself. What they hold is the
// framework's: its first data, and the theme before anything is painted.
var inline = regexp.MustCompile(`(?s)<script((?:\s[^>]*)?)>(.*?)</script>`)

// policyOf returns the Content-Security-Policy of a page. The scripts that it was
// built with are named by their hashes (CSP Level 3, section 2.3.1), so that one
// which is smuggled in does not run. There is no 'unsafe-inline', for styles
// neither: what scripts set through the CSSOM needs none.
func policyOf(page []byte) string {
	scripts := []string{"'self'"}
	for _, match := range inline.FindAllSubmatch(page, -1) {
		if strings.Contains(string(match[1]), "src=") {
			continue
		}
		sum := sha256.Sum256(match[2])
		scripts = append(scripts, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src " + strings.Join(scripts, " "),
		"style-src 'self'",
		"img-src 'self' data: https:", // logos of tenants are anywhere on https
		"font-src 'self'",
		"connect-src 'self'",
		"manifest-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// protect sets what only pages need.
func (f *file) protect(header http.Header) {
	header.Set("Content-Security-Policy", f.policy)
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}
