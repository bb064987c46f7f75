package photo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/importer/track"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Sidecar reads the JSON files that Google Photos puts beside pictures and into
// albums (takeout). The names of files are in the person's language and cut after
// some letters, the names of members are not. Each gives a record, which names the
// picture by where it lies so that the two are linked.
var Sidecar = importer.Format{Name: "googlephotos", Title: "Google Photos description", Recognise: recogniseSidecar, Read: readSidecar}

const maxSidecar = 1 << 20

func recogniseSidecar(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	has := func(names ...string) bool {
		for _, n := range names {
			if !bytes.Contains(b, []byte(`"`+n+`"`)) {
				return false
			}
		}
		return true
	}
	switch {
	case len(b) == 0 || b[0] != '{' || h.Size > maxSidecar:
		return 0
	case has("title", "photoTakenTime"):
		return 95
	case has("title", "access", "date") && (has("geoData") || h.Size < 4<<10 && has("description", "timestamp")), has("albumData", "title"):
		return 90
	}
	return 0
}

type stamp struct {
	Timestamp string `json:"timestamp"`
}

type position struct {
	Lat float64 `json:"latitude"`
	Lon float64 `json:"longitude"`
	Alt float64 `json:"altitude"`
}

type sidecar struct {
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Taken       *stamp   `json:"photoTakenTime"`
	Date        *stamp   `json:"date"`
	Geo         position `json:"geoData"`
	GeoExif     position `json:"geoDataExif"`
	URL         string   `json:"url"`
	People      []struct {
		Name string `json:"name"`
	} `json:"people"`
}

func readSidecar(_ context.Context, f *importer.File, out importer.Sink) error {
	b, err := f.ReadAll(maxSidecar)
	if err != nil {
		return err
	}
	text := []byte(locale.Decode(b, ""))
	var s sidecar
	fields := map[string]any{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return fmt.Errorf("no JSON: %w", importer.ErrNotMine)
	}
	if album, ok := fields["albumData"].(map[string]any); ok {
		fields = album
		if text, err = json.Marshal(album); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("not as Google Photos writes it: %w", penates.Invalid)
	}
	d := &penates.Document{Text: track.Line(track.First(s.Title, s.Description, f.Name))}
	kind, at := "photo", s.Taken
	if s.Taken == nil {
		kind, at = "album", s.Date
	} else {
		fields["media"] = Media(f.Path)
	}
	if at != nil {
		if m, ok := social.Stamp(at.Timestamp); ok {
			d.Time.Start = m
		}
	}
	d.Place = s.place()
	for _, p := range s.People {
		if p.Name != "" {
			d.Parties = append(d.Parties, penates.Party{Role: "shown", Literal: track.Line(p.Name)})
		}
	}
	// The address is the service's name of the picture; without it, where the file lies.
	d.Source.NativeID = kind + "/" + track.First(s.URL, path.Join(path.Base(path.Dir(f.Path)), f.Name))
	return out.Document(d, schema.Record{Kind: kind, Fields: fields})
}

// place returns where the picture was taken, as the person or the receiver says.
func (s *sidecar) place() *penates.Place {
	for _, g := range [...]position{s.Geo, s.GeoExif} {
		if g.Lat == 0 && g.Lon == 0 {
			continue
		}
		if p, err := track.Position(g.Lat, g.Lon); err == nil {
			p.Alt = g.Alt
			return p
		}
	}
	return nil
}

var (
	numbered = regexp.MustCompile(`^(.*?)(\.[A-Za-z0-9]{2,5})?(\.[a-z-]*)?(\(\d+\))$`)
	extended = "supplemental-metadata"
)

// Media returns where the picture lies that the file at p is about, with the folder
// it is in: "Album/a.jpg" for "Album/a.jpg.json", "Album/a.jpg.supplemental-meta.json",
// "Album/a(1).jpg" for "Album/a.jpg(1).json". A name that was cut is returned cut.
func Media(p string) string {
	folder, name := path.Base(path.Dir(p)), path.Base(p)
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i] // .json
	}
	number := ""
	if m := numbered.FindStringSubmatch(name); m != nil {
		number = m[4]
		name = strings.TrimSuffix(name, number)
	}
	if i := strings.LastIndexByte(name, '.'); i > 0 && strings.HasPrefix(extended, name[i+1:]) && strings.Contains(name[:i], ".") {
		name = name[:i]
	}
	if ext := path.Ext(name); number != "" {
		name = strings.TrimSuffix(name, ext) + number + ext
	}
	return path.Join(folder, name)
}
