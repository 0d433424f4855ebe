package manage

import (
	"context"
	"fmt"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// AuditStore keeps who did what to what.
type AuditStore interface {
	// AuditEntries returns entries of a tenant's log to its admins.
	AuditEntries(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, query tenancy.AuditQuery) ([]tenancy.AuditEntry, error)
	// AuditRefusal writes down that the caller was refused something in a tenant, or
	// on the platform (zero). What is no tenant has no log.
	AuditRefusal(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, detail map[string]string) error
}

// AuditEntries returns a page of the log of a tenant of the caller.
func (s *Service) AuditEntries(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, query tenancy.AuditQuery) ([]tenancy.AuditEntry, error) {
	list, err := s.Store.AuditEntries(ctx, caller, id, query)
	if err != nil {
		return nil, fmt.Errorf("listing the audit log: %w", err)
	}
	return list, nil
}

// exportBatch is how many entries of an export are in memory at a time.
const exportBatch = 500

// ExportAudit gives each all entries that match, the oldest first, and ends
// with its error. Each batch is a transaction of its own that checks the
// caller's rights anew: an export that takes long holds no connection, and ends
// with the right to it.
func (s *Service) ExportAudit(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, query tenancy.AuditQuery, each func([]tenancy.AuditEntry) error) error {
	query.Limit, query.OldestFirst = exportBatch, true
	for {
		batch, err := s.AuditEntries(ctx, caller, id, query)
		if err != nil {
			return err
		}
		if err := each(batch); err != nil || len(batch) < exportBatch {
			return err
		}
		last := batch[len(batch)-1]
		query.After = tenancy.AuditPlace{At: last.At, Seq: last.Seq}
	}
}
