package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"penates/internal/web/chart"
)

// wellFormed parses a drawing, so that a browser can too.
func wellFormed(t *testing.T, html string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, html)
		}
	}
}

func TestBars(t *testing.T) {
	got := string(chart.Bars{Title: `a "title" <b>`, Top: "9 & more", Bars: []chart.Bar{
		{Label: "jan", Value: 10, Before: 20}, {Value: 5, Faint: true}, {Value: math.NaN()}, {Value: math.Inf(1), Before: -3},
	}}.HTML())
	wellFormed(t, got)
	for _, want := range []string{
		`aria-label="a &#34;title&#34; &lt;b&gt;"`, "9 &amp; more", "<span>jan</span>",
		`height="100.0"`, `class="part"`, `class="was"`, // 10 is half of 20, the highest
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, "NaN") || strings.Contains(got, "Inf") || strings.Contains(got, "style=") {
		t.Errorf("a number that is none, or a style: %s", got)
	}
	if n := strings.Count(got, "<rect"); n != 2 {
		t.Errorf("%d bars drawn, want 2: nothing has no bar", n)
	}
}

func TestLine(t *testing.T) {
	got := string(chart.Line{Title: "t", Values: []float64{0, 100, -100}, Labels: []string{"a", "", "c"}}.HTML())
	wellFormed(t, got)
	if !strings.Contains(got, `points="166.7,100.0 500.0,2.0 833.3,198.0 "`) || !strings.Contains(got, `class="zero"`) {
		t.Error(got)
	}
	wellFormed(t, string(chart.Line{Values: []float64{math.Inf(-1), math.NaN()}}.HTML()))
}

func TestNothingIsNoChart(t *testing.T) {
	if got := (chart.Bars{}).HTML() + (chart.Line{}).HTML(); got != "" {
		t.Errorf("got %s", got)
	}
}

func TestShares(t *testing.T) {
	for _, share := range []float64{-1, 0, .5, 2, math.NaN(), math.Inf(1)} {
		wellFormed(t, string(chart.Meter(share)))
		wellFormed(t, string(chart.Column(share)))
	}
	if got := string(chart.Meter(.25)); !strings.Contains(got, `width="25.0"`) {
		t.Error(got)
	}
}

func TestSparse(t *testing.T) {
	labels := make([]string, 24)
	for i := range labels {
		labels[i] = "x"
	}
	got := chart.Sparse(labels, 6)
	if n := strings.Count(strings.Join(got, ""), "x"); len(got) != 24 || n != 6 || got[0] != "x" {
		t.Errorf("%d of %d labels left", n, len(got))
	}
}
