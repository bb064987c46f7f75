package einvoice

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// IsCII reports that a file beginning as head is an invoice ParseCII reads.
func IsCII(head []byte) bool {
	i := bytes.Index(head, []byte("CrossIndustryInvoice"))
	if i < 0 {
		i = bytes.Index(head, []byte("CrossIndustryDocument"))
	}
	return i > 0 && (head[i-1] == ':' || head[i-1] == '<') && bytes.HasPrefix(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"), []byte("<"))
}

// ParseCII reads a UN/CEFACT Cross Industry Invoice (D16B, as in EN 16931,
// Factur-X 1.0 and ZUGFeRD 2), and the form of ZUGFeRD 1.0 that preceded it.
// Amounts and dates it cannot read become Problems; an error means that there is
// no invoice: not XML to its end, no number, or beyond a limit.
func ParseCII(r io.Reader) (*Invoice, error) {
	limited := &io.LimitedReader{R: r, N: MaxSize + 1}
	br := bufio.NewReaderSize(limited, 4096)
	head, _ := br.Peek(1024) // what fails here fails again below
	text, _ := locale.UTF8(br, locale.XMLCharset(head))
	dec := xml.NewDecoder(text)
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	c := &cii{}
	for {
		token, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && c.root && len(c.path) == 0:
			return c.invoice()
		case limited.N <= 0:
			return nil, fmt.Errorf("an invoice of more than %d bytes: %w", MaxSize, penates.TooLarge)
		case errors.Is(err, io.EOF):
			return nil, fmt.Errorf("no invoice: %w", penates.Invalid)
		case err != nil:
			return nil, fmt.Errorf("invoice: %w (%w)", penates.Damaged, err)
		}
		if err := c.token(token); err != nil {
			return nil, err
		}
	}
}

// cii follows the elements of an invoice.
type cii struct {
	values
	root   bool
	path   []string // names of the open elements below the root, in those of D16B
	text   strings.Builder
	attr   string // currency, unit, format or scheme of the open element
	line   schema.BillLine
	basis  penates.Decimal // quantity a line's price is for
	remark string          // the open note
	coded  bool            // it is of a kind of its own, as legal text is
}

func (c *cii) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		if bytes.HasPrefix(bytes.ToUpper(t), []byte("DOCTYPE")) {
			return fmt.Errorf("an invoice with a document type declaration: %w", penates.Invalid)
		}
	case xml.StartElement:
		return c.open(t)
	case xml.CharData:
		if c.text.Len() < maxField {
			c.text.Write(t[:min(len(t), maxField)])
		}
	case xml.EndElement:
		c.close()
	}
	return nil
}

// older are the names of ZUGFeRD 1.0 and what D16B calls the same; sums have one
// name here, in lines and in the whole.
var older = map[string]string{
	"CrossIndustryDocument":                           "CrossIndustryInvoice",
	"SpecifiedExchangedDocumentContext":               "ExchangedDocumentContext",
	"HeaderExchangedDocument":                         "ExchangedDocument",
	"SpecifiedSupplyChainTradeTransaction":            "SupplyChainTradeTransaction",
	"ApplicableSupplyChainTradeAgreement":             "ApplicableHeaderTradeAgreement",
	"ApplicableSupplyChainTradeDelivery":              "ApplicableHeaderTradeDelivery",
	"ApplicableSupplyChainTradeSettlement":            "ApplicableHeaderTradeSettlement",
	"SpecifiedSupplyChainTradeAgreement":              "SpecifiedLineTradeAgreement",
	"SpecifiedSupplyChainTradeDelivery":               "SpecifiedLineTradeDelivery",
	"SpecifiedSupplyChainTradeSettlement":             "SpecifiedLineTradeSettlement",
	"ApplicablePercent":                               "RateApplicablePercent",
	"SpecifiedTradeSettlementMonetarySummation":       "Sum",
	"SpecifiedTradeSettlementHeaderMonetarySummation": "Sum",
	"SpecifiedTradeSettlementLineMonetarySummation":   "Sum",
	"DateTime": "DateTimeString",
}

func (c *cii) open(t xml.StartElement) error {
	local := t.Name.Local
	if newer, ok := older[local]; ok {
		local = newer
	}
	if !c.root {
		if local != "CrossIndustryInvoice" {
			return fmt.Errorf("an XML of %q, no invoice: %w", local[:min(len(local), 60)], penates.Invalid)
		}
		c.root = true
		return nil
	}
	if len(c.path) > maxDepth {
		return fmt.Errorf("an invoice nested more than %d deep: %w", maxDepth, penates.TooLarge)
	}
	c.path = append(c.path, local)
	c.text.Reset()
	c.attr = ""
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "currencyID", "unitCode", "format", "schemeID":
			c.attr = a.Value
		}
	}
	if local == "IncludedSupplyChainTradeLineItem" {
		c.line, c.basis = schema.BillLine{}, ""
	}
	return nil
}

func (c *cii) close() {
	if len(c.path) == 0 {
		return
	}
	value := strings.TrimSpace(c.text.String())
	if read, ok := ciiFields[strings.Join(c.path, "/")]; ok {
		if err := read(c, value); err != nil {
			c.problem(c.path[len(c.path)-1], err)
		}
	} else if len(c.path) > 2 && strings.HasSuffix(c.path[2], "TradeParty") {
		c.party(strings.Join(c.path[3:], "/"), value)
	}
	c.text.Reset()
	c.path = c.path[:len(c.path)-1]
}

// party reads a field of one of the parties.
func (c *cii) party(field, value string) {
	var p *party
	switch c.path[2] {
	case "SellerTradeParty":
		p = &c.seller
	case "BuyerTradeParty":
		p = &c.buyer
	case "PayeeTradeParty":
		p = &c.payee
	default:
		return
	}
	value = locale.Line(value)
	switch field {
	case "Name":
		p.name = value
	case "ID":
		p.id = value
	case "GlobalID":
		p.global = value
	case "SpecifiedLegalOrganization/ID":
		p.legal = value
	case "SpecifiedTaxRegistration/ID":
		if c.attr == "FC" {
			p.fiscal = value
		} else {
			p.vat = value
		}
	case "URIUniversalCommunication/URIID", "DefinedTradeContact/EmailURIUniversalCommunication/URIID":
		if strings.Contains(value, "@") && p.email == "" {
			p.email = strings.ToLower(value)
		}
	}
}

const (
	ciiHead    = "ExchangedDocument/"
	ciiLine    = "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem"
	ciiAgree   = "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/"
	ciiSettle  = "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/"
	ciiSum     = ciiSettle + "Sum/"
	ciiPeriod  = ciiSettle + "BillingSpecifiedPeriod/"
	ciiAccount = ciiSettle + "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/"
)

// ciiFields say what to do at the end of which element.
var ciiFields = map[string]func(c *cii, value string) error{
	"ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID": func(c *cii, s string) error { c.profile = profile(s); return nil },

	ciiHead + "ID":                           text(func(c *cii) *string { return &c.number }),
	ciiHead + "Name":                         text(func(c *cii) *string { return &c.title }),
	ciiHead + "TypeCode":                     text(func(c *cii) *string { return &c.kind }),
	ciiHead + "IssueDateTime/DateTimeString": day(func(c *cii) *penates.Moment { return &c.date }),
	ciiHead + "IncludedNote/Content":         text(func(c *cii) *string { return &c.remark }),
	ciiHead + "IncludedNote/SubjectCode":     func(c *cii, _ string) error { c.coded = true; return nil },
	ciiHead + "IncludedNote":                 (*cii).endNote,

	ciiAgree + "ContractReferencedDocument/IssuerAssignedID": text(func(c *cii) *string { return &c.contract }),
	ciiAgree + "ContractReferencedDocument/ID":               text(func(c *cii) *string { return &c.contract }),

	ciiSettle + "InvoiceCurrencyCode":                                       text(func(c *cii) *string { return &c.currency }),
	ciiSettle + "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString": day(func(c *cii) *penates.Moment { return &c.due }),
	ciiPeriod + "StartDateTime/DateTimeString":                              day(func(c *cii) *penates.Moment { return &c.from }),
	ciiPeriod + "EndDateTime/DateTimeString":                                day(func(c *cii) *penates.Moment { return &c.to }),
	ciiAccount + "IBANID":                                                   text(func(c *cii) *string { return &c.iban }),

	ciiSum + "TaxBasisTotalAmount": number(func(c *cii) *penates.Decimal { return &c.net }),
	ciiSum + "GrandTotalAmount": func(c *cii, s string) error {
		c.currency = first(c.currency, c.attr)
		return number(func(c *cii) *penates.Decimal { return &c.total })(c, s)
	},
	ciiSum + "DuePayableAmount": number(func(c *cii) *penates.Decimal { return &c.payable }),
	ciiSum + "TaxTotalAmount": func(c *cii, s string) error {
		// A second total may follow in the currency VAT is declared in (BT-111).
		if c.vat != "" && c.attr != c.currency {
			return nil
		}
		d, err := decimal(s)
		c.vat = d
		return err
	},

	ciiLine:                                 (*cii).endLine,
	ciiLine + "/SpecifiedTradeProduct/Name": text(func(c *cii) *string { return &c.line.Label }),
	ciiLine + "/SpecifiedTradeProduct/Description": func(c *cii, s string) error {
		if c.line.Label == "" {
			c.line.Label = locale.Line(s)
		}
		return nil
	},
	ciiLine + "/SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount":  lineNumber(func(c *cii) *string { return &c.line.Price }),
	ciiLine + "/SpecifiedLineTradeAgreement/NetPriceProductTradePrice/BasisQuantity": number(func(c *cii) *penates.Decimal { return &c.basis }),
	ciiLine + "/SpecifiedLineTradeDelivery/BilledQuantity": func(c *cii, s string) error {
		c.line.Unit = c.attr
		return lineNumber(func(c *cii) *string { return &c.line.Quantity })(c, s)
	},
	ciiLine + "/SpecifiedLineTradeSettlement/ApplicableTradeTax/RateApplicablePercent": lineNumber(func(c *cii) *string { return &c.line.VATRate }),
	ciiLine + "/SpecifiedLineTradeSettlement/Sum/LineTotalAmount":                      lineNumber(func(c *cii) *string { return &c.line.Net }),
}

// text sets a field to a value on one line, unless it was set before.
func text(field func(*cii) *string) func(*cii, string) error {
	return func(c *cii, s string) error {
		if f := field(c); *f == "" {
			*f = locale.Line(s)
		}
		return nil
	}
}

// day sets a field to a date in format 102 (20261231), 203 (with hours and
// minutes) or as ISO 8601 writes it, unless it was set before.
func day(field func(*cii) *penates.Moment) func(*cii, string) error {
	return func(c *cii, s string) error {
		if s == "" || !field(c).IsZero() {
			return nil
		}
		if c.attr == "203" && len(s) >= 8 {
			s = s[:8]
		}
		m, err := locale.Day(s, locale.YMD)
		if err == nil {
			*field(c) = m
		}
		return err
	}
}

func number(field func(*cii) *penates.Decimal) func(*cii, string) error {
	return func(c *cii, s string) error {
		d, err := decimal(s)
		if err == nil && *field(c) == "" {
			*field(c) = d
		}
		return err
	}
}

func lineNumber(field func(*cii) *string) func(*cii, string) error {
	return func(c *cii, s string) error {
		d, err := decimal(s)
		if err != nil {
			return fmt.Errorf("line %d: %w", len(c.lines)+1, err)
		}
		*field(c) = string(d)
		return nil
	}
}

// endNote keeps the first note that is not of a kind of its own (legal mentions,
// conditions): vendors write there what the bill is for.
func (c *cii) endNote(string) error {
	if !c.coded && c.note == "" {
		const most = 200
		note := c.remark
		if len(note) > most {
			note = strings.ToValidUTF8(note[:most], "") + "…"
		}
		c.note = note
	}
	c.remark, c.coded = "", false
	return nil
}

func (c *cii) endLine(string) error {
	if len(c.lines) >= maxLines {
		if len(c.lines) == maxLines {
			c.problem("lines", fmt.Errorf("more than %d: %w", maxLines, penates.TooLarge))
		}
		return nil
	}
	if c.basis != "" && c.basis.Float() != 1 && c.line.Price != "" {
		c.line.Price = quotient(c.line.Price, string(c.basis))
	}
	c.lines = append(c.lines, c.line)
	return nil
}

// profiles are the profiles of Factur-X and ZUGFeRD, the surer sign first.
var profiles = []struct{ mark, name string }{
	{"minimum", "MINIMUM"}, {"basicwl", "BASIC WL"}, {"extended", "EXTENDED"}, {"xrechnung", "XRECHNUNG"},
	{"comfort", "COMFORT"}, {"basic", "BASIC"}, {"en16931", "EN 16931"},
}

// profile returns the name of a guideline's URN, or the URN.
func profile(urn string) string {
	folded := strings.ToLower(urn)
	for _, p := range profiles {
		if strings.Contains(folded, p.mark) {
			return p.name
		}
	}
	return locale.Line(urn)
}
