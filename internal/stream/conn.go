package stream

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

// The Close codes that a WebSocket ends with; they are of the range that RFC
// 6455, section 7.4.2, leaves to applications.
const (
	StatusTokenExpired = 4401
	StatusAccessLost   = 4403
	StatusTryAgain     = 1013 // nobody could confirm it (IANA: Try Again Later)
)

const (
	// boundaryWait is how long the rest of a frame may take, or a client that does
	// not read, before the connection ends without a Close frame.
	boundaryWait = 300 * time.Millisecond
	// lingerTime is how long the client may take to close after a Close frame. A
	// connection that is closed with bytes unread is reset, and a reset takes what
	// was sent from the client's side too.
	lingerTime = 300 * time.Millisecond
)

// Conn is the connection to the client of a WebSocket, which can be ended with a
// Close frame of ours between two of the upstream's.
type Conn struct {
	net.Conn

	mu       sync.Mutex // over each write
	frames   frames
	farewell []byte        // to be sent at the next boundary; nil: nothing
	ended    bool          // nothing is sent any more
	said     chan struct{} // closed when ended

	ending sync.Once
}

// NewConn wraps the connection right after the answer 101.
func NewConn(conn net.Conn) *Conn { return &Conn{Conn: conn, said: make(chan struct{})} }

// Write passes p on; after End it takes the rest of a frame and no more.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended:
		return 0, net.ErrClosed
	case c.farewell != nil:
		return c.finish(p)
	}
	n, err := c.Conn.Write(p)
	c.frames.pass(p[:n])
	return n, err
}

// finish sends the rest of the frame under way, and the farewell.
func (c *Conn) finish(p []byte) (int, error) {
	n, err := c.Conn.Write(p[:c.frames.rest(p)])
	if err != nil {
		c.leave()
		return n, err
	}
	if c.frames.boundary() {
		c.bid()
		return n, net.ErrClosed
	}
	return n, nil
}

// bid sends the farewell, unless the upstream has sent a Close frame itself: there
// is nothing after that one.
func (c *Conn) bid() {
	if !c.frames.closed {
		_, _ = c.Conn.Write(c.farewell) // where it cannot be said, the end says it
	}
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	c.leave()
}

func (c *Conn) leave() {
	if !c.ended {
		c.ended = true
		close(c.said)
	}
}

// End has the connection end with a Close frame of that status and reason (of 123
// bytes at most), and calls then once nothing is sent any more: when the frame is
// out, or could not be in time. It does not wait for that.
func (c *Conn) End(status uint16, reason string, then func()) {
	c.ending.Do(func() {
		_ = c.SetWriteDeadline(time.Now().Add(boundaryWait))
		go c.end(closeFrame(status, reason), then)
	})
}

func (c *Conn) end(frame []byte, then func()) {
	defer then()
	c.mu.Lock() // a write to a client that does not read ends at the deadline
	c.farewell = frame
	if c.frames.boundary() && !c.ended {
		c.bid()
	}
	c.mu.Unlock()
	select {
	case <-c.said:
		return
	case <-time.After(boundaryWait):
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave()
}

// CloseWrite ends the direction to the client, as a proxy does when the upstream
// has ended it.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Conn.Close()
}

// Close closes the connection; after a Close frame of ours it gives the client
// time to read that.
func (c *Conn) Close() error {
	c.mu.Lock()
	linger := c.ended && c.frames.boundary()
	c.mu.Unlock()
	if linger {
		_ = c.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.Copy(io.Discard, c.Conn)
	}
	return c.Conn.Close()
}

// closeFrame is a server's, RFC 6455, section 5.5.1.
func closeFrame(status uint16, reason string) []byte {
	frame := []byte{0x80 | opClose, byte(2 + len(reason))}
	frame = binary.BigEndian.AppendUint16(frame, status)
	return append(frame, reason...)
}
