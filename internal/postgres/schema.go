package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/tenantgate/tenantgate/migrations"
)

// Migration is one version of the schema.
type Migration struct {
	Version   int64
	Name      string    // of its file; empty: this binary does not know it
	AppliedAt time.Time // zero: not yet
}

var errUnmigrated = errors.New("the database has no schema yet: run `tenantgate migrate up`")

// Migrate brings the schema of the database up to what this binary knows and
// returns what it applied, nothing where there was nothing to do. It works as
// the user of dsn, who has to own the schema. Any number of processes may call
// it at once: they take turns by an advisory lock.
func Migrate(ctx context.Context, dsn string) ([]Migration, error) {
	db, err := openForMigration(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	known, err := knownMigrations()
	if err != nil {
		return nil, err
	}
	version, err := schemaVersion(ctx, db.QueryRowContext)
	if err != nil {
		return nil, fmt.Errorf("database: reading schema version: %w", err)
	}
	if latest := latestOf(known); version > latest {
		return nil, checkVersion(version, latest)
	}
	provider, err := newProvider(db)
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrating database: %w", err)
	}
	applied := make([]Migration, len(results))
	for i, result := range results {
		applied[i] = Migration{Version: result.Source.Version, Name: result.Source.Path, AppliedAt: time.Now()}
	}
	return applied, nil
}

// newProvider returns what applies our migrations, one process at a time. The
// lock is tried every second: the default of goose is every five.
func newProvider(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300), lock.WithUnlockTimeout(1, 60))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, migrations.FS,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
}

// MigrationStatus lists every migration that this binary or the database knows,
// by version. It changes nothing.
func MigrationStatus(ctx context.Context, dsn string) ([]Migration, error) {
	db, err := openForMigration(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	list, err := knownMigrations()
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `SELECT version_id, tstamp FROM goose_db_version WHERE version_id > 0 AND is_applied ORDER BY version_id`)
	if code(err) == "42P01" { // undefined_table: never migrated
		return list, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing migrations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		var at time.Time
		if err := rows.Scan(&version, &at); err != nil {
			return nil, fmt.Errorf("listing migrations: %w", err)
		}
		list = markApplied(list, version, at)
	}
	return list, rows.Err()
}

func markApplied(list []Migration, version int64, at time.Time) []Migration {
	for i := range list {
		if list[i].Version == version {
			list[i].AppliedAt = at
			return list
		}
	}
	return append(list, Migration{Version: version, AppliedAt: at})
}

// CheckSchema returns an error that says what to do where the schema of the
// database is not the one this binary knows, or where row-level security would
// not hold for the gateway.
func CheckSchema(ctx context.Context, dsn string) error {
	config, err := poolConfig(dsn)
	if err != nil {
		return err
	}
	_, err = inspect(ctx, config.ConnConfig, slog.Default())
	return err
}

// inspect waits for Postgres and looks at what is there. It reports whether a
// pooler stands in between that gives out transactions.
func inspect(ctx context.Context, config *pgx.ConnConfig, logger *slog.Logger) (deals bool, err error) {
	config = config.Copy()
	config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe // as a pooler may want it
	var conn *pgx.Conn
	err = await(ctx, logger, func(ctx context.Context) (err error) {
		conn, err = pgx.ConnectConfig(ctx, config)
		return err
	})
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if deals, err = dealsTransactions(ctx, conn); err != nil {
		return false, fmt.Errorf("database: %w", err)
	}
	enter := enterSession
	if deals {
		enter = checkDealt
	}
	if err := enter(ctx, conn); err != nil {
		return false, err
	}
	return deals, checkSchema(ctx, conn)
}

func checkSchema(ctx context.Context, conn *pgx.Conn) error {
	known, err := knownMigrations()
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, conn.QueryRow)
	if err != nil {
		return fmt.Errorf("database: reading schema version: %w", err)
	}
	if err := checkVersion(version, latestOf(known)); err != nil {
		return err
	}
	return checkRowSecurity(ctx, conn)
}

// checkRowSecurity guards against the second wall having been taken down by
// hand: a role that was given BYPASSRLS, a table whose policies are disabled.
func checkRowSecurity(ctx context.Context, conn *pgx.Conn) error {
	var held bool
	const sql = `SELECT bool_and(row_security_active(name)) FROM unnest($1::text[]) name`
	if err := conn.QueryRow(ctx, sql, tenantOwned).Scan(&held); err != nil {
		return fmt.Errorf("database: checking row-level security: %w", err)
	}
	if !held {
		return errors.New("database: row-level security does not hold for tenantgate_app: the role bypasses it, or a table lost it")
	}
	return nil
}

// checkVersion compares the version of a schema with the latest that this
// binary knows.
func checkVersion(version, latest int64) error {
	switch {
	case version > latest:
		return fmt.Errorf("this binary knows up to %03d, the database is at %03d: use a newer binary", latest, version)
	case version == 0:
		return errUnmigrated
	case version < latest:
		return fmt.Errorf("the database is at %03d, this binary needs %03d: run `tenantgate migrate up`", version, latest)
	}
	return nil
}

// tenantOwned are the tables whose rows belong to tenants.
var tenantOwned = []string{"tenant_users", "tenant_configs", "invitations", "audit_log", "audit_heads"}

// schemaVersion returns the newest applied version; 0: none. Both pgx and
// database/sql ask it, by their own QueryRow.
func schemaVersion[Row interface{ Scan(...any) error }](
	ctx context.Context, queryRow func(context.Context, string, ...any) Row,
) (int64, error) {
	var version int64
	err := queryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	if state := code(err); state == "42P01" || state == "42501" { // not there, or there and never granted: begun, not done
		return 0, nil
	}
	return version, err
}

func latestOf(known []Migration) int64 { return known[len(known)-1].Version }

// knownMigrations lists what is embedded, by version.
func knownMigrations() ([]Migration, error) {
	names, err := fs.Glob(migrations.FS, "*.sql") // sorted
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	list := make([]Migration, len(names))
	for i, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("reading migrations: %w", err)
		}
		list[i] = Migration{Version: version, Name: name}
	}
	return list, nil
}

func openForMigration(ctx context.Context, dsn string) (*sql.DB, error) {
	if dsn == "" {
		return nil, errors.New("database: DATABASE_URL is empty")
	}
	config, err := pgxpool.ParseConfig(dsn) // which knows pool_max_conns and its kin
	if err != nil {
		return nil, badDSN(err)
	}
	config.ConnConfig.ConnectTimeout = connectWithin
	db := stdlib.OpenDB(*config.ConnConfig)
	if err := await(ctx, slog.Default(), db.PingContext); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
