// Package form is the form that documents have in storage: one JSON text, the
// columns drawn from it, the words it is found by, and the points of series.
package form

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"penates"
	"penates/internal/schema"
)

// A Stored is a document with what the vault knows about it.
type Stored struct {
	penates.Document
	Revision int       `json:"revision"` // 1 when first added
	Seq      int64     `json:"-"`        // position in the change sequence
	Added    time.Time `json:"added"`
	Changed  time.Time `json:"changed"`
	Edited   bool      `json:"edited,omitempty"` // the person changed it; imports leave it alone
	Trashed  time.Time `json:"trashed,omitzero"` // when it was put into the trash
	Points   []Point   `json:"points,omitempty"` // of a stretch of a series
}

// A Point is one stored point of a series.
type Point struct {
	Start   penates.Moment  `json:"start"`
	End     penates.Moment  `json:"end,omitzero"`
	Value   penates.Decimal `json:"value,omitempty"`
	Quality string          `json:"quality,omitempty"`
	Place   *penates.Place  `json:"place,omitempty"`
}

// wire is a document as it is encoded; the source comes first in storage and is
// left out of the digest, because where a document was read from last says
// nothing of what it says.
type wire struct {
	ID          penates.DocumentID  `json:"id"`
	Type        penates.Type        `json:"type"`
	Time        penates.Span        `json:"time,omitzero"`
	Place       *penates.Place      `json:"place,omitempty"`
	Parties     []penates.Party     `json:"parties,omitempty"`
	Money       *penates.Money      `json:"money,omitempty"`
	Quantity    *penates.Quantity   `json:"quantity,omitempty"`
	Text        string              `json:"text,omitempty"`
	Refs        []penates.Ref       `json:"refs,omitempty"`
	Sensitivity penates.Sensitivity `json:"sensitivity,omitempty"`
	Proof       json.RawMessage     `json:"proof,omitempty"`
	Body        any                 `json:"body,omitempty"`
}

const pointsMember = `,"points":`

// A Record is a document ready to be stored.
type Record struct {
	ID       penates.DocumentID
	Kind     *schema.Kind
	Doc      []byte // JSON
	Stored   []byte // the same as the database keeps it, see JSONB
	Digest   [16]byte
	Day      string
	Start    any // UTC milliseconds, or nil when only the day is known
	Amount   any
	Currency any
	Points   int
	Text     string
	Content  string // words for full-text search
	Source   penates.Source
}

// maxDocument bounds a document's JSON; its raw bytes may be larger.
const maxDocument = 8 << 20

// Encode makes d, whose body is body, ready to be stored. It touches no storage,
// so it may run beside the writer.
func Encode(d *penates.Document, body schema.Body) (*Record, error) {
	kind, err := schema.Of(body.DocType())
	if err != nil {
		return nil, err
	}
	if d.Source.Connector == "" || d.Source.NativeID == "" {
		return nil, fmt.Errorf("a document needs a connector and a native id: %w", penates.Invalid)
	}
	d.Type = kind.Type
	if d.ID == "" {
		d.ID = penates.NewDocumentID(d.Source.Connector, d.Source.Connection, d.Source.NativeID)
	}
	return encodeWire(d, kind, body, nil)
}

// encodeWire encodes d; points are JSON as json.Marshal writes it, and come last.
func encodeWire(d *penates.Document, kind *schema.Kind, body schema.Body, points []byte) (*Record, error) {
	rest, err := json.Marshal(wire{d.ID, kind.Type, d.Time, d.Place, d.Parties, d.Money, d.Quantity, d.Text, d.Refs, d.Sensitivity, d.Proof, body})
	if err != nil {
		return nil, fmt.Errorf("document: %w (%w)", penates.Invalid, err)
	}
	if len(points) > 0 {
		rest = slices.Grow(rest[:len(rest)-1], len(points)+len(pointsMember)+1)
		rest = append(append(append(rest, pointsMember...), points...), '}')
	}
	if len(rest) > maxDocument {
		return nil, fmt.Errorf("a document of %d bytes: %w", len(rest), penates.TooLarge)
	}
	source, err := json.Marshal(d.Source)
	if err != nil {
		return nil, err
	}
	doc := make([]byte, 0, len(source)+len(rest)+12)
	doc = append(append(append(append(doc, `{"source":`...), source...), ','), rest[1:]...)
	stored, err := JSONB(doc)
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	sum := sha256.Sum256(rest)
	r := &Record{ID: d.ID, Kind: kind, Doc: doc, Stored: stored, Digest: [16]byte(sum[:]), Text: d.Text, Source: d.Source}
	r.Day = d.Time.Start.Date()
	if !d.Time.Start.IsZero() && !d.Time.Start.DateOnly() {
		r.Start = d.Time.Start.Time().UnixMilli()
	}
	if d.Money != nil {
		r.Amount, r.Currency = d.Money.Amount.Float(), d.Money.Currency
	}
	r.Content = searchText(d, kind, body)
	return r, nil
}

// searchText is what full-text search knows a document by, beside its text. What
// stands in that is not said again: a bank's wording, the name in it.
func searchText(d *penates.Document, kind *schema.Kind, body schema.Body) string {
	var b strings.Builder
	add := func(s string) {
		if s != "" && !says(d.Text, s) {
			b.WriteByte(' ')
			b.WriteString(s)
		}
	}
	schema.EachText(body, add)
	for _, p := range d.Parties {
		add(p.Literal)
		add(p.Address)
	}
	for _, r := range d.Refs {
		add(r.Value)
	}
	if d.Place != nil {
		add(d.Place.Name)
	}
	b.WriteString(typeWords[kind.Type])
	if !d.Time.Start.IsZero() {
		t := d.Time.Start.Time()
		b.WriteString(monthWords[t.Month()-1])
		b.WriteString(t.Format("2006"))
	}
	return b.String()
}

// says reports whether text has s as words of its own, so that whatever finds s
// finds it in text. Of a long text it does not know.
func says(text, s string) bool {
	const long = 4096
	if len(text) > long || len(s) > len(text) {
		return false
	}
	i := strings.Index(text, s)
	if i < 0 {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+len(s):])
	return (i == 0 || !inWord(before)) && (i+len(s) == len(text) || !inWord(after))
}

// inWord reports whether r may be part of a word, as the tokenizer unicode61 has them.
func inWord(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.Co, unicode.M) }

// Words by which people call a type or a month; they make "facture mars 2024"
// find a bill of that month whatever its own wording.
var (
	typeWords = map[penates.Type]string{
		penates.BankAccounts: " compte banque account bank", penates.BankOperations: " banque bank",
		penates.Bills: " facture bill invoice", penates.Orders: " commande order",
		penates.Contracts: " contrat contract", penates.Energy: " consommation énergie energy",
		penates.Messages: " message mail courriel", penates.Calls: " appel call téléphone phone",
		penates.Contacts: " contact", penates.Events: " rendez-vous événement event calendar agenda",
		penates.Todos: " tâche todo", penates.Files: " fichier file document", penates.Places: " lieu place",
		penates.Notes: " note", penates.Bookmarks: " favori bookmark", penates.Identities: " identité identity",
		penates.Claims: " sinistre claim", penates.Health: " santé health",
	}
	monthWords = [12]string{" janvier january ", " février february ", " mars march ", " avril april ", " mai may ", " juin june ",
		" juillet july ", " août august ", " septembre september ", " octobre october ", " novembre november ", " décembre december "}
)

// Merge lays r over the stored document: fields that r has win, the others stay.
// Of two states of the same thing the later one wins.
func Merge(old []byte, r *Record) (*Record, error) {
	var before, after map[string]json.RawMessage
	if err := json.Unmarshal(old, &before); err != nil {
		return nil, fmt.Errorf("stored document %s: %w (%w)", r.ID, penates.Damaged, err)
	}
	if err := json.Unmarshal(r.Doc, &after); err != nil {
		return nil, err
	}
	if r.Kind.Snapshot && r.Day < dayOf(before) {
		before, after = after, before
	}
	if err := fill(after, before); err != nil {
		return nil, err
	}
	whole, err := json.Marshal(after)
	if err != nil {
		return nil, err
	}
	return Recode(whole)
}

func dayOf(doc map[string]json.RawMessage) string {
	var span penates.Span
	if json.Unmarshal(doc["time"], &span) != nil {
		return ""
	}
	return span.Start.Date()
}

// fill gives doc what only other has, in its envelope and in its body.
func fill(doc, other map[string]json.RawMessage) error {
	var body, otherBody map[string]json.RawMessage
	if json.Unmarshal(doc["body"], &body) == nil && json.Unmarshal(other["body"], &otherBody) == nil {
		for name, value := range otherBody {
			if _, ok := body[name]; !ok {
				body[name] = value
			}
		}
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		doc["body"] = b
	}
	for name, value := range other {
		if _, ok := doc[name]; !ok {
			doc[name] = value
		}
	}
	return nil
}

// Recode makes a document that was read from storage ready to be stored again:
// its fields are brought into the order of its type.
func Recode(doc []byte) (*Record, error) {
	var d struct {
		penates.Document
		Points json.RawMessage `json:"points"`
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, fmt.Errorf("document: %w (%w)", penates.Invalid, err)
	}
	kind, err := schema.Of(d.Type)
	if err != nil {
		return nil, err
	}
	body, err := kind.Decode(d.Body)
	if err != nil {
		return nil, fmt.Errorf("body of a %s: %w (%w)", d.Type, penates.Invalid, err)
	}
	var written []byte
	if len(d.Points) > 0 {
		if written, err = json.Marshal(d.Points); err != nil {
			return nil, fmt.Errorf("document: %w (%w)", penates.Invalid, err)
		}
	}
	r, err := encodeWire(&d.Document, kind, body, written)
	if err == nil && len(d.Points) > 0 {
		var points []json.RawMessage
		err = json.Unmarshal(d.Points, &points)
		r.Points = len(points)
	}
	return r, err
}

// Decode reads a stored document.
func Decode(doc []byte) (*Stored, error) {
	var d struct {
		penates.Document
		Points []Tuple `json:"points"`
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, fmt.Errorf("%w (%w)", penates.Damaged, err)
	}
	s := &Stored{Document: d.Document}
	for _, t := range d.Points {
		p, err := t.Point()
		if err != nil {
			return nil, err
		}
		s.Points = append(s.Points, p)
	}
	return s, nil
}

// Edit makes a stored document ready to be stored again as change leaves it; its id,
// type and source stay.
func Edit(doc []byte, change func(*penates.Document) error) (*Record, error) {
	var whole struct {
		penates.Document
		Points json.RawMessage `json:"points,omitempty"`
	}
	if err := json.Unmarshal(doc, &whole); err != nil {
		return nil, fmt.Errorf("%w (%w)", penates.Damaged, err)
	}
	fixed := whole.Document
	if err := change(&whole.Document); err != nil {
		return nil, err
	}
	whole.ID, whole.Type, whole.Source = fixed.ID, fixed.Type, fixed.Source
	b, err := json.Marshal(whole)
	if err != nil {
		return nil, fmt.Errorf("edited document: %w (%w)", penates.Invalid, err)
	}
	return Recode(b)
}

// SetPoints gives d other points than it had, as they are stored, and the time
// they span.
func SetPoints(d *Stored, points []byte) error {
	var tuples []Tuple
	if err := json.Unmarshal(points, &tuples); err != nil {
		return fmt.Errorf("%w (%w)", penates.Damaged, err)
	}
	d.Points, d.Time = nil, penates.Span{}
	for _, t := range tuples {
		point, err := t.Point()
		if err != nil {
			return err
		}
		d.Points = append(d.Points, point)
	}
	if len(d.Points) > 0 {
		last := d.Points[len(d.Points)-1]
		if d.Time = (penates.Span{Start: d.Points[0].Start, End: last.End}); last.End.IsZero() {
			d.Time.End = last.Start
		}
	}
	return nil
}
