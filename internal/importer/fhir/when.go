package fhir

import (
	"fmt"
	"time"

	"penates"
	"penates/internal/importer/health"
)

// starts are the elements that say when something happened or began, the most
// telling first: what was observed or done before when it was written down.
var starts = []string{
	"effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming", "performedDateTime", "performedPeriod",
	"occurrenceDateTime", "occurrencePeriod", "occurrenceTiming", "onsetDateTime", "onsetPeriod", "collectedDateTime",
	"collectedPeriod", "period", "billablePeriod", "servicedDate", "started", "whenHandedOver", "whenPrepared", "startDate",
	"start", "authoredOn", "date", "dateTime", "dateAsserted", "assertedDate", "assertedOn", "recordedDate", "written", "dateWritten",
	"created", "issued", "authored", "sent", "recorded", "executionPeriod", "indexed",
}

// when returns the time of a resource, the zero Span when it has none.
func when(n node) (penates.Span, error) {
	for _, key := range starts {
		span, err := span(n, key)
		if err != nil {
			return penates.Span{}, fmt.Errorf("%s: %w", key, err)
		}
		if span.Start.IsZero() {
			continue
		}
		if span.End.IsZero() {
			for _, end := range [...]string{"end", "abatementDateTime"} {
				if span.End, _, err = moment(n.text(end)); err != nil {
					return penates.Span{}, fmt.Errorf("%s: %w", end, err)
				}
				if !span.End.IsZero() {
					break
				}
			}
		}
		return span, nil
	}
	return penates.Span{}, nil
}

// span reads a dateTime, Period or Timing.
func span(n node, key string) (s penates.Span, err error) {
	if text := n.text(key); text != "" {
		s.Start, s.Uncertainty, err = moment(text)
		return s, err
	}
	c := n.child(key)
	if events := c.texts("event"); len(events) > 0 {
		s.Start, s.Uncertainty, err = moment(events[0])
		return s, err
	}
	if bounds := c.child("repeat").child("boundsPeriod"); bounds != nil {
		c = bounds
	}
	if s.Start, s.Uncertainty, err = moment(c.text("start")); err != nil {
		return penates.Span{}, err
	}
	s.End, _, err = moment(c.text("end"))
	if s.Start.IsZero() {
		s.Start, s.End = s.End, penates.Moment{}
	}
	return s, err
}

// moment reads a date, dateTime or instant (R4 2.24.0.1): a year, a month, a day or
// a time with its zone. uncertainty is how long a year or month is.
func moment(s string) (m penates.Moment, uncertainty string, err error) {
	if s == "" {
		return m, "", nil
	}
	for _, part := range [...]string{"2006", "2006-01"} {
		if t, err := time.Parse(part, s); err == nil {
			month := int(t.Month())
			if part == "2006" {
				month = 0
			}
			m, uncertainty = health.Month(t.Year(), month)
			return m, uncertainty, nil
		}
	}
	// Old servers leave out the seconds, or the zone: then only the day is sure.
	for _, part := range [...]string{"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(part, s); err == nil {
			return penates.At(t), "", nil
		}
	}
	for _, part := range [...]string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(part, s); err == nil {
			return penates.DayOf(t), "", nil
		}
	}
	m, err = penates.ParseMoment(s)
	return m, "", err
}
