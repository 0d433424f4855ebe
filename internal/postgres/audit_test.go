package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func (w world) verify(id tenancy.TenantID, published tenancy.ChainHead) *tenancy.Chain {
	w.t.Helper()
	chain, err := w.VerifyAudit(w.t.Context(), id, published)
	if err != nil {
		w.t.Fatalf("VerifyAudit: %v", err)
	}
	return chain
}

// What the database links and what package tenancy computes are the same,
// whatever text an entry holds.
func TestChainsAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", w.user("anna"))
	for i, text := range []string{"plain", "", `quotes " and \ and /`, "controls \x01\x1f\b\t\n\f\r", "\x7f ü 漢字 \u2028\u2029 <&>", "🎈 astral"} {
		exec(t, w.root, `INSERT INTO audit_log (id, tenant_id, actor_id, session_id, request_id, action, target, detail)
			VALUES (gen_random_uuid(), $1, $2, $3, $4, 'test.case', $4, jsonb_build_object('a', $4::text, 'Z', $5::text, 'long_name', 'x'))`,
			acme, newID(), newID(), text, fmt.Sprint(i))
	}
	for id, want := range map[tenancy.TenantID]int64{acme: 8, {}: 1} {
		chain := w.verify(id, tenancy.ChainHead{})
		if len(chain.Faults) != 0 || chain.Entries != want {
			t.Errorf("%d entries with faults %v, want %d without", chain.Entries, chain.Faults, want)
		}
	}
}

// Every way to tamper with a log as one who owns the database may, and what is
// said of it.
func TestTamperedLogIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ tamper, want string }{
		"changed":             {`UPDATE audit_log SET detail = '{"role": "viewer"}' WHERE seq = 3 AND tenant_id = $1`, "at 3: it is not what was written"},
		"another actor":       {`UPDATE audit_log SET actor_id = gen_random_uuid() WHERE seq = 3 AND tenant_id = $1`, "at 3: it is not what was written"},
		"another time":        {`UPDATE audit_log SET at = at - interval '1 us' WHERE seq = 3 AND tenant_id = $1`, "at 3: it is not what was written"},
		"removed":             {`DELETE FROM audit_log WHERE seq = 3 AND tenant_id = $1`, "at 4: entries 3 to 3 are missing"},
		"removed, renumbered": {`WITH d AS (DELETE FROM audit_log WHERE seq = 3 AND tenant_id = $1) UPDATE audit_log SET seq = seq - 1 WHERE seq > 3 AND tenant_id = $1`, "at 3: it does not continue"},
		"reordered":           {`UPDATE audit_log SET seq = CASE seq WHEN 3 THEN 4 ELSE 3 END WHERE seq IN (3, 4) AND tenant_id = $1`, "at 3: it does not continue"},
		"first removed":       {`DELETE FROM audit_log WHERE seq = 1 AND tenant_id = $1`, "at 2: entries 1 to 1 are missing"},
		"cut":                 {`DELETE FROM audit_log WHERE seq > 4 AND tenant_id = $1`, "at 5: entries 5 to 6 are missing at the end"},
		"emptied":             {`DELETE FROM audit_log WHERE tenant_id = $1`, "at 1: entries 1 to 6 are missing at the end"},
		"head removed":        {`DELETE FROM audit_heads WHERE chain = $1`, "at 1: entries 1 to 6 are not known to the head"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			acme := w.tenant("acme", w.user("anna")) // two entries
			for i := range 4 {
				w.member(acme, fmt.Sprint("m", i), tenancy.RoleMember)
			}
			if chain := w.verify(acme, tenancy.ChainHead{}); len(chain.Faults) != 0 || chain.Entries != 6 {
				t.Fatalf("before: %d entries, %v", chain.Entries, chain.Faults)
			}
			exec(t, w.root, `ALTER TABLE audit_log DISABLE TRIGGER USER`)
			exec(t, w.root, `DROP INDEX audit_log_tenant_id_seq_key`) // its owner may
			exec(t, w.root, c.tamper, acme)
			var got []string
			for _, fault := range w.verify(acme, tenancy.ChainHead{}).Faults {
				got = append(got, fmt.Sprintf("at %d: %s", fault.Seq, fault.Detail))
			}
			if !strings.Contains(strings.Join(got, "\n"), c.want) {
				t.Errorf("faults: got %q, want %q", got, c.want)
			}
		})
	}
}

// A log that was cut together with its head is whole in itself; a hash that was
// noted down elsewhere tells.
func TestPublishedHeadTells(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", w.user("anna"))
	w.member(acme, "bert", tenancy.RoleMember)
	published := w.verify(acme, tenancy.ChainHead{}).Head
	w.member(acme, "carl", tenancy.RoleMember)
	if chain := w.verify(acme, published); len(chain.Faults) != 0 {
		t.Errorf("a log that has grown: %v, want no fault", chain.Faults)
	}
	exec(t, w.root, `ALTER TABLE audit_log DISABLE TRIGGER USER`)
	exec(t, w.root, `DELETE FROM audit_log WHERE tenant_id = $1 AND seq >= 3`, acme)
	exec(t, w.root, `UPDATE audit_heads SET seq = 2, hash = (SELECT hash FROM audit_log WHERE tenant_id = $1 AND seq = 2) WHERE chain = $1`, acme)
	exec(t, w.root, `ALTER TABLE audit_log ENABLE TRIGGER USER`)
	if chain := w.verify(acme, tenancy.ChainHead{}); len(chain.Faults) != 0 {
		t.Errorf("without a published hash: %v, want none: this is what cannot be found", chain.Faults)
	}
	if chain := w.verify(acme, published); len(chain.Faults) != 1 {
		t.Errorf("with it: %v, want a fault", chain.Faults)
	}
	w.member(acme, "dora", tenancy.RoleMember) // as many entries as there were
	if chain := w.verify(acme, published); len(chain.Faults) != 1 {
		t.Errorf("written anew: %v, want a fault", chain.Faults)
	}
}

func TestLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, other := w.tenant("acme", w.user("anna")), w.tenant("other", w.user("olaf"))
	before := one[string](t, w.root, `SELECT string_agg(a::text, '|' ORDER BY a::text) FROM audit_log a`)
	exec(t, w.root, `SELECT set_config('app.erasing', $1, false)`, other.String()) // the erasure of another tenant
	for _, sql := range []string{
		`UPDATE audit_log SET target = ''`, `UPDATE audit_log SET at = at`, `TRUNCATE audit_log`,
		`DELETE FROM audit_log WHERE tenant_id = '` + acme.String() + `'`, `DELETE FROM audit_log WHERE tenant_id IS NULL`,
	} {
		if _, err := w.root.Exec(t.Context(), sql); sqlState(err) != "23000" {
			t.Errorf("%s: SQLSTATE %q, want 23000", sql, sqlState(err))
		}
	}
	if _, err := w.root.Exec(t.Context(), `INSERT INTO audit_log (id, action, target, detail) VALUES (gen_random_uuid(), 'a.b', '', '{"n": 1}')`); sqlState(err) != "23514" {
		t.Errorf("a detail that is no string: SQLSTATE %q, want 23514", sqlState(err))
	}
	if after := one[string](t, w.root, `SELECT string_agg(a::text, '|' ORDER BY a::text) FROM audit_log a`); after != before {
		t.Errorf("the log has changed")
	}
	exec(t, w.root, `DELETE FROM audit_log WHERE tenant_id = $1`, other) // that erasure says so
}

// Entries of transactions that run at once are numbered without gaps, in the
// order in which they are chained and dated.
func TestChainUnderParallelWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme, other := w.tenant("acme", anna), w.tenant("other", anna)
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			if _, _, err := w.SwitchTenant(t.Context(), tenancy.Caller{User: anna}, []tenancy.TenantID{acme, other}[i%2]); err != nil {
				t.Errorf("SwitchTenant: %v", err)
			}
		})
		group.Go(func() {
			if _, err := w.add(anna, acme, address(fmt.Sprint("x", i)), tenancy.RoleViewer); err != nil && !errors.Is(err, tenancy.ErrSeatLimit) {
				t.Errorf("AddMember: %v", err)
			}
		})
	}
	group.Wait()
	for _, id := range []tenancy.TenantID{acme, other} {
		if chain := w.verify(id, tenancy.ChainHead{}); len(chain.Faults) != 0 {
			t.Errorf("faults: %v", chain.Faults)
		}
		if got := one[int](t, w.root, `SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY seq) AS back FROM audit_log WHERE tenant_id = $1) x WHERE back`, id); got != 0 {
			t.Errorf("%d entries are older than the one before", got)
		}
	}
}

func TestAuditFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	acme, other := w.tenant("acme", anna), w.tenant("other", w.user("olaf"))
	by := tenancy.Caller{User: anna}
	if _, err := w.add(anna, acme, address("nobody"), tenancy.RoleViewer); err != nil {
		t.Fatal(err)
	}
	if err := w.remove(anna, acme, address("nobody")); err != nil {
		t.Fatal(err)
	}
	middle := one[time.Time](t, w.root, `SELECT at FROM audit_log WHERE tenant_id = $1 AND seq = 3`, acme)
	for name, c := range map[string]struct {
		query tenancy.AuditQuery
		want  []string
	}{
		"newest first":     {tenancy.AuditQuery{}, []string{"invitation.revoked", "invitation.created", "member.added", "tenant.created"}},
		"oldest first":     {tenancy.AuditQuery{OldestFirst: true, Limit: 2}, []string{"tenant.created", "member.added"}},
		"from":             {tenancy.AuditQuery{From: middle}, []string{"invitation.revoked", "invitation.created"}},
		"to":               {tenancy.AuditQuery{To: middle}, []string{"member.added", "tenant.created"}},
		"actor":            {tenancy.AuditQuery{Actor: anna}, []string{"invitation.revoked", "invitation.created"}},
		"actor by address": {tenancy.AuditQuery{Email: address("anna")}, []string{"invitation.revoked", "invitation.created"}},
		"nobody":           {tenancy.AuditQuery{Email: address("nobody")}, nil},
		"action":           {tenancy.AuditQuery{Action: "member.added"}, []string{"member.added"}},
		"a kind":           {tenancy.AuditQuery{Action: "invitation.*"}, []string{"invitation.revoked", "invitation.created"}},
	} {
		if c.query.Limit == 0 {
			c.query.Limit = 10
		}
		list, err := w.AuditEntries(t.Context(), by, acme, c.query)
		var got []string
		for _, e := range list {
			got = append(got, e.Action)
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	all, err := w.AuditEntries(t.Context(), by, acme, tenancy.AuditQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.AuditEntries(t.Context(), by, acme, tenancy.AuditQuery{Limit: 10, After: tenancy.AuditPlace{At: all[1].At, Seq: all[1].Seq}})
	if diff := cmp.Diff(all[2:], page); err != nil || diff != "" {
		t.Errorf("the page after the second: %v (-want +got):\n%s", err, diff)
	}
	if _, err := w.AuditEntries(t.Context(), by, other, tenancy.AuditQuery{Limit: 1}); !errors.Is(err, tenancy.ErrNotMember) {
		t.Errorf("another tenant's log: %v, want ErrNotMember", err)
	}
	if _, err := w.AuditEntries(t.Context(), tenancy.Caller{User: w.member(acme, "m", tenancy.RoleMember)}, acme, tenancy.AuditQuery{Limit: 1}); !errors.Is(err, tenancy.ErrRoleRequired) {
		t.Errorf("as a member: %v, want ErrRoleRequired", err)
	}
}

func TestAuditRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, olaf := w.tenant("acme", w.user("anna")), w.user("olaf")
	for _, id := range []tenancy.TenantID{acme, newID(), {}} {
		if err := w.AuditRefusal(t.Context(), tenancy.Caller{User: olaf}, id, map[string]string{"code": "not_a_member"}); err != nil {
			t.Errorf("AuditRefusal: %v", err)
		}
	}
	const sql = `SELECT count(*) FROM audit_log WHERE action = 'access.refused' AND actor_id = $1 AND detail = '{"code": "not_a_member"}' AND tenant_id IS NOT DISTINCT FROM $2`
	for _, id := range []*tenancy.TenantID{&acme, nil} {
		if n := one[int](t, w.root, sql, olaf, id); n != 1 {
			t.Errorf("%d entries of %v, want 1", n, id)
		}
	}
	if n := one[int](t, w.root, `SELECT count(*) FROM audit_log WHERE action = 'access.refused'`); n != 2 {
		t.Errorf("%d entries in all, want 2: a tenant that is not there has no log", n)
	}
}
