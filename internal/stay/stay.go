// Package stay finds from positions where somebody stayed and how they went from one
// place to the next. Nothing is stored: the positions say it anew each time.
//
// A stay is a run of positions, not farther from their middle than receivers err,
// that lasts (stay points, Li et al. 2008). One position far away does not end it, as
// receivers jump; silence does when it is long and what follows is elsewhere. A trip
// is what lies between two stays. Places are where stays lie close to each other.
package stay

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	radius   = 120.0            // metres around the middle of a stay
	mostErr  = 400.0            // positions less sure than this tell nothing
	shortest = 15 * time.Minute // of a stay
	silence  = 24 * time.Hour   // after which nobody knows whether somebody was away
	farther  = 300.0            // metres of a trip at least
)

// A Point is a position at a time.
type Point struct {
	At       int64 // milliseconds since 1970
	Lat, Lon float64
	Accuracy float64 // metres, 0 when not known
}

// A Stay is a time somebody spent at one place.
type Stay struct {
	From, To time.Time
	Lat, Lon float64
	Points   int
	Place    int    // which of the places, from 0
	Name     string // of a place known by name nearby
}

// A Trip is a way between two stays.
type Trip struct {
	From, To time.Time
	Metres   float64
	Points   int // on the way
	Start    int // the stay it begins at
	End      int // the stay it ends at
}

// A Place is where stays lie close to each other.
type Place struct {
	Lat, Lon float64
	Visits   int
	Time     time.Duration
	Nights   int // of the stays that were there at three in the morning, UTC
	Name     string
}

// A Result is all that positions tell.
type Result struct {
	Stays  []Stay
	Trips  []Trip
	Places []Place // the longest first
}

// Find finds stays and trips. It sorts points.
func Find(points []Point) Result {
	slices.SortFunc(points, func(a, b Point) int { return cmp.Compare(a.At, b.At) })
	var r Result
	f := finder{}
	for i := range points {
		if points[i].Accuracy <= mostErr {
			f.add(points, i)
		}
	}
	f.close(points)
	r.Stays = f.stays
	for i := 1; i < len(f.stays); i++ {
		if t, ok := trip(points, f.last[i-1], f.first[i]); ok {
			t.Start, t.End = i-1, i
			r.Trips = append(r.Trips, t)
		}
	}
	r.places()
	return r
}

// A finder follows positions in time.
type finder struct {
	run         []int // indices of the positions of the current run
	lat, lon    float64
	away        []int // positions behind them that are elsewhere
	stays       []Stay
	first, last []int // index of the first and last position of each stay
}

// tolerated is how many positions elsewhere do not end a stay.
const tolerated = 2

func (f *finder) add(points []Point, i int) {
	p := points[i]
	if len(f.run) == 0 {
		f.begin(points, i)
		return
	}
	near := Distance(p.Lat, p.Lon, f.lat, f.lon) <= max(radius, min(p.Accuracy, mostErr))
	before := points[f.run[len(f.run)-1]]
	switch {
	case near && p.At-before.At <= silence.Milliseconds():
		f.away = f.away[:0]
		f.join(p, i)
	case near || len(f.away) >= tolerated:
		away := append(slices.Clone(f.away), i)
		f.close(points)
		for _, j := range away {
			f.add(points, j)
		}
	default:
		f.away = append(f.away, i)
	}
}

func (f *finder) begin(points []Point, i int) {
	f.run, f.away = append(f.run[:0], i), f.away[:0]
	f.lat, f.lon = points[i].Lat, points[i].Lon
}

func (f *finder) join(p Point, i int) {
	f.run = append(f.run, i)
	n := float64(len(f.run))
	f.lat += (p.Lat - f.lat) / n
	f.lon += (p.Lon - f.lon) / n
}

// close ends the current run, which is a stay when it lasted.
func (f *finder) close(points []Point) {
	if len(f.run) > 1 {
		from, to := points[f.run[0]].At, points[f.run[len(f.run)-1]].At
		if to-from >= shortest.Milliseconds() {
			f.stays = append(f.stays, Stay{From: time.UnixMilli(from).UTC(), To: time.UnixMilli(to).UTC(), Lat: f.lat, Lon: f.lon, Points: len(f.run)})
			f.first, f.last = append(f.first, f.run[0]), append(f.last, f.run[len(f.run)-1])
		}
	}
	f.run, f.away = f.run[:0], f.away[:0]
}

// trip returns the way from the position at from to that at to.
func trip(points []Point, from, to int) (Trip, bool) {
	t := Trip{From: time.UnixMilli(points[from].At).UTC(), To: time.UnixMilli(points[to].At).UTC(), Points: max(0, to-from-1)}
	at := points[from]
	for _, p := range points[from+1 : to+1] {
		if p.Accuracy <= mostErr {
			t.Metres += Distance(at.Lat, at.Lon, p.Lat, p.Lon)
			at = p
		}
	}
	return t, t.Metres >= farther && t.To.Sub(t.From) <= silence
}

// cell is the size of the squares that places are looked up by, in degrees: no two
// stays of one place are more than a square apart.
const cell = 0.005

func cellOf(lat, lon float64) [2]int {
	return [2]int{int(math.Floor(lat / cell)), int(math.Floor(lon / cell))}
}

// places brings stays together that lie close to each other.
func (r *Result) places() {
	near := map[[2]int][]int{}
	for i := range r.Stays {
		s := &r.Stays[i]
		s.Place = -1
		c := cellOf(s.Lat, s.Lon)
		for _, step := range [...][2]int{{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
			for _, j := range near[[2]int{c[0] + step[0], c[1] + step[1]}] {
				if p := &r.Places[j]; s.Place < 0 && Distance(s.Lat, s.Lon, p.Lat, p.Lon) <= radius {
					s.Place = j
				}
			}
		}
		if s.Place < 0 {
			s.Place = len(r.Places)
			r.Places = append(r.Places, Place{Lat: s.Lat, Lon: s.Lon})
			near[c] = append(near[c], s.Place)
		}
		p := &r.Places[s.Place]
		p.Visits++
		p.Time += s.To.Sub(s.From)
		p.Nights += nights(s.From, s.To)
	}
	order := make([]int, len(r.Places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.Places[b].Time, r.Places[a].Time) })
	sorted, at := make([]Place, len(order)), make([]int, len(order))
	for i, j := range order {
		sorted[i], at[j] = r.Places[j], i
	}
	r.Places = sorted
	for i := range r.Stays {
		r.Stays[i].Place = at[r.Stays[i].Place]
	}
}

// nights counts the three o'clocks between two times.
func nights(from, to time.Time) int {
	const three = 3 * time.Hour
	day := func(t time.Time) int64 { return int64(math.Floor(float64(t.Add(-three).Unix()) / 86400)) }
	return int(day(to) - day(from))
}

// Distance returns the metres between two positions on a sphere.
func Distance(lat1, lon1, lat2, lon2 float64) float64 {
	const earth, rad = 6371008.8, math.Pi / 180
	a := math.Sin((lat2 - lat1) * rad / 2)
	b := math.Sin((lon2 - lon1) * rad / 2)
	h := a*a + math.Cos(lat1*rad)*math.Cos(lat2*rad)*b*b
	return 2 * earth * math.Asin(math.Sqrt(min(1, h)))
}
