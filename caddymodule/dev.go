package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/tenantgate/tenantgate/internal/devserver"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "dev",
		Usage: "[--config <file>]",
		Short: "Runs the gateway with all it needs, and a demo, on this machine",
		Long: `Starts a private Postgres (unless DATABASE_URL names one), brings its schema up,
loads demo tenants and people, starts a demo call-center service (unless
UPSTREAM_URL names another) and the gateway in front of it, on API_PORT (8080) of
127.0.0.1: the demo's passwords are known to all. API_BIND=0.0.0.0 lets other
machines in. Everything stops with it; the data stays in .tenantgate for the next
time.`,
		CobraFunc: func(command *cobra.Command) {
			file := command.Flags().String("config", "Caddyfile", "configuration of the gateway")
			command.Args = cobra.NoArgs
			command.RunE = func(c *cobra.Command, _ []string) error {
				return dev(c.Context(), *file, c.OutOrStdout())
			}
		},
	})
}

// dev runs until it is interrupted; a second interrupt ends it at once.
func dev(ctx context.Context, file string, out io.Writer) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)

	environment, err := devserver.Prepare(ctx, devserver.Options{Getenv: os.Getenv, Out: out, Log: slog.Default()})
	if err != nil {
		if ctx.Err() != nil { // interrupted: that is what was asked for
			return nil
		}
		return err
	}
	defer func() { err = errors.Join(err, environment.Close()) }()
	if err := serveDemo(file, environment.Variables()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, caddy.Stop()) }()
	if err := environment.Banner(out); err != nil {
		return err
	}
	<-ctx.Done()
	fmt.Fprintln(out, "\nStopping.")
	return nil
}

// devDefaults stand in for what is not set. The demo's passwords are published, so
// no other machine is let in. It is quieter than a server: what people want to see
// is the banner. And it has no admin endpoint, for another Caddy on this machine
// may have its port.
var devDefaults = map[string]string{"API_BIND": "127.0.0.1", "LOG_LEVEL": "warn", "CADDY_ADMIN": "off"}

// serveDemo starts Caddy on the configuration file, as `tenantgate run` would,
// with what was prepared in its environment.
func serveDemo(file string, variables map[string]string) error {
	for name, value := range devDefaults {
		variables[name] = orDefault(os.Getenv(name), value)
	}
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	config, _, _, err := caddycmd.LoadConfig(file, "")
	if err != nil {
		return err
	}
	return caddy.Load(config, true)
}
