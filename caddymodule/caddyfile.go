package caddymodule

import (
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("tenantgate", parseGlobal)
	httpcaddyfile.RegisterDirective("tenant_api", parseAPI)
	httpcaddyfile.RegisterDirective("tenant_console", parseConsole)
	httpcaddyfile.RegisterDirective("tenant_gate", parseGate)
	// Before handle, route and everything that answers: a site that names
	// tenant_gate once is guarded whole, whatever its handle blocks do. Each goes
	// right before invoke, so the console comes after the API, and the gate last.
	httpcaddyfile.RegisterDirectiveOrder("tenant_api", httpcaddyfile.Before, "invoke")
	httpcaddyfile.RegisterDirectiveOrder("tenant_console", httpcaddyfile.Before, "invoke")
	httpcaddyfile.RegisterDirectiveOrder("tenant_gate", httpcaddyfile.Before, "invoke")
}

// parseGlobal reads the global option. Syntax:
//
//	tenantgate {
//		database <postgres url>
//		database_direct <postgres url>
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
//		mail {
//			smtp [<smtp or smtps url>]
//			from [<address>]
//		}
//		public_url [<url>]
//		limits on|off
//		resolver  [<address>[:<port>]]
//		assertion on|off
//		cors      [<origin...>]
//		sanitize {
//			report_only   on|off
//			allow_methods <METHOD...>
//			allow_encoded <%2F|%5C|%23|%3F|%3B|%25...>
//			protect       <header or prefix*...>
//		}
//	}
//
// Under sanitize stand an operator's exceptions from what the edge refuses, and
// additions to what it strips:
//
//   - report_only on serves what would be refused, and counts and logs it. CONNECT,
//     doubled credentials and doubled tenant selectors are refused, and headers
//     stripped, all the same. It is for finding out, not for staying.
//   - allow_methods adds to GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS. Only a
//     rule for all methods (*) covers a method that no registry knows. CONNECT,
//     TRACE and PRI cannot be allowed.
//   - allow_encoded lets a path hold such an escape. Rules see it decoded: "/a%2Fb"
//     is matched as "/a/b". Allow it only where the upstream reads it that way too.
//   - protect strips more request headers, in any spelling that an upstream may fold
//     to the name: "x-org-*" takes X_Org_Id along.
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
		"database":        func() error { return text(d, &a.Database) },
		"database_direct": func() error { return optionalText(d, &a.DatabaseDirect) },
		"redis":           func() error { return optionalText(d, &a.Redis) },
		"token":           func() error { return a.Token.unmarshalCaddyfile(d) },
		"cache":           func() error { return a.Cache.unmarshalCaddyfile(d) },
		"members":         func() error { return text(d, &a.Members) },
		"mail":            func() error { return a.Mail.unmarshalCaddyfile(d) },
		"public_url":      func() error { return optionalText(d, &a.PublicURL) },
		"resolver":        func() error { return optionalText(d, &a.Resolver) },
		"assertion":       func() error { return onOff(d, &a.Assertion) },
		"limits":          func() error { return onOff(d, &a.Limits) },
		"cors":            func() error { return origins(d, &a.CORS) },
		"sanitize":        func() error { return a.Sanitize.unmarshalCaddyfile(d) },
	})
}

func (c *MailConfig) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return block(d, map[string]func() error{
		"smtp": func() error { return optionalText(d, &c.SMTP) },
		"from": func() error { return optionalText(d, &c.From) },
	})
}

func (c *SanitizeConfig) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return block(d, map[string]func() error{
		"report_only":   func() error { return onOff(d, &c.ReportOnly) },
		"allow_methods": func() error { return texts(d, &c.AllowMethods) },
		"allow_encoded": func() error { return texts(d, &c.AllowEncoded) },
		"protect":       func() error { return texts(d, &c.Protect) },
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
//
// It takes no matcher, as tenant_gate does not.
func parseAPI(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	h.Next()
	if err := block(h.Dispenser, nil); err != nil {
		return nil, err
	}
	return h.NewRoute(nil, new(API)), nil
}

// parseConsole reads the directive. Syntax:
//
//	tenant_console [on|off]
//
// It takes no matcher. Off is as if it were not there.
func parseConsole(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	h.Next()
	var on *bool
	if h.CountRemainingArgs() > 0 {
		if err := onOff(h.Dispenser, &on); err != nil {
			return nil, err
		}
	}
	if err := block(h.Dispenser, nil); err != nil {
		return nil, err
	}
	if on != nil && !*on {
		return nil, nil
	}
	return h.NewRoute(nil, new(Console)), nil
}

// parseGate reads the directive. Syntax:
//
//	tenant_gate {
//		public        <path...>
//		require       viewer|member|admin <method[,method...]>|* <path...>
//		forward_token on|off
//	}
//
// It takes no matcher: what one leaves out would reach the upstream with whatever
// identity the client has made up. Paths that need no token are public ones.
func parseGate(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	h.Next()
	gate := new(Gate)
	if err := block(h.Dispenser, map[string]func() error{
		"public":        func() error { return texts(h.Dispenser, &gate.Public) },
		"require":       func() error { return gate.unmarshalRequire(h.Dispenser) },
		"forward_token": func() error { return onOff(h.Dispenser, &gate.ForwardToken) },
	}); err != nil {
		return nil, err
	}
	return h.NewRoute(nil, gate), nil
}

func (g *Gate) unmarshalRequire(d *caddyfile.Dispenser) error {
	args := d.RemainingArgs()
	if len(args) < 3 {
		return d.Errf("require takes a role, methods and paths, as in: require viewer GET,HEAD /api/*")
	}
	g.Require = append(g.Require, Requirement{Role: args[0], Methods: strings.Split(args[1], ","), Paths: args[2:]})
	return nil
}
