package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "audit",
		Usage: "verify [--tenant <id or slug>] [--head <seq>:<hash>] [--json] [--database <url>]",
		Short: "Verifies that the audit log is as it was written",
		Long: `Follows the hash chain of each tenant's log and of the platform's. It exits with
0 where all are intact, with 2 where one is broken (an entry was changed, removed,
moved, or cut off at the end), and with 1 where that could not be told: the
database was not there, or the command was not understood. It prints the number and the hash of each last entry. Keep those where
those who keep the database do not reach: with --head, a log that was cut, or
written anew with all its hashes, is found as well.`,
		CobraFunc: auditCommand,
	})
}

// exitBroken is the exit code where a log was tampered with; 1 is that of every
// other failure.
const exitBroken = 2

var errBroken = errors.New("are not as they were written")

func auditCommand(command *cobra.Command) {
	refuseOthers(command)
	database := databaseFlag(command)
	verify := &cobra.Command{Use: "verify", Short: "Follow the chains; exit with 2 where one is broken, 1 where that could not be told", Args: cobra.NoArgs}
	tenant := verify.Flags().String("tenant", "", "id or slug (default: all, and the platform)")
	head := verify.Flags().String("head", "", "seq:hash of that tenant's log, as an earlier run has printed it")
	asJSON := verify.Flags().Bool("json", false, "print a line of JSON for each log")
	verify.RunE = func(c *cobra.Command, _ []string) error {
		published, err := parseHead(*head)
		if err != nil {
			return err
		}
		if *head != "" && *tenant == "" {
			return fmt.Errorf("--head is of one log: say --tenant")
		}
		store, err := postgres.Open(c.Context(), database(), postgres.Options{})
		if err != nil {
			return err
		}
		defer store.Close()
		err = verifyAudit(c.Context(), c.OutOrStdout(), store, *tenant, published, *asJSON)
		if errors.Is(err, errBroken) {
			// The only way to an exit code of one's own leads through Caddy's wrapper.
			return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return exitBroken, err })(c, nil)
		}
		return err
	}
	command.AddCommand(verify)
}

// verifyAudit verifies one log or all, and prints a line for each and one for
// each fault.
func verifyAudit(ctx context.Context, out io.Writer, store *postgres.Store, tenant string, published tenancy.ChainHead, asJSON bool) error {
	logs, err := logsToVerify(ctx, store, tenant)
	if err != nil {
		return err
	}
	broken := 0
	for _, id := range logs {
		chain, err := store.VerifyAudit(ctx, id, published)
		if err != nil {
			return err
		}
		if len(chain.Faults) > 0 {
			broken++
		}
		if err := printChain(out, id, chain, asJSON); err != nil {
			return err
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d logs %w", broken, len(logs), errBroken)
	}
	return nil
}

// logsToVerify returns the tenants, and zero for the platform.
func logsToVerify(ctx context.Context, store *postgres.Store, tenant string) ([]tenancy.TenantID, error) {
	if tenant == "" {
		all, err := store.TenantIDs(ctx)
		return append([]tenancy.TenantID{{}}, all...), err
	}
	if id, err := tenancy.ParseTenantID(tenant); err == nil {
		// A tenant that was erased has taken its log along: an empty log of it would
		// read as an intact one.
		there, err := store.TenantExists(ctx, id)
		if err == nil && !there {
			err = fmt.Errorf("no tenant has the id %s", id)
		}
		return []tenancy.TenantID{id}, err
	}
	id, err := store.TenantNamed(ctx, tenancy.Name{Kind: tenancy.BySlug, Value: tenant})
	if err == nil && id.IsZero() {
		err = fmt.Errorf("no tenant has the slug %q", tenant)
	}
	return []tenancy.TenantID{id}, err
}

func printChain(out io.Writer, id tenancy.TenantID, chain *tenancy.Chain, asJSON bool) error {
	name := "platform"
	if !id.IsZero() {
		name = id.String()
	}
	if asJSON {
		return json.NewEncoder(out).Encode(map[string]any{
			"log": name, "entries": chain.Entries, "head": chain.Head, "intact": len(chain.Faults) == 0, "faults": append([]tenancy.ChainFault{}, chain.Faults...),
		})
	}
	state := "intact"
	if len(chain.Faults) > 0 {
		state = "BROKEN"
	}
	_, err := fmt.Fprintf(out, "%s  %s  %d entries, head %d:%s\n", name, state, chain.Entries, chain.Head.Seq, chain.Head.Hash)
	for _, fault := range chain.Faults {
		_, err = fmt.Fprintf(out, "    at %d: %s\n", fault.Seq, fault.Detail)
	}
	return err
}

// parseHead reads seq:hash.
func parseHead(s string) (head tenancy.ChainHead, err error) {
	if s == "" {
		return head, nil
	}
	seq, hash, _ := strings.Cut(s, ":")
	if head.Seq, err = strconv.ParseInt(seq, 10, 64); err == nil {
		err = head.Hash.UnmarshalText([]byte(hash))
	}
	if err != nil || head.Seq < 1 {
		return head, fmt.Errorf("--head: want seq:hash, as `tenantgate audit verify` prints it")
	}
	return head, nil
}
