package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// The version is the sum of three counts that only grow; see "Versions" in
// 001_initial_schema.sql. An address that is only claimed is not told to anybody
// who trusts it: it is as good as none. Purging a tenant or a user outright is the one thing
// that makes it smaller, and leaves nothing to be a member of. An ended session is
// told of for tenancy.MaxTokenLife and an hour for leeways; 65 is MaxEnded and one.
const (
	membershipColumns = `
	SELECT k.user_id, coalesce(t.slug, ''), coalesce(t.status, ''),
	       CASE WHEN u.email_verified_at IS NULL THEN '' ELSE u.email END, coalesce(u.status, ''),
	       coalesce(m.role, ''), coalesce(m.status, ''),
	       coalesce(t.version, 0) + coalesce(u.version, 0) + coalesce(m.version, 0),
	       coalesce(ceil(extract(epoch FROM u.tokens_not_before) * 1000), 0)::bigint,
	       (SELECT string_agg(uuid_send(e.id), NULL ORDER BY e.id DESC)
	        FROM (SELECT s.id FROM sessions s WHERE s.user_id = k.user_id AND s.ended_at > now() - interval '25 hours'
	              ORDER BY s.id DESC LIMIT 65) e)
	FROM `
	membershipJoins = `
	LEFT JOIN tenants t ON t.id = k.tenant_id
	LEFT JOIN users u ON u.id = k.user_id
	LEFT JOIN tenant_users m ON m.tenant_id = k.tenant_id AND m.user_id = k.user_id`

	membershipSQL  = membershipColumns + `(SELECT $1::uuid AS user_id, $2::uuid AS tenant_id) k` + membershipJoins
	membershipsSQL = membershipColumns + `(SELECT unnest($1::uuid[]) AS user_id, $2::uuid AS tenant_id) k` + membershipJoins
)

func scanMembership(row pgx.Row, tenant tenancy.TenantID) (tenancy.Membership, error) {
	m := tenancy.Membership{Key: tenancy.Key{Tenant: tenant}}
	var role string
	var ended []byte
	err := row.Scan(&m.User, &m.TenantSlug, &m.TenantStatus, &m.Email, &m.UserStatus, &role, &m.Status, &m.Version,
		&m.Signouts.NotBefore, &ended)
	m.Role = roleNamed(role)
	m.Signouts.Ended = tenancy.SessionSet(ended)
	// One more than are told apart, the newest first: the last stands for the rest.
	if size := len(m.Signouts.Through); len(ended) > tenancy.MaxEnded*size {
		m.Signouts.Ended = tenancy.SessionSet(ended[:tenancy.MaxEnded*size])
		m.Signouts.Through = tenancy.SessionID(ended[tenancy.MaxEnded*size:])
	}
	return m, err
}

// roleNamed reads a stored role. One that this binary does not know, as a newer
// one might write it, is no role.
func roleNamed(stored string) tenancy.Role {
	role, err := tenancy.ParseRole(stored)
	if err != nil {
		return tenancy.RoleNone
	}
	return role
}
