package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/tenantgate/tenantgate/internal/upstream"
)

func init() {
	caddy.RegisterModule(Transport{})
}

// Transport is Caddy's transport http with the same settings, and a shorter way
// for requests with no or a short body to upstreams that speak plain HTTP/1.1; see
// package upstream. All others, and all where a setting asks for what that way cannot do,
// go Caddy's.
//
// On the shorter way no compression is asked of the upstream for its own sake:
// what the client accepts is what the upstream is told.
type Transport struct {
	reverseproxy.HTTPTransport

	short *upstream.Client // nil: the settings rule it out
}

// CaddyModule returns the Caddy module information.
func (Transport) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.reverse_proxy.transport.tenant_http", New: func() caddy.Module { return new(Transport) }}
}

// Provision sets both ways up.
func (t *Transport) Provision(ctx caddy.Context) error {
	if err := t.HTTPTransport.Provision(ctx); err != nil {
		return fmt.Errorf("transport tenant_http: %w", err)
	}
	stock, keep := t.Transport, t.KeepAlive
	if stock.DisableKeepAlives || stock.MaxIdleConns > 0 || stock.MaxConnsPerHost > 0 ||
		stock.ResponseHeaderTimeout > 0 || stock.Protocols != nil || t.Versions[0] == "3" ||
		stock.IdleConnTimeout < 0 || t.ProxyProtocol != "" { // what the upstream has closed is kept until then
		return nil
	}
	t.short = upstream.New(upstream.Config{
		Dial: stock.DialContext, MaxIdle: keep.MaxIdleConnsPerHost, IdleTimeout: time.Duration(keep.IdleConnTimeout),
		MaxHeader: t.MaxResponseHeaderSize, ReadBuffer: t.ReadBufferSize,
	})
	return nil
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.SetScheme(r)
	if t.short == nil || !upstream.Takes(r) || t.proxied(r) {
		return unswitched(t.HTTPTransport.RoundTrip(r))
	}
	res, err := t.short.RoundTrip(r)
	if errors.Is(err, upstream.ErrLong) {
		return unswitched(t.HTTPTransport.RoundTrip(r))
	}
	return res, err
}

// unswitched makes an error of an answer that changes the protocol where the request
// did not ask for it. Caddy would make an empty 200 of it.
func unswitched(res *http.Response, err error) (*http.Response, error) {
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols || res.Request.Header.Get("Upgrade") != "" {
		return res, err
	}
	_ = res.Body.Close()
	return nil, upstream.ErrSwitched
}

// proxied reports whether the request goes by way of a forward proxy, such as
// HTTP_PROXY names. Where nobody can say, Caddy's way tells what is wrong.
func (t *Transport) proxied(r *http.Request) bool {
	proxy, err := t.Transport.Proxy(r)
	return proxy != nil || err != nil
}

// UnmarshalCaddyfile reads what transport http reads.
func (t *Transport) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return t.HTTPTransport.UnmarshalCaddyfile(d)
}

// Cleanup closes what is idle.
func (t *Transport) Cleanup() error {
	if t.short != nil {
		t.short.Close()
	}
	return t.HTTPTransport.Cleanup()
}

var (
	_ caddy.Provisioner                                = (*Transport)(nil)
	_ caddy.CleanerUpper                               = (*Transport)(nil)
	_ caddyfile.Unmarshaler                            = (*Transport)(nil)
	_ http.RoundTripper                                = (*Transport)(nil)
	_ reverseproxy.TLSTransport                        = (*Transport)(nil)
	_ reverseproxy.H2CTransport                        = (*Transport)(nil)
	_ reverseproxy.ProxyProtocolTransport              = (*Transport)(nil)
	_ reverseproxy.HealthCheckSchemeOverriderTransport = (*Transport)(nil)
)
