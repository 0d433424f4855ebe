package tenancytest_test

import (
	"errors"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// echo answers every connection with what it says, until the test ends.
func echo(t *testing.T) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// ask sends "hello" and returns what is wrong with the answer.
func ask(conn net.Conn, within time.Duration) error {
	if _, err := conn.Write([]byte("hello")); err != nil {
		return err
	}
	return hear(conn, within)
}

func hear(conn net.Conn, within time.Duration) error {
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	answer := make([]byte, 5)
	_, err := io.ReadFull(conn, answer)
	if err == nil && string(answer) != "hello" {
		return errors.New("got " + string(answer))
	}
	return err
}

func isTimeout(err error) bool {
	var net net.Error
	return errors.As(err, &net) && net.Timeout()
}

const soon, late = 50 * time.Millisecond, 20 * time.Second

func TestWirePassesThrough(t *testing.T) {
	t.Parallel()
	conn := dial(t, tenancytest.NewWire(t, echo(t)).Addr())
	if err := ask(conn, late); err != nil {
		t.Fatal(err)
	}
	// The end of one direction leaves the other open.
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := hear(conn, late); err != nil {
		t.Errorf("after hanging up one way: %v", err)
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("at the end: got %d bytes and %v, want EOF", n, err)
	}
}

func TestWireCut(t *testing.T) {
	t.Parallel()
	wire := tenancytest.NewWire(t, echo(t))
	conn := dial(t, wire.Addr())
	if err := ask(conn, late); err != nil {
		t.Fatal(err)
	}
	wire.Cut()
	if err := ask(conn, late); err == nil || isTimeout(err) {
		t.Errorf("an open connection: got %v, want a broken one", err)
	}
	fresh, err := net.Dial("tcp", wire.Addr())
	if err == nil { // the reset may come as early as that
		t.Cleanup(func() { _ = fresh.Close() })
		err = ask(fresh, late)
	}
	if err == nil || isTimeout(err) {
		t.Errorf("a new connection: got %v, want a broken one", err)
	}
	wire.Mend()
	if err := ask(dial(t, wire.Addr()), late); err != nil {
		t.Errorf("after Mend: %v", err)
	}
}

func TestWireHold(t *testing.T) {
	t.Parallel()
	wire := tenancytest.NewWire(t, echo(t))
	conn := dial(t, wire.Addr())
	wire.Hold()
	if err := ask(conn, soon); !isTimeout(err) {
		t.Errorf("while held: got %v, want silence", err)
	}
	wire.Mend()
	if err := hear(conn, late); err != nil {
		t.Errorf("after Mend: %v", err)
	}
}

func TestWireDelay(t *testing.T) {
	t.Parallel()
	wire := tenancytest.NewWire(t, echo(t))
	conn := dial(t, wire.Addr())
	wire.Delay(soon)
	began := time.Now()
	if err := ask(conn, late); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 2*soon {
		t.Errorf("there and back took %v, want %v or more", took, 2*soon)
	}
}

func TestFreePort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(tenancytest.FreePort(t)))
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
}
