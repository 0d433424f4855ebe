package endtoend_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// metric returns the value of one line of the gateway's metrics.
func metric(t *testing.T, gateway *gatewaytest.Gateway, line string) float64 {
	t.Helper()
	admin := *gateway
	admin.URL = "http://" + gateway.Admin
	for text := range strings.SplitSeq(send(t, &admin, ask{path: "/metrics"}).body, "\n") {
		if value, found := strings.CutPrefix(text, line+" "); found {
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return number
		}
	}
	return 0
}

// What waits in the queue of a socket that a reload closes is lost before any
// handler sees it, with or without ours (docs/operations.md): clients ask again.
func TestReloadDropsNothing(t *testing.T) {
	t.Parallel()
	// The lease is long, so that a look-up means that the cache was lost.
	text := replaced(t, "lease 2s", "lease 5m", "public /assets/*", "public /assets/* /first")
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.Caddyfile = text })
	const misses = `tenantgate_cache_lookups_total{layer="memberships",result="miss"}`
	stop := trafficBy(t, tryAgain, gateway, map[tenancy.Email]int{"bob@acme.test": 200, "carol@acme.test": 200})
	// Known for good: what is read before the change feed is heard is not kept.
	before, same := 0.0, 0
	tenancytest.Eventually(t, 20e9, "both are known", func() bool {
		now := metric(t, gateway, misses)
		if now != before {
			before, same = now, 0
		}
		same++
		return before >= 2 && same > 25
	})
	reload := func(text string) (string, int) {
		if err := os.WriteFile(gateway.File, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return cli(t, "", gateway.Env, "reload", "--config", gateway.File, "--address", gateway.Admin)
	}
	for range 3 {
		if out, code := reload(text); code != 0 {
			t.Fatalf("reloading the same: exit %d\n%s", code, out)
		}
		text = strings.Replace(text, "/first", "/first /second", 1)
		if out, code := reload(text); code != 0 {
			t.Fatalf("reloading with a public path more: exit %d\n%s", code, out)
		}
		text = strings.Replace(text, "/second", "/second /third", 1)
	}
	// Before the nonsense: Caddy's admin endpoint shows the metrics of the last
	// configuration it was given, in force or not.
	if after := metric(t, gateway, misses); after != before {
		t.Errorf("look-ups: got %v after the reloads, %v before: the cache was lost", after, before)
	}
	if out, code := reload(strings.Replace(text, "members direct", "members nobody", 1)); code == 0 || !strings.Contains(out, "nobody") {
		t.Errorf("reloading nonsense: exit %d\n%s", code, out)
	}
	if served := stop(); served < 100 {
		t.Errorf("only %d requests were sent meanwhile", served)
	}
	if answer := send(t, gateway, ask{path: "/second"}); answer.status != 200 {
		t.Errorf("the new public path: got %d, want 200", answer.status)
	}
}
