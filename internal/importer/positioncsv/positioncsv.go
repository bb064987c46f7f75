// Package positioncsv reads tables of positions (RFC 4180, any separator): the logs
// of GPSLogger, of trackers and fleets, lists of places visited. A table is recognised
// by its columns, in whatever order and however they are written: a latitude, a
// longitude and a time.
//
// A row is a point of the track of its device and day. Rows that tell a name or an
// address, or from when to when somebody stayed, are places visited.
package positioncsv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/rows"
	"penates/internal/importer/track"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads tables of positions.
var Format = importer.Format{Name: "positioncsv", Title: "Positions in a table (CSV)", Recognise: recognise, Read: read}

// Columns by what they mean, by their letters and digits only; the first names are the
// surest.
var meanings = map[string][]string{
	"lat":      {"latitude", "lat", "latitudee7", "latdeg", "gpslatitude", "y", "locationlat", "latitudedegrees", "breitengrad", "latitud"},
	"lon":      {"longitude", "lon", "lng", "long", "longitudee7", "londeg", "gpslongitude", "x", "locationlon", "locationlong", "longitudedegrees", "laengengrad", "langengrad", "longitud"},
	"time":     {"timestamp", "time", "datetime", "starttime", "start", "timestampms", "utctime", "timeutc", "gpstime", "fixtime", "recordedat", "createdat", "horodatage", "date", "dateheure", "zeit", "begin", "debut", "eventtime", "localtime"},
	"clock":    {"time", "heure", "hour", "uhrzeit", "hora"},
	"end":      {"endtime", "end", "fin", "until", "ende"},
	"alt":      {"altitude", "elevation", "ele", "alt", "altitudem", "elevationm", "height"},
	"accuracy": {"accuracy", "horizontalaccuracy", "accuracym", "hacc", "precision", "acc"},
	"device":   {"deviceid", "device", "tracker", "trackerid", "tid", "vehicle", "imei", "deviceuid", "user"},
	"name":     {"name", "placename", "place", "nom", "lieu", "title"},
	"address":  {"address", "adresse", "formattedaddress"},
	"kind":     {"activity", "type", "mode", "category", "motion"},
}

// A table is how the columns lie.
type table struct {
	comma   byte
	columns map[string]int
	e7      bool // degrees times ten million
}

// find finds the columns in the head of a file.
func find(head []byte) *table {
	columns, comma := rows.Header(head)
	t := &table{comma: comma, columns: map[string]int{}}
	names := map[string]int{}
	for i, name := range columns {
		if _, twice := names[name]; !twice {
			names[name] = i
		}
	}
	for meaning, list := range meanings {
		for _, name := range list {
			if i, ok := names[name]; ok {
				t.columns[meaning] = i
				t.e7 = t.e7 || strings.HasSuffix(name, "e7")
				break
			}
		}
	}
	if t.has("clock") && t.columns["clock"] == t.columns["time"] {
		delete(t.columns, "clock")
		if i, ok := names["date"]; ok { // "Date" beside "Time"
			t.columns["clock"], t.columns["time"] = t.columns["time"], i
		}
	}
	if t.has("lat") && t.has("lon") && t.has("time") && t.columns["lat"] != t.columns["lon"] {
		return t
	}
	return nil
}

func (t *table) has(meaning string) bool {
	_, ok := t.columns[meaning]
	return ok
}

func recognise(h importer.Head) int {
	if find(h.Bytes) != nil {
		return 70
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	t := find(f.Bytes)
	if t == nil {
		return fmt.Errorf("no columns of positions: %w", importer.ErrNotMine)
	}
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	r := &reader{table: t, out: out, zone: f.Zone, tracks: track.Tracks{Out: out}, in: rows.New(text, t.comma)}
	if r.zone == nil {
		r.zone = time.UTC
	}
	if _, _, err := r.in.Next(); err != nil {
		return fmt.Errorf("header: %w", penates.Invalid)
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := r.row()
		if errors.Is(err, io.EOF) {
			return r.tracks.Flush()
		}
		if err != nil {
			return errors.Join(err, r.tracks.Flush())
		}
	}
}

type reader struct {
	*table
	out    importer.Sink
	zone   *time.Location
	in     *rows.Reader
	tracks track.Tracks
	names  bank.Namer
	fields []string
}

func (r *reader) get(meaning string) string {
	if i, ok := r.columns[meaning]; ok && i < len(r.fields) {
		return strings.TrimSpace(r.fields[i])
	}
	return ""
}

// row reads a row and gives it out, or refuses it.
func (r *reader) row() error {
	fields, line, err := r.in.Next()
	switch {
	case errors.Is(err, penates.Invalid), errors.Is(err, penates.TooLarge):
		return r.out.Refuse(line, err)
	case err != nil:
		return err
	}
	r.fields = fields
	if strings.TrimSpace(strings.Join(fields, "")) == "" {
		return nil
	}
	place, err := r.place()
	if err != nil {
		return r.out.Refuse(line, err)
	}
	at, err := r.moment(strings.TrimSpace(r.get("time") + " " + r.get("clock")))
	if err != nil {
		return r.out.Refuse(line, err)
	}
	if r.get("name") != "" || r.get("address") != "" || r.get("end") != "" {
		return r.visit(place, at, line)
	}
	device := track.Line(r.get("device"))
	kind := track.Line(r.get("kind"))
	return r.tracks.Add("track/"+device+"/"+at.Date(), at, place, line, func(s *penates.Series) {
		s.Source.Connection = device
		s.Kind, s.Text = track.First(kind, "track"), track.First(device, "Track of "+at.Date())
	})
}

// place reads the position of a row; a comma may be the decimal mark.
func (r *reader) place() (*penates.Place, error) {
	lat, lon := r.degrees("lat"), r.degrees("lon")
	p, err := track.ParsePosition(lat, lon)
	if err != nil {
		return nil, err
	}
	if r.e7 {
		if p, err = track.Position(p.Lat, p.Lon); err != nil {
			return nil, err
		}
	}
	p.Alt, p.Accuracy = track.Metres(strings.ReplaceAll(r.get("alt"), ",", ".")), track.Metres(strings.ReplaceAll(r.get("accuracy"), ",", "."))
	return p, nil
}

func (r *reader) degrees(meaning string) string {
	s := strings.ReplaceAll(r.get(meaning), ",", ".")
	if !r.e7 || strings.Contains(s, ".") {
		return s
	}
	digits, negative := strings.CutPrefix(s, "-")
	const e7 = 7
	if len(digits) <= e7 {
		digits = strings.Repeat("0", e7+1-len(digits)) + digits
	}
	s = digits[:len(digits)-e7] + "." + digits[len(digits)-e7:]
	if negative {
		s = "-" + s
	}
	return s
}

func (r *reader) moment(s string) (penates.Moment, error) {
	if m, err := track.Time(s, r.zone); err == nil {
		return m, nil
	}
	return locale.Time(s, locale.DMY, r.zone)
}

// visit gives out a place somebody stayed at.
func (r *reader) visit(p *penates.Place, at penates.Moment, line int) error {
	name, address := track.Line(r.get("name")), track.Line(r.get("address"))
	p.Name = track.First(name, address)
	d := &penates.Document{Time: penates.Span{Start: at}, Place: p}
	if end, err := r.moment(r.get("end")); err == nil && !end.Time().Before(at.Time()) {
		d.Time.End = end
	}
	d.Text = track.First(name, address, fmt.Sprintf("%.5f, %.5f", p.Lat, p.Lon))
	d.Source = penates.Source{
		NativeID: "visit/" + r.names.Hash(track.Stamp(at), fmt.Sprint(p.Lat), fmt.Sprint(p.Lon), name),
		Locator:  track.Locator(line),
	}
	return r.out.Document(d, schema.Place{Name: name, Kind: strings.ToLower(track.Line(r.get("kind"))), Address: address})
}
