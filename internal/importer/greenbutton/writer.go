package greenbutton

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/schema"
)

// chunk is how many points are given out at once.
const chunk = 5000

// A writer gives out the documents and points of a feed.
type writer struct {
	ctx     context.Context
	feed    *feed
	out     importer.Sink
	clock   *clock
	series  map[*meterReading]map[string]*series
	order   []*series
	stopped bool // by the sink
}

// A series is one penates.Series with the points that wait.
type series struct {
	penates.Series
	power int
}

func (w *writer) said(err error) error {
	w.stopped = w.stopped || err != nil
	return err
}

func (w *writer) refuse(line int, err error) error { return w.said(w.out.Refuse(line, err)) }

// documents gives out the usage points and the summaries.
func (w *writer) documents() error {
	for _, p := range w.feed.of("UsagePoint") {
		kind := services[p.fields["ServiceCategory.kind"]]
		d := &penates.Document{
			Source: penates.Source{Connection: p.key(), NativeID: "usage-point", Locator: fmt.Sprintf("line=%d", p.line)},
			Text:   strings.TrimSpace("Usage point " + p.title), Refs: []penates.Ref{penates.NewRef(penates.RefContract, p.key())},
		}
		body := schema.Contract{Kind: kind, Meter: p.key(), Name: p.title, Status: p.fields["status"], Option: p.fields["ServiceDeliveryPoint.tariffProfile"]}
		if err := w.said(w.out.Document(d, body)); err != nil {
			return err
		}
	}
	for _, kind := range []string{"UsageSummary", "ElectricPowerUsageSummary", "ElectricPowerQualitySummary"} {
		for _, s := range w.feed.of(kind) {
			if err := w.summary(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// summary keeps what a utility says of a period of billing.
func (w *writer) summary(s *entry) error {
	if len(s.fields) == 0 {
		return nil
	}
	native := s.key()
	d := &penates.Document{Text: strings.TrimSpace("Usage summary " + s.title)}
	if from, to, err := interval(s.fields["billingPeriod.start"], s.fields["billingPeriod.duration"]); err == nil {
		d.Time = penates.Span{Start: penates.At(w.clock.local(from)), End: penates.At(w.clock.local(to))}
		native += "|" + d.Time.Start.Date()
	}
	d.Source = penates.Source{Connection: w.pointOf(s), NativeID: "summary|" + native, Locator: fmt.Sprintf("line=%d", s.line)}
	fields := map[string]any{}
	for name, text := range s.fields {
		fields[name] = text
	}
	return w.said(w.out.Document(d, schema.Record{Kind: s.kind, Fields: fields}))
}

func (w *writer) pointOf(n *entry) string {
	p := pick(w.feed.of("UsagePoint"), func(p *entry) bool { return n.within(p) }, func(p *entry) bool { return p.refersTo(n) })
	if p == nil {
		return ""
	}
	return p.key()
}

// readings gives out those that are held, or all of the file when there are more.
func (w *writer) readings(f *importer.File) error {
	if !w.feed.more {
		for _, r := range w.feed.held {
			if err := w.read(r); err != nil {
				return err
			}
		}
		return nil
	}
	w.feed.held = nil
	var open reading
	return parse(w.ctx, f, func(e *element) error {
		if e.in("IntervalReading") {
			open.take(e)
		}
		if e.name != "IntervalReading" {
			return nil
		}
		r := open.done(e)
		open = reading{}
		return w.read(r)
	})
}

// read gives out a reading or refuses it.
func (w *writer) read(r reading) error {
	err := w.take(r)
	if err == nil || w.stopped || w.ctx.Err() != nil {
		return err
	}
	return w.refuse(r.line, err)
}

// take gives the point of a reading to its series.
func (w *writer) take(r reading) error {
	if r.value == "" {
		return fmt.Errorf("a reading without value: %w", penates.Invalid)
	}
	from, to, err := interval(r.start, r.duration)
	if err != nil {
		return err
	}
	from, to = w.clock.local(from), w.clock.local(to)
	days := wholeDay(from, to)
	s, err := w.open(w.feed.blocks[r.entry], to.Sub(from), days)
	if err != nil {
		return err
	}
	p := penates.Point{Start: penates.At(from), End: penates.At(to), Quality: r.quality}
	switch {
	case days:
		p.Start, p.End = penates.DayOf(from), penates.DayOf(to)
	case to.Equal(from):
		p.End = penates.Moment{}
	}
	if word, known := qualities[r.quality]; known {
		p.Quality = word
	}
	if p.Value, err = scaled(r.value, s.power); err != nil {
		return err
	}
	s.Points = append(s.Points, p)
	if len(s.Points) < chunk {
		return nil
	}
	return w.give(s)
}

// interval reads a start in seconds since 1970 and a length in seconds.
func interval(start, duration string) (from, to time.Time, err error) {
	at, ok := new(big.Rat).SetString(start)
	if !ok || len(start) > 24 || strings.ContainsAny(start, "eEpP/_xX") {
		return from, to, fmt.Errorf("start %q: %w", start[:min(len(start), 40)], penates.Invalid)
	}
	millis := new(big.Int).Quo(new(big.Int).Mul(at.Num(), big.NewInt(1000)), at.Denom())
	const century = 100 * 366 * 24 * 3600
	if !millis.IsInt64() || millis.Int64() < -century*1000 || millis.Int64() > 2*century*1000 {
		return from, to, fmt.Errorf("start %q is out of range: %w", start, penates.Invalid)
	}
	from = time.UnixMilli(millis.Int64()).UTC()
	if duration == "" {
		return from, from, nil
	}
	length, ok := new(big.Int).SetString(duration, 10)
	if !ok || !length.IsInt64() || length.Sign() < 0 || length.Int64() > century {
		return from, to, fmt.Errorf("duration %q: %w", duration[:min(len(duration), 40)], penates.Invalid)
	}
	return from, from.Add(time.Duration(length.Int64()) * time.Second), nil
}

// wholeDay reports whether the interval is one day by local clocks.
func wholeDay(from, to time.Time) bool {
	midnight := func(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 }
	y, m, d := from.AddDate(0, 0, 1).Date()
	toY, toM, toD := to.Date()
	return midnight(from) && midnight(to) && y == toY && m == toM && d == toD
}

// open returns the series for an interval of that length.
func (w *writer) open(m *meterReading, length time.Duration, day bool) (*series, error) {
	if m == nil {
		return nil, fmt.Errorf("a reading of which the feed does not say what it measures: %w", penates.Unsupported)
	}
	kind := map[string]string{}
	if m.kind != nil {
		kind = m.kind.fields
	}
	u := units[kind["uom"]]
	measure, step := "statement", ""
	switch {
	case cumulative[kind["accumulationBehaviour"]]:
		measure = "index"
	case length == 0 || !u.amount && u.ucum != "":
		measure = "state"
	case day:
		measure, step = "daily", "P1D"
	case length < 24*time.Hour:
		measure, step = "load-curve", fmt.Sprintf("PT%dM", length/time.Minute)
		if length%time.Minute != 0 {
			step = fmt.Sprintf("PT%dS", length/time.Second)
		}
	}
	native := measure + "|" + step
	if s := w.series[m][native]; s != nil {
		return s, nil
	}
	s, err := w.describe(m, kind, measure, step, u)
	if err != nil {
		return nil, err
	}
	if w.series[m] == nil {
		w.series[m] = map[string]*series{}
	}
	w.series[m][native] = s
	w.order = append(w.order, s)
	return s, nil
}

// cumulative are the codes of AccumulationKind for what a register shows.
var cumulative = map[string]bool{"1": true, "2": true, "3": true}

func (w *writer) describe(m *meterReading, kind map[string]string, measure, step string, u unit) (*series, error) {
	exp, err := power(kind["powerOfTenMultiplier"])
	if err != nil {
		return nil, err
	}
	s := &series{power: exp}
	point, title := m.entry.key(), m.entry.title
	if m.point != nil {
		point = m.point.key()
		s.Kind = services[m.point.fields["ServiceCategory.kind"]]
		title = strings.TrimSpace(m.point.title + ", " + m.entry.title)
	}
	if s.Kind == "" {
		s.Kind = commodities[kind["commodity"]]
	}
	flow := ""
	switch kind["flowDirection"] {
	case "19": // from the customer to the grid
		s.Kind, flow = s.Kind+"-production", "/production"
	case "4":
		flow = "/net"
	}
	if strings.Contains(u.ucum, "reactive") {
		s.Kind += "-reactive"
	}
	tail := strings.TrimPrefix(strings.TrimPrefix(m.entry.key(), point), "/")
	s.Type, s.Measure, s.Unit, s.Step = penates.Energy, measure, u.ucum, step
	s.Source = penates.Source{Connection: point, NativeID: measure + flow + "/" + tail, Locator: fmt.Sprintf("line=%d", m.entry.line)}
	s.Refs = []penates.Ref{penates.NewRef(penates.RefContract, point)}
	s.Text = strings.Trim(title, ", ")
	return s, nil
}

func (w *writer) give(s *series) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	err := w.said(w.out.Points(&s.Series))
	s.Points = s.Points[:0]
	return err
}

func (w *writer) flush() error {
	for _, s := range w.order {
		if len(s.Points) == 0 {
			continue
		}
		if err := w.give(s); err != nil {
			return err
		}
	}
	return nil
}
