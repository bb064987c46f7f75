// Package enedis reads what Enedis, the distributor of electricity in most of
// France, gives about a meter:
//
//   - CSV files of the customer's account and of the SGE exchanges: load curves
//     ("Courbe de charge"), daily indexes, daily energy, maximum power, in the
//     layout with a preamble and in those with all columns in every row;
//   - XML answers of the web services of SGE (ConsultationMesures 1.1,
//     ConsultationMesuresDetaillees 2 and 3) and the flows published in XML: R4x
//     (load curves of C1 to C4), R50 (load curves of C5), R15, R151 and R171
//     (indexes and maximum powers);
//   - JSON of the Data Connect API, metering data and customers, versions 3 to 5,
//     and of the R63 flow.
//
// A load curve says the mean power over each interval and is stamped with the
// interval's end (Data Connect catalogue, "courbe de consommation"), that of the
// larger meters, C1 to C4, with its beginning; it becomes energy, in watt-hours
// over [start, end). A stamp without value says that the meter has none: it is no
// point and no error. R151 names the day of an index but no hour: the index stays
// a day's, and no energy is worked out of it.
//
// The connection of every document is the number of the delivery point (PRM).
package enedis

import (
	"bytes"
	"context"
	"strings"

	"penates/internal/importer"
	"penates/internal/locale"
)

// Format reads CSV, JSON and XML files of Enedis.
var Format = importer.Format{
	Name:      "enedis",
	Title:     "Enedis meter data",
	Recognise: recognise,
	Read:      read,
}

// looked is how much of a file is looked at to recognise it.
const looked = 8 << 10

func recognise(h importer.Head) int {
	if isJSON(h.Bytes) {
		return recogniseJSON(h.Bytes)
	}
	text := locale.Decode(h.Bytes[:min(len(h.Bytes), looked)], "")
	return max(recogniseXML(text), recogniseCSV(text))
}

func isJSON(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")), " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}

func isXML(b []byte) bool {
	return strings.HasPrefix(strings.TrimLeft(locale.Decode(b[:min(len(b), 1024)], ""), "\ufeff \t\r\n"), "<")
}

// recogniseJSON looks for members that only Enedis has, and that stand beside
// each other.
func recogniseJSON(b []byte) int {
	has := func(names ...string) bool {
		for _, name := range names {
			if !hasMember(b, name) {
				return false
			}
		}
		return true
	}
	switch {
	case has("meter_reading", "reading_type"), has("usage_point_id", "interval_reading"),
		has("mesures", "idPrm"), has("usage_points", "usage_point_id"):
		return 95
	case has("customer_id", "usage_point_address"), has("customer_id", "natural_person"),
		has("customer_id", "contact_data"), has("customer_id", "legal_person"):
		return 90
	}
	return 0
}

// hasMember reports whether an object in b has a member of that name. As a value
// the name stands in dictionaries of data, which are no data.
func hasMember(b []byte, name string) bool {
	for {
		_, rest, found := bytes.Cut(b, []byte(`"`+name+`"`))
		if !found {
			return false
		}
		if rest = bytes.TrimLeft(rest, " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
			return true
		}
		b = rest
	}
}

// recogniseCSV looks for a line that names the meter and one that names the
// columns of a table; they may be the same.
func recogniseCSV(text string) int {
	meter, table := false, false
	for i, line := range strings.SplitN(text, "\n", 12) {
		if i == 11 {
			break
		}
		fields := splitLine(line, nil)
		meter = meter || len(fields) > 1 && findPreamble(fields).prm >= 0
		if c, ok := findColumns(fields); ok {
			table = true
			meter = meter || c.meta.prm >= 0
		}
	}
	switch {
	case meter && table:
		return 95
	case meter && strings.Contains(locale.Fold(text), "grandeur"): // cut before the table, or nothing but a preamble
		return 70
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	w := newWriter(ctx, f, out)
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	text, _ := locale.UTF8(r, locale.XMLCharset(f.Bytes[:min(len(f.Bytes), 1024)]))
	switch {
	case isJSON(f.Bytes):
		err = readJSON(text, w)
	case isXML(f.Bytes):
		err = readXML(text, w)
	default:
		err = readCSV(text, w)
	}
	if w.stopped {
		return err
	}
	if last := w.close(); err == nil {
		err = last
	} // else what was read before the error stays
	return err
}
