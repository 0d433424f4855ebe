package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// DeleteTenant shuts a tenant, which may be taken back for tenancy.PurgeAfter.
// It keeps its names meanwhile. For a platform admin, one that is deleted is
// deleted; for everybody else it is not there.
func (s *Store) DeleteTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, match tenancy.Match) (changes []tenancy.Change, err error) {
	err = s.transact(ctx, "deleting tenant", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, id); err != nil {
			return err
		}
		if _, err := admitSteward(ctx, tx, caller, id); err != nil {
			return err
		}
		before, err := scanTenant(tx.QueryRow(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.id = $1`, id))
		if err != nil || before.Status == tenancy.StatusDeleted {
			return err
		}
		if err := match.Check(before.Version); err != nil {
			return err
		}
		changes, err = s.setStatus(ctx, tx, caller, before, tenancy.StatusDeleted, "tenant.deleted")
		return err
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// RestoreTenant takes a deletion back, for those who were the tenant's admins
// and for platform admins. The tenant is as suspended as it was. One that is
// not deleted stays as it is; one that is due to be purged is gone.
func (s *Store) RestoreTenant(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID,
) (restored tenancy.TenantEntry, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "restoring tenant", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, id); err != nil {
			return err
		}
		who, err := admitRestorer(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if who.TenantStatus == tenancy.StatusDeleted {
			if changes, err = s.restore(ctx, tx, caller, id); err != nil {
				return err
			}
		}
		restored, err = tenantEntry(ctx, tx, caller.User, id, who.role())
		return err
	})
	if err != nil {
		return tenancy.TenantEntry{}, nil, err
	}
	return restored, changes, nil
}

// admitRestorer is admitSteward as if the tenant were active: whoever may bring
// it back is nobody in it now.
func admitRestorer(ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID) (steward, error) {
	who, err := admitSteward(ctx, tx, caller, id)
	if who.TenantStatus == "" || who.platform || who.UserStatus == "" {
		return who, err
	}
	as := who.Membership
	as.TenantStatus = tenancy.StatusActive
	return who, standing(as, tenancy.RoleAdmin)
}

func (s *Store) restore(ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID) ([]tenancy.Change, error) {
	var purging bool
	var status tenancy.Status
	err := tx.QueryRow(ctx, `
		SELECT deleted_at <= now() - make_interval(secs => $2), CASE WHEN suspended_at IS NULL THEN 'active' ELSE 'suspended' END
		FROM tenants WHERE id = $1`, id, tenancy.PurgeAfter.Seconds()).Scan(&purging, &status)
	if err != nil {
		return nil, err
	}
	if purging {
		return nil, tenancy.ErrNotMember
	}
	before, err := scanTenant(tx.QueryRow(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.id = $1`, id))
	if err != nil {
		return nil, err
	}
	return s.setStatus(ctx, tx, caller, before, status, "tenant.restored")
}

func (s *Store) setStatus(
	ctx context.Context, tx pgx.Tx, by tenancy.Caller, before tenancy.Tenant, status tenancy.Status, action string,
) ([]tenancy.Change, error) {
	if _, err := tx.Exec(ctx, `UPDATE tenants SET status = $2 WHERE id = $1`, before.ID, status); err != nil {
		return nil, err
	}
	return []tenancy.Change{{Key: tenancy.Key{Tenant: before.ID}}}, s.audit(ctx, tx, entry{by: by, tenant: before.ID, action: action,
		target: "tenant:" + before.ID.String(), detail: map[string]string{"status": string(status), "status_before": string(before.Status)}})
}

const (
	// purgeLock keeps replicas from purging at the same time.
	purgeLock = 0x7467_7075_7267_6501 // "tgpurge" and 1
	// purgeBatch bounds the rows, and so the time, of one transaction.
	purgeBatch = 500
)

// PurgeSome erases a part of one tenant that has been deleted for
// tenancy.PurgeAfter: at most 500 rows a call. It reports whether there may be
// more to do; not so where another replica is at it. Errors leave what was
// erased before erased, and the rest for another call.
func (s *Store) PurgeSome(ctx context.Context) (more bool, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "purging tenant", platform, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(purgeLock)).Scan(&more); err != nil || !more {
			return err
		}
		due, err := scanTenant(tx.QueryRow(ctx, `
			SELECT `+tenantColumns+` FROM tenants t
			WHERE t.status = 'deleted' AND t.deleted_at <= now() - make_interval(secs => $1)
			ORDER BY t.deleted_at LIMIT 1`, tenancy.PurgeAfter.Seconds()))
		if missing(err) {
			more = false
			return nil
		}
		if err != nil {
			return err
		}
		changes, err = s.purge(ctx, tx, due)
		return err
	})
	if err != nil {
		return false, nil, err
	}
	return more, changes, nil
}

func (s *Store) purge(ctx context.Context, tx pgx.Tx, t tenancy.Tenant) ([]tenancy.Change, error) {
	var gone bool
	if err := tx.QueryRow(ctx, `SELECT purge_tenant($1, $2)`, t.ID, purgeBatch).Scan(&gone); err != nil || !gone {
		return nil, err
	}
	changes := []tenancy.Change{{Key: tenancy.Key{Tenant: t.ID}, Names: []tenancy.Name{{Kind: tenancy.BySlug, Value: t.Slug}}}}
	if t.Domain != "" {
		changes[0].Names = append(changes[0].Names, tenancy.Name{Kind: tenancy.ByDomain, Value: t.Domain})
	}
	return changes, s.audit(ctx, tx, entry{action: "tenant.purged", target: "tenant:" + t.ID.String(), detail: map[string]string{"slug": t.Slug}})
}
