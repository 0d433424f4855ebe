package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// sessionSettings bound what the server does for us, so that a lock or a plan
// gone wrong costs one request and not a connection. The DSN may set others.
// They are set when a connection is there: as startup parameters PgBouncer
// refuses them.
var sessionSettings = map[string]string{
	"statement_timeout":                   "4s",
	"lock_timeout":                        "3s",
	"idle_in_transaction_session_timeout": "10s",
}

var errStandby = errors.New("the server is a standby (in recovery), which shows changes later than they are made: name the primary")

// bound gives a connection a time limit to come about, and its name.
func bound(config *pgx.ConnConfig) {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	if _, set := config.RuntimeParams["application_name"]; !set {
		config.RuntimeParams["application_name"] = "tenantgate"
	}
}

// enterRole makes a fresh connection work as tenantgate_app, and prepares what
// every request may need, so that its first use costs no round trip more.
func enterRole(ctx context.Context, conn *pgx.Conn) error {
	useUTC(conn)
	if err := enterSession(ctx, conn); err != nil {
		return err
	}
	for _, sql := range []string{enterSQL, membershipsSQL, slugSQL, domainSQL, currentTenantSQL} {
		if _, err := conn.Prepare(ctx, sql, sql); err != nil {
			return fmt.Errorf("preparing statement: %w", err)
		}
	}
	return nil
}

func useUTC(conn *pgx.Conn) {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
}

// enterSession takes the role and the settings of a session, in one round trip,
// and refuses a standby.
func enterSession(ctx context.Context, conn *pgx.Conn) error {
	var sql strings.Builder
	sql.WriteString("SET ROLE tenantgate_app;")
	for _, name := range slices.Sorted(maps.Keys(sessionSettings)) {
		if _, set := conn.Config().RuntimeParams[name]; !set {
			fmt.Fprintf(&sql, "SET %s = '%s';", name, sessionSettings[name])
		}
	}
	standby, err := ask(ctx, conn, sql.String()+"SELECT pg_is_in_recovery()")
	switch code(err) {
	case "22023", "42704": // no such role: nobody has migrated any database of this server
		return errUnmigrated
	case "42501":
		user := pgx.Identifier{conn.Config().User}.Sanitize()
		return fmt.Errorf("database: %s may not act as tenantgate_app; as a superuser run: GRANT tenantgate_app TO %s", user, user)
	}
	if err == nil && standby == "t" {
		return errStandby
	}
	return err
}

// ask sends statements as one simple query, which leaves nothing prepared, and
// returns the first value of the last one, as text.
func ask(ctx context.Context, conn *pgx.Conn, sql string) (string, error) {
	results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", err
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0]), nil
	}
	return "", nil
}

// dealsTransactions reports whether conn leads through a pooler that gives out a
// server for no longer than a transaction: then two connections of ours meet the
// same server, or one meets two.
func dealsTransactions(ctx context.Context, conn *pgx.Conn) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	other, err := pgx.ConnectConfig(ctx, conn.Config())
	if err != nil {
		return false, fmt.Errorf("opening a second connection: %w", err)
	}
	defer other.Close(context.WithoutCancel(ctx))
	const pid = "SELECT pg_backend_pid()"
	for range 3 { // other clients of the pooler may come in between
		var pids [3]string
		for i, question := range []struct {
			conn *pgx.Conn
			sql  string
		}{{conn, pid}, {other, "BEGIN;" + pid}, {conn, pid}} {
			if pids[i], err = ask(ctx, question.conn, question.sql); err != nil {
				return false, fmt.Errorf("looking for a pooler: %w", err)
			}
		}
		if _, err := ask(ctx, other, "ROLLBACK"); err != nil {
			return false, fmt.Errorf("looking for a pooler: %w", err)
		}
		if pids[0] == pids[1] || pids[0] != pids[2] {
			return true, nil
		}
	}
	return false, nil
}

// ErrDealsTransactions is what CheckSession returns.
var ErrDealsTransactions = errors.New("it leads through a pooler that gives out transactions (PgBouncer with pool_mode=transaction), where nothing that is listened for is heard: " +
	"set database_direct to an address of the primary that gives out sessions")

// CheckSession returns ErrDealsTransactions where a DSN does not lead to sessions
// of Postgres, which [Listen] needs.
func CheckSession(ctx context.Context, dsn string) error {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return badDSN(err)
	}
	bound(config.ConnConfig)
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return translate("connecting", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	deals, err := dealsTransactions(ctx, conn)
	if err == nil && deals {
		return ErrDealsTransactions
	}
	return translate("connecting", err)
}

// dealt makes a pool do with transactions: nothing that lasts longer is asked of
// a connection. That the login role is tenantgate_app from the start is checked
// when a connection is made.
func dealt(config *pgxpool.Config) {
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe // prepares nothing that has a name
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		useUTC(conn)
		return checkDealt(ctx, conn)
	}
}

// checkDealt refuses a login role that is not tenantgate_app from the start of
// each session: SET ROLE would hold for one statement, and then for other clients.
func checkDealt(ctx context.Context, conn *pgx.Conn) error {
	standing, err := ask(ctx, conn, `SELECT CASE
		WHEN pg_is_in_recovery() THEN 'standby'
		WHEN current_user <> 'tenantgate_app' OR NOT EXISTS (
			SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
			WHERE r.rolname = session_user AND 'role=tenantgate_app' = ANY(s.setconfig)) THEN 'role'
		ELSE 'fit' END`)
	switch {
	case err != nil:
		return err
	case standing == "standby":
		return errStandby
	case standing == "role":
		user := pgx.Identifier{conn.Config().User}.Sanitize()
		return fmt.Errorf("database: the pooler gives out transactions (PgBouncer with pool_mode=transaction), where SET ROLE does not last: "+
			"set pool_mode=session for this database; or as a superuser run: GRANT tenantgate_app TO %s; ALTER ROLE %s SET role = 'tenantgate_app' "+
			"(and have the pooler connect anew)", user, user)
	}
	return nil
}

// code returns the SQLSTATE of err, or "" where the server sent none.
func code(err error) string {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code
	}
	return ""
}
