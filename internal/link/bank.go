package link

import (
	"context"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// An Operation is what the rules need of a bank operation.
type Operation struct {
	ID       penates.DocumentID
	Day      figure.Day // booked
	Acted    figure.Day // when the person paid, else figure.Unknown
	Amount   figure.Milli
	Currency string
	// Foreign is what was paid before conversion, without sign; zero when there
	// was none.
	Foreign         figure.Milli
	ForeignCurrency string
	Label           string // all the bank's wordings, the counterparty too
	Kind            string
	Category        string
	// Reimbursed is what confirmed links say was given back of it.
	Reimbursed figure.Milli

	words []string
	split bool
}

func (o *Operation) labelWords() []string {
	if !o.split {
		o.words, o.split = company.Words(o.Label), true
	}
	return o.words
}

// A Bill is what the rules need of a bill.
type Bill struct {
	ID         penates.DocumentID
	Day, Due   figure.Day
	Total      figure.Milli // as printed
	AmountDue  figure.Milli // zero when it is the total
	Currency   string
	Vendor     string
	Number     string
	Refund     bool
	ThirdParty bool
	// Of a refund of care: the expense, its day, and the transfer that refunds it
	// together with others.
	Original    figure.Milli
	OriginalDay figure.Day
	Group       figure.Milli
}

// Care reports whether the bill refunds an expense that somebody else was paid,
// as insurances do.
func (b *Bill) Care() bool { return b.Refund && (b.Original != 0 || b.Group != 0 || b.ThirdParty) }

// loadOperations reads the operations, those told twice once.
func loadOperations(ctx context.Context, s *vault.Session) (ops []Operation, err error) {
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "day, realisationDate, amount, currency, originalAmount, kind, category, status, label, counterparty, memo", From: "bank_operations", Where: "duplicate_of IS NULL",
	}, func(row []any) error {
		o := Operation{
			ID: penates.DocumentID(figure.Text(row[0])), Day: figure.ParseDay(figure.Text(row[1])), Acted: figure.ParseDay(figure.Text(row[2])),
			Currency: figure.Text(row[4]), Kind: figure.Text(row[6]), Category: figure.Text(row[7]),
			Label: strings.TrimSpace(figure.Text(row[9]) + " " + figure.Text(row[10]) + " " + figure.Text(row[11])),
		}
		amount, ok := figure.Amount(row[3])
		if !ok || amount == 0 || o.Day == figure.Unknown || figure.Text(row[8]) == "reverted" {
			return nil
		}
		o.Amount = amount
		o.Foreign, o.ForeignCurrency = foreign(figure.Text(row[5]))
		ops = append(ops, o)
		return nil
	})
	return ops, err
}

// foreign reads an amount with its currency, in either order.
func foreign(s string) (figure.Milli, string) {
	a, b, ok := strings.Cut(s, " ")
	if !ok {
		return 0, ""
	}
	if len(a) == 3 {
		a, b = b, a
	}
	amount, ok := figure.Amount(a)
	if !ok || len(b) != 3 {
		return 0, ""
	}
	return amount.Abs(), b
}

// loadBills reads the bills, those brought twice once.
func loadBills(ctx context.Context, s *vault.Session) (bills []Bill, err error) {
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "day, due, amount, amountDue, currency, vendor, number, isRefund, thirdParty, originalAmount, originalDate, groupAmount", From: "bills", Where: "duplicate_of IS NULL",
	}, func(row []any) error {
		b := Bill{
			ID: penates.DocumentID(figure.Text(row[0])), Day: figure.ParseDay(figure.Text(row[1])), Due: figure.ParseDay(figure.Text(row[2])),
			Currency: figure.Text(row[5]), Vendor: figure.Text(row[6]), Number: figure.Text(row[7]),
			Refund: figure.Whole(row[8]) != 0, ThirdParty: figure.Whole(row[9]) != 0, OriginalDay: figure.ParseDay(figure.Text(row[11])),
		}
		b.Total, _ = figure.Amount(row[3])
		b.AmountDue, _ = figure.Amount(row[4])
		b.Original, _ = figure.Amount(row[10])
		b.Group, _ = figure.Amount(row[12])
		bills = append(bills, b)
		return nil
	})
	return bills, err
}
