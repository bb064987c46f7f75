package ofx_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/ofx"
	"penates/internal/schema"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const header1 = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n"
const header2 = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?OFX OFXHEADER=\"200\" VERSION=\"211\" SECURITY=\"NONE\" OLDFILEUID=\"NONE\" NEWFILEUID=\"NONE\"?>\n"

// sgml is a French bank statement without closing tags on its elements.
const sgml = header1 + `<OFX>
<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260131<LANGUAGE>FRA<FI><ORG>Banque du Port<FID>1</FI></SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>
<STMTRS><CURDEF>EUR
<BANKACCTFROM><BANKID>20041<BRANCHID>01005<ACCTID>0500013M026<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260101<DTEND>20260131
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260115120000[+1:CET]<DTUSER>20260114<TRNAMT>-1 234,50<FITID>A1<NAME>PRLV ÉNERGIE & EAU<MEMO>PRLV ÉNERGIE & EAU &lt;janvier&gt;</STMTTRN>
<STMTTRN>
	<TRNTYPE>CREDIT
	<DTPOSTED>20260116
	<TRNAMT>+12.00
	<FITID>
	<CHECKNUM>0
	<NAME>
	<MEMO>VIR MME LEROY
</STMTTRN>
<STMTTRN><TRNTYPE>POS<DTPOSTED>20260117<TRNAMT>-3<FITID>A1<NAME>A < B
</BANKTRANLIST>
<LEDGERBAL><BALAMT>100,00<DTASOF>20260131</LEDGERBAL><AVAILBAL><BALAMT>90,00<DTASOF>20260131</AVAILBAL>
</STMTRS></STMTTRNRS></BANKMSGSRSV1>
</OFX>
`

// xml is a card and an investment statement, and an account listing.
const xml = header2 + `<OFX><SIGNUPMSGSRSV1><ACCTINFOTRNRS><ACCTINFORS>
<ACCTINFO><DESC>Blue card</DESC><CCACCTINFO><CCACCTFROM><ACCTID>4970</ACCTID></CCACCTFROM><SVCSTATUS>ACTIVE</SVCSTATUS></CCACCTINFO></ACCTINFO>
<ACCTINFO><DESC>Savings</DESC><BANKACCTINFO><BANKACCTFROM><BANKID>9</BANKID><ACCTID>77</ACCTID><ACCTTYPE>SAVINGS</ACCTTYPE></BANKACCTFROM></BANKACCTINFO></ACCTINFO>
</ACCTINFORS></ACCTINFOTRNRS></SIGNUPMSGSRSV1>
<CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>CHF</CURDEF><CCACCTFROM><ACCTID>4970</ACCTID></CCACCTFROM>
<BANKTRANLIST>
<STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20260105</DTPOSTED><TRNAMT>-9.90</TRNAMT><FITID>7</FITID><PAYEE><NAME>La Grange</NAME><CITY>Lyon</CITY></PAYEE><MEMO/></STMTTRN>
<!-- <STMTTRN><TRNAMT>-1</TRNAMT></STMTTRN> -->
<STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20260106</DTPOSTED><TRNAMT>-9.90</TRNAMT><FITID>8</FITID><NAME><![CDATA[Harbour & <b>Sons</b> [x]]]></NAME><CURRENCY><CURRATE>1.1</CURRATE><CURSYM>USD</CURSYM></CURRENCY></STMTTRN>
<STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20260106</DTPOSTED><TRNAMT>-9.90</TRNAMT><FITID>8</FITID><NAME>again</NAME></STMTTRN>
</BANKTRANLIST>
<BANKTRANLISTP><STMTTRNP><TRNTYPE>DEBIT</TRNTYPE><DTTRAN>20260107</DTTRAN><TRNAMT>-1.00</TRNAMT><NAME>not yet</NAME></STMTTRNP></BANKTRANLISTP>
<LEDGERBAL><BALAMT>-20.80</BALAMT><DTASOF>20260107000000</DTASOF></LEDGERBAL></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1>
<INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><DTASOF>20260107</DTASOF><CURDEF>EUR</CURDEF><INVACCTFROM><BROKERID>broker.example</BROKERID><ACCTID>P 1</ACCTID></INVACCTFROM>
<INVTRANLIST><BUYSTOCK><INVBUY><INVTRAN><FITID>1</FITID><DTTRADE>20260102</DTTRADE><DTSETTLE>20260104</DTSETTLE></INVTRAN><SECID><UNIQUEID>FR0000120271</UNIQUEID><UNIQUEIDTYPE>ISIN</UNIQUEIDTYPE></SECID>
<UNITS>2</UNITS><UNITPRICE>50</UNITPRICE><FEES>1.50</FEES><TOTAL>-101.50</TOTAL></INVBUY><BUYTYPE>BUY</BUYTYPE></BUYSTOCK>
<INCOME><INVTRAN><FITID>2</FITID><DTTRADE>20260103</DTTRADE><MEMO>DIVIDEND</MEMO></INVTRAN><SECID><UNIQUEID>FR0000120271</UNIQUEID></SECID><INCOMETYPE>DIV</INCOMETYPE><TOTAL>3.20</TOTAL></INCOME>
<TRANSFER><INVTRAN><FITID>3</FITID><DTTRADE>20260103</DTTRADE></INVTRAN><UNITS>1</UNITS></TRANSFER>
<INVBANKTRAN><STMTTRN><TRNTYPE>FEE</TRNTYPE><DTPOSTED>20260104</DTPOSTED><TRNAMT>-4</TRNAMT><FITID>4</FITID><NAME>custody</NAME></STMTTRN><SUBACCTFUND>CASH</SUBACCTFUND></INVBANKTRAN>
</INVTRANLIST><INVBAL><AVAILCASH>12.00</AVAILCASH></INVBAL></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>`

func describe(c *importertest.Collector) (lines []string) {
	for i, d := range c.Documents {
		switch body := c.Bodies[i].(type) {
		case schema.BankOperation:
			lines = append(lines, fmt.Sprintf("%s | %s %s %s %s | %s | %s | %s", d.Source.Connection, d.Time.Start, d.Money.Amount, d.Money.Currency,
				body.Status, d.Text, d.Party("counterparty"), body.Kind))
		case schema.BankAccount:
			lines = append(lines, fmt.Sprintf("%s = %s %v %s", d.Source.Connection, d.Text, d.Money, body.Kind))
		}
	}
	return lines
}

func check(t *testing.T, content string, want string) {
	t.Helper()
	if got := ofx.Format.Recognise(importertest.File("x", []byte(content)).Head); got != 100 {
		t.Errorf("recognised at %d", got)
	}
	c, err := importertest.Read(ofx.Format, "x", []byte(content))
	if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
		t.Fatalf("%v, %v, %d repeated", err, c.Refusals, c.Repeated)
	}
	if got := strings.Join(describe(c), "\n"); got != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

const wantSGML = `
FR1420041010050500013M02606 | 2026-01-15 -1234.50 EUR booked | PRLV ÉNERGIE & EAU <janvier> | ÉNERGIE & EAU | debit
FR1420041010050500013M02606 | 2026-01-16 12.00 EUR booked | VIR MME LEROY | MME LEROY | transfer
FR1420041010050500013M02606 | 2026-01-17 -3 EUR booked | A < B | A < B | card
FR1420041010050500013M02606 = Banque du Port FR1420041010050500013M02606 &{100.00 EUR} checking`

func TestSGML(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().String(sgml)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(sgml)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"utf-8":        sgml,
		"windows-1252": latin,
		"utf-16":       wide,
		"CRLF":         strings.ReplaceAll(sgml, "\n", "\r\n"),
		"one line":     header1 + strings.ReplaceAll(strings.TrimPrefix(sgml, header1), "\n", ""),
		"lower case":   strings.NewReplacer("<STMTTRN>", "<stmttrn>", "</STMTTRN>", "</stmttrn>", "<NAME>", "<name>").Replace(sgml),
		"no header":    strings.TrimPrefix(sgml, header1),
		"blank lines":  "\n\n\n" + sgml,
	} {
		t.Run(name, func(t *testing.T) { check(t, content, wantSGML) })
	}
}

func TestXML(t *testing.T) {
	check(t, xml, `
4970 | 2026-01-05 -9.90 CHF booked | La Grange | La Grange | 
4970 | 2026-01-06 -9.90 USD booked | Harbour & <b>Sons</b> [x] |  | 
4970 | 2026-01-06 -9.90 CHF booked | again |  | 
4970 | 2026-01-07 -1.00 CHF pending | not yet |  | 
BROKER.EXAMPLE:P1 | 2026-01-02 -101.50 EUR booked | buy stock FR0000120271 |  | other
BROKER.EXAMPLE:P1 | 2026-01-03 3.20 EUR booked | DIVIDEND FR0000120271 |  | interest
BROKER.EXAMPLE:P1 | 2026-01-03 0 EUR booked | securities transfer 1 × |  | other
BROKER.EXAMPLE:P1 | 2026-01-04 -4 EUR booked | custody |  | fee
4970 = Blue card 4970 &{-20.80 CHF} card
9:77 = Savings 77 <nil> savings
BROKER.EXAMPLE:P1 = broker.example P 1 &{12.00 EUR} investment`)
}

func TestFields(t *testing.T) {
	c, err := importertest.Read(ofx.Format, "x", []byte(sgml))
	if err != nil {
		t.Fatal(err)
	}
	d, body := c.Documents[0], c.Bodies[0].(schema.BankOperation)
	if d.Source.NativeID != "A1@2026-01-15@-1234.5" || d.Source.Locator != "line=17" || d.Ref(penates.RefIBAN) == "" || d.Ref(penates.RefAccount) != "0500013M026" {
		t.Errorf("source %+v, refs %v", d.Source, d.Refs)
	}
	if body.RealisationDate != "2026-01-14" || body.Label != "PRLV ÉNERGIE & EAU" || body.Memo != "PRLV ÉNERGIE & EAU <janvier>" {
		t.Errorf("body %+v", body)
	}
	if d := c.Documents[1]; d.Source.Locator != "line=18-26" || len(d.Source.NativeID) != 26 {
		t.Errorf("without FITID: %+v", d.Source)
	}
	if a := c.Bodies[3].(schema.BankAccount); a.Available != "90.00" || a.BalanceDate != "2026-01-31" || a.Institution != "Banque du Port" {
		t.Errorf("account %+v", a)
	}
}

func statement(transactions string) string {
	return header1 + "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1<ACCTID>2</BANKACCTFROM><BANKTRANLIST>\n" +
		transactions + "\n</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		content    string
		line       int
		error      string
		operations int
	}{
		"bad amount":    {statement("<STMTTRN><DTPOSTED>20260101<TRNAMT>12x<FITID>1</STMTTRN>\n<STMTTRN><DTPOSTED>20260101<TRNAMT>1<FITID>2</STMTTRN>"), 12, "amount", 1},
		"no amount":     {statement("<STMTTRN><DTPOSTED>20260101<TRNAMT><FITID>1</STMTTRN>"), 12, "amount", 0},
		"bad day":       {statement("<STMTTRN><DTPOSTED>20260231<TRNAMT>1<FITID>1</STMTTRN>"), 12, "date", 0},
		"no day":        {statement("<STMTTRN><TRNAMT>1<FITID>1</STMTTRN>"), 12, "no date", 0},
		"empty":         {statement("<STMTTRN>removed</STMTTRN>"), 12, "empty STMTTRN", 0},
		"no currency":   {strings.Replace(statement("<STMTTRN><DTPOSTED>20260101<TRNAMT>1</STMTTRN>"), "EUR", "", 1), 12, "currency", 0},
		"no account":    {strings.Replace(statement("<STMTTRN><DTPOSTED>20260101<TRNAMT>1</STMTTRN>"), "<BANKID>1<ACCTID>2", "", 1), 11, "account number", 0},
		"cut":           {statement("<STMTTRN><DTPOSTED>20260101<TRNAMT>1</STMTTRN>\n<STMTTRN><DTPOSTED>20260101<TRNA")[:strings.Index(statement("\n<STMTTRN><DTPOSTED>20260101<TRNA"), "TRNA")+46], 13, "ends inside", 1},
		"cut later":     {strings.TrimSuffix(statement("<STMTTRN><DTPOSTED>20260101<TRNAMT>1</STMTTRN>"), "</OFX>"), 13, "before </OFX>", 1},
		"error of bank": {header2 + "<OFX><SONRS><STATUS><CODE>15500</CODE><SEVERITY>ERROR</SEVERITY><MESSAGE>wrong password</MESSAGE></STATUS></SONRS></OFX>", 3, "15500 (wrong password)", 0},
		"outside":       {header1 + "<OFX><STMTTRN><DTPOSTED>20260101<TRNAMT>1</STMTTRN></OFX>", 11, "outside", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := importertest.Read(ofx.Format, "x", []byte(c.content))
			if err != nil || len(got.Refusals) == 0 {
				t.Fatalf("%v, %v", err, got.Refusals)
			}
			if r := got.Refusals[0]; r.Line != c.line || !strings.Contains(r.Err.Error(), c.error) {
				t.Errorf("line %d: %v, want line %d: %s", r.Line, r.Err, c.line, c.error)
			}
			if n := len(got.OfType(penates.BankOperations)); n != c.operations {
				t.Errorf("%d operations, want %d", n, c.operations)
			}
		})
	}
}

// Statements that overlap give the same operations, whatever FITID is worth.
func TestOverlap(t *testing.T) {
	one := "<STMTTRN><DTPOSTED>20260101<TRNAMT>-1,00<FITID>1<NAME>ONE</STMTTRN>\n"
	same := "<STMTTRN><DTPOSTED>20260101<TRNAMT>-1.0<FITID>1<NAME>ONE</STMTTRN>\n"
	reused := "<STMTTRN><DTPOSTED>20260102<TRNAMT>-2,00<FITID>1<NAME>TWO</STMTTRN>\n"
	without := "<STMTTRN><DTPOSTED>20260103<TRNAMT>-3,00<NAME>THREE</STMTTRN>\n"
	ids := func(content string) (ids []string) {
		c, err := importertest.Read(ofx.Format, "x", []byte(content))
		if err != nil || c.Repeated > 0 {
			t.Fatalf("%v, %d repeated", err, c.Repeated)
		}
		for _, d := range c.OfType(penates.BankOperations) {
			ids = append(ids, string(d.ID))
		}
		return ids
	}
	all := ids(statement(one + same + reused + without + without))
	later := ids(statement(same + reused + without))
	if len(all) != 5 || all[0] != later[0] || all[2] != later[1] || all[3] != later[2] {
		t.Errorf("%v, later %v", all, later)
	}
}

func TestHostile(t *testing.T) {
	deep := header1 + strings.Repeat("<OFX><A>", 10_000)
	if _, err := importertest.Read(ofx.Format, "x", []byte(deep)); err == nil {
		t.Error("10,000 levels were read")
	}
	long := statement("<STMTTRN><DTPOSTED>20260101<TRNAMT>1<FITID>" + strings.Repeat("f", 1<<20) + "<NAME>" + strings.Repeat("n", 1<<20) + "</STMTTRN>")
	c, err := importertest.Read(ofx.Format, "x", []byte(long))
	if err != nil || len(c.Documents) == 0 || len(c.Documents[0].Text) > 2000 || len(c.Documents[0].Source.NativeID) > 300 {
		t.Errorf("huge fields: %v, %d documents", err, len(c.Documents))
	}
	for _, s := range []string{"", "OFXHEADER:100", "<html>", "plain"} {
		if _, err := importertest.Read(ofx.Format, "x", []byte(s)); err == nil {
			t.Errorf("%q was read", s)
		}
	}
	for _, s := range []string{"", "<?xml version=\"1.0\"?><Document/>", "From: a@example.org\n\n<OFX>", "<!DOCTYPE html><html>"} {
		if got := ofx.Format.Recognise(importertest.File("x.ofx", []byte(s)).Head); got != 0 {
			t.Errorf("%q is recognised at %d", s, got)
		}
	}
}

type stopping struct{ *importertest.Collector }

func (stopping) Document(*penates.Document, schema.Body) error { return io.ErrClosedPipe }

func TestSinkStops(t *testing.T) {
	if err := ofx.Format.Read(t.Context(), importertest.File("x", []byte(sgml)), stopping{&importertest.Collector{}}); err != io.ErrClosedPipe {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{sgml, xml, statement("<STMTTRN>"), header2 + "<OFX><![CDATA[]]]]>", "<OFX></A></", "<OFX><!--->-->"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		ofx.Format.Recognise(importertest.File("x", content).Head)
		c, _ := importertest.Read(ofx.Format, "x", content)
		for _, d := range c.OfType(penates.BankOperations) {
			if d.Money == nil || d.Money.Amount == "" || len(d.Money.Currency) != 3 || d.Time.Start.IsZero() || d.Source.Connection == "" {
				t.Fatalf("operation %+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var s strings.Builder
	const n = 10_000
	for i := range n {
		fmt.Fprintf(&s, "<STMTTRN>\n<TRNTYPE>DEBIT\n<DTPOSTED>202601%02d\n<TRNAMT>-%d,50\n<FITID>F%d\n<NAME>PAIEMENT CB %d\n</STMTTRN>\n", i%28+1, i, i, i)
	}
	f := importertest.File("x", []byte(statement(s.String())))
	for b.Loop() {
		if err := ofx.Format.Read(b.Context(), f, &importertest.Collector{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "operations/s")
}
