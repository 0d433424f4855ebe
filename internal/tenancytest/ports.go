package tenancytest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// FreePort returns a TCP port of 127.0.0.1 that nobody listens on. On Linux it is
// kept from others until the test ends; elsewhere somebody may take it before the
// caller does: where a listener can be handed over, do that instead.
func FreePort(t testing.TB) int {
	t.Helper()
	return reserve(t)
}

// listen listens on a free port.
func listen(t testing.TB) net.Listener {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("looking for a free port: %v", err)
	}
	return listener
}

// Wire is a TCP connection to a server with a hand on it: it can be cut, held
// and slowed, while the server itself stays well.
type Wire struct {
	target   string
	listener net.Listener

	gone chan struct{} // closed with the test

	mu     sync.Mutex
	change *sync.Cond // of cut and held
	cut    bool
	held   bool
	delay  time.Duration
	ends   map[net.Conn]struct{} // both ends of every connection
}

// WireTo lays a wire to the server of a URL, and returns the URL that leads over it.
func WireTo(t testing.TB, server string) (over string, wire *Wire) {
	t.Helper()
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	wire = NewWire(t, address.Host)
	address.Host = wire.Addr()
	return address.String(), wire
}

// NewWire lays a wire to target (host and port), which need not listen yet. It
// is gone when the test ends.
func NewWire(t testing.TB, target string) *Wire {
	t.Helper()
	listener := listen(t)
	w := &Wire{target: target, listener: listener, gone: make(chan struct{}), ends: map[net.Conn]struct{}{}}
	w.change = sync.NewCond(&w.mu)
	var running sync.WaitGroup
	running.Go(func() { w.serve(&running) })
	t.Cleanup(func() {
		_ = listener.Close()
		close(w.gone)
		w.Cut()
		running.Wait()
	})
	return w
}

// Addr is where to connect instead of to the target.
func (w *Wire) Addr() string { return w.listener.Addr().String() }

// Cut resets every connection, and each new one, until Mend.
func (w *Wire) Cut() { w.set(func() { w.cut = true; w.drop() }) }

// Hold keeps connections open and passes nothing on, until Mend.
func (w *Wire) Hold() { w.set(func() { w.held = true }) }

// Delay has each piece of data, in both directions, wait this long.
func (w *Wire) Delay(by time.Duration) { w.set(func() { w.delay = by }) }

// Mend ends Cut, Hold and Delay; what was held goes through.
func (w *Wire) Mend() { w.set(func() { w.cut, w.held, w.delay = false, false, 0 }) }

func (w *Wire) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	w.change.Broadcast()
}

// drop resets all connections; the caller has the lock.
func (w *Wire) drop() {
	for end := range w.ends {
		reset(end)
	}
	clear(w.ends)
}

// reset closes with RST: FIN would look like a server that says goodbye.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

func (w *Wire) serve(running *sync.WaitGroup) {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		running.Go(func() { w.join(client) })
	}
}

// join connects one client with the target until either hangs up.
func (w *Wire) join(client net.Conn) {
	dialer := net.Dialer{Timeout: patience}
	server, err := dialer.DialContext(context.Background(), "tcp", w.target)
	if err != nil {
		reset(client)
		return
	}
	if !w.keep(client, server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { w.pass(server, client) })
	both.Go(func() { w.pass(client, server) })
	both.Wait()
	_, _ = client.Close(), server.Close()
	w.set(func() { delete(w.ends, client); delete(w.ends, server) })
}

// keep enters a connection's ends, or resets them where the wire is cut.
func (w *Wire) keep(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range ends {
		w.ends[end] = struct{}{}
	}
	if w.cut {
		w.drop()
	}
	return !w.cut
}

// pass copies one direction to its end, and hands the end on.
func (w *Wire) pass(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		w.wait()
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil && !errors.Is(err, io.EOF) {
			reset(to)
			reset(from)
			return
		}
		if err != nil {
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}

// wait returns when the wire lets data through, or is cut.
func (w *Wire) wait() {
	w.mu.Lock()
	delay := w.delay
	w.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-w.gone:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.held && !w.cut {
		w.change.Wait()
	}
}
