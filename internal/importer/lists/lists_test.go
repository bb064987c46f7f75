package lists_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/lists"
	"penates/internal/schema"
)

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"posts_0.json", `[{"timestamp": 1602580936, "post_title": "Zoé wrote", "information": []}]`, []string{"penates.activities posts: Zoé wrote"}},
		{"interests.json", `{"profile_interests": ["pain", "vin"]}`, []string{"penates.records profile interests: pain", "penates.records profile interests: vin"}},
		{"messages.json", `{"messages.collection": [{"id": "1", "message": "salut"}, {"id": "2", "message": "salut"}]}`, []string{"penates.messages salut", "penates.messages salut"}},
		{"x.json", `{"followed": [{"company_name": "Pain SA", "timestamp": 1602580936}]}`, []string{"penates.activities followed: Pain SA"}},
		{"bills.json", `[{"issuer": "Pain SA", "amount": 12.5, "date": "2026-03-14", "invoice_number": "F-1", "currency": "EUR", "lines": [{"name": "miche", "qty": 2}]}]`, []string{"io.cozy.bills Pain SA, F-1"}},
		{"half.json", `[{"issuer": "Pain SA", "amount": 12.5, "date": "2026-03-14"}]`, []string{"penates.activities half"}},
	} {
		if sure := lists.Format.Recognise(importertest.File(tt.name, []byte(tt.text)).Head); sure == 0 || sure > 10 {
			t.Errorf("%s: recognised with %d", tt.name, sure)
		}
		c, err := importertest.Read(lists.Format, tt.name, []byte(tt.text))
		var got []string
		for _, d := range c.Documents {
			got = append(got, string(d.Type)+" "+d.Text)
		}
		if err != nil || !slices.Equal(got, tt.want) || c.Repeated > 0 {
			t.Errorf("%s: %q, %d repeated, %v", tt.name, got, c.Repeated, err)
		}
	}
}

func TestNotMine(t *testing.T) {
	for _, text := range []string{
		"", "{}", "[]", "5", "[1, 2]", `["a"]`, `[{"name": "a"}]`, `{"name": "x", "dependencies": {}}`, `{"type": "FeatureCollection", "features": [{}]}`,
		`{"version": "1", "items": []}`, `{"list": [1], "deep": {"a": 1}}`, `{"list": [`, "text", `{"a": [0]}`, `{"from": ["a"], "to": ["b"]}`, `[{"timestamp": 1602580936}, {"b": 1}]`, `[{"deep": {"date": "2026-03-14"}}]`,
	} {
		if sure := lists.Format.Recognise(importer.Head{Name: "x.json", Size: int64(len(text)), Bytes: []byte(text)}); sure > 0 {
			t.Errorf("%s: recognised with %d", text, sure)
		}
	}
}

// A list that goes on behind the head is one all the same.
func TestLong(t *testing.T) {
	text := `{"seen": [` + strings.Repeat(`{"name": "a", "timestamp": 1602580936},`, 3000) + `{"name": "b"}]}`
	if sure := lists.Format.Recognise(importertest.File("x.json", []byte(text)).Head); sure == 0 {
		t.Error("not recognised")
	}
}

// The same archive in three wrappings gives the same documents: 10 clicks, 50
// comments, 20 companies, 20 engagements, 200 posts, 10 interests and 50 messages.
func TestCorpus(t *testing.T) {
	root := os.Getenv("PENATES_CORPUS")
	if root == "" {
		return
	}
	var first map[penates.DocumentID]penates.Document
	for _, name := range [...]string{"zip", "tar", "tar.gz"} {
		store := importertest.NewStore()
		p := filepath.Join(root, "takeout/osd2f/sample-platform-russellrodney-3."+name)
		report, err := importer.Run(context.Background(), store, []importer.Format{lists.Format}, []string{p}, importer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[penates.DocumentID]penates.Document{}
		for id, d := range store.Documents {
			if d.Type != penates.Files {
				got[id] = d
			}
		}
		if len(got) != 360 {
			t.Errorf("%s: %d documents, want 360; %s", name, len(got), report)
		}
		if first == nil {
			first = got
		}
		for id := range first {
			if _, ok := got[id]; !ok {
				t.Errorf("%s: %s is not in it", name, first[id].Text)
			}
		}
		t.Log(name, report, report.Refusals)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`[{"timestamp": 1602580936, "post_title": "a"}]`))
	f.Add([]byte(`{"messages": [{"message": "a", "from": "b"}], "x": {"y": [[1], "z"]}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		lists.Format.Recognise(importertest.File("x", content).Head)
		if _, err := importertest.Read(lists.Format, "x", content); err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	s.WriteString(`{"seen": [`)
	for i := range 20_000 {
		fmt.Fprintf(&s, `{"name": "thing %d", "timestamp": %d},`, i, 1602580936+i)
	}
	content := []byte(strings.TrimSuffix(s.String(), ",") + `]}`)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c := &importertest.Collector{Connector: "lists"}
		if err := lists.Format.Read(context.Background(), importertest.File("x", content), c); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}

// What invoice2data writes is read field by field; a number without currency is no
// money, and an amount that is none is refused with its line.
func TestBill(t *testing.T) {
	text := `[{"issuer": "Eau du Lac", "amount": 120.0, "amount_untaxed": 100.0, "amount_tax": 20.0, "date": "2026-03-14", "date_due": "2026-04-01",
		"date_start": "2026-01-01", "date_end": "2026-02-28", "invoice_number": 77, "siren": "732 829 320", "currency": "EUR", "client_id": "C9",
		"lines": [{"name": "eau", "qty": 3, "price_unit": "33,33", "line_tax_percent": 20}, {"line_note": "merci"}]},
		{"issuer": "Eau du Lac", "amount": -5, "date": "2026-03-15", "invoice_number": "78"},
		{"issuer": "Eau du Lac", "amount": "cinq", "date": "2026-03-15", "invoice_number": "79"}]`
	c, err := importertest.Read(lists.Format, "bills.json", []byte(text))
	if err != nil || len(c.Documents) != 2 || len(c.Refusals) != 1 || c.Refusals[0].Line == 0 {
		t.Fatalf("%d documents, refusals %v, %v", len(c.Documents), c.Refusals, err)
	}
	first, second := c.Documents[0], c.Documents[1]
	if first.Money == nil || first.Money.Amount != "120.0" || first.Money.Currency != "EUR" || second.Money != nil || first.Time.Start.Date() != "2026-03-14" {
		t.Errorf("%v %v %v", first.Money, second.Money, first.Time)
	}
	body, want := c.Bodies[0], schema.Bill{
		Vendor: "Eau du Lac", Number: "77", VendorID: "732829320", Due: "2026-04-01", NetTotal: "100.0", VAT: "20.0", PeriodStart: "2026-01-01", PeriodEnd: "2026-02-28",
		Contract: "C9", Lines: []schema.BillLine{{Label: "eau", Quantity: "3", Price: "33.33", VATRate: "20"}},
	}
	if !reflect.DeepEqual(body, want) || !c.Bodies[1].(schema.Bill).IsRefund {
		t.Errorf("%+v, want %+v", body, want)
	}
}
