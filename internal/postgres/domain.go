package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// DomainProof returns a tenant's domain, and what would prove the next one, to
// its admins and to platform admins.
func (s *Store) DomainProof(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (proof tenancy.DomainProof, err error) {
	err = s.transact(ctx, "loading domain", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := admitSteward(ctx, tx, caller, id); err != nil {
			return err
		}
		proof, err = domainProof(ctx, tx, id)
		return err
	})
	return proof, err
}

func domainProof(ctx context.Context, tx pgx.Tx, id tenancy.TenantID) (proof tenancy.DomainProof, err error) {
	var verified *time.Time
	err = tx.QueryRow(ctx, `
		SELECT coalesce(domain, ''), domain_verified_at, coalesce(pending_domain, ''), coalesce(domain_token, '') FROM tenants WHERE id = $1`, id).
		Scan(&proof.Domain, &verified, &proof.Pending, &proof.Token)
	if verified != nil {
		proof.VerifiedAt = *verified
	}
	return proof, err
}

// TakeDomain puts a domain in force whose proof the caller's gateway has seen.
// It returns tenancy.ErrDomainUnproven where something else is pending by now,
// and tenancy.ErrDomainTaken where another tenant was first.
func (s *Store) TakeDomain(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, seen tenancy.DomainProof,
) (proof tenancy.DomainProof, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "taking domain", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, id); err != nil {
			return err
		}
		who, err := admitSteward(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if proof, err = domainProof(ctx, tx, id); err != nil {
			return err
		}
		if proof.Pending != seen.Pending || proof.Token != seen.Token || seen.Pending == "" || who.TenantStatus == tenancy.StatusDeleted {
			return tenancy.ErrDomainUnproven
		}
		changes, err = s.takeDomain(ctx, tx, caller, id, proof)
		if err != nil {
			return err
		}
		proof, err = domainProof(ctx, tx, id)
		return err
	})
	if err != nil {
		return tenancy.DomainProof{}, nil, err
	}
	return proof, changes, nil
}

func (s *Store) takeDomain(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID, proof tenancy.DomainProof,
) ([]tenancy.Change, error) {
	_, err := tx.Exec(ctx, `
		UPDATE tenants SET domain = pending_domain, domain_verified_at = now(), pending_domain = NULL, domain_token = NULL WHERE id = $1`, id)
	if err != nil {
		return nil, err
	}
	changes := []tenancy.Change{{Key: tenancy.Key{Tenant: id}, Names: renamed(
		tenancy.Tenant{Domain: proof.Domain}, tenancy.Tenant{Domain: proof.Pending})}}
	return changes, s.audit(ctx, tx, entry{by: caller, tenant: id, action: "tenant.domain_proven", target: "tenant:" + id.String(),
		detail: map[string]string{"domain": proof.Pending, "domain_before": proof.Domain}})
}
