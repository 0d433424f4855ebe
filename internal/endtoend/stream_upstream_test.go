package endtoend_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// streaming is an upstream that keeps what it is asked for open. Each path is a
// kind of stream; the query id tells requests apart.
type streaming struct {
	*httptest.Server

	mu    sync.Mutex
	begun map[string]chan struct{}
	ended map[string]chan struct{}
}

// beat is between two signs of life of a stream.
const beat = 30 * time.Millisecond

func startStreaming(t testing.TB) *streaming {
	t.Helper()
	s := &streaming{begun: make(map[string]chan struct{}), ended: make(map[string]chan struct{})}
	mux := http.NewServeMux()
	for path, serve := range map[string]http.HandlerFunc{
		"GET /api/v1/websocket": talk,
		"GET /api/v1/events":    events,
		"GET /api/v1/silent":    silence,
		"GET /api/v1/poll":      func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"POST /api/v1/upload":   receive,
		"POST /api/v1/stalled":  receive,
		"GET /api/v1/download":  pour,
		"GET /api/v1/unread":    pour,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			id := r.URL.Query().Get("id")
			close(s.mark(s.begun, id))
			defer close(s.mark(s.ended, id))
			serve(w, r)
		})
	}
	s.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *streaming) mark(of map[string]chan struct{}, id string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if of[id] == nil {
		of[id] = make(chan struct{})
	}
	return of[id]
}

// has waits until the request of that id has begun or ended.
func (s *streaming) has(t testing.TB, of map[string]chan struct{}, id string) {
	t.Helper()
	select {
	case <-s.mark(of, id):
	case <-time.After(10 * time.Second):
		t.Errorf("%s: nothing at the upstream within 10 s", id)
	}
}

// talk accepts a WebSocket (the key is not answered: no client here checks) and
// sends text frames until the other side ends it.
func talk(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Upgrade", "websocket")
	w.WriteHeader(http.StatusSwitchingProtocols)
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, buffered)
	}()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		if _, err := conn.Write([]byte("\x81\x04tick")); err != nil {
			return
		}
		select {
		case <-gone:
			return
		case <-tick.C:
		}
	}
}

func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for r.Context().Err() == nil {
		fmt.Fprint(w, "data: tick\n\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(beat):
		}
	}
}

func silence(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: hello\n\n")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func receive(w http.ResponseWriter, r *http.Request) {
	if n, err := io.Copy(io.Discard, r.Body); err == nil {
		fmt.Fprintf(w, "%d bytes", n)
	}
}

func pour(w http.ResponseWriter, r *http.Request) {
	block := make([]byte, 32<<10)
	for r.Context().Err() == nil {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// message reads one frame of a server.
func message(from *bufio.Reader) (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, head[1]&0x7f)
	_, err = io.ReadFull(from, payload)
	return head[0] & 0xf, payload, err
}

// status is that of a Close frame's payload.
func status(payload []byte) int {
	if len(payload) < 2 {
		return 0
	}
	return int(binary.BigEndian.Uint16(payload))
}
