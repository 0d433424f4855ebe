package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// scenario is a load and the subjects that are compared under it, the first of
// them being what the others are divided by.
type scenario struct {
	name     string
	title    string // in tables
	subjects []contestant
	short    bool // part of the short form
	// anew starts the subjects anew for each round, for loads that are new once.
	anew bool
	// prepare makes the load, which is the same for all but where it says so.
	prepare func(ctx context.Context, w *world) (load, error)
}

// contestant is a subject in a scenario.
type contestant struct {
	subject
	// adapt changes the load for this one; nil: it takes it as it is.
	adapt func(w *world, l load) (load, error)
	// warm runs once after the start; nil: a short load does.
	warm func(ctx context.Context, w *world, r *running, l load) error
}

const (
	plainName = "plain reverse_proxy"
	oursName  = "Tenantgate"
)

func floor() contestant {
	return contestant{subject: caddy(plainName, false, func(w *world) caddyfile { return w.shipped.plain() })}
}

func ours() contestant {
	return contestant{subject: caddy(oursName, true, func(w *world) caddyfile { return w.shipped.trusting(w.keys) })}
}

// oursWith is ours with a change.
func oursWith(name string, change func(*world, caddyfile) caddyfile) contestant {
	return contestant{subject: caddy(name, true, func(w *world) caddyfile { return change(w, w.shipped.trusting(w.keys)) })}
}

// known is one person's load with one token.
func known(alg, method, path string, body int) func(context.Context, *world) (load, error) {
	return func(_ context.Context, w *world) (load, error) {
		tokens, err := w.tokens(alg, 1, false)
		return load{method: method, path: path, body: body, tokens: tokens}, err
	}
}

// unseen is how many tokens a round has that no subject has seen. A subject that
// serves more in a round sees the first ones again.
const unseen = 80_000

func newTokens(alg string) func(context.Context, *world) (load, error) {
	return func(_ context.Context, w *world) (load, error) {
		tokens, err := w.tokens(alg, unseen, false)
		return load{method: http.MethodGet, path: smallPath, tokens: tokens}, err
	}
}

// scenarios lists all of them.
func scenarios() []scenario {
	var all []scenario
	for _, alg := range algorithms {
		s := scenario{name: "known-" + alg, title: "known token, " + alg, short: alg == "HS256",
			subjects: []contestant{floor(), ours()}, prepare: known(alg, http.MethodGet, smallPath, 0)}
		if alg != "EdDSA" { // HAProxy 2.6 does not know it
			s.subjects = append(s.subjects, contestant{subject: haproxy(alg, true)})
		}
		s.subjects = append(s.subjects, contestant{subject: nginx(true)})
		all = append(all, s)
	}
	for _, alg := range algorithms {
		s := scenario{name: "new-" + alg, title: "a new token each request, " + alg, short: alg == "HS256", anew: true,
			subjects: []contestant{floor(), ours()}, prepare: newTokens(alg)}
		if alg != "EdDSA" {
			s.subjects = append(s.subjects, contestant{subject: haproxy(alg, true)})
		}
		all = append(all, s)
	}
	all = append(all, browsing())
	all = append(all, bodies()...)
	all = append(all, switches()...)
	all = append(all, sizes()...)
	return append(all, settings()...) // what may be left out where time is short
}

// browsing is a known token with the headers that a browser sends.
func browsing() scenario {
	return scenario{name: "browser", title: "known token, a browser's headers", short: true,
		subjects: []contestant{floor(), ours(), {subject: haproxy("HS256", true)}, {subject: nginx(true)}},
		prepare: func(ctx context.Context, w *world) (load, error) {
			l, err := known("HS256", http.MethodGet, smallPath, 0)(ctx, w)
			l.browser = true
			return l, err
		}}
}

// bodies vary what is carried.
func bodies() []scenario {
	everybody := func() []contestant {
		return []contestant{floor(), ours(), {subject: haproxy("HS256", true)}, {subject: nginx(true)}}
	}
	tls := func(w *world, c caddyfile) caddyfile { return c.overTLS(w.keys) }
	plain := contestant{subject: overTLS(caddy(plainName, false, func(w *world) caddyfile { return tls(w, w.shipped.plain()) }))}
	guarded := contestant{subject: overTLS(caddy(oursName, true, func(w *world) caddyfile { return tls(w, w.shipped.trusting(w.keys)) }))}
	return []scenario{
		{name: "response-64k", title: "64 KiB response", subjects: everybody(), prepare: known("HS256", http.MethodGet, largePath, 0)},
		{name: "post-4k", title: "POST with 4 KiB", subjects: everybody(), prepare: known("HS256", http.MethodPost, smallPath, 4<<10)},
		{name: "http2", title: "HTTP/2 over TLS", subjects: []contestant{plain, guarded},
			prepare: func(ctx context.Context, w *world) (load, error) {
				l, err := known("HS256", http.MethodGet, smallPath, 0)(ctx, w)
				l.http2 = true
				return l, err
			}},
	}
}

func overTLS(s subject) subject {
	start := s.start
	s.start = func(ctx context.Context, w *world) (*running, error) {
		r, err := start(ctx, w)
		if err == nil {
			r.https = true
		}
		return r, err
	}
	if s.needs == "" {
		s.needs = "h2load"
	}
	return s
}

// switches turn things off.
func switches() []scenario {
	silent := func(_ *world, c caddyfile) caddyfile { return c.silent() }
	bare := caddy(plainName, false, func(w *world) caddyfile { return w.shipped.plain().silent() })
	return []scenario{
		{name: "no-access-log", title: "without access logs", short: true, prepare: known("HS256", http.MethodGet, smallPath, 0),
			subjects: []contestant{{subject: bare}, oursWith(oursName, silent),
				{subject: haproxy("HS256", false)}, {subject: nginx(false)}}},
		{name: "assertion-off", title: "assertion off", prepare: known("HS256", http.MethodGet, smallPath, 0),
			subjects: []contestant{floor(), ours(), oursWith("Tenantgate, assertion off", func(_ *world, c caddyfile) caddyfile {
				return c.must("assertion", "assertion off")
			})}},
	}
}

// settings are those that stand around the gate: in the shipped Caddyfile, or in
// the environment of the process.
func settings() []scenario {
	collecting := func(target string) contestant {
		return contestant{subject: caddy("GOGC="+target, true, func(w *world) caddyfile { return w.shipped.trusting(w.keys) }, "GOGC="+target)}
	}
	idle := func(n int) contestant {
		return oursWith(fmt.Sprintf("%d idle upstream connections", n), func(_ *world, c caddyfile) caddyfile {
			return c.proxying(fmt.Sprintf("keepalive_idle_conns_per_host %d", n))
		})
	}
	buffers := func(size string) contestant {
		return oursWith("buffers of "+size, func(_ *world, c caddyfile) caddyfile {
			return c.proxying("read_buffer "+size, "write_buffer "+size)
		})
	}
	get := known("HS256", http.MethodGet, smallPath, 0)
	return []scenario{
		{name: "gc-target", title: "garbage collector's target", prepare: get,
			subjects: []contestant{oursWith("as shipped", func(_ *world, c caddyfile) caddyfile { return c }),
				collecting("100"), collecting("200"), collecting("400")}},
		{name: "idle-upstream", title: "idle upstream connections kept", prepare: get, subjects: []contestant{idle(32), idle(4), idle(256)}},
		{name: "buffers", title: "buffers to the upstream", prepare: get,
			subjects: []contestant{buffers("4KiB"), buffers("2KiB"), buffers("16KiB"), buffers("64KiB")}},
		{name: "transport", title: "transport to the upstream", short: true, prepare: get,
			subjects: []contestant{
				{subject: caddy("plain reverse_proxy", false, func(w *world) caddyfile { return w.shipped.plain() })},
				{subject: caddy("plain, transport tenant_http", false, func(w *world) caddyfile { return w.shipped.plain().proxying() })},
				oursWith("Tenantgate, transport http", func(_ *world, c caddyfile) caddyfile { return c.stock() }),
				ours(),
			}},
	}
}

// sizes vary how much there is of everything.
func sizes() []scenario {
	return []scenario{newMemberships(), rules(), domains(), memberships()}
}

// newMemberships has each request be the first of its membership: what it costs
// to find it in Redis, or in Postgres, once.
func newMemberships() scenario {
	const places, enough = 60, 30_000
	variant := func(name string, change func(caddyfile) caddyfile) contestant {
		return oursWith(name, func(_ *world, c caddyfile) caddyfile {
			return change(c.patient().must("assertion", "assertion off"))
		})
	}
	withRedis := func(c caddyfile) caddyfile { return c }
	again := variant("a known membership", withRedis)
	again.adapt = func(w *world, l load) (_ load, err error) {
		l.names, l.header = "", ""
		l.tokens, err = w.tokens("HS256", 1, false)
		return l, err
	}
	return scenario{name: "new-membership", title: "a new membership each request, assertion off", short: true, anew: true,
		subjects: []contestant{again, variant("found in Redis", withRedis),
			variant("found in Postgres", func(c caddyfile) caddyfile { return c.must("redis") })},
		prepare: func(ctx context.Context, w *world) (load, error) {
			l := load{method: http.MethodGet, path: smallPath, header: "X-Tenant"}
			err := w.shared(ctx, places)
			if err == nil {
				l.tokens, err = w.tokens("HS256", people, true)
			}
			if err == nil {
				l.names, err = w.names("tenants", places, tenantID)
			}
			if err != nil {
				return l, err
			}
			// Through a gateway of its own they come into Redis.
			r, err := w.startCaddy(ctx, "the gateway that fills Redis", withRedis(w.shipped.trusting(w.keys).patient()), nil)
			if err != nil {
				return l, err
			}
			defer r.stop()
			return l, l.each(ctx, w, r, enough)
		}}
}

func rules() scenario {
	with := func(n int) contestant {
		return oursWith(fmt.Sprintf("%d rules", n), func(_ *world, c caddyfile) caddyfile { return c.ruled(n) })
	}
	return scenario{name: "rules", title: "rules", short: true,
		subjects: []contestant{with(10), with(10_000)}, prepare: known("HS256", http.MethodGet, smallPath, 0)}
}

// domains has one person, who belongs to all tenants, call all of their domains.
func domains() scenario {
	with := func(n int) contestant {
		c := oursWith(fmt.Sprintf("%d domains", n), func(_ *world, c caddyfile) caddyfile { return c.patient() })
		c.adapt = func(w *world, l load) (_ load, err error) {
			l.header = "Host"
			l.names, err = w.names("domains", n, domainOf)
			return l, err
		}
		c.warm = warmAll(n)
		return c
	}
	return scenario{name: "domains", title: "tenant domains", subjects: []contestant{with(150), with(10_000)},
		prepare: known("HS256", http.MethodGet, smallPath, 0)}
}

func membershipsName(n int) string { return strconv.Itoa(n) + " memberships" }

// memberships has people call tenants by X-Tenant, with every membership in use.
func memberships() scenario {
	with := func(persons, places int) contestant {
		total := persons * places
		c := oursWith(membershipsName(total), func(_ *world, c caddyfile) caddyfile {
			return c.patient().roomy().must("assertion", "assertion off").must("redis")
		})
		c.adapt = func(w *world, l load) (_ load, err error) {
			if l.tokens, err = w.tokens("HS256", persons, true); err != nil {
				return l, err
			}
			l.header = "X-Tenant"
			l.names, err = w.names("tenants", places, tenantID)
			return l, err
		}
		c.warm = warmAll(total)
		return c
	}
	return scenario{name: "memberships", title: "memberships, all in use, assertion off",
		subjects: []contestant{with(40, 25), with(1, 1), with(people, sharedTenants)},
		prepare: func(ctx context.Context, w *world) (load, error) {
			return load{method: http.MethodGet, path: smallPath}, w.shared(ctx, sharedTenants)
		}}
}
