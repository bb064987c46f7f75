package link

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// samePoints is why a stretch of a series is said to be in others.
const samePoints = "same/points"

// sameMeters finds stretches of a meter's series that other sources tell as well.
var sameMeters = Rule{
	Name:  "same/points",
	Reads: []penates.Type{penates.Energy},
	Makes: []string{samePoints},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		if told, err := meterToldTwice(ctx, s); err != nil || !told {
			return nil, err // most often; it saves looking at every point
		}
		stretches, err := loadStretches(ctx, s)
		if err != nil || len(stretches) == 0 {
			return nil, err
		}
		judged, err := judgedOf(ctx, s, penates.SameAs)
		if err != nil {
			return nil, err
		}
		if err := loadPoints(ctx, s, stretches); err != nil {
			return nil, err
		}
		return SameStretches(stretches, judged), nil
	},
}

// A Stretch is a part of a series, as one document holds it.
type Stretch struct {
	ID      penates.DocumentID
	Source  string // with the connection
	Series  string // meter, kind and measure
	Scale   float64
	Points  map[string]float64 // by their start; in thousandths of the unit all have
	Quality int                // how many points have a word on their quality
	first   string
}

// SameStretches returns the links of stretches all of whose points are, with the
// same values, in fuller ones of the same series, to the one that has most of them.
func SameStretches(stretches []Stretch, judged Judged) (links []penates.Link) {
	type place struct {
		value float64
		in    int
	}
	order := make([]int, len(stretches))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := &stretches[i], &stretches[j]
		return cmp.Or(cmp.Compare(len(b.Points), len(a.Points)), cmp.Compare(b.Quality, a.Quality), strings.Compare(a.Source, b.Source), strings.Compare(string(a.ID), string(b.ID)))
	})
	series := map[string]map[string]place{}
	for _, i := range order {
		s := &stretches[i]
		kept := series[s.Series]
		if kept == nil {
			kept = map[string]place{}
			series[s.Series] = kept
		}
		in, equals := map[int]int{}, 0
		for start, value := range s.Points {
			if p, ok := kept[start]; ok {
				in[p.in]++
				if math.Abs(p.value-value) <= 0.001 {
					equals++
				}
			}
		}
		if to, ok := fullest(in, len(s.Points)); ok && equals == len(s.Points) && !judged.settles(s.ID, stretches[to].ID) {
			links = append(links, penates.Link{From: s.ID, Rel: penates.SameAs, To: stretches[to].ID, Confidence: 1, Rule: samePoints})
			continue
		}
		for start, value := range s.Points {
			if _, ok := kept[start]; !ok {
				kept[start] = place{value, i}
			}
		}
	}
	return sorted(links)
}

// settles reports whether the person said something that stands against a link.
func (j Judged) settles(from, to penates.DocumentID) bool {
	there, back := Pair{from, to}, Pair{to, from}
	return j.Rejected[there] || j.Rejected[back] || j.Confirmed[back]
}

// fullest returns which has most of n points, if together they have all.
func fullest(in map[int]int, n int) (best int, ok bool) {
	sum, most := 0, 0
	for i, have := range in {
		sum += have
		if have > most || have == most && i < best {
			best, most = i, have
		}
	}
	return best, n > 0 && sum == n
}

// meterToldTwice reports whether there is a meter of which several sources, or
// several stretches that begin on one day, tell.
func meterToldTwice(ctx context.Context, s *vault.Session) (told bool, err error) {
	if of, err := s.Sources(ctx, penates.Energy); err != nil || len(of) == 0 {
		return false, err // it takes no look at all documents to know
	}
	type first struct{ meter, day string }
	sources, days := map[string]string{}, map[first]bool{}
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "source, connection, day", From: "documents", Where: "type = '" + string(penates.Energy) + "'",
	}, func(row []any) error {
		meter := company.Number(figure.Text(row[2]))
		source, begins := figure.Text(row[1])+" "+figure.Text(row[2]), first{meter, figure.Text(row[3])}
		before, seen := sources[meter]
		told = told || meter != "" && (seen && before != source || days[begins])
		sources[meter], days[begins] = source, true
		return nil
	})
	return told, err
}

// loadStretches reads, without their points, the stretches of series that several
// sources or several documents tell of.
func loadStretches(ctx context.Context, s *vault.Session) (some []Stretch, err error) {
	var all []Stretch
	at := map[penates.DocumentID]int{} // grouping by document in SQL would hold all points
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "source, connection, meter, kind, measure, unit, day", From: "energy",
	}, func(row []any) error {
		id, day := penates.DocumentID(figure.Text(row[0])), figure.Text(row[7])
		if i, known := at[id]; known {
			if i >= 0 && day < all[i].first {
				all[i].first = day
			}
			return nil
		}
		at[id] = -1
		meter := company.Number(cmp.Or(figure.Text(row[3]), figure.Text(row[2])))
		unit, scale := baseUnit(figure.Text(row[6]))
		if meter != "" {
			at[id] = len(all)
			all = append(all, Stretch{ID: id, Source: figure.Text(row[1]) + " " + figure.Text(row[2]),
				Series: strings.Join([]string{meter, figure.Text(row[4]), figure.Text(row[5]), unit}, " "), Scale: scale, first: day})
		}
		return nil
	})
	type first struct{ series, day string }
	sources, days := map[string]string{}, map[first]bool{}
	several := map[string]bool{}
	for _, s := range all {
		before, seen := sources[s.Series]
		if seen && before != s.Source || days[first{s.Series, s.first}] {
			several[s.Series] = true
		}
		sources[s.Series], days[first{s.Series, s.first}] = s.Source, true
	}
	return slices.DeleteFunc(all, func(s Stretch) bool { return !several[s.Series] }), err
}

// baseUnit returns the unit values are compared in, and how many of it one is, in
// thousandths.
func baseUnit(unit string) (string, float64) {
	switch unit {
	case "W.h":
		return "kW.h", 1
	case "MW.h":
		return "kW.h", 1e6
	}
	return unit, 1000
}

func loadPoints(ctx context.Context, s *vault.Session, stretches []Stretch) error {
	at := make(map[penates.DocumentID]*Stretch, len(stretches))
	for i := range stretches {
		stretches[i].Points = map[string]float64{}
		at[stretches[i].ID] = &stretches[i]
	}
	return query.Each(ctx, s, query.Select{Key: "id", Columns: "start, value, quality", From: "energy"}, func(row []any) error {
		if s := at[penates.DocumentID(figure.Text(row[0]))]; s != nil {
			value, _ := figure.Number(row[2])
			s.Points[figure.Text(row[1])] = value * s.Scale
			if figure.Text(row[3]) != "" {
				s.Quality++
			}
		}
		return nil
	})
}
