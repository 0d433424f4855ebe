package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// pace sends a steady number of requests a second. Each has its time, from which
// its latency counts, whether or not those before it are done: a client that
// waits for slow answers before it asks on does not see them.
func (l load) pace(ctx context.Context, r *running, rate int, long time.Duration) (outcome, error) {
	tokens, err := readLines(l.tokens)
	if err != nil {
		return outcome{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, long+patience)
	defer cancel()
	total := int(long.Seconds() * float64(rate))
	due, took := make(chan time.Time, total), make([][]float64, connections*4)
	workers, ctx := errgroup.WithContext(ctx)
	for i := range took {
		workers.Go(func() error {
			c := &caller{addr: r.addr()}
			defer c.close()
			for at := range due {
				status, err := c.get(ctx, l.path, tokens[int(at.UnixMicro())%len(tokens)], [2]string{})
				if err == nil && status != http.StatusOK {
					err = fmt.Errorf("%w: status %d", errFailed, status)
				}
				if err != nil {
					return err
				}
				took[i] = append(took[i], float64(time.Since(at).Microseconds()))
			}
			return ctx.Err()
		})
	}
	began := time.Now()
	workers.Go(func() error { return feed(ctx, due, rate, total) })
	if err := workers.Wait(); err != nil {
		return outcome{}, err
	}
	var all []float64
	for _, some := range took {
		all = append(all, some...)
	}
	at := func(q float64) time.Duration { return time.Duration(quantile(all, q)) * time.Microsecond }
	return outcome{requests: total, rate: float64(total) / time.Since(began).Seconds(), p50: at(0.5), p99: at(0.99)}, nil
}

// feed hands out requests when they are due.
func feed(ctx context.Context, due chan<- time.Time, rate, total int) error {
	defer close(due)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for sent := 0; sent < total; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		for ; sent < min(total, int(time.Since(began).Seconds()*float64(rate))); sent++ {
			due <- began.Add(time.Duration(float64(sent) / float64(rate) * float64(time.Second)))
		}
	}
	return nil
}

// each sends the first n requests of a load once, as fast as they are answered:
// every pair of a token and a name is one.
func (l load) each(ctx context.Context, w *world, r *running, n int) error {
	tokens, err := readLines(l.tokens)
	if err != nil {
		return err
	}
	names := []string{""}
	if l.names != "" {
		if names, err = readLines(l.names); err != nil {
			return err
		}
	}
	workers, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for part := range connections {
		workers.Go(func() error {
			c := &caller{addr: r.addr()}
			defer c.close()
			for i := part; i < n; i += connections {
				token, name := l.pair(i, len(tokens), len(names))
				status, err := c.get(ctx, l.path, tokens[token], [2]string{l.header, names[name]})
				if err == nil && status != http.StatusOK {
					err = fmt.Errorf("%w: status %d", errFailed, status)
				}
				if err != nil {
					return fmt.Errorf("request %d of %d: %w", i, n, err)
				}
				if part == 0 && i > 0 && i%(connections<<11) == 0 {
					w.say("  %d of %d, %.0f a second", i, n, float64(i)/time.Since(began).Seconds())
				}
			}
			return nil
		})
	}
	return workers.Wait()
}

// pair returns the token and the name of a request, by its number: as load.lua does.
func (l load) pair(at, tokens, names int) (token, name int) {
	total := tokens * max(names, 1)
	if l.names == "" {
		return at % total, 0
	}
	at = at * stride % total
	return at / names, at % names
}

// stride is that of load.lua: prime, so that it leads over all pairs.
const stride = 7919

func (r *running) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }
