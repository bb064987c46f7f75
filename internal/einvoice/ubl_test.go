package einvoice_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/einvoice"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

// inUBL is the invoice of the other tests in the other syntax.
const inUBL = `<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="a" xmlns:cbc="b">
<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0</cbc:CustomizationID>
<cbc:ID> F-77 </cbc:ID><cbc:IssueDate>2026-01-31</cbc:IssueDate><cbc:DueDate>2026-02-15</cbc:DueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:Note>#REG#Capital de 1 €</cbc:Note><cbc:Note>Abonnement &amp; énergie</cbc:Note><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:InvoicePeriod><cbc:StartDate>2026-01-01</cbc:StartDate><cbc:EndDate>2026-01-31</cbc:EndDate></cac:InvoicePeriod>
<cac:OrderReference><cbc:ID>O-1</cbc:ID></cac:OrderReference><cac:ContractDocumentReference><cbc:ID>K-5</cbc:ID></cac:ContractDocumentReference>
<cac:AdditionalDocumentReference><cbc:ID>R</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="relevé.pdf">JVBERi0x
LjQ=</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>
<cac:AccountingSupplierParty><cac:Party><cbc:EndpointID schemeID="EM">Bonjour@Coin.example</cbc:EndpointID>
<cac:PartyIdentification><cbc:ID schemeID="SEPA">FR00ZZZ1</cbc:ID></cac:PartyIdentification><cac:PartyIdentification><cbc:ID>9</cbc:ID></cac:PartyIdentification>
<cac:PartyName><cbc:Name>Le Coin</cbc:Name></cac:PartyName><cac:PostalAddress><cbc:CityName>Nantes</cbc:CityName></cac:PostalAddress>
<cac:PartyTaxScheme><cbc:CompanyID>FR11 123456782</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyTaxScheme><cbc:CompanyID>77</cbc:CompanyID><cac:TaxScheme><cbc:ID>FC</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>Énergie du Coin</cbc:RegistrationName><cbc:CompanyID schemeID="0002">123456782</cbc:CompanyID></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PartyIdentification><cbc:ID>C-12</cbc:ID></cac:PartyIdentification><cac:PartyLegalEntity><cbc:RegistrationName>Zoé Petit</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>
<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cac:PayeeFinancialAccount><cbc:ID>FR76 3000 6000 0112 3456 7890 189</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">9.86</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxAmount currencyID="EUR">1.00</cbc:TaxAmount></cac:TaxSubtotal></cac:TaxTotal><cac:TaxTotal><cbc:TaxAmount currencyID="CHF">9.50</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">49.32</cbc:LineExtensionAmount><cbc:TaxExclusiveAmount currencyID="EUR">49.32</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="EUR">59.18</cbc:TaxInclusiveAmount><cbc:PrepaidAmount currencyID="EUR">10.00</cbc:PrepaidAmount><cbc:PayableAmount currencyID="EUR">49.18</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="KWH">240.0</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID="EUR">49.32</cbc:LineExtensionAmount>
<cac:Item><cbc:Description>long</cbc:Description><cbc:Name>Électricité</cbc:Name><cac:ClassifiedTaxCategory><cbc:Percent>20.00</cbc:Percent></cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">20.55</cbc:PriceAmount><cbc:BaseQuantity unitCode="KWH">100</cbc:BaseQuantity></cac:Price></cac:InvoiceLine>
</Invoice>`

var sameMoment = cmp.Comparer(func(a, b penates.Moment) bool { return a.String() == b.String() })

// TestParseUBL holds that an invoice is the same bill in both syntaxes.
func TestParseUBL(t *testing.T) {
	want, err := einvoice.ParseCII(strings.NewReader(invoice))
	if err != nil {
		t.Fatal(err)
	}
	got, err := einvoice.ParseUBL(strings.NewReader(inUBL))
	if err != nil || len(got.Problems) > 0 {
		t.Fatal(err, got.Problems)
	}
	want.Bill.Profile = "XRECHNUNG"
	if diff := cmp.Diff(want.Bill, got.Bill); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Document, got.Document, sameMoment); diff != "" {
		t.Error(diff)
	}
	files := []einvoice.File{{Name: "relevé.pdf", Mime: "application/pdf", Content: []byte("%PDF-1.4")}}
	if diff := cmp.Diff(files, got.Attached); diff != "" {
		t.Error(diff)
	}
}

// asCreditNote writes the invoice as a credit note.
var asCreditNote = strings.NewReplacer("<Invoice ", "<CreditNote ", "</Invoice>", "</CreditNote>", "xsd:Invoice-2", "xsd:CreditNote-2",
	"<cbc:DueDate>2026-02-15</cbc:DueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>", "",
	"InvoiceLine>", "CreditNoteLine>", "InvoicedQuantity", "CreditedQuantity",
	"<cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>", "<cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-02-15</cbc:PaymentDueDate>")

func TestUBLVariants(t *testing.T) {
	parse := func(text string) *einvoice.Invoice {
		t.Helper()
		i, err := einvoice.ParseUBL(strings.NewReader(text))
		if err != nil || !einvoice.IsUBL([]byte(text)) {
			t.Fatal(err)
		}
		return i
	}
	plain := parse(inUBL)
	credit := parse(asCreditNote.Replace(inUBL))
	want := plain.Bill
	want.IsRefund, want.Kind = true, "381"
	if diff := cmp.Diff(want, credit.Bill); diff != "" {
		t.Error("credit note", diff)
	}
	debit := parse(strings.NewReplacer("<Invoice ", "<DebitNote ", "</Invoice>", "</DebitNote>", "xsd:Invoice-2", "xsd:DebitNote-2", "InvoiceLine>", "DebitNoteLine>",
		"InvoicedQuantity", "DebitedQuantity", "LegalMonetaryTotal>", "RequestedMonetaryTotal>", "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>", "").Replace(inUBL))
	want = plain.Bill
	want.Kind = "383"
	if diff := cmp.Diff(want, debit.Bill); diff != "" {
		t.Error("debit note", diff)
	}
	_, body, _ := strings.Cut(inUBL, "?>")
	enveloped := parse(`<?xml version="1.0"?><StandardBusinessDocument xmlns="h"><StandardBusinessDocumentHeader><DocumentIdentification><Type>Invoice</Type></DocumentIdentification></StandardBusinessDocumentHeader>` +
		body + `<Signature><ID>other</ID></Signature></StandardBusinessDocument>`)
	if diff := cmp.Diff(plain.Bill, enveloped.Bill); diff != "" {
		t.Error("envelope", diff)
	}
	if i := parse(strings.Replace(inUBL, "JVBERi0x", "%%%", 1)); len(i.Problems) != 1 || len(i.Attached) != 0 || !errors.Is(i.Problems[0], penates.Invalid) {
		t.Errorf("attachment: %v", i.Problems)
	}
	if i := parse(strings.Replace(inUBL, "<cac:PartyLegalEntity><cbc:RegistrationName>Énergie du Coin</cbc:RegistrationName>", "<cac:PartyLegalEntity>", 1)); i.Bill.Vendor != "Le Coin" {
		t.Errorf("vendor %q", i.Bill.Vendor)
	}
}

func TestUBLRefused(t *testing.T) {
	for name, c := range map[string]struct {
		xml  string
		kind penates.Kind
	}{
		"cut":        {inUBL[:len(inUBL)/2], penates.Damaged},
		"number":     {strings.Replace(inUBL, "<cbc:ID> F-77 </cbc:ID>", "", 1), penates.Invalid},
		"order":      {strings.NewReplacer("<Invoice", "<Order", "</Invoice>", "</Order>").Replace(inUBL), penates.Invalid},
		"no content": {"<StandardBusinessDocument><StandardBusinessDocumentHeader/></StandardBusinessDocument>", penates.Invalid},
		"entity":     {strings.Replace(inUBL, "?>", `?><!DOCTYPE x [<!ENTITY a "a">]>`, 1), penates.Invalid},
	} {
		if _, err := einvoice.ParseUBL(strings.NewReader(c.xml)); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
	}
	if einvoice.IsUBL([]byte(invoice)) || einvoice.IsUBL([]byte("urn:oasis:names:specification:ubl:schema:xsd:Invoice-2")) || einvoice.IsCII([]byte(inUBL)) {
		t.Error("taken for another syntax")
	}
}

var expectedUBL = regexp.MustCompile(`^UBL (\w+) id (\S+) date (\S+) total (\S+) (\w+) lines (\d+)$`)

// TestCorpusUBL reads the invoices of the corpus and compares with its manifest,
// and those that are there in both syntaxes with each other.
func TestCorpusUBL(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for row := range strings.Lines(string(manifest)) {
		fields := strings.Split(row, "\t")
		if len(fields) < 3 || fields[1] != "UBL XML" {
			continue
		}
		files++
		content, _ := importertest.Corpus(t, fields[0])
		i, err := einvoice.ParseUBL(bytes.NewReader(content))
		if err != nil || len(i.Problems) > 0 || !einvoice.IsUBL(content[:min(len(content), 64<<10)]) {
			t.Errorf("%s: %v", fields[0], err)
			continue
		}
		m := expectedUBL.FindStringSubmatch(fields[2])
		if m == nil {
			t.Fatalf("%s: the manifest says %q", fields[0], fields[2])
		}
		lines, _ := strconv.Atoi(m[6])
		total, _ := penates.ParseDecimal(m[4])
		if i.Bill.Number != m[2] || i.Document.Time.Start.Date() != m[3] || i.Document.Money.Amount.Float() != total.Float() || i.Document.Money.Currency != m[5] || len(i.Bill.Lines) != lines || i.Bill.Vendor == "" {
			t.Errorf("%s: %+v %+v, want %s", fields[0], i.Bill, i.Document.Money, fields[2])
		}
		if refund := m[1] == "CreditNote" || total.Negative(); i.Bill.IsRefund != refund {
			t.Errorf("%s: refund %v", fields[0], i.Bill.IsRefund)
		}
		if name, both := strings.CutSuffix(path.Base(fields[0]), ".ubl.xml"); both {
			compare(t, name, i)
		}
	}
	if files == 0 {
		t.Error("the manifest has no UBL")
	}
}

// compare holds that an invoice is the same in CII as it is in UBL.
func compare(t *testing.T, name string, ubl *einvoice.Invoice) {
	t.Helper()
	content, _ := importertest.Corpus(t, "invoice/cii/"+name+".cii.xml")
	cii, err := einvoice.ParseCII(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	number := cmp.FilterValues(func(a, b string) bool {
		_, errA := penates.ParseDecimal(a)
		_, errB := penates.ParseDecimal(b)
		return errA == nil && errB == nil
	}, cmp.Comparer(func(a, b string) bool { return penates.Decimal(a).Float() == penates.Decimal(b).Float() }))
	ubl.Bill.Profile, cii.Bill.Profile = "", ""
	if diff := cmp.Diff(cii.Bill, ubl.Bill, number); diff != "" {
		t.Errorf("%s (-CII +UBL):\n%s", name, diff)
	}
	if cii.Document.Source != ubl.Document.Source {
		t.Errorf("%s: %+v in CII, %+v in UBL", name, cii.Document.Source, ubl.Document.Source)
	}
}

func FuzzParseUBL(f *testing.F) {
	f.Add([]byte(inUBL))
	f.Add([]byte(asCreditNote.Replace(inUBL)))
	f.Add([]byte("<StandardBusinessDocument><StandardBusinessDocumentHeader/><Invoice><ID>1</ID></Invoice></StandardBusinessDocument>"))
	f.Fuzz(func(t *testing.T, content []byte) {
		i, err := einvoice.ParseUBL(bytes.NewReader(content))
		if err == nil && (i.Bill.Number == "" || i.Document.Source.NativeID == "") {
			t.Errorf("an invoice without a number: %+v", i)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	line := inUBL[strings.Index(inUBL, "<cac:InvoiceLine>"):strings.Index(inUBL, "</Invoice>")]
	long := strings.Replace(inUBL, line, strings.Repeat(line, 500), 1)
	b.SetBytes(int64(len(long)))
	for b.Loop() {
		i, err := einvoice.ParseUBL(strings.NewReader(long))
		if err != nil || len(i.Bill.Lines) != 500 || i.Bill.Lines[499] != (schema.BillLine{Label: "Électricité", Quantity: "240.0", Unit: "KWH", Price: "0.2055", Net: "49.32", VATRate: "20.00"}) {
			b.Fatal(err)
		}
	}
}

// TestAnyEnding holds that what is cut anywhere is an error, never an invoice.
func TestAnyEnding(t *testing.T) {
	for n := range len(inUBL) - len("</Invoice>") {
		if _, err := einvoice.ParseUBL(io.LimitReader(strings.NewReader(inUBL), int64(n))); err == nil {
			t.Fatalf("an invoice in the first %d bytes", n)
		}
	}
	if err := xml.Unmarshal([]byte(inUBL), new(struct{})); err != nil {
		t.Error("the input of the tests is no XML:", err)
	}
}
