package bankcsv

import (
	"strings"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
)

// A facts row is a row that is no operation: what stands above a table (account
// number, balance, period) or below it. readFacts takes from it what it tells
// of the account.
func readFacts(fields []string, a *bank.Account) {
	for i, f := range fields {
		f = strings.TrimSpace(f)
		if f == "" || len(f) > 200 {
			continue
		}
		rest := ""
		if i+1 < len(fields) {
			rest = strings.TrimSpace(fields[i+1])
		}
		if key, v, ok := strings.Cut(f, ":"); ok && strings.TrimSpace(v) != "" {
			f, rest = strings.TrimSpace(key), strings.TrimSpace(v)
		}
		readFact(f, rest, fields, i, a)
	}
}

// readFact reads one cell: a key and what follows it, or a value that tells by
// itself what it is.
func readFact(key, rest string, fields []string, i int, a *bank.Account) {
	folded := locale.Fold(key)
	if iban, ok := locale.IBAN(strings.TrimPrefix(strings.ToUpper(key), "IBAN")); ok {
		a.IBAN = iban
		return
	}
	switch {
	case strings.HasPrefix(folded, "solde") || strings.HasPrefix(folded, "balance"):
		readBalance(folded, rest, fields, i, a)
	case folded == "iban":
		if iban, ok := locale.IBAN(rest); ok {
			a.IBAN = iban
		}
	case strings.Contains(folded, "compte tenu en") || folded == "devise" || folded == "currency":
		if code := locale.Currency(rest); code != "" {
			a.Currency = code
		}
	case folded == "date":
		if day, err := locale.Day(rest, locale.DMY); err == nil {
			a.BalanceDay = day
		}
	case folded == "code de la banque" || folded == "code banque":
		a.Bank = rest
	case strings.HasPrefix(folded, "nom du compte") || strings.HasPrefix(folded, "intitule du compte") || folded == "type":
		a.Label = locale.Line(rest)
	case strings.Contains(folded, "numero") && strings.Contains(folded, "compte"):
		setNumber(rest, a)
	case isAccountNumber(key):
		setNumber(key, a)
		if i > 0 && a.Label == "" && !strings.Contains(locale.Fold(fields[0]), "numero") {
			a.Label = locale.Line(fields[0])
		}
	default:
		if name, number, ok := cutNumber(key); ok { // "CCHQ n° 12345678901", "Compte de chèques ****1234"
			setNumber(number, a)
			a.Label = locale.Line(name)
		}
	}
}

func setNumber(s string, a *bank.Account) {
	if s = strings.Trim(s, " ="); s != "" && a.Number == "" && len(s) <= 40 {
		a.Number = s
	}
}

// isAccountNumber reports whether a cell is nothing but an account number: at
// least eight digits or capitals, or four after asterisks, which dates and
// amounts are not.
func isAccountNumber(s string) bool {
	stars := len(s) - len(strings.TrimLeft(s, "*Xx"))
	if stars >= 3 && len(s)-stars >= 3 && digits(s[stars:]) == len(s)-stars {
		return true
	}
	return len(s) >= 9 && len(s) <= 34 && digits(s) >= len(s)-2 && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func digits(s string) (n int) {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// cutNumber splits the name of an account from the number behind it.
func cutNumber(s string) (name, number string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 || !isAccountNumber(s[i+1:]) {
		return "", "", false
	}
	name = strings.TrimSpace(s[:i])
	for _, sign := range [...]string{"n°", "nº", "N°", "Nº", "no", "numéro", "carte"} {
		name = strings.TrimSpace(strings.TrimSuffix(name, sign))
	}
	return name, s[i+1:], name != ""
}

// readBalance reads "Solde au 06/03/2026 : 3 120,15 EUR", "Solde (EUROS);2 345,67"
// and "Solde en fin de période;;;;100,00". The balance at the beginning of the
// period is of no use, one in francs says the same again.
func readBalance(folded, rest string, fields []string, i int, a *bank.Account) {
	if strings.Contains(folded, "debut") || strings.Contains(folded, "franc") || strings.Contains(folded, "initial") {
		return
	}
	for j := i + 1; j < len(fields); j++ {
		if rest == "" {
			rest = strings.TrimSpace(fields[j])
		}
	}
	number, err := locale.Amount(rest)
	if err != nil {
		return
	}
	a.Balance, a.BalanceDay = number, penates.Moment{}
	if code := locale.Currency(lastWord(rest)); code != "" {
		a.Currency = code
	}
	for word := range strings.FieldsSeq(folded) {
		if day, err := locale.Day(word, locale.DMY); err == nil {
			a.BalanceDay = day
		}
	}
}

func lastWord(s string) string { return s[strings.LastIndexAny(s, " \u00a0")+1:] }

// firstFacts reads rows that give the account by place rather than by name, as
// the first row of some banks does: number, …, date, balance.
func firstFacts(fields []string, a *bank.Account) {
	known := a.Number != ""
	var day penates.Moment
	for _, f := range fields {
		f = strings.TrimSpace(f)
		if d, err := locale.Day(f, locale.DMY); err == nil {
			day = d
			continue
		}
		if !known || day.IsZero() || !strings.ContainsAny(f, ",.") {
			continue
		}
		if number, err := locale.Amount(f); err == nil {
			a.Balance, a.BalanceDay = number, day
			if code := locale.Currency(lastWord(f)); code != "" {
				a.Currency = code
			}
		}
	}
}
