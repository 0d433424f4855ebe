package caddymodule

import (
	"context"
	"fmt"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/tenantgate/tenantgate/internal/manage"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:      "user",
		Usage:     "create|list|show|suspend|activate",
		Short:     "Makes, lists and suspends accounts",
		Long:      aboutDatabase,
		CobraFunc: userCommand,
	})
}

func userCommand(command *cobra.Command) {
	refuseOthers(command)
	database := databaseFlag(command)
	command.AddCommand(createUserCommand(database),
		operatorCommand(database, "list", "List all accounts", 0, listUsers),
		operatorCommand(database, "show <address>", "Show the account that owns an address, and its tenants", 1, showUser),
		operatorCommand(database, "suspend <address>", "Refuse whatever an account asks for, everywhere", 1, confirmed(setUserStatus(tenancy.StatusSuspended))),
		operatorCommand(database, "activate <address>", "End a suspension", 1, setUserStatus(tenancy.StatusActive)))
}

func createUserCommand(database func() string) *cobra.Command {
	var account manage.NewAccount
	var email string
	var admin bool
	create := operatorCommand(database, "create", "Make an account; the password is read from standard input", 0,
		func(ctx context.Context, store *postgres.Store, _ []string) (any, []string, error) {
			account.Email, account.Name = email, orDefault(account.Name, email)
			if admin {
				account.Role = tenancy.PlatformAdmin
			}
			user, err := manage.New(store).CreateUser(ctx, account)
			return shownUser(user), []string{fmt.Sprintf("created %s with id %s", user.Email, user.ID)}, err
		})
	// Before the database is opened: somebody may take their time to type.
	create.PreRunE = func(c *cobra.Command, _ []string) (err error) {
		c.SilenceUsage = true
		account.Password, err = readPassword(c.InOrStdin(), c.ErrOrStderr())
		return err
	}
	create.Flags().StringVar(&email, "email", "", "address (required)")
	create.Flags().StringVar(&account.Name, "name", "", "name (default: the address)")
	create.Flags().BoolVar(&admin, "platform-admin", false, "may see all tenants")
	return create
}

func listUsers(ctx context.Context, store *postgres.Store, _ []string) (any, []string, error) {
	all := []any{}
	lines := []string{"ADDRESS\tVERIFIED\tSTATUS\tROLE\tID\tNAME"}
	for page := (tenancy.Page{Limit: 100}); ; {
		list, err := store.OperatorUsers(ctx, page)
		if err != nil {
			return nil, nil, err
		}
		for _, u := range list {
			all = append(all, shownUser(u))
			lines = append(lines, fmt.Sprintf("%s\t%v\t%s\t%s\t%s\t%s", u.Email, u.EmailVerified, u.Status, u.Role, u.ID, u.Name))
		}
		if len(list) < page.Limit {
			return all, lines, nil
		}
		page.After = list[len(list)-1].ID
	}
}

func showUser(ctx context.Context, store *postgres.Store, args []string) (any, []string, error) {
	user, err := accountOf(ctx, store, args[0])
	if err != nil {
		return nil, nil, err
	}
	tenants := []any{}
	lines := []string{
		"address\t" + string(user.Email), "id\t" + user.ID.String(), "name\t" + user.Name, "status\t" + string(user.Status), "role\t" + string(user.Role),
	}
	for page := (tenancy.Page{Limit: 100}); ; {
		list, err := store.OperatorMemberships(ctx, user.ID, page)
		if err != nil {
			return nil, nil, err
		}
		for _, t := range list {
			tenants = append(tenants, map[string]any{"id": t.ID, "slug": t.Slug, "status": t.Status, "role": t.Role})
			lines = append(lines, fmt.Sprintf("tenant\t%s, %s, as %s", t.Slug, t.Status, t.Role))
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].ID
	}
	shown := shownUser(user)
	shown["tenants"] = tenants
	return shown, lines, nil
}

func setUserStatus(status tenancy.Status) operation {
	return func(ctx context.Context, store *postgres.Store, args []string) (any, []string, error) {
		id, err := userOf(ctx, store, args[0])
		if err != nil {
			return nil, nil, err
		}
		user, err := store.OperatorSetUserStatus(ctx, id, status)
		return shownUser(user), []string{fmt.Sprintf("%s is %s", user.Email, user.Status)}, err
	}
}

func shownUser(u tenancy.User) map[string]any {
	return map[string]any{
		"id": u.ID, "email": u.Email, "email_verified": u.EmailVerified, "name": u.Name, "status": u.Status, "role": u.Role, "created_at": u.CreatedAt.UTC(),
	}
}

// accountOf returns the account that owns an address.
func accountOf(ctx context.Context, store *postgres.Store, address string) (tenancy.User, error) {
	email, err := tenancy.ParseEmail(address)
	if err != nil {
		return tenancy.User{}, err
	}
	account, err := store.Account(ctx, email)
	if err != nil {
		return tenancy.User{}, fmt.Errorf("%s: %w", email, err)
	}
	return account.User, nil
}

// userOf returns the id of the account that owns an address.
func userOf(ctx context.Context, store *postgres.Store, address string) (tenancy.UserID, error) {
	user, err := accountOf(ctx, store, address)
	return user.ID, err
}
