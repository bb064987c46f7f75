package enedis

import (
	"time"

	"penates"
)

// A reading is a value and its stamp, understood.
type reading struct {
	line    int
	at      penates.Moment
	number  number
	known   bool // there is a value
	quality string
}

// A stepper finds the step of readings which come without one, from the
// distance of their stamps. The step may change, and stamps may be missing: a
// reading keeps the step in force when either neighbour is that far, and takes a
// new one from its neighbours otherwise.
type stepper struct {
	emit    func(reading, int) error // with the minutes, 0 when unknown
	waiting bool
	reading reading   // the last one, which waits for the next
	before  time.Time // stamp of the one before it
	running int       // the step in force, in minutes
}

func (s *stepper) push(v reading) error {
	if !s.waiting {
		s.reading, s.waiting = v, true
		return nil
	}
	last := s.reading
	err := s.settle(distance(last.at.Time(), v.at.Time()))
	s.before, s.reading = last.at.Time(), v
	return err
}

func (s *stepper) close() error {
	if !s.waiting {
		return nil
	}
	s.waiting = false
	return s.settle(0)
}

// settle emits the waiting reading, after which the next one is so far.
func (s *stepper) settle(after int) error {
	before := 0
	if !s.before.IsZero() {
		before = distance(s.before, s.reading.at.Time())
	}
	s.running = stepOf(before, after, s.running)
	return s.emit(s.reading, s.running)
}

// distance returns the minutes between two stamps in either order, 0 when it is
// no step a meter has.
func distance(a, b time.Time) int {
	d := b.Sub(a)
	if d < 0 {
		d = -d
	}
	if d%time.Minute != 0 || d > time.Hour || d == 0 || time.Hour%d != 0 {
		return 0
	}
	return int(d / time.Minute)
}

// stepOf returns the step of a reading from the distances to its neighbours.
func stepOf(before, after, running int) int {
	switch {
	case running != 0 && (before == running || after == running):
		return running
	case before == 0 && after == 0:
		return running
	case before == 0 || after != 0 && after < before:
		return after
	}
	return before
}
