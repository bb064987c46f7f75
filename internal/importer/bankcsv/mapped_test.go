package bankcsv_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bankcsv"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mapping"
	"penates/internal/sheet/sheettest"
)

// A statement of a bank that nothing tells: American dates, spending positive.
const unknownBank = "Extrait du 03/31/2026\n\nQuand,Quoi,Combien,Où\n03/04/2026,CAFE DU PORT,\"4,50\",X\n03/15/2026,REMBOURSEMENT,\"-20,00\",Y\n03/32/2026,JAMAIS,\"1,00\",Z\n03/16/2026,RIEN,abc,Z\n"

func unknownMapping() mapping.Mapping {
	m := mapping.Mapping{
		Name: "Carte du Port", Headings: []string{"QUAND", " quoi", "Combien", "Ou"}, Order: "mdy", Decimal: ",", Reversed: true, Currency: "CHF", Account: "12-34",
		Columns: map[mapping.Role]int{mapping.Date: 0, mapping.Label: 1, mapping.Amount: 2},
	}
	m.ID = mapping.ID(m.Headings)
	return m
}

func operations(c *importertest.Collector) (got []string) {
	for _, d := range c.OfType(penates.BankOperations) {
		got = append(got, fmt.Sprintf("%s %s %s %s %s", d.Time.Start.Date(), d.Money.Amount, d.Money.Currency, d.Source.Connection, d.Text))
	}
	return got
}

func TestMapped(t *testing.T) {
	format := bankcsv.Mapped([]mapping.Mapping{unknownMapping()})
	book := sheettest.XLSX(sheettest.Table{Name: "Autre", Rows: [][]string{{"a", "b"}, {"c", "d"}}},
		sheettest.Table{Name: "Extrait", Rows: [][]string{{"Extrait"}, {"Quand", "Quoi", "Combien", "Où"}, {"03/04/2026", "CAFE DU PORT", "4.5", "X"}, {"03/15/2026", "REMBOURSEMENT", "-20", "Y"}, {"03/16/2026", "RIEN", "abc", "Z"}}})
	for _, tt := range []struct {
		name    string
		content []byte
		want    []string
		refused string
	}{
		{"x.csv", []byte(unknownBank), []string{"2026-03-04 -4.50 CHF CARTEDUPORT:12-34 CAFE DU PORT", "2026-03-15 20.00 CHF CARTEDUPORT:12-34 REMBOURSEMENT"}, "[6 7]"},
		{"x.xlsx", book, []string{"2026-03-04 -4.5 CHF CARTEDUPORT:12-34 CAFE DU PORT", "2026-03-15 20 CHF CARTEDUPORT:12-34 REMBOURSEMENT"}, "[5]"},
	} {
		if sure := format.Recognise(importertest.File(tt.name, tt.content).Head); sure < 96 {
			t.Errorf("%s: recognised at %d", tt.name, sure)
		}
		c, err := importertest.Read(format, tt.name, tt.content)
		if err != nil {
			t.Fatal(tt.name, err)
		}
		var lines []int
		for _, r := range c.Refusals {
			lines = append(lines, r.Line)
		}
		if got := operations(c); !slices.Equal(got, tt.want) || fmt.Sprint(lines) != tt.refused {
			t.Errorf("%s: %q, refused %v", tt.name, got, c.Refusals)
		}
	}
	other := sheettest.XLSX(sheettest.Table{Name: "Autre", Rows: [][]string{{"a", "b"}, {"c", "d"}}})
	if _, err := importertest.Read(format, "y.xlsx", other); !errors.Is(err, importer.ErrNotMine) {
		t.Errorf("another workbook: %v", err)
	}
	if sure := format.Recognise(importertest.File("y", []byte("Quand,Quoi,Combien\n1,2,3\n")).Head); sure != 0 {
		t.Errorf("other headings: recognised at %d", sure)
	}
}

// What a mapping changes of a statement that was read by evidence keeps its ids
// when it reads the same.
func TestMappedKeepsIDs(t *testing.T) {
	const content = "Date;Libellé;Montant\n05/01/2024;BOULANGERIE;-12,50\n06/01/2024;SALAIRE;1 200,00\n"
	before, err := importertest.Read(bankcsv.Format, "x", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	top, err := bankcsv.Top(t.Context(), importertest.File("x", []byte(content)))
	if err != nil {
		t.Fatal(err)
	}
	m, at, err := bankcsv.Suggest(top, 0)
	if err != nil || at != 0 || m.Check() != nil {
		t.Fatalf("%+v, %d, %v, %v", m, at, err, m.Check())
	}
	after, err := importertest.Read(bankcsv.Mapped([]mapping.Mapping{m}), "x", []byte(content))
	if err != nil || len(before.Documents) != len(after.Documents) {
		t.Fatal(err, before.Documents, after.Documents)
	}
	for i := range before.Documents {
		if before.Documents[i].Source.NativeID != after.Documents[i].Source.NativeID {
			t.Errorf("%v became %v", before.Documents[i].Source, after.Documents[i].Source)
		}
	}
}

func TestSuggest(t *testing.T) {
	for content, want := range map[string]string{
		"Relevé\n\nQuand;Quoi;Combien\n05/01/2024;BOULANGERIE;-12,50\n":                          "3 map[amount:2 date:0 label:1] dmy",
		"When,What,In,Out\n03/15/2024,Bakery on the corner,,12.50\n03/16/2024,Salary,1200.00,\n": "1 map[amount:2 date:0 label:1] mdy",
		"Date;Libellé;Débit euros;Crédit euros\n05/01/2024;PAIN;1,00;\n":                         "1 map[credit:3 date:0 debit:2 label:1] dmy",
	} {
		top, err := bankcsv.Top(t.Context(), importertest.File("x", []byte(content)))
		if err != nil {
			t.Fatal(err)
		}
		m, at, err := bankcsv.Suggest(top, 0)
		if err != nil {
			t.Errorf("%q: %v", content, err)
			continue
		}
		if got := fmt.Sprintf("%d %v %s", top[at].Line, m.Columns, m.Order); got != want {
			t.Errorf("%q: %s, want %s", content, got, want)
		}
	}
	if _, _, err := bankcsv.Suggest(nil, 0); !errors.Is(err, penates.NotExist) {
		t.Errorf("nothing: %v", err)
	}
}

func TestTry(t *testing.T) {
	m := unknownMapping()
	f := importertest.File("x", []byte(unknownBank))
	rows, err := bankcsv.Try(t.Context(), &m, f, 3)
	if err != nil || len(rows) != 3 || rows[0].Line != 4 || rows[0].Amount != "-4.50" || rows[2].Err == nil || rows[2].Line != 6 {
		t.Errorf("%+v, %v", rows, err)
	}
	m.Columns[mapping.Amount] = 3 // a wrong one
	if rows, err = bankcsv.Try(t.Context(), &m, f, 10); err != nil || len(rows) != 4 || rows[0].Err == nil || rows[0].Line != 4 {
		t.Errorf("%+v, %v", rows, err)
	}
	delete(m.Columns, mapping.Amount)
	if _, err = bankcsv.Try(t.Context(), &m, f, 10); !errors.Is(err, mapping.NoAmount) || !errors.Is(err, penates.Invalid) {
		t.Error(err)
	}
}

func FuzzMapped(f *testing.F) {
	f.Add([]byte(unknownBank), byte(0))
	f.Add([]byte("a;b\n\"\n;\"\n1,2;3"), byte(7))
	f.Add(sheettest.XLSX(sheettest.Table{Name: "E", Rows: [][]string{{"Quand", "Quoi", "Combien", "Où"}, {"1", "b", "3"}}}), byte(1))
	f.Fuzz(func(t *testing.T, content []byte, how byte) {
		file := importertest.File("x", content)
		top, err := bankcsv.Top(t.Context(), file)
		if err != nil {
			return
		}
		m, at, err := bankcsv.Suggest(top, 0)
		if err != nil {
			m = unknownMapping()
		} else if at >= len(top) {
			t.Fatal(at)
		}
		m.Order, m.Reversed, m.Decimal = []string{"dmy", "mdy", "ymd"}[how%3], how&8 != 0, []string{"", ",", "."}[how%3]
		if m.Check() != nil {
			return
		}
		c, err := importertest.Read(bankcsv.Mapped([]mapping.Mapping{m}), "x", content)
		if errors.Is(err, importer.ErrNotMine) && len(c.Documents) > 0 {
			t.Fatal("given and not its own")
		}
		for _, d := range c.OfType(penates.BankOperations) {
			if d.Money == nil || d.Money.Amount == "" || d.Time.Start.IsZero() || d.Text == "" || strings.Contains(d.Text, "\n") {
				t.Fatalf("operation %+v", d)
			}
		}
	})
}
