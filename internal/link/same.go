package link

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"penates"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// The same rules find documents of different formats or sources that tell of one
// thing. Links same_as lead from the document that tells less to the one that
// tells most; from the confidence twice.Sure on, sums leave out the former.

// sameBank finds the documents of one account, and the operations of an account
// that several sources tell of.
var sameBank = Rule{
	Name:  "same/bank",
	Reads: []penates.Type{penates.BankAccounts, penates.BankOperations},
	Makes: []string{sameIBAN, sameNumber, sameStatement, sameReference, sameWording, sameDay},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		feeds, err := loadFeeds(ctx, s)
		if err != nil || len(feeds) < 2 {
			return nil, err
		}
		judged, err := judgedOf(ctx, s, penates.SameAs)
		if err != nil {
			return nil, err
		}
		var bookings []Booking
		if anyVague(feeds) || anyTwice(Accounts(feeds, nil, judged)) {
			if bookings, err = loadBookings(ctx, s, feeds); err != nil {
				return nil, err
			}
		}
		account := Accounts(feeds, bookings, judged)
		links := accountLinks(feeds, account, judged)
		return sorted(append(links, SameOperations(feeds, account, bookings, judged)...)), nil
	},
}

func anyVague(feeds []Feed) bool {
	return slices.ContainsFunc(feeds, func(f Feed) bool { return f.vague() == nameless })
}

func anyTwice(account []int) bool {
	seen := map[int]bool{}
	for _, a := range account {
		if seen[a] {
			return true
		}
		seen[a] = true
	}
	return false
}

// feedKey names a feed: source, connection, and the account where the connection
// does not tell.
type feedKey struct{ source, connection string }

// loadFeeds reads which sources tell of which accounts: from the accounts'
// documents, and from the operations of those that have none.
func loadFeeds(ctx context.Context, s *vault.Session) (feeds []Feed, err error) {
	at := map[feedKey]int{}
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "source, connection, iban, number, currency, coalesce(balanceDate, day), label, kind, institution, bic, available", From: "bank_accounts",
	}, func(row []any) error {
		f := Feed{ID: penates.DocumentID(figure.Text(row[0])), Source: figure.Text(row[1]), Connection: figure.Text(row[2]), IBAN: iban(row[3]),
			Number: figure.Text(row[4]), Currency: figure.Text(row[5]), BalanceDay: figure.ParseDay(figure.Text(row[6]))}
		f.Told = told(row[3:])
		at[feedKey{f.Source, f.Connection}] = len(feeds)
		feeds = append(feeds, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	others, err := s.Sources(ctx, penates.BankOperations)
	if err != nil {
		return nil, err
	}
	if len(others) > maxFeeds {
		return nil, fmt.Errorf("more than %d sources of bank operations: %w", maxFeeds, penates.TooLarge)
	}
	for _, o := range others {
		if _, known := at[feedKey{o.Connector, o.Connection}]; !known {
			feeds = append(feeds, Feed{Source: o.Connector, Connection: o.Connection, BalanceDay: figure.Unknown})
		}
	}
	return feeds, nil
}

// maxFeeds bounds how many sources and accounts are told apart.
const maxFeeds = 10_000

// iban reads an IBAN; anything else is "".
func iban(cell any) string {
	s := strings.ToUpper(strings.Join(strings.Fields(figure.Text(cell)), ""))
	if layout, ok := layoutOf(s); ok && len(s) == layout.length {
		return s
	}
	if len(s) >= 15 && len(s) <= 34 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] <= '9' && s[3] <= '9' {
		return s
	}
	return ""
}

// told counts the cells that say something.
func told(cells []any) (n int) {
	for _, c := range cells {
		if c != nil && c != "" && c != "[]" {
			n++
		}
	}
	return n
}

// loadBookings reads the operations. Feeds without a document get to know from
// them what account they are of.
func loadBookings(ctx context.Context, s *vault.Session, feeds []Feed) (bookings []Booking, err error) {
	at := make(map[feedKey]int, len(feeds))
	for i := range feeds {
		at[feedKey{feeds[i].Source, feeds[i].Connection}] = i
	}
	err = query.Each(ctx, s, query.Select{
		Key: "id", From: "bank_operations", Where: "day <> '' AND amount <> 0 AND coalesce(status, '') <> 'reverted'",
		Columns: `source, connection, day, amount, currency, label, counterparty, memo, reference,
			counterpartyIban, valueDate, category, account`,
	}, func(row []any) error {
		feed, ok := at[feedKey{figure.Text(row[1]), figure.Text(row[2])}]
		amount, exact := figure.Amount(row[4])
		if !ok || !exact {
			return nil
		}
		bookings = append(bookings, Booking{
			ID: penates.DocumentID(figure.Text(row[0])), Feed: feed, Day: figure.ParseDay(figure.Text(row[3])), Amount: amount, Currency: figure.Text(row[5]),
			Label: strings.TrimSpace(figure.Text(row[6]) + " " + figure.Text(row[7]) + " " + figure.Text(row[8])), Reference: figure.Text(row[9]), Told: told(row[6:13]),
		})
		if f := &feeds[feed]; f.ID == "" && f.IBAN == "" && f.Number == "" {
			f.IBAN, f.Number, f.Currency = iban(row[13]), figure.Text(row[13]), figure.Text(row[5])
		}
		return nil
	})
	return bookings, err
}
