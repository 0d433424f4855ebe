package upstream

import (
	"net"
	"net/http"
	"syscall"
)

// ErrInterim is an error that net/http's Transport has no like of.
var ErrInterim = errInterim

// Printable looks at a value.
func Printable(value string) bool { return printable(value) }

// Compose returns a request as it goes over the wire.
func Compose(r *http.Request) (string, error) {
	m := messages.Get().(*message)
	defer m.release()
	err := m.compose(r)
	if err == nil && m.bodyLeft {
		err = m.body(r)
	}
	return string(m.text), err
}

// Forget composes a request, lets go of it, and returns whether the memory is kept,
// and how many fields are still in it.
func Forget(r *http.Request) (kept bool, fields int, err error) {
	m := new(message)
	err = m.compose(r)
	kept = m.forget()
	for _, field := range m.fields[:cap(m.fields)] {
		if field.name != "" || field.values != nil {
			fields++
		}
	}
	return kept, fields, err
}

// Idle counts the idle connections to an address.
func (c *Client) Idle(address string) int {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	return len(c.pool.idle[address])
}

// Disturbed reports whether something has happened on the idle connection that
// would be used next.
func (c *Client) Disturbed(address string) bool {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	stack := c.pool.idle[address]
	return !stack[len(stack)-1].probe.quiet()
}

// Addresses counts the addresses that the pool knows of.
func (c *Client) Addresses() int {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	return len(c.pool.idle)
}

// Quiet reports whether nothing has happened on a connection that nobody reads.
func Quiet(conn net.Conn) bool {
	var p probe
	p.init(conn.(syscall.Conn))
	return p.quiet()
}
