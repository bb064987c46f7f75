// Package sheettest makes spreadsheets for tests.
package sheettest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"html"
	"strconv"
	"strings"
)

// Zip packs parts, given as names and contents, in this order.
func Zip(parts ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		h := &zip.FileHeader{Name: parts[i], Method: zip.Deflate}
		if parts[i] == "mimetype" { // which stands first and as it is, to be recognised
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(parts[i+1]))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// A Table is a table's name and rows; texts that are numbers become numbers.
type Table struct {
	Name string
	Rows [][]string
}

// XLSX returns a workbook with the tables, the texts shared as programs do.
func XLSX(tables ...Table) []byte {
	const head = `<?xml version="1.0" encoding="UTF-8"?>`
	var sheets, rels, shared strings.Builder
	parts := []string{"[Content_Types].xml", head + `<Types/>`}
	texts := 0
	for i, t := range tables {
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, html.EscapeString(t.Name), i+1, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
		var rows strings.Builder
		for y, row := range t.Rows {
			fmt.Fprintf(&rows, `<row r="%d">`, y+1)
			for x, cell := range row {
				ref := string(rune('A'+x)) + strconv.Itoa(y+1)
				if _, err := strconv.ParseFloat(cell, 64); err == nil {
					fmt.Fprintf(&rows, `<c r="%s"><v>%s</v></c>`, ref, cell)
				} else if cell != "" {
					fmt.Fprintf(&rows, `<c r="%s" t="s"><v>%d</v></c>`, ref, texts)
					fmt.Fprintf(&shared, `<si><t>%s</t></si>`, html.EscapeString(cell))
					texts++
				}
			}
			rows.WriteString(`</row>`)
		}
		parts = append(parts, fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), head+`<worksheet><sheetData>`+rows.String()+`</sheetData></worksheet>`)
	}
	return Zip(append(parts, "xl/workbook.xml", head+`<workbook xmlns:r="r"><sheets>`+sheets.String()+`</sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", head+`<Relationships>`+rels.String()+`</Relationships>`, "xl/sharedStrings.xml", head+`<sst>`+shared.String()+`</sst>`)...)
}

// ODS returns an OpenDocument spreadsheet with the tables.
func ODS(tables ...Table) []byte {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, `<table:table table:name="%s">`, html.EscapeString(t.Name))
		for _, row := range t.Rows {
			b.WriteString(`<table:table-row>`)
			for _, cell := range row {
				if _, err := strconv.ParseFloat(cell, 64); err == nil {
					fmt.Fprintf(&b, `<table:table-cell office:value-type="float" office:value="%s"><text:p>?</text:p></table:table-cell>`, cell)
				} else {
					fmt.Fprintf(&b, `<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>`, html.EscapeString(cell))
				}
			}
			b.WriteString(`</table:table-row>`)
		}
		b.WriteString(`</table:table>`)
	}
	return Zip("mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml",
		`<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>`+b.String()+`</office:spreadsheet></office:body></office:document-content>`)
}
