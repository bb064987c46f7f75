package demo

import (
	"fmt"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// of returns the operations of an account between two days, both included.
func (l *ledger) of(account int, first, last day) (found []operation) {
	for _, o := range l.ops {
		if o.account == account && first <= o.booked && o.booked <= last {
			found = append(found, o)
		}
	}
	return found
}

// closing returns the account's balance at the end of a day.
func (l *ledger) closing(account int, at day) cents {
	balance := accounts[account].opening
	for _, o := range l.ops {
		if o.account == account && o.booked <= at {
			balance = o.balance
		}
	}
	return balance
}

var ofxTypes = [...]string{
	cardPayment: "POS", directDebit: "DIRECTDEBIT", transfer: "XFER", cash: "ATM", cheque: "CHECK", interest: "INT",
}

// ofx writes a statement as French banks give it out: OFX 1.0.2, SGML without
// closing tags, Windows-1252.
func (l *ledger) ofx(n int, first, last day) ([]byte, error) {
	a := accounts[n]
	var b strings.Builder
	b.WriteString("OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n")
	b.WriteString("<OFX>\n<SIGNONMSGSRSV1>\n<SONRS>\n<STATUS>\n<CODE>0\n<SEVERITY>INFO\n</STATUS>\n")
	fmt.Fprintf(&b, "<DTSERVER>%s070000\n<LANGUAGE>FRA\n</SONRS>\n</SIGNONMSGSRSV1>\n", (last + 1).compact())
	fmt.Fprintf(&b, "<BANKMSGSRSV1>\n<STMTTRNRS>\n<TRNUID>%s\n<STATUS>\n<CODE>0\n<SEVERITY>INFO\n</STATUS>\n<STMTRS>\n<CURDEF>EUR\n", last.compact())
	fmt.Fprintf(&b, "<BANKACCTFROM>\n<BANKID>%s\n<BRANCHID>%s\n<ACCTID>%s\n<ACCTTYPE>%s\n</BANKACCTFROM>\n", a.code, a.branch, a.number, a.kind)
	fmt.Fprintf(&b, "<BANKTRANLIST>\n<DTSTART>%s\n<DTEND>%s\n", first.compact(), last.compact())
	for i, o := range l.of(n, first, last) {
		b.WriteString(o.ofx(fmt.Sprintf("%s%04d", o.booked.compact(), i+1)))
	}
	fmt.Fprintf(&b, "</BANKTRANLIST>\n<LEDGERBAL>\n<BALAMT>%s\n<DTASOF>%s\n</LEDGERBAL>\n", l.closing(n, last), last.compact())
	b.WriteString("</STMTRS>\n</STMTTRNRS>\n</BANKMSGSRSV1>\n</OFX>\n")
	coded, err := encoding.ReplaceUnsupported(charmap.Windows1252.NewEncoder()).String(b.String())
	return []byte(coded), err
}

func (o operation) ofx(id string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<STMTTRN>\n<TRNTYPE>%s\n<DTPOSTED>%s\n", ofxTypes[o.kind], o.booked.compact())
	if o.acted != o.booked {
		fmt.Fprintf(&b, "<DTUSER>%s\n", o.acted.compact())
	}
	fmt.Fprintf(&b, "<TRNAMT>%s\n<FITID>%s\n", o.amount, id)
	if o.kind == cheque {
		fmt.Fprintf(&b, "<CHECKNUM>%s\n", o.who)
	}
	name, memo := o.label("02/01"), o.memo
	if len(name) > 32 { // what the field holds (OFX 1.0.2, section 11.4.3)
		memo = strings.TrimSpace(name + " " + memo)
		name = strings.TrimSpace(name[:32])
	}
	fmt.Fprintf(&b, "<NAME>%s\n", sgmlEscaped(name))
	if memo != "" {
		fmt.Fprintf(&b, "<MEMO>%s\n", sgmlEscaped(memo))
	}
	b.WriteString("</STMTTRN>\n")
	return b.String()
}

func sgmlEscaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// csv writes the operations of an account as a bank on line lets its customers
// download them: newest first, amounts with a decimal comma, the account's
// balance after each operation.
func (l *ledger) csv(n int) []byte {
	a := accounts[n]
	ops := l.of(n, l.plan.first, l.plan.last)
	var b strings.Builder
	b.WriteString("\ufeffdateOp;dateVal;label;category;categoryParent;supplierFound;amount;comment;accountNum;accountLabel;accountbalance\n")
	for i := len(ops) - 1; i >= 0; i-- {
		o := ops[i]
		label := o.label("02/01/06")
		if o.kind == cardPayment {
			label += " CB*4417"
		}
		fmt.Fprintf(&b, "%s;%s;\"%s\";\"%s\";\"%s\";\"%s\";\"%s\";\"%s\";\"%s\";\"%s\";%s\n",
			o.booked, o.booked, label, o.category.name, o.category.parent, strings.ToLower(o.who),
			o.amount.comma(), o.memo, a.number, a.label, o.balance)
	}
	return []byte(b.String())
}
