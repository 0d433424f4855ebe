package sanitize

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Refusals of what a path holds.
var (
	refuseByte     = badRequest(ReasonPathByte, "The path contains a control character, a space, or one of \\ ; #.")
	refuseEscape   = badRequest(ReasonPathEncoding, "The path contains a percent-encoding that is broken or not accepted.")
	refuseDoubled  = badRequest(ReasonPathEncoding, "The path is percent-encoded twice.")
	refuseUTF8     = badRequest(ReasonPathEncoding, "The path is not UTF-8.")
	refuseSegment  = badRequest(ReasonPathSegment, "The path contains an empty segment, \".\" or \"..\".")
	refuseRelative = badRequest(ReasonTarget, "The request target must start with \"/\".")
)

// byteClass is what a byte means in a path.
type byteClass uint8

const (
	plain byteClass = iota
	dot
	separator // "/": ends a segment
	delimiter // \ ; # ? end a segment, or the path, for some readers
	percent
	space
	control
	high // above ASCII
)

var pathClass = func() (classes [256]byteClass) {
	for c := range classes {
		switch {
		case c < ' ' || c == 0x7f:
			classes[c] = control
		case c >= utf8.RuneSelf:
			classes[c] = high
		}
	}
	classes[' '], classes['.'], classes['/'], classes['%'] = space, dot, separator, percent
	for _, c := range `\;#?` {
		classes[c] = delimiter
	}
	return classes
}()

// segment is what has been read of the present path segment.
type segment struct{ length, dots int }

// isDots reports whether the segment is "." or "..", which an upstream may
// resolve after the rules have been matched (RFC 3986, section 5.2.4).
func (s segment) isDots() bool { return s.length == s.dots && (s.dots == 1 || s.dots == 2) }

// path reads a path as it stands on the wire, once and without decoding it.
func (p *Policy) path(path string) *Refusal {
	if path == "" || path[0] != '/' {
		return refuseRelative
	}
	var current segment
	beyondASCII := false
	for i := 1; i < len(path); i++ {
		class := pathClass[path[i]]
		switch class {
		case percent:
			c, ok := unhex(path, i+1)
			if !ok {
				return refuseEscape
			}
			i += 2
			if refusal := p.escape(c, path[i+1:]); refusal != nil {
				return refusal
			}
			class = pathClass[c]
		case delimiter, space, control:
			return refuseByte
		}
		switch class {
		case separator, delimiter:
			if current.length == 0 || current.isDots() {
				return refuseSegment
			}
			current = segment{}
			continue
		case dot:
			current.dots++
		case high:
			beyondASCII = true
		}
		current.length++
	}
	if current.isDots() {
		return refuseSegment
	}
	if beyondASCII && !decodesToUTF8(path) {
		return refuseUTF8
	}
	return nil
}

// escape judges the escape of c, before rest. A percent sign must not be
// followed by what would make an escape of it when decoded again: an upstream
// that decodes twice would serve a path that no rule has seen.
func (p *Policy) escape(c byte, rest string) *Refusal {
	switch pathClass[c] {
	case control:
		return refuseEscape
	case separator, delimiter:
		if !p.encoded[c] {
			return refuseEscape
		}
	case percent:
		if !p.encoded[c] && decodesToHexPair(rest) {
			return refuseDoubled
		}
	}
	return nil
}

// decodesToHexPair reports whether the first two characters of path are
// hexadecimal digits once decoded: "%25%32f" is "%2f" in disguise.
func decodesToHexPair(path string) bool {
	for range 2 {
		if path == "" {
			return false
		}
		c, width := path[0], 1
		if c == '%' {
			decoded, ok := unhex(path, 1)
			if !ok {
				return false
			}
			c, width = decoded, 3
		}
		if hexValue[c] < 0 {
			return false
		}
		path = path[width:]
	}
	return true
}

func decodesToUTF8(path string) bool {
	decoded, err := url.PathUnescape(path)
	return err == nil && utf8.ValidString(decoded)
}

var hexValue = func() (values [256]int8) {
	for c := range values {
		values[c] = int8(strings.IndexByte("0123456789abcdef", lower(byte(c))))
	}
	return values
}()

// unhex reads the two hexadecimal digits at s[i:].
func unhex(s string, i int) (byte, bool) {
	if i+1 >= len(s) {
		return 0, false
	}
	first, second := hexValue[s[i]], hexValue[s[i+1]]
	return byte(first)<<4 | byte(second), first >= 0 && second >= 0
}

// allowEncoded takes escapes such as "%2F".
func (p *Policy) allowEncoded(escapes []string) error {
	for _, escape := range escapes {
		c, ok := unhex(escape, 1)
		if !ok || len(escape) != 3 || escape[0] != '%' || !strings.ContainsRune(`/\#?;%`, rune(c)) {
			return fmt.Errorf("allow_encoded %q: want one of %%2F %%5C %%23 %%3F %%3B %%25", escape)
		}
		p.encoded[c] = true
	}
	return nil
}

// rawPath returns the canonical spelling of an escaped path with the allowed
// escapes kept, or "" where the canonical spelling of the decoded path says it
// all.
func (p *Policy) rawPath(escaped string) string {
	var spelled strings.Builder
	start, kept := 0, false
	for i := 0; i+2 < len(escaped); i++ {
		if escaped[i] != '%' {
			continue
		}
		if c, ok := unhex(escaped, i+1); ok && c != '%' && p.encoded[c] {
			spelled.WriteString(canonicalPath(escaped[start:i]))
			spelled.WriteString(strings.ToUpper(escaped[i : i+3]))
			start, kept = i+3, true
		}
		i += 2
	}
	if !kept {
		return ""
	}
	spelled.WriteString(canonicalPath(escaped[start:]))
	return spelled.String()
}

func canonicalPath(escaped string) string {
	decoded, err := url.PathUnescape(escaped)
	if err != nil {
		return escaped
	}
	return (&url.URL{Path: decoded}).EscapedPath()
}
