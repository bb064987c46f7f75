// Package gallery lists the pictures of a vault, by day, for the page that shows them
// small. It knows neither HTTP handlers nor templates.
package gallery

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"penates/internal/figure"
	"penates/internal/thumbnail"
	"penates/internal/vault"
	"penates/internal/web/words"
)

// A Page shows some of the pictures, the latest first.
type Page struct {
	Days  []Day
	Older string // address of the page with older ones, "" when there are none
}

// A Day is a day with the pictures that were taken on it; "" is for those that say
// nothing of when.
type Day struct {
	Name     string
	Pictures []Picture
}

// A Picture is one picture.
type Picture struct{ ID, Name string }

// shown is how many pictures a page has.
const shown = 60

// Show returns the pictures behind the first skip ones.
func Show(ctx context.Context, s *vault.Session, skip int, l *words.Locale) (Page, error) {
	var p Page
	types := "'" + strings.Join(thumbnail.Types, "', '") + "'"
	table, err := s.Query(ctx, `SELECT id, coalesce(label, name, ''), coalesce(substr(start, 1, 10), '') FROM files
		WHERE mime IN (`+types+`) ORDER BY start IS NULL, start DESC, id LIMIT ? OFFSET ?`, shown+1, shown+1, skip)
	if err != nil {
		return p, err
	}
	for i, row := range table.Rows {
		if i == shown {
			p.Older = "/photos?skip=" + strconv.Itoa(skip+shown)
			break
		}
		day := figure.Text(row[2])
		name := l.T("photos.undated")
		if day != "" {
			name = l.ISODay(day)
		}
		if n := len(p.Days); n == 0 || p.Days[n-1].Name != name {
			p.Days = append(p.Days, Day{Name: name})
		}
		last := &p.Days[len(p.Days)-1]
		last.Pictures = append(last.Pictures, Picture{figure.Text(row[0]), cmp.Or(figure.Text(row[1]), l.T("document.untitled"))})
	}
	return p, nil
}
