package endtoend_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// An operator's cron job goes by the exit code: intact, broken, or not told.
func TestAuditVerifyCommand(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	verify := func(url string, more ...string) gatewaytest.Output {
		return gatewaytest.Command(t, "", []string{"DATABASE_URL=" + url}, append([]string{"audit", "verify"}, more...)...)
	}
	intact := verify(database)
	acme := gatewaytest.Tenant(t, "acme").String()
	if intact.Code != 0 || !strings.Contains(intact.Stdout, acme+"  intact") || !strings.Contains(intact.Stdout, "platform  intact") {
		t.Fatalf("untouched logs: code %d, want 0 and each named\n%s%s", intact.Code, intact.Stdout, intact.Stderr)
	}
	for name, failing := range map[string]gatewaytest.Output{
		"no database":       verify("postgres://127.0.0.1:1/none?connect_timeout=1"),
		"no such tenant":    verify(database, "--tenant", "nobody"),
		"no such id":        verify(database, "--tenant", "0198f0a5-0000-7000-8000-0000000000ff"),
		"unreadable head":   verify(database, "--tenant", "acme", "--head", "x"),
		"head of no tenant": verify(database, "--head", "1:00"),
		"unknown flag":      verify(database, "--tenent", "acme"),
	} {
		if failing.Code != 1 || failing.Stderr == "" {
			t.Errorf("%s: code %d, want 1 and a reason: %q", name, failing.Code, failing.Stderr)
		}
	}

	forger := tenancytest.Connect(t, database)
	forger.Exec(`SET session_replication_role = replica`) // past the triggers
	forger.Exec(`UPDATE audit_log SET target = 'user:nobody' WHERE tenant_id = $1 AND seq = 2`, acme)
	broken := verify(database, "--json")
	if broken.Code != 2 || !strings.Contains(broken.Stderr, "1 of ") {
		t.Errorf("a changed entry: code %d, want 2 and how many logs are broken: %s", broken.Code, broken.Stderr)
	}
	lines := bufio.NewScanner(strings.NewReader(broken.Stdout))
	for lines.Scan() {
		var found struct {
			Log    string
			Intact bool
			Faults []struct{ Seq int64 }
		}
		if err := json.Unmarshal(lines.Bytes(), &found); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if found.Intact != (found.Log != acme) || found.Log == acme && (len(found.Faults) == 0 || found.Faults[0].Seq != 2) {
			t.Errorf("got %s, want a fault at 2 of acme's log only", lines.Text())
		}
	}
	if other := verify(database, "--tenant", "globex"); other.Code != 0 {
		t.Errorf("another tenant's log: code %d, want 0\n%s", other.Code, other.Stderr)
	}
}

func TestAuditExport(t *testing.T) {
	t.Parallel()
	database := gatewaytest.Database(t)
	const formula = "=cmd+1@acme.test" // an address as good as any
	tenancytest.Exec(t, database, `UPDATE users SET email = $1 WHERE email = 'alice@acme.test'`, formula)
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	send(t, gateway, ask{as: "alice@acme.test", method: "POST", path: path(t, "acme", "/members"),
		body: `{"email":"new@acme.test","role":"viewer"}`}).want(t, 202, "")

	page := send(t, gateway, ask{as: "alice@acme.test", path: path(t, "acme", "/audit?limit=100")})
	page.want(t, 200, "")
	var whole struct {
		Entries []map[string]any `json:"entries"`
	}
	page.into(t, &whole)

	lines := send(t, gateway, ask{as: "alice@acme.test", path: path(t, "acme", "/audit?format=ndjson")})
	lines.want(t, 200, "")
	if got := lines.header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Errorf("type of the lines: %q", got)
	}
	got := strings.Split(strings.TrimSuffix(lines.body, "\n"), "\n")
	if len(got) != len(whole.Entries) || len(got) < 2 {
		t.Fatalf("%d lines, want the %d entries", len(got), len(whole.Entries))
	}
	previous := strings.Repeat("0", 64)
	for i, line := range got {
		var e struct {
			Seq      int    `json:"seq"`
			PrevHash string `json:"prev_hash"`
			Hash     string `json:"hash"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Seq != i+1 || e.PrevHash != previous {
			t.Errorf("line %d: %v: %s, want the next link of the chain", i, err, line)
		}
		previous = e.Hash
	}

	table := send(t, gateway, ask{as: "alice@acme.test", path: path(t, "acme", "/audit?format=csv")})
	table.want(t, 200, "")
	if kind, name := table.header.Get("Content-Type"), table.header.Get("Content-Disposition"); !strings.HasPrefix(kind, "text/csv") ||
		!strings.Contains(name, "attachment") || !strings.Contains(name, "audit.csv") {
		t.Errorf("the table is %q, %q, want CSV to be saved as audit.csv", kind, name)
	}
	rows, err := csv.NewReader(strings.NewReader(table.body)).ReadAll()
	if err != nil || len(rows) != len(got)+1 {
		t.Fatalf("%d rows, %v, want a header and %d", len(rows), err, len(got))
	}
	if header := strings.Join(rows[0], ","); header != "id,at,actor_id,actor_email,action,target,detail,request_id" {
		t.Errorf("header: %s", header)
	}
	if last := rows[len(rows)-1]; last[3] != "'"+formula {
		t.Errorf("the actor's address: %q, want it defused", last[3])
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}

	for _, format := range []string{"json", "ndjson", "csv"} {
		send(t, gateway, ask{as: "bob@acme.test", path: path(t, "acme", "/audit?format="+format)}).want(t, 403, "role_required")
		send(t, gateway, ask{as: "peggy@globex.test", path: path(t, "acme", "/audit?format="+format)}).want(t, 403, "not_a_member")
	}
	send(t, gateway, ask{as: "alice@acme.test", path: path(t, "acme", "/audit?format=xml")}).want(t, 422, "validation_failed")
	send(t, gateway, ask{as: "alice@acme.test", path: path(t, "acme", "/audit?format=csv&limit=5")}).want(t, 422, "validation_failed")
}
