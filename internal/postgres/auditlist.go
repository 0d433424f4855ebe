package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const entryColumns = `a.id, a.tenant_id, a.at, a.actor_id, coalesce(u.email, ''), coalesce(u.name, ''), a.session_id, a.request_id,
	a.action, a.target, a.detail, a.seq, a.prev_hash, a.hash`

func scanEntry(row pgx.Row) (tenancy.AuditEntry, error) {
	var e tenancy.AuditEntry
	var tenant *tenancy.TenantID
	var actor *tenancy.UserID
	var session *tenancy.SessionID
	var prev, hash []byte
	err := row.Scan(&e.ID, &tenant, &e.At, &actor, &e.Actor.Email, &e.Actor.Name, &session, &e.RequestID, &e.Action, &e.Target, &e.Detail, &e.Seq, &prev, &hash)
	if err != nil {
		return e, err
	}
	if tenant != nil {
		e.Tenant = *tenant
	}
	if actor != nil {
		e.Actor.ID = *actor
	}
	if session != nil {
		e.Session = *session
	}
	copy(e.PrevHash[:], prev)
	copy(e.Hash[:], hash)
	return e, nil
}

// AuditEntries returns entries of a tenant's log, to its admins.
func (s *Store) AuditEntries(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, query tenancy.AuditQuery) (list []tenancy.AuditEntry, err error) {
	err = s.transact(ctx, "listing audit log", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := admit(ctx, tx, caller, id, tenancy.RoleAdmin); err != nil {
			return err
		}
		sql, args := entriesSQL(id, query)
		list, err = entries(ctx, tx, sql, args...)
		return err
	})
	return list, err
}

func entries(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]tenancy.AuditEntry, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tenancy.AuditEntry, error) { return scanEntry(row) })
}

// entriesSQL asks by (at, seq) in either direction: each of the log's indexes
// ends with the two.
func entriesSQL(id tenancy.TenantID, q tenancy.AuditQuery) (sql string, args []any) {
	var b strings.Builder
	b.WriteString(`SELECT ` + entryColumns + ` FROM audit_log a LEFT JOIN users u ON u.id = a.actor_id WHERE a.tenant_id = $1`)
	args = []any{id}
	where := func(condition string, values ...any) {
		places := make([]any, len(values))
		for i, value := range values {
			args = append(args, value)
			places[i] = len(args)
		}
		fmt.Fprintf(&b, " AND "+condition, places...)
	}
	if !q.From.IsZero() {
		where(`a.at >= $%d`, q.From)
	}
	if !q.To.IsZero() {
		where(`a.at < $%d`, q.To)
	}
	switch {
	case !q.Actor.IsZero():
		where(`a.actor_id = $%d`, q.Actor)
	case q.Email != "":
		where(`a.actor_id IN (SELECT id FROM users WHERE email = $%d)`, q.Email)
	}
	if kind, all := strings.CutSuffix(q.Action, ".*"); all {
		where(`a.action >= $%d AND a.action < $%d`, kind+".", kind+"/") // "/" follows "."
	} else if q.Action != "" {
		where(`a.action = $%d`, q.Action)
	}
	order, beyond := "DESC", "<"
	if q.OldestFirst {
		order, beyond = "ASC", ">"
	}
	if q.After.Seq != 0 {
		where(`(a.at, a.seq) `+beyond+` ($%d, $%d)`, q.After.At, q.After.Seq)
	}
	args = append(args, q.Limit)
	fmt.Fprintf(&b, ` ORDER BY a.at %s, a.seq %s LIMIT $%d`, order, order, len(args))
	return b.String(), args
}
