package journal_test

import (
	"fmt"
	"slices"
	"testing"

	"penates"
	"penates/internal/journal"
)

func TestUnusual(t *testing.T) {
	day := func(n int, t penates.Type, rows int64, hours uint32, refused int64) journal.Use {
		return journal.Use{Actor: "app:a", Grant: "grt_1", Day: fmt.Sprintf("2026-03-%02d", n), Type: t, Rows: rows, Calls: 3, Hours: hours, Refused: refused}
	}
	usual := []journal.Use{
		day(1, "", 20, 1<<9, 0), day(1, penates.Bills, 20, 1<<9, 0), day(2, "", 40, 1<<9, 0), day(3, "", 30, 1<<10, 1),
		day(5, "", 9000, 1<<3, 40), // after the day that is asked about
	}
	for _, test := range []struct {
		name string
		now  []journal.Use
		want []journal.Finding
	}{
		{"nothing", nil, nil},
		{"as ever", []journal.Use{day(4, "", 90, 1<<9|1<<10, 9), day(4, penates.Bills, 90, 1<<9, 0)}, nil},
		{"another type", []journal.Use{day(4, penates.Health, 7, 1<<9, 0)}, []journal.Finding{{Kind: journal.FirstRead, Type: penates.Health, Figure: 7}}},
		{"more rows", []journal.Use{day(4, "", 151, 1<<9, 0)}, []journal.Finding{{Kind: journal.MoreThan, Figure: 151, Usual: 30}}},
		{"at night", []journal.Use{day(4, "", 1, 1<<3, 0)}, []journal.Finding{{Kind: journal.NewHour, Figure: 3}}},
		{"refused", []journal.Use{day(4, "", 0, 1<<9, 10)}, []journal.Finding{{Kind: journal.ManyRefused, Figure: 10, Usual: 3}}},
	} {
		for i := range test.want {
			test.want[i].Actor, test.want[i].Day = "app:a", "2026-03-04"
		}
		if got := journal.Unusual(append(slices.Clone(usual), test.now...), "2026-03-04"); !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
	// Of somebody who has just begun, only what is new and refused is told.
	if got := journal.Unusual([]journal.Use{day(4, "", 5000, 1, 0)}, "2026-03-04"); len(got) != 0 {
		t.Errorf("on the first day: %+v", got)
	}
}
