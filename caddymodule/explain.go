package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

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
		Name: "explain", Usage: "<method> <path> [--user <address>] [--tenant <id or slug>] [--host <host>] [--session <id>] [--config <Caddyfile>] [--json]",
		Short: "Says why a request would be allowed or denied",
		Long: `Asks what the gate asks, of the rules of --config and the database of DATABASE_URL:
no cache is looked at and nothing is sent. The token is one that is issued now,
or one of --session, which may have ended. Exits with 0 where the request would be
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
type asked struct{ method, path, host, user, tenant, session string }

func explainCommand(command *cobra.Command) {
	database := databaseFlag(command)
	var a asked
	command.Args = cobra.ExactArgs(2)
	file := command.Flags().String("config", "Caddyfile", "the gateway's Caddyfile")
	command.Flags().StringVar(&a.user, "user", "", "address of who calls; none: nobody")
	command.Flags().StringVar(&a.tenant, "tenant", "", "X-Tenant: an id or a slug")
	command.Flags().StringVar(&a.host, "host", "localhost", "host of the request")
	command.Flags().StringVar(&a.session, "session", "", "id of the session that the token is of; none: a token that is issued now")
	asJSON := command.Flags().Bool("json", false, "print JSON")
	command.RunE = func(c *cobra.Command, args []string) error {
		return exiting(c, func() error {
			a.method, a.path = args[0], args[1]
			edge, err := edgeOf(*file)
			if err != nil {
				return err
			}
			why, err := explain(c.Context(), edge, database(), a)
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

func explain(ctx context.Context, edge edge, database string, a asked) (why explanation, err error) {
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
	claim, refusal := edge.policy.Check(request)
	if refusal != nil && !refusal.ReportOnly {
		why.Code = refusal.Code
		return why, nil
	}
	rule := edge.rules.Match(a.method, request.URL.Path)
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
	subject := tenancy.Subject{IssuedAt: time.Now().Add(time.Second)} // what ended earlier ends none of this second
	if subject.User, err = userOf(ctx, store, a.user); err != nil {
		return why, err
	}
	if a.session != "" {
		if subject.Session, err = tenancy.ParseSessionID(a.session); err != nil {
			return why, fmt.Errorf("--session: %w", err)
		}
	}
	return why, why.decide(ctx, store, subject, claim, rule)
}

// decide asks the very code that the gate asks.
func (e *explanation) decide(ctx context.Context, store *postgres.Store, subject tenancy.Subject, claim sanitize.Claim, rule access.Rule) error {
	decider := access.Decider{Memberships: store, Directory: store, Identities: store}
	d, err := decider.Decide(ctx, subject, access.Selector{Host: claim.Host, Header: claim.Tenant}, rule.Role)
	if err != nil {
		return err
	}
	e.Allowed, e.Code = d.Allowed, d.Reason.String()
	if d.Tenant.IsZero() {
		return nil
	}
	e.Tenant = d.Tenant.String()
	m, err := store.Membership(ctx, tenancy.Key{User: subject.User, Tenant: d.Tenant})
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

// edge is what a Caddyfile says of requests before anybody is asked.
type edge struct {
	rules  *access.Rules
	policy *sanitize.Policy
}

// edgeOf reads the rules of the one tenant_gate in a Caddyfile, and the exceptions
// of its block sanitize.
func edgeOf(file string) (e edge, err error) {
	text, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return e, err
	}
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt(text, map[string]any{"filename": file})
	if err != nil {
		return e, err
	}
	var tree any
	var apps struct {
		Apps struct {
			Tenantgate struct {
				Sanitize SanitizeConfig `json:"sanitize"`
			} `json:"tenantgate"`
		} `json:"apps"`
	}
	if err := errors.Join(json.Unmarshal(config, &tree), json.Unmarshal(config, &apps)); err != nil {
		return e, err
	}
	if e.policy, err = apps.Apps.Tenantgate.Sanitize.policy(); err != nil {
		return e, err
	}
	gates := gatesIn(tree)
	if len(gates) != 1 {
		return e, fmt.Errorf("%s has %d tenant_gate, want one", file, len(gates))
	}
	encoded, err := json.Marshal(gates[0])
	if err != nil {
		return e, err
	}
	var gate Gate
	if err := json.Unmarshal(encoded, &gate); err != nil {
		return e, err
	}
	rules, err := gate.compile()
	if err != nil {
		return e, err
	}
	e.rules, err = access.Compile(rules)
	return e, err
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
