package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// world is what all subjects share: servers, keys, data.
type world struct {
	dir      string // for files, thrown away at the end
	root     string // of the project
	binary   string // of the gateway
	peers    peers
	keys     *keys
	upstream string // host and port
	database string // URL
	redis    string // URL
	shipped  caddyfile
	say      func(string, ...any)

	made   map[string]string // files of tokens that were written, by what is in them
	closes []func()
}

// newWorld starts what all subjects share.
func newWorld(ctx context.Context, root, binary string, say func(string, ...any)) (w *world, err error) {
	w = &world{root: root, binary: binary, peers: allPeers(), say: say, made: make(map[string]string)}
	if w.dir, err = os.MkdirTemp("", "tenantgate-bench-"); err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	w.closes = append(w.closes, func() { _ = os.RemoveAll(w.dir) })
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if err = w.peers.find(ctx, say); err != nil {
		return nil, err
	}
	if w.keys, err = makeKeys(w.dir); err != nil {
		return nil, err
	}
	if w.shipped, err = readCaddyfile(filepath.Join(root, "Caddyfile")); err != nil {
		return nil, err
	}
	if w.upstream, err = startUpstream(ctx); err != nil {
		return nil, err
	}
	if err = w.startRedis(ctx); err != nil {
		return nil, err
	}
	say("starting Postgres, and writing %d people and %d tenants", people, tenants)
	var stop func()
	w.database, stop, err = startPostgres(ctx, w.dir)
	if err == nil {
		w.closes = append(w.closes, stop)
	}
	return w, err
}

func (w *world) close() {
	for i := range w.closes {
		w.closes[len(w.closes)-1-i]()
	}
}

// startRedis starts a Redis that keeps nothing on disk.
func (w *world) startRedis(ctx context.Context) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	// Under another name it is no server, see peers.
	program := filepath.Join(w.dir, "redis-server")
	if err := os.Symlink(w.peers["redis"].path, program); err != nil {
		return fmt.Errorf("naming Redis: %w", err)
	}
	redis, err := launch("Redis", filepath.Join(w.dir, "redis.log"), nil, program,
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--save", "", "--appendonly", "no", "--dir", w.dir)
	if err != nil {
		return err
	}
	w.closes = append(w.closes, redis.stop)
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	w.redis = "redis://" + addr + "/0"
	return redis.await(ctx, func(ctx context.Context) error { return dial(ctx, addr) })
}

// dial reports whether something listens.
func dial(ctx context.Context, addr string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err == nil {
		conn.Close()
	}
	return err
}

// tokens returns a file with n tokens under alg, a line each: of the first
// person, or of n people.
func (w *world) tokens(alg string, n int, people bool) (string, error) {
	name := fmt.Sprintf("%s-%d-%t.tokens", alg, n, people)
	if file, found := w.made[name]; found {
		return file, nil
	}
	file := filepath.Join(w.dir, name)
	if n > 10_000 {
		w.say("signing %d tokens with %s", n, alg)
	}
	if err := w.keys.write(file, alg, n, people); err != nil {
		return "", err
	}
	w.made[name] = file
	return file, nil
}

// names returns a file with n lines.
func (w *world) names(kind string, n int, of func(int) string) (string, error) {
	name := fmt.Sprintf("%s-%d.names", kind, n)
	if file, found := w.made[name]; found {
		return file, nil
	}
	var text []byte
	for i := range n {
		text = append(append(text, of(i)...), '\n')
	}
	w.made[name] = filepath.Join(w.dir, name)
	return w.made[name], os.WriteFile(w.made[name], text, 0o600)
}

// shared makes everybody a member of the first n tenants.
func (w *world) shared(ctx context.Context, n int) error {
	w.say("writing %d memberships", people*n)
	return seedMemberships(ctx, w.database, n)
}
