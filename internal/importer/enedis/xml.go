package enedis

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/locale"
)

const (
	maxNesting = 64
	maxText    = 4 << 10 // bytes of the text of one element
)

// xmlMarks are what only answers and flows of Enedis have, in the order of
// their tables in package comment and elements.
var xmlMarks = []string{
	"consulterMesuresResponse", "consulterMesuresDetailleesResponse", // of the web services of SGE
	"<Identifiant_Flux>R", "<flux>R171</flux>", "<Identifiant_PRM>", "<Id_PRM>",
}

// recogniseXML looks for a flow or answer with readings.
func recogniseXML(text string) int {
	if !strings.HasPrefix(strings.TrimLeft(text, "\ufeff \t\r\n"), "<") {
		return 0
	}
	for _, mark := range xmlMarks {
		if strings.Contains(text, mark) {
			return 95
		}
	}
	return 0
}

// A flow reads XML: answers of the web services, and the flows R4x (R4Q, R4H,
// R4M), R15, R50, R151 and R171. Their elements have names that do not collide,
// so that one set of rules reads them all, whatever wraps them.
type flow struct {
	w     *writer
	dec   *xml.Decoder
	depth int
	text  strings.Builder

	meta   meta // of the values that come; its parts are set as they are met
	header meta // units and step the head of a flow gives for all of it
	power  string
	point  row
	from   string // first day a value is for, when it is for a time of its own
	until  string
	day    string // of a reading of indexes
	class  class
	grid   string // "" of the distributor, "supplier"
	tables map[tableKey]*cells
	order  []tableKey
	held   int
	sums   map[statementKey]*statementSum
	bills  []statementKey // in the order they were met
}

// A class is a register of a meter: hours of a tariff that are counted apart.
type class struct {
	id, rank, code, sense string
}

func readXML(text io.Reader, w *writer) error {
	f := &flow{w: w, dec: xml.NewDecoder(text), tables: map[tableKey]*cells{}, sums: map[statementKey]*statementSum{}}
	f.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		token, err := f.dec.Token()
		if err == nil {
			err = f.token(token)
		} else if !errors.Is(err, io.EOF) {
			line, _ := f.dec.InputPos()
			err = fmt.Errorf("line %d: %w (%w)", line, penates.Damaged, err)
		}
		if err == nil {
			continue
		}
		if w.stopped {
			return err
		}
		if last := f.close(); errors.Is(err, io.EOF) || w.stopped {
			err = last
		}
		return err
	}
}

// close gives out what waits for the end.
func (f *flow) close() error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.total()
}

func (f *flow) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		if strings.HasPrefix(strings.ToUpper(string(t)), "DOCTYPE") {
			return fmt.Errorf("a document type declaration: %w", penates.Invalid)
		}
	case xml.StartElement:
		if f.depth++; f.depth > maxNesting {
			return fmt.Errorf("elements nested more than %d deep: %w", maxNesting, penates.TooLarge)
		}
		f.text.Reset()
		f.open(t)
	case xml.CharData:
		if room := maxText - f.text.Len(); room > 0 {
			f.text.Write(t[:min(len(t), room)])
		}
	case xml.EndElement:
		f.depth--
		end := elements[t.Name.Local]
		text := strings.TrimSpace(f.text.String())
		f.text.Reset()
		if end != nil {
			return end(f, text)
		}
	}
	return nil
}

// open does what the beginning of an element calls for.
func (f *flow) open(t xml.StartElement) {
	switch t.Name.Local {
	case "grandeurPhysique":
		f.meta.physical = code(t)
	case "classeTemporelle":
		f.class = class{id: code(t)}
	case "nature":
		f.point.quality = code(t)
	case "seriesMesuresDateesGrilleTurpe":
		f.grid = ""
	case "seriesMesuresDateesGrilleFrn":
		f.grid = "supplier"
	case "PRM":
		f.meta = meta{unit: f.header.unit}
	case "Donnees_Point_Mesure":
		f.point = row{}
		for _, a := range t.Attr {
			switch a.Name.Local {
			case "Horodatage":
				f.point.stamp = a.Value
			case "Valeur_Point":
				f.point.value = a.Value
			case "Statut_Point":
				f.point.quality = a.Value
			}
		}
	}
}

// code returns the attribute which stands for an element's text.
func code(t xml.StartElement) string {
	for _, a := range t.Attr {
		if a.Name.Local == "code" {
			return a.Value
		}
	}
	return ""
}

func (f *flow) line() int {
	line, _ := f.dec.InputPos()
	return line
}

// elements say what to do at the end of which element, given its text.
var elements = map[string]func(*flow, string) error{
	"pointId": (*flow).meter, "Id_PRM": (*flow).meter, "prmId": (*flow).meter, "Identifiant_PRM": (*flow).meter,

	"mesuresCorrigees": stage, "etapeMetier": stage, "Nature_De_Courbe_Demandee": stage,
	"grandeurMetier":  func(f *flow, s string) error { f.meta.business = s; return nil },
	"Grandeur_Metier": func(f *flow, s string) error { f.meta.business = s; return nil },
	"grandeurPhysique": func(f *flow, s string) error {
		if s != "" { // in older answers it has a code and a name within
			f.meta.physical = s
		}
		return nil
	},
	"Grandeur_Physique":      func(f *flow, s string) error { f.meta.physical = s; return nil },
	"unite":                  func(f *flow, s string) error { f.meta.unit = s; return nil },
	"Unite_Mesure":           func(f *flow, s string) error { f.meta.unit = s; return nil },
	"Unite_Mesure_Index":     func(f *flow, s string) error { f.header.unit = s; f.meta.unit = s; return nil },
	"Unite_Mesure_Puissance": func(f *flow, s string) error { f.power = s; return nil },
	"Pas_Publication":        func(f *flow, s string) error { f.header.step = stepOfMinutes(s); return nil },
	"Granularite":            func(f *flow, s string) error { f.meta.step = stepOfMinutes(s); return nil },
	"Horodatage_Debut":       func(f *flow, s string) error { f.meta.from = firstDay(s); return nil },

	"dateDebut": func(f *flow, s string) error { f.from = s; return nil },
	"dateFin":   func(f *flow, s string) error { f.until = s; return nil },
	"periode": func(f *flow, _ string) error {
		f.meta.from = firstDay(f.from)
		f.from, f.until = "", ""
		return nil
	},

	"v": value, "V": value, "Valeur": value,
	"d": func(f *flow, s string) error { f.point.stamp = s; return nil },
	"H": func(f *flow, s string) error { f.point.stamp = s; return nil },
	"p": func(f *flow, s string) error { f.point.step = s; return nil },
	"n": func(f *flow, s string) error { f.point.quality = s; return nil },

	"points":               (*flow).endPoint,
	"PDC":                  (*flow).endPoint,
	"Donnees_Point_Mesure": (*flow).endPoint,
	"mesure":               (*flow).endMeasure,
	"mesureDatee":          (*flow).endDated,
	"valeur":               (*flow).endValue,

	"Date_Releve":                    func(f *flow, s string) error { f.day = s; return nil },
	"Id_Classe_Temporelle":           classID,
	"idClasseTemporelle":             classID,
	"codeClasseTemporelle":           classID,
	"Rang_Cadran":                    func(f *flow, s string) error { f.class.rank = s; return nil },
	"codeCadran":                     func(f *flow, s string) error { f.class.code = s; return nil },
	"Sens_Mesure":                    func(f *flow, s string) error { f.class.sense = s; return nil },
	"Classe_Temporelle":              func(f *flow, _ string) error { return f.endRegister("f") },
	"Classe_Temporelle_Distributeur": func(f *flow, _ string) error { return f.endRegister("d") },
	"Puissance_Maximale":             (*flow).endMaximum,

	"grandeur": (*flow).endQuantity, "Donnees_Courbe": (*flow).endQuantity, "serie": (*flow).endQuantity, "serieMesuresDatees": (*flow).endQuantity,
	"PRM": func(f *flow, _ string) error { f.day = ""; return f.flush() },
}

func stage(f *flow, s string) error   { f.meta.stage = s; return nil }
func value(f *flow, s string) error   { f.point.value = s; return nil }
func classID(f *flow, s string) error { f.class.id = s; return nil }

func (f *flow) meter(s string) error {
	f.meta.prm = s
	return nil
}

// stepOfMinutes writes a number of minutes as a step, "" when it is none.
func stepOfMinutes(s string) string {
	if n := minutes(s, false); n > 0 {
		return stepName(n)
	}
	return ""
}

// firstDay returns the day of a date or stamp as YYYY-MM-DD, "" when it is none.
func firstDay(s string) string {
	day, err := locale.Day(s, locale.DMY)
	if err != nil {
		return ""
	}
	return day.Date()
}

// take gives the point that ended to the channel of m.
func (f *flow) take(m meta) error {
	r := f.point
	f.point = row{}
	r.line = f.line()
	if m.prm == "" {
		return f.w.refuse(r.line, fmt.Errorf("a value before its meter is named: %w", penates.Unsupported))
	}
	c, err := f.w.channel(m)
	if err != nil {
		return err
	}
	return c.take(r)
}

// endPoint takes a point of a load curve, or of days.
func (f *flow) endPoint(string) error {
	m := f.meta
	if m.unit == "" && f.header.step != "" {
		m.unit, m.step = "W", f.header.step // R50 says nothing of its unit, which is W
	}
	if f.point.step == "" && m.step == "" && isEnergy(m) {
		m.data = "Energie quotidienne"
	}
	return f.take(m)
}

// isEnergy reports whether values are energies and no powers.
func isEnergy(m meta) bool {
	u := units[strings.ToLower(m.unit)]
	return !u.power && strings.HasSuffix(u.ucum, ".h")
}

// endMeasure takes a value of days, or what was consumed between two readings.
func (f *flow) endMeasure(string) error {
	if f.from == "" {
		return f.endPoint("")
	}
	return f.statement()
}

// endQuantity forgets what was said of the values that ended.
func (f *flow) endQuantity(string) error {
	keep := meta{prm: f.meta.prm, stage: f.meta.stage, from: f.meta.from}
	f.meta, f.class = keep, class{}
	return nil
}
