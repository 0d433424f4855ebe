package caddymodule

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tenantgate/tenantgate/internal/postgres"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "migrate",
		Usage: "up|status [--database <url>]",
		Short: "Brings the database schema up to what this binary knows",
		Long: `Works on the database of DATABASE_URL, or of --database, as its owner. Gateways
of the version before may keep running meanwhile, and several may migrate at once.`,
		CobraFunc: migrateCommand,
	})
}

func migrateCommand(command *cobra.Command) {
	refuseOthers(command)
	database := databaseFlag(command)
	command.AddCommand(&cobra.Command{
		Use:   "up",
		Short: "Apply what is missing",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			applied, err := postgres.Migrate(c.Context(), database())
			for _, m := range applied {
				fmt.Fprintf(c.OutOrStdout(), "applied %s\n", m.Name)
			}
			if err == nil && len(applied) == 0 {
				fmt.Fprintln(c.OutOrStdout(), "nothing to do")
			}
			return err
		},
	}, &cobra.Command{
		Use:   "status",
		Short: "List what is applied and what is missing; exit with 1 where anything is",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := postgres.MigrationStatus(c.Context(), database())
			if err != nil {
				return err
			}
			return printStatus(c.OutOrStdout(), list)
		},
	})
}

func printStatus(out io.Writer, list []postgres.Migration) error {
	missing := 0
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range list {
		name, applied := m.Name, "missing"
		if name == "" {
			name = "unknown to this binary"
		}
		if m.AppliedAt.IsZero() {
			missing++
		} else {
			applied = "applied " + m.AppliedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%03d\t%s\t%s\n", m.Version, name, applied)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if missing > 0 {
		return fmt.Errorf("%d migrations are missing: run `tenantgate migrate up`", missing)
	}
	return nil
}

// refuseOthers makes an unknown subcommand an error. Cobra shows the help and
// succeeds, and a roll-out that misspells "migrate up" would go on without it.
func refuseOthers(command *cobra.Command) {
	command.Args = cobra.NoArgs
	command.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}

// databaseFlag adds --database; DATABASE_URL stands in for it.
func databaseFlag(command *cobra.Command) func() string {
	flag := command.PersistentFlags().String("database", "", "Postgres URL (default: DATABASE_URL)")
	return func() string { return orDefault(*flag, os.Getenv("DATABASE_URL")) }
}

// readPassword reads a line. A password is no argument: every user of the
// machine can see those.
func readPassword(in io.Reader, prompt io.Writer) (string, error) {
	if file, ok := in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(prompt, "Password: ")
		password, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(prompt)
		return string(password), err
	}
	text, err := io.ReadAll(io.LimitReader(in, 4096))
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return "", errors.New("no password: give it on standard input")
	}
	return password, nil
}
