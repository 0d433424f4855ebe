package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// effort is how long and how often is measured.
type effort struct {
	rounds int
	long   time.Duration // of one measurement
	warm   time.Duration // before it
	// profiles is a folder to profile into instead; empty: measure.
	profiles string
}

// measured is a subject in a scenario, with what it has shown.
type measured struct {
	contestant
	load    load
	running *running
	rounds  []Round
}

// measure runs a scenario: the subjects take turns, so that what disturbs the
// machine disturbs all of them.
func (w *world) measure(ctx context.Context, s scenario, e effort) (_ Scenario, err error) {
	common, err := s.prepare(ctx, w)
	if err != nil {
		return Scenario{}, err
	}
	var all []*measured
	for _, c := range s.subjects {
		if c.needs != "" && w.peers[c.needs].path == "" {
			continue
		}
		m := &measured{contestant: c, load: common}
		if c.adapt != nil {
			if m.load, err = c.adapt(w, common); err != nil {
				return Scenario{}, err
			}
		}
		all = append(all, m)
		defer m.stop()
		if !s.anew {
			if err := m.begin(ctx, w); err != nil {
				return Scenario{}, err
			}
		}
	}
	if e.profiles != "" {
		for _, m := range all {
			if err := m.profile(ctx, w, e.profiles, s.name, e.long); err != nil {
				return Scenario{}, err
			}
		}
		return Scenario{}, nil
	}
	for round := range e.rounds {
		order := slices.Clone(all)
		if round%2 == 1 {
			slices.Reverse(order) // who runs after whom must not decide
		}
		for _, m := range order {
			if err := m.round(ctx, w, s, e); err != nil {
				return Scenario{}, fmt.Errorf("%s: %w", m.name, err)
			}
		}
	}
	return summarise(s, e, all), nil
}

// begin starts the subject, and makes sure that it does what it is compared for.
func (m *measured) begin(ctx context.Context, w *world) (err error) {
	if m.running, err = m.start(ctx, w); err != nil {
		return err
	}
	if err := m.verify(ctx, m.running, m.load); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	if m.warm != nil {
		w.say("warming %s", m.name)
		return m.warm(ctx, w, m.running, m.load)
	}
	return nil
}

func (m *measured) stop() {
	if m.running != nil {
		m.running.stop()
		m.running = nil
	}
}

// round measures the subject once.
func (m *measured) round(ctx context.Context, w *world, s scenario, e effort) error {
	offset := 0
	if s.anew {
		if err := m.begin(ctx, w); err != nil {
			return err
		}
		defer m.stop()
	}
	warm, err := m.load.send(ctx, w, m.running, e.warm, offset)
	if err != nil {
		return err
	}
	offset = warm.requests + connections // those under way when it ended
	before, err := m.running.cpu()
	if err != nil {
		return err
	}
	seen, err := m.load.send(ctx, w, m.running, e.long, offset)
	if err != nil {
		return err
	}
	after, err := m.running.cpu()
	if err != nil {
		return err
	}
	if s.anew && m.remembers && offset+seen.requests > unseen {
		return fmt.Errorf("it served %d requests, and there are %d new tokens: measure for less long", offset+seen.requests, unseen)
	}
	resident, err := m.running.resident()
	if err != nil {
		return err
	}
	round := Round{
		CPU:  float64((after - before).Microseconds()) / float64(seen.requests),
		Rate: seen.rate, P50: seen.p50.Microseconds(), P99: seen.p99.Microseconds(), Resident: resident,
	}
	m.rounds = append(m.rounds, round)
	w.say("%-16s %-28s %6.1f µs CPU  %6.0f requests/s  p50 %5d µs  p99 %6d µs", s.name, m.name, round.CPU, round.Rate, round.P50, round.P99)
	return nil
}

// warmAll asks a subject n different things, once each.
func warmAll(n int) func(context.Context, *world, *running, load) error {
	return func(ctx context.Context, w *world, r *running, l load) error { return l.each(ctx, w, r, n) }
}
