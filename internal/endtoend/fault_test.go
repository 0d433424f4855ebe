package endtoend_test

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// traffic sends requests of people until it is stopped, and fails the test at
// the first wrong answer.
func traffic(t *testing.T, gateway *gatewaytest.Gateway, want map[tenancy.Email]int) (stop func() int) {
	return trafficBy(t, try, gateway, want)
}

// tryAgain is try by a client that sends once more what was not answered at all,
// as browsers do with a GET.
func tryAgain(t testing.TB, gateway *gatewaytest.Gateway, a ask) (told, error) {
	answer, err := try(t, gateway, a)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return try(t, gateway, a)
	}
	return answer, err
}

func trafficBy(t *testing.T, try func(testing.TB, *gatewaytest.Gateway, ask) (told, error), gateway *gatewaytest.Gateway, want map[tenancy.Email]int) (stop func() int) {
	t.Helper()
	quit := make(chan struct{})
	var all sync.WaitGroup
	var mu sync.Mutex
	served := 0
	for person, status := range want {
		all.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				answer, err := try(t, gateway, ask{as: person, path: "/api/v1/calls", tenant: "acme"})
				if err != nil || answer.status != status {
					t.Errorf("%s: got %d, %v; want %d\n%s", person, answer.status, err, status, answer.body)
					return
				}
				mu.Lock()
				served++
				mu.Unlock()
			}
		})
	}
	return func() int {
		close(quit)
		all.Wait()
		mu.Lock()
		defer mu.Unlock()
		return served
	}
}

func TestRedisComesAndGoesUnderTraffic(t *testing.T) {
	t.Parallel()
	redis := tenancytest.Redis(t)
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.RedisURL = redis.URL() })
	add := ask{as: "alice@acme.test", method: "POST", path: path(t, "acme", "/members"), body: `{"email":"peggy@globex.test","role":"viewer"}`}
	remove := ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/peggy@globex.test")}
	peggy := ask{as: "peggy@globex.test", path: "/api/v1/calls", tenant: "acme"}

	stop := traffic(t, gateway, map[tenancy.Email]int{"bob@acme.test": 200, "carol@acme.test": 200, "erin@nowhere.test": 403})
	for _, fault := range []struct{ begin, end func() }{
		{redis.Kill, redis.Restart},
		{redis.Pause, redis.Resume},
		{redis.Kill, redis.Restart},
	} {
		send(t, gateway, add).want(t, 201, "")
		send(t, gateway, peggy).want(t, 200, "")
		fault.begin()
		send(t, gateway, peggy).want(t, 200, "")
		if answer := send(t, gateway, remove); answer.status != 204 {
			t.Errorf("removing while Redis is away: got %d %s", answer.status, answer.body)
		}
		send(t, gateway, peggy).want(t, 403, "not_a_member")
		fault.end()
		for range 20 {
			send(t, gateway, peggy).want(t, 403, "not_a_member")
		}
		send(t, gateway, ask{path: "/readyz"}).want(t, 200, "")
	}
	if served := stop(); served < 100 {
		t.Errorf("only %d requests were sent meanwhile", served)
	}
}

func TestPostgresComesAndGoes(t *testing.T) {
	t.Parallel()
	server := tenancytest.PostgresServer(t)
	gatewaytest.Seed(t, server.URL("postgres"))
	gateway, upstream := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = server.URL("postgres") })
	bob := ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}
	send(t, gateway, bob).want(t, 200, "")
	upstream.Take()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	unknown := send(t, gateway, ask{as: "carol@acme.test", path: "/api/v1/calls", tenant: "acme"})
	unknown.want(t, 503, "membership_unavailable")
	if unknown.header.Get("Retry-After") == "" {
		t.Error("a 503 without Retry-After")
	}
	if len(upstream.Take()) != 0 {
		t.Error("somebody who could not be looked up has reached the upstream")
	}
	send(t, gateway, ask{path: "/healthz"}).want(t, 200, "")
	send(t, gateway, ask{path: "/readyz"}).want(t, 503, "membership_unavailable")
	if answer := send(t, gateway, ask{path: "/assets/x"}); answer.status != 200 {
		t.Errorf("a public path: got %d, want 200", answer.status)
	}
	// What was known is believed for the lease, and then no more.
	tenancytest.Eventually(t, 10*time.Second, "a known member is refused too", func() bool { return send(t, gateway, bob).status == 503 })

	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	tenancytest.Eventually(t, 10*time.Second, "served again", func() bool { return send(t, gateway, bob).status == http.StatusOK })
	t.Logf("served again %v after Postgres was back", time.Since(began))
}

func TestStaleIfErrorServesWhoWasKnown(t *testing.T) {
	t.Parallel()
	server := tenancytest.PostgresServer(t)
	gatewaytest.Seed(t, server.URL("postgres"))
	gateway, _ := start(t, func(o *gatewaytest.Options) {
		o.DatabaseURL = server.URL("postgres")
		o.Caddyfile = replaced(t, "stale_if_error 0s", "stale_if_error 1h", "lease 2s", "lease 100ms")
	})
	// Nothing is kept that was read while changes were not heard of.
	for _, layer := range []string{"memberships", "names"} {
		tenancytest.Eventually(t, 20*time.Second, "bob is known to the "+layer, func() bool {
			send(t, gateway, ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}).want(t, 200, "")
			return metric(t, gateway, `tenantgate_cache_lookups_total{layer="`+layer+`",result="hit"}`) > 0
		})
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	tenancytest.Eventually(t, 10*time.Second, "the outage shows", func() bool {
		return send(t, gateway, ask{as: "carol@acme.test", path: "/api/v1/calls", tenant: "acme"}).status == 503
	})
	// Past its time by now, the name of the host as well as the membership.
	const stale = `tenantgate_cache_lookups_total{layer="memberships",result="stale"}`
	tenancytest.Eventually(t, 10*time.Second, "a known member is served past the lease", func() bool {
		send(t, gateway, ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}).want(t, 200, "")
		return metric(t, gateway, stale) > 5
	})
}

// TestAnotherReplicaRefusesAtOnce: a removal is answered when the other replicas
// have obeyed it.
func TestAnotherReplicaRefusesAtOnce(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	one, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	two, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	bob := ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}
	send(t, one, bob).want(t, 200, "")
	send(t, two, bob).want(t, 200, "")
	if answer := send(t, one, ask{as: "alice@acme.test", method: "DELETE", path: path(t, "acme", "/members/bob@acme.test")}); answer.status != 204 {
		t.Fatalf("removing: got %d %s", answer.status, answer.body)
	}
	send(t, one, bob).want(t, 403, "not_a_member")
	send(t, two, bob).want(t, 403, "not_a_member")
}

// TestReadyWithoutTheFeed: what cannot be heard of is asked for.
func TestReadyWithoutTheFeed(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	direct, wire := tenancytest.WireTo(t, database)
	gateway, _ := start(t, onDatabase(database), func(o *gatewaytest.Options) {
		o.Caddyfile = replaced(t, "database {env.DATABASE_URL}", "database {env.DATABASE_URL}\n\t\tdatabase_direct "+direct)
	})
	feedIs := func(want string) bool {
		answer := send(t, gateway, ask{path: "/readyz"})
		answer.want(t, 200, "")
		var ready struct {
			Checks struct {
				Feed string `json:"feed"`
			} `json:"checks"`
		}
		answer.into(t, &ready)
		return ready.Checks.Feed == want
	}
	bob := ask{as: "bob@acme.test", path: "/api/v1/calls", tenant: "acme"}
	tenancytest.Eventually(t, 20*time.Second, "the feed is heard", func() bool { return feedIs("ok") })
	wire.Cut()
	tenancytest.Eventually(t, 20*time.Second, "the feed is lost for longer than the lease", func() bool { return feedIs("unavailable") })
	send(t, gateway, bob).want(t, 200, "")
	tenancytest.Exec(t, database, "DELETE FROM tenant_users WHERE user_id = $1", gatewaytest.Person(t, "bob@acme.test"))
	send(t, gateway, bob).want(t, 403, "not_a_member")
	wire.Mend()
	tenancytest.Eventually(t, 20*time.Second, "the feed is heard again", func() bool { return feedIs("ok") })
}
