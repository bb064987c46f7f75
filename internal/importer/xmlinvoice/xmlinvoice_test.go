package xmlinvoice_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/xmlinvoice"
	"penates/internal/schema"
)

const cii = `<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:ram="r" xmlns:udt="u">
<rsm:ExchangedDocument><ram:ID>F-77</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime><udt:DateTimeString format="102">20260131</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Énergie du Coin</ram:Name></ram:SellerTradeParty>
<ram:AdditionalReferencedDocument><ram:AttachmentBinaryObject mimeCode="text/csv" filename="détail.csv">YTti</ram:AttachmentBinaryObject></ram:AdditionalReferencedDocument></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode><ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:GrandTotalAmount>59.18</ram:GrandTotalAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>`

const ubl = `<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>F-77</ID><IssueDate>2026-01-31</IssueDate><InvoiceTypeCode>380</InvoiceTypeCode><DocumentCurrencyCode>EUR</DocumentCurrencyCode>
<AdditionalDocumentReference><Attachment><EmbeddedDocumentBinaryObject mimeCode="text/csv" filename="détail.csv">YTti</EmbeddedDocumentBinaryObject></Attachment></AdditionalDocumentReference>
<AccountingSupplierParty><Party><PartyLegalEntity><RegistrationName>Énergie du Coin</RegistrationName></PartyLegalEntity></Party></AccountingSupplierParty>
<LegalMonetaryTotal><TaxInclusiveAmount currencyID="EUR">59.18</TaxInclusiveAmount><PayableAmount currencyID="EUR">59.18</PayableAmount></LegalMonetaryTotal></Invoice>`

var formats = map[string]importer.Format{cii: xmlinvoice.CII, ubl: xmlinvoice.UBL}

func TestRead(t *testing.T) {
	for content, format := range formats {
		c, err := importertest.Read(format, "x.xml", []byte(content))
		if err != nil || len(c.Refusals) > 0 {
			t.Fatal(format.Name, err, c.Refusals)
		}
		bills, files := c.OfType(penates.Bills), c.OfType(penates.Files)
		if len(bills) != 1 || len(files) != 1 || len(c.Links) != 1 {
			t.Fatalf("%s: %d bills, %d files, %d links", format.Name, len(bills), len(files), len(c.Links))
		}
		if b := bills[0]; b.Money.Amount != "59.18" || b.Text != "Énergie du Coin F-77" || b.Source.Connection != "energie du coin" || b.Source.NativeID != "F-77|2026-01-31|380" {
			t.Errorf("%s: bill %+v", format.Name, b)
		}
		if body, _ := c.Bodies[1].(schema.File); body.Name != "détail.csv" || body.Mime != "text/csv" || string(c.Files[files[0].ID]) != "a;b" {
			t.Errorf("%s: file %+v", format.Name, c.Bodies[1])
		}
		if l := c.Links[0]; l.From != files[0].ID || l.Rel != penates.Documents || l.To != bills[0].ID {
			t.Errorf("%s: link %+v", format.Name, l)
		}
	}
}

func TestProblems(t *testing.T) {
	c, err := importertest.Read(xmlinvoice.UBL, "x.xml", []byte(strings.Replace(ubl, "2026-01-31", "2026-02-31", 1)))
	if err != nil || len(c.Refusals) != 1 || !errors.Is(c.Refusals[0].Err, penates.Invalid) || len(c.OfType(penates.Bills)) != 1 {
		t.Errorf("%v, refused %v", err, c.Refusals)
	}
	if _, err := importertest.Read(xmlinvoice.UBL, "x.xml", []byte(ubl[:len(ubl)-20])); !errors.Is(err, penates.Damaged) {
		t.Errorf("cut: %v", err)
	}
}

func TestRecognise(t *testing.T) {
	var wide strings.Builder
	wide.WriteString("\xff\xfe")
	for _, u := range utf16.Encode([]rune(ubl)) {
		wide.Write([]byte{byte(u), byte(u >> 8)})
	}
	for _, tt := range []struct {
		content  string
		cii, ubl bool
	}{
		{cii, true, false},
		{ubl, false, true},
		{"\xef\xbb\xbf" + `<?xml version="1.0"?>` + "\n<!-- -->" + ubl, false, true},
		{wide.String(), false, true},
		{`<html>CrossIndustryInvoice</html>`, false, false},
		{`<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>`, false, false},
		{"", false, false},
	} {
		head := importertest.File("x", []byte(tt.content)).Head
		if got := xmlinvoice.CII.Recognise(head) > 50; got != tt.cii {
			t.Errorf("CII in %.60q: %t", tt.content, got)
		}
		if got := xmlinvoice.UBL.Recognise(head) > 50; got != tt.ubl {
			t.Errorf("UBL in %.60q: %t", tt.content, got)
		}
	}
	if c, err := importertest.Read(xmlinvoice.UBL, "x", []byte(wide.String())); err != nil || len(c.OfType(penates.Bills)) != 1 {
		t.Errorf("UTF-16: %v", err)
	}
}

// TestTwice holds that a second import adds nothing.
func TestTwice(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"a.xml": cii, "b.xml": ubl, "copy.txt": ubl} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store := importertest.NewStore()
	both := []importer.Format{xmlinvoice.CII, xmlinvoice.UBL}
	for i := range 2 {
		r, err := importer.Run(t.Context(), store, both, []string{dir}, importer.Options{})
		if err != nil || r.Refused != 0 || i == 0 && r.Added != 3 || i == 1 && r.Added+r.Updated != 0 {
			t.Errorf("run %d: %s, %v", i+1, r, err)
		}
	}
}

var invoiceIn = regexp.MustCompile(`^(CII|UBL) \w+ id (\S+) `)

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for row := range strings.Lines(string(manifest)) {
		fields := strings.Split(row, "\t")
		m := invoiceIn.FindStringSubmatch(fields[min(2, len(fields)-1)])
		if !strings.HasSuffix(fields[0], ".xml") {
			continue
		}
		content, _ := importertest.Corpus(t, fields[0])
		head := importertest.File(fields[0], content).Head
		for name, format := range map[string]importer.Format{"CII": xmlinvoice.CII, "UBL": xmlinvoice.UBL} {
			mine := m != nil && m[1] == name
			if sure := format.Recognise(head) > 50; sure != mine {
				t.Errorf("%s: recognised as %s %t, want %t", fields[0], name, sure, mine)
			}
			if !mine {
				continue
			}
			files++
			c, err := importertest.Read(format, fields[0], content)
			bills := c.OfType(penates.Bills)
			if err != nil || len(c.Refusals) > 0 || len(bills) != 1 || bills[0].Ref(penates.RefInvoice) == "" {
				t.Errorf("%s: %v, refused %v, %d bills", fields[0], err, c.Refusals, len(bills))
				continue
			}
			t.Logf("%s: %s: %s, %s %s", fields[0], fields[2], bills[0].Text, bills[0].Money.Amount, bills[0].Money.Currency)
		}
	}
	if files == 0 {
		t.Error("the manifest has no invoice in XML")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(cii))
	f.Add([]byte(ubl))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, format := range formats {
			format.Recognise(importertest.File("x", content).Head)
			if c, err := importertest.Read(format, "x", content); err == nil && len(c.OfType(penates.Bills)) != 1 {
				t.Errorf("%s: no error and no bill", format.Name)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	b.SetBytes(int64(len(ubl)))
	for b.Loop() {
		if _, err := importertest.Read(xmlinvoice.UBL, "x", []byte(ubl)); err != nil {
			b.Fatal(err)
		}
	}
}
