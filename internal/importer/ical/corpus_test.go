package ical_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/ical"
	"penates/internal/importer/importertest"
)

var component = regexp.MustCompile(`(\d+) (VEVENT|VTODO|VJOURNAL|VFREEBUSY)\b`)

type found struct{ events, todos, notes, refused int }

// justified gives the counts of files in which they differ from the manifest.
var justified = map[string]struct {
	found
	why string
}{
	"collective/big_bad_calendar.ics":   {found{refused: 20}, "the events are empty"},
	"collective/small_bad_calendar.ics": {found{refused: 1}, "the event is empty"},
}

// Every event, to-do and journal entry of the corpus is found; free and busy
// times are refused.
func TestCorpus(t *testing.T) {
	if os.Getenv("PENATES_CORPUS") == "" {
		return
	}
	manifest, _ := importertest.Corpus(t, "MANIFEST.tsv")
	files := 0
	for line := range strings.Lines(string(manifest)) {
		cells := strings.Split(line, "\t")
		if len(cells) < 3 || cells[1] != "iCalendar" {
			continue
		}
		files++
		name := strings.TrimPrefix(cells[0], "calendar/ics/")
		var want found
		for _, m := range component.FindAllStringSubmatch(cells[2], -1) {
			n, _ := strconv.Atoi(m[1])
			*map[string]*int{"VEVENT": &want.events, "VTODO": &want.todos, "VJOURNAL": &want.notes, "VFREEBUSY": &want.refused}[m[2]] = n
		}
		if j, ok := justified[name]; ok {
			want = j.found
			t.Logf("%s: %s", name, j.why)
		}
		content, _ := importertest.Corpus(t, cells[0])
		if sure := ical.Format.Recognise(importertest.File(name, content).Head); sure == 0 && want != (found{}) {
			t.Errorf("%s: not recognised", name)
		}
		c, err := importertest.Read(ical.Format, name, content)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := found{len(c.OfType(penates.Events)), len(c.OfType(penates.Todos)), len(c.OfType(penates.Notes)), len(c.Refusals)}
		if got != want || c.Repeated > 0 {
			t.Errorf("%s: %+v, repeated %d, refusals %v; want %+v", name, got, c.Repeated, c.Refusals, want)
		}
	}
	if files == 0 {
		t.Error("no iCalendar in the manifest")
	}
}
