package mt940_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mt940"
	"penates/internal/schema"
)

// german has subfields with SEPA keywords, cut at the width of lines and subfields.
const german = `{1:F01BANKDEFFXXXX0000000000}{2:I940BANKDEFFXXXXN}{4:
:20:START
:25:10020030/1234567
:28C:00001/001
:60F:C251230EUR1000,00
:61:2512311231DR120,50NDDTNONREF//BANK1
:86:105?00SEPA-LASTSCHRIFT?10931?20EREF+RECHNUNG 2025-77?21MREF+M-1
?22CRED+DE98ZZZ09999999999?23SVWZ+Abschlag Strom und Gas?24 für Deze
mber?30BANKDEFF?31DE89370400440532013000?32Stadtwerke am Hafen Gesells
?33chaft
:61:2512310102CR2000,NTRFKREF+
:86:153?00LOHN  GEHALT?20SVWZ+Lohn Dezember?32Werft & Söhne?34000
:61:260102RC5,NMSCNONREF
:86:079?00SAMMLER?200904
:62F:C260102EUR2874,50
:64:C260102EUR2800,00
:86:all of the statement
-}
`

const wantGerman = `10020030:1234567 | 2025-12-31 2025-12-31 -120.50 EUR booked | Abschlag Strom und Gas für Dezember | Stadtwerke am Hafen Gesellschaft DE89370400440532013000 | debit | RECHNUNG 2025-77 | SEPA-LASTSCHRIFT
10020030:1234567 | 2026-01-02 2025-12-31 2000 EUR booked | Lohn Dezember | Werft & Söhne  | transfer |  | LOHN GEHALT
10020030:1234567 | 2026-01-02 2026-01-02 -5 EUR booked | 0904 |   |  |  | SAMMLER
10020030:1234567 = 10020030 1234567 &{2874.50 EUR} 2026-01-02 2800.00`

// dutch has keywords between slashes, and free text.
const dutch = `0000 01BANKNL2AXXXX00001
940 00
:20:940S260101
:25:NL91ABNA0417164300EUR
:28C:0
:60F:C260101EUR000000001000,00
:61:260101D000000000025,00N102EREF            
NL20INGB0001234567
:86:/EREF/E-1234567890-1234567890-12345/BENM//NAME/Kantoor aan de Ha
ven/REMI/huur januari/ISDT/2026-01-01
:61:2601020102C10,N544NONREF
:86:/CNTP/NL20INGB0001234567/INGBNL2A/J. Jansen/Delft//REMI/USTD//voor het eten/
:61:260103D000000000044,95N060733959555       TELEFOON BV                      
:86:BETALINGSKENM.  123                                             
:86:FACTUUR 9                                                       
:61:260104D7,260NTRFNONREF
:86:FACTUUR 12
REK: NL20INGB0001234567/NAAM: PENNEN B.V.
:61:260105D1,NTRFNONREF
:62F:C260105EUR000000000930,00
`

const wantDutch = `NL91ABNA0417164300 | 2026-01-01 2026-01-01 -25.00 EUR booked | huur januari | Kantoor aan de Haven NL20INGB0001234567 |  | E-1234567890-1234567890-12345 | 
NL91ABNA0417164300 | 2026-01-02 2026-01-02 10 EUR booked | voor het eten | J. Jansen NL20INGB0001234567 |  |  | 
NL91ABNA0417164300 | 2026-01-03 2026-01-03 -44.95 EUR booked | BETALINGSKENM. 123 FACTUUR 9 | TELEFOON BV  |  | 733959555 | 
NL91ABNA0417164300 | 2026-01-04 2026-01-04 -7.260 EUR booked | FACTUUR 12 REK: NL20INGB0001234567/NAAM: PENNEN B.V. | PENNEN B.V. NL20INGB0001234567 | transfer |  | 
NL91ABNA0417164300 | 2026-01-05 2026-01-05 -1 EUR booked | NTRF |   | transfer |  | 
NL91ABNA0417164300 = NL91ABNA0417164300 &{930.00 EUR} 2026-01-05 `

// interim is an MT942 of a Swiss account, then a statement in two messages with
// two equal entries.
const interim = `:20:1
:25P:BANKCHZZXXX/CH9300762011623852957
:28C:1
:34F:CHFD0,
:61:2602010201EC5.50NMSCREF7//B7
more of it
:90C:1CHF5,50
-
:20:2
:25:BANKCHZZXXX/CH9300762011623852957
:60F:D260201CHF1,
:61:2602300301D2,NCHG
:86:fees
-
:20:2
:25:BANKCHZZXXX/CH9300762011623852957
:60M:D260301CHF3,
:61:2602300301D2,NCHG
:NS:17something
:86:fees
:61:260301RD
2,NCHGNONREF
:62M:D260301CHF3,
-
`

const wantInterim = `CH9300762011623852957 | 2026-02-01 2026-02-01 5.50 CHF pending | more of it |   |  | REF7 | 
CH9300762011623852957 | 2026-03-01 2026-02-28 -2 CHF booked | fees |   | fee |  | 
CH9300762011623852957 | 2026-03-01 2026-02-28 -2 CHF booked | fees |   | fee |  | 
CH9300762011623852957 | 2026-03-01 2026-03-01 2 CHF booked | NCHG |   | fee |  | 
CH9300762011623852957 = BANKCHZZXXX CH9300762011623852957 &{-3 CHF} 2026-03-01 `

func describe(c *importertest.Collector) string {
	var lines []string
	for i, d := range c.Documents {
		switch body := c.Bodies[i].(type) {
		case schema.BankOperation:
			lines = append(lines, fmt.Sprintf("%s | %s %s %s %s %s | %s | %s %s | %s | %s | %s", d.Source.Connection, d.Time.Start, body.ValueDate,
				d.Money.Amount, d.Money.Currency, body.Status, body.Label, body.Counterparty, body.CounterpartyIBAN, body.Kind, body.Reference, body.Memo))
		case schema.BankAccount:
			lines = append(lines, fmt.Sprintf("%s = %s %v %s %s", d.Source.Connection, d.Text, d.Money, body.BalanceDate, body.Available))
		}
	}
	return strings.Join(lines, "\n")
}

func TestRead(t *testing.T) {
	latin, err := charmap.ISO8859_1.NewEncoder().String(german)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ content, want string }{
		"german":          {german, wantGerman},
		"ISO 8859-1":      {latin, wantGerman},
		"CRLF":            {strings.ReplaceAll(german, "\n", "\r\n"), wantGerman},
		"block on a line": {strings.Replace(german, "{4:\n", "{4:", 1), wantGerman},
		"no end":          {strings.TrimSuffix(german, ":86:all of the statement\n-}\n"), wantGerman},
		"other separator": {strings.ReplaceAll(german, "?", ">"), wantGerman},
		"dutch":           {dutch, wantDutch},
		"interim":         {interim, wantInterim},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mt940.Format.Recognise(importertest.File("x", []byte(tt.content)).Head); got != 95 {
				t.Errorf("recognised at %d", got)
			}
			c, err := importertest.Read(mt940.Format, "x", []byte(tt.content))
			if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
				t.Fatalf("%v, %v, %d repeated", err, c.Refusals, c.Repeated)
			}
			if got := describe(c); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestSources(t *testing.T) {
	c, err := importertest.Read(mt940.Format, "x", []byte(german))
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Documents[0].Source; s.NativeID != "BANK1@2025-12-31@-120.5" || s.Locator != "line=6-10" {
		t.Errorf("%+v", s)
	}
	if d := c.Documents[2]; d.Text != "SAMMLER 0904" || len(d.Source.NativeID) != 26 {
		t.Errorf("%+v", d)
	}
	c, err = importertest.Read(mt940.Format, "x", []byte(interim))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := c.Documents[1].Source.NativeID, c.Documents[2].Source.NativeID; b != a+"#2" {
		t.Errorf("equal entries of two messages are named %s and %s", a, b)
	}
}

func TestBadFields(t *testing.T) {
	content := ":20:1\n:61:260101D1,NTRFNONREF\n:25:1\n:60F:C26EUR1\n:61:nonsense\n:61:261301D1,NTRF\n:61:2601011301D1,NTRF\n" +
		":61:260101D1,NTRFno currency\n:62F:C260101EUR1.2.3\n:61:260101D1,NTRFgood\n" +
		":61:260101D1,NTRF" + strings.Repeat("x", 5000) + "\n-\n:20:2\n:25:\n:62F:C260101EUR1,\n"
	c, err := importertest.Read(mt940.Format, "x", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range c.Refusals {
		got = append(got, fmt.Sprintf("%d: %v", r.Line, r.Err))
	}
	want := `2: a statement line without account: not valid
4: balance "C26EUR1": not valid
5: statement line "nonsense": not valid
6: date 2026-13-01: not valid
7: date 2026-13-01: not valid
8: the operation of 2026-01-01 has no currency: not valid
9: balance: amount "1.2.3": not valid
11: a statement line of more than 200 lines or 4096 bytes: too large
14: a statement without account number: not valid
15: a balance without account: not valid`
	if strings.Join(got, "\n") != want || len(c.OfType(penates.BankOperations)) != 1 {
		t.Errorf("%s\nrefusals\n%s", describe(c), strings.Join(got, "\n"))
	}
}

func TestRecogniseOthers(t *testing.T) {
	for _, s := range []string{"", ":20:", ":20:x\n:25:y\n", "20:x\n25:y\n60F:z", ":20 :\n:25:\n:61:", "Dear all,\n:61:\n:60F:\n"} {
		if got := mt940.Format.Recognise(importer.Head{Bytes: []byte(s)}); got != 0 {
			t.Errorf("%q recognised at %d", s, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{german, dutch, interim, ":20:\n:25:1EUR\n:61:991231D,5\n:86:000>20>>\n>99\n:86:/NAME//REMI/", ":20:\n:25:a/b\n:62F:D000229EUR0,\n:61:\n-}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		mt940.Format.Recognise(importertest.File("x", b).Head)
		c, err := importertest.Read(mt940.Format, "x", b)
		if err != nil && !errors.Is(err, penates.TooLarge) {
			t.Errorf("%v", err)
		}
		for i, d := range c.Documents {
			if _, ok := c.Bodies[i].(schema.BankOperation); ok && (d.Text == "" || d.Time.Start.IsZero() || d.Source.Connection == "") {
				t.Errorf("%+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	_, entry, _ := strings.Cut(german, "EUR1000,00\n")
	entry, _, _ = strings.Cut(entry, ":61:260102RC")
	content := []byte(":20:START\n:25:10020030/1234567\n:60F:C251230EUR1000,00\n" + strings.Repeat(entry, 10_000))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(mt940.Format, "x", content); err != nil || len(c.Documents) != 20_001 {
			b.Fatal(err)
		}
	}
}
