package demo_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"
)

func TestCalendar(t *testing.T) {
	h := household(t, 1, lastDay)
	f := h.Facts()
	file := file(t, h, ".ics")
	calendar, err := ical.NewDecoder(bytes.NewReader(file)).Decode()
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	events, todos, repeated, ahead, uids := 0, 0, 0, 0, map[string]bool{}
	for _, c := range calendar.Children {
		switch c.Name {
		case ical.CompToDo:
			todos++
		case ical.CompEvent:
			events++
			e := ical.Event{Component: c}
			start, err := e.DateTimeStart(zone)
			if err != nil {
				t.Fatal(err)
			}
			end, err := e.DateTimeEnd(zone)
			if err != nil || !end.After(start) {
				t.Errorf("%v: from %s to %s: %v", c.Props, start, end, err)
			}
			if rule, err := c.Props.RecurrenceRule(); err != nil {
				t.Error(err)
			} else if rule != nil {
				repeated++
			} else if start.Before(h.First) {
				t.Errorf("%v is before the two years", c.Props)
			}
			if start.After(h.Last.Add(24 * time.Hour)) {
				ahead++
			}
		default:
			continue
		}
		uid, err := c.Props.Text(ical.PropUID)
		if title, _ := c.Props.Text(ical.PropSummary); err != nil || uids[uid] || title == "" {
			t.Errorf("component %q %q: %v", uid, title, err)
		}
		uids[uid] = true
	}
	if events != f.Events || todos != f.Todos {
		t.Errorf("%d events, %d todos, want %d and %d", events, todos, f.Events, f.Todos)
	}
	if repeated < 15 || ahead < 5 {
		t.Errorf("%d repeated events, %d still to come", repeated, ahead)
	}
	for line := range strings.SplitSeq(string(file), "\r\n") {
		if len(line) > 75 {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
}
