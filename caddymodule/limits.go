package caddymodule

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/limit"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// limitedKeys bounds what is counted in process: 20 MB or so.
const limitedKeys = 100_000

// newLimiter counts in process, and in Redis where there is one.
func newLimiter(client *cache.Client) (tenancy.Limiter, error) {
	local, err := limit.NewLocal(limitedKeys, time.Now)
	if err != nil || client == nil {
		return local, err
	}
	return cache.NewLimits(local, client), nil
}

// limits says how often things may be done, by whom Caddy says the client is: it
// believes X-Forwarded-For of trusted_proxies alone.
func (a *App) limits() httpapi.Limits {
	if a.Limits != nil && !*a.Limits {
		return httpapi.Limits{}
	}
	limits := httpapi.DefaultLimits()
	limits.Limiter, limits.Client = a.backend.limiter, clientNetwork
	return limits
}

// clientNetwork returns the client's address; of IPv6 the /64 that one customer has
// to itself, or one machine would be as many clients as it likes.
func clientNetwork(r *http.Request) string {
	client, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	addr, err := netip.ParseAddr(client)
	if err != nil {
		return client
	}
	if addr = addr.Unmap().WithZone(""); addr.Is6() {
		return netip.PrefixFrom(addr, 64).Masked().String()
	}
	return addr.String()
}
