package vault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/vault"
)

// Two files that disagree on a point: the one read later is right, and stays so
// however often both are read again.
func TestPointsReadAgain(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s := session(t, v)
	read := func(file string, values ...string) vault.Tally {
		t.Helper()
		raw, err := s.Keep(t.Context(), file, "text/csv", strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		series := &penates.Series{Type: penates.Energy, Kind: "gas", Measure: "daily", Unit: "kW.h", Step: "P1D",
			Source: penates.Source{Connector: "test", Connection: "GI000000", NativeID: "daily", Raw: raw.ID}}
		for i, value := range values {
			if value != "" {
				series.Points = append(series.Points, penates.Point{Start: penates.Day(2024, 3, 1+i%20), Value: penates.Decimal(value)})
			}
		}
		job, err := s.StartJob(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		c := job.Counter()
		if err := errors.Join(job.Points(c, series), job.End(t.Context())); err != nil {
			t.Fatal(err)
		}
		return job.Counts(c)[penates.Energy]
	}
	for i, step := range []struct {
		file   string
		values []string
		want   vault.Tally
		sum    string
	}{
		{"a", []string{"1", "2", "3"}, vault.Tally{Added: 3}, "6"},
		{"b", []string{"1", "20", "3", "4"}, vault.Tally{Added: 1, Updated: 1, Unchanged: 2}, "28"},
		{"a", []string{"1", "2", "3"}, vault.Tally{Unchanged: 3}, "28"},
		{"b", []string{"1", "20", "3", "4"}, vault.Tally{Unchanged: 4}, "28"},
		{"c", []string{"", "", "", "", "5"}, vault.Tally{Added: 1}, "33"},
		{"a", []string{"1", "2", "3", "", "", "6"}, vault.Tally{Added: 1, Unchanged: 3}, "39"}, // a later parser finds one more
		{"d", []string{"1", "", "", "", "", "", "", "7", "", "", "", "", "", "", "", "", "", "", "", "", "9"}, vault.Tally{Added: 1, Updated: 1, Unchanged: 1}, "54"},
		{"d", []string{"1", "", "", "", "", "", "", "7", "", "", "", "", "", "", "", "", "", "", "", "", "9"}, vault.Tally{Unchanged: 3}, "54"},
		{"b", []string{"1", "200", "3", "4"}, vault.Tally{Unchanged: 4}, "54"},
		{"e", []string{"2"}, vault.Tally{Updated: 1}, "47"},
		{"e", []string{"3"}, vault.Tally{Updated: 1}, "48"}, // read by a later parser
	} {
		if got := read(step.file, step.values...); got != step.want {
			t.Errorf("%d: %s gave %+v, want %+v", i, step.file, got, step.want)
		}
		if got := fmt.Sprint(query(t, s, "SELECT CAST(sum(value) AS INTEGER) FROM energy")[0][0]); got != step.sum {
			t.Errorf("%d: after %s the sum is %s, want %s", i, step.file, got, step.sum)
		}
	}
}
