package postgres

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// What bounds a search: so many people on the platform are looked up in the
// tenant, or so many members are looked at, whatever the tenant's size.
const (
	searchedPeople  = 2000
	searchedMembers = 10_000
)

// What a text may begin, each with an index on users. Postgres folds the case of
// the text as that of the columns, or the two could differ.
const (
	emailBegins = `(u.email >= lower($4) AND u.email < lower($4) || chr(1114111))`
	nameBegins  = `(lower(u.name) COLLATE "C" >= lower($4) AND lower(u.name) COLLATE "C" < lower($4) || chr(1114111))`
	lastBegins  = `(lower(substring(u.name from '[^[:space:]]+$')) COLLATE "C" >= lower($4) AND ` +
		`lower(substring(u.name from '[^[:space:]]+$')) COLLATE "C" < lower($4) || chr(1114111))`
)

// searchMembers goes the cheaper of two ways. Where few people on the platform
// match, it looks for each in the tenant. Where many do, it walks through the
// members, but for a part of a large tenant at a time: the page is short then,
// and says where the next one begins.
func searchMembers(ctx context.Context, tx pgx.Tx, id tenancy.TenantID, filter tenancy.MemberFilter) (page tenancy.MemberPage, err error) {
	people, err := peopleNamed(ctx, tx, filter.Text)
	if err != nil {
		return page, err
	}
	if len(people) <= searchedPeople {
		page.Members, err = memberRows(ctx, tx, rareSQL(filter), id, filter.After, filter.Limit, people)
		return page, err
	}
	page.Members, err = memberRows(ctx, tx, commonSQL(filter), id, filter.After, filter.Limit, filter.Text)
	if err != nil || len(page.Members) == filter.Limit {
		return page, err
	}
	err = tx.QueryRow(ctx, `SELECT m.id FROM tenant_users m WHERE `+membersAfter(filter)+` ORDER BY m.id LIMIT 1 OFFSET $3`,
		id, filter.After, searchedMembers-1).Scan(&page.More)
	if missing(err) {
		err = nil // that was all
	}
	return page, err
}

// Each of the three stops by itself, and so goes by its index.
var peopleSQL = strings.NewReplacer("$4", "$1", "$limit", strconv.Itoa(searchedPeople+1)).Replace(`
	SELECT id FROM (
		(SELECT u.id FROM users u WHERE ` + emailBegins + ` LIMIT $limit)
		UNION ALL (SELECT u.id FROM users u WHERE ` + nameBegins + ` LIMIT $limit)
		UNION ALL (SELECT u.id FROM users u WHERE ` + lastBegins + ` LIMIT $limit)
	) p LIMIT $limit`)

// peopleNamed returns the people a text may mean, some of them more than once;
// more than searchedPeople: and others.
func peopleNamed(ctx context.Context, tx pgx.Tx, text string) ([]tenancy.UserID, error) {
	rows, err := tx.Query(ctx, peopleSQL, text)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[tenancy.UserID])
}

// rareSQL looks each of the people $4 up by itself: left to choose, Postgres
// would rather walk through the members until it had met enough of them.
func rareSQL(filter tenancy.MemberFilter) string {
	return `SELECT ` + memberColumns + ` FROM (SELECT DISTINCT unnest($4::uuid[]) AS id) p
		CROSS JOIN LATERAL (SELECT * FROM tenant_users m WHERE m.user_id = p.id AND ` + membersAfter(filter) + ` OFFSET 0) m
		JOIN users u ON u.id = m.user_id ORDER BY m.id LIMIT $3`
}

func commonSQL(filter tenancy.MemberFilter) string {
	return `SELECT ` + memberColumns + `
		FROM (SELECT * FROM tenant_users m WHERE ` + membersAfter(filter) + ` ORDER BY m.id LIMIT ` + strconv.Itoa(searchedMembers) + `) m
		JOIN users u ON u.id = m.user_id
		WHERE ` + emailBegins + ` OR ` + nameBegins + ` OR ` + lastBegins + ` ORDER BY m.id LIMIT $3`
}
