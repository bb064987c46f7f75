package facturx_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/facturx"
	"penates/internal/importer/importertest"
	"penates/internal/importer/pdf"
	"penates/internal/schema"
)

const invoice = `<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:ram="r" xmlns:udt="u">
<rsm:ExchangedDocument><ram:ID>F-77</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime><udt:DateTimeString format="102">20260131</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Énergie du Coin</ram:Name></ram:SellerTradeParty></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode><ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:GrandTotalAmount>59.18</ram:GrandTotalAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>`

// document is a PDF that says words, with the attachments.
func document(words string, attached ...string) []byte {
	var b strings.Builder
	content := "BT /F1 10 Tf (" + words + ") Tj ET"
	fmt.Fprintf(&b, "%%PDF-1.7\n1 0 obj << /Pages 2 0 R >> endobj\n2 0 obj << /Type /Pages /Kids [3 0 R] >> endobj\n"+
		"3 0 obj << /Type /Page /Contents 4 0 R /Resources << /Font << /F1 << /Subtype /Type1 >> >> >> >> endobj\n"+
		"4 0 obj << /Length %d >> stream\n%s\nendstream endobj\n", len(content), content)
	for i, a := range attached {
		name, xml, _ := strings.Cut(a, "=")
		fmt.Fprintf(&b, "%d 0 obj << /Type /Filespec /F (%s) /EF << /F %d 0 R >> >> endobj\n%d 0 obj << /Type /EmbeddedFile /Length %d >> stream\n%s\nendstream endobj\n",
			10+2*i, name, 11+2*i, 11+2*i, len(xml), xml)
	}
	b.WriteString("trailer << /Root 1 0 R >>\n")
	return []byte(b.String())
}

func TestRead(t *testing.T) {
	other := strings.Replace(invoice, "F-77", "F-78", 1)
	for _, content := range [][]byte{
		document("Facture 77", "factur-x.xml="+invoice),
		document("Facture 77", "logo.xml=<svg/>", "copy.xml="+other, "ZUGFeRD-invoice.xml="+invoice),
	} {
		c, err := importertest.Read(facturx.Format, "bill.pdf", content)
		if err != nil || len(c.Refusals) > 0 {
			t.Fatal(err, c.Refusals)
		}
		bills, files := c.OfType(penates.Bills), c.OfType(penates.Files)
		if len(bills) != 1 || len(files) != 1 || len(c.Links) != 1 {
			t.Fatalf("%d bills, %d files, %d links", len(bills), len(files), len(c.Links))
		}
		if b := bills[0]; b.Money.Amount != "59.18" || b.Text != "Énergie du Coin F-77" || b.Source.Connection != "energie du coin" {
			t.Errorf("bill %+v", b)
		}
		var body schema.File
		if err := json.Unmarshal(files[0].Body, &body); err != nil || body.Text != "Facture 77" || body.Mime != "application/pdf" {
			t.Errorf("file %+v %v", body, err)
		}
		if l := c.Links[0]; l.From != files[0].ID || l.Rel != penates.Documents || l.To != bills[0].ID {
			t.Errorf("link %+v", l)
		}
	}
}

func TestNotMine(t *testing.T) {
	for name, content := range map[string][]byte{
		"no invoice": document("A letter", "x.xml=<a/>"),
		"encrypted":  append(document("x", "factur-x.xml="+invoice), "trailer << /Encrypt 9 0 R >>"...),
		"no PDF":     []byte("%PDF-"),
	} {
		c, err := importertest.Read(facturx.Format, "x.pdf", content)
		if !errors.Is(err, importer.ErrNotMine) || len(c.Documents)+len(c.Refusals) > 0 {
			t.Errorf("%s: %v, %d documents", name, err, len(c.Documents))
		}
	}
}

func TestBrokenInvoice(t *testing.T) {
	c, err := importertest.Read(facturx.Format, "x.pdf", document("Facture", "factur-x.xml="+invoice[:len(invoice)-40]))
	if !errors.Is(err, penates.Damaged) || len(c.OfType(penates.Files)) != 1 || len(c.OfType(penates.Bills)) != 0 {
		t.Errorf("%v, %d documents", err, len(c.Documents))
	}
}

// TestThroughImport holds that the formats of PDFs work together.
func TestThroughImport(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string][]byte{"a.pdf": document("Facture", "factur-x.xml="+invoice), "b.pdf": document("Lettre"), "c.pdf": []byte("%PDF-1.4 nothing")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store := importertest.NewStore()
	formats := []importer.Format{pdf.Format, facturx.Format}
	for _, want := range []importer.Count{{Added: 4}, {Unchanged: 4}} {
		r, err := importer.Run(t.Context(), store, formats, []string{dir}, importer.Options{})
		if err != nil || (importer.Count{Added: r.Added, Updated: r.Updated, Unchanged: r.Unchanged}) != want || r.Refused != 0 {
			t.Errorf("%s, %v %v", r, r.Refusals, err)
		}
		if got := []string{r.Files[0].Format, r.Files[1].Format, r.Files[2].Format}; strings.Join(got, " ") != "facturx pdf pdf" {
			t.Errorf("read by %v", got)
		}
	}
	if l := store.Links[0]; store.Documents[l.From].Type != penates.Files || store.Documents[l.To].Type != penates.Bills {
		t.Errorf("the link leads from %q to %q", store.Documents[l.From].Type, store.Documents[l.To].Type)
	}
}

// TestCorpus reads the PDFs that PENATES_CORPUS names. Expected are the numbers,
// totals and lines that were counted in their XML by other means.
func TestCorpus(t *testing.T) {
	ids := map[penates.DocumentID][]string{}
	for name, want := range map[string]struct {
		number, total string
		lines, words  int
	}{
		"Avoir_FR_type381_BASIC": {"AV-2017-0005", "233.47", 2, 203},
		"EN16931_Einfach":        {"471102", "529.87", 2, 196},
		"EN16931_Gutschrift":     {"471102", "529.87", 2, 199},
		"EN16931_Haftpflichtversicherung_Versicherungssteuer": {"01.234.567.8-2018-1", "50.00", 2, 269},
		"EN16931_Kraftfahrversicherung_Bruttopreise":          {"00.123.456.7-2018-1", "220.00", 2, 308},
		"EN16931_Miete":                {"9314110911/00/M/00/N", "340.96", 6, 305},
		"EN16931_OEPNV":                {"E2018092011804", "9.00", 1, 194},
		"EN16931_Physiotherapeut":      {"R18-31", "380.00", 2, 193},
		"EN16931_SEPA_Prenotification": {"471102", "529.87", 2, 239},
		"Facture_FR_BASICWL":           {"FA-2017-0010", "671.15", 0, 250},
		"Facture_FR_MINIMUM":           {"FA-2017-0010", "671.15", 0, 250},
		"zugferd_2p0_BASIC_Taxifahrt":  {"TX-471102", "18.08", 2, 153},
	} {
		content, ok := importertest.Corpus(t, path.Join("invoice/facturx", name+".pdf"))
		if !ok {
			return
		}
		c, err := importertest.Read(facturx.Format, name+".pdf", content)
		if err != nil || len(c.Refusals) > 0 || len(c.OfType(penates.Bills)) != 1 || len(c.Links) != 1 {
			t.Errorf("%s: %v, refused %v", name, err, c.Refusals)
			continue
		}
		d := c.OfType(penates.Bills)[0]
		ids[d.ID] = append(ids[d.ID], name)
		var bill schema.Bill
		var file schema.File
		if err := errors.Join(json.Unmarshal(d.Body, &bill), json.Unmarshal(c.OfType(penates.Files)[0].Body, &file)); err != nil {
			t.Fatal(err)
		}
		if bill.Number != want.number || string(d.Money.Amount) != want.total || len(bill.Lines) != want.lines || d.Time.Start.IsZero() {
			t.Errorf("%s: %+v %+v", name, bill, d.Money)
		}
		if bill.IsRefund != (name == "Avoir_FR_type381_BASIC") {
			t.Errorf("%s: refund %v, kind %s", name, bill.IsRefund, bill.Kind)
		}
		words := len(strings.Fields(file.Text))
		t.Logf("%-52s %-22s %8s %d lines %d words of %d", name, bill.Number, d.Money.Amount, len(bill.Lines), words, want.words)
		if words < want.words*19/20 || words > want.words*21/20 {
			t.Errorf("%s: %d words, %d expected", name, words, want.words)
		}
	}
	// Two pairs are the same invoice of the same vendor and day in two files: the
	// simple one again with its direct debit, and one in two profiles.
	if len(ids) != 10 {
		t.Errorf("%d different invoices, 10 expected: %v", len(ids), ids)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(document("Facture 77", "factur-x.xml="+invoice))
	f.Add(document("Lettre"))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, format := range []importer.Format{facturx.Format, pdf.Format} {
			c, err := importertest.Read(format, "x.pdf", content)
			if errors.Is(err, importer.ErrNotMine) && len(c.Documents) > 0 {
				t.Error("left to others after it gave something")
			}
		}
	})
}
