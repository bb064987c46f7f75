package penates

import (
	"encoding/json"
	"strings"
)

// A Type names what kind of thing a document is. Where Cozy has a doctype its
// name is used; the others begin with "penates.".
type Type string

// The types of document.
const (
	BankAccounts   Type = "io.cozy.bank.accounts"
	BankOperations Type = "io.cozy.bank.operations"
	Bills          Type = "io.cozy.bills"
	Orders         Type = "penates.orders"
	Contracts      Type = "penates.contracts"
	Energy         Type = "io.cozy.timeseries.energy"
	Health         Type = "penates.health"
	Positions      Type = "io.cozy.timeseries.geojson"
	Places         Type = "penates.places"
	Messages       Type = "penates.messages"
	Calls          Type = "penates.calls"
	Contacts       Type = "io.cozy.contacts"
	Events         Type = "io.cozy.calendar.events"
	Todos          Type = "io.cozy.calendar.todos"
	Files          Type = "io.cozy.files"
	Activities     Type = "penates.activities"
	Notes          Type = "penates.notes"
	Bookmarks      Type = "penates.bookmarks"
	Identities     Type = "io.cozy.identities"
	Claims         Type = "penates.claims"
	// Records holds what a source gives that no other type describes yet.
	Records Type = "penates.records"
)

// A Document is one thing known about a person's life, in the envelope all
// types share, so that data of different origin can be crossed. Body holds the
// fields of the type's own schema.
type Document struct {
	ID          DocumentID      `json:"id"`
	Type        Type            `json:"type"`
	Source      Source          `json:"source"`
	Time        Span            `json:"time,omitzero"`
	Place       *Place          `json:"place,omitempty"`
	Parties     []Party         `json:"parties,omitempty"`
	Money       *Money          `json:"money,omitempty"`
	Quantity    *Quantity       `json:"quantity,omitempty"`
	Text        string          `json:"text,omitempty"` // one line a person recognises it by
	Refs        []Ref           `json:"refs,omitempty"`
	Sensitivity Sensitivity     `json:"sensitivity,omitempty"`
	Proof       json.RawMessage `json:"proof,omitempty"`
	Body        json.RawMessage `json:"body,omitempty"`
}

// A Source says where a document came from.
type Source struct {
	Connector  string `json:"connector"`            // the format or service, as in "ofx"
	Connection string `json:"connection,omitempty"` // which account, meter, mailbox … of it
	NativeID   string `json:"native_id"`            // the source's own id within the connection
	Job        JobID  `json:"job,omitempty"`        // the import that brought it last
	Raw        BlobID `json:"raw,omitempty"`        // the bytes it was read from
	Locator    string `json:"locator,omitempty"`    // where in Raw: "line=12", "line=12-14", "bytes=100-250", "path=/a/b/0"
}

// A Span is when something happened. End is unknown for what has no duration.
type Span struct {
	Start       Moment `json:"start,omitzero"`
	End         Moment `json:"end,omitzero"`
	Uncertainty string `json:"uncertainty,omitempty"` // ISO 8601 duration, as in "P1D"
}

// A Place is a position on WGS 84, in degrees and metres.
type Place struct {
	Lat      float64 `json:"lat"`
	Lon      float64 `json:"lon"`
	Alt      float64 `json:"alt,omitempty"`
	Accuracy float64 `json:"accuracy,omitempty"`
	Name     string  `json:"place,omitempty"`
}

// A Party is somebody who takes part: Literal is the name or address as the
// source wrote it, Entity the contact it was recognised as.
type Party struct {
	Role    string     `json:"role"` // "from", "to", "cc", "counterparty", "vendor", "attendee", "organizer", "owner" …
	Literal string     `json:"literal,omitempty"`
	Address string     `json:"address,omitempty"` // e-mail, E.164 number or IBAN, when known
	Entity  DocumentID `json:"entity,omitempty"`
}

// Money is an exact amount. For bank operations and card payments it is signed
// from the person's side: positive comes in, negative goes out. For bills it is
// the total as printed.
type Money struct {
	Amount   Decimal `json:"amount"`
	Currency string  `json:"currency"` // ISO 4217
}

// A Quantity is a measured value with its UCUM unit ("kW.h", "m3", "km").
type Quantity struct {
	Value Decimal `json:"value,omitempty"`
	Unit  string  `json:"unit"`
	Kind  string  `json:"kind,omitempty"` // "electricity", "gas", "distance" …
}

// A Ref is an identifier that other documents may carry too, which is what lets
// them be linked.
type Ref struct {
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

// The schemes of Ref. Values are normalised: no blanks, upper-case IBAN,
// lower-case e-mail and Message-ID without brackets, E.164 with its plus sign.
const (
	RefIBAN      = "iban"
	RefAccount   = "account" // a bank account number that is not an IBAN
	RefPRM       = "prm"     // electricity delivery point (14 digits), also called PDL
	RefPCE       = "pce"     // gas delivery point
	RefContract  = "contract"
	RefCustomer  = "customer"
	RefInvoice   = "invoice"
	RefMessageID = "message-id"
	RefPhone     = "tel"
	RefEmail     = "email"
	RefUID       = "uid" // iCalendar or vCard UID
)

// Sensitivity says how much harm a disclosure would do; the zero value is
// ordinary personal data.
type Sensitivity string

// The levels above ordinary personal data.
const (
	Sensitive Sensitivity = "sensitive" // GDPR art. 9: health, beliefs, …
	Secret    Sensitivity = "secret"    // credentials, identity numbers
)

// Ref returns the first value of scheme, or "".
func (d *Document) Ref(scheme string) string {
	for _, r := range d.Refs {
		if r.Scheme == scheme {
			return r.Value
		}
	}
	return ""
}

// Party returns the first party with role, or the zero Party.
func (d *Document) Party(role string) Party {
	for _, p := range d.Parties {
		if p.Role == role {
			return p
		}
	}
	return Party{}
}

// String returns the party's name, else its address.
func (p Party) String() string {
	if p.Literal != "" {
		return p.Literal
	}
	return p.Address
}

// NewRef returns a reference with its value normalised for scheme.
func NewRef(scheme, value string) Ref {
	switch scheme {
	case RefIBAN:
		value = strings.ToUpper(strings.Join(strings.Fields(value), ""))
	case RefEmail, RefMessageID:
		value = strings.ToLower(strings.Trim(strings.TrimSpace(value), "<>"))
	case RefPRM, RefPCE, RefPhone, RefAccount:
		value = strings.Join(strings.Fields(value), "")
	default:
		value = strings.TrimSpace(value)
	}
	return Ref{Scheme: scheme, Value: value}
}

// A Series is a stretch of a measured series: a load curve, a meter's indexes, a
// track. What counts, is reported and is seen is the point.
type Series struct {
	Type        Type   // Energy or Positions
	Source      Source // NativeID names the series within the connection; points are told apart by time
	Kind        string // "electricity", "gas", "track" …
	Measure     string // "load-curve", "daily", "monthly", "index", "position"
	Unit        string // UCUM unit of Value
	Step        string // ISO 8601 duration between points when regular, as in "PT30M"
	Refs        []Ref
	Text        string
	Sensitivity Sensitivity
	Points      []Point
}

// A Point is one measure of a Series over [Start, End); End is unknown for an
// instant.
type Point struct {
	Start, End Moment
	Value      Decimal // "" for a position
	Quality    string  // the source's own quality word, as in "B" or "estimated"
	Place      *Place
}

// A Link is a directed relation between two documents.
type Link struct {
	ID         LinkID     `json:"id"`
	From       DocumentID `json:"from"`
	Rel        Rel        `json:"rel"`
	To         DocumentID `json:"to"`
	Confidence float64    `json:"confidence"` // 0 … 1
	Rule       string     `json:"rule"`       // which rule made it, as in "pays/amount+date+label"
	By         Actor      `json:"by"`
	State      LinkState  `json:"state,omitempty"`
}

// A Rel names a relation.
type Rel string

// The relations.
const (
	Pays        Rel = "pays"
	Reimburses  Rel = "reimburses"
	Documents   Rel = "documents"
	Measures    Rel = "measures"
	From        Rel = "from"
	To          Rel = "to"
	Attendee    Rel = "attendee"
	PartOf      Rel = "part_of" // attachment → message, entry → archive
	SameAs      Rel = "same_as"
	DerivedFrom Rel = "derived_from"
	BilledUnder Rel = "billed_under" // bill → contract
	AtPlace     Rel = "at"           // picture, event → stay at a place
)

// A LinkState is what the person said of a link; rules never undo it.
type LinkState string

// What the person may say of a link.
const (
	Confirmed LinkState = "confirmed"
	Rejected  LinkState = "rejected"
)
