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
	Failed   string    `json:"failed,omitempty"` // why it ended early
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
		Command: fmt.Sprintf("make bench-soak DURATION=%v", o.soak)}
	if soak.Rate == 0 {
		soak.Rate = int(0.7 * most.rate)
	} else {
		soak.Command += fmt.Sprintf(" RATE=%d", o.rate)
	}
	interval := max(o.soak/30, 2*time.Second)
	say("at most %.0f requests/s; %v at %d requests/s", most.rate, o.soak, soak.Rate)
	for began := time.Now(); time.Since(began) < o.soak; {
		sample, err := m.sample(ctx, soak.Rate, interval)
		if err != nil {
			if len(soak.Samples) == 0 {
				return err
			}
			soak.Failed = err.Error() // what came before is worth keeping
			say("%v", err)
			break
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

// markdown is the soak as a paragraph and a table of its intervals.
func (s *Soak) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### Soak\n\n`%s`, %s: %d requests/s for %d minutes, which is %.0f %% of what the gateway could then.\n\n",
		s.Command, s.Measured.Format("2006-01-02 15:04 UTC"), s.Rate, s.Samples[len(s.Samples)-1].Seconds/60, 100*float64(s.Rate)/s.Most)
	b.WriteString("| minute | p50 ms | p99 ms | CPU µs a request | resident MiB | heap MiB (48 reserved) | goroutines |\n|---|---|---|---|---|---|---|\n")
	step := max(1, len(s.Samples)/30)
	for i, sample := range s.Samples {
		if i%step == 0 || i == len(s.Samples)-1 {
			fmt.Fprintf(&b, "| %.0f | %.1f | %.1f | %.1f | %d | %d | %d |\n", float64(sample.Seconds)/60, float64(sample.P50)/1e3,
				float64(sample.P99)/1e3, sample.CPU, sample.Resident>>20, sample.Heap>>20, sample.Goroutines)
		}
	}
	if s.Failed != "" {
		fmt.Fprintf(&b, "\nIt ended early: %s.\n", s.Failed)
	}
	return b.String()
}
