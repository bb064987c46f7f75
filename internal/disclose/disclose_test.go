package disclose_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"penates/internal/disclose"
)

const k = 3

func row(n int64, group string, value float64) disclose.Row {
	return disclose.Row{N: n, Seq: n, In: group != "", Group: group, Values: []*float64{&value}}
}

func count(figures []disclose.Figure) map[string]int {
	out := map[string]int{}
	for _, f := range figures {
		out[f.Group] = f.Documents
	}
	return out
}

// TestTrackers asks for everything, then for everything but one document: the two
// answers are the same, whether or not the one is there.
func TestTrackers(t *testing.T) {
	for _, there := range []bool{true, false} {
		all := []disclose.Row{}
		for n := range int64(9) {
			all = append(all, row(n, "all", 10))
		}
		if there {
			all = append(all, row(9, "all", 1234))
		}
		s := disclose.New()
		first := s.Answer("a", all, []string{"amount"}, k)
		but := slices.Clone(all)
		for i := range but {
			but[i].In = but[i].N != 9
		}
		second := s.Answer("a", but, []string{"amount"}, k)
		if fmt.Sprint(first) != fmt.Sprint(second) {
			t.Errorf("there %v: the difference of %v and %v tells of one document", there, first, second)
		}
	}
}

func TestSmallGroupsAreAsIfEmpty(t *testing.T) {
	rows := []disclose.Row{row(1, "a", 1), row(2, "a", 1), row(3, "b", 1), row(4, "b", 1), row(5, "b", 1), row(6, "b", 1)}
	if got := count(disclose.New().Answer("a", rows, []string{"m"}, k)); !maps.Equal(got, map[string]int{"b": 6}) {
		t.Errorf("%v", got) // the two of a are taken in: fewer than k outside of b
	}
	if got := disclose.New().Answer("a", rows[:2], []string{"m"}, k); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestSumsOfFewValuesAreNotTold(t *testing.T) {
	rows := []disclose.Row{row(1, "a", 7), row(2, "a", 1), row(3, "a", 1), row(4, "a", 1)}
	for i := range rows[1:3] {
		rows[i+1].Values[0] = nil
	}
	if got := disclose.New().Answer("a", rows, []string{"m"}, k); len(got) != 1 || got[0].Sums[0] != 0 || got[0].Documents != 4 {
		t.Errorf("%v", got)
	}
}

// TestTimeTellsOfNoneEither adds, changes and removes documents one at a time.
func TestTimeTellsOfNoneEither(t *testing.T) {
	var rows []disclose.Row
	for n := range int64(6) {
		rows = append(rows, row(n, "g", 10))
	}
	s := disclose.New()
	ask := func() disclose.Figure { return s.Answer("a", slices.Clone(rows), []string{"m"}, k)[0] }
	if f := ask(); f.Documents != 6 || f.Sums[0] != 60 {
		t.Fatal(f)
	}
	for i := range int64(2) { // new ones wait
		rows = append(rows, row(10+i, "g", 1000))
		if f := ask(); f.Documents != 6 || f.Sums[0] != 60 {
			t.Errorf("after %d new: %v", i+1, f)
		}
	}
	rows = append(rows, row(12, "g", 1000))
	if f := ask(); f.Documents != 9 || f.Sums[0] != 3060 {
		t.Errorf("after 3 new: %v", f)
	}
	for i := range 2 { // changed ones stay as they were
		value := 5.0
		rows[i].Seq, rows[i].Values = 100+int64(i), []*float64{&value}
		if f := ask(); f.Documents != 9 || f.Sums[0] != 3060 {
			t.Errorf("after %d changed: %v", i+1, f)
		}
	}
	rows = slices.Delete(rows, 2, 3) // the third to go
	if f := ask(); f.Documents != 6 || f.Sums[0] != 3030 {
		t.Errorf("after 3 changed: %v", f)
	}
}

// TestFiguresTellOfNoFewerThanK asks random questions while documents come, change
// and go. It follows which documents each figure is about, as they were counted,
// and looks whether sets that can be computed from one another (intersections and
// differences, which contain all linear combinations) are ever smaller than k.
func TestFiguresTellOfNoFewerThanK(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		k := rapid.IntRange(2, 5).Draw(t, "k")
		s := disclose.New()
		docs := map[int64]int64{}
		seq := int64(0)
		var told []map[string]bool
		for range rapid.IntRange(1, 12).Draw(t, "questions") {
			for range r.IntN(12) {
				seq++
				switch n := int64(r.IntN(40)); {
				case r.IntN(4) > 0:
					docs[n] = seq
				default:
					delete(docs, n)
				}
			}
			rows := []disclose.Row{}
			mask, groups := r.Uint64(), int64(1+r.IntN(3))
			who := int64(r.IntN(3)) // of three grants; the first shows everything
			hidden := map[int64]bool{}
			for n, at := range docs {
				one := 1.0
				hidden[n] = who > 0 && n%(2+who) == 0
				rows = append(rows, disclose.Row{N: n, Seq: at, Hidden: hidden[n], In: mask>>n&1 == 1 || r.IntN(30) == 0, Group: fmt.Sprint(n % groups), Values: []*float64{&one}})
			}
			figures := s.Answer(fmt.Sprint(who), rows, []string{"one"}, k)
			for id, cell := range s.Cells {
				for n, m := range s.Members {
					if m.Cell == id && cell.Whole[fmt.Sprint(who)] && hidden[n] && docs[n] == m.Seq {
						t.Fatalf("a cell that grant %d is told of holds %d, which it is not shown", who, n)
					}
				}
			}
			for _, cell := range members(s) {
				told = append(told, cell)
			}
			for _, f := range figures {
				if f.Documents < k || f.Sums[0] != 0 && f.Sums[0] < float64(k) {
					t.Fatalf("a figure of %+v", f)
				}
			}
		}
		for i, a := range told {
			for _, b := range told[:i] {
				both := 0
				for doc := range a {
					if b[doc] {
						both++
					}
				}
				if only := len(a) - both; both > 0 && both < k || both > 0 && only > 0 && only < k {
					t.Fatalf("k = %d: two cells of %d and %d share %d", k, len(a), len(b), both)
				}
			}
		}
	})
}

// members returns the cells as sets of documents as they were counted.
func members(s *disclose.State) map[int]map[string]bool {
	out := map[int]map[string]bool{}
	for n, m := range s.Members {
		if out[m.Cell] == nil {
			out[m.Cell] = map[string]bool{}
		}
		out[m.Cell][fmt.Sprint(n, "/", m.Seq)] = true
	}
	return out
}
