package cache_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy is an address behind which the server can be exchanged, as a failover
// does with a name.
type proxy struct {
	listener net.Listener
	mu       sync.Mutex
	target   string
	open     []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening: %v", err)
	}
	p := &proxy{listener: listener, target: target}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.turnTo("")
		serving.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// turnTo cuts all connections and sends new ones to another target.
func (p *proxy) turnTo(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	for _, conn := range p.open {
		_ = conn.Close()
	}
	p.open = nil
}

func (p *proxy) serve(near net.Conn) {
	p.mu.Lock()
	far, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = near.Close()
		p.mu.Unlock()
		return
	}
	p.open = append(p.open, near, far)
	p.mu.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			_ = pair[0].Close()
		})
	}
	both.Wait()
}

func split(t *testing.T, addr string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatalf("splitting %s: %v", addr, err)
	}
	return host, port
}
