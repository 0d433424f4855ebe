package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What stands between these is written by this program; the rest of the page is
// written by people.
const (
	beginMark = "<!-- bench: begin -->"
	endMark   = "<!-- bench: end -->"
)

var errNoMarks = errors.New("the page has no " + beginMark + " and " + endMark)

// publish writes tables and chart into the page.
func (r Report) publish(page string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("reading the page: %w", err)
	}
	before, rest, found := strings.Cut(string(text), beginMark)
	_, after, closed := strings.Cut(rest, endMark)
	if !found || !closed {
		return errNoMarks
	}
	chart := strings.TrimSuffix(page, ".md") + ".svg"
	if err := os.WriteFile(chart, []byte(r.chart()), 0o644); err != nil {
		return fmt.Errorf("writing the chart: %w", err)
	}
	return os.WriteFile(page, []byte(before+beginMark+"\n"+r.markdown(filepath.Base(chart))+endMark+after), 0o644)
}

func (r Report) markdown(chart string) string {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "%s, %d cores, %s; Linux %s. ", m.Processor, m.Cores, m.Memory, m.Kernel)
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(m.Versions)) {
		versions = append(versions, name+" "+m.Versions[name])
	}
	fmt.Fprintf(&b, "%s.\n\n![Processor time of a request](%s)\n\n", strings.Join(versions, ", "), chart)
	b.WriteString("| scenario | subject | CPU µs a request | ratio | requests/s | p50 ms | p99 ms | resident MiB |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|\n")
	for _, s := range r.Scenarios {
		for i, subject := range s.Subjects {
			b.WriteString(s.row(i, subject))
		}
	}
	b.WriteString("\nMeasured: ")
	for i, s := range r.Scenarios {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "`%s` %s, %d rounds", s.Name, s.Measured.Format("2006-01-02 15:04 UTC"), len(s.Subjects[0].Rounds))
	}
	b.WriteString(".\n")
	for _, s := range r.Scenarios {
		b.WriteString(s.perMembership())
	}
	for _, name := range slices.Sorted(maps.Keys(r.Failed)) {
		fmt.Fprintf(&b, "\nNot measured by the last run: `%s` (%s).\n", name, r.Failed[name])
	}
	if r.Soak != nil {
		b.WriteString(r.Soak.markdown())
	}
	return b.String()
}

// perMembership says what one of a million memberships takes, of the scenario that
// has them: the resident memory beyond that of a gateway with one.
func (s Scenario) perMembership() string {
	resident := make(map[string]float64)
	for _, subject := range s.Subjects {
		resident[subject.Name] = subject.of(func(r Round) float64 { return float64(r.Resident) }).high
	}
	all := people * sharedTenants
	one, many := resident[membershipsName(1)], resident[membershipsName(all)]
	if one == 0 || many == 0 {
		return ""
	}
	return fmt.Sprintf("\nOne of %d memberships takes %.0f bytes of resident memory.\n", all, (many-one)/float64(all))
}

func (s Scenario) row(i int, subject Subject) string {
	title, ratio := "", "1"
	if i == 0 {
		title = s.Title
	} else {
		ratio = subject.against(s.Subjects[0]).around("%.3f")
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %.0f | %.1f | %.1f | %.0f |\n", title, subject.Name, subject.cpu().around("%.1f"), ratio,
		subject.of(func(r Round) float64 { return r.Rate }).median,
		subject.of(func(r Round) float64 { return float64(r.P50) / 1e3 }).median,
		subject.of(func(r Round) float64 { return float64(r.P99) / 1e3 }).median,
		subject.of(func(r Round) float64 { return float64(r.Resident) / (1 << 20) }).high)
}

// around writes the median, and the least and the most in brackets.
func (s spread) around(format string) string {
	return fmt.Sprintf("**"+format+"** ("+format+"–"+format+")", s.median, s.low, s.high)
}

// brief is a scenario on the terminal.
func (s Scenario) brief() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", s.Title)
	for i, subject := range s.Subjects {
		cpu := subject.cpu()
		fmt.Fprintf(&b, "  %-28s %7.1f µs (%.1f–%.1f)", subject.Name, cpu.median, cpu.low, cpu.high)
		if i > 0 {
			ratio := subject.against(s.Subjects[0])
			fmt.Fprintf(&b, "  × %.3f (%.3f–%.3f)", ratio.median, ratio.low, ratio.high)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
