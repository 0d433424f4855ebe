package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/internal/token"
)

// The exit codes of the operator's commands. 1 is whatever else goes wrong: a
// server that is away, an argument that is missing.
const (
	exitRefused  = 2 // what was asked for would break a rule
	exitNotFound = 3 // no such tenant, person or member
	exitDenied   = 4 // of explain: the request would be refused
)

// aboutDatabase is what the commands on users, tenants, members and tokens share.
const aboutDatabase = "Works on the database of DATABASE_URL, or of --database.\nExits with 2 where a rule is in the way, with 3 where there is no such thing."

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name: "tenant", Usage: "create|list|suspend|activate", Short: "Makes, lists and suspends tenants", Long: aboutDatabase, CobraFunc: tenantCommand,
	})
	caddycmd.RegisterCommand(caddycmd.Command{
		Name: "member", Usage: "list|add|role|remove", Short: "Says who is in a tenant", Long: aboutDatabase, CobraFunc: memberCommand,
	})
	caddycmd.RegisterCommand(caddycmd.Command{
		Name: "token", Usage: "issue --user <address> [--tenant <slug>]", Short: "Makes an access token, for testing",
		Long:      "Signs with JWT_SECRET, or with --signing-key, as the gateway is set up to. Whoever can run this can be anybody.",
		CobraFunc: tokenCommand,
	})
}

// operation is one command over the store. It returns what to print: the JSON
// form, and the lines of the other.
type operation func(ctx context.Context, store *postgres.Store, args []string) (any, []string, error)

// operatorCommand makes a command of an operation.
func operatorCommand(database func() string, use, short string, args int, do operation) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(args)}
	asJSON := command.Flags().Bool("json", false, "print JSON")
	command.RunE = func(c *cobra.Command, args []string) error {
		return exiting(c, func() error {
			store, err := postgres.Open(c.Context(), database(), postgres.Options{})
			if err != nil {
				return err
			}
			defer store.Close()
			value, lines, err := do(c.Context(), store, args)
			if err != nil {
				return err
			}
			return show(c.OutOrStdout(), *asJSON, value, lines)
		})
	}
	return command
}

// exiting runs do and gives the exit code that its error asks for.
func exiting(c *cobra.Command, do func() error) error {
	c.SilenceUsage = true
	err := do()
	code := exitCode(err)
	if code > 1 {
		fmt.Fprintln(c.ErrOrStderr(), "Error:", err) // Caddy prints none of these
	}
	return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return code, err })(c, nil)
}

// errDenied is what explain returns where the request would be refused.
var errDenied = errors.New("denied")

func exitCode(err error) int {
	_, invalid := errors.AsType[*tenancy.InvalidError](err)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errDenied):
		return exitDenied
	case errors.Is(err, tenancy.ErrNotFound), errors.Is(err, tenancy.ErrUserInactive):
		return exitNotFound
	case invalid, errors.Is(err, tenancy.ErrLastAdmin), errors.Is(err, tenancy.ErrSeatLimit), errors.Is(err, tenancy.ErrSlugTaken),
		errors.Is(err, tenancy.ErrAlreadyMember), errors.Is(err, tenancy.ErrAddressTaken), errors.Is(err, tenancy.ErrBadSlug),
		errors.Is(err, tenancy.ErrReservedSlug), errors.Is(err, tenancy.ErrBadEmail):
		return exitRefused
	}
	return 1
}

func show(out io.Writer, asJSON bool, value any, lines []string) error {
	if asJSON {
		return json.NewEncoder(out).Encode(value)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		fmt.Fprintln(table, line)
	}
	return table.Flush()
}

func tenantCommand(command *cobra.Command) {
	refuseOthers(command)
	database := databaseFlag(command)
	var wanted postgres.NewTenant
	var admin string
	create := operatorCommand(database, "create", "Make a tenant with its first admin, who has an account", 0,
		func(ctx context.Context, store *postgres.Store, _ []string) (any, []string, error) {
			return createTenant(ctx, store, wanted, admin)
		})
	create.Flags().StringVar(&wanted.Name, "name", "", "name (required)")
	create.Flags().StringVar(&wanted.Slug, "slug", "", "short name (required)")
	create.Flags().StringVar(&admin, "admin", "", "address of its first admin (required)")
	create.Flags().StringVar(&wanted.Domain, "domain", "", "host that is this tenant's; nobody asks for a proof")
	create.Flags().IntVar(&wanted.MaxUsers, "max-users", 0, "seats (default 25)")
	command.AddCommand(create,
		operatorCommand(database, "list", "List all tenants", 0, listTenants),
		operatorCommand(database, "suspend <slug>", "Suspend a tenant", 1, confirmed(setStatus(tenancy.StatusSuspended))),
		operatorCommand(database, "activate <slug>", "End a suspension", 1, setStatus(tenancy.StatusActive)))
}

func createTenant(ctx context.Context, store *postgres.Store, wanted postgres.NewTenant, admin string) (any, []string, error) {
	if wanted.Name == "" || admin == "" {
		return nil, nil, errors.New("want --name, --slug and --admin")
	}
	slug, err := tenancy.NewSlug(wanted.Slug)
	if err != nil {
		return nil, nil, err
	}
	if there, err := store.TenantNamed(ctx, tenancy.Name{Kind: tenancy.BySlug, Value: slug}); err != nil || !there.IsZero() {
		return nil, nil, errors.Join(err, tenancy.ErrSlugTaken)
	}
	user, err := userOf(ctx, store, admin)
	if err != nil {
		return nil, nil, err
	}
	wanted.ID, wanted.MemberID, wanted.Admin = tenancy.TenantID(newV7()), tenancy.MemberID(newV7()), user
	tenant, err := store.SeedTenant(ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	return shownTenant(tenant), []string{"created " + tenant.Slug + " with id " + tenant.ID.String()}, nil
}

func listTenants(ctx context.Context, store *postgres.Store, _ []string) (any, []string, error) {
	all := []any{}
	lines := []string{"SLUG\tSTATUS\tSEATS\tID\tNAME"}
	for page := (tenancy.Page{Limit: 100}); ; {
		list, err := store.OperatorTenants(ctx, page)
		if err != nil {
			return nil, nil, err
		}
		for _, t := range list {
			all = append(all, shownTenant(t.Tenant))
			lines = append(lines, fmt.Sprintf("%s\t%s\t%d\t%s\t%s", t.Slug, t.Status, t.MaxUsers, t.ID, t.Name))
		}
		if len(list) < page.Limit {
			return all, lines, nil
		}
		page.After = list[len(list)-1].ID
	}
}

func setStatus(status tenancy.Status) operation {
	return func(ctx context.Context, store *postgres.Store, args []string) (any, []string, error) {
		id, err := tenantOf(ctx, store, args[0])
		if err != nil {
			return nil, nil, err
		}
		tenant, err := store.OperatorUpdateTenant(ctx, id, tenancy.TenantChange{Status: &status})
		return shownTenant(tenant), []string{fmt.Sprintf("%s is %s", tenant.Slug, tenant.Status)}, err
	}
}

func memberCommand(command *cobra.Command) {
	refuseOthers(command)
	database := databaseFlag(command)
	var role string
	add := operatorCommand(database, "add <slug> <address>", "Let somebody in, or invite who has no account", 2,
		func(ctx context.Context, store *postgres.Store, args []string) (any, []string, error) {
			return addMember(ctx, store, args[0], args[1], role)
		})
	add.Flags().StringVar(&role, "role", "member", "viewer, member or admin")
	command.AddCommand(add,
		operatorCommand(database, "list <slug>", "List a tenant's members", 1, listMembers),
		operatorCommand(database, "role <slug> <address> <role>", "Change a member's role", 3, confirmed(setRole)),
		operatorCommand(database, "remove <slug> <address>", "Remove a member", 2, confirmed(removeMember)))
}

func addMember(ctx context.Context, store *postgres.Store, slug, address, name string) (any, []string, error) {
	role, err := tenancy.ParseRole(name)
	if err != nil {
		return nil, nil, tenancy.Invalid("/role", err.Error())
	}
	id, err := tenantOf(ctx, store, slug)
	if err != nil {
		return nil, nil, err
	}
	email, err := tenancy.ParseEmail(address)
	if err != nil {
		return nil, nil, err
	}
	invitation, err := manage.New(store).NewInvitation()
	if err != nil {
		return nil, nil, err
	}
	added, err := store.OperatorAddMember(ctx, id, tenancy.NewMember{Email: email, Role: role, MemberID: tenancy.MemberID(newV7()), Invitation: invitation})
	switch {
	case err != nil:
		return nil, nil, err
	case added.Invitation != nil:
		i := added.Invitation
		return map[string]any{"invitation": map[string]any{"id": i.ID, "email": i.Email, "role": i.Role, "status": i.Status, "expires_at": i.ExpiresAt.UTC()}},
			[]string{fmt.Sprintf("%s has no account, and is invited as %s of %s", email, role, slug)}, nil
	}
	return shownMember(*added.Member), []string{fmt.Sprintf("%s is %s of %s", email, role, slug)}, nil
}

func listMembers(ctx context.Context, store *postgres.Store, args []string) (any, []string, error) {
	id, err := tenantOf(ctx, store, args[0])
	if err != nil {
		return nil, nil, err
	}
	all := []any{}
	lines := []string{"ADDRESS\tROLE\tSTATUS\tID\tNAME"}
	for page := (tenancy.Page{Limit: 100}); ; {
		list, err := store.OperatorMembers(ctx, id, page)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range list {
			all = append(all, shownMember(m))
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", m.Email, m.Role, m.Status, m.ID, m.Name))
		}
		if len(list) < page.Limit {
			return all, lines, nil
		}
		page.After = list[len(list)-1].ID
	}
}

func setRole(ctx context.Context, store *postgres.Store, args []string) (any, []string, error) {
	role, err := tenancy.ParseRole(args[2])
	if err != nil {
		return nil, nil, tenancy.Invalid("/role", err.Error())
	}
	id, ref, err := memberOf(ctx, store, args)
	if err != nil {
		return nil, nil, err
	}
	m, err := store.OperatorUpdateMember(ctx, id, ref, tenancy.MemberChange{Role: &role})
	return shownMember(m), []string{fmt.Sprintf("%s is %s of %s", m.Email, m.Role, args[0])}, err
}

func removeMember(ctx context.Context, store *postgres.Store, args []string) (any, []string, error) {
	id, ref, err := memberOf(ctx, store, args)
	if err != nil {
		return nil, nil, err
	}
	return map[string]string{"removed": string(ref.Email)}, []string{"removed " + string(ref.Email)}, store.OperatorRemoveMember(ctx, id, ref)
}

func tokenCommand(command *cobra.Command) {
	refuseOthers(command)
	database := databaseFlag(command)
	var user, tenant string
	var config token.Config
	issue := operatorCommand(database, "issue", "Print a token", 0,
		func(ctx context.Context, store *postgres.Store, _ []string) (any, []string, error) {
			config.Secret = os.Getenv("JWT_SECRET")
			jwt, expires, err := issueToken(ctx, store, config, user, tenant)
			return map[string]any{"access_token": jwt, "token_type": "Bearer", "expires_at": expires.UTC()}, []string{jwt}, err
		})
	issue.Flags().StringVar(&user, "user", "", "address of whom it speaks (required)")
	issue.Flags().StringVar(&tenant, "tenant", "", "slug of the tenant that it names")
	issue.Flags().StringVar(&config.SigningKeyFile, "signing-key", "", "PEM file of the gateway's signing_key (default: JWT_SECRET signs)")
	issue.Flags().StringVar(&config.Issuer, "issuer", "", "issuer of the gateway, where it is not tenantgate")
	issue.Flags().StringVar(&config.Audience, "audience", "tenantgate", "audience of the gateway")
	issue.Flags().DurationVar(&config.AccessTTL, "ttl", 15*time.Minute, "how long it is good")
	command.AddCommand(issue)
}

func issueToken(ctx context.Context, store *postgres.Store, config token.Config, address, slug string) (string, time.Time, error) {
	_, signer, err := token.New(config)
	if err != nil {
		return "", time.Time{}, err
	}
	user, err := userOf(ctx, store, address)
	if err != nil {
		return "", time.Time{}, err
	}
	var tenant tenancy.TenantID
	if slug != "" {
		if tenant, err = tenantOf(ctx, store, slug); err != nil {
			return "", time.Time{}, err
		}
	}
	return signer.Issue(user, tenant, tenancy.SessionID{})
}

func newV7() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func tenantOf(ctx context.Context, store *postgres.Store, slug string) (tenancy.TenantID, error) {
	id, err := store.TenantNamed(ctx, tenancy.Name{Kind: tenancy.BySlug, Value: slug})
	if err == nil && id.IsZero() {
		err = fmt.Errorf("tenant %q: %w", slug, tenancy.ErrNotFound)
	}
	return id, err
}

func memberOf(ctx context.Context, store *postgres.Store, args []string) (tenancy.TenantID, tenancy.MemberRef, error) {
	email, err := tenancy.ParseEmail(args[1])
	if err != nil {
		return tenancy.TenantID{}, tenancy.MemberRef{}, err
	}
	id, err := tenantOf(ctx, store, args[0])
	return id, tenancy.MemberRef{Email: email}, err
}

func shownTenant(t tenancy.Tenant) any {
	return map[string]any{
		"id": t.ID, "name": t.Name, "slug": t.Slug, "domain": t.Domain, "status": t.Status, "max_users": t.MaxUsers, "created_at": t.CreatedAt.UTC(),
	}
}

func shownMember(m tenancy.Member) any {
	return map[string]any{"id": m.ID, "user_id": m.UserID, "email": m.Email, "name": m.Name, "role": m.Role, "status": m.Status}
}
