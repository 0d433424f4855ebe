package stream_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantgate/tenantgate/internal/stream"
)

// pair returns both ends of a TCP connection, the near one wrapped.
func pair(t *testing.T) (near *stream.Conn, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close(); dialled.Close() })
	if err := dialled.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return stream.NewConn(accepted), dialled.(*net.TCPConn)
}

// piped is pair in a bubble of package synctest, where no busy machine makes a
// client late, and what the far end reads until the connection has ended.
func piped(t *testing.T) (near *stream.Conn, read <-chan string) {
	t.Helper()
	one, other := net.Pipe()
	t.Cleanup(func() { one.Close(); other.Close() })
	all := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(other)
		all <- string(text)
	}()
	return stream.NewConn(one), all
}

// finish has the proxy's part of an end: it closes once told.
func finish(near *stream.Conn) (told chan struct{}) {
	told = make(chan struct{})
	near.End(stream.StatusAccessLost, "not_a_member", func() {
		close(told)
		_ = near.Close()
	})
	return told
}

const farewell = "\x88\x0e\x11\x33not_a_member" // 0x1133 is 4403

func TestConnSaysWhyBetweenFrames(t *testing.T) {
	t.Parallel()
	near, far := pair(t)
	if _, err := near.Write([]byte("\x81\x05hello")); err != nil {
		t.Fatal(err)
	}
	finish(near)
	got, err := io.ReadAll(far)
	if want := "\x81\x05hello" + farewell; string(got) != want || err != nil {
		t.Errorf("the client got %q, %v; want %q", got, err, want)
	}
	if n, err := near.Write([]byte("\x81\x05later")); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing afterwards: %d, %v", n, err)
	}
}

func TestConnLetsTheFrameUnderWayEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testFrameThatEnds)
}

func testFrameThatEnds(t *testing.T) {
	near, read := piped(t)
	if _, err := near.Write([]byte("\x81\x05he")); err != nil {
		t.Fatal(err)
	}
	told := finish(near)
	select {
	case <-told:
		t.Error("it has ended within a frame")
	case <-time.After(200 * time.Millisecond):
	}
	if n, err := near.Write([]byte("llo\x81\x05later")); n != 3 || err == nil {
		t.Errorf("wrote %d bytes, %v; want the 3 of the frame, and an error", n, err)
	}
	if got, want := <-read, "\x81\x05hello"+farewell; got != want {
		t.Errorf("the client got %q, want %q", got, want)
	}
}

func TestConnEndsWithinAFrameThatDoesNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testFrameThatDoesNotEnd)
}

func testFrameThatDoesNotEnd(t *testing.T) {
	near, read := piped(t)
	if _, err := near.Write([]byte("\x81\x05he")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	<-finish(near)
	if got := <-read; got != "\x81\x05he" || time.Since(began) > time.Second {
		t.Errorf("after %v the client got %q, want the part of the frame alone", time.Since(began), got)
	}
}

func TestConnSaysNothingAfterTheUpstreamsClose(t *testing.T) {
	t.Parallel()
	near, far := pair(t)
	if _, err := near.Write([]byte("\x88\x02\x03\xe8")); err != nil {
		t.Fatal(err)
	}
	finish(near)
	if got, _ := io.ReadAll(far); string(got) != "\x88\x02\x03\xe8" {
		t.Errorf("the client got %q, want the upstream's Close frame alone", got)
	}
}

// TestConnDoesNotWaitForAClientThatDoesNotRead fills the way to the client first.
func TestConnDoesNotWaitForAClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	near, _ := pair(t)
	stuck := make(chan error, 1)
	go func() {
		block := append([]byte("\x82\x7f\x00\x00\x00\x00\x10\x00\x00\x00"), make([]byte, 1<<20)...)
		for {
			if _, err := near.Write(block); err != nil {
				stuck <- err
				return
			}
			block = block[10:]
			block = append(block, make([]byte, 10)...)
		}
	}()
	late := time.After(10 * time.Second) // how soon it ends, the frame that does not shows
	select {
	case <-finish(near):
	case <-late:
		t.Fatal("it waits for the client")
	}
	select {
	case <-stuck:
	case <-late:
		t.Fatal("a write waits for the client still")
	}
}

// TestConnGivesTheClientTimeToRead has bytes of the client's unread at the end,
// which would reset the connection.
func TestConnGivesTheClientTimeToRead(t *testing.T) {
	t.Parallel()
	near, far := pair(t)
	if _, err := far.Write(make([]byte, 64<<10)); err != nil {
		t.Fatal(err)
	}
	finish(near)
	if got, err := io.ReadAll(far); string(got) != farewell || err != nil {
		t.Errorf("the client got %q, %v; want %q", got, err, farewell)
	}
}
