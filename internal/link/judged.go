package link

import (
	"context"
	"fmt"

	"penates"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
	"penates/internal/vault/twice"
)

// A Pair is the two ends of a link.
type Pair struct{ From, To penates.DocumentID }

// Judged is what the person said of links of one relation. Rules leave the
// documents of confirmed links to them and do not propose a rejected link again.
type Judged struct{ Confirmed, Rejected map[Pair]bool }

func judgedOf(ctx context.Context, s *vault.Session, rel penates.Rel) (Judged, error) {
	const most = 1_000_000
	j := Judged{map[Pair]bool{}, map[Pair]bool{}}
	t, err := s.Query(ctx, `SELECT "from", "to", state FROM judgements WHERE rel = ?`, most, string(rel))
	if err != nil {
		return j, err
	}
	for _, row := range t.Rows {
		p := Pair{penates.DocumentID(figure.Text(row[0])), penates.DocumentID(figure.Text(row[1]))}
		switch penates.LinkState(figure.Text(row[2])) {
		case penates.Confirmed:
			j.Confirmed[p] = true
		case penates.Rejected:
			j.Rejected[p] = true
		}
	}
	if rel == penates.SameAs || len(j.Confirmed)+len(j.Rejected) == 0 {
		return j, nil
	}
	return j.ofFullest(ctx, s)
}

// ofFullest adds, to what the person said of a document that another tells more
// fully, the same of that one, which is all the rules look at.
func (j Judged) ofFullest(ctx context.Context, s *vault.Session) (Judged, error) {
	fuller := map[penates.DocumentID]penates.DocumentID{}
	err := query.Each(ctx, s, query.Select{
		Key: "id", Columns: `"from", "to"`, From: "links", Where: fmt.Sprintf("rel = 'same_as' AND (confidence >= %g OR state = 'confirmed')", twice.Sure),
	}, func(row []any) error {
		fuller[penates.DocumentID(figure.Text(row[1]))] = penates.DocumentID(figure.Text(row[2]))
		return nil
	})
	for _, judged := range [...]map[Pair]bool{j.Confirmed, j.Rejected} {
		for _, p := range sortedPairs(judged) {
			judged[Pair{fullestOf(fuller, p.From), fullestOf(fuller, p.To)}] = true
		}
	}
	return j, err
}

// fullestOf follows what tells more fully from a document to the fullest.
func fullestOf(fuller map[penates.DocumentID]penates.DocumentID, id penates.DocumentID) penates.DocumentID {
	const most = 16 // steps; the person may have confirmed links in a circle
	for range most {
		next, ok := fuller[id]
		if !ok {
			break
		}
		id = next
	}
	return id
}
