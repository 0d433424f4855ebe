package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// enterSQL names whose rows the rest of the transaction is about. It has to be
// a statement of its own: within one statement Postgres is free to evaluate the
// policies' current_setting before a set_config that stands to its left.
const enterSQL = `SELECT set_config($1, $2, true)`

// A scope is whose rows row-level security shows to a transaction.
type scope struct{ setting, id string }

// platform shows no tenant's rows.
var platform = scope{"app.tenant_id", ""}

func tenantRows(id tenancy.TenantID) scope { return scope{"app.tenant_id", id.String()} }

// ownRows shows a user's memberships in every tenant, to read.
func ownRows(id tenancy.UserID) scope { return scope{"app.user_id", id.String()} }

// addressRows shows the invitations of an address in every tenant, to read.
func addressRows(email tenancy.Email) scope { return scope{"app.email", string(email)} }

// platformLog shows the log of the platform, to read.
var platformLog = scope{"app.platform_log", "on"}

// enter adds a scope to that of a transaction, in place of one of its kind.
func enter(ctx context.Context, tx pgx.Tx, rows scope) error {
	_, err := tx.Exec(ctx, enterSQL, rows.setting, rows.id)
	return err
}

// transact runs do in one READ COMMITTED transaction over the rows of a scope,
// and translates its error.
func (s *Store) transact(ctx context.Context, doing string, rows scope, do func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return translate(doing, pgx.BeginFunc(ctx, beginner{s.pool}, func(tx pgx.Tx) error {
		if err := enter(ctx, tx, rows); err != nil {
			return err
		}
		watched := &writingTx{Tx: tx}
		if err := do(ctx, watched); err != nil {
			return err
		}
		for _, e := range watched.last {
			if err := s.writeEntry(ctx, watched, e); err != nil {
				return err
			}
		}
		if !watched.wrote {
			return nil
		}
		return s.tellWriting(ctx, tx)
	}))
}

// tellWriting tells OnWrite which transaction is about to commit: one whose
// commit is never answered may have happened all the same.
func (s *Store) tellWriting(ctx context.Context, tx pgx.Tx) error {
	onWrite := s.onWrite.Load()
	if onWrite == nil {
		return nil
	}
	var xid *uint64
	if err := tx.QueryRow(ctx, `SELECT pg_current_xact_id_if_assigned()::text::bigint`).Scan(&xid); err != nil || xid == nil {
		return err
	}
	(*onWrite)(*xid)
	return nil
}

// OnWrite has tell called with the transaction id of each writing transaction,
// before it commits.
func (s *Store) OnWrite(tell func(xid uint64)) { s.onWrite.Store(&tell) }

// writingTx notices statements that may write.
type writingTx struct {
	pgx.Tx
	wrote bool
	last  []entry // to be written when all else is done
}

func (t *writingTx) notice(sql string) {
	const reads = "SELECT"
	sql = strings.TrimLeft(sql, " \t\n")
	t.wrote = t.wrote || len(sql) < len(reads) || !strings.EqualFold(sql[:len(reads)], reads)
}

// Exec implements pgx.Tx.
func (t *writingTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	t.notice(sql)
	return t.Tx.Exec(ctx, sql, args...)
}

// Query implements pgx.Tx.
func (t *writingTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	t.notice(sql)
	return t.Tx.Query(ctx, sql, args...)
}

// QueryRow implements pgx.Tx.
func (t *writingTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	t.notice(sql)
	return t.Tx.QueryRow(ctx, sql, args...)
}

// SendBatch implements pgx.Tx.
func (t *writingTx) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	t.wrote = true
	return t.Tx.SendBatch(ctx, batch)
}

// beginner begins on a living connection: nothing has been done yet when BEGIN
// meets a dead one, so writes may try again as well.
type beginner struct{ pool *pgxpool.Pool }

func (b beginner) Begin(ctx context.Context) (tx pgx.Tx, err error) {
	err = freshly(ctx, func(ctx context.Context) error {
		tx, err = b.pool.Begin(ctx)
		return err
	})
	return tx, err
}

// read runs a query that may be asked twice, and translates its error.
func (s *Store) read(ctx context.Context, doing string, query func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return translate(doing, freshly(ctx, query))
}

type freshKey struct{}

func wantsFresh(ctx context.Context) bool { return ctx.Value(freshKey{}) != nil }

// freshly calls do, and once more where the connection was lost: after a restart
// of Postgres the pool is full of dead ones. The second call gets a connection
// that has just answered a ping; the pool drops those that do not.
func freshly(ctx context.Context, do func(context.Context) error) error {
	err := do(ctx)
	if err != nil && lostConnection(err) && ctx.Err() == nil {
		err = do(context.WithValue(ctx, freshKey{}, true))
	}
	return err
}

// orNull makes the zero id NULL.
func orNull[Kind any](id tenancy.ID[Kind]) any {
	if id.IsZero() {
		return nil
	}
	return id
}
