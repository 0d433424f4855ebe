package upstream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/tenantgate/tenantgate/internal/lifetime"
)

// A request that ends by a lifetime is watched there, at every try.
func TestEndByALifetime(t *testing.T) {
	t.Parallel()
	type key struct{}
	f := newFar(t)
	for _, begun := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"} {
		first := f.used(t)
		life := &lifetime.Lifetime{Context: t.Context()}
		a := f.ask(context.WithValue(life, key{}, "v"), t, http.MethodGet, "/second")
		first.wants(t, "GET /second")
		first.Close() // it is sent again
		p := f.accept(t)
		p.wants(t, "GET /second")
		p.says(t, begun)
		if begun == "" {
			life.End()
			if err := a.fails(t); !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want that it was ended", err)
			}
		} else {
			res, err := a.answer(t)
			if err != nil {
				t.Fatal(err)
			}
			life.End()
			if text, err := io.ReadAll(res.Body); !errors.Is(err, context.Canceled) {
				t.Errorf("%q, %v, want that it was ended", text, err)
			}
		}
		p.gone(t)
		f.wantIdle(t, 0)
	}
	// What has been answered before the end is nothing to it.
	p := f.used(t)
	life := &lifetime.Lifetime{Context: t.Context()}
	a := f.ask(life, t, http.MethodGet, "/third")
	p.wants(t, "GET /third")
	p.says(t, ok("third"))
	a.wants(t, "third")
	life.End()
	f.serves(t, p, "fourth")
}

// held counts what waits for the end of a context.
type held struct {
	context.Context
	n atomic.Int32
}

func (h *held) AfterFunc(do func()) func() bool {
	h.n.Add(1)
	stop := context.AfterFunc(h.Context, do)
	return func() bool {
		h.n.Add(-1)
		return stop()
	}
}

func (h *held) Value(any) any { return nil } // so that it is asked itself

// However a request ends, nothing of it waits for the end of the context: that may
// be of many requests.
func TestNothingIsWatchedAfterTheRequest(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *asked, *peer){
		"whole":  func(t *testing.T, a *asked, p *peer) { p.says(t, ok("whole")); a.wants(t, "whole") },
		"failed": func(t *testing.T, a *asked, p *peer) { p.says(t, "nonsense\r\n"); a.fails(t) },
		"left": func(t *testing.T, a *asked, p *peer) {
			p.says(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
			res, err := a.answer(t)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
		},
	} {
		f := newFar(t)
		ctx, cancel := context.WithCancel(t.Context())
		h := &held{Context: ctx}
		a := f.ask(h, t, http.MethodGet, "/")
		p := f.accept(t)
		p.wants(t, "GET /")
		if n := h.n.Load(); n != 1 {
			t.Errorf("%s: %d watch while it goes on, want one", name, n)
		}
		end(t, a, p)
		if n := h.n.Load(); n != 0 {
			t.Errorf("%s: %d watch afterwards, want none", name, n)
		}
		cancel()
	}
}
