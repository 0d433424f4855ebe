package tenancy

import (
	"errors"
	"strings"
)

// Email is an address in the one form we compare and store: ASCII, lower case.
// Only ParseEmail makes one from what people type.
type Email string

// ErrBadEmail is what ParseEmail returns.
var ErrBadEmail = errors.New("not an e-mail address: want local-part@domain in ASCII, at most 254 characters")

// ParseEmail reads an address as RFC 5321, section 4.1.2, without quoted local
// parts, comments and address literals, and folds it to lower case. Non-ASCII
// is refused rather than folded: Unicode case mapping makes two people one
// (the Kelvin sign lowers to "k", and dotless i is nobody's friend).
func ParseEmail(s string) (Email, error) {
	local, domain, found := strings.Cut(s, "@")
	if !found || len(s) > 254 || len(local) > 64 || !dotAtom(local) || !domainName(domain) {
		return "", ErrBadEmail
	}
	return Email(lowerASCII(s)), nil
}

// dotAtom reports whether s is a dot-string of RFC 5321.
func dotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			if !alphanumeric(atom[i]) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", rune(atom[i])) {
				return false
			}
		}
	}
	return true
}

// domainName reports whether s is two labels or more of RFC 1123.
func domainName(s string) bool {
	labels := 0
	for label := range strings.SplitSeq(s, ".") {
		labels++
		if label == "" || len(label) > maxSlug || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if !alphanumeric(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return labels >= 2
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}
