package endtoend_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/pgserver"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// Writes to one tenant take turns, so there are several; and who was asked into a
// tenant fifty times in an hour is asked no more, so there are many people.
const (
	revokedTenants = 16
	revokers       = 3  // at work in each tenant
	revokedPeople  = 20 // of each of them
)

// subject is somebody who is added to a tenant and removed from it, over and over.
type subject struct {
	token, admin string // access tokens
	tenant       string // slug
	email        string
	members      string // path of the tenant's members

	// step grows whenever an addition begins and a removal is answered: while it is
	// odd, the subject is no member for certain.
	step atomic.Int64
}

// fleet is three gateways on one Postgres and one Redis, each with a wire for its
// change feed.
type fleet struct {
	t        *testing.T
	gateways []*gatewaytest.Gateway
	feeds    []*tenancytest.Wire
	database *pgserver.Server
	redis    *tenancytest.RedisServer
	subjects []*subject
	client   *http.Client

	served, refused, failed              atomic.Int64 // requests
	removed, during, again, late, broken atomic.Int64 // see revoke and ask
	faulty                               atomic.Bool  // a fault is on
}

func startFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{t: t, database: tenancytest.PostgresServer(t), redis: tenancytest.Redis(t), client: &http.Client{
		Timeout:   20 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	}}
	dsn := f.database.URL("postgres")
	gatewaytest.Seed(t, dsn)
	// The servers of tests lose at a crash what they have just said to be committed.
	tenancytest.Exec(t, dsn, "ALTER DATABASE postgres SET synchronous_commit = on")
	f.seed(dsn)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	t.Cleanup(upstream.Close)
	for range 3 {
		direct, wire := tenancytest.WireTo(t, dsn)
		f.feeds = append(f.feeds, wire)
		f.gateways = append(f.gateways, gatewaytest.Start(t, gatewaytest.Options{
			DatabaseURL: dsn, RedisURL: f.redis.URL(), UpstreamURL: upstream.URL,
			Caddyfile: replaced(t,
				"database {env.DATABASE_URL}", "database {env.DATABASE_URL}\n\t\tdatabase_direct "+direct,
				"\tlog\n\t# Bodies", "\t# Bodies"), // there would be a line for each of a million requests
		}))
	}
	return f
}

// seed makes tenants with an admin each, and people who are in none of them.
func (f *fleet) seed(dsn string) {
	const id = "00000000-0000-4000-8000-%04x%08x"
	var sql strings.Builder
	add := func(statement string, args ...any) { fmt.Fprintf(&sql, statement+";\n", args...) }
	until := time.Now().Add(2 * time.Hour).Unix()
	token := func(user string) string {
		return gatewaytest.Token(f.t, "alice@acme.test", gatewaytest.Claims{"sub": user, "exp": until})
	}
	for n := range revokedTenants {
		tenant, admin := fmt.Sprintf(id, 1, n), fmt.Sprintf(id, 2, n)
		add(`INSERT INTO tenants (id, name, slug) VALUES ('%s', 'Tenant', 'tenant-%d')`, tenant, n)
		add(`INSERT INTO users (id, email) VALUES ('%s', 'admin-%d@example.com')`, admin, n)
		add(`INSERT INTO tenant_users (id, tenant_id, user_id, role) VALUES ('%s', '%s', '%s', 'admin')`, fmt.Sprintf(id, 4, n), tenant, admin)
		for m := range revokers * revokedPeople {
			user := fmt.Sprintf(id, 3, len(f.subjects))
			s := &subject{
				token: token(user), admin: token(admin), tenant: fmt.Sprintf("tenant-%d", n), email: fmt.Sprintf("p%d-%d@example.com", n, m),
				members: "/api/v1/tenants/" + tenant + "/members",
			}
			s.step.Store(1)
			add(`INSERT INTO users (id, email) VALUES ('%s', '%s')`, user, s.email)
			f.subjects = append(f.subjects, s)
		}
	}
	gatewaytest.Script(f.t, dsn, sql.String())
}

// do sends one request, and returns the status; 0: there was no answer.
func (f *fleet) do(replica int, method, path, token, tenant, body string) int {
	return f.send(f.t.Context(), replica, method, path, token, tenant, body)
}

// give is do for somebody who does not wait for longer than that.
func (f *fleet) give(patience time.Duration, replica int, method, path, token string) int {
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	return f.send(ctx, replica, method, path, token, "", "")
}

func (f *fleet) send(ctx context.Context, replica int, method, path, token, tenant, body string) int {
	request, err := http.NewRequestWithContext(ctx, method, f.gateways[replica].URL+path, strings.NewReader(body))
	if err != nil {
		f.t.Error(err)
		return 0
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if tenant != "" {
		request.Header.Set("X-Tenant", tenant)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := f.client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// ask sends a request of the subject. It is served wrongly where the subject was
// no member from before it was sent until it was answered.
func (f *fleet) ask(replica int, s *subject) {
	before := s.step.Load()
	status := f.do(replica, http.MethodGet, "/api/v1/calls", s.token, s.tenant, "")
	gone := before%2 == 1 && before == s.step.Load()
	switch status {
	case http.StatusOK:
		f.served.Add(1)
		if gone {
			f.broken.Add(1)
			f.t.Errorf("R1: replica %d has served %s after the removal was answered", replica, s.email)
		}
	case http.StatusForbidden:
		f.refused.Add(1)
	default:
		f.failed.Add(1)
	}
	if gone && before > 1 {
		f.late.Add(1)
	}
}

// everywhere asks all replicas at once.
func (f *fleet) everywhere(s *subject) {
	var asking sync.WaitGroup
	for replica := range f.gateways {
		asking.Go(func() { f.ask(replica, s) })
	}
	asking.Wait()
}

// revoke adds the subject, has every replica know it, removes it by any of them,
// and asks every replica once more. It does not count as removed before a replica
// has said so; where an answer was lost, that it is gone is said by a 404.
func (f *fleet) revoke(s *subject, random *rand.Rand) {
	s.step.Add(1)
	body := fmt.Sprintf(`{"email":%q,"role":"viewer"}`, s.email)
	if !f.write(random, http.MethodPost, s.members, s, body, http.StatusCreated, http.StatusConflict) {
		return
	}
	f.everywhere(s)
	if !f.write(random, http.MethodDelete, s.members+"/"+s.email, s, "", http.StatusNoContent, http.StatusNotFound) {
		return
	}
	s.step.Add(1)
	f.removed.Add(1)
	if f.faulty.Load() {
		f.during.Add(1)
	}
	f.everywhere(s)
}

// write has any replica write, until one has said that it is done, or was before:
// after a try that nobody answered.
func (f *fleet) write(random *rand.Rand, method, path string, s *subject, body string, done, before int) bool {
	var last int
	for first, end := true, time.Now().Add(time.Minute); time.Now().Before(end); first = false {
		last = f.do(random.IntN(len(f.gateways)), method, path, s.admin, "", body)
		if last == done || last == before && !first {
			return true
		}
		if last == before {
			break
		}
		f.again.Add(1)
		within(200 * time.Millisecond) // it may be a minute, and tries are counted
	}
	f.t.Errorf("%s %s: got %d, want %d", method, path, last, done)
	return false
}

// TestNoRequestIsServedAfterARemoval drives three gateways with traffic, additions
// and removals while faults come and go: each once, or for as long as SOAK says.
func TestNoRequestIsServedAfterARemoval(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var ended atomic.Bool
	var running sync.WaitGroup
	defer running.Wait()
	defer ended.Store(true)
	busy := make([]atomic.Pointer[subject], revokedTenants*revokers) // those who are added and removed just now
	for replica := range f.gateways {
		for worker := range 2 {
			running.Go(func() {
				random := rand.New(rand.NewPCG(seed, uint64(1000+10*replica+worker)))
				for !ended.Load() {
					if s := busy[random.IntN(len(busy))].Load(); s != nil {
						f.ask(replica, s)
					}
					within(time.Duration(random.Int64N(int64(time.Millisecond)))) // or writers starve
				}
			})
		}
	}
	for number := range busy {
		running.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(number)))
			for !ended.Load() {
				s := f.subjects[number*revokedPeople+random.IntN(revokedPeople)]
				busy[number].Store(s)
				f.revoke(s, random)
			}
		})
	}
	faults := f.play(rand.New(rand.NewPCG(seed, 99)), soakTime(t))
	ended.Store(true)
	running.Wait()
	t.Logf("%d removals answered, %d of them while a fault was on; %d writes sent again", f.removed.Load(), f.during.Load(), f.again.Load())
	t.Logf("%d requests served, %d refused, %d failed or had no answer; of all, %d began after a removal was answered, and %d of these were served",
		f.served.Load(), f.refused.Load(), f.failed.Load(), f.late.Load(), f.broken.Load())
	t.Logf("faults: %v", faults)
	if f.removed.Load() < 20 || f.during.Load() == 0 || f.served.Load() < 100 || f.late.Load() < 100 {
		t.Error("too little was done to say anything")
	}
}

// soakTime is how long the fleet is driven beyond one round of faults: SOAK, or
// not at all.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SOAK")
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("SOAK: %v", err)
	}
	return d
}
