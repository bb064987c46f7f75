// Package mapping holds what a person said once of the columns of a table: which
// one is the date, the amount, the wording. It is remembered in the vault by the
// row of headings, so that every later file of the same source is read the same way.
package mapping

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"penates"
	"penates/internal/locale"
)

// A Role is what a column holds.
type Role string

// The roles of columns. An amount is signed; debit and credit are two columns, one
// for what goes out and one for what comes in.
const (
	Date         Role = "date"
	ValueDate    Role = "value-date"
	Label        Role = "label"
	Memo         Role = "memo"
	Amount       Role = "amount"
	Debit        Role = "debit"
	Credit       Role = "credit"
	Currency     Role = "currency"
	Account      Role = "account"
	Balance      Role = "balance"
	Counterparty Role = "counterparty"
	Reference    Role = "reference"
	Category     Role = "category"
)

// Roles returns all roles, in the order people are asked for them.
func Roles() []Role {
	return []Role{Date, ValueDate, Label, Memo, Amount, Debit, Credit, Currency, Account, Balance, Counterparty, Reference, Category}
}

// Limits of a mapping.
const (
	MaxColumns = 200
	maxHeading = 200 // bytes
	maxName    = 80
	maxKept    = 1000
)

// A Mapping says what the columns of tables with certain headings hold.
type Mapping struct {
	ID string `json:"id"` // by its headings: see ID
	// Name is the bank's, as the person calls it.
	Name     string       `json:"name,omitempty"`
	Headings []string     `json:"headings"`
	Columns  map[Role]int `json:"columns"` // by number, the first being 0
	// Order is that of the parts of a date: "dmy", "mdy" or "ymd".
	Order string `json:"order"`
	// Decimal is the decimal mark, "," or "."; "" when each amount tells.
	Decimal string `json:"decimal,omitempty"`
	// Reversed says that what goes out is positive, as in statements of some cards.
	Reversed bool `json:"reversed,omitempty"`
	// Currency and Account are those of all rows, where no column has them.
	Currency string    `json:"currency,omitempty"` // ISO 4217
	Account  string    `json:"account,omitempty"`  // number or IBAN
	Saved    time.Time `json:"saved"`
}

// ID names the tables that have these headings, however they write case, accents
// and blanks.
func ID(headings []string) string {
	n := len(headings)
	for n > 0 && strings.TrimSpace(headings[n-1]) == "" {
		n--
	}
	h := sha256.New()
	for _, s := range headings[:n] {
		h.Write([]byte(locale.Fold(strings.Trim(s, "\uFEFF \t:")) + "\x1f"))
	}
	return "map_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:16]))
}

// Has reports whether a column has the role.
func (m *Mapping) Has(r Role) bool {
	_, ok := m.Columns[r]
	return ok
}

// DayOrder is the order of the parts of a date.
func (m *Mapping) DayOrder() locale.Order {
	switch m.Order {
	case "mdy":
		return locale.MDY
	case "ymd":
		return locale.YMD
	}
	return locale.DMY
}

// Mark is the decimal mark, 0 when each amount tells.
func (m *Mapping) Mark() byte {
	if m.Decimal == "" {
		return 0
	}
	return m.Decimal[0]
}

// Problem says what keeps a mapping from being used. Its text is the message's name
// for the pages, and what the command line prints.
type Problem string

// The problems a mapping may have.
const (
	NoDate       Problem = "no column holds the date"
	NoAmount     Problem = "no column holds the amount, or only one of debit and credit does"
	TwoAmounts   Problem = "there is an amount beside debit and credit"
	NoLabel      Problem = "no column holds a wording"
	TwiceUsed    Problem = "one column has two roles"
	BadColumn    Problem = "a column is not in the table"
	BadOrder     Problem = "the order of dates is none of dmy, mdy, ymd"
	BadDecimal   Problem = "the decimal mark is neither a comma nor a point"
	BadCurrency  Problem = "the currency is no code of three letters"
	BadText      Problem = "the name or the account is too long"
	BadHeadings  Problem = "the row of headings is empty or too long"
	badRoleOther Problem = "a column has a role that is not known"
)

func (p Problem) Error() string { return string(p) }

// Unwrap makes a Problem an Invalid error.
func (p Problem) Unwrap() error { return penates.Invalid }

// Check returns nil, or the Problem of m.
func (m *Mapping) Check() error {
	width := len(m.Headings)
	if width < 2 || width > MaxColumns || slices.ContainsFunc(m.Headings, func(h string) bool { return len(h) > maxHeading || !utf8.ValidString(h) }) {
		return BadHeadings
	}
	if err := m.checkColumns(width); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{"dmy", "mdy", "ymd"}, m.Order):
		return BadOrder
	case !slices.Contains([]string{"", ",", "."}, m.Decimal):
		return BadDecimal
	case m.Currency != "" && locale.Currency(m.Currency) != m.Currency:
		return BadCurrency
	case len(m.Name) > maxName || len(m.Account) > maxName || !utf8.ValidString(m.Name+m.Account):
		return BadText
	}
	return nil
}

func (m *Mapping) checkColumns(width int) error {
	used := map[int]bool{}
	for r, i := range m.Columns {
		switch {
		case !slices.Contains(Roles(), r):
			return badRoleOther
		case i < 0 || i >= width:
			return BadColumn
		case used[i]:
			return TwiceUsed
		}
		used[i] = true
	}
	switch {
	case !m.Has(Date):
		return NoDate
	case m.Has(Amount) && (m.Has(Debit) || m.Has(Credit)):
		return TwoAmounts
	case !m.Has(Amount) && !(m.Has(Debit) && m.Has(Credit)):
		return NoAmount
	case !m.Has(Label) && !m.Has(Memo) && !m.Has(Counterparty):
		return NoLabel
	}
	return nil
}

// State is where mappings are remembered: a session of the vault's owner.
type State interface {
	Remember(ctx context.Context, kind, key string, value []byte, expires time.Time) error
	Recall(ctx context.Context, kind, key string) ([]byte, error)
	RecallEach(ctx context.Context, kind, prefix string, f func(key string, value []byte) error) error
	Forget(ctx context.Context, kind, key string) error
	Note(actor penates.Actor, id penates.GrantID, action penates.Action, what string, refused error) error
}

const kind = "mapping"

// Save remembers m in place of one for the same headings, and tells the journal.
func Save(ctx context.Context, s State, m *Mapping, now time.Time) error {
	m.ID, m.Saved = ID(m.Headings), now.UTC()
	if err := m.Check(); err != nil {
		return fmt.Errorf("mapping: %w", err)
	}
	all, err := All(ctx, s)
	if err != nil {
		return err
	}
	if len(all) >= maxKept && !slices.ContainsFunc(all, func(o Mapping) bool { return o.ID == m.ID }) {
		return fmt.Errorf("more than %d mappings: %w", maxKept, penates.TooLarge)
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := s.Remember(ctx, kind, m.ID, b, time.Time{}); err != nil {
		return err
	}
	return s.Note(penates.Owner, "", penates.Change, kind, nil)
}

// All returns the mappings, in the order of their ids.
func All(ctx context.Context, s State) (all []Mapping, err error) {
	err = s.RecallEach(ctx, kind, "", func(key string, value []byte) error {
		var m Mapping
		if err := json.Unmarshal(value, &m); err != nil {
			return fmt.Errorf("mapping %s: %w (%w)", key, penates.Damaged, err)
		}
		all = append(all, m)
		return nil
	})
	return all, err
}

// Find returns the mapping of that id, or a NotExist error.
func Find(ctx context.Context, s State, id string) (m Mapping, err error) {
	b, err := s.Recall(ctx, kind, id)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	return m, err
}

// Remove forgets the mapping of that id, and tells the journal.
func Remove(ctx context.Context, s State, id string) error {
	if err := s.Forget(ctx, kind, id); err != nil {
		if errors.Is(err, penates.NotExist) {
			return fmt.Errorf("mapping %s: %w", id, penates.NotExist)
		}
		return err
	}
	return s.Note(penates.Owner, "", penates.Change, kind, nil)
}
