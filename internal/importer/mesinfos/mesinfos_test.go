package mesinfos_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mesinfos"
	"penates/internal/schema"
)

func read(t *testing.T, text string) *importertest.Collector {
	t.Helper()
	c, err := importertest.Read(mesinfos.Format, "x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// bodies compares the bodies that a text gives, none refused.
func bodies(t *testing.T, text string, want ...schema.Body) *importertest.Collector {
	t.Helper()
	c := read(t, text)
	if diff := cmp.Diff(want, c.Bodies); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	if len(c.Refusals) > 0 || c.Repeated > 0 {
		t.Errorf("refusals %v, %d repeated", c.Refusals, c.Repeated)
	}
	return c
}

func hasRefs(t *testing.T, d *penates.Document, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !slices.Contains(d.Refs, penates.Ref{Scheme: pairs[i], Value: pairs[i+1]}) {
			t.Errorf("%s: refs %v, want %s %s", d.Text, d.Refs, pairs[i], pairs[i+1])
		}
	}
}

func TestOperations(t *testing.T) {
	c := bodies(t, `[{"_id": "a1", "amount": -60.5, "bankAccount": "77", "date": "2024-03-08T00:00:00.000Z", "docType": "bankoperation", "raw": "PRLV EDF clients", "title": "EDF"},
		{"_id": "a2", "amount": "1 200,00", "bankAccount": "77", "date": "2024-03-09T23:00:00.000Z", "docType": "BankOperation", "raw": "Salaire", "title": "Salaire"}]`,
		schema.BankAccount{Number: "77"},
		schema.BankOperation{Label: "PRLV EDF clients", Memo: "EDF", Account: "77", Kind: "debit", Counterparty: "EDF clients", Status: "booked"},
		schema.BankOperation{Label: "Salaire", Account: "77", Status: "booked"},
	)
	op := c.Documents[1]
	if op.Source.Connection != "77" || op.Source.NativeID != "a1" || op.Time.Start.String() != "2024-03-08" || *op.Money != (penates.Money{Amount: "-60.5", Currency: "EUR"}) {
		t.Errorf("operation %+v", op)
	}
	hasRefs(t, op, penates.RefAccount, "77")
	// 23:00 in UTC is the midnight of the person's day.
	if next := c.Documents[2]; next.Time.Start.String() != "2024-03-10" || next.Money.Amount != "1200.00" {
		t.Errorf("operation %+v", next)
	}
}

func TestBills(t *testing.T) {
	c := bodies(t, `[{"vendor": "EDF", "balanceBeforeInvoice": "-50.0", "clientId": "600", "number": "123", "date": "2024-03-033T00:00:00.000Z",
		"scheduledPaymentDate": "2024-04-01", "title": "FACTURE_REGUL_ECHEANCIER", "totalPaymentDue": "91.5", "value": "41.5"}]`,
		schema.Bill{Vendor: "EDF", Number: "123", Title: "FACTURE_REGUL_ECHEANCIER", Due: "2024-04-01", AmountDue: "91.5", Contract: "600",
			Lines: []schema.BillLine{{Label: "Balance of the account before the bill", Net: "-50.0"}}},
	)
	bill := c.Documents[0]
	if bill.Time.Start.String() != "2024-03-03" || bill.Time.Uncertainty != "P1D" || bill.Money.Amount != "41.5" ||
		bill.Text != "EDF, Facture regul echeancier, 123" || bill.Party("vendor").Literal != "EDF" {
		t.Errorf("bill %+v", bill)
	}
	hasRefs(t, bill, penates.RefInvoice, "123", penates.RefCustomer, "600")

	// Two equal bills of a day are two, and stay the same two in a longer list.
	const two = `{"type": "Taxi", "date": "2024-03-03T12:00:00.000Z", "vendor": "Cab", "amount": 14.20}, {"type": "Taxi", "date": "2024-03-03T12:00:00.000Z", "vendor": "Cab", "amount": 14.2}`
	short, long := read(t, "["+two+"]"), read(t, `[`+two+`, {"type": "Taxi", "date": "2024-03-02", "vendor": "Cab", "amount": 9}]`)
	if len(short.Documents) != 2 || short.Repeated > 0 || len(long.Documents) != 3 || short.Documents[0].ID == short.Documents[1].ID ||
		short.Documents[1].ID != long.Documents[1].ID || short.Documents[0].ID != long.Documents[0].ID {
		t.Errorf("ids %v, %v", short.Documents, long.Documents)
	}
}

func TestContractAndClient(t *testing.T) {
	c := bodies(t, `[{"vendor": "EDF", "clientId": "600", "number": "55", "name": "Tarif Bleu", "start": "2011-05-01", "end": null, "status": "CONTRAT_ACTIF",
		"pdl": "99000000000001", "energie": "Électricité", "power": "6 kVA", "contractSubcategory1": "OPTION_BASE"},
		{"vendor": "EDF", "clientId": "600", "number": "56", "nomOffre": "Mon Gaz", "pdl": "21000000000001", "energie": "Gaz", "start": "2014-03-01", "end": "2015-03-01"},
		{"clientId": "600", "vendor": "EDF", "numeroAcc": "00123", "address": {"street": "1 RUE DU FOUR", "postcode": "69001", "city": "LYON"},
		"name": {"prefix": "MME", "family": "MARTIN", "given": "ANNE"}, "email": "Anne@Example.org", "telMobile": "06 39 98 00 01",
		"coHolder": {"formated": "JEAN MARTIN"}, "commercialContact": {"title": "Lyon", "phone": "09 39 98 00 15"}}]`,
		schema.Contract{Vendor: "EDF", Number: "55", Name: "Tarif Bleu", Kind: "electricity", Meter: "99000000000001", Power: "6 kVA", Option: "OPTION_BASE", Status: "CONTRAT_ACTIF"},
		schema.Contract{Vendor: "EDF", Number: "56", Name: "Mon Gaz", Kind: "gas", Meter: "21000000000001"},
		schema.Identity{Family: "MARTIN", Given: "ANNE", Gender: "female", Email: "anne@example.org", Phone: "+33639980001", Address: "1 RUE DU FOUR, 69001 LYON", Customer: "600", Issuer: "EDF"},
	)
	hasRefs(t, c.Documents[0], penates.RefContract, "55", penates.RefPRM, "99000000000001", penates.RefCustomer, "600")
	hasRefs(t, c.Documents[1], penates.RefPCE, "21000000000001")
	hasRefs(t, c.Documents[2], penates.RefCustomer, "600", penates.RefEmail, "anne@example.org", penates.RefPhone, "+33639980001", penates.RefContract, "00123")
	if d := c.Documents[0]; d.Time.Start.String() != "2011-05-01" || !d.Time.End.IsZero() || d.Ref(penates.RefPCE) != "" {
		t.Errorf("contract %+v", d)
	}
	if d := c.Documents[2]; d.Party("co-holder").Literal != "JEAN MARTIN" || d.Party("vendor").Address != "+33939980015" {
		t.Errorf("client %+v", d)
	}
}

// series returns "native start end value unit step quality invoice" of the points.
func series(c *importertest.Collector) (got []string) {
	for _, s := range c.Series {
		invoice := ""
		for _, r := range s.Refs {
			if r.Scheme == penates.RefInvoice {
				invoice = r.Value
			}
		}
		for _, p := range s.Points {
			got = append(got, strings.Join([]string{s.Source.Connection, s.Source.NativeID, p.Start.String(), p.End.String(), string(p.Value), s.Unit, s.Step, p.Quality, invoice}, " "))
		}
	}
	return got
}

func TestStatements(t *testing.T) {
	c := read(t, `[{"docType": "ConsumpionStatement", "start": "2024-01-08", "end": "2024-07-012024-07-01", "value": "712.0", "contractNumber": "55", "billNumber": "123",
		"statementType": "REEL", "statementCategory": "RELEVE_REEL_PAR_ERD_GRD", "statementReason": "RELEVE_PERIODIQUE"},
		{"contractNumber": "55", "start": "2024-03-01", "end": "2024-04-01", "value": 432, "statementType": "estime", "statementCategory": "edelia",
		"statementReason": "EdeliaMonthlyElecConsumption", "period": "2024-03", "cost": 77, "releve": [{"date": "2024-03-01", "type": "FACTURE", "indexesByLabel": {"HP": 2, "BASE": 50123}}],
		"docType": "consumptionstatement"},
		{"contractNumber": "55", "start": "2024-01-01T06:00:00", "end": "2024-01-31T06:00:00", "value": 1234, "statementType": "mesure", "statementCategory": "gazpar",
		"statementReason": "GazparMonthlyGazConsumption", "volume": 110.5, "index": 7003, "docType": "org.fing.mesinfos.consumptionstatement"}]`)
	want := []string{
		"55 electricity/statement 2024-01-08 2024-07-01 712.0 kW.h  REEL 123",
		"55 electricity/monthly/edelia 2024-03-01 2024-04-01 432 kW.h P1M estime ",
		"55 electricity/index 2024-03-01  50123 kW.h P1M FACTURE ",
		"55 electricity/index/hp 2024-03-01  2 kW.h P1M FACTURE ",
		"55 gas/monthly 2024-01-01T06:00:00+01:00 2024-01-31T06:00:00+01:00 1234 kW.h P1M mesure ",
		"55 gas/monthly-volume 2024-01-01T06:00:00+01:00 2024-01-31T06:00:00+01:00 110.5 m3 P1M mesure ",
		"55 gas/index 2024-01-31T06:00:00+01:00  7003 m3 P1M mesure ",
	}
	if diff := cmp.Diff(want, series(c)); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
	if len(c.Documents) != 1 || c.Documents[0].Money.Amount != "77" || c.Documents[0].Quantity.Value != "432" {
		t.Errorf("the cost is not kept: %+v", c.Documents)
	}
}

// The half hours of the night the clocks go back follow each other.
func TestHalfHours(t *testing.T) {
	var list []string
	for _, h := range [][2]string{{"01:30", "02:00"}, {"02:00", "02:30"}, {"02:30", "03:00"}, {"02:00", "02:30"}, {"02:30", "03:00"}, {"03:00", "03:30"}} {
		list = append(list, fmt.Sprintf(`{"contractNumber": "55", "start": "2024-10-27T%s:00", "end": "2024-10-27T%s:00", "value": 240, "statementType": "mesure",
			"statementCategory": "linky", "statementReason": "LinkyHalfHourElecConsumption", "docType": "org.fing.mesinfos.consumptionstatement"}`, h[0], h[1]))
	}
	c := read(t, "["+strings.Join(list, ", ")+"]")
	if len(c.Series) != 1 || len(c.Series[0].Points) != 6 || c.Series[0].Unit != "W.h" || c.Series[0].Measure != "load-curve" {
		t.Fatalf("series %+v, refusals %v", c.Series, c.Refusals)
	}
	for i, p := range c.Series[0].Points {
		if i > 0 && !p.Start.Time().Equal(c.Series[0].Points[i-1].End.Time()) {
			t.Errorf("half hour %d starts at %v, after one that ends at %v", i, p.Start, c.Series[0].Points[i-1].End)
		}
	}
}

func TestInsurance(t *testing.T) {
	c := bodies(t, `[{"contrat": [{"formuleBase": "Formule A", "montantTarifTtc": 199.9, "name": "NOR", "societaire": "700", "startDate": "1999-05-30T00:00:00",
		"objects": {"lieu": [{"address": {"street": "1 RUE DU FOUR", "postCode": "69001", "city": "LYON"}}]}},
		{"societaire": "700", "name": "VAM", "montantTarifTtc": 300, "startDate": "2012-06-15T00:00:00", "objects": {"vehicule": [{"immatriculationVehicule": "ZZ-001-ZZ"}]}}]},
		{"societaire": {"name": {"prefix": "MME.", "family": "MARTIN", "given": "ANNE"}, "email": "anne@example.org", "birthdate": "1970-02-17", "referenceClient": "700N"}},
		{"docType": "InsuranceClaim", "docTypeVersion": "MaifKonnector-0.0.0-draft", "type": "Vehicule", "societaire": "700N", "timestamp": "2019-11-02T18:30",
		"lieuSurvenance": "LYON", "ref": "F1", "immatriculationVehicule": "ZZ-001-ZZ", "driver": {"given": "Anne", "family": "Martin"}},
		{"paymentterms": {"rib": {"bic": "X", "iban": "FR76 3000"}, "modePaiement": "Prélèvement", "societaire": "700"}}]`,
		schema.Contract{Vendor: "MAIF", Name: "Formule A", Kind: "insurance", Option: "NOR", Address: "1 RUE DU FOUR, 69001 LYON"},
		schema.Contract{Vendor: "MAIF", Name: "VAM", Kind: "insurance", Option: "VAM"},
		schema.Identity{Family: "MARTIN", Given: "ANNE", Gender: "female", BirthDate: "1970-02-17", Email: "anne@example.org", Customer: "700N", Issuer: "MAIF"},
		schema.Claim{Insurer: "MAIF", Number: "F1", Kind: "Vehicule", Description: "LYON"},
		schema.Record{Kind: "paymentterms", Fields: map[string]any{"rib": map[string]any{"bic": "X", "iban": "FR76 3000"}, "modePaiement": "Prélèvement", "societaire": "700"}},
	)
	if d := c.Documents[0]; d.Money.Amount != "199.9" || d.Time.Start.String() != "1999-05-30T00:00:00+02:00" && d.Time.Start.String() != "1999-05-30" {
		t.Errorf("contract %+v", d)
	}
	hasRefs(t, c.Documents[1], "vehicle", "ZZ-001-ZZ", penates.RefCustomer, "700")
	hasRefs(t, c.Documents[2], penates.RefCustomer, "700N", penates.RefCustomer, "700")
	hasRefs(t, c.Documents[3], "vehicle", "ZZ-001-ZZ", penates.RefCustomer, "700")
	hasRefs(t, c.Documents[4], penates.RefIBAN, "FR763000")
	if d := c.Documents[3]; d.Time.Start.String() != "2019-11-02T18:30:00+01:00" || d.Party("driver").Literal != "Anne Martin" {
		t.Errorf("claim %+v", d)
	}
}

func TestCallsAndPositions(t *testing.T) {
	c := bodies(t, `[{"_id": "c1", "timestamp": "2024-10-01T07:45:10Z", "msisdn": "33639980001", "partner": "33639980002", "length": 59, "chipType": "s", "type": "appel sortant",
		"latitude": 45.7, "longitude": 4.8, "docType": "fr.orange.phonecommunicationlog"},
		{"_id": "c2", "timestamp": "2024-10-01T12:10:30Z", "msisdn": "33639980001", "partner": "33639980002", "length": 1, "chipType": "M", "type": "SMS entrant", "docType": "fr.orange.phonecommunicationlog"},
		{"_id": "c3", "timestamp": "2024-10-02T11:15:05Z", "msisdn": "33639980001", "partner": "3900", "length": 5, "chipType": "s", "type": "appel entrant renvoyé - vers la boite vocale", "docType": "PhoneCommunicationLog"},
		{"timestamp": "2024-10-02T10:15:00Z", "msisdn": "33639980001", "latitude": "45.75", "longitude": "4.85", "radius": "120", "docType": "fr.orange.geopoint"}]`,
		schema.Call{Direction: "out", Number: "+33639980002", Kind: "voice", Seconds: 59},
		schema.Call{Direction: "in", Number: "+33639980002", Kind: "sms"},
		schema.Call{Direction: "missed", Number: "3900", Kind: "voice", Seconds: 5},
	)
	out, in := c.Documents[0], c.Documents[1]
	if out.Party("from").Address != "+33639980001" || out.Party("to").Address != "+33639980002" || out.Place.Lat != 45.7 || out.Time.End.String() != "2024-10-01T07:46:09Z" {
		t.Errorf("call %+v", out)
	}
	if in.Party("from").Address != "+33639980002" || in.Place != nil {
		t.Errorf("message %+v", in)
	}
	hasRefs(t, out, penates.RefPhone, "+33639980002")
	if len(c.Series) != 1 || c.Series[0].Type != penates.Positions || c.Series[0].Points[0].Place.Accuracy != 120 {
		t.Errorf("positions %+v", c.Series)
	}
}

func TestPeopleAndTime(t *testing.T) {
	c := bodies(t, `[{"_id": "p1", "fn": "Anne Martin ", "n": "Martin;Anne;;;", "datapoints": [{"name": "email", "value": "Anne@Example.org"}, {"name": "tel", "value": "0639980001"},
		{"name": "adr", "value": ["", "", "1 rue du Four", "Lyon"]}, {"name": "email"}], "note": "n", "tags": ["friend"], "docType": "contact"},
		{"_id": "e1", "start": "2024-10-08T08:00:00.000Z", "end": "2024-10-08T16:00:00.000Z", "description": "Meeting", "details": "long", "place": "Lyon", "tags": ["work"], "attendees": [{"email": "Anne@Example.org"}], "docType": "event"},
		{"_id": "e2", "start": "2024-09-10T10:00:00.000", "end": "2024-09-10T12:00:00.000", "description": "Choir", "rrule": "FREQ=WEEKLY", "timezone": "America/New_York", "tags": [], "docType": "event"},
		{"_id": "e3", "start": "2024-09-16", "end": "2024-09-16", "description": "", "docType": "event"},
		{"_id": "e4", "start": "2024-09-16T00:00:00.000Z", "end": "2024-09-16T01:00:00.000Z", "description": "Night", "docType": "event"},
		{"_id": "f1", "albumid": "al", "docType": "photo", "binary": {}, "description": "undefined", "gps": {"lat": 46.5, "long": 6.5}, "title": "LAKE.JPG"},
		{"_id": "al", "title": "Holidays", "docType": "album", "date": "2024-09-13T10:00:01.500Z"},
		{"_id": "o1", "docType": "operationtype", "name": "type.card", "weboobvalue": 7}]`,
		schema.Contact{FullName: "Anne Martin", Family: "Martin", Given: "Anne", Email: []string{"anne@example.org"}, Phone: []string{"+33639980001"}, Address: []string{"1 rue du Four Lyon"}, Note: "n", Groups: []string{"friend"}},
		schema.Event{UID: "e1", Title: "Meeting", Description: "long", Location: "Lyon", Calendar: "work"},
		schema.Event{UID: "e2", Title: "Choir", RRule: "FREQ=WEEKLY", Zone: "America/New_York"},
		schema.Event{UID: "e3"},
		schema.Event{UID: "e4", Title: "Night"},
		schema.File{Name: "LAKE.JPG", Mime: "image/jpeg"},
		schema.Record{Kind: "album", Fields: map[string]any{"_id": "al", "title": "Holidays", "docType": "album", "date": "2024-09-13T10:00:01.500Z"}},
		schema.Record{Kind: "operationtype", Fields: map[string]any{"_id": "o1", "docType": "operationtype", "name": "type.card", "weboobvalue": json.Number("7")}},
	)
	for i, want := range map[int]string{1: "2024-10-08T08:00:00Z", 2: "2024-09-10T10:00:00-04:00", 3: "2024-09-16", 4: "2024-09-16T00:00:00Z"} {
		if got := c.Documents[i].Time.Start.String(); got != want {
			t.Errorf("event %d at %s, want %s", i, got, want)
		}
	}
	if c.Documents[1].Party("attendee").Address != "anne@example.org" || c.Documents[5].Place.Lon != 6.5 || c.Documents[6].Text != "Album, Holidays" || c.Documents[7].Text != "Type of bank operation, card" {
		t.Errorf("documents %+v %+v %q %q", c.Documents[1], c.Documents[5], c.Documents[6].Text, c.Documents[7].Text)
	}
	hasRefs(t, c.Documents[0], penates.RefEmail, "anne@example.org", penates.RefPhone, "+33639980001")
	hasRefs(t, c.Documents[5], "album", "al")
}

func TestMessages(t *testing.T) {
	c := bodies(t, `{"_id": "m1", "messageID": "X1@example.org", "conversationID": "conv", "flags": ["\\Seen", "$Label"], "from": [{"name": "Anne", "address": "Anne@Example.org"}],
		"to": [{"name": "", "address": "jean@example.org"}], "cc": [], "subject": "Hello", "inReplyTo": ["<X0@example.org>"], "text": "",
		"html": "<html><head><title>t</title><style>p{}</style></head><body><p>One &amp; two</p><script>no()</script><div>three</div></body></html>",
		"date": "2024-08-18T05:40:30.000Z", "attachments": [{"fileName": "a.pdf", "contentType": "application/pdf", "length": 12}], "docType": "message"}`,
		schema.Message{Subject: "Hello", From: "Anne <anne@example.org>", To: "jean@example.org", Thread: "conv", InReplyTo: "X0@example.org", Flags: "seen label",
			Content: "One & two \nthree", Attachments: []schema.Attachment{{Name: "a.pdf", Mime: "application/pdf", Size: 12}}},
	)
	hasRefs(t, c.Documents[0], penates.RefMessageID, "x1@example.org")
	if d := c.Documents[0]; d.Time.Start.String() != "2024-08-18T05:40:30Z" || d.Party("from").Address != "anne@example.org" {
		t.Errorf("message %+v", d)
	}
}

func TestRefusals(t *testing.T) {
	c := read(t, `[{"docType": "bankoperation", "raw": "x", "bankAccount": "1"},
		{"docType": "bankoperation", "raw": "x", "amount": "much", "date": "2024-01-01"},
		{"docType": "bill", "vendor": "EDF"},
		{"docType": "contract", "vendor": "EDF"},
		{"docType": "consumptionstatement", "value": 1, "start": "2024-02-01", "end": "2024-01-01"},
		{"docType": "consumptionstatement", "start": "2024-01-01", "end": "2024-02-01"},
		{"docType": "event", "start": "soon"},
		{"docType": "geopoint", "timestamp": "2024-01-01T00:00:01Z", "latitude": 95, "longitude": 0},
		{"docType": "phonecommunicationlog"},
		7, null,
		{"docType": "contact", "fn": "Last"}]`)
	if len(c.Refusals) != 11 || len(c.Documents) != 1 || c.Refusals[0].Line != 1 || c.Refusals[8].Line != 9 {
		t.Errorf("%d documents, refusals %v", len(c.Documents), c.Refusals)
	}
	for _, r := range c.Refusals {
		if !errors.Is(r.Err, penates.Invalid) {
			t.Errorf("line %d: %v", r.Line, r.Err)
		}
	}
	c, err := importertest.Read(mesinfos.Format, "x", []byte(`[{"docType": "contact", "fn": "First"}, {"docType`))
	if !errors.Is(err, penates.Invalid) || len(c.Documents) != 1 {
		t.Errorf("cut file: %d documents, %v", len(c.Documents), err)
	}
}

func TestRecognise(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, tt := range []struct {
		in   string
		sure bool
	}{
		{`[{"docType": "bankoperation"}]`, true},
		{`{"docType": "fr.orange.phonecommunicationlog"}`, true},
		{`[{"contrat": [{"societaire": "1"}]}]`, true},
		{`[{"type": "Mobile", "date": "2024-01-01", "vendor": "X", "amount": 1}]`, true},
		{`[{"docType": "message", "html": "` + long + `"}]`, true},
		{`[{"type": "health", "date": "2024-01-01", "vendor": "X", "amount": 1, "isRefund": true}]`, false},
		{`[{"docType": "Metadoctype", "fields": {}}]`, false},
		{`{"home": "x"}`, false},
		{`[{"customer_id": "1", "usage_point_address": {}}]`, false},
		{`{"cozyMetadata": {}, "docType": "contact"}`, false},
		{`[]`, false}, {`[1]`, false}, {`{`, false}, {``, false}, {`a;b`, false},
	} {
		if got := mesinfos.Format.Recognise(importertest.File("x", []byte(tt.in)).Head); got > 50 != tt.sure {
			t.Errorf("%.60q: %d, want sure %t", tt.in, got, tt.sure)
		}
	}
}
