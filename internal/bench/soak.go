package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// Soak is what a long load did to the gateway.
type Soak struct {
	Measured time.Time `json:"measured"`
	Command  string    `json:"command"`
	Rate     int       `json:"requests_per_second"`
	Most     float64   `json:"most_requests_per_second"` // what it can, as measured before
	Samples  []Sample  `json:"samples"`
}

// Sample is one interval of a soak.
type Sample struct {
	Seconds    int     `json:"seconds"` // since the start, at its end
	Served     int     `json:"served"`
	P50        int64   `json:"p50_us"`
	P99        int64   `json:"p99_us"`
	CPU        float64 `json:"cpu_us"`
	Resident   int64   `json:"resident_bytes"`
	Heap       int64   `json:"heap_bytes"` // in use, after a collection
	Goroutines int     `json:"goroutines"`
}

// watch loads the gateway at a steady rate with a thousand people and a new
// token now and then, and looks at it once an interval.
func (o *options) watch(ctx context.Context, w *world) error {
	m := measured{contestant: ours()}
	tokens, err := w.tokens("HS256", people, true)
	if err != nil {
		return err
	}
	m.load = load{method: http.MethodGet, path: smallPath, tokens: tokens}
	if err := m.begin(ctx, w); err != nil {
		return err
	}
	defer m.stop()
	most, err := m.load.send(ctx, w, m.running, 5*time.Second, 0)
	if err != nil {
		return err
	}
	soak := &Soak{Measured: time.Now().UTC().Truncate(time.Second), Rate: o.rate, Most: most.rate,
		Command: fmt.Sprintf("make bench-soak DURATION=%v RATE=%d", o.soak, o.rate)}
	if soak.Rate == 0 {
		soak.Rate = int(0.7 * most.rate)
	}
	interval := max(o.soak/30, 2*time.Second)
	say("at most %.0f requests/s; %v at %d requests/s", most.rate, o.soak, soak.Rate)
	for began := time.Now(); time.Since(began) < o.soak; {
		sample, err := m.sample(ctx, soak.Rate, interval)
		if err != nil {
			return err
		}
		sample.Seconds = int(time.Since(began).Seconds())
		say("%5d s  served %7d  p50 %5d µs  p99 %6d µs  %5.1f µs CPU  resident %4d MiB  heap %4d MiB  %d goroutines", sample.Seconds,
			sample.Served, sample.P50, sample.P99, sample.CPU, sample.Resident>>20, sample.Heap>>20, sample.Goroutines)
		soak.Samples = append(soak.Samples, sample)
	}
	return o.keep(func(r *Report) { r.Soak = soak })
}

// sample loads for one interval and looks.
func (m *measured) sample(ctx context.Context, rate int, interval time.Duration) (Sample, error) {
	before, err := m.running.cpu()
	if err != nil {
		return Sample{}, err
	}
	paced, err := m.load.pace(ctx, m.running, rate, interval)
	if err != nil {
		return Sample{}, err
	}
	after, err := m.running.cpu()
	if err != nil {
		return Sample{}, err
	}
	s := Sample{Served: paced.requests, P50: paced.p50.Microseconds(), P99: paced.p99.Microseconds(),
		CPU: float64((after - before).Microseconds()) / float64(paced.requests)}
	// To ask for the heap profile so is to collect garbage first.
	if _, _, err = fetch(ctx, "http://"+m.running.admin+"/debug/pprof/heap?gc=1", "", [2]string{}); err != nil {
		return s, err
	}
	_, text, err := fetch(ctx, "http://"+m.running.admin+"/metrics", "", [2]string{})
	if err != nil {
		return s, err
	}
	s.Heap, s.Goroutines = int64(metric(text, "go_memstats_heap_inuse_bytes")), int(metric(text, "go_goroutines"))
	s.Resident, err = m.running.resident()
	return s, err
}

// metric reads one value of Prometheus' text format.
func metric(text, name string) float64 {
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			n, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return n
		}
	}
	return -1
}

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
	type answered struct {
		took time.Duration
		err  error
	}
	total := int(long.Seconds() * float64(rate))
	due, answers := make(chan time.Time, total), make(chan answered, total)
	for range connections * 4 {
		go func() {
			for at := range due {
				status, _, err := fetch(ctx, r.url()+l.path, tokens[int(at.UnixMicro())%len(tokens)], [2]string{})
				if err == nil && status != http.StatusOK {
					err = fmt.Errorf("%w: status %d", errFailed, status)
				}
				answers <- answered{time.Since(at), err}
			}
		}()
	}
	go feed(ctx, due, rate, total)
	took := make([]float64, 0, total)
	for range total {
		select {
		case a := <-answers:
			if a.err != nil {
				return outcome{}, a.err
			}
			took = append(took, float64(a.took.Microseconds()))
		case <-ctx.Done():
			return outcome{}, ctx.Err()
		}
	}
	at := func(q float64) time.Duration { return time.Duration(quantile(took, q)) * time.Microsecond }
	return outcome{requests: total, rate: float64(rate), p50: at(0.5), p99: at(0.99)}, nil
}

// feed hands out requests when they are due.
func feed(ctx context.Context, due chan<- time.Time, rate, total int) {
	defer close(due)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for sent := 0; sent < total; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for ; sent < min(total, int(time.Since(began).Seconds()*float64(rate))); sent++ {
			due <- began.Add(time.Duration(float64(sent) / float64(rate) * float64(time.Second)))
		}
	}
}

func readLines(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []string
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines, scanner.Err()
}

// markdown is the soak as a paragraph and a table of every fifth interval.
func (s *Soak) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### Soak\n\n`%s`, %s: %d requests/s for %d minutes, which is %.0f %% of what the gateway could then.\n\n",
		s.Command, s.Measured.Format("2006-01-02 15:04 UTC"), s.Rate, s.Samples[len(s.Samples)-1].Seconds/60, 100*float64(s.Rate)/s.Most)
	b.WriteString("| minute | p50 ms | p99 ms | CPU µs a request | resident MiB | heap MiB | goroutines |\n|---|---|---|---|---|---|---|\n")
	for i, sample := range s.Samples {
		if i%5 == 0 || i == len(s.Samples)-1 {
			fmt.Fprintf(&b, "| %.0f | %.1f | %.1f | %.1f | %d | %d | %d |\n", float64(sample.Seconds)/60, float64(sample.P50)/1e3,
				float64(sample.P99)/1e3, sample.CPU, sample.Resident>>20, sample.Heap>>20, sample.Goroutines)
		}
	}
	return b.String()
}
