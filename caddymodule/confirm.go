package caddymodule

import (
	"context"
	"fmt"
	"time"

	"github.com/tenantgate/tenantgate/internal/feed"
	"github.com/tenantgate/tenantgate/internal/postgres"
)

// confirmed is an operation that is over when no gateway serves any more what it
// took away, as an endpoint answers only then: each has obeyed, or has let its
// lease run out.
func confirmed(do operation) operation {
	return func(ctx context.Context, store *postgres.Store, args []string) (any, []string, error) {
		value, lines, err := do(ctx, store, args)
		if err != nil {
			return nil, nil, err
		}
		return value, lines, confirm(ctx, store)
	}
}

func confirm(ctx context.Context, store *postgres.Store) error {
	replicas, err := store.Replicas(ctx)
	if err != nil {
		return fmt.Errorf("it is done, but which gateways there are to wait for: %w", err)
	}
	var longest time.Duration
	for _, r := range replicas {
		longest = max(longest, r.Lease)
	}
	if longest > 0 {
		// A command believes nothing, and hears nothing: it only asks who has.
		feed.New(feed.Config{Lease: longest, Replicas: store.Replicas, Unheard: store.Unheard}).Confirm(ctx)
	}
	return nil
}
