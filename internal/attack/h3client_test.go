package attack_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"
)

// h3client speaks HTTP/3 by frames, so that it can say what no client may. It
// uses one connection until the other side closes it, then another.
type h3client struct {
	owner testing.TB // the connections end with it
	addr  string
	tls   *tls.Config

	conn *quic.Conn
}

// The frames and streams of RFC 9114, sections 7.2 and 6.2.1.
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameSettings = 0x4
	streamControl = 0x0
)

// open makes a connection and says hello.
func (c *h3client) open(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := quic.DialAddr(ctx, c.addr, c.tls, nil)
	if err != nil {
		t.Fatalf("connecting over QUIC: %v", err)
	}
	c.owner.Cleanup(func() { _ = conn.CloseWithError(0, "") })
	control, err := conn.OpenUniStream()
	if err != nil {
		t.Fatalf("opening the control stream: %v", err)
	}
	if _, err := control.Write(append([]byte{streamControl}, appendFrame(nil, frameSettings, nil)...)); err != nil {
		t.Fatalf("sending settings: %v", err)
	}
	c.conn = conn
}

// exchange sends m on a stream of its own and returns the answer.
func (c *h3client) exchange(t testing.TB, m message) answer {
	t.Helper()
	if c.conn == nil || c.conn.Context().Err() != nil {
		c.open(t)
	}
	stream, err := c.conn.OpenStream()
	if err != nil {
		c.conn = nil
		t.Fatalf("opening a stream: %v", err)
	}
	if err := stream.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	// An error of the sending side is the other's answer: it stops reading what it
	// refuses.
	_, _ = stream.Write(m.frames(t))
	_ = stream.Close()
	raw, err := io.ReadAll(stream)
	if timeout := new(quic.IdleTimeoutError); errors.As(err, &timeout) || isDeadline(err) {
		t.Errorf("no answer within %v", patience)
	}
	return readFrames(t, raw)
}

func isDeadline(err error) bool {
	timeout, ok := err.(interface{ Timeout() bool })
	return ok && timeout.Timeout()
}

func appendFrame(to []byte, kind uint64, payload []byte) []byte {
	to = quicvarint.Append(to, kind)
	to = quicvarint.Append(to, uint64(len(payload)))
	return append(to, payload...)
}

func (m message) frames(t testing.TB) []byte {
	t.Helper()
	frames := appendFrame(nil, frameHeaders, fieldSection(t, m.fields))
	if m.data != "" {
		frames = appendFrame(frames, frameData, []byte(m.data))
	}
	if m.trailers != nil {
		frames = appendFrame(frames, frameHeaders, fieldSection(t, m.trailers))
	}
	return frames
}

// fieldSection encodes fields by the static table alone (RFC 9204, section 4.5).
func fieldSection(t testing.TB, fields []field) []byte {
	t.Helper()
	var section bytes.Buffer
	encoder := qpack.NewEncoder(&section)
	for _, f := range fields {
		if err := encoder.WriteField(qpack.HeaderField{Name: f.name, Value: f.value}); err != nil {
			t.Fatalf("encoding a field: %v", err)
		}
	}
	return section.Bytes()
}

// readFrames makes an answer of what came on a stream; frames that are cut off
// count as far as they go.
func readFrames(t testing.TB, raw []byte) answer {
	t.Helper()
	var fields []field
	var body bytes.Buffer
	reader := bytes.NewReader(raw)
	for {
		kind, err := quicvarint.Read(reader)
		if err != nil {
			return answerOf(fields, body.String())
		}
		length, err := quicvarint.Read(reader)
		if err != nil {
			return answerOf(fields, body.String())
		}
		payload := make([]byte, min(length, uint64(reader.Len())))
		_, _ = io.ReadFull(reader, payload)
		switch kind {
		case frameData:
			body.Write(payload)
		case frameHeaders:
			fields = append(fields, readSection(t, payload)...)
		}
	}
}

func readSection(t testing.TB, section []byte) (fields []field) {
	t.Helper()
	next := qpack.NewDecoder().Decode(section)
	for {
		f, err := next()
		if errors.Is(err, io.EOF) {
			return fields
		}
		if err != nil {
			t.Fatalf("decoding an answer: %v", err)
		}
		fields = append(fields, field{f.Name, f.Value})
	}
}
