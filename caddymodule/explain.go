package caddymodule

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/sanitize"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name: "explain", Usage: "<method> <path> [--user <address>] [--tenant <id or slug>] [--host <host>] [--config <Caddyfile>] [--json]",
		Short: "Says why a request would be allowed or denied",
		Long: `Asks what the gate asks, of the rules of --config and the database of DATABASE_URL:
no cache is looked at and nothing is sent. Exits with 0 where the request would be
let through, and with 4 where it would be refused.`,
		CobraFunc: explainCommand,
	})
}

// explanation is why.
type explanation struct {
	Method  string `json:"method"`
	Path    string `json:"path"`
	Needs   string `json:"needs"` // "public", a role, or "nobody"
	User    string `json:"user,omitempty"`
	Tenant  string `json:"tenant,omitempty"`
	Role    string `json:"role,omitempty"`
	Allowed bool   `json:"allowed"`
	Code    string `json:"code,omitempty"` // of the refusal
}

// asked is a request to explain.
type asked struct{ method, path, host, user, tenant string }

func explainCommand(command *cobra.Command) {
	database := databaseFlag(command)
	var a asked
	command.Args = cobra.ExactArgs(2)
	file := command.Flags().String("config", "Caddyfile", "the gateway's Caddyfile")
	command.Flags().StringVar(&a.user, "user", "", "address of who calls; none: nobody")
	command.Flags().StringVar(&a.tenant, "tenant", "", "X-Tenant: an id or a slug")
	command.Flags().StringVar(&a.host, "host", "localhost", "host of the request")
	asJSON := command.Flags().Bool("json", false, "print JSON")
	command.RunE = func(c *cobra.Command, args []string) error {
		return exiting(c, func() error {
			a.method, a.path = args[0], args[1]
			rules, err := rulesOf(*file)
			if err != nil {
				return err
			}
			why, err := explain(c.Context(), rules, database(), a)
			if err != nil {
				return err
			}
			if err := show(c.OutOrStdout(), *asJSON, why, why.lines()); err != nil {
				return err
			}
			if !why.Allowed {
				return errDenied
			}
			return nil
		})
	}
}

func explain(ctx context.Context, rules *access.Rules, database string, a asked) (why explanation, err error) {
	request, err := http.NewRequestWithContext(ctx, a.method, "http://"+a.host+"/", nil)
	if err != nil {
		return why, err
	}
	if request.URL, err = request.URL.Parse(a.path); err != nil {
		return why, err
	}
	request.RequestURI = a.path
	if a.tenant != "" {
		request.Header.Set("X-Tenant", a.tenant)
	}
	why = explanation{Method: a.method, Path: a.path, User: a.user}
	policy, err := SanitizeConfig{}.policy()
	if err != nil {
		return why, err
	}
	claim, refusal := policy.Check(request)
	if refusal != nil {
		why.Code = refusal.Code
		return why, nil
	}
	rule := rules.Match(a.method, request.URL.Path)
	if why.Needs = needs(rule); rule.Public() {
		why.Allowed = true
		return why, nil
	}
	if a.user == "" {
		why.Code = "token_missing"
		return why, nil
	}
	store, err := postgres.Open(ctx, database, postgres.Options{})
	if err != nil {
		return why, err
	}
	defer store.Close()
	return why, why.decide(ctx, store, claim, rule)
}

// decide asks the very code that the gate asks.
func (e *explanation) decide(ctx context.Context, store *postgres.Store, claim sanitize.Claim, rule access.Rule) error {
	user, err := userOf(ctx, store, e.User)
	if err != nil {
		return err
	}
	decider := access.Decider{Memberships: store, Directory: store, Identities: store}
	d, err := decider.Decide(ctx, tenancy.Subject{User: user}, access.Selector{Host: claim.Host, Header: claim.Tenant}, rule.Role)
	if err != nil {
		return err
	}
	e.Allowed, e.Code = d.Allowed, d.Reason.String()
	if d.Tenant.IsZero() {
		return nil
	}
	e.Tenant = d.Tenant.String()
	m, err := store.Membership(ctx, tenancy.Key{User: user, Tenant: d.Tenant})
	e.Role = m.Role.String()
	return err
}

func needs(rule access.Rule) string {
	switch {
	case rule.Public():
		return "public"
	case rule.Role > tenancy.RoleAdmin:
		return "nobody: there is no rule for it"
	}
	return rule.Role.String()
}

func (e explanation) lines() []string {
	outcome := "allowed"
	if !e.Allowed {
		outcome = "denied: " + e.Code
	}
	return []string{
		fmt.Sprintf("request\t%s %s", e.Method, e.Path), "rule\t" + e.Needs, "user\t" + e.User, "tenant\t" + e.Tenant, "role\t" + e.Role, "decision\t" + outcome,
	}
}

// rulesOf reads the rules of the one tenant_gate in a Caddyfile.
func rulesOf(file string) (*access.Rules, error) {
	text, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return nil, err
	}
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt(text, map[string]any{"filename": file})
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(config, &tree); err != nil {
		return nil, err
	}
	gates := gatesIn(tree)
	if len(gates) != 1 {
		return nil, fmt.Errorf("%s has %d tenant_gate, want one", file, len(gates))
	}
	encoded, err := json.Marshal(gates[0])
	if err != nil {
		return nil, err
	}
	var gate Gate
	if err := json.Unmarshal(encoded, &gate); err != nil {
		return nil, err
	}
	rules, err := gate.compile()
	if err != nil {
		return nil, err
	}
	return access.Compile(rules)
}

// gatesIn finds the handlers anywhere in a configuration.
func gatesIn(tree any) (gates []any) {
	switch node := tree.(type) {
	case map[string]any:
		if node["handler"] == "tenant_gate" {
			return []any{node}
		}
		for _, child := range node {
			gates = append(gates, gatesIn(child)...)
		}
	case []any:
		for _, child := range node {
			gates = append(gates, gatesIn(child)...)
		}
	}
	return gates
}
