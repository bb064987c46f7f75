package camt_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/camt"
	"penates/internal/importer/importertest"
	"penates/internal/schema"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const own, shop = "FR1420041010050500013M02606", "DE89370400440532013000"

// message wraps statements into a camt.053.
func message(statements ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-02-01T08:00:00</CreDtTm></GrpHdr>
` + strings.Join(statements, "\n") + "</BkToCstmrStmt></Document>"
}

// statement wraps entries into a statement of the account own; the first entry
// is on line 4.
func statement(entries ...string) string {
	return `<Stmt><Id>S</Id><CreDtTm>2026-01-31T08:00:00+01:00</CreDtTm><Acct><Id><IBAN>FR14 2004 1010 0505 0001 3M02 606</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>Mme Leroy</Nm></Ownr></Acct>
` + strings.Join(entries, "\n") + "</Stmt>"
}

const (
	debit = `<Ntry><Amt Ccy="EUR">61.20</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-15</Dt></BookgDt><ValDt><Dt>2026-01-16</Dt></ValDt><AcctSvcrRef>R1</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RDDT</Cd><SubFmlyCd>ESDD</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E2E-1</EndToEndId><MndtId>M1</MndtId></Refs>
<RltdPties><Dbtr><Nm>Mme Leroy</Nm></Dbtr><DbtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></DbtrAcct><Cdtr><Nm>Énergie Verte</Nm></Cdtr><CdtrAcct><Id><IBAN>DE89 3704 0044 0532 0130 00</IBAN></Id></CdtrAcct></RltdPties>
<RmtInf><Ustrd>Facture</Ustrd><Ustrd>janvier 2026</Ustrd></RmtInf></TxDtls></NtryDtls><AddtlNtryInf>PRLV SEPA</AddtlNtryInf></Ntry>`
	balances = `<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-01-31</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLAV</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">90.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><DtTm>2026-01-31T00:00:00</DtTm></Dt></Bal>`
)

func read(t *testing.T, content string) *importertest.Collector {
	t.Helper()
	if got := camt.Format.Recognise(importertest.File("x", []byte(content)).Head); got != 100 {
		t.Errorf("recognised at %d", got)
	}
	c, err := importertest.Read(camt.Format, "x", []byte(content))
	if err != nil || c.Repeated > 0 {
		t.Fatalf("%v, %d repeated", err, c.Repeated)
	}
	return c
}

func describe(c *importertest.Collector) string {
	var lines []string
	for i, d := range c.Documents {
		switch body := c.Bodies[i].(type) {
		case schema.BankOperation:
			p := d.Party("counterparty")
			lines = append(lines, fmt.Sprintf("%s %s %s %s | %s | %s %s | %s", d.Time.Start, d.Money.Amount, d.Money.Currency, body.Status, d.Text, p.Literal, p.Address, body.Kind))
		case schema.BankAccount:
			lines = append(lines, fmt.Sprintf("%s %v %s %s", d.Source.Connection, d.Money, body.BalanceDate, body.Available))
		}
	}
	return strings.Join(lines, "\n")
}

func TestStatement(t *testing.T) {
	want := "2026-01-15 -61.20 EUR booked | Énergie Verte Facture janvier 2026 | Énergie Verte " + shop + " | debit\n" + own + " &{-100.00 EUR} 2026-01-31 90.00"
	content := message(statement(balances, debit))
	latin, err := charmap.ISO8859_15.NewEncoder().String(strings.Replace(content, "UTF-8", "ISO-8859-15", 1))
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(content)
	if err != nil {
		t.Fatal(err)
	}
	variants := map[string]string{
		"utf-8": content, "ISO 8859-15": latin, "UTF-16": wide, "no namespace": strings.Replace(content, ` xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"`, "", 1),
		"prefix":       strings.NewReplacer("<Bk", "<n:Bk", "</Bk", "</n:Bk", "<Ntry>", "<n:Ntry>", "</Ntry>", "</n:Ntry>").Replace(content),
		"version 8":    strings.NewReplacer("053.001.02", "053.001.08", "<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>", "<Cdtr><Nm>Énergie Verte</Nm></Cdtr>", "<Cdtr><Pty><Nm>Énergie Verte</Nm></Pty></Cdtr>").Replace(content),
		"report":       strings.NewReplacer("053.001.02", "052.001.06", "BkToCstmrStmt", "BkToCstmrAcctRpt", "Stmt>", "Rpt>", "CLBD", "ITBD").Replace(content),
		"notification": strings.NewReplacer("053.001.02", "054.001.13", "BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn", "<Stmt>", "<Ntfctn>", "</Stmt>", "</Ntfctn>").Replace(content),
	}
	for name, v := range variants {
		t.Run(name, func(t *testing.T) {
			c := read(t, v)
			if got := describe(c); got != want || len(c.Refusals) > 0 {
				t.Errorf("got\n%s\nwant\n%s\n%v", got, want, c.Refusals)
			}
		})
	}
}

func TestFields(t *testing.T) {
	c := read(t, message(statement(debit)))
	d, body := c.Documents[0], c.Bodies[0].(schema.BankOperation)
	if d.Source.Connection != own || d.Source.NativeID != "R1@2026-01-15@-61.2" || d.Source.Locator != "line=4-7" || d.Ref(penates.RefIBAN) != own {
		t.Errorf("source %+v, refs %v", d.Source, d.Refs)
	}
	if body.ValueDate != "2026-01-16" || body.Reference != "E2E-1" || body.Memo != "PRLV SEPA" || body.Label != "Facture janvier 2026" || body.CounterpartyIBAN != shop {
		t.Errorf("body %+v", body)
	}
	if owner := c.Documents[1].Party("owner"); owner.Literal != "Mme Leroy" {
		t.Errorf("owner %+v", owner)
	}
}

// entry is an entry with some of its elements replaced.
func entry(amount, direction, more string) string {
	return `<Ntry><Amt Ccy="EUR">` + amount + `</Amt><CdtDbtInd>` + direction + `</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-15</Dt></BookgDt>` + more + `</Ntry>`
}

func tx(name, amount, ccy, direction string) string {
	if direction != "" {
		direction = "<CdtDbtInd>" + direction + "</CdtDbtInd>"
	}
	return `<TxDtls><Amt Ccy="` + ccy + `">` + amount + `</Amt>` + direction + `<RltdPties><Cdtr><Nm>` + name + `</Nm></Cdtr></RltdPties></TxDtls>`
}

func TestEntries(t *testing.T) {
	for name, c := range map[string]struct{ entry, want string }{
		"batch":                {entry("5.00", "DBIT", "<NtryDtls>"+tx("A", "2.00", "EUR", "DBIT")+tx("B", "3.00", "EUR", "")+"</NtryDtls>"), "-2.00 A, -3.00 B"},
		"batch in two lists":   {entry("5.00", "DBIT", "<NtryDtls>"+tx("A", "2.00", "EUR", "")+"</NtryDtls><NtryDtls>"+tx("B", "3.00", "EUR", "")+"</NtryDtls>"), "-2.00 A, -3.00 B"},
		"batch, other side":    {entry("5.00", "DBIT", "<NtryDtls>"+tx("A", "2.00", "EUR", "CRDT")+tx("B", "3.00", "EUR", "CRDT")+"</NtryDtls>"), "-2.00 A, -3.00 B"},
		"batch, both ways":     {entry("1.00", "DBIT", "<NtryDtls>"+tx("A", "2.00", "EUR", "CRDT")+tx("B", "3.00", "EUR", "DBIT")+"</NtryDtls>"), "2.00 A, -3.00 B"},
		"batch, version 2":     {entry("5.00", "DBIT", strings.NewReplacer("<Amt ", "<AmtDtls><TxAmt><Amt ", "</Amt>", "</Amt></TxAmt></AmtDtls>").Replace("<NtryDtls>"+tx("A", "2.00", "EUR", "")+tx("B", "3.00", "EUR", "")+"</NtryDtls>")), "-2.00 A, -3.00 B"},
		"batch with a gap":     {entry("5.00", "DBIT", "<NtryDtls>"+tx("A", "2.00", "EUR", "")+tx("A", "2.99", "EUR", "")+"</NtryDtls>"), "-5.00 A"},
		"batch, no amounts":    {entry("5.00", "DBIT", "<NtryDtls>"+tx("A", "", "EUR", "")+tx("B", "", "EUR", "")+"</NtryDtls>"), "-5.00 entry"},
		"batch, other money":   {entry("5.00", "DBIT", "<NtryDtls>"+tx("A", "2.00", "CHF", "")+tx("B", "3.00", "CHF", "")+"</NtryDtls>"), "-5.00 entry"},
		"one, other money":     {entry("5.00", "DBIT", "<NtryDtls>"+tx("A", "4.60", "CHF", "")+"</NtryDtls>"), "-5.00 A"},
		"empty batch":          {entry("5.00", "DBIT", "<NtryDtls><Btch><NbOfTxs>20</NbOfTxs></Btch></NtryDtls>"), "-5.00 entry"},
		"zero":                 {entry("0", "DBIT", ""), "0 entry"},
		"five decimals":        {entry("8.85000", "CRDT", "<AddtlNtryInf>interest</AddtlNtryInf>"), "8.85000 interest"},
		"reversal":             {entry("7", "CRDT", "<RvslInd>true</RvslInd><NtryDtls>"+tx("Shop", "7", "EUR", "")+"</NtryDtls>"), "7 Shop"},
		"no booking date":      {strings.Replace(entry("7", "CRDT", "<AddtlNtryInf>x</AddtlNtryInf>"), "BookgDt", "ValDt", 2), "7 x"},
		"date of statement":    {strings.NewReplacer("BookgDt", "X").Replace(entry("7", "CRDT", "<AddtlNtryInf>x</AddtlNtryInf>")), "7 x"},
		"prtry code as a text": {entry("7", "CRDT", "<BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>"), "7 NTRF"},
	} {
		t.Run(name, func(t *testing.T) {
			c1 := read(t, message(statement(c.entry)))
			var got []string
			for _, d := range c1.OfType(penates.BankOperations) {
				got = append(got, string(d.Money.Amount)+" "+d.Text)
			}
			if s := strings.Join(got, ", "); s != c.want || len(c1.Refusals) > 0 {
				t.Errorf("got %s, want %s, %v", s, c.want, c1.Refusals)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	for status, want := range map[string]string{"BOOK": "booked", "PDNG": "pending", "INFO": "pending", "<Cd>FUTR</Cd>": "pending", "": "booked"} {
		c := read(t, message(statement(strings.Replace(debit, "BOOK", status, 1))))
		if got := c.Bodies[0].(schema.BankOperation).Status; got != want {
			t.Errorf("status %q is %s, want %s", status, got, want)
		}
	}
}

// The parties of a credit and of a reversal are found on the right side.
func TestOtherSide(t *testing.T) {
	parties := func(debtorIBAN, creditorIBAN string) string {
		return "<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>D</Nm></Dbtr><DbtrAcct><Id><IBAN>" + debtorIBAN + "</IBAN></Id></DbtrAcct><Cdtr><Nm>C</Nm></Cdtr><CdtrAcct><Id><IBAN>" +
			creditorIBAN + "</IBAN></Id></CdtrAcct><UltmtCdtr><Nm>U</Nm></UltmtCdtr></RltdPties></TxDtls></NtryDtls>"
	}
	for name, c := range map[string]struct{ entry, name, iban string }{
		"credit":          {entry("1", "CRDT", parties("", "")), "D", ""},
		"debit":           {entry("1", "DBIT", parties("", "")), "C", ""},
		"reversed credit": {entry("1", "CRDT", "<RvslInd>1</RvslInd>"+parties("", "")), "C", ""},
		"by IBAN":         {entry("1", "CRDT", parties(own, shop)), "C", shop},
		"by other IBAN":   {entry("1", "DBIT", parties(shop, own)), "D", shop},
		"own on both":     {entry("1", "DBIT", parties(own, own)), "C", ""},
		"only ultimate":   {entry("1", "CRDT", "<NtryDtls><TxDtls><RltdPties><UltmtCdtr><Nm>U</Nm></UltmtCdtr></RltdPties></TxDtls></NtryDtls>"), "U", ""},
	} {
		c1 := read(t, message(statement(c.entry)))
		if p := c1.Documents[0].Party("counterparty"); p.Literal != c.name || p.Address != c.iban {
			t.Errorf("%s: %+v, want %s %s", name, p, c.name, c.iban)
		}
	}
}

func TestSeveralStatements(t *testing.T) {
	later := strings.NewReplacer("2026-01-31", "2026-02-28", "2026-01", "2026-02", "100.00", "70.00").Replace(statement(balances, debit))
	other := strings.Replace(statement(debit), "<IBAN>FR14 2004 1010 0505 0001 3M02 606</IBAN>", "<Othr><Id>12 34</Id></Othr>", 1)
	c := read(t, message(statement(balances, debit), later, other))
	if n := len(c.OfType(penates.BankOperations)); n != 3 || len(c.Refusals) > 0 {
		t.Errorf("%d operations, refusals %v", n, c.Refusals)
	}
	if got, want := describe(c), "\n"+own+" &{-70.00 EUR} 2026-02-28 90.00\n1234 <nil>  "; !strings.HasSuffix(got, want) {
		t.Errorf("accounts of\n%s\nwant%s", got, want)
	}
}

func TestRefusals(t *testing.T) {
	good := entry("1", "CRDT", "<AddtlNtryInf>good</AddtlNtryInf>")
	for name, c := range map[string]struct{ content, error string }{
		"amount":       {message(statement(good, entry("1,5", "CRDT", ""))), "number"},
		"no amount":    {message(statement(good, entry("", "CRDT", ""))), "number"},
		"direction":    {message(statement(good, entry("1", "IN", ""))), "direction"},
		"day":          {message(statement(good, strings.Replace(entry("1", "CRDT", ""), "2026-01-15", "2026-02-30", 1))), "date"},
		"no currency":  {message(statement(good), strings.NewReplacer("<Ccy>EUR</Ccy>", "", ` Ccy="EUR"`, "", "M02 606", "M02 607").Replace(statement(good))), "currency"},
		"no account":   {message(statement(good), "<Stmt>"+good+"</Stmt>"), "without account"},
		"bad account":  {message(statement(good), "<Stmt><Acct><Id/></Acct></Stmt>"), "account number"},
		"balance":      {message(statement(good, strings.Replace(balances, "100.00", "x", 1))), "balance"},
		"lost balance": {message(statement(good), "<Stmt>"+balances+"</Stmt>"), "balance without account"},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, c.content)
			if len(got.Refusals) == 0 || !strings.Contains(got.Refusals[0].Err.Error(), c.error) || got.Refusals[0].Line < 4 {
				t.Errorf("refusals %v, want %s", got.Refusals, c.error)
			}
			if n := len(got.OfType(penates.BankOperations)); n != 1 {
				t.Errorf("%d operations, want the good one", n)
			}
		})
	}
}

func TestHostile(t *testing.T) {
	whole := message(statement(balances, debit, debit))
	for cut := 300; cut < len(whole)-20; cut += 97 {
		if _, err := importertest.Read(camt.Format, "x", []byte(whole[:cut])); err == nil {
			t.Errorf("cut at %d was read without error", cut)
		}
	}
	c, err := importertest.Read(camt.Format, "x", []byte(whole[:strings.LastIndex(whole, "<Ntry>")+60]))
	if err == nil || !strings.Contains(err.Error(), "line 11") || len(c.OfType(penates.BankOperations)) != 1 || len(c.OfType(penates.BankAccounts)) != 1 {
		t.Errorf("cut in the second entry: %v, %s", err, describe(c))
	}
	bomb := `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + strings.Replace(whole, "Facture", "&b;&b;", 1)
	if _, err := importertest.Read(camt.Format, "x", []byte(bomb)); err == nil {
		t.Error("an entity was resolved")
	}
	deep := message(statement(entry("1", "CRDT", strings.Repeat("<A>", 200_000))))
	if _, err := importertest.Read(camt.Format, "x", []byte(deep)); err == nil {
		t.Error("200,000 levels were read")
	}
	many := message(statement(entry("1", "CRDT", "<NtryDtls>"+strings.Repeat("<TxDtls/>", 100_000)+"</NtryDtls>")))
	if c := read(t, many); len(c.Documents) != 2 {
		t.Errorf("100,000 empty transactions give %d documents", len(c.Documents))
	}
	for _, s := range []string{"", "<Document/>", "<a", "plain", "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03\"/>"} {
		if got := camt.Format.Recognise(importertest.File("x.xml", []byte(s)).Head); got != 0 {
			t.Errorf("%q is recognised at %d", s, got)
		}
		if _, err := importertest.Read(camt.Format, "x", []byte(s)); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

// A huge element is not held.
func TestHugeElement(t *testing.T) {
	f := importertest.File("x", []byte(message()))
	f.Open = func() (io.ReadCloser, error) {
		head, _, _ := strings.Cut(message(statement(entry("1", "CRDT", "<AddtlNtryInf>|"))), "|")
		return io.NopCloser(io.MultiReader(strings.NewReader(head), io.LimitReader(endless{}, 1<<40))), nil
	}
	if err := camt.Format.Read(t.Context(), f, &importertest.Collector{}); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("got %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// The same entries in another message have the same ids.
func TestOverlap(t *testing.T) {
	one, two := entry("1", "CRDT", "<AddtlNtryInf>coffee</AddtlNtryInf>"), entry("2", "CRDT", "<AcctSvcrRef>NOTPROVIDED</AcctSvcrRef>")
	all := read(t, message(statement(one, one, two, debit)))
	report := read(t, strings.NewReplacer("053", "052", "BkToCstmrStmt", "BkToCstmrAcctRpt", "Stmt>", "Rpt>").Replace(message(statement(debit, two, one))))
	for i, j := range map[int]int{0: 2, 2: 1, 3: 0} {
		if all.Documents[i].ID != report.Documents[j].ID {
			t.Errorf("entry %d: %+v and %+v", i, all.Documents[i].Source, report.Documents[j].Source)
		}
	}
	if all.Documents[0].ID == all.Documents[1].ID {
		t.Error("two equal entries are one")
	}
}

type stopping struct{ *importertest.Collector }

func (stopping) Document(*penates.Document, schema.Body) error { return io.ErrClosedPipe }

func TestSinkStops(t *testing.T) {
	f := importertest.File("x", []byte(message(statement(debit))))
	if err := camt.Format.Read(t.Context(), f, stopping{&importertest.Collector{}}); err != io.ErrClosedPipe {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(message(statement(balances, debit))))
	f.Add([]byte(message(statement(entry("5", "DBIT", "<NtryDtls>"+tx("A", "2", "EUR", "CRDT")+tx("B", "3", "EUR", "")+"</NtryDtls>")))))
	f.Add([]byte(`<BkToCstmrStmt><Stmt><Acct><Id><Othr><Id>1</Id></Othr></Id></Acct><Ntry><Amt>1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		camt.Format.Recognise(importertest.File("x", content).Head)
		c, _ := importertest.Read(camt.Format, "x", content)
		for _, d := range c.OfType(penates.BankOperations) {
			if d.Money == nil || d.Money.Amount == "" || len(d.Money.Currency) != 3 || d.Time.Start.IsZero() || d.Text == "" || d.Source.Connection == "" {
				t.Fatalf("operation %+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const n = 2_000
	f := importertest.File("x", []byte(message(statement(strings.Repeat(debit, n)))))
	for b.Loop() {
		if err := camt.Format.Read(b.Context(), f, &importertest.Collector{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
