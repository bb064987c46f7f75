package enedis

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
)

// A target is the channel that the values of a meter_reading go to.
type target struct {
	channel *channel
	step    string         // of all values, when the reading type says it
	start   penates.Moment // the day from which values are numbered
}

// target returns where the values go that h describes.
func (w *writer) target(h heading) (*target, error) {
	t := h.readingType
	m := meta{prm: h.prm, business: string(t.Direction), stage: h.quality, unit: string(t.Unit)}
	period := strings.ToUpper(string(t.Period))
	kind := locale.Fold(string(t.Kind))
	switch {
	case strings.HasPrefix(locale.Fold(string(t.Aggregate)), "max"), kind == "pmax":
		m.data = "Puissance maximale"
	case period == "P1D", t.Time == "day", kind == "energieglo" && t.Length == "":
		m.data = "Energie quotidienne"
	case period == "P1M", t.Time == "month":
		m.data = "Energie mensuelle"
	}
	if m.unit == "" && kind == "energy" {
		m.unit = "Wh"
	}
	c, err := w.channel(m)
	if err != nil {
		return nil, err
	}
	out := &target{channel: c}
	for _, s := range []string{string(t.Length), string(t.Time), string(t.Period)} {
		// Version 3 writes the length in seconds.
		if n := minutes(s, true); n > 0 && out.step == "" {
			out.step = stepName(n)
		}
	}
	start := h.start
	if start == "" {
		start = string(t.Start)
	}
	out.start, _ = locale.Day(start, locale.YMD)
	return out, nil
}

// take takes one value.
func (t *target) take(v lined) error {
	r := row{line: v.line, stamp: string(v.Date), value: string(v.Value), quality: string(v.Quality), step: t.step}
	if n := minutes(string(v.Length), true); n > 0 {
		r.step = stepName(n)
	}
	if r.stamp != "" {
		return t.channel.take(r)
	}
	number := v.Number
	if number == "" {
		number = v.Rank
	}
	return t.numbered(r, string(number))
}

// numbered takes a value that has only its number, counted from 1: that of a day,
// or of the interval that ends so many steps after the start of the first day.
func (t *target) numbered(r row, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 1_000_000 || t.start.IsZero() {
		return t.channel.w.refuse(r.line, fmt.Errorf("value without date: %w", penates.Invalid))
	}
	step := minutes(r.step, false)
	if t.channel.measure == daily || t.channel.measure == maxPower {
		r.stamp = t.start.Time().AddDate(0, 0, n-1).Format(time.DateOnly)
		return t.channel.take(r)
	}
	if step == 0 {
		return t.channel.w.refuse(r.line, fmt.Errorf("nothing says how long the interval is: %w", penates.Invalid))
	}
	y, m, d := t.start.Time().Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, t.channel.w.zone)
	r.stamp = midnight.Add(time.Duration(n*step) * time.Minute).Format(time.RFC3339)
	return t.channel.take(r)
}

// oldReading takes a usage point of version 3, whose values are numbered.
func (w *writer) oldReading(line int, a *answer, u *usagePoint) error {
	h := heading{prm: string(u.ID), quality: string(a.Stage), readingType: u.Reading.Type, start: string(u.Reading.Start)}
	if h.prm == "" {
		h.prm = string(u.Reading.ID)
	}
	waiting := make([]lined, 0, len(u.Reading.Block)+len(u.Reading.Readings))
	for _, v := range append(u.Reading.Block, u.Reading.Readings...) {
		waiting = append(waiting, lined{line, v})
	}
	if err := w.give(h, waiting); err != nil {
		return err
	}
	if a.Power == "" && a.Schedule == "" {
		return nil
	}
	return w.contract(contractFacts{prm: h.prm, power: kva(string(a.Power)), option: string(a.Schedule)})
}
