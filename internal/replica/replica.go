// Package replica assembles what every gateway process has one of: the store,
// the caches in front of it, and the change feed that keeps them true.
package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/cache"
	"github.com/tenantgate/tenantgate/internal/feed"
	"github.com/tenantgate/tenantgate/internal/postgres"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Config says what a replica is made of.
type Config struct {
	Database string // DSN of the pool
	// Direct is the DSN of the feed's own connection, where Database leads through a
	// pooler that gives out transactions; empty: Database.
	Direct string
	Redis  string // URL; empty: none
	Lease  time.Duration
	Local  cache.Config      // of each cache in process; Hearing is set here
	Shared cache.RedisConfig // Hearing is set here
	Log    *slog.Logger      // nil: slog.Default

	// The rest is for tests, which put faults in between; nil: nothing.
	Session     func(feed.Session) feed.Session
	Hearing     func(tenancy.Hearing) tenancy.Hearing
	Memberships func(tenancy.Memberships) tenancy.Memberships // in front of the store
	Obey        func(obey func(context.Context, ...tenancy.Change)) func(context.Context, ...tenancy.Change)
	Now         func() time.Time // of feed and caches
}

// Replica is one of several gateways on a database. It is safe for concurrent use.
type Replica struct {
	Store       *postgres.Store
	Client      *cache.Client // nil: no Redis
	Redis       *cache.Redis  // nil: no Redis
	Memberships *cache.Local
	Directory   *cache.Directory
	Identities  *cache.Identities
	Feed        *feed.Feed

	closing func() error
}

// Open connects to Postgres and to the feed; Redis may come later. Errors name
// the setting.
func Open(ctx context.Context, config Config) (*Replica, error) {
	store, err := postgres.Open(ctx, config.Database, postgres.Options{Logger: config.Log})
	if err != nil {
		return nil, err
	}
	r := &Replica{Store: store}
	r.closing = sync.OnceValue(r.disconnect)
	if err := r.assemble(ctx, config); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Replica) assemble(ctx context.Context, config Config) (err error) {
	r.Feed = feed.New(r.feedConfig(config))
	var hearing tenancy.Hearing = r.Feed
	if config.Hearing != nil {
		hearing = config.Hearing(hearing)
	}
	config.Local.Hearing, config.Shared.Hearing = hearing, hearing
	if config.Now != nil {
		config.Local.Now, config.Shared.Now = config.Now, config.Now
	}
	var truth tenancy.Memberships = r.Store
	if config.Memberships != nil {
		truth = config.Memberships(truth)
	}
	if config.Redis != "" {
		if r.Client, err = cache.NewClient(config.Redis); err != nil {
			return err
		}
		r.Redis = cache.NewRedis(truth, r.Client, config.Shared)
		truth = r.Redis
	}
	r.Memberships = cache.NewLocal(truth, config.Local)
	r.Directory = cache.NewDirectory(r.Store, config.Local)
	r.Identities = cache.NewIdentities(r.Store, config.Local)
	if err := r.hear(ctx, config); err != nil {
		return fmt.Errorf("change feed (database_direct, or else database): %w", err)
	}
	r.Store.OnWrite(r.Feed.Wrote)
	return nil
}

func (r *Replica) hear(ctx context.Context, config Config) error {
	if err := postgres.CheckSession(ctx, config.direct()); err != nil {
		return err
	}
	return r.Feed.Start(ctx)
}

func (c Config) direct() string { return cmp.Or(c.Direct, c.Database) }

func (r *Replica) feedConfig(config Config) feed.Config {
	obey := r.forget
	if config.Obey != nil {
		obey = config.Obey(obey)
	}
	return feed.Config{
		ID: uuid.Must(uuid.NewV7()), Name: name(), Lease: config.Lease, Log: config.Log, Now: config.Now,
		Dial:     func(ctx context.Context) (feed.Session, error) { return dial(ctx, config) },
		Replicas: r.Store.Replicas, Unheard: r.Store.Unheard,
		Obey: obey,
	}
}

func dial(ctx context.Context, config Config) (feed.Session, error) {
	listener, err := postgres.Listen(ctx, config.direct())
	if err != nil {
		return nil, err
	}
	if config.Session != nil {
		return config.Session(listener), nil
	}
	return listener, nil
}

// name is what people see of a replica in the table replicas.
func name() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

// forget makes the caches forget.
func (r *Replica) forget(ctx context.Context, changes ...tenancy.Change) {
	r.Memberships.Invalidate(ctx, changes...)
	r.Directory.Invalidate(ctx, changes...)
	r.Identities.Invalidate(ctx, changes...)
}

// Invalidate makes this replica obey the changes of a write of its own and,
// where something was taken away, waits until the others have. It is what
// manage.Service has for Caches.
func (r *Replica) Invalidate(ctx context.Context, changes ...tenancy.Change) {
	r.Feed.Obey(ctx, changes...)
	for _, change := range changes {
		if !change.Gives {
			r.Feed.Await(ctx)
			return
		}
	}
}

// Confirm waits until what anybody has taken away so far is served by no replica
// any more. It is what manage.Service has for Confirm.
func (r *Replica) Confirm(ctx context.Context) { r.Feed.Confirm(ctx) }

// Close ends what is believed, gives back what the memberships are in, and
// disconnects.
func (r *Replica) Close() error { return r.closing() }

func (r *Replica) disconnect() (err error) {
	if r.Feed != nil {
		r.Feed.Close()
	}
	if r.Memberships != nil {
		r.Memberships.Close()
	}
	r.Store.Close()
	if r.Client != nil {
		if err = r.Client.Close(); err != nil {
			return fmt.Errorf("closing Redis: %w", err)
		}
	}
	return nil
}

var _ tenancy.Invalidator = (*Replica)(nil)
