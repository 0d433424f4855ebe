package devserver

import "fmt"

// Step is one command of the walkthrough. Commands run in bash, zsh and sh as
// pasted, with curl and sed alone, and in order in one shell: later ones use
// variables that earlier ones set.
type Step struct {
	Title   string
	Command string
	Want    string // is in what the command prints
	Never   string // is not in what the command prints; empty: nothing is barred
}

// Walkthrough returns the demo's commands against a gateway at base, such as
// "http://localhost:8080". It leaves the demo as it was, so it can be run again.
func Walkthrough(base string) []Step {
	acme, globex := tenantID(1).String(), tenantID(2).String()
	steps := append(alone(base, acme, globex), together(base, acme)...)
	return append(steps, Step{
		Title: "Switch back to acme",
		Command: fmt.Sprintf(`curl -s -X POST '%s/api/v1/tenants/%s/switch' -H "Authorization: Bearer $TOKEN" -o /dev/null -w '%%{http_code}\n'`,
			base, acme),
		Want: "200",
	})
}

// alone is what alice sees in her two tenants.
func alone(base, acme, globex string) []Step {
	return []Step{
		{
			Title:   "Log in as alice",
			Command: login(base, "TOKEN", "alice@acme.test"),
			Want:    "a token of",
			Never:   noToken,
		},
		{
			Title:   "Ask which tenant this is",
			Command: get(base, "/api/v1/tenant", "TOKEN", "-H 'X-Tenant: acme'"),
			Want:    "Acme Support",
		},
		{
			Title:   "Call the service behind the gateway",
			Command: get(base, "/api/v1/calls", "TOKEN", "-H 'X-Tenant: acme'"),
			Want:    `"tenant": "acme"`,
		},
		{
			Title: "Claim another tenant in every way there is: what arrives is what the gateway says",
			Command: fmt.Sprintf(`curl -s -X POST '%s/api/v1/debug/headers' -H "Authorization: Bearer $TOKEN" -H 'X-Tenant: acme' \
  -H 'X-Tenant-ID: %s' -H 'X_Tenant_ID: %[2]s' -H 'X.Tenant.ID: %[2]s' \
  -H 'Connection: X-Tenant-ID' -H 'Trailer: X-Tenant-ID' -H 'Transfer-Encoding: chunked' -d hello`, base, globex),
			Want:  acme,
			Never: globex,
		},
		{
			Title:   "Switch to globex, and get a token for it",
			Command: token("GLOBEX", fmt.Sprintf(`curl -s -X POST '%s/api/v1/tenants/%s/switch' -H "Authorization: Bearer $TOKEN"`, base, globex)),
			Want:    "a token of",
			Never:   noToken,
		},
		{
			Title:   "Other tenant, other data",
			Command: get(base, "/api/v1/calls", "GLOBEX"),
			Want:    `"tenant": "globex"`,
			Never:   acme,
		},
	}
}

// together is peggy, let in by alice and put out again.
func together(base, acme string) []Step {
	return []Step{
		{
			Title: "Add peggy, who has an account, to acme",
			Command: fmt.Sprintf(`curl -s -X POST '%s/api/v1/tenants/%s/members' -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' -d '{"email":"peggy@globex.test","role":"viewer"}'`, base, acme),
			Want: "peggy@globex.test",
		},
		{
			Title:   "Log in as peggy",
			Command: login(base, "PEGGY", "peggy@globex.test"),
			Want:    "a token of",
			Never:   noToken,
		},
		{
			Title:   "She is served",
			Command: get(base, "/api/v1/calls", "PEGGY", "-H 'X-Tenant: acme'"),
			Want:    `"tenant": "acme"`,
		},
		{
			Title: "Remove her",
			Command: fmt.Sprintf(`curl -s -X DELETE '%s/api/v1/tenants/%s/members/peggy@globex.test' \
  -H "Authorization: Bearer $TOKEN" -w '%%{http_code}\n'`, base, acme),
			Want: "204",
		},
		{
			Title:   "Her next request is refused, though her token is still good",
			Command: get(base, "/api/v1/calls", "PEGGY", "-H 'X-Tenant: acme'", `-w '\n%{http_code}\n'`),
			Want:    "403",
			Never:   `"caller"`,
		},
	}
}

// noToken is what a command made by token prints where it got none.
const noToken = " 0 bytes"

// token keeps the access token of an answer in a shell variable, without a
// JSON tool, and prints its length.
func token(variable, command string) string {
	return fmt.Sprintf(`%s=$(%s | sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p'); echo "a token of ${#%[1]s} bytes"`, variable, command)
}

func login(base, variable, email string) string {
	return token(variable, fmt.Sprintf(`curl -s -X POST '%s/api/v1/auth/login' -H 'Content-Type: application/json' \
  -d '{"email":"%s","password":"%s"}'`, base, email, Password))
}

func get(base, path, variable string, options ...string) string {
	command := fmt.Sprintf(`curl -s '%s%s' -H "Authorization: Bearer $%s"`, base, path, variable)
	for _, option := range options {
		command += " " + option
	}
	return command
}
