package cozy_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/cozy"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const fixture = `{
  "io.cozy.files": [
    {"_id": "f0", "type": "directory", "name": "Papers", "path": "/Papers"},
    {"_id": "f1", "type": "file", "name": "water.pdf", "size": "1234", "mime": "application/pdf", "created_at": "2025-03-02T10:00:00Z",
     "metadata": {"qualification": {"label": "water_invoice"}}}
  ],
  "io.cozy.bank.accounts": [
    {"_id": "acc1", "label": "Joint account", "institutionLabel": "Banque du Lac", "number": "00123", "iban": "FR76 3000 6000 0112 3456 7890 189", "balance": 1024.5, "type": "Checkings",
     "cozyMetadata": {"updatedAt": "2025-03-10T00:00:00Z"}}
  ],
  "io.cozy.bank.operations": [
    {"_id": "op1", "account": "acc1", "label": "PRLV EAUX DU LAC", "amount": -48.300000000000004, "currency": "€", "date": "2025-03-05T12:00:00.000Z", "bills": ["io.cozy.bills:b1"],
     "manualCategoryId": "400100"},
    {"_id": "op1", "account": "acc1", "label": "another that claims the same id", "amount": 5, "currency": {"id": "CHF"}, "date": "2025-03-06T23:00:00.000Z",
     "reimbursements": [{"billId": "io.cozy.bills:b2", "amount": 5}]},
    {"account": "acc1", "label": "COFFEE", "amount": -2, "date": "{{ freshDate '2025-03-07T00:00:00Z' }}"},
    {"account": "acc1", "label": "COFFEE", "amount": -2, "date": "2025-03-07T00:00:00Z"},
    {"_id": "op5", "account": "acc1", "label": "no amount", "date": "2025-03-07T00:00:00Z"},
    "nothing"
  ],
  "io.cozy.bills": [
    {"_id": "b1", "vendor": "Eaux du Lac", "amount": 48.3, "date": "2025-03-01T23:00:00.000Z", "currency": "EUR", "filename": "water.pdf", "invoice": "io.cozy.files:f1", "vendorRef": "W-77"},
    {"_id": "b2", "vendor": "Mutuelle", "amount": 5, "isRefund": true, "originalAmount": 25, "originalDate": "2025-02-20T00:00:00Z", "date": "2025-03-06T00:00:00Z", "isThirdPartyPayer": false},
    {"_id": "b3", "invoice": "io.cozy.files:f9"}
  ],
  "io.cozy.contacts": [{"_id": "c1", "name": {"givenName": "Zoé", "familyName": "Lac"}, "email": [{"address": "b@x.example"}, {"address": "A@x.example", "primary": true}],
    "phone": [{"number": "+33612345678"}], "address": [{"street": "1 quai", "postcode": "74000", "city": "Annecy"}]}],
  "io.cozy.timeseries.geojson": [{"_id": "t1", "series": [{"type": "FeatureCollection", "features": [{"type": "FeatureCollection", "features": [
    {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[6.1, 45.9], [6.2, 45.95]]}, "properties": {"timestamps": [1741000000000, 1741000060000]}}]}]}]}],
  "com.grandlyon.egl.day": [{"_id": "w1", "load": 210, "year": 2025, "month": 3, "day": 4, "hour": 0, "minute": 0}],
  "io.cozy.bank.groups": [{"_id": "g1", "_rev": "1-x", "label": "Family", "accounts": ["acc1"]}],
  "settings": {"ignored": true}
}`

func TestKeyed(t *testing.T) {
	c, err := importertest.Read(cozy.Format, "fixture.json", []byte(fixture))
	if err != nil || len(c.Refusals) != 2 || c.Repeated > 0 {
		t.Fatalf("%v, refused %v, %d repeated", err, c.Refusals, c.Repeated)
	}
	for kind, want := range map[penates.Type]int{
		penates.Files: 1, penates.BankAccounts: 1, penates.BankOperations: 4, penates.Bills: 3, penates.Contacts: 1, penates.Records: 1,
	} {
		if got := len(c.OfType(kind)); got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
	ops := c.OfType(penates.BankOperations)
	for i, want := range []string{"2025-03-05 -48.3 EUR op1", "2025-03-07 5 CHF op1#2", "2025-03-07 -2 EUR ", "2025-03-07 -2 EUR "} {
		if got := fmt.Sprintf("%s %s %s ", ops[i].Time.Start, ops[i].Money.Amount, ops[i].Money.Currency); !strings.HasPrefix(want, got) {
			t.Errorf("operation %d is %q, want %q", i, got, want)
		}
	}
	if ops[0].Ref(penates.RefIBAN) != "FR7630006000011234567890189" || ops[2].ID == ops[3].ID {
		t.Errorf("%+v", ops[0])
	}
	bills := c.OfType(penates.Bills)
	want := map[string]bool{
		fmt.Sprint(ops[0].ID, penates.Pays, bills[0].ID): true, fmt.Sprint(bills[1].ID, penates.Reimburses, ops[1].ID): true,
		fmt.Sprint(c.OfType(penates.Files)[0].ID, penates.Documents, bills[0].ID): true,
	}
	for _, l := range c.Links {
		delete(want, fmt.Sprint(l.From, l.Rel, l.To))
	}
	if len(want) > 0 || bills[0].Time.Start.String() != "2025-03-02" {
		t.Errorf("links missing: %v; bill %+v", want, bills[0])
	}
	if contact := c.Bodies[indexOf(c, penates.Contacts)].(schema.Contact); contact.Email[0] != "a@x.example" || contact.FullName != "Zoé Lac" || contact.Address[0] != "1 quai 74000 Annecy" {
		t.Errorf("%+v", contact)
	}
	if c.PointCount() != 3 {
		t.Errorf("%d points", c.PointCount())
	}
}

func indexOf(c *importertest.Collector, kind penates.Type) int {
	for i, d := range c.Documents {
		if d.Type == kind {
			return i
		}
	}
	return -1
}

// Documents of an export are named by their path, other files by what they hold.
func TestForms(t *testing.T) {
	for _, tt := range []struct {
		path, content string
		sure          int
		types         string
	}{
		{"cozy.zip/My Cozy/Data/io.cozy.contacts/ab12.json", `{"_id": "ab12", "_rev": "1-a", "fullname": "Zoé", "name": {}}`, 90, "io.cozy.contacts"},
		{"cozy.zip/My Cozy/Data/io.cozy.bank.operations/x.json", `{"_id": "x", "amount": 3, "label": "in", "date": "2025-03-07T12:00:00Z"}`, 90, "io.cozy.bank.operations"},
		{"cozy.zip/My Cozy/Data/instance.json", `{"_id": "i", "domain": "zoe.example"}`, 90, "penates.records"},
		{"cozy.zip/My Cozy/Data/io.cozy.files/d.json", `{"_id": "d", "type": "directory", "name": "x"}`, 90, ""},
		{"cozy.zip/My Cozy/Data/io.cozy.accounts/a.json", `{"_id": "a", "account_type": "edf", "auth": {"login": "me"}}`, 90, "penates.records"},
		{"importedData.json", `[{"vendor": "Shop", "amount": 3, "date": "2025-03-07", "filename": "x.pdf"}]`, 72, "io.cozy.bills"},
		{"io.cozy.contacts.json", `{"total_rows": 1, "rows": [{"id": "c", "doc": {"_id": "c", "fullname": "Zoé"}}]}`, 85, "io.cozy.contacts"},
		{"answer.json", `{"data": [{"type": "io.cozy.bills", "id": "1", "attributes": {"vendor": "S", "amount": 1, "date": "2025-01-01"}}]}`, 85, "io.cozy.bills"},
		{"case.json", `{"description": "x", "bills": [{"_id": "b", "amount": 1, "date": "2025-01-01"}], "operations": [{"_id": "o", "amount": -1, "date": "2025-01-01"}], "expectedResult": {}}`, 85, "io.cozy.bills io.cozy.bank.operations"},
		{"x.json", `{"a": 1}`, 0, ""},
		{"x.json", `[{"vendor": "Shop"}]`, 0, ""},
		{"x.json", `[1]`, 0, ""},
		{"x.json", `{"io.cozy.bills": {}}`, 0, ""},
		{"io.cozy.bills/readme.txt", "hello", 0, ""},
	} {
		f := importertest.File(tt.path, []byte(tt.content))
		if sure := cozy.Format.Recognise(f.Head); sure != tt.sure {
			t.Errorf("%s: sure %d, want %d", tt.path, sure, tt.sure)
		}
		if tt.sure == 0 {
			continue
		}
		c := &importertest.Collector{Connector: "cozy"}
		if err := cozy.Format.Read(t.Context(), f, c); err != nil || len(c.Refusals) > 0 {
			t.Errorf("%s: %v, refused %v", tt.path, err, c.Refusals)
		}
		var types []string
		for _, d := range c.Documents {
			types = append(types, string(d.Type))
		}
		if got := strings.Join(types, " "); got != tt.types {
			t.Errorf("%s: gives %q, want %q", tt.path, got, tt.types)
		}
	}
}

// A document found in an export and in a list is the same one.
func TestSameID(t *testing.T) {
	one, _ := importertest.Read(cozy.Format, "My Cozy/Data/io.cozy.bills/b1.json", []byte(`{"_id": "b1", "vendor": "S", "amount": 1, "date": "2025-01-01"}`))
	two, _ := importertest.Read(cozy.Format, "x.json", []byte(`{"io.cozy.bills": [{"_id": "b0"}, {"_id": "b1", "vendor": "S", "amount": 1.5, "date": "2025-01-01"}]}`))
	if one.Documents[0].ID != two.Documents[1].ID {
		t.Error("two documents of one")
	}
}

func TestBroken(t *testing.T) {
	c, err := importertest.Read(cozy.Format, "x.json", []byte(fixture[:len(fixture)/2]))
	if err == nil || len(c.Documents) == 0 {
		t.Errorf("%d documents, %v", len(c.Documents), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("x.json", []byte(fixture))
	f.Add("My Cozy/Data/io.cozy.calendar.events/e.json", []byte(`{"_id": "e", "start": "2025-03-07T12:00:00Z", "end": "", "description": "Dinner", "attendees": [{"email": "A@b"}]}`))
	f.Add("My Cozy/Data/io.cozy.netflix.views/e.json", []byte(`{"_id": "e", "title": "Film", "date": 1530824906489}`))
	f.Add("io.cozy.contacts.json", []byte(`{"rows": [{"id": "c", "doc": {"fullname": "Zoé"}}]}`))
	f.Add("h.json", []byte(`{"io.cozy.bank.operations": [{"amount":0,"date":"1000 1 1" }`))
	f.Fuzz(func(t *testing.T, path string, content []byte) {
		head := importertest.File(path, content).Head
		if cozy.Format.Recognise(head) == 0 {
			return
		}
		c, _ := importertest.Read(cozy.Format, path, content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" || d.Text == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var big bytes.Buffer
	big.WriteString(`{"io.cozy.bank.operations": [`)
	for i := range 20_000 {
		if i > 0 {
			big.WriteByte(',')
		}
		fmt.Fprintf(&big, `{"_id": "op%d", "account": "acc1", "label": "PRLV EAUX DU LAC", "amount": -48.30, "currency": "EUR", "date": "2025-03-05T12:00:00.000Z"}`, i)
	}
	big.WriteString("]}")
	b.SetBytes(int64(big.Len()))
	for b.Loop() {
		c, err := importertest.Read(cozy.Format, "x.json", big.Bytes())
		if err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}
