package caddymodule

import (
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/frontend"
	"github.com/tenantgate/tenantgate/internal/console"
)

func init() {
	caddy.RegisterModule(Console{})
}

// Console serves the web console from the binary: its pages and their files, to GET
// and HEAD, for everybody; what they show comes from the API, which asks who is
// there. Everything else goes on to the next handler. A build without the console
// says at / how to get it.
type Console struct {
	app  *App
	site site
}

// site is a console, or what stands in for it.
type site interface {
	http.Handler
	Match(r *http.Request) bool
}

// CaddyModule returns the Caddy module information.
func (Console) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.tenant_console", New: func() caddy.Module { return new(Console) }}
}

// Provision finds the app and reads the console.
func (c *Console) Provision(ctx caddy.Context) (err error) {
	if c.app, err = appOf(ctx); err != nil {
		return err
	}
	c.site = console.Absent{}
	if files := frontend.Files(); files != nil {
		c.site, err = console.Read(files)
	}
	return err
}

// ServeHTTP answers what is for the console.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	x, r := c.app.enter(w, r)
	if x == nil {
		return nil
	}
	defer x.leave()
	// What is behind tenant_api is never the API's; alone we must not stand in its
	// place. On an error route a page would hide the error.
	if failureOf(r) != nil || c.app.api.Match(r) || !c.site.Match(r) {
		return next.ServeHTTP(w, r)
	}
	c.app.metrics.decided(outcomeConsole)
	w.Header().Set("X-Request-ID", x.id)
	c.site.ServeHTTP(w, r)
	return nil
}

var (
	_ caddy.Provisioner           = (*Console)(nil)
	_ caddyhttp.MiddlewareHandler = (*Console)(nil)
)
