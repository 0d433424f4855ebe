package upstream

import (
	"bufio"
	"context"
	"errors"
	"math"
	"net"
	"syscall"
	"time"

	"github.com/tenantgate/tenantgate/internal/lifetime"
)

// unlimited is how much may still be read where no header is.
const unlimited = math.MaxInt64

var errHeaderSize = errors.New("the header of the upstream's answer is too large")

// connection is one to an upstream. It belongs to the pool, or to one request.
type connection struct {
	net.Conn
	client  *Client
	address string
	in      *bufio.Reader

	headerLeft int64       // bytes that may be read before the header must have ended
	reusable   bool        // after the answer that is being read
	unwatch    func() bool // ends what watch began; false: it is being closed
	hangUp     func()      // Close, made once
	idleSince  time.Time
	probe      probe
}

func newConnection(conn net.Conn, address string, client *Client) *connection {
	c := &connection{Conn: conn, client: client, address: address}
	c.in = bufio.NewReaderSize(limited{c}, client.config.ReadBuffer)
	c.hangUp = func() { _ = conn.Close() }
	if raw, ok := conn.(syscall.Conn); ok {
		c.probe.init(raw)
	}
	return c
}

// limited reads from the connection no more than a header may have.
type limited struct{ *connection }

func (l limited) Read(p []byte) (int, error) {
	if l.headerLeft <= 0 {
		return 0, errHeaderSize
	}
	if int64(len(p)) > l.headerLeft {
		p = p[:l.headerLeft]
	}
	n, err := l.Conn.Read(p)
	if l.headerLeft != unlimited {
		l.headerLeft -= int64(n)
	}
	return n, err
}

// watch has the connection closed when ctx ends, until done or end.
func (c *connection) watch(ctx context.Context) {
	if life := lifetime.Of(ctx); life != nil {
		c.unwatch = life.AfterFunc(c.hangUp)
	} else {
		c.unwatch = context.AfterFunc(ctx, c.hangUp)
	}
}

// end closes the connection.
func (c *connection) end() {
	c.unwatch()
	c.hangUp()
}

// done gives the connection back after a whole answer. One that is not to be used
// again it closes, and one on which there is something to read already: it would be
// taken for the answer to the next request.
func (c *connection) done() {
	if watched := c.unwatch(); !watched || !c.reusable || c.in.Buffered() > 0 {
		c.hangUp()
		return
	}
	c.keep()
}

// keep has the connection used again, unless it could not be seen then what has
// happened on it.
func (c *connection) keep() {
	if !c.probe.able() {
		c.hangUp()
		return
	}
	c.client.pool.put(c)
}
