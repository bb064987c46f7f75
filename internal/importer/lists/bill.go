package lists

import (
	"encoding/json"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// maxLines bounds the lines of a bill.
const maxLines = 10_000

// isBill says that fields are what invoice2data writes of each invoice it reads:
// issuer, invoice_number, date and amount are the fields that each of its templates
// must have (https://github.com/invoice-x/invoice2data, tutorial of templates).
func isBill(fields map[string]any) bool {
	return word(fields, "issuer") != "" && word(fields, "invoice_number") != "" && word(fields, "amount") != "" && word(fields, "date") != ""
}

// word returns the first single value that is there.
func word(fields map[string]any, keys ...string) string {
	for _, k := range keys {
		switch v := fields[k].(type) {
		case string:
			if s := social.Line(v); s != "" {
				return s
			}
		case json.Number:
			return v.String()
		}
	}
	return ""
}

func decimal(s string) string {
	d, err := locale.Amount(s)
	if err != nil {
		return ""
	}
	return string(d)
}

func date(s string) string {
	day, err := locale.Day(s, locale.YMD)
	if err != nil {
		return ""
	}
	return day.Date()
}

// bill gives out an invoice.
func (r *reader) bill(fields map[string]any) error {
	number, vendor := word(fields, "invoice_number"), word(fields, "issuer")
	amount, err := locale.Amount(word(fields, "amount"))
	if err != nil {
		return r.Out.Refuse(r.j.Line(), fmt.Errorf("the amount of invoice %s: %w", number, err))
	}
	day, err := locale.Day(word(fields, "date"), locale.YMD)
	if err != nil {
		return r.Out.Refuse(r.j.Line(), fmt.Errorf("the date of invoice %s: %w", number, err))
	}
	body := schema.Bill{
		Vendor: vendor, Number: number, Title: word(fields, "desc"), VendorID: strings.ReplaceAll(word(fields, "vat", "static_vat", "siren", "partner_coc"), " ", ""),
		Due: date(word(fields, "date_due")), NetTotal: decimal(word(fields, "amount_untaxed")), VAT: decimal(word(fields, "amount_tax")),
		PeriodStart: date(word(fields, "date_start")), PeriodEnd: date(word(fields, "date_end")), Contract: word(fields, "line_number", "client_id", "customer_number"),
		Lines: billLines(fields["lines"]), IsRefund: strings.HasPrefix(string(amount), "-"),
	}
	return r.Out.Document(&penates.Document{
		Source:  penates.Source{Connection: vendor, NativeID: "invoice/" + number, Locator: fmt.Sprintf("line=%d", r.j.Line())},
		Time:    penates.Span{Start: day},
		Money:   money(amount, word(fields, "currency")),
		Parties: []penates.Party{{Role: "vendor", Literal: vendor}},
		Refs:    []penates.Ref{penates.NewRef(penates.RefInvoice, number)},
		Text:    vendor + ", " + number,
	}, body)
}

// money is no money without a currency: a number alone is not to be summed.
func money(amount penates.Decimal, currency string) *penates.Money {
	if currency = locale.Currency(currency); currency == "" {
		return nil
	}
	return &penates.Money{Amount: amount, Currency: currency}
}

func billLines(v any) (lines []schema.BillLine) {
	rows, _ := v.([]any)
	for _, row := range rows[:min(len(rows), maxLines)] {
		of, _ := row.(map[string]any)
		line := schema.BillLine{
			Label: word(of, "name", "desc", "description", "product"), Quantity: decimal(word(of, "qty", "quantity")), Unit: word(of, "uom", "unit"),
			Price: decimal(word(of, "price_unit", "unit_price", "price")), Net: decimal(word(of, "price_subtotal", "line_total", "total")),
			VATRate: decimal(word(of, "line_tax_percent", "taxpercent", "tax_percent")),
		}
		if line.Label != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
