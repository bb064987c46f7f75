package qif_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/charmap"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/qif"
	"penates/internal/schema"
)

// french is what a French bank gives.
const french = `!Type:Bank
D15/01/2026
T-1 234,50
PPRLV ÉNERGIE DU PORT
MFacture 12
^
D16/01/2026
T12,00
N0001234
PVIR MME LEROY
^
D02/02/2026
T-3,00
PCARTE 31/01/26 BOULANGERIE DUVAL
^
D02/02/2026
T-3,00
PCARTE 31/01/26 BOULANGERIE DUVAL
^
`

// program is what a personal finance program exports.
const program = `Exported for the accountant
!Option:AutoSwitch
!Account
NEveryday
TBank
$1,250.00
/1/31'26
^
NDE89370400440532013000
TOth A
^
!Clear:AutoSwitch
!Account
NEveryday
TBank
^
!Type:Cat
NFood
E
^
!Type:Bank
D1/ 2'26
U1,300.00
T1,300.00
CX
POpening Balance
L[Everyday]
^
D1/13'26
T-50.00
C*
NATM
PCorner machine
LCash
^
D1/14'26
T-100.00
N101
PHarbour & Sons
A12 Quay Road
L--Split--
SFood:Groceries
Eweek 2
$-60.00
SHome/Shared
$-40.00
^
D1/15'26
T25.00
PFrom savings
L[Savings]
^
!Account
NBroker
TInvst
^
!Type:Invst
D1/20'26
NBuyX
YHarbour Shares
I10.00
Q5
T50.50
O0.50
L[Everyday]
^
D1/21'26
NShrsIn
YHarbour Shares
Q1
^
D1/22'26
NDiv
YHarbour Shares
T2.00
^
D1/23'26
NCash
T-7
PCustody
^
!Type:Prices
"HBR",10.50,"1/23'26"
^
!Type:CCard
D1/24'26
PSum of parts
SA
$-1.25
SB
$-2.50
`

func describe(c *importertest.Collector) string {
	var lines []string
	for i, d := range c.Documents {
		switch body := c.Bodies[i].(type) {
		case schema.BankOperation:
			lines = append(lines, fmt.Sprintf("%s | %s %s %s | %s | %s | %s %s %v", d.Source.Connection, d.Time.Start, d.Money.Amount, d.Money.Currency,
				d.Text, body.Counterparty, body.Kind, body.Category, body.Splits))
		case schema.BankAccount:
			lines = append(lines, fmt.Sprintf("%s = %s %v %s %s", d.Source.Connection, d.Text, d.Money, body.Kind, body.BalanceDate))
		}
	}
	return strings.Join(lines, "\n")
}

const wantFrench = `BANK | 2026-01-15 -1234.50 EUR | PRLV ÉNERGIE DU PORT Facture 12 | ÉNERGIE DU PORT | debit  []
BANK | 2026-01-16 12.00 EUR | VIR MME LEROY | MME LEROY | transfer  []
BANK | 2026-02-02 -3.00 EUR | CARTE 31/01/26 BOULANGERIE DUVAL | BOULANGERIE DUVAL | card  []
BANK | 2026-02-02 -3.00 EUR | CARTE 31/01/26 BOULANGERIE DUVAL | BOULANGERIE DUVAL | card  []`

const wantProgram = `EVERYDAY | 2026-01-02 1300.00 EUR | Opening Balance |  | other [Everyday] []
EVERYDAY | 2026-01-13 -50.00 EUR | Corner machine | Corner machine | cash Cash []
EVERYDAY | 2026-01-14 -100.00 EUR | Harbour & Sons | Harbour & Sons |   [{Food:Groceries week 2 -60.00} {Home/Shared  -40.00}]
EVERYDAY | 2026-01-15 25.00 EUR | From savings | From savings | transfer [Savings] []
BROKER | 2026-01-20 -50.50 EUR | BuyX Harbour Shares 5 × 10.00 | Everyday | other  []
BROKER | 2026-01-21 0 EUR | ShrsIn Harbour Shares 1 × ? |  | other  []
BROKER | 2026-01-22 2.00 EUR | Div Harbour Shares |  | interest  []
BROKER | 2026-01-23 -7 EUR | Cash Custody |  | other  []
CCARD | 2026-01-24 -3.75 EUR | Sum of parts | Sum of parts |   [{A  -1.25} {B  -2.50}]
EVERYDAY = Everyday &{1250.00 EUR}  2026-01-31
DE89370400440532013000 = DE89370400440532013000 <nil>  
BROKER = Broker <nil> investment `

func TestRead(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().String(french)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		content, want string
		sure          int
	}{
		"french":       {french, wantFrench, 100},
		"windows-1252": {latin, wantFrench, 100},
		"CRLF":         {strings.ReplaceAll(french, "\n", "\r\n"), wantFrench, 100},
		"CR":           {strings.ReplaceAll(french, "\n", "\r"), wantFrench, 100},
		"no last end":  {strings.TrimSuffix(french, "^\n"), wantFrench, 100},
		"blanks":       {"\n\n" + strings.ReplaceAll(french, "^\n", "^ \n\n^\n"), wantFrench, 100},
		"program":      {program, wantProgram, 80},
	} {
		t.Run(name, func(t *testing.T) {
			if got := qif.Format.Recognise(importertest.File("x", []byte(tt.content)).Head); got != tt.sure {
				t.Errorf("recognised at %d, want %d", got, tt.sure)
			}
			c, err := importertest.Read(qif.Format, "x", []byte(tt.content))
			if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
				t.Fatalf("%v, %v, %d repeated", err, c.Refusals, c.Repeated)
			}
			if got := describe(c); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestFields(t *testing.T) {
	c, err := importertest.Read(qif.Format, "x", []byte(french))
	if err != nil {
		t.Fatal(err)
	}
	if d := c.Documents[0]; d.Source.Locator != "line=2-5" || c.Bodies[0].(schema.BankOperation).Memo != "Facture 12" {
		t.Errorf("%+v", d)
	}
	if body := c.Bodies[1].(schema.BankOperation); body.Reference != "0001234" {
		t.Errorf("%+v", body)
	}
	if a, b := c.Documents[2].Source.NativeID, c.Documents[3].Source.NativeID; b != a+"#2" {
		t.Errorf("equal operations are named %s and %s", a, b)
	}
	if body := c.Bodies[2].(schema.BankOperation); body.RealisationDate != "2026-01-31" {
		t.Errorf("%+v", body)
	}
}

// What a longer file repeats gets the same ids.
func TestOverlap(t *testing.T) {
	ids := map[penates.DocumentID]bool{}
	for _, content := range []string{french, "!Type:Bank\nD31/12/2025\nT-7,00\nPolder\n^\n" + strings.TrimPrefix(french, "!Type:Bank\n")} {
		c, err := importertest.Read(qif.Format, "x", []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range c.Documents {
			ids[d.ID] = true
		}
	}
	if len(ids) != 5 {
		t.Errorf("%d operations, want 5", len(ids))
	}
}

func TestConventions(t *testing.T) {
	for _, tt := range []struct {
		name, country string
		days          []string
		amount        string
		want          string
	}{
		{"a day beyond 12", "FR", []string{"2/10'2020", "2/14'2020"}, "-1.50", "2020-02-10 -1.50 EUR"},
		{"a day beyond 12, first", "US", []string{"01/02/2018", "22/02/2018"}, "-1.50", "2018-02-01 -1.50 USD"},
		{"comma", "US", []string{"01/02/2018"}, "-1.000,50", "2018-02-01 -1000.50 USD"},
		{"country", "US", []string{"01/02/2018"}, "1,000.50", "2018-01-02 1000.50 USD"},
		{"no country", "", []string{"01/02/2018"}, "€ 1,000.50", "2018-02-01 1000.50 EUR"},
		{"in order", "FR", []string{"01/02/2018", "01/05/2018", "02/01/2018"}, "1.00", "2018-01-02 1.00 EUR"},
		{"near each other", "US", []string{"03/02/2018", "01/02/2018", "12/02/2018"}, "1.00", "2018-02-03 1.00 USD"},
		{"apostrophe", "FR", []string{"1/ 2'00"}, "1.00", "2000-01-02 1.00 EUR"},
		{"two digits", "FR", []string{"31/12/99"}, "1", "1999-12-31 1 EUR"},
		{"points", "FR", []string{"31.12.26"}, "1,5", "2026-12-31 1.5 EUR"},
		{"ISO", "US", []string{"2026-12-11"}, "1", "2026-12-11 1 USD"},
		{"without separators", "FR", []string{"20261211"}, "1", "2026-12-11 1 EUR"},
		{"a month's name", "FR", []string{"3 mars 2026"}, "1", "2026-03-03 1 EUR"},
		{"thousands", "US", []string{"1/31/26"}, "1,000", "2026-01-31 1000 USD"},
		{"millions", "FR", []string{"31/1/26"}, "1.000.000", "2026-01-31 1000000 EUR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("!Type:Bank\n")
			for _, d := range tt.days {
				fmt.Fprintf(&b, "D%s\nT%s\nPx\n^\n", d, tt.amount)
			}
			f := importertest.File("x", []byte(b.String()))
			f.Country = tt.country
			c := &importertest.Collector{Connector: "qif"}
			if err := qif.Format.Read(t.Context(), f, c); err != nil || len(c.Documents) != len(tt.days) {
				t.Fatalf("%v, %v", err, c.Refusals)
			}
			d := c.Documents[0]
			if got := fmt.Sprint(d.Time.Start, " ", d.Money.Amount, " ", d.Money.Currency); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestBadRecords(t *testing.T) {
	content := "!Type:Bank\nT1\nPno day\n^\nD31/02/2026\nT1\n^\nD01/02/2026\nPno amount\n^\nD01/02/2026\nTten\n^\nD01/02/2026\nT1\nPgood\n^\n" +
		"D01/02/2026\nT1\nP" + strings.Repeat("x", 5000) + "\n^\n" +
		"!Account\nTBank\n^\n!Type:Invst\nD01/02/2026\nNBuy\nYx\n^\nD01/02/2026\nPx\n^\n"
	c, err := importertest.Read(qif.Format, "x", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range c.Refusals {
		got = append(got, fmt.Sprintf("%d: %v", r.Line, r.Err))
	}
	want := `2: no date: not valid
5: date "31/02/2026": not valid
8: no amount: not valid
11: amount "ten": not valid
18: a record of more than 4000 lines or a line of more than 4096 bytes: too large
23: an account without name: not valid
26: Buy without amount: not valid
30: no amount: not valid`
	if strings.Join(got, "\n") != want || len(c.Documents) != 1 {
		t.Errorf("%d documents, refusals\n%s", len(c.Documents), strings.Join(got, "\n"))
	}
	f := importertest.File("x", nil)
	broken := errors.New("broken")
	f.Open = func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(french), iotest.ErrReader(broken))), nil
	}
	c = &importertest.Collector{}
	if err := qif.Format.Read(t.Context(), f, c); !errors.Is(err, broken) || len(c.Documents) != 4 {
		t.Errorf("%v, %d documents", err, len(c.Documents))
	}
}

func TestRecogniseOthers(t *testing.T) {
	for _, s := range []string{"", "^", "hello", "!important\n^\n", "DATE;AMOUNT\n", "I wrote:\n!Type:Bank\nand no more", "!x:Bank\n^"} {
		if got := qif.Format.Recognise(importer.Head{Bytes: []byte(s)}); got != 0 {
			t.Errorf("%q recognised at %d", s, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{french, program, "!Type:Invst\nD1/1/26\nNSell\n$5\n^", "!Account\nN\n^\n!Type:\nD\nT\n^\n",
		"!Type:Bank\nD1/1/1\nS\n$1\nS\n$9999999999999999999999999999\n^"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		qif.Format.Recognise(importertest.File("x", b).Head)
		c, err := importertest.Read(qif.Format, "x", b)
		if err != nil && !errors.Is(err, penates.TooLarge) {
			t.Errorf("%v", err)
		}
		if c.Repeated > 0 {
			t.Errorf("%d documents repeated", c.Repeated)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var long strings.Builder
	long.WriteString("!Type:Bank\n")
	for i := range 20_000 {
		fmt.Fprintf(&long, "D%02d/%02d/2026\nT-%d,50\nPCARTE BOULANGERIE DUVAL\nMref %d\n^\n", i%28+1, i%12+1, i, i)
	}
	content := []byte(long.String())
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(qif.Format, "x", content); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(err)
		}
	}
}
