package einvoice

import (
	"bytes"
	"io"
	"strings"

	"penates"
	"penates/internal/locale"
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
// Factur-X 1.0, ZUGFeRD 2 and XRechnung), and the form of ZUGFeRD 1.0 that
// preceded it. Amounts and dates it cannot read become Problems; an error means
// that there is no invoice: not XML to its end, no number, or beyond a limit.
func ParseCII(r io.Reader) (*Invoice, error) { return ciiSyntax.parse(r) }

var ciiSyntax = &syntax{
	roots:  map[string]string{"CrossIndustryInvoice": ""},
	older:  older,
	lines:  map[string]bool{ciiLine: true},
	files:  map[string]bool{ciiAgree + "AdditionalReferencedDocument/AttachmentBinaryObject": true},
	fields: ciiFields,
	other:  (*reader).ciiParty,
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

// ciiParty reads a field of one of the parties.
func (r *reader) ciiParty(value string) {
	rest, _ := strings.CutPrefix(r.at, ciiAgree)
	rest, _ = strings.CutPrefix(rest, ciiSettle)
	who, field, _ := strings.Cut(rest, "/")
	var p *party
	switch who {
	case "SellerTradeParty":
		p = &r.seller
	case "BuyerTradeParty":
		p = &r.buyer
	case "PayeeTradeParty":
		p = &r.payee
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
		if r.attr == "FC" {
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
var ciiFields = map[string]func(r *reader, value string) error{
	"ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID": func(r *reader, s string) error { r.profile = profile(s); return nil },

	ciiHead + "ID":                           text(func(r *reader) *string { return &r.number }),
	ciiHead + "Name":                         text(func(r *reader) *string { return &r.title }),
	ciiHead + "TypeCode":                     text(func(r *reader) *string { return &r.kind }),
	ciiHead + "IssueDateTime/DateTimeString": day(func(r *reader) *penates.Moment { return &r.date }),
	ciiHead + "IncludedNote/Content":         text(func(r *reader) *string { return &r.remark }),
	ciiHead + "IncludedNote/SubjectCode":     func(r *reader, _ string) error { r.coded = true; return nil },
	ciiHead + "IncludedNote":                 (*reader).endNote,

	ciiAgree + "ContractReferencedDocument/IssuerAssignedID": text(func(r *reader) *string { return &r.contract }),
	ciiAgree + "ContractReferencedDocument/ID":               text(func(r *reader) *string { return &r.contract }),

	ciiSettle + "InvoiceCurrencyCode":                                       text(func(r *reader) *string { return &r.currency }),
	ciiSettle + "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString": day(func(r *reader) *penates.Moment { return &r.due }),
	ciiPeriod + "StartDateTime/DateTimeString":                              day(func(r *reader) *penates.Moment { return &r.from }),
	ciiPeriod + "EndDateTime/DateTimeString":                                day(func(r *reader) *penates.Moment { return &r.to }),
	ciiAccount + "IBANID":                                                   text(func(r *reader) *string { return &r.iban }),

	ciiSum + "TaxBasisTotalAmount": number(func(r *reader) *penates.Decimal { return &r.net }),
	ciiSum + "GrandTotalAmount":    grandTotal,
	ciiSum + "DuePayableAmount":    number(func(r *reader) *penates.Decimal { return &r.payable }),
	ciiSum + "TaxTotalAmount":      vatTotal,

	ciiLine:                                 (*reader).endLine,
	ciiLine + "/SpecifiedTradeProduct/Name": text(func(r *reader) *string { return &r.line.Label }),
	ciiLine + "/SpecifiedTradeProduct/Description":                                     lineLabel,
	ciiLine + "/SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount":    lineNumber(func(r *reader) *string { return &r.line.Price }),
	ciiLine + "/SpecifiedLineTradeAgreement/NetPriceProductTradePrice/BasisQuantity":   number(func(r *reader) *penates.Decimal { return &r.basis }),
	ciiLine + "/SpecifiedLineTradeDelivery/BilledQuantity":                             lineQuantity,
	ciiLine + "/SpecifiedLineTradeSettlement/ApplicableTradeTax/RateApplicablePercent": lineNumber(func(r *reader) *string { return &r.line.VATRate }),
	ciiLine + "/SpecifiedLineTradeSettlement/Sum/LineTotalAmount":                      lineNumber(func(r *reader) *string { return &r.line.Net }),
}

// endNote keeps the open note unless it is of a kind of its own.
func (r *reader) endNote(string) error {
	if !r.coded {
		r.keepNote(r.remark)
	}
	r.remark, r.coded = "", false
	return nil
}
