package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// nginx is nginx with auth_request to a gate of ours that answers itself. Both
// processes count: it takes both to serve a request.
func nginx(logs bool) subject {
	name := "nginx auth_request + ours"
	return subject{name: name, needs: "nginx", guards: true, start: func(ctx context.Context, w *world) (*running, error) {
		gate := w.shipped.trusting(w.keys).answering().patient()
		if !logs {
			gate = gate.silent()
		}
		asked, err := w.startCaddy(ctx, "the gate behind nginx", gate, nil)
		if err != nil {
			return nil, err
		}
		r, err := w.startNginx(ctx, name, asked.port, logs)
		if err != nil {
			asked.stop()
			return nil, err
		}
		r.servers = append(r.servers, asked.servers...)
		return r, nil
	}}
}

func (w *world) startNginx(ctx context.Context, name string, gate int, logs bool) (*running, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(w.dir, "nginx-")
	if err != nil {
		return nil, err
	}
	log := "off"
	if logs {
		log = "/dev/null"
	}
	user := "" // root's workers become nobody, who cannot reach our files
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	config := strings.NewReplacer(
		"USER", user,
		"PORT", strconv.Itoa(port), "UPSTREAM", w.upstream, "GATE", "127.0.0.1:"+strconv.Itoa(gate), "DIR", dir, "ACCESS", log,
		"TAKE", nginxIdentity("auth_request_set $%[2]s $upstream_http_%[2]s;\n"), "TELL", nginxIdentity("proxy_set_header %[1]s $%[2]s;\n"),
	).Replace(nginxConfig)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	s, err := launch(name, filepath.Join(dir, "log"), nil, w.peers["nginx"].path, "-c", file, "-p", dir)
	if err != nil {
		return nil, err
	}
	r := &running{port: port, servers: []*server{s}}
	return r, r.awaitOrStop(ctx)
}

// nginxIdentity writes a line for each name that the upstream is told.
func nginxIdentity(line string) string {
	var text strings.Builder
	for _, name := range append([]string{"X-Tenant-ID", "X-Request-ID"}, identityNames...) {
		variable := strings.ReplaceAll(strings.ToLower(name), "-", "_")
		text.WriteString(strings.NewReplacer("%[1]s", name, "%[2]s", variable).Replace(line))
	}
	return text.String()
}

const nginxConfig = `
USER
daemon off;
worker_processes auto;
pid DIR/pid;
error_log stderr error;
events { worker_connections 4096; }
http {
	access_log ACCESS;
	client_body_temp_path DIR/body;
	proxy_temp_path DIR/proxy;
	fastcgi_temp_path DIR/fastcgi;
	uwsgi_temp_path DIR/uwsgi;
	scgi_temp_path DIR/scgi;
	proxy_http_version 1.1;
	proxy_set_header Connection "";
	keepalive_requests 1000000000;
	upstream service { server UPSTREAM; keepalive 64; keepalive_requests 1000000000; }
	upstream gate { server GATE; keepalive 64; keepalive_requests 1000000000; }
	server {
		listen 127.0.0.1:PORT;
		client_max_body_size 100m;
		location / {
			auth_request /gate;
			TAKE
			proxy_set_header Connection "";
			proxy_set_header Host $http_host;
			proxy_set_header Authorization "";
			TELL
			proxy_pass http://service;
		}
		location = /gate {
			internal;
			proxy_pass http://gate$request_uri;
			proxy_method $request_method;
			proxy_pass_request_body off;
			proxy_set_header Connection "";
			proxy_set_header Host $http_host;
			proxy_set_header Content-Length "";
		}
	}
}
`
