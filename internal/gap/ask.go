package gap

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// Ask returns what comes regularly in the vault of s, what lacks something first.
func Ask(ctx context.Context, s *vault.Session) ([]Finding, error) {
	all := []Finding{}
	for _, find := range []func(context.Context, *vault.Session) ([]Finding, error){askBills, askBank, askMonths, askDays} {
		found, err := find(ctx, s)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return sorted(all), nil
}

func askBills(ctx context.Context, s *vault.Session) ([]Finding, error) {
	var bills []Bill
	first := figure.Unknown
	err := query.Each(ctx, s, query.Select{
		Key: "id", Columns: "source, connection, vendor, contract, day", From: "bills", Where: "NOT isRefund AND vendor <> '' AND day <> '' AND duplicate_of IS NULL",
	}, func(row []any) error {
		b := Bill{ID: penates.DocumentID(figure.Text(row[0])), Source: figure.Text(row[1]), Connection: figure.Text(row[2]),
			Vendor: figure.Text(row[3]), Contract: figure.Text(row[4]), Day: figure.ParseDay(figure.Text(row[5]))}
		bills = append(bills, b)
		if b.Day != figure.Unknown && (first == figure.Unknown || b.Day < first) {
			first = b.Day
		}
		return nil
	})
	if err != nil || len(bills) == 0 || first == figure.Unknown {
		return nil, err
	}
	paying := map[penates.DocumentID]bool{}
	err = query.Each(ctx, s, query.Select{Key: "id", Columns: `"from"`, From: "links", Where: "rel = 'pays'"}, func(row []any) error {
		paying[penates.DocumentID(figure.Text(row[1]))] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	var debits []Debit
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "day, label, counterparty", From: "bank_operations", Where: "amount < 0 AND day >= '" + first.String() + "' AND duplicate_of IS NULL AND coalesce(status, '') <> 'reverted'",
	}, func(row []any) error {
		d := Debit{ID: penates.DocumentID(figure.Text(row[0])), Day: figure.ParseDay(figure.Text(row[1]))}
		if !paying[d.ID] && d.Day != figure.Unknown {
			d.Words = company.Words(figure.Text(row[2]) + " " + figure.Text(row[3]))
			debits = append(debits, d)
		}
		return nil
	})
	return FindBills(bills, debits), err
}

// bank is the accounts as they are put together, by source and connection.
type bank struct {
	accounts []Account
	at       map[[2]string]int
	months   []map[figure.Month]int
}

func askBank(ctx context.Context, s *vault.Session) ([]Finding, error) {
	b, err := loadAccounts(ctx, s)
	if err != nil {
		return nil, err
	}
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "source, connection, day, amount", From: "bank_operations",
		Where: "day <> '' AND duplicate_of IS NULL AND coalesce(status, '') NOT IN ('reverted', 'pending')",
	}, func(row []any) error {
		amount, ok := figure.Amount(row[4])
		day := figure.ParseDay(figure.Text(row[3]))
		if !ok || day == figure.Unknown {
			return nil
		}
		i := b.of(figure.Text(row[1]), figure.Text(row[2]))
		b.accounts[i].Operations = append(b.accounts[i].Operations, Amount{day, amount})
		b.months[i][day.Month()]++
		return nil
	})
	if err != nil {
		return nil, err
	}
	var monthly []Monthly
	for i := range b.accounts {
		a := &b.accounts[i]
		monthly = append(monthly, Monthly{penates.BankOperations, a.Source, a.Connection, a.Name, b.months[i], a.Documents})
	}
	return append(FindMonths(monthly), FindBalances(b.accounts)...), nil
}

// of returns where the account is that a source tells of.
func (b *bank) of(source, connection string) int {
	k := [2]string{source, connection}
	i, ok := b.at[k]
	if !ok {
		i = len(b.accounts)
		b.at[k] = i
		b.accounts = append(b.accounts, Account{Source: source, Connection: connection, Name: cmp.Or(connection, source)})
		b.months = append(b.months, map[figure.Month]int{})
	}
	return i
}

// loadAccounts reads the accounts, those of several sources once, with the balances
// they have and had.
func loadAccounts(ctx context.Context, s *vault.Session) (*bank, error) {
	b := &bank{at: map[[2]string]int{}}
	t, err := s.Query(ctx, `SELECT id, coalesce(duplicate_of, id), source, connection, coalesce(nullif(label, ''), nullif(iban, ''), number), currency
		FROM bank_accounts ORDER BY duplicate_of IS NOT NULL, id LIMIT 1000`, 0)
	if err != nil {
		return nil, err
	}
	whole := map[string]int{} // by the fullest document
	for _, row := range t.Rows {
		id, fullest := figure.Text(row[0]), figure.Text(row[1])
		k := [2]string{figure.Text(row[2]), figure.Text(row[3])}
		i, known := whole[fullest]
		if !known {
			i = b.of(k[0], k[1])
			whole[fullest], whole[id] = i, i
			b.accounts[i].Name, b.accounts[i].Currency = cmp.Or(figure.Text(row[4]), b.accounts[i].Name), figure.Text(row[5])
		}
		b.at[k] = i
		if err := b.accounts[i].remember(ctx, s, penates.DocumentID(id)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// remember adds the balances a document of the account tells, and told before it was
// brought up to date.
func (a *Account) remember(ctx context.Context, s *vault.Session, id penates.DocumentID) error {
	a.Documents = append(a.Documents, id)
	now, err := s.Document(ctx, id)
	if err != nil {
		return err
	}
	past, err := s.History(ctx, id)
	if err != nil {
		return err
	}
	states := []penates.Document{now.Document}
	for _, r := range past {
		var d penates.Document
		if json.Unmarshal(r.Document, &d) == nil { // what cannot be read says nothing of a balance
			states = append(states, d)
		}
	}
	for i := range states {
		d := &states[i]
		var body struct {
			BalanceDate string
		}
		if len(d.Body) > 0 && json.Unmarshal(d.Body, &body) != nil || d.Money == nil || a.Currency != "" && d.Money.Currency != a.Currency {
			continue
		}
		day := figure.ParseDay(cmp.Or(body.BalanceDate, d.Time.Start.Date()))
		if amount, ok := figure.Amount(string(d.Money.Amount)); ok && day != figure.Unknown {
			a.Balances = append(a.Balances, Amount{day, amount})
		}
	}
	return nil
}

// askMonths counts the months of what never falls silent for long: mailboxes and
// telephones. Chats do.
func askMonths(ctx context.Context, s *vault.Session) ([]Finding, error) {
	var all []Monthly
	for _, of := range []struct {
		kind        penates.Type
		view, where string
	}{{penates.Messages, "messages", "source = 'mail'"}, {penates.Calls, "calls", "1"}} {
		at := map[[2]string]int{}
		t, err := s.Query(ctx, "SELECT source, connection, substr(day, 1, 7), count(*) FROM "+of.view+
			" WHERE day <> '' AND duplicate_of IS NULL AND "+of.where+" GROUP BY 1, 2, 3 ORDER BY 1, 2, 3", 0)
		if err != nil {
			return nil, err
		}
		for _, row := range t.Rows {
			k := [2]string{figure.Text(row[0]), figure.Text(row[1])}
			i, ok := at[k]
			if !ok {
				i = len(all)
				at[k] = i
				all = append(all, Monthly{Type: of.kind, Source: k[0], Connection: k[1], Name: cmp.Or(k[1], k[0]), Months: map[figure.Month]int{}})
			}
			if day := figure.ParseDay(figure.Text(row[2]) + "-01"); day != figure.Unknown {
				all[i].Months[day.Month()] += int(figure.Whole(row[3]))
			}
		}
	}
	return FindMonths(all), nil
}

func askDays(ctx context.Context, s *vault.Session) ([]Finding, error) {
	at := map[[2]string]int{}
	var meters []Meter
	err := query.Each(ctx, s, query.Select{
		Key: "id", Columns: "source, connection, meter, measure, day", From: "energy",
		Where: "measure IN ('load-curve', 'daily') AND day <> '' AND duplicate_of IS NULL", Group: "id, day",
	}, func(row []any) error {
		name := company.Number(cmp.Or(figure.Text(row[3]), figure.Text(row[2])))
		k := [2]string{name, figure.Text(row[4])}
		i, ok := at[k]
		if !ok {
			i = len(meters)
			at[k] = i
			meters = append(meters, Meter{Source: figure.Text(row[1]), Connection: figure.Text(row[2]), Name: cmp.Or(figure.Text(row[3]), figure.Text(row[2])), Measure: k[1]})
		}
		if day := figure.ParseDay(figure.Text(row[5])); day != figure.Unknown {
			meters[i].Days = append(meters[i].Days, day)
		}
		return nil
	})
	slices.SortFunc(meters, func(a, b Meter) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Measure, b.Measure)) })
	return FindDays(meters), err
}
