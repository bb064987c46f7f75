package demo_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"penates"
	"penates/internal/demo"
)

// invoiceXML is what a reader of its own sees in the attached invoice.
type invoiceXML struct {
	Guideline string `xml:"ExchangedDocumentContext>GuidelineSpecifiedDocumentContextParameter>ID"`
	Number    string `xml:"ExchangedDocument>ID"`
	Deal      struct {
		Lines []struct {
			Price    string `xml:"SpecifiedLineTradeAgreement>NetPriceProductTradePrice>ChargeAmount"`
			Quantity struct {
				Unit  string `xml:"unitCode,attr"`
				Value int64  `xml:",chardata"`
			} `xml:"SpecifiedLineTradeDelivery>BilledQuantity"`
			Rate string `xml:"SpecifiedLineTradeSettlement>ApplicableTradeTax>RateApplicablePercent"`
			Net  string `xml:"SpecifiedLineTradeSettlement>SpecifiedTradeSettlementLineMonetarySummation>LineTotalAmount"`
		} `xml:"IncludedSupplyChainTradeLineItem"`
		Settlement struct {
			Taxes []struct {
				Amount string `xml:"CalculatedAmount"`
				Basis  string `xml:"BasisAmount"`
				Rate   string `xml:"RateApplicablePercent"`
			} `xml:"ApplicableTradeTax"`
			Due   string `xml:"SpecifiedTradePaymentTerms>DueDateDateTime>DateTimeString"`
			Total struct {
				Net   string `xml:"TaxBasisTotalAmount"`
				VAT   string `xml:"TaxTotalAmount"`
				Grand string `xml:"GrandTotalAmount"`
			} `xml:"SpecifiedTradeSettlementHeaderMonetarySummation"`
		} `xml:"ApplicableHeaderTradeSettlement"`
	} `xml:"SupplyChainTradeTransaction"`
}

// attachedXML reads the invoice data out of a PDF with a library that has nothing to do
// with the one that wrote it.
func attachedXML(t *testing.T, file []byte) invoiceXML {
	t.Helper()
	api.DisableConfigDir()
	conf := model.NewDefaultConfiguration() // strict would want the widths of the fonts every reader has
	conf.ValidationMode = model.ValidationRelaxed
	if err := api.Validate(bytes.NewReader(file), conf); err != nil {
		t.Fatal(err)
	}
	found, err := api.ExtractAttachmentsRaw(bytes.NewReader(file), "", []string{"factur-x.xml"}, conf)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d attachments: %v", len(found), err)
	}
	var x invoiceXML
	if err := xml.NewDecoder(found[0]).Decode(&x); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestBills(t *testing.T) {
	h := household(t, 1, lastDay)
	checkDebits(t, h)
	files := contents(t, h)
	numbers := map[string]bool{}
	for _, b := range h.Facts().Bills {
		if numbers[b.Number] {
			t.Errorf("two bills %s", b.Number)
		}
		numbers[b.Number] = true
		x := attachedXML(t, files[b.Path])
		checkSums(t, b, x)
		if x.Number != b.Number || x.Guideline != "urn:cen.eu:en16931:2017" || x.Deal.Settlement.Due != b.Due.Time().Format("20060102") {
			t.Errorf("%s: %+v", b.Number, x)
		}
	}
}

// checkSums calculates an invoice again from quantities, prices and rates.
func checkSums(t *testing.T, b demo.Bill, x invoiceXML) {
	t.Helper()
	net, vat := int64(0), int64(0)
	for _, line := range x.Deal.Lines {
		want := product(t, line.Price, line.Quantity.Value)
		if got := cents(t, line.Net); got != want {
			t.Errorf("%s: %d × %s is %d cents, not %d", b.Number, line.Quantity.Value, line.Price, want, got)
		}
		net += want
		if line.Quantity.Unit == "KWH" && line.Quantity.Value != b.KWh {
			t.Errorf("%s: %d kWh, want %d", b.Number, line.Quantity.Value, b.KWh)
		}
	}
	basis := int64(0)
	for _, tax := range x.Deal.Settlement.Taxes {
		want := (cents(t, tax.Basis)*cents(t, tax.Rate) + 5000) / 10000
		if got := cents(t, tax.Amount); got != want {
			t.Errorf("%s: %s %% of %s is %d cents, not %d", b.Number, tax.Rate, tax.Basis, want, got)
		}
		basis, vat = basis+cents(t, tax.Basis), vat+want
	}
	total := x.Deal.Settlement.Total
	for _, c := range []struct {
		what string
		said string
		want int64
	}{
		{"net", total.Net, net}, {"basis", total.Net, basis}, {"VAT", total.VAT, vat}, {"total", total.Grand, net + vat},
		{"net of the facts", string(b.Net), net}, {"VAT of the facts", string(b.VAT), vat}, {"total of the facts", string(b.Total), net + vat},
	} {
		if cents(t, c.said) != c.want {
			t.Errorf("%s: %s %s, want %d cents", b.Number, c.what, c.said, c.want)
		}
	}
}

// product returns price × quantity, rounded half up to the cent.
func product(t *testing.T, price string, quantity int64) int64 {
	t.Helper()
	whole, fraction, _ := strings.Cut(price, ".")
	micros := int64(0)
	for _, r := range whole + (fraction + "000000")[:6] {
		micros = micros*10 + int64(r-'0')
	}
	return (micros*quantity + 5000) / 10000
}

// What is billed is what the curve shows between the two readings of the meter.
func TestBillsFollowTheMeters(t *testing.T) {
	h := household(t, 1, lastDay)
	files := contents(t, h)
	ends, watts := readCurve(t, h)
	used := func(first, last penates.Moment) (wh int64) {
		from, to := first.Date(), last.Date()
		for i, end := range ends {
			if d := demo.Paris(end.Add(-30 * time.Minute)).Format(time.DateOnly); from <= d && d <= to {
				wh += watts[i] / 2
			}
		}
		return wh
	}
	price, electricity := map[string]int{}, 0
	for _, b := range h.Facts().Bills {
		if b.Vendor != "Voltelune" {
			continue
		}
		electricity++
		if wh := used(b.First, b.Last); wh/1000-b.KWh > 1 || b.KWh-wh/1000 > 1 {
			t.Errorf("%s: %d kWh billed, %d Wh used", b.Number, b.KWh, wh)
		}
		price[attachedXML(t, files[b.Path]).Deal.Lines[1].Price]++
	}
	if electricity < 22 || len(price) != 2 {
		t.Errorf("%d electricity bills at the prices %v", electricity, price)
	}
}
