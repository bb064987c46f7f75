package ofx

import (
	"fmt"
	"strings"

	"penates"
)

// The bounds of the structure.
const (
	maxDepth  = 100
	maxFields = 200
)

// A record is an aggregate that is read as a whole: its leaves by name, those of
// an inner aggregate that is told apart under "INNER/NAME".
type record struct {
	name        string
	first, last int // lines
	leaf        map[string]string
	depth       int // of the aggregate in the stack
}

func (r *record) get(names ...string) string {
	for _, n := range names {
		if v := r.leaf[n]; v != "" {
			return v
		}
	}
	return ""
}

// isRecord lists the aggregates that become records. What stands inside one is
// part of it.
var isRecord = map[string]bool{
	"STMTTRN": true, "STMTTRNP": true,
	"BANKACCTFROM": true, "CCACCTFROM": true, "INVACCTFROM": true, "LOANACCTFROM": true,
	"LEDGERBAL": true, "AVAILBAL": true, "INVBAL": true, "STATUS": true, "ACCTINFO": true, "FI": true, "SECINFO": true,
	"BUYDEBT": true, "BUYMF": true, "BUYOPT": true, "BUYOTHER": true, "BUYSTOCK": true,
	"SELLDEBT": true, "SELLMF": true, "SELLOPT": true, "SELLOTHER": true, "SELLSTOCK": true,
	"INCOME": true, "REINVEST": true, "RETOFCAP": true, "INVEXPENSE": true, "MARGININTEREST": true, "CLOSUREOPT": true,
	"TRANSFER": true, "JRNLFUND": true, "JRNLSEC": true, "SPLIT": true,
}

// keepsName lists the inner aggregates whose leaves would otherwise be taken for
// those of the record.
var keepsName = map[string]bool{
	"PAYEE": true, "BANKACCTTO": true, "CCACCTTO": true, "CURRENCY": true, "ORIGCURRENCY": true, "SECID": true, "BAL": true, "IMAGEDATA": true,
}

// isLeaf lists the elements with a value that may be empty without a closing
// tag, so that the next tag is not taken for a part of it.
var isLeaf = map[string]bool{
	"TRNTYPE": true, "DTPOSTED": true, "DTUSER": true, "DTAVAIL": true, "TRNAMT": true, "FITID": true, "CHECKNUM": true, "REFNUM": true,
	"NAME": true, "EXTDNAME": true, "MEMO": true, "SIC": true, "PAYEEID": true, "CURSYM": true, "CURRATE": true, "CURDEF": true,
	"BANKID": true, "BRANCHID": true, "ACCTID": true, "ACCTTYPE": true, "ACCTKEY": true, "BROKERID": true, "DESC": true, "BALAMT": true,
	"DTASOF": true, "CODE": true, "SEVERITY": true, "MESSAGE": true, "ORG": true, "FID": true, "LANGUAGE": true, "DTSERVER": true,
	"TOTAL": true, "UNITS": true, "UNITPRICE": true, "COMMISSION": true, "FEES": true, "DTTRADE": true, "DTSETTLE": true,
	"TFERACTION": true, "POSTYPE": true, "SUBACCTSEC": true, "SUBACCTFUND": true, "OLDUNITS": true, "NEWUNITS": true, "NUMERATOR": true, "DENOMINATOR": true,
	"UNIQUEID": true, "UNIQUEIDTYPE": true, "SECNAME": true, "TICKER": true, "CORRECTFITID": true, "CORRECTACTION": true, "SRVRTID": true,
}

// A parser follows the structure of the tokens. Closing tags that are missing or
// too many do not disturb it for longer than the aggregate they belong to.
type parser struct {
	*builder
	stack []string
	leaf  string  // an element that is open and may yet get its value
	at    int     // its line
	rec   *record // the outermost record that is open
	begun bool    // <OFX> was seen
	over  bool    // </OFX> was seen
}

func (p *parser) take(tok token) error {
	switch tok.kind {
	case words:
		if p.leaf != "" {
			p.value(tok)
		}
		return nil
	case openTag:
		p.begun = p.begun || tok.name == "OFX"
		return p.open(tok)
	}
	p.over = p.over || tok.name == "OFX"
	return p.close(tok)
}

// value gives the open element its text.
func (p *parser) value(tok token) {
	name := p.leaf
	p.leaf = ""
	if p.rec == nil {
		p.set(name, tok.text)
		return
	}
	p.rec.last = tok.line
	for i := len(p.stack) - 1; i >= p.rec.depth; i-- {
		if keepsName[p.stack[i]] {
			name = p.stack[i] + "/" + name
			break
		}
	}
	if _, twice := p.rec.leaf[name]; !twice && len(p.rec.leaf) < maxFields {
		p.rec.leaf[name] = tok.text
	}
}

func (p *parser) open(tok token) error {
	if tok.empty {
		return nil
	}
	if p.leaf != "" && !isLeaf[p.leaf] { // what was opened before is an aggregate
		if err := p.push(p.leaf, p.at); err != nil {
			return err
		}
	}
	p.leaf = ""
	if isRecord[tok.name] || strings.HasSuffix(tok.name, "STMTRS") {
		return p.push(tok.name, tok.line)
	}
	p.leaf, p.at = tok.name, tok.line
	return nil
}

// push opens an aggregate.
func (p *parser) push(name string, line int) error {
	if len(p.stack) >= maxDepth {
		return fmt.Errorf("line %d: more than %d elements inside each other: %w", line, maxDepth, penates.TooLarge)
	}
	if p.rec != nil && p.rec.name == name { // the one before was not closed
		if err := p.pop(p.rec.depth-1, line); err != nil {
			return err
		}
	}
	p.stack = append(p.stack, name)
	if p.rec == nil && isRecord[name] {
		p.rec = &record{name: name, first: line, last: line, leaf: map[string]string{}, depth: len(p.stack)}
	}
	if p.rec == nil {
		p.begin(name)
	}
	return nil
}

func (p *parser) close(tok token) error {
	empty := tok.name == p.leaf
	p.leaf = ""
	if empty {
		return nil
	}
	for i := len(p.stack) - 1; i >= 0; i-- {
		if p.stack[i] == tok.name {
			return p.pop(i, tok.line)
		}
	}
	return nil // the end of an element that already has its value
}

// pop closes aggregates until depth are left, and hands out the record and
// the statements among them.
func (p *parser) pop(depth, line int) error {
	for len(p.stack) > depth {
		top := p.stack[len(p.stack)-1]
		if p.rec != nil && p.rec.depth == len(p.stack) {
			rec := p.rec
			p.rec = nil
			rec.last = max(rec.last, line)
			if err := p.record(rec); err != nil {
				return err
			}
		} else if p.rec == nil {
			p.finish(top)
		}
		p.stack = p.stack[:len(p.stack)-1]
	}
	return nil
}

// end says what is missing at the end of the file.
func (p *parser) end(line int) error {
	switch {
	case p.rec != nil && isMovement(p.rec.name):
		return p.out.Refuse(p.rec.first, fmt.Errorf("the file ends inside this %s: %w", p.rec.name, penates.Invalid))
	case p.begun && !p.over:
		return p.out.Refuse(line, fmt.Errorf("the file ends before </OFX>: %w", penates.Invalid))
	case !p.begun:
		return fmt.Errorf("no <OFX> in the file: %w", penates.Unsupported)
	}
	return nil
}
