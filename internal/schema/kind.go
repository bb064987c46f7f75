package schema

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"penates"
)

// A Kind is what the vault knows about one type of document.
type Kind struct {
	Type  penates.Type
	Code  int    // the number that stands for the type in storage; never reused
	View  string // name of its SQL view
	Title string // in English, plural
	Term  string // the vocabulary's class, as in "schema:Invoice"
	// Series is true when documents hold points and the view shows one row a point.
	Series bool
	// Snapshot is true when a document is a state as of its date: an earlier state
	// never replaces a later one.
	Snapshot bool
	Fields   []Field

	body reflect.Type
}

// A Field is one field of a type's body.
type Field struct {
	Name   string
	Doc    string
	Term   string // the vocabulary's property, if there is one
	Format string // "date", "decimal", "uri" or ""
	Type   string // JSON type: string, integer, number, boolean, array, object
	Search bool
	Index  bool

	index int
	items *reflect.Type
}

// kinds lists the types in the order pages show them.
var kinds = []Kind{
	{Type: penates.BankAccounts, Code: 1, View: "bank_accounts", Title: "Bank accounts", Term: "schema:BankAccount", Snapshot: true, body: reflect.TypeFor[BankAccount]()},
	{Type: penates.BankOperations, Code: 2, View: "bank_operations", Title: "Bank operations", Term: "schema:MoneyTransfer", body: reflect.TypeFor[BankOperation]()},
	{Type: penates.Bills, Code: 3, View: "bills", Title: "Bills", Term: "schema:Invoice", body: reflect.TypeFor[Bill]()},
	{Type: penates.Orders, Code: 4, View: "orders", Title: "Orders", Term: "schema:Order", body: reflect.TypeFor[Order]()},
	{Type: penates.Contracts, Code: 5, View: "contracts", Title: "Contracts", Term: "schema:Service", body: reflect.TypeFor[Contract]()},
	{Type: penates.Energy, Code: 6, View: "energy", Title: "Energy", Term: "sosa:Observation", Series: true, body: reflect.TypeFor[EnergyDay]()},
	{Type: penates.Health, Code: 7, View: "health", Title: "Health", Term: "fhir:Resource", body: reflect.TypeFor[HealthRecord]()},
	{Type: penates.Positions, Code: 8, View: "positions", Title: "Positions", Term: "schema:GeoCoordinates", Series: true, body: reflect.TypeFor[PositionDay]()},
	{Type: penates.Places, Code: 9, View: "places", Title: "Places", Term: "schema:Place", body: reflect.TypeFor[Place]()},
	{Type: penates.Messages, Code: 10, View: "messages", Title: "Messages", Term: "schema:Message", body: reflect.TypeFor[Message]()},
	{Type: penates.Calls, Code: 11, View: "calls", Title: "Calls", Term: "schema:CommunicateAction", body: reflect.TypeFor[Call]()},
	{Type: penates.Contacts, Code: 12, View: "contacts", Title: "Contacts", Term: "vcard:Individual", body: reflect.TypeFor[Contact]()},
	{Type: penates.Events, Code: 13, View: "events", Title: "Events", Term: "schema:Event", body: reflect.TypeFor[Event]()},
	{Type: penates.Todos, Code: 14, View: "todos", Title: "To-dos", Term: "schema:Action", body: reflect.TypeFor[Todo]()},
	{Type: penates.Files, Code: 15, View: "files", Title: "Files", Term: "schema:DigitalDocument", body: reflect.TypeFor[File]()},
	{Type: penates.Activities, Code: 16, View: "activities", Title: "Activities", Term: "as:Activity", body: reflect.TypeFor[Activity]()},
	{Type: penates.Notes, Code: 17, View: "notes", Title: "Notes", Term: "schema:Note", body: reflect.TypeFor[Note]()},
	{Type: penates.Bookmarks, Code: 18, View: "bookmarks", Title: "Bookmarks", Term: "schema:BookmarkAction", body: reflect.TypeFor[Bookmark]()},
	{Type: penates.Identities, Code: 19, View: "identities", Title: "Identities", Term: "schema:Person", body: reflect.TypeFor[Identity]()},
	{Type: penates.Claims, Code: 20, View: "claims", Title: "Claims", Term: "schema:Report", body: reflect.TypeFor[Claim]()},
	{Type: penates.Records, Code: 21, View: "records", Title: "Other records", Term: "schema:Thing", body: reflect.TypeFor[Record]()},
}

type registry struct {
	byType map[penates.Type]*Kind
	byCode map[int]*Kind
	byView map[string]*Kind
	byBody map[reflect.Type]*Kind
}

var known = sync.OnceValue(func() registry {
	r := registry{map[penates.Type]*Kind{}, map[int]*Kind{}, map[string]*Kind{}, map[reflect.Type]*Kind{}}
	for i := range kinds {
		k := &kinds[i]
		k.Fields = fieldsOf(k.body)
		r.byType[k.Type], r.byCode[k.Code], r.byView[k.View], r.byBody[k.body] = k, k, k, k
	}
	return r
})

// Kinds returns all types, in the order pages show them. The caller must not
// change them.
func Kinds() []Kind {
	known()
	return kinds
}

// Of returns the kind of a type, or an Invalid error that names it.
func Of(t penates.Type) (*Kind, error) {
	if k := known().byType[t]; k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("document type %q is not known: %w", t, penates.Invalid)
}

// OfCode returns the kind with that storage code, or nil.
func OfCode(code int) *Kind { return known().byCode[code] }

// OfView returns the kind whose SQL view has that name, or nil.
func OfView(view string) *Kind { return known().byView[view] }

func fieldsOf(t reflect.Type) (fields []Field) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		field := Field{
			Name: name, Doc: f.Tag.Get("doc"), Term: f.Tag.Get("ld"), Format: f.Tag.Get("format"),
			Search: f.Tag.Get("search") == "yes", Index: f.Tag.Get("index") == "yes",
			Type: jsonType(f.Type), index: i,
		}
		if f.Type.Kind() == reflect.Slice {
			elem := f.Type.Elem()
			field.items = &elem
		}
		fields = append(fields, field)
	}
	return fields
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	case reflect.Map, reflect.Struct:
		return "object"
	}
	return "string"
}
