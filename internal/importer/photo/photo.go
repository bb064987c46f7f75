// Package photo reads when and where pictures were taken: what cameras and
// telephones write into them (EXIF 3.0, XMP, IPTC IIM; in JPEG, HEIF, AVIF, PNG,
// WebP, TIFF and raw formats), and the JSON files Google Photos puts beside them.
//
// A picture stays one document of io.cozy.files, named by its bytes. Its time is that
// of the camera's clock, in the zone the camera names or else in that of the person; its
// place that of the receiver.
package photo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bep/imagemeta"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/schema"
	"penates/internal/walk"
)

// Format reads pictures.
var Format = importer.Format{Name: "photo", Title: "Picture (EXIF, XMP, IPTC)", Recognise: recognise, Read: read}

var kinds = map[string]imagemeta.ImageFormat{
	"image/jpeg": imagemeta.JPEG, "image/heic": imagemeta.HEIF, "image/heif": imagemeta.HEIF, "image/avif": imagemeta.AVIF,
	"image/png": imagemeta.PNG, "image/webp": imagemeta.WebP, "image/tiff": imagemeta.TIFF,
}

func recognise(h importer.Head) int {
	if _, ok := kinds[walk.Mime(h.Name, h.Bytes)]; ok {
		return 60
	}
	return 0
}

const (
	maxPicture = 512 << 20
	maxTags    = 5000
	maxValue   = 64 << 10
	maxWords   = 200
)

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	mime := walk.Mime(f.Name, f.Bytes)
	format, ok := kinds[mime]
	if !ok {
		return fmt.Errorf("no picture: %w", importer.ErrNotMine)
	}
	d, body := &penates.Document{}, schema.File{Mime: mime}
	if t, err := tagsOf(f, format); err != nil {
		return err
	} else if t != nil {
		t.fill(d, &body, f.Zone)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := out.File(d, body, nil)
	return err
}

// tags are what a picture says of itself, by name; of several sources the first.
type tags struct {
	exif, other map[string]string
	numbers     map[string]float64
	words       []string
}

// tagsOf reads the tags. A picture that is damaged or says nothing is kept all the
// same, so only what keeps the file from being read is an error.
func tagsOf(f *importer.File, format imagemeta.ImageFormat) (t *tags, err error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	source, ok := r.(io.ReadSeeker)
	if !ok {
		b, err := io.ReadAll(io.LimitReader(r, maxPicture))
		if err != nil {
			return nil, err
		}
		source = bytes.NewReader(b)
	}
	watched := &watchedReader{ReadSeeker: source}
	t = &tags{exif: map[string]string{}, other: map[string]string{}, numbers: map[string]float64{}}
	defer func() {
		if recover() != nil { // of the library, on bytes that are damaged
			err = watched.err
		}
	}()
	_, bad := imagemeta.Decode(imagemeta.Options{
		R: watched, ImageFormat: format, Sources: imagemeta.EXIF | imagemeta.XMP | imagemeta.IPTC,
		ShouldHandleTag: wanted, HandleTag: t.take, LimitNumTags: maxTags, LimitTagSize: maxValue,
	})
	if bad != nil && watched.err != nil {
		return nil, watched.err
	}
	return t, nil
}

// watchedReader remembers the error that is not one of the picture.
type watchedReader struct {
	io.ReadSeeker
	err error
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.ReadSeeker.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// names are the tags that are read.
var names = []string{
	"DateTimeOriginal", "CreateDate", "DateCreated", "TimeCreated", "OffsetTimeOriginal", "OffsetTimeDigitized", "OffsetTime", "SubSecTimeOriginal",
	"GPSLatitude", "GPSLongitude", "GPSLatitudeRef", "GPSLongitudeRef", "GPSAltitude", "GPSAltitudeRef", "GPSHPositioningError",
	"Make", "Model", "ImageDescription", "Title", "Description", "Caption", "Caption-Abstract", "Headline", "ObjectName",
	"Subject", "Keywords", "PersonInImage", "City", "Sub-location", "Country",
}

func wanted(t imagemeta.TagInfo) bool {
	if t.Source == imagemeta.EXIF && !strings.HasPrefix(t.Namespace, "IFD0") || strings.HasSuffix(t.Namespace, "/InteroperabilityIFD") {
		return false // of the thumbnail
	}
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, t.Tag) })
}

func (t *tags) take(tag imagemeta.TagInfo) error {
	name := strings.ToLower(tag.Tag)
	to := t.other
	if tag.Source == imagemeta.EXIF {
		to = t.exif
	}
	switch v := tag.Value.(type) {
	case float64:
		t.number(name, v)
	case uint8:
		t.number(name, float64(v))
	case interface{ Float64() float64 }:
		t.number(name, v.Float64())
	case []string:
		for _, s := range v {
			t.word(name, s)
		}
	case string:
		s := locale.Line(strings.ToValidUTF8(strings.Trim(v, "\x00 "), ""))
		if len(s) > maxValue {
			s = strings.ToValidUTF8(s[:maxValue], "")
		}
		if to[name] == "" {
			to[name] = s
		}
		t.word(name, s)
	case int, int64, uint16, uint32:
		if to[name] == "" {
			to[name] = fmt.Sprint(v)
		}
	}
	return nil
}

func (t *tags) number(name string, v float64) {
	if _, known := t.numbers[name]; !known && !math.IsNaN(v) && !math.IsInf(v, 0) {
		t.numbers[name] = v
	}
}

// word keeps words that a picture is found by.
func (t *tags) word(name, s string) {
	switch name {
	case "subject", "keywords", "personinimage", "city", "sub-location", "country":
		if s = locale.Line(s); s != "" && len(t.words) < maxWords && len(s) < 500 && !slices.Contains(t.words, s) {
			t.words = append(t.words, s)
		}
	}
}

// first returns the first of some tags that says something.
func (t *tags) first(some ...string) string {
	for _, name := range some {
		if s := cmp.Or(t.exif[name], t.other[name]); s != "" {
			return s
		}
	}
	return ""
}

func (t *tags) fill(d *penates.Document, body *schema.File, zone *time.Location) {
	d.Time.Start = t.taken(zone)
	d.Place = t.place()
	body.Label = t.first("title", "headline", "objectname", "caption-abstract", "description", "caption")
	if body.Label == "" && !placeholder(t.exif["imagedescription"]) {
		body.Label = t.exif["imagedescription"]
	}
	words := t.words
	if camera := t.camera(); camera != "" {
		words = append(words, camera)
	}
	if about := t.first("caption-abstract", "description"); about != "" && about != body.Label {
		words = append([]string{about}, words...)
	}
	body.Text = strings.Join(words, "\n")
}

// placeholder reports that a description is one that cameras write into every picture.
func placeholder(s string) bool {
	switch strings.ToUpper(s) {
	case "OLYMPUS DIGITAL CAMERA", "DIGITAL CAMERA", "SONY DSC", "MINOLTA DIGITAL CAMERA", "DCIM", "DEFAULT", "KONICA MINOLTA DIGITAL CAMERA", "SAMSUNG":
		return true
	}
	return false
}

func (t *tags) camera() string {
	maker, model := t.first("make"), t.first("model")
	if word, _, _ := strings.Cut(maker, " "); word != "" && strings.HasPrefix(strings.ToLower(model), strings.ToLower(word)) {
		return model
	}
	return strings.TrimSpace(maker + " " + model)
}

// taken returns when the picture was taken.
func (t *tags) taken(zone *time.Location) penates.Moment {
	if zone == nil {
		zone = time.UTC
	}
	offset := t.first("offsettimeoriginal", "offsettimedigitized", "offsettime")
	for _, s := range [...]string{
		t.exif["datetimeoriginal"], t.exif["createdate"], t.other["datetimeoriginal"], t.other["createdate"],
		strings.TrimSpace(t.other["datecreated"] + " " + t.other["timecreated"]), t.other["datecreated"],
	} {
		if m, ok := moment(s, offset, zone); ok {
			return m
		}
	}
	return penates.Moment{}
}

var layouts = []string{
	"2006:01:02 15:04:05", "2006-01-02T15:04:05.999", "2006-01-02 15:04:05", "2006:01:02 15:04", "2006-01-02T15:04", "2006-01-02 15:04", "20060102 150405", "2006:01:02T15:04:05",
}

// moment reads a date of EXIF or XMP; cameras whose clock was never set write zeros.
func moment(s, offset string, zone *time.Location) (penates.Moment, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range layouts {
		for _, suffix := range [...]string{"Z07:00", "-0700"} {
			if at, err := time.Parse(layout+suffix, s); err == nil {
				return penates.At(at), plausible(at)
			}
		}
		if at, err := time.Parse(layout+"Z07:00", s+offset); err == nil && offset != "" {
			return penates.At(at), plausible(at)
		}
		if at, err := time.ParseInLocation(layout, s, zone); err == nil {
			return penates.At(at), plausible(at)
		}
	}
	for _, layout := range [...]string{time.DateOnly, "2006:01:02", "20060102"} {
		if at, err := time.Parse(layout, s); err == nil {
			return penates.DayOf(at), plausible(at)
		}
	}
	return penates.Moment{}, false
}

// plausible reports that a picture can be of that time: photography is of 1826.
func plausible(t time.Time) bool { return t.Year() >= 1826 && t.Year() < 2200 }

func (t *tags) place() *penates.Place {
	lat, ok1 := t.numbers["gpslatitude"]
	lon, ok2 := t.numbers["gpslongitude"]
	if !ok1 || !ok2 || lat == 0 && lon == 0 {
		return nil
	}
	if strings.HasPrefix(t.first("gpslatituderef"), "S") {
		lat = -math.Abs(lat)
	}
	if strings.HasPrefix(t.first("gpslongituderef"), "W") {
		lon = -math.Abs(lon)
	}
	if math.Abs(lat) > 90 || math.Abs(lon) > 180 {
		return nil
	}
	p := &penates.Place{Lat: lat, Lon: lon}
	const earth = 1e5
	if alt := t.numbers["gpsaltitude"]; math.Abs(alt) < earth {
		p.Alt = alt
		if t.numbers["gpsaltituderef"] == 1 {
			p.Alt = -math.Abs(alt)
		}
	}
	if accuracy := t.numbers["gpshpositioningerror"]; accuracy > 0 && accuracy < earth {
		p.Accuracy = accuracy
	}
	return p
}
