package postgres_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// A wire stands between the store and Postgres. It counts round trips, and can
// be cut.
type wire struct {
	listener net.Listener
	server   string
	trips    atomic.Int64 // messages that ask for an answer: Query and Sync

	mu    sync.Mutex
	conns []net.Conn
}

// newWire returns a wire to the server of dsn, and the DSN that goes through it.
func newWire(t *testing.T, dsn string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, server: u.Host}
	go w.serve()
	t.Cleanup(func() {
		_ = listener.Close()
		w.cut()
	})
	u.Host = listener.Addr().String()
	return w, u.String()
}

func (w *wire) serve() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", w.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, client, server)
		w.mu.Unlock()
		go w.forward(server, client)
		go func() {
			defer client.Close()
			_, _ = io.Copy(client, server)
		}()
	}
}

// forward copies what the client says message by message (PostgreSQL, "Message
// Formats"): a startup message without a type, then type, length, body.
func (w *wire) forward(server io.WriteCloser, client io.Reader) {
	defer server.Close()
	in := bufio.NewReader(client)
	for typed := 0; ; typed = 1 {
		head, err := in.Peek(typed + 4)
		if err != nil {
			return
		}
		if typed == 1 && (head[0] == 'Q' || head[0] == 'S') {
			w.trips.Add(1)
		}
		size := int64(typed) + int64(binary.BigEndian.Uint32(head[typed:]))
		if _, err := io.CopyN(server, in, size); err != nil {
			return
		}
	}
}

// cut breaks every connection that stands, as a restart of Postgres does.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
}

func TestHotLookUpsTakeOneRoundTrip(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	setup := world{Store: open(t, dsn), t: t}
	anna := setup.user("anna")
	acme := setup.tenant("acme", anna)
	wire, through := newWire(t, dsn)
	store := open(t, through)
	if err := store.Ping(t.Context()); err != nil { // connects
		t.Fatal(err)
	}
	for name, lookUp := range map[string]func() error{
		"membership": func() error {
			m, err := store.Membership(t.Context(), tenancy.Key{User: anna, Tenant: acme})
			if m.Role != tenancy.RoleAdmin {
				t.Errorf("role %v, want admin", m.Role)
			}
			return err
		},
		"slug": func() error {
			_, err := store.TenantNamed(t.Context(), tenancy.Name{Kind: tenancy.BySlug, Value: "acme"})
			return err
		},
		"domain": func() error {
			_, err := store.TenantNamed(t.Context(), tenancy.Name{Kind: tenancy.ByDomain, Value: "acme.example.com"})
			return err
		},
		"current tenant": func() error {
			_, err := store.CurrentTenant(t.Context(), anna)
			return err
		},
	} {
		for range 2 {
			before := wire.trips.Load()
			if err := lookUp(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := wire.trips.Load() - before; got != 1 {
				t.Errorf("%s took %d round trips, want 1", name, got)
			}
		}
	}
}

// After Postgres was restarted the pool is full of dead connections: no call
// may fail for that, whether it reads or writes.
func TestDeadConnectionsFailNobody(t *testing.T) {
	t.Parallel()
	dsn := tenancytest.Postgres(t)
	wire, through := newWire(t, dsn)
	w := world{Store: open(t, through), t: t}
	anna := w.user("anna")
	acme := w.tenant("acme", anna)
	lookUp := func() error {
		_, err := w.Membership(t.Context(), tenancy.Key{User: anna, Tenant: acme})
		return err
	}
	fill := func() { // the pool with idle connections
		var group sync.WaitGroup
		for range 32 {
			group.Go(func() {
				if err := lookUp(); err != nil {
					t.Errorf("Membership: %v", err)
				}
			})
			group.Go(func() { // memberships are looked up over a few connections
				if _, err := w.CurrentTenant(t.Context(), anna); err != nil {
					t.Errorf("CurrentTenant: %v", err)
				}
			})
		}
		group.Wait()
	}
	for round := range 3 {
		fill()
		wire.cut()
		fill()
		wire.cut()
		if _, err := w.CreateUser(t.Context(), tenancy.NewUser{ID: newID(), Email: address(string(rune('a' + round)))}); err != nil {
			t.Errorf("CreateUser on a dead connection: %v", err)
		}
	}
}
