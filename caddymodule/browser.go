package caddymodule

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/tenantgate/tenantgate/internal/httpapi"
)

// browser tells the API how requests with cookies have come. Where the public URL
// is https, browsers that ask for its host are on TLS, whoever ends it.
func browser(publicURL string) httpapi.Browser {
	secureHost, isSecure := strings.CutPrefix(publicURL, "https://")
	return httpapi.Browser{
		SameOrigin: sameOrigin,
		Elsewhere: func(r *http.Request) error {
			if crossSite.Check(r) != nil {
				return &httpapi.Problem{Code: httpapi.OriginRefused}
			}
			return nil
		},
		Secure: func(r *http.Request) bool {
			return overTLS(r) || isSecure && strings.EqualFold(r.Host, secureHost)
		},
		ByCookie: func(r *http.Request) bool {
			claim := exchangeOf(r).claim
			return claim.Bearer == "" && claim.Cookie != ""
		},
	}
}

// overTLS reports whether the client's connection is encrypted: ours, or that to a
// proxy that the operator trusts (trusted_proxies) and that says so.
func overTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool)
	return trusted && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
