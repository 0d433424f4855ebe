package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// An entry of the audit log, as it is written; the database numbers and links it: who (zero: an operator, or the gateway itself) did
// what to what.
type entry struct {
	by     tenancy.Caller
	tenant tenancy.TenantID // zero: of the platform
	action string           // "noun.verb_in_the_past", e.g. "member.added"
	target string           // "noun:id"
	detail map[string]string
}

// audit writes e in the transaction of what it tells of, and that the request of
// an Idempotency-Key is carried out by it.
func (s *Store) audit(ctx context.Context, tx pgx.Tx, e entry) error {
	if e.detail == nil {
		e.detail = map[string]string{}
	}
	if err := carryOut(ctx, tx, e.by.Once); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO audit_log (id, tenant_id, actor_id, session_id, request_id, action, target, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.newID(), orNull(e.tenant), orNull(e.by.User), orNull(e.by.Session), e.by.RequestID, e.action, e.target, e.detail)
	return err
}
