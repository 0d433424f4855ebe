package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// haproxy is HAProxy with jwt_verify: it checks the signature, the algorithm,
// issuer, audience and expiry, deletes the headers that clients may not send,
// and tells the upstream user and tenant by the token's claims. It asks nobody
// whether they are a member still, and sanitises nothing else.
func haproxy(alg string, logs bool) subject {
	name := "HAProxy jwt_verify"
	return subject{name: name, needs: "haproxy", guards: true, start: func(ctx context.Context, w *world) (*running, error) {
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		file := filepath.Join(w.dir, "haproxy.cfg")
		if err := os.WriteFile(file, []byte(haproxyConfig(w, alg, port, logs)), 0o600); err != nil {
			return nil, err
		}
		// Its log goes where the others' goes: formatted, written, thrown away.
		s, err := launch(name, "", nil, w.peers["haproxy"].path, "-db", "-f", file)
		if err != nil {
			return nil, err
		}
		r := &running{port: port, servers: []*server{s}}
		return r, r.awaitOrStop(ctx)
	}}
}

func haproxyConfig(w *world, alg string, port int, logs bool) string {
	key := secret
	if alg != "HS256" {
		key = w.keys.public[alg]
	}
	log := ""
	if logs {
		log = "log stdout format raw local0\n\toption httplog"
	}
	return strings.NewReplacer(
		"PORT", strconv.Itoa(port), "UPSTREAM", w.upstream, "ALG", alg, "KEY", key,
		"ISSUER", issuerOf(alg), "AUDIENCE", audience, "LOG", log,
	).Replace(`
global
	maxconn 4096
defaults
	mode http
	timeout connect 5s
	timeout client 2m
	timeout server 2m
	LOG
frontend edge
	bind 127.0.0.1:PORT
	http-request set-var(txn.token) http_auth_bearer
	http-request return status 401 unless { var(txn.token) -m found }
	http-request return status 401 unless { var(txn.token),jwt_header_query('$.alg') -m str ALG }
	http-request return status 401 unless { var(txn.token),jwt_verify("ALG","KEY") 1 }
	http-request return status 401 unless { var(txn.token),jwt_payload_query('$.iss') -m str ISSUER }
	http-request return status 401 unless { var(txn.token),jwt_payload_query('$.aud') -m str AUDIENCE }
	http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
	http-request set-var(txn.now) date()
	http-request return status 401 unless { var(txn.exp),sub(txn.now) -m int gt 0 }
	http-request del-header X-Tenant -m beg
	http-request del-header X-User -m beg
	http-request set-header X-User-ID %[var(txn.token),jwt_payload_query('$.sub')]
	http-request set-header X-Tenant-ID %[var(txn.token),jwt_payload_query('$.tenant_id')]
	http-request set-header X-Request-ID %[uuid()]
	http-request del-header Authorization
	default_backend service
backend service
	http-reuse always
	server upstream UPSTREAM
`)
}

// awaitOrStop waits until the subject listens.
func (r *running) awaitOrStop(ctx context.Context) error {
	err := r.servers[0].await(ctx, func(ctx context.Context) error { return dial(ctx, fmt.Sprintf("127.0.0.1:%d", r.port)) })
	if err != nil {
		r.stop()
	}
	return err
}
