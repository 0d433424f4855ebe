package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// An entry of the audit log, as it is written: who (zero: an operator, or the gateway
// itself) did what to what. The database numbers and links it.
type entry struct {
	by     tenancy.Caller
	tenant tenancy.TenantID // zero: of the platform
	action string           // "noun.verb_in_the_past", e.g. "member.added"
	target string           // "noun:id"
	detail map[string]string
}

// audit writes e in the transaction of what it tells of, and that the request of
// an Idempotency-Key is carried out by it. An entry of the platform's log is kept
// for the end of the transaction: whoever writes one holds the end of that chain
// until the commit, and all who register or sign out would wait for each other
// from the beginning of what they do.
func (s *Store) audit(ctx context.Context, tx pgx.Tx, e entry) error {
	if e.detail == nil {
		e.detail = map[string]string{}
	}
	if err := carryOut(ctx, tx, e.by.Once); err != nil {
		return err
	}
	if watched, ok := tx.(*writingTx); ok && e.tenant.IsZero() {
		watched.last = append(watched.last, e)
		return nil
	}
	return s.writeEntry(ctx, tx, e)
}

func (s *Store) writeEntry(ctx context.Context, tx pgx.Tx, e entry) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO audit_log (id, tenant_id, actor_id, session_id, request_id, action, target, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.newID(), orNull(e.tenant), orNull(e.by.User), orNull(e.by.Session), e.by.RequestID, e.action, e.target, e.detail)
	return err
}
