package ofx

import (
	"strings"

	"penates/internal/importer/bank"
	"penates/internal/locale"
)

// trades words the investment transactions, which often have no text.
var trades = map[string]string{
	"BUYDEBT": "buy bonds", "BUYMF": "buy fund", "BUYOPT": "buy options", "BUYOTHER": "buy", "BUYSTOCK": "buy stock",
	"SELLDEBT": "sell bonds", "SELLMF": "sell fund", "SELLOPT": "sell options", "SELLOTHER": "sell", "SELLSTOCK": "sell stock",
	"INCOME": "income", "REINVEST": "reinvestment", "RETOFCAP": "return of capital", "INVEXPENSE": "expense",
	"MARGININTEREST": "margin interest", "CLOSUREOPT": "option closure",
	"TRANSFER": "securities transfer", "JRNLFUND": "subaccount journal", "JRNLSEC": "securities journal", "SPLIT": "securities split",
}

// cashless lists the trades that move securities and no money, but for what TOTAL
// or FRACCASH says.
var cashless = map[string]bool{"TRANSFER": true, "JRNLSEC": true, "SPLIT": true}

// moved returns how much money a transaction moves.
func moved(r *record) string {
	amount := r.get("TRNAMT", "TOTAL", "FRACCASH")
	if amount == "" && cashless[r.name] {
		return "0"
	}
	return amount
}

// tradeText words an investment transaction in one line: what was done with which
// security, and with how many units of it where no money tells.
func tradeText(r *record, label string) string {
	text := label
	if units, err := locale.Amount(r.get("UNITS")); err == nil && cashless[r.name] {
		text += " " + string(bank.Canonical(units)) + " ×"
	}
	return strings.TrimSpace(text + " " + r.get("SECID/UNIQUEID"))
}

// transactionKind returns the kind for TRNTYPE, "" where the wording tells more.
func transactionKind(r *record) string {
	if b := r.name; b != "STMTTRN" && b != "STMTTRNP" {
		if b == "INCOME" || b == "MARGININTEREST" {
			return "interest"
		}
		return "other"
	}
	switch strings.ToUpper(r.get("TRNTYPE")) {
	case "INT", "DIV":
		return "interest"
	case "FEE", "SRVCHG":
		return "fee"
	case "ATM", "CASH":
		return "cash"
	case "POS":
		return "card"
	case "CHECK":
		return "check"
	case "XFER", "DIRECTDEP", "REPEATPMT":
		return "transfer"
	case "DIRECTDEBIT":
		return "debit"
	}
	return ""
}
