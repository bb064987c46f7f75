package demo_test

import (
	"testing"

	"penates"
	"penates/internal/schema"
)

func TestImportCalendar(t *testing.T) {
	h := household(t, 1, lastDay)
	events, todos, guests, days := 0, 0, 0, 0
	for _, c := range imported(t, h, "agenda/", "ical") {
		for i, body := range c.Bodies {
			d := c.Documents[i]
			switch b := body.(type) {
			case schema.Event:
				events++
				if b.Title == "" || b.Calendar != "Famille Vasseur" || d.Time.Start.IsZero() {
					t.Errorf("%s: %+v", d.Source.NativeID, b)
				}
				if d.Time.Start.DateOnly() {
					days++
				}
				if d.Party("attendee").Address != "" {
					guests++
				}
			case schema.Todo:
				todos++
				if b.Title == "" || b.Due == "" {
					t.Errorf("%s: %+v", d.Source.NativeID, b)
				}
			}
		}
		if n := len(c.OfType(penates.Events)); n != events {
			t.Errorf("%d documents of %d events", n, events)
		}
	}
	if f := h.Facts(); events != f.Events || todos != f.Todos {
		t.Errorf("%d events, %d todos, want %d and %d", events, todos, f.Events, f.Todos)
	}
	if days < 40 || guests < 20 {
		t.Errorf("%d events of whole days, %d with guests", days, guests)
	}
}
