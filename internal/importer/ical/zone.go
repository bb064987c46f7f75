package ical

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // calendars name zones on machines that have no zone files
)

// zones finds the zones that a file names.
type zones struct {
	home   *time.Location
	tables map[string]*table
	found  map[string]zone
}

// A zone is one of location and table; without both it is the person's own.
type zone struct {
	location *time.Location
	table    *table
}

func newZones(home *time.Location, tables map[string]*table) *zones {
	if home == nil {
		home = time.UTC
	}
	return &zones{home: home, tables: tables, found: map[string]zone{}}
}

// at returns the instant at which clocks of the zone tzid show t, which is kept
// as if it were in UTC, and the IANA name of the zone, if it has one. A zone
// nobody knows is the person's.
func (z *zones) at(t time.Time, tzid string) (time.Time, string) {
	where := zone{}
	if tzid != "" {
		where = z.find(tzid)
	}
	location := where.location
	switch {
	case location != nil:
	case where.table != nil:
		seconds, _ := where.table.offset(t)
		return onClock(t, time.FixedZone("", seconds)), ""
	default:
		location = z.home
	}
	name := location.String()
	if !strings.Contains(name, "/") && name != "UTC" || tzid == "" {
		name = ""
	}
	return onClock(t, location), name
}

func onClock(t time.Time, location *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, location)
}

// find looks a TZID up: as an IANA name, as one behind the prefixes programs put
// there, among the zones of the file, as a Windows name, as an offset.
func (z *zones) find(tzid string) zone {
	if known, ok := z.found[tzid]; ok {
		return known
	}
	where := z.search(strings.Trim(strings.TrimSpace(tzid), `"`))
	if len(z.found) < maxZones {
		z.found[tzid] = where
	}
	return where
}

func (z *zones) search(tzid string) zone {
	if l := iana(tzid); l != nil {
		return zone{location: l}
	}
	if t := z.tables[tzid]; t != nil {
		if l := iana(t.location); l != nil {
			return zone{location: l}
		}
		if _, ok := t.offset(time.Now()); ok {
			return zone{table: t}
		}
	}
	if name := windowsZones[strings.ToLower(tzid)]; name != "" {
		return zone{location: iana(name)}
	}
	if l := ofCities(tzid); l != nil {
		return zone{location: l}
	}
	return zone{location: byOffset(tzid)}
}

// ofCities returns the zone of the cities in a name that Windows shows, as in
// "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris": the offset alone does not tell of
// summer time.
func ofCities(name string) *time.Location {
	offset, cities, ok := strings.Cut(name, ") ")
	if !ok || !strings.HasPrefix(offset, "(") {
		return nil
	}
	for _, city := range strings.Split(cities, ",")[:min(strings.Count(cities, ",")+1, 10)] {
		for _, part := range [...]string{"Europe/", "America/", "Asia/", "Africa/", "Australia/", "Pacific/", "Atlantic/"} {
			if l := iana(part + strings.TrimSpace(city)); l != nil {
				return l
			}
		}
	}
	return nil
}

// iana returns the zone that name, or its end ("/mozilla.org/2007/Europe/Paris",
// "posix/Europe/Paris"), is in the IANA database.
func iana(name string) *time.Location {
	parts := strings.Split(strings.Trim(strings.ReplaceAll(name, " ", "_"), "/"), "/")
	if len(parts) == 1 {
		if len(name) < 3 || strings.EqualFold(name, "local") {
			return nil
		}
		l, err := time.LoadLocation(parts[0])
		if err != nil {
			return nil
		}
		return l
	}
	for n := min(len(parts), 3); n >= 2; n-- {
		candidate := strings.Join(parts[len(parts)-n:], "/")
		if l, err := time.LoadLocation(candidate); err == nil && !strings.HasPrefix(candidate, "posix/") && !strings.HasPrefix(candidate, "right/") {
			return l
		}
	}
	return nil
}

var offsetName = regexp.MustCompile(`^\(?(?:UTC|GMT|Etc/GMT)? ?([+-]) ?(\d{1,2}):?(\d\d)?\)?(.*)$`)

// byOffset reads names like "UTC+11", "(UTC-03:00) Brasilia" and "GMT +0100".
// Names that go on to tell of summer time are of no fixed offset.
func byOffset(name string) *time.Location {
	m := offsetName.FindStringSubmatch(name)
	if m == nil || strings.Contains(m[4], "GMT") {
		return nil
	}
	hours, _ := strconv.Atoi(m[2])
	minutes, _ := strconv.Atoi(m[3])
	if hours > 15 || minutes > 59 {
		return nil
	}
	seconds := hours*3600 + minutes*60
	if m[1] == "-" {
		seconds = -seconds
	}
	return time.FixedZone("", seconds)
}
