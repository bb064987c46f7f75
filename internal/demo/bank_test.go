package demo_test

import (
	"encoding/csv"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"penates/internal/demo"
)

// booked is an operation as an independent reader sees it; amounts in cents.
type booked struct {
	day, acted, name, memo, id string
	amount                     int64
}

var ofxField = regexp.MustCompile(`(?m)^<([A-Z]+)>(.+)$`)

// readOFX reads the yearly statements of an account, by lines.
func readOFX(t testing.TB, h *demo.Household, account string) (ops []booked) {
	t.Helper()
	for _, path := range h.Paths() {
		if !strings.HasPrefix(path, "banque/"+account) {
			continue
		}
		text, err := charmap.Windows1252.NewDecoder().Bytes(file(t, h, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "<STMTTRN>")[1:] {
			block, _, ended := strings.Cut(block, "</STMTTRN>")
			if !ended {
				t.Fatalf("%s: block without end", path)
			}
			field := map[string]string{}
			for _, m := range ofxField.FindAllStringSubmatch(block, -1) {
				field[m[1]] = m[2]
			}
			o := booked{day: field["DTPOSTED"], acted: field["DTUSER"], name: field["NAME"], memo: field["MEMO"], id: field["FITID"], amount: cents(t, field["TRNAMT"])}
			if o.acted == "" {
				o.acted = o.day
			}
			ops = append(ops, o)
		}
	}
	return ops
}

// cents reads an amount with two decimals, with a point or a comma.
func cents(t testing.TB, s string) int64 {
	t.Helper()
	n, ok := new(big.Int).SetString(strings.NewReplacer(".", "", ",", "").Replace(s), 10)
	if !ok || len(s) < 4 || !strings.ContainsAny(s[len(s)-3:], ".,") {
		t.Fatalf("amount %q", s)
	}
	return n.Int64()
}

// checkBalances adds up every account from its files.
func checkBalances(t *testing.T, h *demo.Household) {
	t.Helper()
	for n, name := range []string{"compte-courant", "", "livret"} {
		a := h.Facts().Accounts[n]
		if name == "" {
			checkCSV(t, h, a)
			continue
		}
		ops := readOFX(t, h, name)
		if len(ops) != a.Operations {
			t.Errorf("%s: %d operations, want %d", name, len(ops), a.Operations)
		}
		balance, last, ids := cents(t, string(a.Opening)), "", map[string]bool{}
		for i, o := range ops {
			balance += o.amount
			if o.day < last || ids[o.id] {
				t.Errorf("%s: operation %s of %s out of order or twice", name, o.id, o.day)
			}
			last, ids[o.id] = o.day, true
			if endOfDay := i+1 == len(ops) || ops[i+1].day != o.day; endOfDay && balance < 0 {
				t.Errorf("%s: overdrawn by %d cents on %s", name, -balance, o.day)
			}
		}
		if balance != cents(t, string(a.Closing)) {
			t.Errorf("%s: the operations lead to %d cents, want %s", name, balance, a.Closing)
		}
	}
}

// checkCSV walks the running balance of the export from its oldest row, which
// is its last.
func checkCSV(t *testing.T, h *demo.Household, a demo.Account) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file(t, h, "compte-coli.csv")), "\ufeff")))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows)-1 != a.Operations {
		t.Errorf("%s: %d rows, want %d", a.Label, len(rows)-1, a.Operations)
	}
	balance := cents(t, string(a.Opening))
	for i := len(rows) - 1; i > 0; i-- {
		balance += cents(t, rows[i][6])
		if said := cents(t, rows[i][10]); said != balance {
			t.Fatalf("row %d: balance %d cents, the operations lead to %d", i+1, said, balance)
		}
		if rows[i][8] != a.Number {
			t.Fatalf("row %d: account %s", i+1, rows[i][8])
		}
	}
	if balance != cents(t, string(a.Closing)) {
		t.Errorf("%s: the operations lead to %d cents, want %s", a.Label, balance, a.Closing)
	}
}

func TestStatements(t *testing.T) {
	h := household(t, 1, lastDay)
	checkBalances(t, h)
	for _, a := range h.Facts().Accounts {
		digits := strings.NewReplacer("F", "15", "R", "27").Replace(a.IBAN[4:] + a.IBAN[:4])
		n, ok := new(big.Int).SetString(digits, 10)
		if !ok || len(a.IBAN) != 27 || n.Mod(n, big.NewInt(97)).Int64() != 1 {
			t.Errorf("IBAN %s does not check", a.IBAN)
		}
	}
}

// What is paid every month is there every month, at the prices of the facts.
func TestSubscriptions(t *testing.T) {
	h := household(t, 1, lastDay)
	changed := 0
	for _, s := range h.Facts().Subscriptions {
		if len(s.Prices) == 0 {
			t.Errorf("%s is never paid", s.Vendor)
		}
		if len(s.Prices) > 1 {
			changed++
		}
	}
	if changed < 5 {
		t.Errorf("the price of %d subscriptions changes, want at least 5", changed)
	}
	debits := 0
	for _, o := range readOFX(t, h, "compte-courant") {
		if strings.Contains(o.name, "SANTE PERVENCHE") && o.amount < 0 {
			debits++
		}
	}
	within(t, "debits of the complementary insurance", debits, 23, 25)
}

// checkDebits finds the debit of every bill in the statements.
func checkDebits(t *testing.T, h *demo.Household) {
	t.Helper()
	type debit struct {
		day    string
		amount int64
	}
	found := map[debit][]string{}
	for _, o := range readOFX(t, h, "compte-courant") {
		d := debit{o.day, o.amount}
		found[d] = append(found[d], o.name+" "+o.memo)
	}
	open := 0
	for _, b := range h.Facts().Bills {
		wait := b.Due.Time().Sub(b.Issued.Time()).Hours() / 24
		if wait < 10 || wait > 15 {
			t.Errorf("%s: debited %v days after it was issued", b.Number, wait)
		}
		if !b.Paid {
			open++
			if !b.Due.Time().After(h.Last) {
				t.Errorf("%s: due on %s and not paid", b.Number, b.Due)
			}
			continue
		}
		words := strings.Join(found[debit{b.Due.Time().Format("20060102"), -cents(t, string(b.Total))}], " ")
		if !strings.Contains(words, demo.Capitals(b.Vendor)) || !strings.Contains(words, b.Number) {
			t.Errorf("%s: no debit of %s on %s, found %q", b.Number, b.Total, b.Due, words)
		}
	}
	if open > 4 {
		t.Errorf("%d bills are open", open)
	}
}
