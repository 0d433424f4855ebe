package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// subject is one way to put a proxy in front of the upstream.
type subject struct {
	name  string // in tables
	needs string // the peer that it cannot do without; empty: none
	// guards says that it lets nobody in without a token.
	guards bool
	// remembers says that it knows a token again.
	remembers bool
	start     func(ctx context.Context, w *world) (*running, error)
}

// running is a subject that runs.
type running struct {
	port    int
	https   bool
	admin   string // host and port of Caddy's admin endpoint; empty: none
	servers []*server
}

func (r *running) url() string {
	if r.https {
		return "https://127.0.0.1:" + strconv.Itoa(r.port)
	}
	return "http://127.0.0.1:" + strconv.Itoa(r.port)
}

func (r *running) stop() {
	for _, s := range r.servers {
		s.stop()
	}
}

// cpu sums up all processes that the subject consists of.
func (r *running) cpu() (total time.Duration, err error) {
	for _, s := range r.servers {
		used, err := s.cpu()
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}

func (r *running) resident() (total int64, err error) {
	for _, s := range r.servers {
		bytes, err := s.resident()
		if err != nil {
			return 0, err
		}
		total += bytes
	}
	return total, nil
}

// caddy is a subject that runs our binary with a Caddyfile.
func caddy(name string, guards bool, file func(*world) caddyfile, env ...string) subject {
	return subject{name: name, guards: guards, remembers: guards, start: func(ctx context.Context, w *world) (*running, error) {
		return w.startCaddy(ctx, name, file(w), env)
	}}
}

// startCaddy runs our binary until it serves.
func (w *world) startCaddy(ctx context.Context, name string, file caddyfile, env []string) (*running, error) {
	dir, err := os.MkdirTemp(w.dir, "caddy-")
	if err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	if err := file.write(filepath.Join(dir, "Caddyfile")); err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	admin, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	r := &running{port: port, admin: "127.0.0.1:" + strconv.Itoa(admin)}
	env = append([]string{
		"DATABASE_URL=" + w.database, "REDIS_URL=" + w.redis, "UPSTREAM_URL=http://" + w.upstream, "JWT_SECRET=" + secret,
		"API_PORT=" + strconv.Itoa(port), "API_BIND=127.0.0.1", "CADDY_ADMIN=" + r.admin, "CORS_ORIGINS=", "LOG_LEVEL=info",
		"XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir,
	}, env...)
	s, err := launch(name, "", env, w.binary, "run", "--config", filepath.Join(dir, "Caddyfile"))
	if err != nil {
		return nil, err
	}
	r.servers = append(r.servers, s)
	if err := s.await(ctx, func(ctx context.Context) error { return dial(ctx, "127.0.0.1:"+strconv.Itoa(port)) }); err != nil {
		r.stop()
		return nil, fmt.Errorf("%w\n%s", err, w.complaint(dir, env))
	}
	return r, nil
}

// complaint starts a gateway that did not come once more, and returns what it says.
func (w *world) complaint(dir string, env []string) string {
	s, err := launch("the gateway", filepath.Join(dir, "log"), env, w.binary, "run", "--config", filepath.Join(dir, "Caddyfile"))
	if err != nil {
		return err.Error()
	}
	defer s.stop()
	select {
	case <-s.process.Ended():
	case <-time.After(5 * time.Second):
	}
	return s.tail()
}

var errNotGuarded = errors.New("it serves requests without a token")

// verify makes sure that a subject does what it is compared for: it serves the
// request, tells the upstream its tenant, and refuses who has no token.
func (s subject) verify(ctx context.Context, r *running, l load) error {
	token, err := l.firstToken()
	if err != nil {
		return err
	}
	probe := func(path, token string) (int, string, error) { return fetch(ctx, r.url()+path, token, l.firstNames()) }
	if !s.guards {
		status, _, err := probe(smallPath, token)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("it answers %d", status)
		}
		return err
	}
	status, tenant, err := probe(echoPath, token)
	if err != nil {
		return err
	}
	if status != http.StatusOK || tenant == "" {
		return fmt.Errorf("it answers %d, and tells the upstream of tenant %q", status, tenant)
	}
	if status, _, err = probe(smallPath, ""); err == nil && status != http.StatusUnauthorized {
		err = fmt.Errorf("%w: %d", errNotGuarded, status)
	}
	return err
}
