package attack_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2client speaks HTTP/2 by frames, so that it can say what no client may. It
// uses one connection until the other side closes it, then another.
type h2client struct {
	owner testing.TB // the connections end with it
	dial  func(ctx context.Context) (net.Conn, error)

	conn    net.Conn
	framer  *http2.Framer
	block   bytes.Buffer
	encoder *hpack.Encoder
	stream  uint32 // the last one used
}

// open makes a connection and says hello.
func (c *h2client) open(t testing.TB) {
	t.Helper()
	conn, err := c.dial(t.Context())
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	c.owner.Cleanup(func() { conn.Close() })
	c.conn, c.stream = conn, 0
	c.block.Reset()
	c.encoder = hpack.NewEncoder(&c.block)
	c.framer = http2.NewFramer(conn, conn)
	c.framer.AllowIllegalWrites = true
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatalf("sending the preface: %v", err)
	}
	if err := c.framer.WriteSettings(); err != nil {
		t.Fatalf("sending settings: %v", err)
	}
}

// exchange sends m on a stream of its own and returns the answer. Where the
// connection was already going away for what an earlier message did to it, m is
// sent again on another one.
func (c *h2client) exchange(t testing.TB, m message) answer {
	t.Helper()
	used := c.conn != nil
	a, err := c.try(t, m)
	if used && errors.Is(err, errGoingAway) {
		a, err = c.try(t, m)
	}
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("no answer within %v", patience)
	}
	return a
}

// try returns an error where the connection is of no more use.
func (c *h2client) try(t testing.TB, m message) (answer, error) {
	t.Helper()
	if c.conn == nil {
		c.open(t)
	}
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	sent := c.send(m)
	a, received := c.receive()
	err := errors.Join(sent, received)
	if err != nil {
		c.conn.Close()
		c.conn = nil
	}
	return a, err
}

func (c *h2client) send(m message) error {
	c.stream += 2
	if c.stream == 2 {
		c.stream = 1
	}
	last := m.data == "" && m.trailers == nil
	if err := c.headers(m.fields, last); err != nil {
		return err
	}
	if m.data != "" {
		if err := c.framer.WriteData(c.stream, m.trailers == nil, []byte(m.data)); err != nil {
			return err
		}
	}
	if m.trailers == nil {
		return nil
	}
	return c.headers(m.trailers, true)
}

// headers sends a header block in as many frames as it needs (RFC 9113, section
// 4.3).
func (c *h2client) headers(fields []field, end bool) error {
	c.block.Reset()
	for _, f := range fields {
		if err := c.encoder.WriteField(hpack.HeaderField{Name: f.name, Value: f.value}); err != nil {
			return err
		}
	}
	const frame = 16 << 10
	block := c.block.Bytes()
	first, rest := block[:min(frame, len(block))], block[min(frame, len(block)):]
	if err := c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: c.stream, BlockFragment: first, EndStream: end, EndHeaders: len(rest) == 0,
	}); err != nil {
		return err
	}
	for len(rest) > 0 {
		first, rest = rest[:min(frame, len(rest))], rest[min(frame, len(rest)):]
		if err := c.framer.WriteContinuation(c.stream, len(rest) == 0, first); err != nil {
			return err
		}
	}
	return nil
}

// receive reads until the stream is answered or reset. It returns an error where
// the connection is of no more use.
func (c *h2client) receive() (answer, error) {
	var fields []field
	var body bytes.Buffer
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return answerOf(fields, body.String()), err
		}
		if frame.Header().StreamID != c.stream {
			if err := c.housekeep(frame); err != nil {
				return answerOf(fields, body.String()), err
			}
			continue
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			for _, f := range frame.Fields {
				fields = append(fields, field{f.Name, f.Value})
			}
			if frame.StreamEnded() {
				return answerOf(fields, body.String()), nil
			}
		case *http2.DataFrame:
			body.Write(frame.Data())
			if n := len(frame.Data()); n > 0 { // the connection's window is used up else
				if err := c.framer.WriteWindowUpdate(0, uint32(n)); err != nil {
					return answerOf(fields, body.String()), err
				}
			}
			if frame.StreamEnded() {
				return answerOf(fields, body.String()), nil
			}
		case *http2.RSTStreamFrame:
			return answerOf(fields, body.String()), nil
		}
	}
}

// errGoingAway says that the stream is not served (RFC 9113, section 6.8).
var errGoingAway = errors.New("the connection is going away")

// housekeep answers what concerns the connection.
func (c *h2client) housekeep(frame http2.Frame) error {
	switch frame := frame.(type) {
	case *http2.SettingsFrame:
		if !frame.IsAck() {
			return c.framer.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !frame.IsAck() {
			return c.framer.WritePing(true, frame.Data)
		}
	case *http2.GoAwayFrame:
		if frame.LastStreamID < c.stream {
			return errGoingAway
		}
	}
	return nil
}
