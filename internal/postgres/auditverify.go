package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const verifyBatch = 1000 // entries in memory at a time

// VerifyAudit follows the chain of a tenant's log, or of the platform's where id
// is zero, from its first entry to its last, and returns what it found. The
// hashes are computed here, not by the database. published is a head that was
// noted down earlier; zero: none. Entries may be added meanwhile.
func (s *Store) VerifyAudit(ctx context.Context, id tenancy.TenantID, published tenancy.ChainHead) (*tenancy.Chain, error) {
	chain := &tenancy.Chain{Published: published}
	for {
		head, batch, err := s.chainFrom(ctx, id, chain.Head.Seq)
		if err != nil {
			return nil, err
		}
		for _, e := range batch {
			chain.Next(e)
		}
		if len(batch) < verifyBatch {
			chain.End(head)
			return chain, nil
		}
	}
}

// chainFrom returns the entries after a number and the head of the chain, as
// both were at the same moment.
func (s *Store) chainFrom(ctx context.Context, id tenancy.TenantID, after int64) (head tenancy.ChainHead, batch []tenancy.AuditEntry, err error) {
	err = s.transact(ctx, "verifying audit log", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		whose := `a.tenant_id = $1`
		if id.IsZero() {
			whose = `a.tenant_id IS NULL AND $1::uuid IS NOT NULL`
			if err := enter(ctx, tx, platformLog); err != nil {
				return err
			}
		}
		var hash []byte
		var last int64
		err := tx.QueryRow(ctx, `
			SELECT coalesce(h.seq, 0), coalesce(h.hash, ''), (SELECT coalesce(max(a.seq), 0) FROM audit_log a WHERE `+whose+`)
			FROM (SELECT $1::uuid AS chain) k LEFT JOIN audit_heads h USING (chain)`, id).Scan(&head.Seq, &hash, &last)
		if err != nil {
			return err
		}
		copy(head.Hash[:], hash)
		batch, err = entries(ctx, tx, `SELECT `+entryColumns+` FROM audit_log a LEFT JOIN users u ON u.id = a.actor_id
			WHERE `+whose+` AND a.seq > $2 AND a.seq <= $3 ORDER BY a.seq LIMIT $4`, id, after, last, verifyBatch)
		return err
	})
	return head, batch, err
}

// TenantIDs returns every tenant there is, deleted ones included, for
// operators' commands. It reads in batches.
func (s *Store) TenantIDs(ctx context.Context) (all []tenancy.TenantID, err error) {
	for after := (tenancy.TenantID{}); ; after = all[len(all)-1] {
		var batch []tenancy.TenantID
		err = s.read(ctx, "listing tenants", func(ctx context.Context) error {
			rows, err := s.pool.Query(ctx, `SELECT id FROM tenants WHERE id > $1 ORDER BY id LIMIT $2`, after, verifyBatch)
			if err != nil {
				return err
			}
			batch, err = pgx.CollectRows(rows, pgx.RowTo[tenancy.TenantID])
			return err
		})
		all = append(all, batch...)
		if err != nil || len(batch) < verifyBatch {
			return all, err
		}
	}
}

// TenantExists reports whether there is such a tenant, deleted ones included.
func (s *Store) TenantExists(ctx context.Context, id tenancy.TenantID) (there bool, err error) {
	err = s.read(ctx, "looking for a tenant", func(ctx context.Context) error {
		return s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenants WHERE id = $1)`, id).Scan(&there)
	})
	return there, err
}

// AuditRefusal writes into the log of a tenant that somebody was refused; where
// there is no such tenant, nothing. A zero id is the platform.
func (s *Store) AuditRefusal(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, detail map[string]string) error {
	caller.Once = tenancy.Once{} // a refusal carries nothing out
	return s.transact(ctx, "logging refusal", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		target := "platform"
		if !id.IsZero() {
			target = "tenant:" + id.String()
			var there bool
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenants WHERE id = $1)`, id).Scan(&there); err != nil || !there {
				return err
			}
		}
		return s.audit(ctx, tx, entry{by: caller, tenant: id, action: "access.refused", target: target, detail: detail})
	})
}
