package enedis

import (
	"fmt"

	"penates"
	"penates/internal/jsonstream"
)

// A point is one value of the R63 flow: value, stamp, step, nature.
type point struct {
	Value   word `json:"v"`
	Stamp   word `json:"d"`
	Step    word `json:"p"`
	Quality word `json:"n"`
}

// measurement reads an element of "mesures" in the R63 flow: a meter, and its
// quantities with their points.
func (f *feed) measurement() error {
	var m meta
	return f.r.Object(func(key string) error {
		switch key {
		case "idPrm":
			return f.word(&m.prm)
		case "periode":
			return f.r.Object(func(key string) error {
				if key != "dateDebut" {
					return f.r.Skip()
				}
				err := f.word(&m.from)
				m.from = firstDay(m.from)
				return err
			})
		case "etapeMetier", "modeCalcul":
			return f.word(&m.stage)
		case "grandeur":
			return f.r.Array(func() error { return f.quantity(m) })
		}
		return f.r.Skip()
	})
}

func (f *feed) quantity(m meta) error {
	return f.r.Object(func(key string) error {
		switch key {
		case "grandeurMetier":
			return f.word(&m.business)
		case "grandeurPhysique":
			return f.word(&m.physical)
		case "unite":
			return f.word(&m.unit)
		case "points":
			return f.points(m)
		}
		return f.r.Skip()
	})
}

func (f *feed) points(m meta) error {
	if m.prm == "" || m.unit == "" {
		if err := f.w.refuse(f.r.Line(), fmt.Errorf("points before the meter and the unit are named: %w", penates.Unsupported)); err != nil {
			return err
		}
		return f.r.Skip()
	}
	c, err := f.w.channel(m)
	if err != nil {
		return err
	}
	return f.r.Array(func() error {
		var p point
		err := f.r.Value(&p)
		line := f.r.Line()
		switch {
		case jsonstream.Mismatch(err):
			return f.w.refuse(line, err)
		case err != nil:
			return err
		}
		return c.take(row{line: line, stamp: string(p.Stamp), value: string(p.Value), quality: string(p.Quality), step: string(p.Step)})
	})
}

func (f *feed) word(into *string) error {
	var w word
	err := f.r.Value(&w)
	*into = string(w)
	return err
}
