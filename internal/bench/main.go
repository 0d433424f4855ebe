// Command bench measures what the gateway costs, next to what it is built on and
// to other ways to do its work: plain reverse_proxy of our own binary, HAProxy
// with jwt_verify, nginx with auth_request to a gate of ours. All of them stand
// in front of one upstream, take the same requests from one client, and take
// turns. It starts all it needs on loopback, and stops it.
//
// Usage: go run ./internal/bench [-short] [-only REGEXP] [-rounds N] [-seconds N] [-within D]
//
// The figure that counts is the processor time of a request: user and system
// time of all processes of a proxy, by the requests that it served. Unlike
// requests a second it says the same on a busy machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"
)

func main() {
	var o options
	flag.BoolVar(&o.short, "short", false, "a few minutes: the scenarios that say most, fewer rounds")
	only := flag.String("only", "", "measure the scenarios whose name this regular expression matches; the others keep what they have")
	subjects := flag.String("subjects", "", "measure the subjects whose name this regular expression matches, and keep nothing")
	flag.IntVar(&o.rounds, "rounds", 0, "how often each subject is measured (4; short: 3)")
	flag.IntVar(&o.seconds, "seconds", 3, "how long each time")
	flag.DurationVar(&o.within, "within", 28*time.Minute, "after that long no further scenario is begun; what is not measured keeps what it has")
	flag.StringVar(&o.binary, "binary", "bin/tenantgate", "the gateway")
	flag.StringVar(&o.results, "results", "docs/performance.json", "where the figures are kept")
	flag.StringVar(&o.page, "page", "docs/performance.md", "the page whose table and chart are renewed")
	flag.DurationVar(&o.soak, "soak", 0, "instead: load the gateway for that long, and watch its memory")
	flag.IntVar(&o.rate, "rate", 0, "of the soak, in requests a second; 0: 70 % of what it can")
	flag.StringVar(&o.profiles, "profiles", "", "instead: write CPU profiles of the Caddy subjects into this folder")
	flag.BoolVar(&o.list, "list", false, "list the scenarios")
	flag.BoolVar(&o.render, "render", false, "write the page from the figures that are kept")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := o.choose(*only, *subjects)
	if err == nil {
		err = o.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	short, list, render   bool
	rounds, seconds, rate int
	soak, within          time.Duration
	binary, results, page string
	profiles              string
	chosen                []scenario
	partial               bool // some subjects are left out: keep nothing
}

// choose picks scenarios, and subjects in them.
func (o *options) choose(only, subjects string) error {
	among, err := regexp.Compile(subjects)
	if err != nil {
		return fmt.Errorf("-subjects: %w", err)
	}
	o.partial = subjects != ""
	pattern, err := regexp.Compile("^(?:" + only + ")$")
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	for _, s := range scenarios() {
		s.subjects = slices.DeleteFunc(s.subjects, func(c contestant) bool { return !among.MatchString(c.name) })
		if only == "" && (s.short || !o.short) || only != "" && pattern.MatchString(s.name) {
			o.chosen = append(o.chosen, s)
		}
	}
	if len(o.chosen) == 0 {
		return errors.New("-only matches no scenario: see -list")
	}
	return nil
}

func (o *options) effort() effort {
	e := effort{rounds: o.rounds, long: time.Duration(o.seconds) * time.Second, warm: time.Second, profiles: o.profiles}
	if e.rounds == 0 {
		e.rounds = 4
		if o.short {
			e.rounds = 3
		}
	}
	return e
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func (o *options) run(ctx context.Context) error {
	switch {
	case o.list:
		for _, s := range scenarios() {
			say("%-16s %s", s.name, s.title)
		}
		return nil
	case o.render:
		report, err := readReport(o.results)
		if err != nil {
			return err
		}
		return report.publish(o.page)
	}
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return err
	}
	w, err := newWorld(ctx, ".", binary, say)
	if err != nil {
		return err
	}
	defer w.close()
	if o.soak > 0 {
		return o.watch(ctx, w)
	}
	return o.compare(ctx, w)
}

// compare measures the chosen scenarios, and keeps each as soon as it is there.
// One that fails is told of, and does not keep the others from being measured.
func (o *options) compare(ctx context.Context, w *world) error {
	machine, began := w.describe(ctx), time.Now()
	var failed []error
	for _, s := range o.chosen {
		err := errTooLate
		if time.Since(began) < o.within {
			err = o.compareIn(ctx, w, s, machine)
		}
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed = append(failed, fmt.Errorf("%s: %w", s.name, err))
		say("%s could not be measured: %v", s.name, err)
		if o.partial || o.profiles != "" {
			continue
		}
		if err := o.keep(func(r *Report) { r.fail(s, err) }); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// longest is what a scenario may take: the one with a million memberships fills
// them in by asking for each.
const longest = 12 * time.Minute

var errTooLate = errors.New("there was no time left")

func (o *options) compareIn(ctx context.Context, w *world, s scenario, machine Machine) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	result, err := w.measure(ctx, s, o.effort())
	if err != nil || o.profiles != "" {
		return err
	}
	fmt.Fprintln(os.Stdout, result.brief())
	if o.partial {
		return nil
	}
	return o.keep(func(r *Report) { r.Machine = machine; r.add(result, scenarios()) })
}

// keep changes the report and renews the page.
func (o *options) keep(change func(*Report)) error {
	report, err := readReport(o.results)
	if err != nil {
		return err
	}
	change(&report)
	if err := report.write(o.results); err != nil {
		return err
	}
	return report.publish(o.page)
}
