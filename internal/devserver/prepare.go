package devserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/tenantgate/tenantgate/internal/mailbox"
	"github.com/tenantgate/tenantgate/internal/pgserver"
	"github.com/tenantgate/tenantgate/internal/postgres"
)

// Options say what to prepare.
type Options struct {
	// Getenv is os.Getenv. DATABASE_URL, JWT_SECRET, UPSTREAM_URL and SMTP_URL are
	// used where they are set, instead of what would be made here; API_PORT is where
	// the gateway is going to listen; TENANTGATE_DEV_DIR is the data directory,
	// .tenantgate where it is empty.
	Getenv func(name string) string
	// Out is told each step and how long it took.
	Out io.Writer
	Log *slog.Logger
}

// Environment is what a development gateway needs around it, running.
type Environment struct {
	Port        int // where the gateway is to listen
	DatabaseURL string
	JWTSecret   string
	UpstreamURL string
	SMTPURL     string
	MailURL     string // a page that shows the mails; empty: they go out

	options Options
	state   *State
	folders []string // what to remove to start over; none: the database is not ours
	empty   bool     // the database holds nothing but what we put there
	demo    bool     // the demo accounts are there
	closers []func() error
}

// Prepare checks the port, locks the data directory, starts a private Postgres,
// brings the schema up, loads the demo data and starts the demo service, in
// this order. Where a step fails, or ctx ends, what was started is stopped.
// Close stops it otherwise; ctx does not govern what runs afterwards.
func Prepare(ctx context.Context, options Options) (*Environment, error) {
	e := &Environment{options: options}
	for _, step := range []struct {
		name string
		run  func(context.Context) (string, error)
	}{
		{"port", e.choosePort},
		{"data directory", e.openState},
		{"database", e.startDatabase},
		{"schema", e.migrate},
		{"demo data", e.seed},
		{"upstream", e.startUpstream},
		{"mailbox", e.startMailbox},
	} {
		began := time.Now()
		outcome, err := step.run(ctx)
		if err = cmp.Or(err, context.Cause(ctx)); err != nil {
			return nil, errors.Join(fmt.Errorf("preparing the %s: %w", step.name, err), e.Close())
		}
		fmt.Fprintf(options.Out, "%-15s %-60s %6d ms\n", step.name, outcome, time.Since(began).Milliseconds())
	}
	return e, nil
}

// Variables returns the environment variables that configure the gateway for
// this environment.
func (e *Environment) Variables() map[string]string {
	return map[string]string{
		"API_PORT":     strconv.Itoa(e.Port),
		"DATABASE_URL": e.DatabaseURL,
		"JWT_SECRET":   e.JWTSecret,
		"UPSTREAM_URL": e.UpstreamURL,
		"SMTP_URL":     e.SMTPURL,
		"MAIL_FROM":    cmp.Or(e.options.Getenv("MAIL_FROM"), "Tenantgate <no-reply@tenantgate.test>"),
		"PUBLIC_URL":   cmp.Or(e.options.Getenv("PUBLIC_URL"), fmt.Sprintf("http://localhost:%d", e.Port)),
	}
}

// Close stops what Prepare has started, the last first, and returns when all of
// it is gone. Closing twice is no error.
func (e *Environment) Close() error {
	var errs []error
	for _, stop := range slices.Backward(e.closers) {
		errs = append(errs, stop())
	}
	e.closers = nil
	return errors.Join(errs...)
}

func (e *Environment) choosePort(ctx context.Context) (string, error) {
	port, err := ParsePort(e.options.Getenv("API_PORT"))
	if err != nil {
		return "", err
	}
	e.Port = port
	return fmt.Sprintf("%d is free", port), CheckPort(ctx, port)
}

func (e *Environment) openState(context.Context) (string, error) {
	state, err := OpenState(cmp.Or(e.options.Getenv("TENANTGATE_DEV_DIR"), ".tenantgate"))
	if err != nil {
		return "", err
	}
	e.state = state
	e.closers = append(e.closers, state.Close)
	if e.JWTSecret = e.options.Getenv("JWT_SECRET"); e.JWTSecret == "" {
		e.JWTSecret, err = state.Secret()
	}
	return state.Path(""), err
}

func (e *Environment) startDatabase(ctx context.Context) (string, error) {
	if e.DatabaseURL = e.options.Getenv("DATABASE_URL"); e.DatabaseURL != "" {
		return "the one of DATABASE_URL", nil
	}
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: e.state.Path("postgres"), Log: e.options.Log})
	if err != nil {
		return "", err
	}
	e.closers = append(e.closers, server.Stop)
	e.DatabaseURL = server.URL("postgres")
	e.folders = []string{e.state.Path("")}
	if folder := server.Folder(); folder != e.state.Path("postgres") {
		e.folders = append(e.folders, folder)
	}
	return "private Postgres on " + server.Addr(), nil
}

func (e *Environment) migrate(ctx context.Context) (string, error) {
	applied, err := postgres.Migrate(ctx, e.DatabaseURL)
	// The first migration makes the tables; a database of ours is the demo's alone.
	first := len(applied) > 0 && applied[0].Version == 1
	e.empty = first || len(e.folders) > 0
	return fmt.Sprintf("%d migrations applied", len(applied)), err
}

func (e *Environment) seed(ctx context.Context) (string, error) {
	store, err := postgres.Open(ctx, e.DatabaseURL, postgres.Options{Logger: e.options.Log})
	if err != nil {
		return "", err
	}
	defer store.Close()
	seeded, err := Seed(ctx, store, e.empty)
	e.demo = seeded != SeededNot
	return string(seeded), err
}

func (e *Environment) startMailbox(ctx context.Context) (string, error) {
	if e.SMTPURL = e.options.Getenv("SMTP_URL"); e.SMTPURL != "" {
		return "the server of SMTP_URL", nil
	}
	box, err := mailbox.Start(ctx)
	if err != nil {
		return "", err
	}
	e.closers = append(e.closers, box.Close)
	e.SMTPURL, e.MailURL = box.SMTPURL, box.PageURL
	return "mails are shown at " + box.PageURL, nil
}

func (e *Environment) startUpstream(ctx context.Context) (string, error) {
	if e.UpstreamURL = e.options.Getenv("UPSTREAM_URL"); e.UpstreamURL != "" {
		return "the one of UPSTREAM_URL", nil
	}
	keys := fmt.Sprintf("http://127.0.0.1:%d/.well-known/tenantgate/jwks.json", e.Port)
	verifier := &Verifier{Keys: FetchKeys(keys), Now: time.Now}
	center, err := NewCallCenter(verifier.Describe)
	if err != nil {
		return "", err
	}
	upstream, err := ServeUpstream(ctx, center.Handler())
	if err != nil {
		return "", err
	}
	e.closers = append(e.closers, upstream.Close)
	e.UpstreamURL = upstream.URL
	return "demo call center at " + upstream.URL, nil
}
