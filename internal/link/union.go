package link

import (
	"slices"
	"strings"

	"penates"
)

// A union puts together what is one, and keeps apart what the person said is not.
type union struct {
	parent  []int
	members [][]int // of a root
	foes    map[int][]int
}

func newUnion(n int) union {
	u := union{parent: make([]int, n), members: make([][]int, n), foes: map[int][]int{}}
	for i := range n {
		u.parent[i] = i
	}
	return u
}

// judge takes over what the person said of documents, by where they are.
func (u *union) judge(j Judged, at map[penates.DocumentID]int) {
	for p := range j.Rejected {
		a, ok1 := at[p.From]
		b, ok2 := at[p.To]
		if ok1 && ok2 {
			u.foes[a], u.foes[b] = append(u.foes[a], b), append(u.foes[b], a)
		}
	}
	for _, p := range sortedPairs(j.Confirmed) {
		a, ok1 := at[p.From]
		b, ok2 := at[p.To]
		if ok1 && ok2 {
			u.join(a, b)
		}
	}
}

func sortedPairs(of map[Pair]bool) []Pair {
	pairs := make([]Pair, 0, len(of))
	for p := range of {
		pairs = append(pairs, p)
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return strings.Compare(string(a.From)+string(a.To), string(b.From)+string(b.To)) })
	return pairs
}

func (u *union) root(i int) int {
	for u.parent[i] != i {
		u.parent[i] = u.parent[u.parent[i]]
		i = u.parent[i]
	}
	return i
}

// all returns what is one with root r, r among it.
func (u *union) all(r int) []int {
	if u.members[r] == nil {
		return []int{r}
	}
	return u.members[r]
}

// apart reports whether the person said that something of a is not something of b.
func (u *union) apart(a, b int) bool {
	if len(u.foes) == 0 {
		return false
	}
	r := u.root(b)
	for _, i := range u.all(u.root(a)) {
		for _, foe := range u.foes[i] {
			if u.root(foe) == r {
				return true
			}
		}
	}
	return false
}

// join makes a and b one, unless the person said they are not. It reports whether
// they were two.
func (u *union) join(a, b int) bool {
	a, b = u.root(a), u.root(b)
	if a == b || u.apart(a, b) {
		return false
	}
	if x, y := u.all(a), u.all(b); len(x) < len(y) || len(x) == len(y) && a > b {
		a, b = b, a
	}
	u.members[a] = append(slices.Clip(u.all(a)), u.all(b)...)
	u.members[b] = nil
	u.parent[b] = a
	return true
}

// roots returns the root of each.
func (u *union) roots() []int {
	all := make([]int, len(u.parent))
	for i := range all {
		all[i] = u.root(i)
	}
	return all
}

// star links all of ids to the fullest, which comes first, unless a link the
// person confirmed already leads from that one to another. why returns confidence
// and rule for two of them, and no rule when there is no link to make.
func star(ids []penates.DocumentID, judged Judged, why func(from, to int) (float64, string)) (links []penates.Link) {
	to := 0
	for range ids { // at most once around
		next := slices.IndexFunc(ids, func(id penates.DocumentID) bool { return judged.Confirmed[Pair{ids[to], id}] })
		if next < 0 {
			break
		}
		to = next
	}
	for from := range ids {
		there, back := Pair{ids[from], ids[to]}, Pair{ids[to], ids[from]}
		if from == to || judged.Confirmed[back] || judged.Rejected[there] || judged.Rejected[back] {
			continue
		}
		if confidence, rule := why(from, to); rule != "" {
			links = append(links, penates.Link{From: ids[from], Rel: penates.SameAs, To: ids[to], Confidence: confidence, Rule: rule})
		}
	}
	return links
}
