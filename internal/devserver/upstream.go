package devserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Upstream is a service that listens on a loopback port of its own.
type Upstream struct {
	URL string // "http://127.0.0.1:port"

	server *http.Server
	cancel context.CancelFunc
	served chan error
}

// ServeUpstream starts to serve the handler; nothing outside this machine can
// reach it.
func ServeUpstream(ctx context.Context, handler http.Handler) (*Upstream, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the demo service: %w", err)
	}
	// Streams end by this context, which Close cancels.
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	u := &Upstream{
		URL:    "http://" + listener.Addr().String(),
		cancel: cancel,
		served: make(chan error, 1),
		server: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: 10 * time.Second,
			BaseContext:       func(net.Listener) context.Context { return requests },
		},
	}
	go func() { u.served <- u.server.Serve(listener) }()
	return u, nil
}

// Close lets requests in work finish for 2 seconds, ends streams at once, and
// returns when the port is free.
func (u *Upstream) Close() error {
	u.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := u.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = u.server.Close()
	}
	if served := <-u.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
