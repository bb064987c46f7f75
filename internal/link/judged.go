package link

import (
	"context"

	"penates"
	"penates/internal/figure"
	"penates/internal/vault"
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
	return j, nil
}
