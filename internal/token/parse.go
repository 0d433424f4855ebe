package token

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const maxDepth = 16 // of JSON nesting; real tokens have four or five

// segments are the decoded parts of a JWS in compact serialization.
type segments struct {
	header, payload, signature []byte
	signed                     string // what the signature covers
}

// split takes a compact JWS apart (RFC 7515, section 7.1). A token has one
// spelling: padding, line breaks and stray bits at the end of a part, which
// lenient decoders ignore, would let one token pass under many names.
func split(raw string) (segments, error) {
	header, rest, _ := strings.Cut(raw, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	s := segments{signed: raw[:max(0, len(raw)-len(signature)-1)]}
	for _, part := range [...]struct {
		to   *[]byte
		text string
	}{{&s.header, header}, {&s.payload, payload}, {&s.signature, signature}} {
		decoded, err := decodeSegment(part.text)
		if err != nil {
			return segments{}, err
		}
		*part.to = decoded
	}
	return s, nil
}

var base64url = base64.RawURLEncoding.Strict()

// decodeSegment decodes one part, which must not be empty.
func decodeSegment(text string) ([]byte, error) {
	// Go's decoder skips line breaks, even where it is strict.
	if text == "" || strings.ContainsAny(text, "\r\n") {
		return nil, refusedForm
	}
	decoded, err := base64url.DecodeString(text)
	if err != nil {
		return nil, refusedForm
	}
	return decoded, nil
}

// kind is what the typ of a header makes of a token.
type kind uint8

const (
	kindOther  kind = iota // a typ of some other use: an assertion, a logout token
	kindAccess             // at+jwt, RFC 9068
	kindPlain              // JWT, or no typ at all
)

// header is what we read of a JOSE header.
type header struct {
	alg  string
	kid  string // empty: none
	kind kind
}

// readHeader reads a JOSE header (RFC 7515, section 4). Members that would have
// the token bring or fetch its own key, or change what is signed, are refused
// rather than ignored; members that only describe are ignored.
func readHeader(data []byte) (header, error) {
	h := header{kind: kindPlain}
	err := members(data, func(name string, value *jsontext.Decoder) (err error) {
		switch name {
		case "alg":
			h.alg, err = text(value)
		case "kid":
			h.kid, err = text(value)
		case "typ":
			var typ string
			typ, err = text(value)
			h.kind = kindOf(typ)
		case "crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc":
			return refusedExtension
		default:
			return skip(value)
		}
		return err
	})
	if err != nil {
		return header{}, refusal(err, refusedHeader)
	}
	return h, nil
}

// kindOf reads a typ: a media type, compared without case, whose prefix
// "application/" may be left out (RFC 7515, section 4.1.9).
func kindOf(typ string) kind {
	const prefix = "application/"
	if len(typ) > len(prefix) && equalFold(typ[:len(prefix)], prefix) {
		typ = typ[len(prefix):]
	}
	switch {
	case equalFold(typ, "at+jwt"):
		return kindAccess
	case equalFold(typ, "JWT"):
		return kindPlain
	}
	return kindOther
}

// equalFold compares ASCII without case. No letter beyond ASCII folds into a
// string of the same length in bytes.
func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

var errNotJSON = errors.New("not the JSON that was expected")

// members reads data as exactly one JSON object and calls read for each of its
// members; read consumes the value. Duplicate names, however they are escaped,
// and invalid UTF-8 are refused by the decoder: two parsers would not agree on
// what such a token says.
func members(data []byte, read func(name string, value *jsontext.Decoder) error) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(data))
	if open, err := d.ReadToken(); err != nil || open.Kind() != '{' {
		return errNotJSON
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return errNotJSON
		}
		if err := read(name.String(), d); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return errNotJSON
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return nil
}

// text reads a string that fits into a log line and a database: control
// characters are refused.
func text(d *jsontext.Decoder) (string, error) {
	t, err := d.ReadToken()
	if err != nil || t.Kind() != '"' {
		return "", errNotJSON
	}
	s := t.String()
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errNotJSON
	}
	return s, nil
}

// skip passes over a value of any kind. A number that overflows is refused even
// where we do not need it: a backend that reads the same token might.
func skip(d *jsontext.Decoder) error {
	for depth := d.StackDepth(); ; {
		t, err := d.ReadToken()
		if err != nil || d.StackDepth() > maxDepth {
			return errNotJSON
		}
		if t.Kind() == '0' {
			if _, err := strconv.ParseFloat(t.String(), 64); err != nil {
				return errNotJSON
			}
		}
		if d.StackDepth() == depth {
			return nil
		}
	}
}
