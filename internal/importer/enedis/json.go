package enedis

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/jsonstream"
)

const (
	// maxValue bounds the bytes of a JSON value that is held as a whole.
	maxValue = 4 << 20
	// maxWaiting bounds the readings that come before what they measure is said.
	maxWaiting = 50_000
)

// A feed reads JSON answers, one, several after each other, or a list.
type feed struct {
	r *jsonstream.Reader
	w *writer
}

func readJSON(text io.Reader, w *writer) error {
	f := &feed{r: jsonstream.New(text, maxValue), w: w}
	return f.r.Each(f.answer)
}

// answer reads one answer. Its members are known by name, in any order.
func (f *feed) answer() error {
	rest := map[string]json.RawMessage{}
	err := f.r.Object(func(key string) error {
		switch key {
		case "meter_reading":
			return f.meterReading()
		case "mesures":
			return f.r.Array(f.measurement)
		}
		var raw json.RawMessage
		err := f.r.Value(&raw)
		rest[key] = raw
		return err
	})
	if err != nil {
		return err
	}
	return f.w.rest(f.r.Line(), rest)
}

// A readingType says what the values of a meter_reading are.
type readingType struct {
	Kind      word `json:"measurement_kind"`
	Period    word `json:"measuring_period"`
	Unit      word `json:"unit"`
	Aggregate word `json:"aggregate"`
	Length    word `json:"interval_length"`
	Time      word `json:"time_attribute"`
	Direction word `json:"flow_direction"`
	Start     word `json:"start_measurement_period"`
}

// A dated is one value of a meter_reading: dated since version 4, numbered before.
type dated struct {
	Value   word `json:"value"`
	Date    word `json:"date"`
	Length  word `json:"interval_length"`
	Quality word `json:"measure_type"`
	Rank    word `json:"rank"`
	Number  word `json:"reading_number"`
}

// A word is a text, number or boolean as text; anything else is "".
type word string

func (w *word) UnmarshalJSON(b []byte) error {
	s, _ := jsonstream.Text(b)
	*w = word(strings.TrimSpace(s))
	return nil
}

// A heading is what is known of a meter_reading beside its values.
type heading struct {
	prm, start, quality string
	readingType         readingType
	typed               bool
}

// meterReading reads the value of the member meter_reading.
func (f *feed) meterReading() error {
	var h heading
	var waiting []lined
	err := f.r.Object(func(key string) error {
		switch key {
		case "usage_point_id":
			return f.word(&h.prm)
		case "start":
			return f.word(&h.start)
		case "quality":
			return f.word(&h.quality)
		case "reading_type":
			h.typed = true
			err := f.r.Value(&h.readingType)
			if jsonstream.Mismatch(err) {
				return f.w.refuse(f.r.Line(), err)
			}
			return err
		case "interval_reading", "interval_block":
			return f.values(&h, &waiting)
		}
		return f.r.Skip()
	})
	if err != nil {
		return err
	}
	return f.w.give(h, waiting)
}

type lined struct {
	line int
	dated
}

// values reads the list of values: at once when it is known what they are, else
// they wait.
func (f *feed) values(h *heading, waiting *[]lined) error {
	var t *target
	if h.prm != "" && h.typed {
		var err error
		if t, err = f.w.target(*h); err != nil {
			return err
		}
	}
	return f.r.Array(func() error {
		var v lined
		err := f.r.Value(&v.dated)
		v.line = f.r.Line()
		switch {
		case jsonstream.Mismatch(err):
			return f.w.refuse(v.line, err)
		case err != nil:
			return err
		}
		if t != nil {
			return t.take(v)
		}
		if len(*waiting) >= maxWaiting {
			return fmt.Errorf("more than %d values before it is said what they measure: %w", maxWaiting, penates.TooLarge)
		}
		*waiting = append(*waiting, v)
		return nil
	})
}

func (w *writer) give(h heading, waiting []lined) error {
	if len(waiting) == 0 {
		return nil
	}
	t, err := w.target(h)
	if err != nil {
		return err
	}
	for _, v := range waiting {
		if err := t.take(v); err != nil {
			return err
		}
	}
	return nil
}

// rest takes the members of an answer beside its series: what versions 1 to 3
// say of usage points and customers.
func (w *writer) rest(line int, members map[string]json.RawMessage) error {
	w.line = line
	var a answer
	raw, err := json.Marshal(members)
	if err == nil {
		err = json.Unmarshal(raw, &a)
	}
	if err != nil {
		return w.refuse(line, fmt.Errorf("answer of another shape: %w (%w)", penates.Invalid, err))
	}
	if a.Error != "" {
		return w.refuse(line, fmt.Errorf("the file holds an error of the service, %q: %w", clip(string(a.Error+" "+a.Description)), penates.Invalid))
	}
	for i := range a.UsagePoint {
		err := w.oldReading(line, &a, &a.UsagePoint[i])
		if err != nil {
			return err
		}
	}
	if a.Customer != nil {
		return w.customer(line, a.Customer)
	}
	return w.customer(line, &a.customer)
}
