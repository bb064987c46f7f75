package track_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/track"
)

func TestTime(t *testing.T) {
	for in, want := range map[string]string{
		"2024-05-01T08:00:10.123Z": "2024-05-01T08:00:10.123Z", "2024-05-01T08:00:10+02:00": "2024-05-01T08:00:10+02:00",
		"2024-05-01 08:00:10 +0200": "2024-05-01T08:00:10+02:00", "2024-05-01T08:00:10": "2024-05-01T08:00:10Z",
		"1714550410": "2024-05-01T08:00:10Z", "1714550410.5": "2024-05-01T08:00:10.5Z", "1714550410123": "2024-05-01T08:00:10.123Z",
		"2024-05-01": "", "": "", "12": "", "9999999999999999999": "", "1714550410.x": "", "0000-01-01T00:00:00Z": "",
	} {
		if got, err := track.Time(in, time.UTC); got.String() != want || (err == nil) != (want != "") {
			t.Errorf("%q: %v, %v, want %q", in, got, err, want)
		}
	}
}

func TestPosition(t *testing.T) {
	for _, bad := range [][2]float64{{90.1, 0}, {0, -180.1}, {math.NaN(), 0}, {0, math.Inf(1)}} {
		if _, err := track.Position(bad[0], bad[1]); !errors.Is(err, penates.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if p, err := track.ParsePosition(" 45.5", "-4e0"); err != nil || p.Lat != 45.5 || p.Lon != -4 {
		t.Error(p, err)
	}
	if track.Metres("12.5") != 12.5 || track.Metres("1e300") != 0 || track.Metres("NaN") != 0 {
		t.Error("metres")
	}
}

func TestTracks(t *testing.T) {
	c := &importertest.Collector{Connector: "x"}
	tracks := track.Tracks{Out: c}
	at := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	for i := range 2500 {
		native := []string{"a", "b"}[i%2]
		if err := tracks.Add(native, penates.At(at.Add(time.Duration(i)*time.Second)), &penates.Place{}, i+1, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := tracks.Flush(); err != nil || c.PointCount() != 2500 || len(c.Series) != 4 {
		t.Errorf("%d points in %d series, %v", c.PointCount(), len(c.Series), err)
	}
}

func TestWalkLimits(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		kind     error
	}{
		{"deep", strings.Repeat("<a>", 300), penates.TooLarge},
		{"cut", "<a><b>text</b>", penates.Damaged},
		{"crossed", "<a><b></a></b>", penates.Damaged},
		{"many", "<whole>" + strings.Repeat("<b/>", 400_001) + "</whole>", penates.TooLarge},
	} {
		walk := track.Walk{Whole: map[string]bool{"whole": true}, End: func(*track.Node, []*track.Node) error { return nil }}
		if err := walk.Run(strings.NewReader(tt.in)); !errors.Is(err, tt.kind) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func FuzzWalk(f *testing.F) {
	f.Add("<a><whole x='1'>text<b>more</b></whole><c/></a>")
	f.Add("<?xml version='1.0' encoding='utf-16'?><a>&eacute;</a>")
	f.Add("<?xml version='0'?><a/>")
	f.Fuzz(func(t *testing.T, in string) {
		walk := track.Walk{Whole: map[string]bool{"whole": true}, End: func(n *track.Node, path []*track.Node) error {
			if len(n.Kids) > 0 && n.Name != "whole" {
				t.Errorf("%s has children", n.Name)
			}
			return nil
		}}
		if err := walk.Run(strings.NewReader(in)); err != nil && !errors.Is(err, penates.Damaged) && !errors.Is(err, penates.TooLarge) {
			t.Error(err)
		}
		if at, err := track.Time(in, time.UTC); err == nil && at.IsZero() {
			t.Errorf("time %q is nothing", in)
		}
	})
}
