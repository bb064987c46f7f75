package grant

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"penates"
)

// A Question is what may be asked under a grant that gives figures only: how many
// documents there are, and sums over them, by group.
type Question struct {
	View string `json:"view"`
	// Sum are columns of numbers.
	Sum []string `json:"sum,omitempty"`
	// By are columns to group by; "month" and "year" are of the day.
	By []string `json:"by,omitempty"`
	// Where are conditions that all must hold.
	Where []Condition `json:"where,omitempty"`
}

// A Figure is the answer for one group.
type Figure struct {
	By        []string  `json:"by,omitempty"`
	Documents int       `json:"documents"`
	Sums      []float64 `json:"sums,omitempty"`
}

// Bounds of a question.
const (
	maxSums = 10
	maxBy   = 3
)

// Validate returns an Invalid error that says what is wrong with q.
func (q *Question) Validate() error {
	if q.View == "" || len(q.Sum) > maxSums || len(q.By) > maxBy || len(q.Where) > maxConditions {
		return fmt.Errorf("a question names a view, at most %d columns to sum, %d to group by and %d conditions: %w", maxSums, maxBy, maxConditions, penates.Invalid)
	}
	for i := range q.Where {
		if err := q.Where[i].validate(); err != nil {
			return err
		}
	}
	return checkTexts(slices.Concat(q.Sum, q.By, []string{q.View})...)
}

// Canonical is the same for questions that ask the same.
func (q *Question) Canonical() string {
	c := *q
	c.Where = slices.Clone(q.Where)
	for i := range c.Where {
		if c.Where[i].Op == In {
			c.Where[i].Values = slices.Sorted(slices.Values(c.Where[i].Values))
		}
	}
	slices.SortFunc(c.Where, func(a, b Condition) int {
		return cmp.Or(strings.Compare(a.Field, b.Field), strings.Compare(string(a.Op), string(b.Op)), slices.Compare(a.Values, b.Values))
	})
	b, _ := json.Marshal(c) // texts always marshal
	return string(b)
}
