package einvoice_test

import (
	"bytes"
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/einvoice"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const invoice = `<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:ram="r" xmlns:udt="u">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:factur-x.eu:1p0:basic</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID> F-77 </ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime><udt:DateTimeString format="102">20260131</udt:DateTimeString></ram:IssueDateTime>
<ram:IncludedNote><ram:Content>Capital de 1 €</ram:Content><ram:SubjectCode>REG</ram:SubjectCode></ram:IncludedNote>
<ram:IncludedNote><ram:Content>Abonnement &amp; énergie</ram:Content></ram:IncludedNote></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:GlobalID schemeID="0160">1</ram:GlobalID><ram:Name>Électricité</ram:Name><ram:Description>long</ram:Description></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>20.55</ram:ChargeAmount><ram:BasisQuantity unitCode="KWH">100</ram:BasisQuantity></ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="KWH">240.0</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:RateApplicablePercent>20.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>49.32</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty><ram:ID>9</ram:ID><ram:Name>Énergie du Coin</ram:Name><ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">123456782</ram:ID></ram:SpecifiedLegalOrganization>
<ram:DefinedTradeContact><ram:EmailURIUniversalCommunication><ram:URIID>Bonjour@Coin.example</ram:URIID></ram:EmailURIUniversalCommunication></ram:DefinedTradeContact>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">77</ram:ID></ram:SpecifiedTaxRegistration><ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">FR11 123456782</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:ID>C-12</ram:ID><ram:Name>Zoé Petit</ram:Name></ram:BuyerTradeParty>
<ram:ContractReferencedDocument><ram:IssuerAssignedID>K-5</ram:IssuerAssignedID></ram:ContractReferencedDocument></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount><ram:IBANID>FR76 3000 6000 0112 3456 7890 189</ram:IBANID></ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>
<ram:ApplicableTradeTax><ram:CalculatedAmount>9.86</ram:CalculatedAmount><ram:RateApplicablePercent>20</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:BillingSpecifiedPeriod><ram:StartDateTime><udt:DateTimeString format="102">20260101</udt:DateTimeString></ram:StartDateTime><ram:EndDateTime><udt:DateTimeString format="203">202601312359</udt:DateTimeString></ram:EndDateTime></ram:BillingSpecifiedPeriod>
<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">20260215</udt:DateTimeString></ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:TaxBasisTotalAmount>49.32</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID="EUR">9.86</ram:TaxTotalAmount><ram:TaxTotalAmount currencyID="CHF">9.50</ram:TaxTotalAmount>
<ram:GrandTotalAmount>59.18</ram:GrandTotalAmount><ram:TotalPrepaidAmount>10.00</ram:TotalPrepaidAmount><ram:DuePayableAmount>49.18</ram:DuePayableAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>`

func TestParseCII(t *testing.T) {
	i, err := einvoice.ParseCII(strings.NewReader(invoice))
	if err != nil || len(i.Problems) > 0 {
		t.Fatal(err, i.Problems)
	}
	bill := schema.Bill{
		Vendor: "Énergie du Coin", VendorID: "FR11 123456782", Number: "F-77", Title: "Abonnement & énergie", Due: "2026-02-15", NetTotal: "49.32", VAT: "9.86", AmountDue: "49.18",
		PeriodStart: "2026-01-01", PeriodEnd: "2026-01-31", Contract: "K-5", Buyer: "Zoé Petit", Kind: "380", Profile: "BASIC",
		Lines: []schema.BillLine{{Label: "Électricité", Quantity: "240.0", Unit: "KWH", Price: "0.2055", Net: "49.32", VATRate: "20.00"}},
	}
	if diff := cmp.Diff(bill, i.Bill); diff != "" {
		t.Error(diff)
	}
	doc := penates.Document{
		Source:  penates.Source{Connection: "FR11123456782", NativeID: "F-77|2026-01-31|380"},
		Money:   &penates.Money{Amount: "59.18", Currency: "EUR"},
		Text:    "Énergie du Coin F-77",
		Parties: []penates.Party{{Role: "vendor", Literal: "Énergie du Coin", Address: "bonjour@coin.example"}, {Role: "buyer", Literal: "Zoé Petit"}, {Role: "payee", Literal: "Énergie du Coin", Address: "FR7630006000011234567890189"}},
		Refs:    []penates.Ref{{Scheme: "invoice", Value: "F-77"}, {Scheme: "contract", Value: "K-5"}, {Scheme: "customer", Value: "C-12"}},
	}
	doc.Time.Start = penates.Day(2026, 1, 31)
	same := cmp.Comparer(func(a, b penates.Moment) bool { return a.String() == b.String() })
	if diff := cmp.Diff(doc, i.Document, same); diff != "" {
		t.Error(diff)
	}
}

// asZUGFeRD1 writes the invoice as ZUGFeRD 1.0 names things.
var asZUGFeRD1 = strings.NewReplacer(
	"CrossIndustryInvoice xmlns", "CrossIndustryDocument xmlns", "</rsm:CrossIndustryInvoice>", "</rsm:CrossIndustryDocument>",
	"CrossIndustryInvoice:100", "CrossIndustryDocument:invoice:1p0", "rsm:ExchangedDocumentContext>", "rsm:SpecifiedExchangedDocumentContext>",
	"rsm:ExchangedDocument>", "rsm:HeaderExchangedDocument>", "rsm:SupplyChainTradeTransaction>", "rsm:SpecifiedSupplyChainTradeTransaction>",
	"ram:ApplicableHeaderTrade", "ram:ApplicableSupplyChainTrade", "ram:SpecifiedLineTrade", "ram:SpecifiedSupplyChainTrade",
	"RateApplicablePercent", "ApplicablePercent", "TradeSettlementHeaderMonetarySummation", "TradeSettlementMonetarySummation",
	"TradeSettlementLineMonetarySummation", "TradeSettlementMonetarySummation")

func TestZUGFeRD1(t *testing.T) {
	want, err := einvoice.ParseCII(strings.NewReader(invoice))
	if err != nil {
		t.Fatal(err)
	}
	older := asZUGFeRD1.Replace(invoice)
	got, err := einvoice.ParseCII(strings.NewReader(older))
	if err != nil || !einvoice.IsCII([]byte(older)) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Bill, got.Bill); diff != "" {
		t.Error(diff)
	}
	if got.Document.Source != want.Document.Source {
		t.Errorf("%+v, want %+v", got.Document.Source, want.Document.Source)
	}
}

func TestVariants(t *testing.T) {
	replaced := func(pairs ...string) *einvoice.Invoice {
		t.Helper()
		i, err := einvoice.ParseCII(strings.NewReader(strings.NewReplacer(pairs...).Replace(invoice)))
		if err != nil {
			t.Fatal(pairs, err)
		}
		return i
	}
	if i := replaced("<ram:TypeCode>380<", "<ram:TypeCode>381<"); !i.Bill.IsRefund || i.Document.Money.Amount != "59.18" {
		t.Errorf("credit note: %+v", i.Bill)
	}
	if i := replaced("59.18", "-59.18", ">49.18", ">-59.18"); !i.Bill.IsRefund || i.Bill.AmountDue != "" {
		t.Errorf("negative: %+v", i.Bill)
	}
	if i := replaced(`<ram:ID schemeID="VA">FR11 123456782</ram:ID>`, ""); i.Document.Source.Connection != "77" {
		t.Errorf("vendor known by %q", i.Document.Source.Connection)
	}
	if i := replaced("49.32</ram:LineTotalAmount", "much</ram:LineTotalAmount", "20260215", "20260230"); len(i.Problems) != 2 || len(i.Bill.Lines) != 1 || i.Bill.Due != "" ||
		!strings.Contains(i.Problems[0].Error(), "LineTotalAmount: line 1") || !errors.Is(i.Problems[1], penates.Invalid) {
		t.Errorf("problems %v", i.Problems)
	}
	if i := replaced("<ram:GrandTotalAmount>59.18</ram:GrandTotalAmount>", "", "<ram:DuePayableAmount>49.18</ram:DuePayableAmount>", ""); i.Document.Money != nil || len(i.Problems) != 1 {
		t.Errorf("no total: %v", i.Problems)
	}
	latin := strings.NewReplacer("UTF-8", "ISO-8859-1", "É", "\xc9", "é", "\xe9", "€", "EUR").Replace(invoice)
	if i, err := einvoice.ParseCII(strings.NewReader(latin)); err != nil || i.Bill.Vendor != "Énergie du Coin" {
		t.Errorf("latin 1: %v", err)
	}
}

func TestRefused(t *testing.T) {
	bomb := `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>`
	for name, c := range map[string]struct {
		xml  string
		kind penates.Kind
	}{
		"cut":        {invoice[:len(invoice)/2], penates.Damaged},
		"number":     {strings.Replace(invoice, "<ram:ID> F-77 </ram:ID>", "", 1), penates.Invalid},
		"other":      {"<html/>", penates.Invalid},
		"empty":      {"", penates.Invalid},
		"entities":   {strings.Replace(invoice, "<rsm:Cross", bomb+"<rsm:Cross", 1), penates.Invalid},
		"entity":     {strings.Replace(invoice, "F-77", "&b;", 1), penates.Damaged},
		"deep":       {strings.Replace(invoice, "<rsm:ExchangedDocument>", "<rsm:ExchangedDocument>"+strings.Repeat("<a>", 100), 1), penates.TooLarge},
		"very large": {invoice[:200] + strings.Repeat(" ", einvoice.MaxSize), penates.TooLarge},
	} {
		if _, err := einvoice.ParseCII(strings.NewReader(c.xml)); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
	}
}

// TestCorpus reads the invoices that PENATES_CORPUS names.
func TestCorpus(t *testing.T) {
	for name, want := range map[string]struct {
		number, total string
		lines         int
	}{
		"EN16931_Einfach":    {"471102", "529.87", 2},
		"EN16931_Gutschrift": {"471102", "529.87", 2},
		"EN16931_Haftpflichtversicherung_Versicherungssteuer": {"01.234.567.8-2018-1", "50.00", 2},
		"EN16931_Kraftfahrversicherung_Bruttopreise":          {"00.123.456.7-2018-1", "220.00", 2},
		"EN16931_Miete":                {"9314110911/00/M/00/N", "340.96", 6},
		"EN16931_OEPNV":                {"E2018092011804", "9.00", 1},
		"EN16931_Physiotherapeut":      {"R18-31", "380.00", 2},
		"EN16931_SEPA_Prenotification": {"471102", "529.87", 2},
	} {
		content, ok := importertest.Corpus(t, path.Join("invoice/cii", name+".cii.xml"))
		if !ok {
			return
		}
		i, err := einvoice.ParseCII(bytes.NewReader(content))
		if err != nil || len(i.Problems) > 0 || !einvoice.IsCII(content[:min(len(content), 64<<10)]) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if i.Bill.Number != want.number || string(i.Document.Money.Amount) != want.total || i.Document.Money.Currency != "EUR" || len(i.Bill.Lines) != want.lines || i.Bill.Vendor == "" || i.Bill.Profile != "EN 16931" {
			t.Errorf("%s: %+v %+v", name, i.Bill, i.Document.Money)
		}
	}
	others, err := filepath.Glob(filepath.Join(os.Getenv("PENATES_CORPUS"), "invoice", "cii", "*.xml"))
	if err == nil && os.Getenv("PENATES_CORPUS") != "" && len(others) != 8 {
		t.Errorf("%d files in the corpus, 8 known", len(others))
	}
}

func FuzzParseCII(f *testing.F) {
	f.Add([]byte(invoice))
	f.Add([]byte(asZUGFeRD1.Replace(invoice)))
	f.Add([]byte(invoice[:1500]))
	f.Fuzz(func(t *testing.T, content []byte) {
		i, err := einvoice.ParseCII(bytes.NewReader(content))
		if err == nil && (i.Bill.Number == "" || i.Document.Source.NativeID == "") {
			t.Errorf("an invoice without a number: %+v", i)
		}
	})
}
