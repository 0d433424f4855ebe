package devserver

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Banner writes what a person needs who has just started the gateway: where it
// is, who can log in, and commands to paste. Call it once the gateway answers.
func (e *Environment) Banner(w io.Writer) error {
	base := fmt.Sprintf("http://localhost:%d", e.Port)
	var text strings.Builder
	fmt.Fprintf(&text, "\nTenantgate is ready.\n\n  gateway   %s\n  upstream  %s\n", base, e.UpstreamURL)
	if e.MailURL != "" {
		fmt.Fprintf(&text, "  mails     %s\n", e.MailURL)
	}
	if len(e.folders) > 0 {
		fmt.Fprintf(&text, "  data      %s (remove to start over)\n", strings.Join(e.folders, " and "))
	}
	if e.demo {
		fmt.Fprintf(&text, "\nAccounts, all with the password %s:\n\n%s", Password, accounts())
		fmt.Fprintf(&text, "\nTo try it, paste these into another terminal, in order:\n\n%s", commands(Walkthrough(base)))
	}
	text.WriteString("\nCtrl-C stops everything.\n\n")
	_, err := io.WriteString(w, text.String())
	return err
}

// accounts returns the table of demo accounts.
func accounts() string {
	suspended := map[string]bool{}
	for _, tenant := range Tenants() {
		suspended[tenant.Slug] = tenant.Status == tenancy.StatusSuspended
	}
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 3, ' ', 0)
	for _, person := range People() {
		fmt.Fprintf(columns, "  %s\t%s\n", person.Email, rolesOf(person, suspended))
	}
	_ = columns.Flush() // a strings.Builder takes all
	return table.String()
}

// rolesOf returns "acme:admin globex:viewer".
func rolesOf(person Person, suspended map[string]bool) string {
	var roles []string
	if person.Platform != "" {
		roles = append(roles, string(person.Platform))
	}
	for _, in := range person.Roles {
		role := in.Tenant + ":" + in.Role.String()
		if suspended[in.Tenant] {
			role += " (suspended)"
		}
		roles = append(roles, role)
	}
	if len(roles) == 0 {
		return "in no tenant"
	}
	return strings.Join(roles, " ")
}

// commands returns the steps as lines to paste. The titles are no comments of
// the shell: zsh does not take those at its prompt.
func commands(steps []Step) string {
	var text strings.Builder
	for i, step := range steps {
		fmt.Fprintf(&text, "%2d. %s\n\n%s\n\n", i+1, step.Title, step.Command)
	}
	return text.String()
}
