package upstream

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http/httpguts"
)

// MaxBody is how long the body of a request may be that a Client takes, in bytes,
// and MaxMessage how long all of it. So much fits into the buffers of a
// connection's two ends: an upstream which answers without reading is never waited
// for.
const (
	MaxBody    = 16 << 10
	MaxMessage = 3 * MaxBody
)

// ErrLong is what is wrong with a request whose header is too long, of which
// nothing was sent and nothing read. Its body is not closed.
var ErrLong = errors.New("the request is longer than is taken")

var (
	errTarget = errors.New("a control character in the request's target")
	errLength = errors.New("the request's body is longer than its Content-Length")
)

// message is a request as it goes over the wire, its body included. Its memory is
// used again.
type message struct {
	text     []byte
	bodyLeft bool    // the body is still to be read
	bodyRead bool    // it is not: the request cannot be read again
	fields   []field // those of the header, in order
}

type field struct {
	name   string
	values []string
}

var messages = sync.Pool{New: func() any { return new(message) }}

// release takes the message's memory back.
func (m *message) release() {
	if m.forget() {
		messages.Put(m)
	}
}

// usual is how many fields the header of a request may have that is not much
// larger than others are.
const usual = 512

// forget lets go of the request, and reports whether the memory is worth keeping:
// that of a much larger request than others are would never be given back.
func (m *message) forget() bool {
	clear(m.fields)
	m.text, m.fields = m.text[:0], m.fields[:0]
	return cap(m.text) <= 4*MaxBody && cap(m.fields) <= usual
}

// compose writes what http.Request.Write would, up to the body. As net/http's
// Transport it refuses a method (over HTTP/2 that may be "GET /other HTTP/1.1")
// and fields that would break the message apart.
func (m *message) compose(r *http.Request) error {
	if r.Method != "" && !httpguts.ValidHeaderFieldName(r.Method) { // both are tokens
		return fmt.Errorf("invalid method %q", r.Method)
	}
	if err := m.collect(r.Header); err != nil {
		return err
	}
	if err := m.begin(r); err != nil {
		return err
	}
	for _, field := range m.fields {
		for _, value := range field.values {
			m.line(field.name, value)
		}
	}
	m.text = append(m.text, "\r\n"...)
	m.bodyLeft, m.bodyRead = r.ContentLength > 0, false
	if int64(len(m.text))+r.ContentLength > MaxMessage {
		return ErrLong
	}
	return nil
}

// collect checks all fields of a header, and orders those that are sent as they
// are.
func (m *message) collect(header http.Header) error {
	for name, values := range header {
		if !httpguts.ValidHeaderFieldName(name) {
			return fmt.Errorf("invalid header field name %q", name)
		}
		for _, value := range values {
			if !printable(value) && !httpguts.ValidHeaderFieldValue(value) {
				return fmt.Errorf("invalid header field value for %q", name) // which may be secret
			}
		}
		switch name {
		case "Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer":
		default:
			m.fields = append(m.fields, field{name, values})
		}
	}
	sort(m.fields)
	return nil
}

// few is how many fields are sorted fastest by insertion.
const few = 32

func sort(fields []field) {
	if len(fields) > few {
		slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
		return
	}
	for i := 1; i < len(fields); i++ {
		next, at := fields[i], i
		for ; at > 0 && next.name < fields[at-1].name; at-- {
			fields[at] = fields[at-1]
		}
		fields[at] = next
	}
}

// printable reports whether a value has printable ASCII alone, as nearly all have.
// It looks at eight bytes at a time; long values, such as the assertion, are most
// of what is sent.
func printable(value string) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	for ; len(value) >= 8; value = value[8:] {
		eight := uint64(value[0]) | uint64(value[1])<<8 | uint64(value[2])<<16 | uint64(value[3])<<24 |
			uint64(value[4])<<32 | uint64(value[5])<<40 | uint64(value[6])<<48 | uint64(value[7])<<56
		// A high bit is set by a byte that has it, by one below a space, and by DEL.
		if (eight|(eight-' '*each)|(eight+each))&high != 0 {
			return false
		}
	}
	for i := range len(value) {
		if value[i] < ' ' || value[i] >= 0x7f {
			return false
		}
	}
	return true
}

// begin writes the request line (RFC 9112, section 3) and what net/http puts
// before the header.
func (m *message) begin(r *http.Request) error {
	host, err := hostField(r)
	if err != nil {
		return err
	}
	target := r.URL.RequestURI()
	if strings.ContainsFunc(target, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return errTarget
	}
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	m.text = append(m.text, method...)
	m.text = append(m.text, ' ')
	m.text = append(m.text, target...)
	m.text = append(m.text, " HTTP/1.1\r\nHost: "...)
	m.text = append(m.text, host...)
	m.text = append(m.text, "\r\n"...)
	if agent := userAgent(r.Header); agent != "" {
		m.line("User-Agent", agent)
	}
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		m.length(r.ContentLength) // servers expect one, also where it is zero
	default:
		if r.ContentLength > 0 {
			m.length(r.ContentLength)
		}
	}
	return nil
}

func (m *message) line(name, value string) {
	m.text = append(m.text, name...)
	m.text = append(m.text, ": "...)
	m.text = append(m.text, textproto.TrimString(value)...)
	m.text = append(m.text, "\r\n"...)
}

func (m *message) length(n int64) {
	m.text = append(m.text, "Content-Length: "...)
	m.text = strconv.AppendInt(m.text, n, 10)
	m.text = append(m.text, "\r\n"...)
}

// body adds the whole body. Its errors are returned as they are: they are the
// client's, or a limit's.
func (m *message) body(r *http.Request) error {
	m.bodyLeft, m.bodyRead = false, true
	begin := len(m.text)
	m.text = slices.Grow(m.text, int(r.ContentLength)+1)[:begin+int(r.ContentLength)]
	if _, err := io.ReadFull(r.Body, m.text[begin:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	switch n, err := io.ReadFull(r.Body, m.text[len(m.text):len(m.text)+1]); {
	case n > 0:
		return errLength
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// hostField returns the value of Host: what cannot be one is left out, and the
// zone of an IPv6 address is of no meaning elsewhere (RFC 6874, section 4).
func hostField(r *http.Request) (string, error) {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	host, err := httpguts.PunycodeHostPort(host)
	if err != nil {
		return "", fmt.Errorf("the request's host: %w", err)
	}
	if !httpguts.ValidHostHeader(host) {
		return "", nil
	}
	if end := strings.LastIndexByte(host, ']'); end > 0 && host[0] == '[' {
		if zone := strings.LastIndexByte(host[:end], '%'); zone > 0 {
			host = host[:zone] + host[end:]
		}
	}
	return host, nil
}

// userAgent returns the value of User-Agent; a header that has an empty one sends
// none, one that has none sends net/http's.
func userAgent(header http.Header) string {
	values, named := header["User-Agent"]
	switch {
	case !named:
		return "Go-http-client/1.1"
	case len(values) == 0:
		return ""
	}
	return values[0]
}
