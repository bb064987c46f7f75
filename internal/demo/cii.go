package demo

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// An element writes itself into a document; see el and group.
type element func(b *bytes.Buffer, depth int)

// el is an element with text. Attributes are name, value, name, value …
func el(name, text string, attributes ...string) element {
	return func(b *bytes.Buffer, depth int) {
		b.WriteString(strings.Repeat("  ", depth))
		openTag(b, name, attributes)
		b.WriteString(xmlEscaped(text) + "</" + name + ">\n")
	}
}

// group is an element with elements inside; those that are nil are left out.
func group(name string, inside ...element) element {
	return func(b *bytes.Buffer, depth int) {
		indent := strings.Repeat("  ", depth)
		b.WriteString(indent)
		openTag(b, name, nil)
		b.WriteByte('\n')
		for _, e := range inside {
			if e != nil {
				e(b, depth+1)
			}
		}
		b.WriteString(indent + "</" + name + ">\n")
	}
}

func openTag(b *bytes.Buffer, name string, attributes []string) {
	b.WriteString("<" + name)
	for n := 0; n+1 < len(attributes); n += 2 {
		b.WriteString(" " + attributes[n] + `="` + xmlEscaped(attributes[n+1]) + `"`)
	}
	b.WriteByte('>')
}

func xmlEscaped(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // a strings.Builder takes everything
	}
	return b.String()
}

const ciiRoot = `<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"` +
	` xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"` +
	` xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">` + "\n"

// xml writes the invoice as a UN/CEFACT Cross Industry Invoice (D16B) in the
// profile EN 16931 of Factur-X 1.0, in the order its schema wants.
func (i invoice) xml() []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + ciiRoot)
	group("rsm:ExchangedDocumentContext",
		group("ram:GuidelineSpecifiedDocumentContextParameter", el("ram:ID", "urn:cen.eu:en16931:2017")))(&b, 1)
	group("rsm:ExchangedDocument",
		el("ram:ID", i.number),
		el("ram:TypeCode", "380"),
		group("ram:IssueDateTime", ciiDate(i.issued)),
		group("ram:IncludedNote", el("ram:Content", i.title)))(&b, 1)
	var inside []element
	for n, line := range i.lines {
		inside = append(inside, line.element(n+1))
	}
	inside = append(inside, i.agreement(), group("ram:ApplicableHeaderTradeDelivery"), i.settlement())
	group("rsm:SupplyChainTradeTransaction", inside...)(&b, 1)
	b.WriteString("</rsm:CrossIndustryInvoice>\n")
	return b.Bytes()
}

func ciiDate(d day) element { return el("udt:DateTimeString", d.compact(), "format", "102") }

func (l invoiceLine) element(n int) element {
	return group("ram:IncludedSupplyChainTradeLineItem",
		group("ram:AssociatedDocumentLineDocument", el("ram:LineID", fmt.Sprint(n))),
		group("ram:SpecifiedTradeProduct", el("ram:Name", l.label)),
		group("ram:SpecifiedLineTradeAgreement",
			group("ram:NetPriceProductTradePrice", el("ram:ChargeAmount", l.price.String()))),
		group("ram:SpecifiedLineTradeDelivery",
			el("ram:BilledQuantity", fmt.Sprint(l.quantity), "unitCode", l.unit)),
		group("ram:SpecifiedLineTradeSettlement",
			group("ram:ApplicableTradeTax",
				el("ram:TypeCode", "VAT"), el("ram:CategoryCode", vatCategory(l.rate)), el("ram:RateApplicablePercent", ratePercent(l.rate))),
			group("ram:SpecifiedTradeSettlementLineMonetarySummation", el("ram:LineTotalAmount", l.net().String()))))
}

// agreement says who sells to whom under which contract. The delivery point is
// the invoiced object (BT-18, type 130).
func (i invoice) agreement() element {
	var meter element
	if i.meter != "" {
		meter = group("ram:AdditionalReferencedDocument", el("ram:IssuerAssignedID", i.meter), el("ram:TypeCode", "130"))
	}
	return group("ram:ApplicableHeaderTradeAgreement",
		group("ram:SellerTradeParty",
			el("ram:Name", i.vendor.name),
			group("ram:SpecifiedLegalOrganization", el("ram:ID", i.vendor.sirenNumber(), "schemeID", "0002")),
			ciiAddress(i.vendor.address),
			group("ram:SpecifiedTaxRegistration", el("ram:ID", i.vendor.vatNumber(), "schemeID", "VA"))),
		group("ram:BuyerTradeParty",
			el("ram:ID", i.customer),
			el("ram:Name", owner.name()),
			ciiAddress(owner.address)),
		group("ram:ContractReferencedDocument", el("ram:IssuerAssignedID", i.contract)),
		meter)
}

func ciiAddress(address string) element {
	part := strings.Split(address, ";")
	if len(part) != 3 {
		return nil
	}
	return group("ram:PostalTradeAddress",
		el("ram:PostcodeCode", part[1]), el("ram:LineOne", part[0]), el("ram:CityName", part[2]), el("ram:CountryID", "FR"))
}

// settlement says how much is debited from which account on which day.
func (i invoice) settlement() element {
	inside := []element{
		el("ram:PaymentReference", i.number),
		el("ram:InvoiceCurrencyCode", "EUR"),
		group("ram:SpecifiedTradeSettlementPaymentMeans",
			el("ram:TypeCode", "59"),
			group("ram:PayerPartyDebtorFinancialAccount", el("ram:IBANID", accounts[current].iban()))),
	}
	for _, t := range i.taxes {
		inside = append(inside, t.element())
	}
	inside = append(inside,
		group("ram:BillingSpecifiedPeriod",
			group("ram:StartDateTime", ciiDate(i.first)), group("ram:EndDateTime", ciiDate(i.last))),
		group("ram:SpecifiedTradePaymentTerms",
			group("ram:DueDateDateTime", ciiDate(i.due)), el("ram:DirectDebitMandateID", i.mandate())),
		group("ram:SpecifiedTradeSettlementHeaderMonetarySummation",
			el("ram:LineTotalAmount", i.net.String()),
			el("ram:TaxBasisTotalAmount", i.net.String()),
			el("ram:TaxTotalAmount", i.vat.String(), "currencyID", "EUR"),
			el("ram:GrandTotalAmount", i.total().String()),
			el("ram:DuePayableAmount", i.total().String())))
	return group("ram:ApplicableHeaderTradeSettlement", inside...)
}

func (t tax) element() element {
	var reason element
	if t.rate == 0 {
		reason = el("ram:ExemptionReason", "Exonération de TVA, article 261 C du code général des impôts")
	}
	return group("ram:ApplicableTradeTax",
		el("ram:CalculatedAmount", t.amount.String()),
		el("ram:TypeCode", "VAT"),
		reason,
		el("ram:BasisAmount", t.basis.String()),
		el("ram:CategoryCode", vatCategory(t.rate)),
		el("ram:RateApplicablePercent", ratePercent(t.rate)))
}

// mandate is the reference of the SEPA direct debit mandate.
func (i invoice) mandate() string { return strings.ReplaceAll(i.contract, "-", "") + "M1" }

// vatCategory returns the UNTDID 5305 code of a rate.
func vatCategory(rate int64) string {
	if rate == 0 {
		return "E"
	}
	return "S"
}

// ratePercent writes thousandths as percent: "5.50".
func ratePercent(rate int64) string { return fmt.Sprintf("%d.%d0", rate/10, rate%10) }

// rateWords writes thousandths as French people read them: "5,5 %".
func rateWords(rate int64) string {
	if rate == 0 {
		return "(exonéré)"
	}
	return strings.TrimSuffix(strings.Replace(fmt.Sprintf("%d.%d", rate/10, rate%10), ".", ",", 1), ",0") + noBreak + "%"
}

// commaPrice writes a unit price as French people read it.
func commaPrice(m micros) string { return strings.Replace(m.String(), ".", ",", 1) }

// unitWords writes a line's quantity with its unit.
func unitWords(l invoiceLine) string {
	unit := map[string]string{"KWH": "kWh", "MON": "mois"}[l.unit]
	return grouped(fmt.Sprint(l.quantity)) + noBreak + unit
}
