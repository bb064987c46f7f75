package greenbutton_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/greenbutton"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const (
	head = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:uuid:0</id>
<entry><id>urn:uuid:1</id><link rel="self" href="https://power.example/espi/1_1/resource/RetailCustomer/3/UsagePoint/1"/>
<title>Flat</title><content><UsagePoint xmlns="http://naesb.org/espi"><ServiceCategory><kind>0</kind></ServiceCategory><status>1</status></UsagePoint></content></entry>
<entry><link rel="self" href="https://power.example/espi/1_1/resource/LocalTimeParameters/1"/><content><LocalTimeParameters xmlns="http://naesb.org/espi">
<dstEndRule>B40E2000</dstEndRule><dstOffset>3600</dstOffset><dstStartRule>360E2000</dstStartRule><tzOffset>-28800</tzOffset></LocalTimeParameters></content></entry>
<entry><link rel="self" href="https://power.example/espi/1_1/resource/RetailCustomer/3/UsagePoint/1/MeterReading/1"/>
<link rel="related" href="https://power.example/espi/1_1/resource/ReadingType/7"/><title>Use</title><content><MeterReading xmlns="http://naesb.org/espi"/></content></entry>
`
	summary = `<entry><link rel="self" href="https://power.example/espi/1_1/resource/RetailCustomer/3/UsagePoint/1/UsageSummary/1"/><content><UsageSummary xmlns="http://naesb.org/espi">
<billingPeriod><duration>2592000</duration><start>1704096000</start></billingPeriod><billLastPeriod>6752000</billLastPeriod><currency>840</currency></UsageSummary></content></entry>
`
	// 1 January 2024 began at 1704096000 in California.
	block = `<entry><link rel="self" href="https://power.example/espi/1_1/resource/RetailCustomer/3/UsagePoint/1/MeterReading/1/IntervalBlock/173"/><content><IntervalBlock xmlns="http://naesb.org/espi">
<interval><duration>86400</duration><start>1704096000</start></interval>
<IntervalReading><cost>120</cost><ReadingQuality><quality>8</quality></ReadingQuality><timePeriod><duration>900</duration><start>1704096000</start></timePeriod><value>1234</value></IntervalReading>
<IntervalReading><timePeriod><duration>900</duration><start>1704096900.5</start></timePeriod><value>-5</value></IntervalReading>
<IntervalReading><timePeriod><duration>900</duration><start>1704097800</start></timePeriod><value>many</value></IntervalReading>
<IntervalReading><timePeriod><duration>900</duration><start>soon</start></timePeriod><value>1</value></IntervalReading>
<IntervalReading><timePeriod><duration>82800</duration><start>1710057600</start></timePeriod><value>10000</value></IntervalReading>
<IntervalReading><timePeriod><duration>2592000</duration><start>1704096000</start></timePeriod><value>300000</value></IntervalReading>
</IntervalBlock></content></entry>
`
	kind = `<entry><link rel="self" href="https://power.example/espi/1_1/resource/ReadingType/7"/><content><ReadingType xmlns="http://naesb.org/espi">
<accumulationBehaviour>4</accumulationBehaviour><commodity>1</commodity><flowDirection>1</flowDirection><powerOfTenMultiplier>-3</powerOfTenMultiplier><uom>72</uom></ReadingType></content></entry>
`
	tail = `</feed>`
)

// points returns the points of a file, "connection series start end value unit step quality".
func points(c *importertest.Collector) (got []string) {
	for _, s := range c.Series {
		for _, p := range s.Points {
			got = append(got, strings.Join([]string{s.Source.Connection, s.Source.NativeID, p.Start.String(), p.End.String(), string(p.Value), s.Unit, s.Step, p.Quality}, " "))
		}
	}
	return got
}

func read(t *testing.T, text string) *importertest.Collector {
	t.Helper()
	c, err := importertest.Read(greenbutton.Format, "x.xml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRead(t *testing.T) {
	const point = "RetailCustomer/3/UsagePoint/1"
	want := []string{
		point + " load-curve/MeterReading/1 2024-01-01T00:00:00-08:00 2024-01-01T00:15:00-08:00 1.234 W.h PT15M estimated",
		point + " load-curve/MeterReading/1 2024-01-01T00:15:00.5-08:00 2024-01-01T00:30:00.5-08:00 -0.005 W.h PT15M ",
		point + " daily/MeterReading/1 2024-03-10 2024-03-11 10 W.h P1D ", // 23 hours
		point + " statement/MeterReading/1 2024-01-01T00:00:00-08:00 2024-01-31T00:00:00-08:00 300 W.h  ",
	}
	// Entries come in any order, with and without prefixes.
	for name, text := range map[string]string{
		"types first": head + kind + summary + block + tail,
		"types last":  head + block + kind + summary + tail,
		"prefixes": strings.NewReplacer(`<?xml version="1.0"?>`, "", "<feed xmlns=", "<atom:feed xmlns:atom=", "</feed", "</atom:feed", "<entry", "<atom:entry", "</entry", "</atom:entry",
			"<link", "<atom:link", "<content", "<atom:content", "</content", "</atom:content", "<title", "<atom:title", "</title", "</atom:title").Replace(head + block + kind + summary + tail),
	} {
		c := read(t, text)
		if diff := cmp.Diff(want, points(c)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if len(c.Refusals) != 2 || !errors.Is(c.Refusals[0].Err, penates.Invalid) || c.Refusals[0].Line == 0 {
			t.Errorf("%s: refused %v", name, c.Refusals)
		}
		bodies := []schema.Body{
			schema.Contract{Kind: "electricity", Meter: point, Name: "Flat", Status: "1"},
			schema.Record{Kind: "UsageSummary", Fields: map[string]any{"billingPeriod.duration": "2592000", "billingPeriod.start": "1704096000", "billLastPeriod": "6752000", "currency": "840"}},
		}
		if diff := cmp.Diff(bodies, c.Bodies); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if d := c.Documents[1]; d.Source.Connection != point || d.Time.Start.String() != "2024-01-01T00:00:00-08:00" || c.Series[0].Kind != "electricity" {
			t.Errorf("%s: %+v, %+v", name, d, c.Series[0])
		}
	}
}

func TestKinds(t *testing.T) {
	for name, tt := range map[string]struct {
		replace []string
		kind    string
		first   string
	}{
		"gas in therms":   {[]string{"<kind>0</kind>", "<kind>1</kind>", "<uom>72</uom>", "<uom>169</uom>"}, "gas", " load-curve/MeterReading/1 2024-01-01T00:00:00-08:00 2024-01-01T00:15:00-08:00 1.234 10*5.[Btu_IT] PT15M estimated"},
		"given":           {[]string{"<flowDirection>1<", "<flowDirection>19<"}, "electricity-production", " load-curve/production/MeterReading/1 2024-01-01T00:00:00-08:00 2024-01-01T00:15:00-08:00 1.234 W.h PT15M estimated"},
		"power":           {[]string{"<uom>72<", "<uom>38<", "-3", "3"}, "electricity", " state/MeterReading/1 2024-01-01T00:00:00-08:00 2024-01-01T00:15:00-08:00 1234000 W  estimated"},
		"register":        {[]string{"viour>4<", "viour>3<"}, "electricity", " index/MeterReading/1 2024-01-01T00:00:00-08:00 2024-01-01T00:15:00-08:00 1.234 W.h  estimated"},
		"nothing said":    {[]string{"<uom>72</uom>", "", "<kind>0</kind>", ""}, "electricity", " load-curve/MeterReading/1 2024-01-01T00:00:00-08:00 2024-01-01T00:15:00-08:00 1.234  PT15M estimated"},
		"no local time":   {[]string{"tzOffset", "offset"}, "electricity", " load-curve/MeterReading/1 2024-01-01T09:00:00+01:00 2024-01-01T09:15:00+01:00 1.234 W.h PT15M estimated"},
		"no summer time":  {[]string{"dstOffset>3600", "dstOffset>0"}, "electricity", " load-curve/MeterReading/1 2024-01-01T00:00:00-08:00 2024-01-01T00:15:00-08:00 1.234 W.h PT15M estimated"},
		"southern summer": {[]string{"360E2000", "A40E2000", "B40E2000", "440E3000"}, "electricity", " load-curve/MeterReading/1 2024-01-01T01:00:00-07:00 2024-01-01T01:15:00-07:00 1.234 W.h PT15M estimated"},
	} {
		c := read(t, strings.NewReplacer(tt.replace...).Replace(head+block+kind+tail))
		if got := points(c); len(got) < 1 || got[0] != "RetailCustomer/3/UsagePoint/1"+tt.first || c.Series[0].Kind != tt.kind {
			t.Errorf("%s: %s %v, want %s", name, c.Series[0].Kind, got, tt.first)
		}
	}
}

// The days on which clocks change in rules of each form.
func TestRules(t *testing.T) {
	for rule, want := range map[string]string{
		"360E2000": "2024-03-10", // second Sunday of March
		"3E0E2000": "2024-03-31", // last Sunday of March
		"34021000": "2024-03-04", // first Monday
		"328E2000": "2024-03-10", // Sunday on or after the 8th
		"30F02000": "2024-03-15", // the 15th
	} {
		// The first hour of the day after the change is at offset -7, that of the day at -8.
		day, err := penates.ParseMoment(want)
		if err != nil {
			t.Fatal(err)
		}
		at := day.Time().Unix() + 8*3600
		text := strings.NewReplacer("360E2000", rule, ">1704096000<", fmt.Sprintf(">%d<", at), ">1710057600<", fmt.Sprintf(">%d<", at+86400)).Replace(head + block + kind + tail)
		got := points(read(t, text))
		next := day.Time().AddDate(0, 0, 1).Format("2006-01-02")
		if !strings.Contains(got[0], want+"T00:00:00-08:00") || !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, next+"T01:00:00-07:00") }) {
			t.Errorf("%s: %q, want a change on %s", rule, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	cut := head + kind + block
	cut = cut[:strings.Index(cut, "soon")]
	c, err := importertest.Read(greenbutton.Format, "x", []byte(cut))
	if !errors.Is(err, penates.Damaged) || c.PointCount() != 2 || len(c.OfType(penates.Contracts)) != 1 {
		t.Errorf("cut: %d points, %v", c.PointCount(), err)
	}
	if c, err := importertest.Read(greenbutton.Format, "x", []byte(`<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi"/>`)); !errors.Is(err, importer.ErrNotMine) || len(c.Refusals) > 0 {
		t.Errorf("empty: %v", err)
	}
	// Two meters, and nothing that says whose the block is.
	other := strings.NewReplacer("UsagePoint/1/MeterReading/1\"", "UsagePoint/1/MeterReading/2\"").Replace(head[strings.LastIndex(head, "<entry>"):])
	orphan := strings.Replace(block, "RetailCustomer/3/UsagePoint/1/MeterReading/1/", "elsewhere/", 1)
	c = read(t, head+other+kind+orphan+tail)
	if c.PointCount() != 0 || len(c.Refusals) != 6 || !errors.Is(c.Refusals[0].Err, penates.Unsupported) {
		t.Errorf("orphan: %d points, %v", c.PointCount(), c.Refusals)
	}
	for _, tooMuch := range []string{strings.Repeat("<entry/>", 200_001), strings.Repeat("<a>", 100)} {
		if _, err := importertest.Read(greenbutton.Format, "x", []byte(`<feed xmlns="http://www.w3.org/2005/Atom">`+tooMuch)); !errors.Is(err, penates.TooLarge) {
			t.Error(err)
		}
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{
		head: true, "\ufeff" + head: true,
		`<feed xmlns="http://www.w3.org/2005/Atom"><entry/></feed>`:  false,
		`{"a": "http://naesb.org/espi http://www.w3.org/2005/Atom"}`: false,
		"": false,
	} {
		if got := greenbutton.Format.Recognise(importertest.File("x", []byte(text)).Head) > 50; got != want {
			t.Errorf("%.60q: %t", text, got)
		}
	}
}

// TestLong holds that a feed of more readings than are held is read as a shorter one.
func TestLong(t *testing.T) {
	const readings = 80_000
	one := block[strings.Index(block, "<IntervalReading>"):strings.Index(block, "<IntervalReading><timePeriod><duration>900</duration><start>1704096900.5")]
	c := read(t, head+strings.Replace(block, one, strings.Repeat(one, readings), 1)+kind+tail)
	short := read(t, head+block+kind+tail)
	if got, want := points(c), points(short); len(got) != len(want)-1+readings || got[readings-1] != want[0] || len(c.Refusals) != len(short.Refusals) {
		t.Errorf("%d points, first %s, refused %v", len(got), got[0], c.Refusals)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head + block + kind + summary + tail))
	f.Add([]byte(head + strings.Replace(kind, "-3", "12", 1) + block + tail))
	f.Add([]byte(block))
	f.Fuzz(func(t *testing.T, b []byte) {
		greenbutton.Format.Recognise(importertest.File("x", b).Head)
		c, _ := importertest.Read(greenbutton.Format, "x", b)
		for _, s := range c.Series {
			for _, p := range s.Points {
				if _, err := penates.ParseDecimal(string(p.Value)); err != nil || p.Start.IsZero() {
					t.Errorf("point %+v of %s", p, s.Source.NativeID)
				}
				if !p.End.IsZero() && !p.End.Time().After(p.Start.Time()) {
					t.Errorf("point %+v ends before it starts", p)
				}
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const readings = 35_040 // a year of quarters of an hour
	one := block[strings.Index(block, "<IntervalReading>"):strings.Index(block, "<IntervalReading><timePeriod><duration>900</duration><start>1704096900.5")]
	content := []byte(head + kind + strings.Replace(block, one, strings.Repeat(one, readings), 1) + tail)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c, err := importertest.Read(greenbutton.Format, "x", content)
		if err != nil || c.PointCount() < readings {
			b.Fatal(c.PointCount(), err)
		}
	}
	b.ReportMetric(readings*float64(b.N)/b.Elapsed().Seconds(), "points/s")
}
