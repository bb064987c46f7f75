package ical

import (
	"strings"

	"penates/internal/importer/contentline"
	"penates/internal/locale"
)

// A calendar is what a VCALENDAR says of all its components.
type calendar struct {
	name   string
	method string
}

// A survey is the first pass through a file: its calendars and zones.
type survey struct {
	calendars []calendar
	tables    map[string]*table // by TZID
	zone      *table            // the VTIMEZONE being read
	tzid      string
	part      *observance // the STANDARD or DAYLIGHT being read
	depth     int         // of components other than calendars and zones
}

// Limits on the calendars and zones of a file.
const (
	maxCalendars   = 10_000
	maxZones       = 2000
	maxObservances = 500
)

func newSurvey() *survey { return &survey{tables: map[string]*table{}} }

// calendar returns the i-th calendar.
func (s *survey) calendar(i int) calendar {
	if i < len(s.calendars) {
		return s.calendars[i]
	}
	return calendar{}
}

func (s *survey) add(l contentline.Line) error {
	kind, begin, end := delimiter(&l)
	switch {
	case kind == "VCALENDAR":
		s.depth, s.zone, s.part = 0, nil, nil
		if begin && len(s.calendars) < maxCalendars {
			s.calendars = append(s.calendars, calendar{})
		}
	case kind == "VTIMEZONE":
		if end && s.zone != nil && s.tables[s.tzid] == nil && len(s.tables) < maxZones {
			s.tables[s.tzid] = s.zone
		}
		s.zone, s.part, s.tzid = nil, nil, ""
		if begin {
			s.zone = &table{}
		}
	case s.zone != nil:
		s.addZone(&l, kind, begin)
	case begin:
		s.depth++
	case end:
		s.depth = max(s.depth-1, 0)
	case s.depth == 0 && len(s.calendars) > 0:
		s.calendars[len(s.calendars)-1].read(&l)
	}
	return nil
}

// read reads a property of a calendar; NAME (RFC 7986) is what everybody has
// called X-WR-CALNAME.
func (c *calendar) read(l *contentline.Line) {
	switch l.Name {
	case "X-WR-CALNAME", "NAME":
		if c.name == "" {
			c.name = locale.Line(l.Text())
		}
	case "METHOD":
		c.method = strings.ToUpper(strings.TrimSpace(l.Value))
	}
}

// addZone reads a property of a VTIMEZONE (RFC 5545, 3.6.5).
func (s *survey) addZone(l *contentline.Line, kind string, begin bool) {
	switch {
	case kind != "":
		s.part = nil
		if begin && (kind == "STANDARD" || kind == "DAYLIGHT") && len(s.zone.parts) < maxObservances {
			s.part = &observance{standard: kind == "STANDARD"}
			s.zone.parts = append(s.zone.parts, s.part)
		}
	case s.part != nil:
		s.part.read(l)
	case l.Name == "TZID":
		s.tzid = strings.TrimSpace(l.Text())
	case l.Name == "X-LIC-LOCATION":
		s.zone.location = strings.TrimSpace(l.Text())
	}
}
