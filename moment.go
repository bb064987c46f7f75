package penates

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A Moment is a point in time, or a calendar day when only the day is known: a
// day never silently becomes a midnight. The zero Moment is "unknown".
type Moment struct {
	t       time.Time
	dayOnly bool
}

// At returns the moment t, keeping its offset.
func At(t time.Time) Moment { return Moment{t: t.Truncate(time.Millisecond)} }

// Day returns the calendar day.
func Day(year int, month time.Month, day int) Moment {
	return Moment{t: time.Date(year, month, day, 0, 0, 0, 0, time.UTC), dayOnly: true}
}

// DayOf returns the calendar day of t in t's own zone.
func DayOf(t time.Time) Moment { return Day(t.Date()) }

// IsZero reports whether the moment is unknown.
func (m Moment) IsZero() bool { return m.t.IsZero() }

// DateOnly reports whether only the day is known.
func (m Moment) DateOnly() bool { return m.dayOnly }

// Time returns the instant; for a day, its midnight in UTC.
func (m Moment) Time() time.Time { return m.t }

// Date returns the local calendar day as "2006-01-02", or "" when unknown.
func (m Moment) Date() string {
	if m.IsZero() {
		return ""
	}
	return m.t.Format(time.DateOnly)
}

// String returns "2006-01-02" for a day, RFC 3339 with the offset for an
// instant, and "" when unknown.
func (m Moment) String() string {
	switch {
	case m.IsZero():
		return ""
	case m.dayOnly:
		return m.t.Format(time.DateOnly)
	}
	return m.t.Format("2006-01-02T15:04:05.999Z07:00")
}

// ParseMoment reads what String writes.
func ParseMoment(s string) (Moment, error) {
	if s == "" {
		return Moment{}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return Moment{t: t, dayOnly: true}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil && t.Year() >= 0 && t.Year() <= 9999 {
		return At(t), nil
	}
	return Moment{}, fmt.Errorf("time %q: %w", clip(s), Invalid)
}

// MarshalJSON writes the form of String, and null when unknown.
func (m Moment) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + m.String() + `"`), nil
}

// UnmarshalJSON reads the form of String.
func (m *Moment) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil || s == nil {
		*m = Moment{}
		return err
	}
	var err error
	*m, err = ParseMoment(*s)
	return err
}

func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
