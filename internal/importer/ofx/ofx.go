// Package ofx reads Open Financial Exchange statements: OFX 1 (SGML, with or
// without closing tags) and OFX 2 (XML), as banks, card issuers and brokers let
// their customers download them (.ofx, .qfx).
//
// Bank, card and investment statements give one operation for each STMTTRN and
// STMTTRNP (pending); investment transactions with a total that moves cash (BUY…,
// SELL…, INCOME, REINVEST, RETOFCAP, INVEXPENSE, MARGININTEREST, CLOSUREOPT) give
// one too. Transfers and splits of securities move no money and give none.
// Statements and account listings (ACCTINFO) give the accounts, with their latest
// balance.
//
// FITID is meant to be unique within an account, but some banks number each
// download from one, and some give equal ids to different operations. So the
// native id is FITID with the day and the amount, and a number when a statement
// has all three twice; without FITID it is made of the content.
//
// Specification: Open Financial Exchange 1.6 and 2.2, chapters 2, 3, 11 and 13.
package ofx

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"penates/internal/importer"
	"penates/internal/locale"
)

// Format reads OFX statements.
var Format = importer.Format{Name: "ofx", Title: "OFX bank statement", Recognise: recognise, Read: read}

// headerSize is how much of a file its header may take.
const headerSize = 8 << 10

func recognise(h importer.Head) int {
	head := strings.TrimLeft(locale.Decode(h.Bytes[:min(len(h.Bytes), headerSize)], ""), "\uFEFF \t\r\n")
	upper := strings.ToUpper(head)
	switch {
	case strings.HasPrefix(upper, "OFXHEADER"), strings.HasPrefix(upper, "<?OFX"), strings.HasPrefix(upper, "<OFX>"):
		return 100
	case strings.HasPrefix(upper, "<?XML") && (strings.Contains(upper, "<?OFX") || strings.Contains(upper, "<OFX>")):
		return 100
	case strings.Contains(upper, "<OFX>") && strings.Contains(upper, "SIGNONMSGSRSV1"):
		return 80
	}
	return 0
}

// charset returns the charset the header names: CHARSET and ENCODING of OFX 1,
// the XML declaration of OFX 2.
func charset(head []byte) string {
	if name := locale.XMLCharset(head); name != "" {
		return name
	}
	if i := bytes.IndexByte(head, '<'); i >= 0 {
		head = head[:i]
	}
	upper := strings.ToUpper(string(head))
	if strings.Contains(upper, "ENCODING:UTF-8") || strings.Contains(upper, "ENCODING:UNICODE") {
		return ""
	}
	_, after, _ := strings.Cut(upper, "CHARSET:")
	end := strings.IndexFunc(after, func(r rune) bool { return r <= ' ' })
	if end >= 0 {
		after = after[:end]
	}
	return strings.TrimSuffix(after, "COMPRESSION:NONE") // headers without line ends occur
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	text, _ := locale.UTF8(file, charset(f.Bytes[:min(len(f.Bytes), headerSize)]))
	s := newScanner(text)
	b := newBuilder(out)
	p := parser{builder: b}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		tok, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // what was read so far stays
			return errors.Join(err, b.giveAccounts())
		}
		if err := p.take(tok); err != nil {
			return err
		}
	}
	if err := p.end(s.line); err != nil {
		return err
	}
	return b.giveAccounts()
}
