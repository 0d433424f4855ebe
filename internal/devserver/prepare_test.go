package devserver_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// options returns options with a free port, and these environment variables.
func options(t *testing.T, variables map[string]string) devserver.Options {
	t.Helper()
	port := strconv.Itoa(tenancytest.FreePort(t))
	return devserver.Options{
		Out: new(bytes.Buffer), Log: slog.New(slog.DiscardHandler),
		Getenv: func(name string) string {
			if value, set := variables[name]; set {
				return value
			}
			return map[string]string{"API_PORT": port}[name]
		},
	}
}

func prepare(t *testing.T, options devserver.Options) *devserver.Environment {
	t.Helper()
	environment, err := devserver.Prepare(t.Context(), options)
	if err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	t.Cleanup(func() {
		if err := environment.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return environment
}

func TestSecondStartKeepsWhatPeopleChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	with := options(t, map[string]string{"TENANTGATE_DEV_DIR": dir})
	first := prepare(t, with)
	var banner strings.Builder
	if err := first.Banner(&banner); err != nil || !strings.Contains(banner.String(), dir) {
		t.Errorf("banner: got %v,\n%s\nwant the data directory %s in it", err, banner.String(), dir)
	}
	store := openStore(t, first.DatabaseURL)
	want := map[string]string{
		"alice@acme.test acme": "admin", "alice@acme.test globex": "viewer", "bob@acme.test acme": "member", "carol@acme.test acme": "viewer",
		"dave@globex.test globex": "admin", "dave@globex.test acme": "member", "peggy@globex.test globex": "viewer",
		"frank@initech.test initech": "admin", "ursula@umbrella.test umbrella": "admin",
	}
	if diff := cmp.Diff(want, roles(t, store)); diff != "" {
		t.Errorf("roles at the first start (-want +got):\n%s", diff)
	}
	alice, acme := tenancy.Caller{User: person(t, "alice@acme.test").ID}, tenant(t, "acme").ID
	if _, err := store.RemoveMember(t.Context(), alice, acme, tenancy.MemberRef{Email: "bob@acme.test"}); err != nil {
		t.Fatal(err)
	}
	store.Close()
	if err := first.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	for _, left := range []string{first.DatabaseURL, first.UpstreamURL} {
		if address, err := url.Parse(left); err != nil {
			t.Fatal(err)
		} else if conn, err := net.Dial("tcp", address.Host); err == nil {
			conn.Close()
			t.Errorf("after Close: %s still listens", address.Host)
		}
	}

	second := prepare(t, with)
	if first.JWTSecret != second.JWTSecret {
		t.Error("secret: got another one at the second start, want the same")
	}
	store = openStore(t, second.DatabaseURL)
	defer store.Close()
	delete(want, "bob@acme.test acme")
	if diff := cmp.Diff(want, roles(t, store)); diff != "" {
		t.Errorf("roles at the second start (-want +got):\n%s", diff)
	}
}

func TestPreparedEnvironment(t *testing.T) {
	t.Parallel()
	with := options(t, map[string]string{"TENANTGATE_DEV_DIR": t.TempDir(), "DATABASE_URL": tenancytest.EmptyPostgres(t)})
	environment := prepare(t, with)
	want := map[string]string{
		"API_PORT": with.Getenv("API_PORT"), "DATABASE_URL": environment.DatabaseURL,
		"JWT_SECRET": environment.JWTSecret, "UPSTREAM_URL": environment.UpstreamURL,
		"SMTP_URL": environment.SMTPURL, "MAIL_FROM": "Tenantgate <no-reply@tenantgate.test>",
		"PUBLIC_URL": fmt.Sprintf("http://localhost:%d", environment.Port),
	}
	if diff := cmp.Diff(want, environment.Variables()); diff != "" {
		t.Errorf("Variables (-want +got):\n%s", diff)
	}
	for _, secret := range []string{environment.JWTSecret, environment.DatabaseURL} {
		if steps := with.Out.(*bytes.Buffer).String(); strings.Contains(steps, secret) || strings.Count(steps, " ms\n") != 7 {
			t.Errorf("steps: got %q, want seven with durations and no secret", steps)
		}
	}
	response, err := http.Get(environment.UpstreamURL + "/api/v1/calls")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("demo service without the gateway: got %d, want 401", response.StatusCode)
	}
	var banner strings.Builder
	if err := environment.Banner(&banner); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"http://localhost:" + with.Getenv("API_PORT"), environment.UpstreamURL, devserver.Password, "alice@acme.test        acme:admin globex:viewer",
		"frank@initech.test     initech:admin (suspended)", "erin@nowhere.test      in no tenant", "root@tenantgate.test   platform_admin", "TOKEN=$(curl",
	} {
		if !strings.Contains(banner.String(), want) {
			t.Errorf("banner: got\n%s\nwant %q in it", banner.String(), want)
		}
	}
	if strings.Contains(banner.String(), "start over") {
		t.Error("banner: got advice to remove data, want none for a database that is not ours")
	}
	for _, secret := range []string{environment.JWTSecret, environment.DatabaseURL} {
		if strings.Contains(banner.String(), secret) {
			t.Error("banner: got a secret in it, want none")
		}
	}
}

func TestFailedPrepareLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx       context.Context
		variables map[string]string
		want      string
	}{
		"invalid port": {t.Context(), map[string]string{"API_PORT": "http"}, "API_PORT"},
		"taken port":   {t.Context(), map[string]string{"API_PORT": port}, "port " + port + " is taken"},
		"bad database": {t.Context(), map[string]string{"DATABASE_URL": "postgres://secret-name:secret-word@[::1"}, "DATABASE_URL"},
		"interrupted":  {ended, nil, "context canceled"},
	} {
		dir := t.TempDir()
		variables := map[string]string{"TENANTGATE_DEV_DIR": dir}
		for name, value := range test.variables {
			variables[name] = value
		}
		_, err := devserver.Prepare(test.ctx, options(t, variables))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret-word") {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
		open(t, dir).Close() // the lock is free again
	}
}
