package einvoice

import (
	"bytes"
	"io"
	"strings"

	"penates"
	"penates/internal/locale"
)

// IsUBL reports that a file beginning as head is an invoice ParseUBL reads.
func IsUBL(head []byte) bool {
	if !bytes.HasPrefix(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"), []byte("<")) {
		return false
	}
	for root := range ublRoots {
		if bytes.Contains(head, []byte("urn:oasis:names:specification:ubl:schema:xsd:"+root+"-2")) {
			return true
		}
	}
	return false
}

// ParseUBL reads an invoice, credit note or debit note of OASIS UBL 2, as in
// EN 16931, Peppol BIS Billing 3 and XRechnung, alone or in the envelope of the
// Peppol network. What it cannot read becomes Problems as with ParseCII.
func ParseUBL(r io.Reader) (*Invoice, error) { return ublSyntax.parse(r) }

// ublRoots are the documents, with the code (UNTDID 1001) each has when it says none.
var ublRoots = map[string]string{
	"Invoice": "", "CreditNote": "381", "DebitNote": "383", "SelfBilledInvoice": "389", "SelfBilledCreditNote": "261",
}

var ublSyntax = &syntax{
	roots: ublRoots,
	// What the kinds of documents call differently has one name here.
	older: map[string]string{
		"CreditNoteLine": ublLine, "DebitNoteLine": ublLine,
		"CreditedQuantity": "InvoicedQuantity", "DebitedQuantity": "InvoicedQuantity",
		"CreditNoteTypeCode": "InvoiceTypeCode", "RequestedMonetaryTotal": "LegalMonetaryTotal",
	},
	lines: map[string]bool{ublLine: true},
	files: map[string]bool{"AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject": true},
	fields: map[string]func(*reader, string) error{
		"CustomizationID":      func(r *reader, s string) error { r.profile = profile(s); return nil },
		"ID":                   text(func(r *reader) *string { return &r.number }),
		"IssueDate":            day(func(r *reader) *penates.Moment { return &r.date }),
		"DueDate":              day(func(r *reader) *penates.Moment { return &r.due }),
		"InvoiceTypeCode":      (*reader).ublKind,
		"Note":                 (*reader).ublNote,
		"DocumentCurrencyCode": text(func(r *reader) *string { return &r.currency }),

		"InvoicePeriod/StartDate":               day(func(r *reader) *penates.Moment { return &r.from }),
		"InvoicePeriod/EndDate":                 day(func(r *reader) *penates.Moment { return &r.to }),
		"ContractDocumentReference/ID":          text(func(r *reader) *string { return &r.contract }),
		"PaymentMeans/PaymentDueDate":           day(func(r *reader) *penates.Moment { return &r.due }),
		"PaymentTerms/PaymentDueDate":           day(func(r *reader) *penates.Moment { return &r.due }),
		"PaymentMeans/PayeeFinancialAccount/ID": text(func(r *reader) *string { return &r.iban }),

		"TaxTotal/TaxAmount":                    vatTotal,
		"LegalMonetaryTotal/TaxExclusiveAmount": number(func(r *reader) *penates.Decimal { return &r.net }),
		"LegalMonetaryTotal/TaxInclusiveAmount": grandTotal,
		"LegalMonetaryTotal/PayableAmount":      ublPayable,

		ublLine:                                         (*reader).endLine,
		ublLine + "/InvoicedQuantity":                   lineQuantity,
		ublLine + "/LineExtensionAmount":                lineNumber(func(r *reader) *string { return &r.line.Net }),
		ublLine + "/Item/Description":                   lineLabel,
		ublLine + "/Item/Name":                          func(r *reader, s string) error { r.line.Label = first(locale.Line(s), r.line.Label); return nil },
		ublLine + "/Item/ClassifiedTaxCategory/Percent": lineNumber(func(r *reader) *string { return &r.line.VATRate }),
		ublLine + "/Price/PriceAmount":                  lineNumber(func(r *reader) *string { return &r.line.Price }),
		ublLine + "/Price/BaseQuantity":                 number(func(r *reader) *penates.Decimal { return &r.basis }),
	},
	other: (*reader).ublParty,
}

const ublLine = "InvoiceLine"

func (r *reader) ublKind(s string) error {
	r.kind = first(s, r.kind)
	return nil
}

// ublNote keeps a note. Its kind (BT-21) stands before it: "#REG#…".
func (r *reader) ublNote(s string) error {
	if coded := strings.HasPrefix(s, "#") && strings.Count(s, "#") > 1; !coded {
		r.keepNote(locale.Line(s))
	}
	return nil
}

// ublPayable sets what is to be paid, and the currency where nothing else says it.
func ublPayable(r *reader, s string) error {
	r.currency = first(r.currency, r.attr)
	return number(func(r *reader) *penates.Decimal { return &r.payable })(r, s)
}

// ublParty reads a field of one of the parties.
func (r *reader) ublParty(value string) {
	who, field, _ := strings.Cut(r.at, "/")
	var p *party
	switch who {
	case "AccountingSupplierParty":
		p = &r.seller
	case "AccountingCustomerParty":
		p = &r.buyer
	case "PayeeParty":
		p = &r.payee
	default:
		return
	}
	value = locale.Line(value)
	switch strings.TrimPrefix(field, "Party/") {
	case "PartyLegalEntity/RegistrationName":
		p.name = first(value, p.name)
	case "PartyName/Name":
		p.trade = value
	case "PartyIdentification/ID":
		p.identify(r.attr, value)
	case "PartyLegalEntity/CompanyID":
		p.legal = value
	case "PartyTaxScheme/CompanyID":
		r.taxID = value
	case "PartyTaxScheme/TaxScheme/ID":
		if strings.EqualFold(value, "VAT") {
			p.vat = r.taxID
		} else {
			p.fiscal = r.taxID
		}
		r.taxID = ""
	case "Contact/ElectronicMail", "EndpointID":
		if strings.Contains(value, "@") {
			p.email = first(p.email, strings.ToLower(value))
		}
	}
}
