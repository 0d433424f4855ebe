package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/tenantgate/tenantgate/internal/pgserver/debian"
)

// peer is a program that the benchmark needs, or can do without.
type peer struct {
	name    string   // what it is called here
	pack    string   // Debian's package
	names   []string // of its file
	version []string // arguments that make it say its version
	path    string   // where it was found; empty: nowhere
}

// peers are the programs, by name.
type peers map[string]*peer

func allPeers() peers {
	return peers{
		"wrk":     {name: "wrk", pack: "wrk", names: []string{"wrk"}, version: []string{"-v"}},
		"h2load":  {name: "h2load", pack: "nghttp2-client", names: []string{"h2load"}, version: []string{"--version"}},
		"haproxy": {name: "HAProxy", pack: "haproxy", names: []string{"haproxy", "/usr/sbin/haproxy"}, version: []string{"-v"}},
		"nginx":   {name: "nginx", pack: "nginx", names: []string{"nginx", "/usr/sbin/nginx"}, version: []string{"-v"}},
		// redis-tools has the server under its second name; the package
		// redis-server would start one for the whole machine.
		"redis": {name: "Redis", pack: "redis-tools", names: []string{"redis-server", "valkey-server", "redis-check-rdb"}},
	}
}

// required are those without which there is nothing to measure, or with.
var required = map[string]bool{"wrk": true, "redis": true}

// find looks for the programs and installs what is missing, where that is
// possible. It says what it could not get; a peer that is not there is left out
// of the comparison.
func (p peers) find(ctx context.Context, say func(string, ...any)) error {
	for key, program := range p {
		if program.look() {
			continue
		}
		say("installing %s with apt-get (package %s)", program.name, program.pack)
		if err := installQuietly(ctx, program.pack); err != nil {
			say("%s could not be installed: %v", program.name, err)
		}
		if !program.look() && required[key] {
			return fmt.Errorf("there is no %s: install it (Debian: apt-get install %s)", program.name, program.pack)
		}
		if program.path == "" {
			say("without %s: what needs it is left out", program.name)
		}
	}
	return nil
}

func (p *peer) look() bool {
	for _, name := range p.names {
		if path, err := exec.LookPath(name); err == nil {
			p.path = path
			return true
		}
	}
	return false
}

const startPolicy = "/usr/sbin/policy-rc.d"

// installQuietly installs a package without having its service started for the
// whole machine, as Debian does otherwise (Debian's invoke-rc.d, policy-rc.d).
func installQuietly(ctx context.Context, name string) (err error) {
	if err := debian.Usable(ctx); err != nil {
		return err
	}
	if _, err := os.Stat(startPolicy); errors.Is(err, os.ErrNotExist) {
		if err := debian.AsRoot(ctx, nil, "sh", "-c", `printf '#!/bin/sh\nexit 101\n' >`+startPolicy+` && chmod 755 `+startPolicy); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, debian.AsRoot(ctx, nil, "rm", "-f", startPolicy)) }()
	}
	return debian.Install(ctx, name)
}
