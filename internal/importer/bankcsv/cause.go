package bankcsv

import (
	"errors"
	"strings"
)

// A Cause is why a row is refused, for pages that say it in the person's language.
type Cause string

// The causes.
const (
	BadDate    Cause = "date"    // it has none, or one that is not written as the others
	BadAmount  Cause = "amount"  // it has none, or one that is no number
	TwoAmounts Cause = "amounts" // it has a debit and a credit
	NoWording  Cause = "wording" // nothing says what it was
	ShortRow   Cause = "short"   // it has too few columns
	BadQuotes  Cause = "quotes"  // a quotation mark is opened and not closed, or it is too long
	Other      Cause = "other"
)

// A refusal is an error with its cause, and the cell that is to blame.
type refusal struct {
	error
	cause Cause
	cell  string
}

func (r *refusal) Unwrap() error { return r.error }

// because gives err a cause, and the cell that is to blame.
func because(cause Cause, cell string, err error) error {
	const most = 60
	if len(cell) > most {
		cell = strings.ToValidUTF8(cell[:most], "") + "…"
	}
	return &refusal{err, cause, clone(cell)}
}

// CauseOf returns the cause of a refusal, and the cell that is to blame, if there is one.
func CauseOf(err error) (Cause, string) {
	var r *refusal
	if errors.As(err, &r) {
		return r.cause, r.cell
	}
	return Other, ""
}

// noAmount says why a row has no amount.
func (c *columns) noAmount(fields []string, err error) error {
	out, in := c.cell(fields, debit), c.cell(fields, credit)
	switch s := c.cell(fields, amount); {
	case s != "":
		return because(BadAmount, s, err)
	case out != "" && in != "":
		return because(TwoAmounts, out+" · "+in, err)
	default:
		return because(BadAmount, out+in, err)
	}
}
