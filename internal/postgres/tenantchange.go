package postgres

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// CreateTenant makes a tenant with the caller as its admin, or returns
// tenancy.ErrSlugTaken or tenancy.ErrUserInactive.
func (s *Store) CreateTenant(
	ctx context.Context, caller tenancy.Caller, wanted tenancy.NewTenant,
) (made tenancy.TenantEntry, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "creating tenant", tenantRows(wanted.ID), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := activeUser(ctx, tx, caller.User); err != nil {
			return err
		}
		changes, err = s.createTenant(ctx, tx, caller, wanted)
		if err != nil {
			return err
		}
		made, err = tenantEntry(ctx, tx, caller.User, wanted.ID, tenancy.RoleAdmin)
		return err
	})
	if err != nil {
		return tenancy.TenantEntry{}, nil, err
	}
	return made, changes, nil
}

// createTenant makes a tenant with the caller as its admin, in a transaction
// that is in the tenant's scope.
func (s *Store) createTenant(ctx context.Context, tx pgx.Tx, caller tenancy.Caller, wanted tenancy.NewTenant) ([]tenancy.Change, error) {
	if _, err := tx.Exec(ctx, `INSERT INTO tenants (id, name, slug) VALUES ($1, $2, $3)`, wanted.ID, wanted.Name, wanted.Slug); err != nil {
		return nil, err
	}
	err := s.audit(ctx, tx, entry{by: caller, tenant: wanted.ID, action: "tenant.created", target: "tenant:" + wanted.ID.String(),
		detail: map[string]string{"name": wanted.Name, "slug": wanted.Slug}})
	if err != nil {
		return nil, err
	}
	_, err = s.insertMember(ctx, tx, caller, tenancy.Member{ID: wanted.MemberID, TenantID: wanted.ID, UserID: caller.User, Role: tenancy.RoleAdmin})
	return []tenancy.Change{
		{Key: tenancy.Key{User: caller.User, Tenant: wanted.ID}, Names: []tenancy.Name{{Kind: tenancy.BySlug, Value: wanted.Slug}}},
	}, err
}

// InspectTenant returns a tenant to its members, to its admins while it is
// suspended too, and to platform admins in whatever state it is.
func (s *Store) InspectTenant(ctx context.Context, caller tenancy.Caller, id tenancy.TenantID) (found tenancy.TenantEntry, err error) {
	err = s.transact(ctx, "loading tenant", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		who, err := admitSteward(ctx, tx, caller, id)
		switch {
		case err == nil:
		case errors.Is(err, tenancy.ErrRoleRequired): // a member all the same
		case isSuspended(err) && who.Role == tenancy.RoleAdmin:
		default:
			return err
		}
		found, err = tenantEntry(ctx, tx, caller.User, id, who.role())
		return err
	})
	return found, err
}

// UpdateTenant changes a tenant and returns it as it is then. Its admins may
// change what TenantChange.ForAdmin says, platform admins everything. It
// returns tenancy.ErrSlugTaken, tenancy.ErrDomainTaken,
// tenancy.ErrVersionMismatch, and tenancy.ErrNotFound for a deleted one.
func (s *Store) UpdateTenant(
	ctx context.Context, caller tenancy.Caller, id tenancy.TenantID, change tenancy.TenantChange,
) (changed tenancy.TenantEntry, changes []tenancy.Change, err error) {
	err = s.transact(ctx, "changing tenant", tenantRows(id), func(ctx context.Context, tx pgx.Tx) error {
		if err := lockTenant(ctx, tx, id); err != nil {
			return err
		}
		who, err := admitSteward(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if change.ForPlatform() && !who.platform {
			return tenancy.ErrRoleRequired
		}
		changes, err = s.changeTenant(ctx, tx, caller, id, change)
		if err != nil {
			return err
		}
		changed, err = tenantEntry(ctx, tx, caller.User, id, who.role())
		return err
	})
	if err != nil {
		return tenancy.TenantEntry{}, nil, err
	}
	return changed, changes, nil
}

// changeTenant writes what differs, of a tenant that is locked.
func (s *Store) changeTenant(
	ctx context.Context, tx pgx.Tx, caller tenancy.Caller, id tenancy.TenantID, change tenancy.TenantChange,
) ([]tenancy.Change, error) {
	before, err := scanTenant(tx.QueryRow(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.id = $1`, id))
	if err != nil {
		return nil, err
	}
	if before.Status == tenancy.StatusDeleted {
		return nil, tenancy.ErrNotFound
	}
	if err := change.Match.Check(before.Version); err != nil {
		return nil, err
	}
	if err := changeDomain(ctx, tx, before, change); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `
		UPDATE tenants SET name = coalesce($2, name), slug = coalesce($3, slug), max_users = coalesce($4, max_users), status = coalesce($5, status)
		WHERE id = $1 AND (name, slug, max_users, status) IS DISTINCT FROM
		      (coalesce($2, name), coalesce($3, slug), coalesce($4, max_users), coalesce($5, status))`,
		id, change.Name, change.Slug, change.MaxUsers, change.Status)
	if err != nil {
		return nil, err
	}
	after, err := scanTenant(tx.QueryRow(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.id = $1`, id))
	if err != nil || after.Version == before.Version {
		return nil, err
	}
	changes := []tenancy.Change{{Key: tenancy.Key{Tenant: id}, Names: renamed(before, after)}}
	return changes, s.audit(ctx, tx, entry{by: caller, tenant: id, action: actionOf(before, after), target: "tenant:" + id.String(),
		detail: differences(before, after, change)})
}

// changeDomain writes down which domain is to be proven, or ends the one in force.
func changeDomain(ctx context.Context, tx pgx.Tx, t tenancy.Tenant, change tenancy.TenantChange) error {
	switch wanted := change.Domain; {
	case wanted == nil:
		return nil
	case *wanted == "":
		_, err := tx.Exec(ctx, `
			UPDATE tenants SET domain = NULL, domain_verified_at = NULL, pending_domain = NULL, domain_token = NULL
			WHERE id = $1 AND (domain IS NOT NULL OR pending_domain IS NOT NULL)`, t.ID)
		return err
	case *wanted == t.Domain:
		_, err := tx.Exec(ctx, `UPDATE tenants SET pending_domain = NULL, domain_token = NULL WHERE id = $1 AND pending_domain IS NOT NULL`, t.ID)
		return err
	default:
		var taken bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenants WHERE domain = $1)`, *wanted).Scan(&taken); err != nil {
			return err
		}
		if taken {
			return tenancy.ErrDomainTaken
		}
		// Asked for again, it keeps its token: the record may be in the zone already.
		_, err := tx.Exec(ctx, `
			UPDATE tenants SET pending_domain = $2, domain_token = $3 WHERE id = $1 AND pending_domain IS DISTINCT FROM $2`,
			t.ID, *wanted, change.DomainToken)
		return err
	}
}

// renamed returns the names that may be another tenant's from now on.
func renamed(before, after tenancy.Tenant) (names []tenancy.Name) {
	if before.Slug != after.Slug {
		names = append(names, tenancy.Name{Kind: tenancy.BySlug, Value: before.Slug}, tenancy.Name{Kind: tenancy.BySlug, Value: after.Slug})
	}
	if before.Domain != after.Domain {
		for _, domain := range []string{before.Domain, after.Domain} {
			if domain != "" {
				names = append(names, tenancy.Name{Kind: tenancy.ByDomain, Value: domain})
			}
		}
	}
	return names
}

func actionOf(before, after tenancy.Tenant) string {
	switch {
	case before.Status == after.Status:
		return "tenant.changed"
	case after.Status == tenancy.StatusSuspended:
		return "tenant.suspended"
	}
	return "tenant.activated"
}

// differences says what has changed, with what it was.
func differences(before, after tenancy.Tenant, change tenancy.TenantChange) map[string]string {
	detail := map[string]string{}
	differ := func(name, was, is string) {
		if was != is {
			detail[name], detail[name+"_before"] = is, was
		}
	}
	differ("name", before.Name, after.Name)
	differ("slug", before.Slug, after.Slug)
	differ("domain", before.Domain, after.Domain)
	differ("status", string(before.Status), string(after.Status))
	differ("max_users", strconv.Itoa(before.MaxUsers), strconv.Itoa(after.MaxUsers))
	if change.Domain != nil && *change.Domain != after.Domain {
		detail["pending_domain"] = *change.Domain
	}
	return detail
}
