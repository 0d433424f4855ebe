package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Report is what is kept of all scenarios, as JSON. A run replaces those that it
// has measured.
type Report struct {
	Machine   Machine    `json:"machine"`
	Scenarios []Scenario `json:"scenarios"`
	Soak      *Soak      `json:"soak,omitempty"`
	// Failed says why a scenario has no figures of its last run.
	Failed map[string]string `json:"failed,omitempty"`
}

// Scenario is one measured scenario. Its first subject is the base.
type Scenario struct {
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	Measured time.Time `json:"measured"`
	Command  string    `json:"command"`
	Subjects []Subject `json:"subjects"`
}

// Subject is what a subject has shown in a scenario.
type Subject struct {
	Name   string  `json:"name"`
	Rounds []Round `json:"rounds"`
}

// Round is one measurement. Rounds of one number were measured one after the other.
type Round struct {
	CPU      float64 `json:"cpu_us"` // a request, user and system
	Rate     float64 `json:"requests_per_second"`
	P50      int64   `json:"p50_us"`
	P99      int64   `json:"p99_us"`
	Resident int64   `json:"resident_bytes"`
}

func summarise(s scenario, e effort, all []*measured) Scenario {
	result := Scenario{Name: s.name, Title: s.title, Measured: time.Now().UTC().Truncate(time.Second),
		Command: fmt.Sprintf("make bench ONLY=%s ROUNDS=%d SECONDS_EACH=%.0f", s.name, e.rounds, e.long.Seconds())}
	for _, m := range all {
		result.Subjects = append(result.Subjects, Subject{Name: m.name, Rounds: m.rounds})
	}
	return result
}

// readReport reads what earlier runs have kept; none is none.
func readReport(file string) (Report, error) {
	var r Report
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, fmt.Errorf("reading earlier results: %w", err)
	}
	return r, nil
}

func (r Report) write(file string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("writing results: %w", err)
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// add puts a scenario in the place of its last measurement, in the order of all.
func (r *Report) add(s Scenario, order []scenario) {
	delete(r.Failed, s.Name)
	r.Scenarios = append(slices.DeleteFunc(r.Scenarios, func(old Scenario) bool { return old.Name == s.Name }), s)
	place := func(name string) int {
		return slices.IndexFunc(order, func(o scenario) bool { return o.name == name })
	}
	slices.SortStableFunc(r.Scenarios, func(a, b Scenario) int { return place(a.Name) - place(b.Name) })
}

// fail notes why a scenario was not measured. Its earlier figures stay.
func (r *Report) fail(s scenario, err error) {
	if r.Failed == nil {
		r.Failed = make(map[string]string)
	}
	why, _, _ := strings.Cut(err.Error(), "\n")
	r.Failed[s.name] = why
}

// spread is a median between the least and the most.
type spread struct{ low, median, high float64 }

func spreadOf(values []float64) spread {
	return spread{quantile(values, 0), quantile(values, 0.5), quantile(values, 1)}
}

// quantile interpolates between the two values around it.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (sorted[above]-sorted[below])*(at-float64(below))
}

// of collects one figure of all rounds.
func (s Subject) of(figure func(Round) float64) spread {
	values := make([]float64, len(s.Rounds))
	for i, round := range s.Rounds {
		values[i] = figure(round)
	}
	return spreadOf(values)
}

func (s Subject) cpu() spread { return s.of(func(r Round) float64 { return r.CPU }) }

// against divides round by round: what disturbs a round disturbs both.
func (s Subject) against(base Subject) spread {
	var ratios []float64
	for i := range min(len(s.Rounds), len(base.Rounds)) {
		ratios = append(ratios, s.Rounds[i].CPU/base.Rounds[i].CPU)
	}
	return spreadOf(ratios)
}
