package caddymodule

import (
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("tenantgate", parseGlobal)
	httpcaddyfile.RegisterHandlerDirective("tenant_api", parseAPI)
	httpcaddyfile.RegisterHandlerDirective("tenant_gate", parseGate)
	// Before handle, route and everything that answers: a site that names
	// tenant_gate once is guarded whole, whatever its handle blocks do. Each goes
	// right before invoke, so the gate comes after the API.
	httpcaddyfile.RegisterDirectiveOrder("tenant_api", httpcaddyfile.Before, "invoke")
	httpcaddyfile.RegisterDirectiveOrder("tenant_gate", httpcaddyfile.Before, "invoke")
}

// parseGlobal reads the global option. Syntax:
//
//	tenantgate {
//		database <postgres url>
//		redis    [<redis url>]
//		token {
//			secret      [<secret>]
//			signing_key <PEM file>
//			issuer      <iss>
//			audience    <aud>
//			leeway      <duration>
//			access_ttl  <duration>
//			refresh_ttl <duration>
//			trust <issuer> {
//				jwks       <url>
//				key        <PEM file>
//				audience   <aud...>
//				algorithms <alg...>
//				provision  on|off
//			}
//		}
//		cache {
//			memberships    <entries>
//			tokens         <entries>
//			ttl            <duration>
//			lease          <duration>
//			stale_if_error <duration>
//		}
//		members   direct|invite
//		assertion on|off
//		cors      [<origin...>]
//	}
//
// An argument in brackets may be missing, as it is where an environment
// variable in its place is empty.
func parseGlobal(d *caddyfile.Dispenser, existing any) (any, error) {
	if existing != nil {
		return nil, d.Err("tenantgate is configured twice")
	}
	d.Next()
	app := new(App)
	if err := app.unmarshalCaddyfile(d); err != nil {
		return nil, err
	}
	return httpcaddyfile.App{Name: "tenantgate", Value: caddyconfig.JSON(app, nil)}, nil
}

func (a *App) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return block(d, map[string]func() error{
		"database":  func() error { return text(d, &a.Database) },
		"redis":     func() error { return optionalText(d, &a.Redis) },
		"token":     func() error { return a.Token.unmarshalCaddyfile(d) },
		"cache":     func() error { return a.Cache.unmarshalCaddyfile(d) },
		"members":   func() error { return text(d, &a.Members) },
		"assertion": func() error { return onOff(d, &a.Assertion) },
		"cors":      func() error { return origins(d, &a.CORS) },
	})
}

func (c *TokenConfig) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return block(d, map[string]func() error{
		"secret":      func() error { return optionalText(d, &c.Secret) },
		"signing_key": func() error { return text(d, &c.SigningKey) },
		"issuer":      func() error { return text(d, &c.Issuer) },
		"audience":    func() error { return text(d, &c.Audience) },
		"leeway":      func() error { return duration(d, &c.Leeway) },
		"access_ttl":  func() error { return duration(d, &c.AccessTTL) },
		"refresh_ttl": func() error { return duration(d, &c.RefreshTTL) },
		"trust":       func() error { return c.unmarshalTrust(d) },
	})
}

func (c *TokenConfig) unmarshalTrust(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	trust := TrustConfig{Issuer: d.Val()}
	err := trust.unmarshalCaddyfile(d)
	c.Trust = append(c.Trust, trust)
	return err
}

func (c *TrustConfig) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return block(d, map[string]func() error{
		"jwks":       func() error { return text(d, &c.JWKS) },
		"key":        func() error { return text(d, &c.Key) },
		"audience":   func() error { return texts(d, &c.Audience) },
		"algorithms": func() error { return texts(d, &c.Algorithms) },
		"provision":  func() error { return onOff(d, &c.Provision) },
	})
}

func (c *CacheConfig) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return block(d, map[string]func() error{
		"memberships":    func() error { return count(d, &c.Memberships) },
		"tokens":         func() error { return count(d, &c.Tokens) },
		"ttl":            func() error { return duration(d, &c.TTL) },
		"lease":          func() error { return duration(d, &c.Lease) },
		"stale_if_error": func() error { return duration(d, &c.StaleIfError) },
	})
}

// parseAPI reads the directive. Syntax:
//
//	tenant_api
func parseAPI(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h.Next()
	api := new(API)
	return api, block(h.Dispenser, nil)
}

// parseGate reads the directive. Syntax:
//
//	tenant_gate {
//		public        <path...>
//		require       viewer|member|admin <method[,method...]>|* <path...>
//		forward_token on|off
//	}
func parseGate(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h.Next()
	gate := new(Gate)
	return gate, block(h.Dispenser, map[string]func() error{
		"public":        func() error { return texts(h.Dispenser, &gate.Public) },
		"require":       func() error { return gate.unmarshalRequire(h.Dispenser) },
		"forward_token": func() error { return onOff(h.Dispenser, &gate.ForwardToken) },
	})
}

func (g *Gate) unmarshalRequire(d *caddyfile.Dispenser) error {
	args := d.RemainingArgs()
	if len(args) < 3 {
		return d.Errf("require takes a role, methods and paths, as in: require viewer GET,HEAD /api/*")
	}
	g.Require = append(g.Require, Requirement{Role: args[0], Methods: strings.Split(args[1], ","), Paths: args[2:]})
	return nil
}

// block reads a block of words, each with its own parser; an unknown word is an
// error, and so is a stray argument before the block.
func block(d *caddyfile.Dispenser, words map[string]func() error) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		parse, known := words[d.Val()]
		if !known {
			return d.Errf("unknown word '%s'", d.Val())
		}
		if err := parse(); err != nil {
			return err
		}
	}
	return nil
}

// text reads one value. A word said twice is an error: which one is in force?
func text(d *caddyfile.Dispenser, to *string) error {
	word, args := d.Val(), d.RemainingArgs()
	if len(args) != 1 || args[0] == "" {
		return d.Errf("'%s' takes one value; if it comes from the environment, is that variable set?", word)
	}
	if *to != "" {
		return d.Errf("'%s' is said twice", word)
	}
	*to = args[0]
	return nil
}

// optionalText reads one value, or none where the environment has none.
func optionalText(d *caddyfile.Dispenser, to *string) error {
	switch args := d.RemainingArgs(); {
	case len(args) == 0, len(args) == 1 && args[0] == "":
		return nil
	case len(args) > 1:
		return d.ArgErr()
	case *to != "":
		return d.Err("said twice")
	default:
		*to = args[0]
		return nil
	}
}

// texts reads one value or more, and may be said again for more.
func texts(d *caddyfile.Dispenser, to *[]string) error {
	args := d.RemainingArgs()
	if len(args) == 0 {
		return d.ArgErr()
	}
	*to = append(*to, args...)
	return nil
}

// origins reads any number of origins, apart by spaces or, as one environment
// variable holds them, by commas.
func origins(d *caddyfile.Dispenser, to *[]string) error {
	for d.NextArg() {
		for origin := range strings.SplitSeq(d.Val(), ",") {
			if origin = strings.TrimSpace(origin); origin != "" {
				*to = append(*to, origin)
			}
		}
	}
	return nil
}

func duration(d *caddyfile.Dispenser, to **caddy.Duration) error {
	var value string
	if err := text(d, &value); err != nil {
		return err
	}
	if *to != nil {
		return d.Err("said twice")
	}
	parsed, err := caddy.ParseDuration(value)
	if err != nil || parsed < 0 {
		return d.Errf("'%s' is no duration of zero or more, such as 30s or 5m", value)
	}
	*to = (*caddy.Duration)(&parsed)
	return nil
}

func count(d *caddyfile.Dispenser, to *int) error {
	var value string
	if err := text(d, &value); err != nil {
		return err
	}
	if *to != 0 {
		return d.Err("said twice")
	}
	parsed, err := strconv.Atoi(value)
	if err != nil || parsed < 1 {
		return d.Errf("'%s' is no whole number of 1 or more", value)
	}
	*to = parsed
	return nil
}

func onOff(d *caddyfile.Dispenser, to **bool) error {
	var value string
	if err := text(d, &value); err != nil {
		return err
	}
	if *to != nil {
		return d.Err("said twice")
	}
	if value != "on" && value != "off" {
		return d.Errf("'%s' is neither on nor off", value)
	}
	on := value == "on"
	*to = &on
	return nil
}
