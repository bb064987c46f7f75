package bankcsv

import (
	"cmp"
	"fmt"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
)

// A held account is one that a file tells of, with the balances that its first
// and last rows show.
type held struct {
	bank.Account
	mark            byte // of decimals
	rows            int
	first, last     penates.Moment
	atFirst, atLast string
}

// A naming is how a row names its account.
type naming struct{ account, product, currency string }

// accountOf returns the account a row belongs to: the one the row names, else
// the one named above the table.
func (t *table) accountOf(fields []string, code string) (*held, error) {
	c := t.columns
	n := naming{c.cell(fields, account), c.cell(fields, product), code}
	if t.current != nil && n == t.named {
		return t.current, nil
	}
	a := t.account
	a.Institution, a.Bank = c.institution, cmp.Or(a.Bank, c.name)
	a.Currency = cmp.Or(a.Currency, code)
	if iban, ok := locale.IBAN(n.account); ok {
		a.IBAN = iban
	} else if n.account != "" {
		a.Number = clip(n.account)
	}
	if s := locale.Line(c.cell(fields, accountName)); s != "" {
		a.Label = clip(s)
	}
	if c.at[product] >= 0 {
		a.Part, a.Label, a.Currency = productName(n.product)+":"+code, clip(n.product)+" "+code, code
	}
	h := t.accounts[a.Connection()]
	if h == nil {
		if len(t.accounts) >= maxAccounts {
			return nil, fmt.Errorf("more than %d accounts: %w", maxAccounts, penates.TooLarge)
		}
		h = &held{Account: a, mark: c.mark}
		t.accounts[a.Connection()] = h
		t.order = append(t.order, h)
	}
	t.named, t.current = naming{clone(n.account), clone(n.product), code}, h
	return h, nil
}

// productName returns one name for a product that is worded in the language of
// the download.
func productName(s string) string {
	switch folded := locale.Fold(s); folded {
	case "valeur actuelle", "actuel", "compte courant", "aktuell", "girokonto":
		return "current"
	case "epargne", "ersparnisse":
		return "savings"
	default:
		return clip(folded)
	}
}

// observe keeps the balance after the first and after the last operation.
func (h *held) observe(o *bank.Operation, after string) {
	if after != "" && o.Body.Status != bank.Reverted {
		if h.atFirst == "" {
			h.first, h.atFirst = o.Day, clone(after)
		}
		h.last, h.atLast = o.Day, clone(after)
	}
	h.rows++
}

// settle takes the balance that the latest row shows, when the rows are in order
// of date and nothing above the table has told one.
func (h *held) settle() {
	day, shown := h.last, h.atLast
	switch {
	case h.Balance != "" || shown == "":
		return
	case h.first.Time().After(h.last.Time()):
		day, shown = h.first, h.atFirst
	case h.first.Time().Equal(h.last.Time()) && h.rows > 1:
		return
	}
	if d, err := locale.AmountComma(shown, h.mark); err == nil {
		h.Balance, h.BalanceDay = d, day
	}
}

// giveAccounts gives out what is known of the accounts; one of which nothing is
// known but its bank is none.
func (t *table) giveAccounts() error {
	if len(t.order) == 0 && t.account.Number+t.account.IBAN != "" && t.columns != nil { // a table without rows
		if _, err := t.accountOf(nil, cmp.Or(t.account.Currency, t.columns.currency, t.columns.home())); err != nil {
			return err
		}
	}
	for _, h := range t.order {
		h.settle()
		if h.Number+h.IBAN+h.Part+string(h.Balance) == "" {
			continue
		}
		if err := h.Give(t.out, ""); err != nil {
			return err
		}
	}
	return nil
}
