// Package disclose answers questions about groups of documents so that no
// combination of answers, however many there are, tells of fewer documents than a
// least number k.
//
// Documents lie in cells of at least k. Every figure is a count or a sum over whole
// cells; a question may split a cell, but only into two of at least k, and cells
// are never joined. So whatever is computed from all figures ever given (the
// differences that trackers are made of, too) is computed from the counts and sums
// of disjoint sets of at least k documents. Where a question would need a finer cut
// it is answered as if the cell were not cut: fewer than k documents on one side are
// taken for none, and nothing tells the two apart. A sum takes in a cell only when k
// of its documents have the value.
//
// Time must not cut finer either. New documents wait until there are k. A cell of
// which some documents changed or went is answered as it was, and is not split any
// more, until k of them did: then those leave the figures for good.
package disclose

import (
	"maps"
	"slices"
	"strings"
)

// A Row is a document as a question sees it.
type Row struct {
	N   int64 // names it
	Seq int64 // another when it changed
	// Hidden says that who asks is not shown it; no figure takes it in.
	Hidden bool
	// In says that the question selects it, Group into which group.
	In    bool
	Group string
	// Values are what the question sums; nil where there is none.
	Values []*float64
}

// A State is the cells of one kind of documents, and what was told of them.
type State struct {
	Cells   map[int]*Cell
	Members map[int64]Member
	Dead    map[int64]bool // left the figures for good
	Next    int            // number of the next cell
}

// A Member is a document in a cell.
type Member struct {
	Cell int
	Seq  int64 // of the state that is counted
}

// A Cell is a set of documents about which figures are given as a whole.
type Cell struct {
	Size int
	// Sums are those told, by measure; nil where too few documents have a value.
	Sums map[string]*float64
	// Whole are those who asked that were shown all of it, as it was counted.
	Whole map[string]bool
}

// A Figure is the answer for one group.
type Figure struct {
	Group     string
	Documents int
	Sums      []float64
}

// New returns the state of nothing told.
func New() *State {
	return &State{Cells: map[int]*Cell{}, Members: map[int64]Member{}, Dead: map[int64]bool{}}
}

// Answer answers a question of who asks (a grant, of which others of the same
// state may show other documents) over all documents there are, with cells of at
// least k, and remembers what it told. measures name what is summed.
func (s *State) Answer(who string, rows []Row, measures []string, k int) []Figure {
	v := &view{State: s, who: who, k: k, rows: make(map[int64]*Row, len(rows)), cells: map[int][]*Row{}, changed: map[int]int{}}
	var groups []string
	for i := range rows {
		r := &rows[i]
		v.rows[r.N] = r
		if r.In && !r.Hidden {
			groups = append(groups, r.Group)
		}
	}
	slices.Sort(groups)
	v.settle()
	var out []Figure
	for _, g := range slices.Compact(groups) {
		cells := v.cut(g)
		if len(cells) == 0 {
			continue
		}
		f := Figure{Group: strings.Clone(g), Sums: make([]float64, len(measures))}
		for _, id := range cells {
			f.Documents += s.Cells[id].Size
			for i, m := range measures {
				if sum := v.sum(id, i, m); sum != nil {
					f.Sums[i] += *sum
				}
			}
		}
		out = append(out, f)
	}
	return out
}

// A view is the state as one question finds it.
type view struct {
	*State
	who     string
	k       int
	rows    map[int64]*Row
	cells   map[int][]*Row // the documents of each cell that are as they were counted
	changed map[int]int    // how many are not
}

// settle brings the cells up to date with the documents there are.
func (v *view) settle() {
	for n, m := range v.Members {
		if r := v.rows[n]; r != nil && r.Seq == m.Seq {
			v.cells[m.Cell] = append(v.cells[m.Cell], r)
		} else {
			v.changed[m.Cell]++
		}
	}
	for id, changed := range v.changed {
		if left := v.cells[id]; changed >= v.k && len(left) >= v.k {
			for n, m := range v.Members {
				if r := v.rows[n]; m.Cell == id && (r == nil || r.Seq != m.Seq) {
					delete(v.Members, n)
					v.Dead[n] = true
				}
			}
			v.replace(id, left)
		}
	}
	var fresh []*Row
	for n, r := range v.rows {
		if _, ok := v.Members[n]; !ok && !v.Dead[n] && !r.Hidden {
			fresh = append(fresh, r)
		}
	}
	if len(fresh) >= v.k {
		v.add(fresh)
	}
	for _, id := range slices.Collect(maps.Keys(v.Cells)) {
		v.uncover(id)
	}
}

// uncover splits a cell into what is shown of it and what is not, if both are
// large enough, and notes whether all of it is shown.
func (v *view) uncover(id int) {
	var shown, hidden []*Row
	for _, r := range v.cells[id] {
		if r.Hidden {
			hidden = append(hidden, r)
		} else {
			shown = append(shown, r)
		}
	}
	switch {
	case v.changed[id] > 0: // as it was found before
	case len(hidden) == 0:
		v.Cells[id].Whole[v.who] = true
	case len(shown) >= v.k && len(hidden) >= v.k:
		delete(v.Cells[v.replace(id, shown, hidden)[1]].Whole, v.who)
	default:
		delete(v.Cells[id].Whole, v.who)
	}
}

// add makes a cell.
func (v *view) add(rows []*Row) int {
	id := v.Next
	v.Next++
	v.Cells[id] = &Cell{Size: len(rows), Sums: map[string]*float64{}, Whole: map[string]bool{v.who: true}}
	v.cells[id] = rows
	for _, r := range rows {
		v.Members[r.N] = Member{id, r.Seq}
	}
	return id
}

// replace makes cells of what is left of one.
func (v *view) replace(id int, parts ...[]*Row) (made []int) {
	delete(v.Cells, id)
	delete(v.cells, id)
	delete(v.changed, id)
	for _, p := range parts {
		made = append(made, v.add(p))
	}
	return made
}

// cut returns the cells that the group is made of, after splitting those that may
// be split.
func (v *view) cut(group string) (in []int) {
	ids := make([]int, 0, len(v.Cells))
	for id, c := range v.Cells {
		if c.Size >= v.k && c.Whole[v.who] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		var inside, outside []*Row
		for _, r := range v.cells[id] {
			if r.In && !r.Hidden && r.Group == group {
				inside = append(inside, r)
			} else {
				outside = append(outside, r)
			}
		}
		switch {
		case len(inside) < v.k:
		case len(outside) < v.k:
			in = append(in, id)
		case v.changed[id] == 0:
			in = append(in, v.replace(id, inside, outside)[0])
		}
	}
	return in
}

// sum returns the sum of measure i over a cell; it is told once and stays.
func (v *view) sum(id, i int, measure string) *float64 {
	c := v.Cells[id]
	if told, ok := c.Sums[measure]; ok || v.changed[id] > 0 {
		return told
	}
	var sum float64
	have := 0
	for _, r := range v.cells[id] {
		if value := r.Values[i]; value != nil {
			sum += *value
			have++
		}
	}
	c.Sums[measure] = nil
	if have >= v.k {
		c.Sums[measure] = &sum
	}
	return c.Sums[measure]
}
