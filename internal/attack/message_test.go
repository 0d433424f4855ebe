package attack_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// message is a request of HTTP/2 or HTTP/3 as it goes on the wire: nothing in it
// is checked, put in order or completed.
type message struct {
	fields   []field // pseudo fields among them, in this order
	data     string  // where it is empty, no DATA frame is sent
	trailers []field
}

// speaker sends a message and returns the answer. Status 0 is none: the stream
// was reset or the connection closed.
type speaker func(t testing.TB, m message) answer

const authority = "gateway.test"

// ask is a request that lacks nothing and says nothing of its sender.
func ask(method, path string) message {
	return message{fields: []field{{":method", method}, {":scheme", "https"}, {":authority", authority}, {":path", path}}}
}

// replace is m with other values of fields that it has; "" takes one away.
func (m message) replace(name, value string) message {
	m.fields = slices.Clone(m.fields)
	for i, f := range m.fields {
		if f.name == name {
			m.fields[i].value = value
		}
	}
	if value == "" {
		m.fields = slices.DeleteFunc(m.fields, func(f field) bool { return f.name == name })
	}
	return m
}

// with is m and more fields, name after name and value.
func (m message) with(more ...string) message {
	m.fields = slices.Clone(m.fields)
	for i := 0; i < len(more); i += 2 {
		m.fields = append(m.fields, field{more[i], more[i+1]})
	}
	return m
}

// as is m with the credentials that {bob} and its like stand for.
func (m message) as(s *stage, who string) message {
	for line := range strings.SplitSeq(strings.TrimSpace(s.fill(who)), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		m = m.with(strings.ToLower(name), value)
	}
	return m
}

func (m message) carrying(data string) message {
	m.data = data
	return m
}

// ending is m with trailers, name after name and value.
func (m message) ending(more ...string) message {
	for i := 0; i < len(more); i += 2 {
		m.trailers = append(slices.Clone(m.trailers), field{more[i], more[i+1]})
	}
	return m
}

// answerOf makes an answer of the fields of a response.
func answerOf(fields []field, body string) answer {
	a := answer{header: make(http.Header), body: body}
	for _, f := range fields {
		if f.name == ":status" && len(f.value) == 3 {
			a.status = int(f.value[0]-'0')*100 + int(f.value[1]-'0')*10 + int(f.value[2]-'0')
			continue
		}
		a.header.Add(f.name, f.value)
	}
	return a
}
