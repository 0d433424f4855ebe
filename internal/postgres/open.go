package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	startWithin   = 10 * time.Second // Postgres may come up after us, but not much
	connectWithin = 3 * time.Second
	answerWithin  = 5 * time.Second // one store method, retries included
)

// Store keeps the state of the gateway. It is safe for concurrent use, and
// recovers by itself when Postgres was away.
type Store struct {
	pool  *pgxpool.Pool
	newID func() [16]byte

	onWrite atomic.Pointer[func(uint64)]
	lookups lookups
}

// Options are what a Store needs besides the DSN.
type Options struct {
	// Logger hears of waiting for Postgres at the start; nil: slog.Default().
	Logger *slog.Logger
}

// Open connects to the database that dsn names: a postgres:// URL or key=value
// pairs, pool_max_conns and its kin included. It waits up to ten seconds for
// Postgres to be there, or less where ctx ends sooner, and returns an error
// that says what to do where it stays away or its schema is not the one this
// binary knows. Afterwards Postgres may come and go.
func Open(ctx context.Context, dsn string, options Options) (*Store, error) {
	config, err := poolConfig(dsn)
	if err != nil {
		return nil, err
	}
	deals, err := inspect(ctx, config.ConnConfig, options.logger())
	if err != nil {
		return nil, err
	}
	if deals {
		options.logger().InfoContext(ctx, "database: a pooler gives out transactions; statements are not prepared")
		dealt(config)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("database: opening pool: %w", err)
	}
	return &Store{pool: pool, newID: func() [16]byte { return uuid.Must(uuid.NewV7()) }}, nil
}

// CheckDSN reports what is wrong with a DSN, without connecting.
func CheckDSN(dsn string) error {
	_, err := poolConfig(dsn)
	return err
}

func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

// Close waits for what is under way and closes every connection.
func (s *Store) Close() { s.pool.Close() }

// Ping reports whether Postgres answers: nil or tenancy.ErrUnavailable, wrapped.
func (s *Store) Ping(ctx context.Context) error {
	return s.read(ctx, "pinging database", s.pool.Ping)
}

func poolConfig(dsn string) (*pgxpool.Config, error) {
	if dsn == "" {
		return nil, errors.New("database: DATABASE_URL is empty")
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, badDSN(err)
	}
	bound(config.ConnConfig)
	if !strings.Contains(dsn, "pool_max_conns") {
		config.MaxConns = 16
	}
	config.MaxConnLifetimeJitter = config.MaxConnLifetime / 10
	config.AfterConnect = enterRole
	// No ping before a query: the look-up of a membership is one round trip. A
	// connection that turns out dead is met by trying once more, on one that is
	// known to live (see freshly).
	config.ShouldPing = func(ctx context.Context, _ pgxpool.ShouldPingParams) bool { return wantsFresh(ctx) }
	config.PingTimeout = time.Second
	return config, nil
}

// badDSN says what is wrong with a DSN without quoting it. What pgx says quotes
// it, and masks a password only where it can tell which part that is.
func badDSN(err error) error {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("database: a file that DATABASE_URL names: %w", file)
	}
	return errors.New("database: DATABASE_URL cannot be read: want postgres://user:password@host:port/name " +
		"(special characters of the password percent-encoded) or key=value pairs")
}

// await calls ping until Postgres answers, and gives up at once on an answer
// that waiting does not change, such as a wrong password.
func await(ctx context.Context, logger *slog.Logger, ping func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	retry := time.NewTicker(200 * time.Millisecond)
	defer retry.Stop()
	for attempt := 1; ; attempt++ {
		err := ping(ctx)
		if err == nil {
			return nil
		}
		if !comingUp(err) {
			return fmt.Errorf("database: %w", err)
		}
		if attempt == 1 {
			logger.WarnContext(ctx, "waiting for Postgres", "error", err)
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return fmt.Errorf("database: Postgres is not there (DATABASE_URL): %w", err)
		}
	}
}
