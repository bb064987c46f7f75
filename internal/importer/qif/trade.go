package qif

import (
	"cmp"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

// trade fills o from a record of an investment account.
func (b *builder) trade(r *record, o *bank.Operation) error {
	action, security := clip(r.get('N')), clip(r.get('Y'))
	o.Body = schema.BankOperation{Kind: "other", Counterparty: transfer(r.get('L'))}
	o.Body.Label = cmp.Or(locale.Line(action+" "+security), clip(r.get('P')), "trade")
	words := []string{clip(r.get('P'))}
	if quantity := clip(r.get('Q')); quantity != "" {
		words = append(words, quantity+" × "+cmp.Or(clip(r.get('I')), "?"))
	}
	o.Body.Memo = locale.Line(strings.Join(append(words, clip(r.get('M'))), " "))
	o.Text = locale.Line(o.Body.Label + " " + o.Body.Memo)
	if fee, err := b.amount(r.get('O')); err == nil && strings.Trim(string(fee), "0.-") != "" {
		o.Body.Fees = strings.TrimPrefix(string(fee), "-")
	}
	direction, known := directions[strings.TrimSuffix(locale.Fold(action), "x")]
	s := r.get('T', 'U', '$')
	switch {
	case known && direction == 0, s == "" && (known || security != ""):
		o.Amount = "0"
		if known && direction != 0 {
			return fmt.Errorf("%s without amount: %w", action, penates.Invalid)
		}
		return nil
	case s == "":
		return fmt.Errorf("no amount: %w", penates.Invalid)
	}
	amount, err := b.amount(s)
	if err != nil {
		return err
	}
	if direction < 0 && !amount.Negative() {
		amount = amount.Neg()
	}
	if strings.HasPrefix(locale.Fold(action), "int") || strings.HasPrefix(locale.Fold(action), "div") {
		o.Body.Kind = "interest"
	}
	o.Amount = amount
	return nil
}

// directions tell for the actions of trades whether money comes (1), goes (-1) or
// does neither (0). An "X" behind an action only says that the money comes from or
// goes to another account. Other actions have a signed amount.
var directions = map[string]int{
	"buy": -1, "cvrshrt": -1, "miscexp": -1, "margint": -1, "withdrw": -1, "xout": -1, "contrib": 1, "xin": 1,
	"sell": 1, "shtsell": 1, "div": 1, "intinc": 1, "cglong": 1, "cgmid": 1, "cgshort": 1, "miscinc": 1, "rtrncap": 1,
	"shrsin": 0, "shrsout": 0, "stksplit": 0, "reinvdiv": 0, "reinvint": 0, "reinvlg": 0, "reinvmd": 0, "reinvsh": 0,
	"grant": 0, "vest": 0, "exercise": 0, "exercis": 0, "expire": 0, "reminder": 0,
}
