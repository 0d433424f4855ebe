package attack_test

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// arrival is one request as an upstream received it.
type arrival struct {
	method, target string
	raw            string  // every byte of it, with framing and trailers
	fields         []field // header and trailer lines, as they are spelled
	tunnel         bool    // raw is what came after a switch of protocols
}

type field struct{ name, value string }

// values returns the values of all lines of that name, in any case.
func (a arrival) values(name string) []string {
	var values []string
	for _, f := range a.fields {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

func (a arrival) value(name string) string { return strings.Join(a.values(name), "|") }

// environ is what a CGI or WSGI server hands to a program (PEP 3333, RFC 3875,
// section 4.1.18): names that fold to one are one variable. Servers differ in
// what becomes of several lines: joined holds them all, last the last.
func (a arrival) environ() (joined, last map[string]string) {
	joined, last = make(map[string]string), make(map[string]string)
	for _, f := range a.fields {
		name := "HTTP_" + strings.ToUpper(strings.ReplaceAll(fold(f.name), "-", "_"))
		if before, found := joined[name]; found {
			joined[name] = before + "," + f.value
		} else {
			joined[name] = f.value
		}
		last[name] = f.value
	}
	return joined, last
}

// fold is written anew here: a test that shared the gateway's own folding would
// share its mistakes.
func fold(name string) string {
	folded := []byte(strings.ToLower(name))
	for i, c := range folded {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			folded[i] = '-'
		}
	}
	return string(folded)
}

// readArrival reads one request as a lenient server does: lines may end in LF
// alone, names may have anything in them, Transfer-Encoding counts wherever
// "chunked" stands in it, and a message without a length has no body. raw is
// left to the caller.
func readArrival(r *bufio.Reader) (arrival, error) {
	start, err := readLine(r)
	for err == nil && start == "" { // RFC 9112, section 2.2: empty lines before a request
		start, err = readLine(r)
	}
	if err != nil {
		return arrival{}, err
	}
	var a arrival
	a.method, a.target, _ = strings.Cut(start, " ")
	a.target, _, _ = strings.Cut(a.target, " ")
	if err := a.readFields(r); err != nil {
		return a, err
	}
	joined, last := a.environ()
	if strings.Contains(strings.ToLower(joined["HTTP_TRANSFER_ENCODING"]), "chunked") {
		return a, a.readChunks(r)
	}
	length, _ := strconv.Atoi(last["HTTP_CONTENT_LENGTH"])
	_, err = io.CopyN(io.Discard, r, int64(length))
	return a, err
}

func (a *arrival) readChunks(r *bufio.Reader) error {
	for {
		line, err := readLine(r)
		if err != nil {
			return err
		}
		digits, _, _ := strings.Cut(line, ";")
		size, err := strconv.ParseInt(strings.TrimSpace(digits), 16, 32)
		if err != nil {
			return err
		}
		if size == 0 {
			return a.readFields(r) // trailers
		}
		if _, err := io.CopyN(io.Discard, r, size); err != nil {
			return err
		}
		if _, err := readLine(r); err != nil {
			return err
		}
	}
}

func (a *arrival) readFields(r *bufio.Reader) error {
	for {
		line, err := readLine(r)
		if err != nil || line == "" {
			return err
		}
		name, value, _ := strings.Cut(line, ":")
		a.fields = append(a.fields, field{name: strings.TrimSpace(name), value: strings.TrimSpace(value)})
	}
}

func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}
