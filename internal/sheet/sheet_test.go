package sheet_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/sheet"
	"penates/internal/sheet/sheettest"
)

func rows(t *testing.T, content []byte) (got []string) {
	t.Helper()
	err := sheet.Read(t.Context(), content, func(r *sheet.Row) error {
		var cells []string
		for _, c := range r.Cells {
			if c.Number {
				c.Text = "#" + c.Text
			}
			cells = append(cells, c.Text)
		}
		got = append(got, fmt.Sprintf("%s %d: %s", r.Table, r.Number, strings.Join(cells, "|")))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

var tables = []sheettest.Table{
	{Name: "Été", Rows: [][]string{{"Date", "", "kWh"}, nil, {"1 mai", "", "12.5", ""}}},
	{Name: "B", Rows: [][]string{{"", "<x> & y"}}},
}

func TestRead(t *testing.T) {
	want := []string{"Été 1: Date||kWh", "Été 3: 1 mai||#12.5", "B 1: |<x> & y"}
	for name, content := range map[string][]byte{"xlsx": sheettest.XLSX(tables...), "ods": sheettest.ODS(tables...)} {
		if diff := cmp.Diff(want, rows(t, content)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if !sheet.Is(content[:200]) {
			t.Errorf("%s is not recognised", name)
		}
	}
	if sheet.Is([]byte("PK\x03\x04 anything")) || sheet.Is([]byte("a,b")) {
		t.Error("no spreadsheet is taken for one")
	}
}

func TestXLSXCells(t *testing.T) {
	const head = `<?xml version="1.0"?>`
	content := sheettest.Zip("xl/workbook.xml", head+`<workbook xmlns:r="r"><sheets><sheet name="S" r:id="a"/><sheet name="lost" r:id="z"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Target="/xl/data.xml"/></Relationships>`,
		"xl/sharedStrings.xml", `<sst><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>said</t></rPh></si></sst>`,
		"xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy\ hh:mm"/><numFmt numFmtId="165" formatCode="0.00 &quot;day&quot;"/></numFmts>
			<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>`,
		"xl/data.xml", `<worksheet><sheetData><row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>in</t></is></c><c t="e"><v>#N/A</v></c><c t="s"><v>9</v></c><c r="F1" t="b"><v>1</v></c></row>
			<row r="5"><c s="1"><v>45352</v></c><c s="2"><v>45352.5</v></c><c s="3"><v>0.10000000000000001</v></c><c><v>1E-3</v></c><c r="ZZZZ1"><v>1</v></c></row></sheetData></worksheet>`)
	want := []string{"S 1: rich text|in||||1", "S 5: 2024-03-01|2024-03-01T12:00:00|#0.1|#0.001|#1"}
	if diff := cmp.Diff(want, rows(t, content)); diff != "" {
		t.Error(diff)
	}
}

func TestODSCells(t *testing.T) {
	content := sheettest.Zip("mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", `<c xmlns:o="o" xmlns:t="t" xmlns:x="x"><t:table t:name="T">
		<t:table-row t:number-rows-repeated="2"><t:table-cell o:value-type="date" o:date-value="2024-03-01"><x:p>1 mars</x:p></t:table-cell>
		<t:table-cell t:number-columns-repeated="2" o:value-type="string"><o:annotation><x:p>a note</x:p></o:annotation><x:p>a<x:s/><x:span>b</x:span>c</x:p><x:p>d</x:p></t:table-cell>
		<t:table-cell t:number-columns-repeated="16000"/></t:table-row>
		<t:table-row t:number-rows-repeated="1048000"><t:table-cell/></t:table-row>
		<t:table-row><t:table-cell o:value-type="percentage" o:value="0.2"><x:p>20 %</x:p></t:table-cell></t:table-row></t:table></c>`)
	want := []string{"T 1: 2024-03-01|a bc\nd|a bc\nd", "T 2: 2024-03-01|a bc\nd|a bc\nd", "T 1048003: #0.2"}
	if diff := cmp.Diff(want, rows(t, content)); diff != "" {
		t.Error(diff)
	}
}

func TestRefused(t *testing.T) {
	whole := sheettest.XLSX(tables...)
	stop := errors.New("stop")
	if err := sheet.Read(t.Context(), whole, func(*sheet.Row) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("visit's error: %v", err)
	}
	for name, tt := range map[string]struct {
		content []byte
		kind    penates.Kind
	}{
		"cut":         {whole[:len(whole)/2], penates.Damaged},
		"no workbook": {sheettest.Zip("a", "b"), penates.Invalid},
		"bad XML":     {sheettest.Zip("xl/workbook.xml", "<workbook><a>"), penates.Damaged},
		"deep":        {sheettest.Zip("content.xml", strings.Repeat("<a>", 100)), penates.TooLarge},
		"large":       {make([]byte, sheet.MaxSize+1), penates.TooLarge},
	} {
		if err := sheet.Read(t.Context(), tt.content, func(*sheet.Row) error { return nil }); !errors.Is(err, tt.kind) {
			t.Errorf("%s: %v, want %v", name, err, tt.kind)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	many := sheettest.ODS(sheettest.Table{Name: "x", Rows: make([][]string, 5000)})
	if err := sheet.Read(ended, many, func(*sheet.Row) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sheettest.XLSX(tables...))
	f.Add(sheettest.ODS(tables...))
	f.Fuzz(func(t *testing.T, content []byte) {
		sheet.Is(content)
		before := 0
		_ = sheet.Read(t.Context(), content, func(r *sheet.Row) error {
			before++
			if n := len(r.Cells); n == 0 || r.Cells[n-1].Text == "" || r.Text(-1) != "" || r.Text(n) != "" {
				t.Errorf("row %+v", r)
			}
			if before > 10_000 {
				return penates.TooLarge
			}
			return nil
		})
	})
}

// FuzzParts fuzzes what is inside the zip, which the bytes outside hide.
func FuzzParts(f *testing.F) {
	f.Add(`<worksheet><row r="2"><c r="B1" s="1"><v>45352</v></c></row></worksheet>`, `<styleSheet><cellXfs><xf/><xf numFmtId="22"/></cellXfs></styleSheet>`,
		`<c><table name="x"><table-row number-rows-repeated="3"><table-cell value-type="float" value="1e400"/></table-row></table></c>`)
	f.Fuzz(func(t *testing.T, table, styles, content string) {
		for _, z := range [][]byte{
			sheettest.Zip("xl/workbook.xml", `<workbook><sheet name="S" id="a"/></workbook>`, "xl/_rels/workbook.xml.rels", `<R><Relationship Id="a" Target="s"/></R>`, "xl/s", table, "xl/styles.xml", styles),
			sheettest.Zip("content.xml", content),
		} {
			n := 0
			_ = sheet.Read(t.Context(), z, func(*sheet.Row) error {
				if n++; n > 10_000 {
					return penates.TooLarge
				}
				return nil
			})
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var many [][]string
	for range 20_000 {
		many = append(many, []string{"01/02/2024", "12.5", "text"})
	}
	content := sheettest.XLSX(sheettest.Table{Name: "T", Rows: many})
	for b.Loop() {
		n := 0
		if err := sheet.Read(b.Context(), content, func(*sheet.Row) error { n++; return nil }); err != nil || n != len(many) {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(len(many))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
