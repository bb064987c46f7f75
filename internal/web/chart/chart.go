// Package chart draws small charts as SVG on the server. A chart takes the
// colour of the text around it, stretches to the width it is given, says what it
// shows to those who cannot see it, and needs neither script nor inline style.
// Labels are HTML beside the drawing, so that they keep their size on a phone.
package chart

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// A Bar is one value of a bar chart; Before is what it is compared with, such
// as the same month a year earlier.
type Bar struct {
	Label  string // under the bar; "" leaves the place empty
	Value  float64
	Before float64
	Faint  bool // the value is known in part only
}

// Bars is a bar chart from zero upwards.
type Bars struct {
	Title string // what it shows, in one sentence with its figures
	Top   string // the highest value as people read it
	Bars  []Bar
}

// The drawing's own units; the page stretches them.
const (
	width  = 1000.0
	height = 200.0
)

// HTML returns the figure.
func (c Bars) HTML() template.HTML {
	if len(c.Bars) == 0 {
		return ""
	}
	highest := 0.0
	for _, b := range c.Bars {
		highest = max(highest, finite(b.Value), finite(b.Before))
	}
	if highest == 0 {
		highest = 1
	}
	var svg strings.Builder
	slot := width / float64(len(c.Bars))
	for i, b := range c.Bars {
		left := float64(i) * slot
		if h := finite(b.Before) / highest * height; h > 0 {
			fmt.Fprintf(&svg, `<path class="was" d="M%.1f %.1fh%.1f"/>`, left+slot*.08, height-h, slot*.84)
		}
		if h := finite(b.Value) / highest * height; h > 0 {
			class := ""
			if b.Faint {
				class = ` class="part"`
			}
			fmt.Fprintf(&svg, `<rect%s x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, class, left+slot*.18, height-h, slot*.64, h)
		}
	}
	labels := make([]string, len(c.Bars))
	for i, b := range c.Bars {
		labels[i] = b.Label
	}
	return figure(c.Title, c.Top, svg.String(), labels)
}

// Line is a line chart; it starts at zero unless a value lies below.
type Line struct {
	Title  string
	Top    string
	Values []float64
	Labels []string // one a value, "" leaves the place empty
}

// HTML returns the figure.
func (c Line) HTML() template.HTML {
	if len(c.Values) == 0 {
		return ""
	}
	low, high := 0.0, 0.0
	for _, v := range c.Values {
		low, high = min(low, bounded(v)), max(high, bounded(v))
	}
	if low == high {
		high = low + 1
	}
	var svg strings.Builder
	if low < 0 {
		fmt.Fprintf(&svg, `<path class="zero" d="M0 %.1fH%.0f"/>`, high/(high-low)*height, width)
	}
	svg.WriteString(`<polyline points="`)
	slot := width / float64(len(c.Values))
	for i, v := range c.Values {
		fmt.Fprintf(&svg, "%.1f,%.1f ", (float64(i)+.5)*slot, (high-bounded(v))/(high-low)*(height-4)+2)
	}
	svg.WriteString(`"/>`)
	return figure(c.Title, c.Top, svg.String(), c.Labels)
}

// Meter returns a thin bar filled to a share between 0 and 1, as a decoration
// beside the figure it stands for.
func Meter(share float64) template.HTML {
	share = min(max(bounded(share), 0), 1)
	return template.HTML(fmt.Sprintf(
		`<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="all" width="100" height="6"/><rect width="%.1f" height="6"/></svg>`,
		share*100))
}

// Column returns a small upright bar, as a decoration beside the figure it
// stands for.
func Column(share float64) template.HTML {
	share = min(max(bounded(share), 0), 1)
	return template.HTML(fmt.Sprintf(
		`<svg class="column" viewBox="0 0 10 40" preserveAspectRatio="none" aria-hidden="true"><rect y="%.1f" width="10" height="%.1f"/></svg>`,
		40-share*40, share*40))
}

func figure(title, top, drawing string, labels []string) template.HTML {
	var b strings.Builder
	b.WriteString(`<figure class="chart">`)
	if top != "" {
		fmt.Fprintf(&b, `<p class="top-value num" aria-hidden="true">%s</p>`, template.HTMLEscapeString(top))
	}
	fmt.Fprintf(&b, `<svg viewBox="0 0 %.0f %.0f" preserveAspectRatio="none" role="img" aria-label="%s">%s</svg>`,
		width, height, template.HTMLEscapeString(title), drawing)
	if len(labels) > 0 {
		b.WriteString(`<div class="ticks num" aria-hidden="true">`)
		written := 0
		for _, l := range labels {
			class := "" // on a phone there is room for every other one
			if l != "" {
				if written++; written%2 == 0 {
					class = ` class="alt"`
				}
			}
			fmt.Fprintf(&b, `<span%s>%s</span>`, class, template.HTMLEscapeString(l))
		}
		b.WriteString(`</div>`)
	}
	b.WriteString(`</figure>`)
	return template.HTML(b.String())
}

// finite returns a height that can be drawn: nothing below zero, no infinity.
func finite(v float64) float64 { return max(bounded(v), 0) }

func bounded(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// Sparse returns labels with all but about want of them left empty, evenly.
func Sparse(labels []string, want int) []string {
	out := make([]string, len(labels))
	step := max(1, (len(labels)+want-1)/max(want, 1))
	for i := 0; i < len(labels); i += step {
		out[i] = labels[i]
	}
	return out
}
