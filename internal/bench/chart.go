package main

import (
	"fmt"
	"html"
	"strings"
)

// Sizes of the chart, in its own units.
const (
	chartWidth = 860
	labelWidth = 330
	barHeight  = 16
	barGap     = 5
	titleGap   = 26
)

// colours are by subject, and readable on light and dark pages; what has none
// is one of ours in another setting.
var colours = map[string]string{
	plainName:                   "#8a8f98",
	oursName:                    "#2f7ed8",
	"HAProxy jwt_verify":        "#3fa34d",
	"nginx auth_request + ours": "#d9822b",
}

// chart draws the processor time of a request: a bar to the median, and a line
// from the least to the most of all rounds.
func (r Report) chart() string {
	most := 0.0
	for _, s := range r.Scenarios {
		for _, subject := range s.Subjects {
			most = max(most, subject.cpu().high)
		}
	}
	var b strings.Builder
	y := 30
	for _, s := range r.Scenarios {
		fmt.Fprintf(&b, `<text x="4" y="%d" class="title">%s</text>`+"\n", y+12, html.EscapeString(s.Title))
		y += titleGap - 6
		for i, subject := range s.Subjects {
			b.WriteString(bar(s, i, subject, most, y))
			y += barHeight + barGap
		}
		y += titleGap - 12
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
<style>text{fill:#444}.title{font-weight:bold}@media(prefers-color-scheme:dark){text{fill:#ccc}}</style>
<text x="4" y="16">Processor time of a request in µs: median, and least to most of all rounds. Less is better.</text>
`, chartWidth, y) + b.String() + "</svg>\n"
}

func bar(s Scenario, i int, subject Subject, most float64, y int) string {
	cpu := subject.cpu()
	scale := func(v float64) float64 { return labelWidth + v/most*(chartWidth-labelWidth-110) }
	colour := colours[subject.Name]
	if colour == "" {
		colour = "#7a5cc7"
	}
	label := fmt.Sprintf("%.0f", cpu.median)
	if i > 0 {
		label += fmt.Sprintf("  (× %.2f)", subject.against(s.Subjects[0]).median)
	}
	middle := y + barHeight/2
	return fmt.Sprintf(`<text x="%d" y="%d" text-anchor="end">%s</text>`, labelWidth-8, y+12, html.EscapeString(subject.Name)) +
		fmt.Sprintf(`<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, labelWidth, y, scale(cpu.median)-labelWidth, barHeight, colour) +
		fmt.Sprintf(`<path d="M%.1f %dH%.1f" stroke="#222" stroke-width="2"/>`, scale(cpu.low), middle, scale(cpu.high)) +
		fmt.Sprintf(`<text x="%.1f" y="%d">%s</text>`+"\n", scale(cpu.high)+6, y+12, label)
}
