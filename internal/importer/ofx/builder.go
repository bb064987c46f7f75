package ofx

import (
	"cmp"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

// maxAccounts bounds the accounts of a file.
const maxAccounts = 10_000

// A builder makes documents of the records of a file.
type builder struct {
	out         importer.Sink
	institution string
	french      bool
	statement   *bank.Account // the one whose statement is read, nil between statements
	kind        string        // of the statement: "", "card", "investment", "loan"
	currency    string        // CURDEF of the statement
	seen        bank.Namer    // of the statement
	accounts    map[string]*bank.Account
	order       []*bank.Account
}

func newBuilder(out importer.Sink) *builder {
	return &builder{out: out, accounts: map[string]*bank.Account{}}
}

// begin opens a statement.
func (b *builder) begin(name string) {
	if !strings.HasSuffix(name, "STMTRS") {
		return
	}
	b.statement, b.currency, b.seen = nil, "", bank.Namer{}
	switch name {
	case "CCSTMTRS":
		b.kind = "card"
	case "INVSTMTRS":
		b.kind = "investment"
	case "LOANSTMTRS":
		b.kind = "loan"
	default:
		b.kind = ""
	}
}

// finish closes a statement.
func (b *builder) finish(name string) {
	if strings.HasSuffix(name, "STMTRS") {
		b.statement = nil
	}
}

// set takes a value outside of the records.
func (b *builder) set(name, text string) {
	switch name {
	case "CURDEF":
		b.currency = locale.Currency(text)
		if a := b.statement; a != nil {
			a.Currency = cmp.Or(a.Currency, b.currency)
		}
	case "LANGUAGE":
		b.french = strings.EqualFold(text, "FRA")
	}
}

// record takes a whole record.
func (b *builder) record(r *record) error {
	switch r.name {
	case "BANKACCTFROM", "CCACCTFROM", "INVACCTFROM", "LOANACCTFROM":
		return b.startStatement(r)
	case "ACCTINFO":
		return b.listed(r)
	case "LEDGERBAL", "AVAILBAL", "INVBAL":
		b.balance(r)
	case "FI":
		b.institution = cmp.Or(r.get("ORG"), b.institution)
	case "STATUS":
		return b.status(r)
	}
	if isMovement(r.name) {
		return b.movement(r)
	}
	return nil
}

func isMovement(name string) bool {
	switch name {
	case "STMTTRN", "STMTTRNP":
		return true
	}
	return trades[name] != ""
}

// status tells of what the bank could not do.
func (b *builder) status(r *record) error {
	if !strings.EqualFold(r.get("SEVERITY"), "ERROR") {
		return nil
	}
	said := cmp.Or(r.get("MESSAGE"), "no message")
	return b.out.Refuse(r.first, fmt.Errorf("the bank answered with error %s (%s): %w", clip(r.get("CODE")), clip(said), penates.Invalid))
}

func clip(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 200)], "")
}

// account reads an …ACCTFROM.
func (b *builder) account(r *record, kind string) *bank.Account {
	a := &bank.Account{
		Institution: cmp.Or(b.institution, r.get("BROKERID", "BANKID")),
		Bank:        clip(r.get("BANKID", "BROKERID")),
		Number:      clip(r.get("ACCTID", "LOANACCTID")),
		Kind:        cmp.Or(kind, accountKind(r.get("ACCTTYPE"))),
		Currency:    b.currency,
	}
	if iban, ok := locale.IBAN(a.Number); ok {
		a.IBAN, a.Number = iban, ""
	} else if b.french && r.get("BRANCHID") != "" {
		if iban, ok := locale.FrenchIBAN(a.Bank, r.get("BRANCHID"), a.Number); ok {
			a.IBAN = iban
		}
	}
	return a
}

func accountKind(s string) string {
	switch strings.ToUpper(s) {
	case "CHECKING":
		return "checking"
	case "SAVINGS", "MONEYMRKT", "CD":
		return "savings"
	case "CREDITLINE":
		return "loan"
	}
	return ""
}

// keep returns the account the builder knows by a's name, a itself when it is new.
func (b *builder) keep(a *bank.Account) (*bank.Account, error) {
	if known := b.accounts[a.Connection()]; known != nil {
		known.Merge(a)
		return known, nil
	}
	if len(b.accounts) >= maxAccounts {
		return nil, fmt.Errorf("more than %d accounts: %w", maxAccounts, penates.TooLarge)
	}
	b.accounts[a.Connection()] = a
	b.order = append(b.order, a)
	return a, nil
}

func (b *builder) startStatement(r *record) error {
	a := b.account(r, b.kind)
	if a.Connection() == "" {
		return b.out.Refuse(r.first, fmt.Errorf("a statement without account number: %w", penates.Invalid))
	}
	known, err := b.keep(a)
	b.statement = known
	return err
}

// listed takes an account of an account listing.
func (b *builder) listed(r *record) error {
	a := b.account(r, "")
	a.Label, a.Currency = clip(r.get("DESC")), ""
	if a.Connection() == "" {
		return b.out.Refuse(r.first, fmt.Errorf("an account without number: %w", penates.Invalid))
	}
	_, err := b.keep(a)
	return err
}

// balance takes the balance of the statement's account; one without amount, as
// some banks write, is none.
func (b *builder) balance(r *record) {
	d, err := locale.Amount(r.get("BALAMT", "AVAILCASH"))
	if err != nil || b.statement == nil {
		return
	}
	if r.name == "AVAILBAL" {
		b.statement.Available = d
		return
	}
	day, _ := locale.Day(r.get("DTASOF"), locale.YMD)
	b.statement.Merge(&bank.Account{Balance: d, BalanceDay: day, Available: b.statement.Available})
}

// movement takes a transaction.
func (b *builder) movement(r *record) error {
	if b.statement == nil {
		return b.out.Refuse(r.first, fmt.Errorf("a transaction outside of an account's statement: %w", penates.Invalid))
	}
	o, err := b.operation(r)
	if err != nil {
		return b.out.Refuse(r.first, err)
	}
	return o.Give(b.out, b.statement)
}

func (b *builder) operation(r *record) (*bank.Operation, error) {
	if len(r.leaf) == 0 {
		return nil, fmt.Errorf("an empty %s: %w", r.name, penates.Invalid)
	}
	amount, err := locale.Amount(moved(r))
	if err != nil {
		return nil, err
	}
	posted, err := day(r, "DTPOSTED", "DTTRAN", "DTTRADE", "DTUSER", "DTSETTLE")
	if err != nil {
		return nil, err
	}
	if posted.IsZero() {
		return nil, fmt.Errorf("no date: %w", penates.Invalid)
	}
	o := &bank.Operation{Day: posted, Amount: amount, Locator: bank.Locator(r.first, r.last)}
	o.Currency = cmp.Or(locale.Currency(r.get("CURRENCY/CURSYM")), b.currency, b.statement.Currency)
	o.Body, o.Text = wording(r)
	if acted, err := day(r, "DTUSER", "DTPURCHASE"); err == nil && acted != posted {
		o.Body.RealisationDate = acted.Date()
	}
	if valued, err := day(r, "DTAVAIL", "DTSETTLE"); err == nil {
		o.Body.ValueDate = valued.Date()
	}
	o.NativeID = b.nativeID(r, o)
	return o, nil
}

// day reads the first of some dates that is there.
func day(r *record, names ...string) (penates.Moment, error) {
	s := r.get(names...)
	if s == "" {
		return penates.Moment{}, nil
	}
	if end := strings.IndexAny(s, ".[: "); end >= 8 { // the zone and fractions of a second do not move the day
		s = s[:end]
	}
	return locale.Day(s, locale.YMD)
}

// nativeID follows the rule of the package comment.
func (b *builder) nativeID(r *record, o *bank.Operation) string {
	id := r.get("FITID")
	if id == "" || len(id) > 255 {
		return b.seen.Hash(o.Day.Date(), bank.Canonical(o.Amount), o.Currency, o.Text, o.Body.Reference)
	}
	return b.seen.Unique(id + "@" + o.Day.Date() + "@" + bank.Canonical(o.Amount))
}

// wording returns the texts of a transaction, in the fields of a body and as one
// line.
func wording(r *record) (schema.BankOperation, string) {
	name := cmp.Or(r.get("EXTDNAME"), r.get("NAME"), r.get("PAYEE/NAME"))
	memo := r.get("MEMO")
	body := schema.BankOperation{
		Label: cmp.Or(name, memo), Memo: memo, Counterparty: r.get("PAYEE/NAME"), Category: r.get("CATEGORY"),
		Reference: number(r.get("CHECKNUM"), r.get("REFNUM")), Kind: transactionKind(r),
	}
	if r.name == "STMTTRNP" {
		body.Status = bank.Pending
	}
	text := body.Label
	if trade := trades[r.name]; trade != "" {
		body.Label = cmp.Or(body.Label, trade)
		text = tradeText(r, body.Label)
	}
	switch {
	case memo == "" || strings.Contains(text, memo):
		body.Memo = ""
	case strings.HasPrefix(memo, text):
		text = memo
	default:
		text += " " + memo
	}
	if iban, ok := locale.IBAN(r.get("BANKACCTTO/ACCTID")); ok {
		body.CounterpartyIBAN = iban
	}
	if fees, err := locale.Amount(r.get("FEES")); err == nil && strings.Trim(string(fees), "0.") != "" {
		body.Fees = string(fees)
	}
	return body, text
}

// number returns the first that is a number at all; "0" stands for none.
func number(candidates ...string) string {
	for _, s := range candidates {
		if strings.Trim(s, "0 ") != "" {
			return s
		}
	}
	return ""
}

// giveAccounts gives out the accounts, when all that the file says of them is
// known.
func (b *builder) giveAccounts() error {
	for _, a := range b.order {
		if err := a.Give(b.out, ""); err != nil {
			return err
		}
	}
	return nil
}
