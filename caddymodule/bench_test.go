package caddymodule_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// discard is the answer of a client that does not listen.
type discard struct{ header http.Header }

// Header implements http.ResponseWriter.
func (d *discard) Header() http.Header { return d.header }

// Write implements http.ResponseWriter.
func (*discard) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (*discard) WriteHeader(int) {}

// injected are the names that the upstream is told something under.
var injected = []string{
	"X-Tenant-Id", "X-Tenant-Slug", "X-Tenant-Role", "X-User-Id", "X-User-Email", "X-Request-Id", "X-Tenantgate-Assertion",
}

// BenchmarkGate is the whole gate: a known token, a known membership, and a
// handler behind it that only commits the answer. Making the request is not
// measured, its headers are: a browser's dozen.
func BenchmarkGate(b *testing.B) {
	pass(b, newGateway(b), func() {})
}

// BenchmarkNewToken is a token that has not been seen before: what its
// verification takes alone, and the whole gate with it. Both forget all tokens
// each time.
func BenchmarkNewToken(b *testing.B) {
	g := newGateway(b)
	b.Run("verification", func(b *testing.B) {
		raw := g.app.IssueToken(b, ann, acme)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				g.app.ForgetTokens()
				if err := g.app.VerifyToken(b.Context(), raw); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("gate", func(b *testing.B) { pass(b, g, g.app.ForgetTokens) })
}

// pass measures requests of ann's through the gate, before each of which it calls
// before.
func pass(b *testing.B, g *gateway, before func()) {
	b.Helper()
	bearer := "Bearer " + g.app.IssueToken(b, ann, acme)
	next := caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusOK)
		return nil
	})
	fresh := httptest.NewRequest("GET", "/api/v1/calls?limit=10", nil)
	for name, value := range map[string]string{
		"Authorization": bearer, "Accept": "application/json", "Accept-Encoding": "gzip, br", "Accept-Language": "en",
		"User-Agent": "Mozilla/5.0", "Referer": "http://example.com/", "Origin": "http://example.com",
		"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Connection": "keep-alive",
	} {
		fresh.Header.Set(name, value)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		// A context that can end, and whose children are its own, as the server gives each.
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		r, w := fresh.Clone(ctx), &discard{header: http.Header{}}
		for pb.Next() {
			// What the gate took off, and what it put on: a client that claims all of
			// it would be another benchmark.
			r.Header["Authorization"] = fresh.Header["Authorization"]
			for _, name := range injected {
				delete(r.Header, name)
			}
			clear(w.header)
			before()
			if err := g.gate.ServeHTTP(w, r, next); err != nil || w.header["X-Tenant-Id"] == nil {
				b.Errorf("got error %v, headers %v", err, w.header)
				return
			}
		}
	})
}
