package upstream_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/tenancytest"
	"github.com/tenantgate/tenantgate/internal/upstream"
)

// moody serves connections of which each answer names its request, and goes
// wrong in all the ways there are: slow, cut off, not asked for, in pieces.
func moody(t *testing.T, listener net.Listener) {
	var serving sync.WaitGroup
	ends := make(chan struct{})
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { moodily(conn, ends) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		close(ends)
		serving.Wait()
	})
}

func moodily(conn net.Conn, ends chan struct{}) {
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-ends:
		case <-over:
		}
		_ = conn.Close()
	}()
	for in := bufio.NewReader(conn); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		whole, keeps, split := answerTo(r)
		pause := time.NewTimer(time.Duration(rand.IntN(400)) * time.Microsecond)
		cut := len(whole)
		if split && rand.IntN(2) == 0 {
			cut = rand.IntN(len(whole) + 1)
		}
		if _, err := io.WriteString(conn, whole[:cut]); err != nil || rand.IntN(30) == 0 {
			return // in the middle
		}
		<-pause.C
		if _, err := io.WriteString(conn, whole[cut:]); err != nil || !keeps {
			return
		}
	}
}

// answerTo returns the bytes of one, whether the connection goes on, and whether
// they may come in pieces: what is not asked for must not come so late that the
// next request is on its way, for which HTTP has no remedy.
func answerTo(r *http.Request) (whole string, keeps, split bool) {
	id := r.Header.Get("Id")
	body := strings.Repeat(id+",", 1+rand.IntN(40)*rand.IntN(40))
	header := "Id: " + id + "\r\n"
	if r.Method == http.MethodHead {
		return "HTTP/1.1 200 OK\r\n" + header + "\r\n", true, true
	}
	switch rand.IntN(8) {
	case 0:
		return "HTTP/1.1 204 No Content\r\n" + header + "\r\n", true, true
	case 1:
		return "HTTP/1.1 200 OK\r\n" + header + "\r\n" + body, false, true
	case 2:
		return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sConnection: close\r\nContent-Length: %d\r\n\r\n%s", header, len(body), body), false, true
	case 3, 4:
		half := len(body) / 2
		return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x\r\n%s\r\n0\r\nId: %s\r\n\r\n",
			header, max(half, 1), body[:max(half, 1)], len(body)-max(half, 1), body[max(half, 1):], id), true, true
	case 5:
		return "HTTP/1.1 103 Early Hints\r\n" + header + "\r\n" + ok("") + "HTTP/1.1 200 OK\r\nId: unsolicited\r\nContent-Length: 1\r\n\r\nu", true, false
	case 6:
		return fmt.Sprintf("HTTP/1.1 103 Early Hints\r\n%s\r\nHTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", header, header, len(body), body), true, true
	}
	return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", header, len(body), body), true, true
}

// TestNoAnswerIsAnothers is what matters most: that however connections and
// requests end, an answer is that to the request.
func TestNoAnswerIsAnothers(t *testing.T) {
	t.Parallel()
	f := newFar(t, func(c *upstream.Config) { c.MaxIdle, c.IdleTimeout, c.ReadBuffer = 16, 3*time.Millisecond, 512 })
	moody(t, f.listener)
	ctx, cancel := context.WithTimeout(t.Context(), stressTime(t))
	defer cancel()
	var ids, whole, failed, told atomic.Int64
	tenancytest.Together(24, func(int) {
		for ctx.Err() == nil {
			id := fmt.Sprintf("%08d", ids.Add(1))
			err := f.askAs(t, id, &told)
			if err == nil {
				whole.Add(1)
			} else {
				failed.Add(1)
			}
		}
	})
	t.Logf("%d answers, %d errors, %d interim responses, %d connections", whole.Load(), failed.Load(), told.Load(), f.dials.Load())
	if whole.Load() == 0 || failed.Load() == 0 || told.Load() == 0 || int64(f.dials.Load()) > whole.Load()+failed.Load() {
		t.Errorf("%d answers, %d errors, %d interim responses, %d connections: want some of each, and connections used again",
			whole.Load(), failed.Load(), told.Load(), f.dials.Load())
	}
}

// stressTime is how long: SOAK, or two seconds.
func stressTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SOAK")
	if text == "" {
		return 2 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("SOAK: %v", err)
	}
	return d
}

// askAs makes a request of that id, which may end at any moment, and fails the
// test where anything of an answer is of another.
func (f *far) askAs(t *testing.T, id string, told *atomic.Int64) error {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if rand.IntN(3) == 0 {
		defer time.AfterFunc(time.Duration(rand.IntN(800))*time.Microsecond, cancel).Stop()
	}
	mine := func(what, got string) {
		if got != "" && got != id {
			t.Errorf("request %s got %s of %q", id, what, got)
		}
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(_ int, header textproto.MIMEHeader) error {
		told.Add(1)
		mine("an interim response", header.Get("Id"))
		return nil
	}})
	methods := []string{http.MethodGet, http.MethodGet, http.MethodHead, http.MethodDelete}
	r, err := http.NewRequestWithContext(ctx, methods[rand.IntN(len(methods))], "http://"+f.address+"/", nil)
	if err != nil {
		t.Error(err)
		return err
	}
	r.Header.Set("Id", id)
	res, err := f.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	mine("a header", res.Header.Get("Id"))
	if rand.IntN(10) == 0 {
		_, err := res.Body.Read(make([]byte, 10))
		return err
	}
	body, err := io.ReadAll(res.Body)
	if !strings.HasPrefix(strings.Repeat(id+",", len(body)/len(id)+1), string(body)) {
		t.Errorf("request %s got a body of %q", id, body)
	}
	mine("a trailer", res.Trailer.Get("Id"))
	return err
}
