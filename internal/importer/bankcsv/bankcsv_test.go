package bankcsv_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bankcsv"
	"penates/internal/importer/importertest"
	"penates/internal/schema"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// statements has one statement of each layout, and what it gives: a line for
// each operation (day, amount, currency, status, text, counterparty) and each account.
var statements = []struct {
	name, content string
	want          []string
}{
	{"BNP Paribas", "Compte de chèques;Compte de chèques;****4321;31/01/2026;;1 234,50\n\n" +
		"Date operation;Categorie operation;Sous Categorie operation;Libelle operation;Montant operation;Pointage operation\n" +
		"30-01-2026;Logement;Énergie;PRLV SEPA ENERGIE VERTE;-61,20;Non\n29-01-2026;Revenus;Salaire;VIR SEPA RECU DE ATELIER NORD;2 100,00;Non\n",
		[]string{"2026-01-30 -61.20 EUR booked PRLV SEPA ENERGIE VERTE < ENERGIE VERTE", "2026-01-29 2100.00 EUR booked VIR SEPA RECU DE ATELIER NORD < ATELIER NORD",
			"BNP-PARIBAS:****4321 1234.50 EUR 2026-01-31"}},
	{"Société Générale, old", "=\"0300012345678901\";01/01/2026;31/01/2026;\ndate_comptabilisation;libellé_complet_operation;montant_operation;devise;\n" +
		"05/01/2026;CARTE X9876 03/01 LA GRANGE    ;-14,90;EUR;\n",
		[]string{"2026-01-05 -14.90 EUR booked CARTE X9876 03/01 LA GRANGE < LA GRANGE", "SOCIETE-GENERALE:0300012345678901"}},
	{"Crédit Agricole, two accounts", "Téléchargement du 31/01/2026;\n\nCompte Chèque n° 11122233344;\nSolde au 31/01/2026 : 10,00 €;\n\nDate;Libellé;Débit Euros;Crédit Euros;\n" +
		"30/01/2026;\"PRELEVEMENT\n  ASSURANCE DU PORT\n\";12,00;;\n\nLivret A n° 55566677788;\nSolde au 30/01/2026 : 900,00 €;\nDate;Libellé;Débit Euros;Crédit Euros;\n29/01/2026;INTERETS;;3,10;\n",
		[]string{"2026-01-30 -12.00 EUR booked PRELEVEMENT ASSURANCE DU PORT < ASSURANCE DU PORT", "2026-01-29 3.10 EUR booked INTERETS < ",
			"CREDIT-AGRICOLE:11122233344 10.00 EUR 2026-01-31", "CREDIT-AGRICOLE:55566677788 900.00 EUR 2026-01-30"}},
	{"Caisse d'Épargne, old", "Code de la banque : 11315;Code de l'agence : 00001;Date de début de téléchargement : 01/01/2026;Date de fin de téléchargement : 31/01/2026;\n" +
		"Numéro de compte : 04001122334;Nom du compte : COMPTE COURANT;Devise : EUR;\n\nSolde en fin de période;;;;100,00\n\nDate;Numéro d'opération;Libellé;Débit;Crédit;Détail;\n" +
		"30/01/26;0000001;CB LIBRAIRIE;-20,00;;FACT 290126;\nSolde en début de période;;;;120,00\n",
		[]string{"2026-01-30 -20.00 EUR booked CB LIBRAIRIE FACT 290126 < LIBRAIRIE", "11315:04001122334 100.00 EUR "}},
	{"Banque Populaire, old", "CompteId;Date comptabilisation;Date opération;Libellé;Référence;Date valeur;Montant\n12345678901;05/01/2026;04/01/2026;VIR MME LEROY;R1;06/01/2026;-50,00\n" +
		"99999999999;05/01/2026;05/01/2026;VIR MME LEROY;R2;05/01/2026;50,00\n",
		[]string{"2026-01-05 -50.00 EUR booked VIR MME LEROY < MME LEROY", "2026-01-05 50.00 EUR booked VIR MME LEROY < MME LEROY",
			"BANQUE-POPULAIRE:12345678901", "BANQUE-POPULAIRE:99999999999"}},
	{"BPCE", "Numéro de compte : 00000000001;;;\nDate de comptabilisation;Libelle simplifie;Libelle operation;Reference;Informations complementaires;Type operation;Categorie;Sous categorie;Debit;Credit;Date operation;Date de valeur;Pointage operation\n" +
		"02/01/2026;GRANGE;CB LA GRANGE;REF;;Carte bancaire;Courses;Marché;-8,00;;31/12/2025;02/01/2026;0\n",
		[]string{"2026-01-02 -8.00 EUR booked CB LA GRANGE < LA GRANGE", "BPCE:00000000001"}},
	{"CIC, comma", "Date d'opération,Date de valeur,Montant,Libellé,Solde\n04/01/2026,04/01/2026,1584.00,VIR CLUB DE VOILE,19261.85\n05/01/2026,05/01/2026,-4.00,PRLV EAU DU LAC,19257.85\n",
		[]string{"2026-01-04 1584.00 EUR booked VIR CLUB DE VOILE < CLUB DE VOILE", "2026-01-05 -4.00 EUR booked PRLV EAU DU LAC < EAU DU LAC", "CREDIT-MUTUEL 19257.85 EUR 2026-01-05"}},
	{"Crédit Mutuel, latest first", "Date;Date de valeur;Débit;Crédit;Libellé;Solde\n05/01/2026;05/01/2026;-4,00;;PRLV EAU DU LAC;96,00\n04/01/2026;04/01/2026;0,00;100,00;VIR CLUB DE VOILE;100,00\n",
		[]string{"2026-01-05 -4.00 EUR booked PRLV EAU DU LAC < EAU DU LAC", "2026-01-04 100.00 EUR booked VIR CLUB DE VOILE < CLUB DE VOILE", "CREDIT-MUTUEL 96.00 EUR 2026-01-05"}},
	{"La Banque Postale, tabs", "Numéro Compte\t7654321B020\nType\tCCP\nCompte tenu en\teuros\nDate\t31/01/2026\nSolde (EUROS)\t-12,00\nSolde (FRANCS)\t-78,71\n\nDate\tLibellé\tMontant(EUROS)\tMontant(FRANCS)\n30/01/2026\tACHAT CB LA GRANGE 29.01.26\t-12,00\t-78,71\n",
		[]string{"2026-01-30 -12.00 EUR booked ACHAT CB LA GRANGE 29.01.26 < LA GRANGE", "LA-BANQUE-POSTALE:7654321B020 -12.00 EUR 2026-01-31"}},
	{"BoursoBank", "dateOp;dateVal;label;category;categoryParent;supplierFound;amount;accountNum;accountLabel;accountBalance\n" +
		"2026-01-05;2026-01-05;\"La Grange | CARTE 03/01/26 LA GRANGE CB*9876\";\"Courses\";\"Vie quotidienne\";\"la grange\";\"-1 203,90\";\"00012345678\";\"Compte\";\"96,10\"\n",
		[]string{"2026-01-05 -1203.90 EUR booked La Grange | CARTE 03/01/26 LA GRANGE CB*9876 < la grange", "BOURSOBANK:00012345678 96.10 EUR 2026-01-05"}},
	{"Revolut", "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\nATM,Current,2026-01-05 10:00:00,2026-01-06 09:00:00,Cash at the harbour,-100.00,2.00,CHF,COMPLETED,898.00\n" +
		"CARD_PAYMENT,Current,2026-01-07 10:00:00,,\"La Grange, market\",-5.00,0.00,EUR,PENDING,\nTRANSFER,Savings,2026-01-07 11:00:00,2026-01-07 11:00:01,To Zoé,-1.00,0.00,EUR,REVERTED,9.00\n",
		[]string{"2026-01-06 -102.00 CHF booked Cash at the harbour < ", "2026-01-07 -5.00 EUR pending La Grange, market < La Grange, market", "2026-01-07 -1.00 EUR reverted To Zoé < Zoé",
			"REVOLUT:CURRENT:CHF 898.00 CHF 2026-01-06", "REVOLUT:CURRENT:EUR", "REVOLUT:SAVINGS:EUR"}},
	{"Revolut, old", "Completed Date ; Description ; Paid Out (EUR) ; Paid In (EUR) ; Exchange Out; Exchange In; Balance (EUR); Category; Notes\n5 Jan 2026 ; La Grange ; 3,20 ; ; ; ; 96,80; Groceries;\n",
		[]string{"2026-01-05 -3.20 EUR booked La Grange < ", "REVOLUT 96.80 EUR 2026-01-05"}},
	{"N26", "\"Booking Date\",\"Value Date\",\"Partner Name\",\"Partner Iban\",Type,\"Payment Reference\",\"Account Name\",\"Amount (EUR)\",\"Original Amount\",\"Original Currency\",\"Exchange Rate\"\n" +
		"2026-01-05,2026-01-06,Hofladen,DE89370400440532013000,\"Debit Transfer\",\"Rechnung 12\",\"Main Account\",-12.30,-11.5,CHF,0.93\n",
		[]string{"2026-01-05 -12.30 EUR booked Hofladen Rechnung 12 < Hofladen DE89370400440532013000"}},
	{"N26, German", "\"Datum\",\"Empfänger\",\"Kontonummer\",\"Transaktionstyp\",\"Verwendungszweck\",\"Kategorie\",\"Betrag (EUR)\",\"Betrag (Fremdwährung)\",\"Fremdwährung\",\"Wechselkurs\"\n" +
		"\"2026-01-05\",\"Hofladen\",\"\",\"MasterCard Zahlung\",\"\",\"Essen\",\"-12.30\",\"\",\"\",\"\"\n",
		[]string{"2026-01-05 -12.30 EUR booked Hofladen < Hofladen"}},
	{"American", "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #\nDEBIT,01/05/2026,BAKERY,-12.50,DEBIT_CARD,1487.50,,\nCREDIT,01/25/2026,ACME,1500.00,ACH_CREDIT,2987.50,,\n",
		[]string{"2026-01-05 -12.50 USD booked BAKERY DEBIT < BAKERY", "2026-01-25 1500.00 USD booked ACME CREDIT < ", "BANK 2987.50 USD 2026-01-25"}},
	{"PayPal, American", "\"Date\",\"Time\",\"TimeZone\",\"Name\",\"Type\",\"Status\",\"Currency\",\"Gross\",\"Fee\",\"Net\",\"Transaction ID\",\"Balance\"\n" +
		"\"1/5/2026\",\"10:00:00\",\"PST\",\"Barn\",\"Payment\",\"Completed\",\"USD\",\"-1.00\",\"0.00\",\"-1.00\",\"1\",\"9.00\"\n\"1/25/2026\",\"10:00:00\",\"PST\",\"Barn\",\"Payment\",\"Completed\",\"USD\",\"-1.00\",\"0.00\",\"-1.00\",\"2\",\"8.00\"\n",
		[]string{"2026-01-05 -1.00 USD booked Barn < Barn", "2026-01-25 -1.00 USD booked Barn < Barn"}},
	{"another bank", "IBAN;FR14 2004 1010 0505 0001 3M02 606\nDate;Valeur;Libellé;Débit;Crédit\n05/01/2026;05/01/2026;AVOIR;;7,00\nTotal;;;0,00;7,00\n",
		[]string{"2026-01-05 7.00 EUR booked AVOIR < ", "FR1420041010050500013M02606"}},
}

func describe(c *importertest.Collector) (lines []string) {
	for i, d := range c.Documents {
		switch body := c.Bodies[i].(type) {
		case schema.BankOperation:
			p := d.Party("counterparty")
			s := fmt.Sprintf("%s %s %s %s %s < %s", d.Time.Start, d.Money.Amount, d.Money.Currency, body.Status, d.Text, p.Literal)
			if p.Address != "" {
				s += " " + p.Address
			}
			lines = append(lines, s)
		case schema.BankAccount:
			s := d.Source.Connection
			if d.Money != nil {
				s += fmt.Sprintf(" %s %s %s", d.Money.Amount, d.Money.Currency, body.BalanceDate)
			}
			lines = append(lines, s)
		}
	}
	return lines
}

func TestStatements(t *testing.T) {
	utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	for _, s := range statements {
		t.Run(s.name, func(t *testing.T) {
			latin, err := charmap.Windows1252.NewEncoder().String(s.content)
			if err != nil {
				t.Fatal(err)
			}
			wide, err := utf16.NewEncoder().String(s.content)
			if err != nil {
				t.Fatal(err)
			}
			for _, content := range []string{s.content, latin, wide, "\uFEFF" + strings.ReplaceAll(s.content, "\n", "\r\n")} {
				if got := bankcsv.Format.Recognise(importertest.File("x", []byte(content)).Head); got < 60 {
					t.Errorf("recognised at %d", got)
				}
				c, err := importertest.Read(bankcsv.Format, "x", []byte(content))
				if err != nil || len(c.Refusals) > 0 {
					t.Fatalf("%v, %v", err, c.Refusals)
				}
				if got, want := strings.Join(describe(c), "\n"), strings.Join(s.want, "\n"); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			}
		})
	}
}

func TestNotStatements(t *testing.T) {
	for _, content := range []string{
		"", "\n\n", "a;b;c\n1;2;3\n", "<?xml version=\"1.0\"?><a>Date;Libellé;Débit;Crédit</a>", "{\"Date\":1}",
		"Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique\n1;2;3;4;5\n",
		"Date,Title,Amount\n2026-01-05,Film,3\n", "Name,E-mail,Phone\nZoé,z@example.org,1\n", "Subject,Start Date,End Date\nx,y,z\n",
	} {
		if got := bankcsv.Format.Recognise(importertest.File("x.csv", []byte(content)).Head); got != 0 {
			t.Errorf("%q is recognised at %d", content, got)
		}
		if c, err := importertest.Read(bankcsv.Format, "x.csv", []byte(content)); err == nil || len(c.Documents) > 0 {
			t.Errorf("%q is read: %v", content, c.Documents)
		}
	}
}

const header = "Date;Date de valeur;Débit;Crédit;Libellé;Solde\n"

func TestRefusals(t *testing.T) {
	content := header +
		"01/01/2026;01/01/2026;-1,00;;ONE;9,00\n" + // 2
		"32/01/2026;01/01/2026;-1,00;;BAD DAY;9,00\n" +
		"01/01/2026;01/01/2026;-1,0O;;BAD AMOUNT;9,00\n" +
		"01/01/2026;01/01/2026;-1,00;2,00;BOTH;9,00\n" +
		"01/01/2026;01/01/2026;;;NONE;9,00\n" +
		"01/01/2026;31/02/2026;-1,00;;BAD VALUE DATE;9,00\n" +
		"01/01/2026;01/01/2026;-1,00;;\"TWO\nLINES\";9,00\n" + // 8-9
		"01/01/2026;01/01/2026;-1,00;;\"NEVER CLOSED;9,00\n" + // 10
		"01/01/2026;01/01/2026;-1,00;;   ;9,00\n" + // 11
		";;;;;\n\nTotal;;-3,00;;;\nFin du relevé\n" + // 12-15
		"01/01/2026;01/01/2026;-1,00;;A \"QUOTE\" INSIDE;9,00\n" + // 16
		"01/01/2026;01/01/2026;-1,00;;\"DOUBLED \"\"QUOTES\"\"\";9,00\n" + // 17
		"01/01/2026;01/01/2026;-1,00;;" + strings.Repeat("x", 70_000) + ";9,00\n" + // 18
		"01/01/2026;01/01/2026;-1,00;;LAST\n" + // 19, whole but short
		"01/01/2026;01/01/2026;-1,00;;CU" // 20
	c, err := importertest.Read(bankcsv.Format, "x", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, r := range c.Refusals {
		lines = append(lines, r.Line)
		if s := r.Err.Error(); len(s) > 300 || s == "" {
			t.Errorf("error %q", s)
		}
	}
	if got, want := fmt.Sprint(lines), "[3 4 5 6 7 10 11 18 20]"; got != want {
		t.Errorf("refused lines %s, want %s: %v", got, want, c.Refusals)
	}
	var places []string
	for _, d := range c.OfType(penates.BankOperations) {
		places = append(places, d.Source.Locator+" "+d.Text)
	}
	want := `line=2 ONE, line=8-9 TWO LINES, line=16 A "QUOTE" INSIDE, line=17 DOUBLED "QUOTES", line=19 LAST`
	if got := strings.Join(places, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCutRow(t *testing.T) {
	whole := header + "01/01/2026;01/01/2026;-1,00;;ONE;9,00\n02/01/2026;02/01/2026;-1,00;;TWO;8,00"
	for cut := len(header) + 40; cut < len(whole); cut++ {
		c, err := importertest.Read(bankcsv.Format, "x", []byte(whole[:cut]))
		if err != nil {
			t.Fatal(err)
		}
		rest := whole[len(header)+len("01/01/2026;01/01/2026;-1,00;;ONE;9,00\n") : cut]
		want := 0
		if rest != "" && strings.Count(rest, ";") < 5 {
			want = 1
		}
		if len(c.Refusals) != want || want == 1 && c.Refusals[0].Line != 3 {
			t.Errorf("cut to %q: refusals %v", rest, c.Refusals)
		}
	}
}

// Overlapping downloads give the same operations, equal rows included.
func TestOverlap(t *testing.T) {
	rows := []string{
		"01/01/2026;01/01/2026;-1,00;;COFFEE;9,00\n", "01/01/2026;01/01/2026;-1,00;;COFFEE;8,00\n",
		"02/01/2026;02/01/2026;-1,00;;COFFEE;7,00\n", "03/01/2026;03/01/2026;-2,50;;TEA;4,50\n",
	}
	ids := func(content string) (ids []string) {
		c, err := importertest.Read(bankcsv.Format, "x", []byte(content))
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Fatalf("%v, %v, %d repeated", err, c.Refusals, c.Repeated)
		}
		for _, d := range c.OfType(penates.BankOperations) {
			ids = append(ids, string(d.ID))
		}
		return ids
	}
	all := ids(header + strings.Join(rows, ""))
	later := ids(header + strings.Join(rows[2:], ""))
	if all[2] != later[0] || all[3] != later[1] || all[0] == all[1] || all[0] == all[2] {
		t.Errorf("ids %v, later %v", all, later)
	}
	other := ids("Date;Date de valeur;Montant;Libellé;Solde\n02/01/2026;02/01/2026;-1;COFFEE;7,00\n")
	if other[0] != all[2] {
		t.Error("the bank's other layout gives the same operation another id")
	}
}

// A pending operation keeps its id when it is booked.
func TestPendingIsBookedLater(t *testing.T) {
	head := "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\n"
	a, err := importertest.Read(bankcsv.Format, "x", []byte(head+"CARD_PAYMENT,Current,2026-01-07 10:00:00,,La Grange,-5.00,0.00,EUR,PENDING,\n"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := importertest.Read(bankcsv.Format, "x", []byte(head+"CARD_PAYMENT,Current,2026-01-07 10:00:00,2026-01-09 02:00:00,La Grange,-5.00,0.00,EUR,COMPLETED,1.00\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Documents[0].ID != b.Documents[0].ID || b.Documents[0].Time.Start.Date() != "2026-01-09" {
		t.Errorf("%+v then %+v", a.Documents[0], b.Documents[0])
	}
}

func TestSinkStops(t *testing.T) {
	f := importertest.File("x", []byte(statements[0].content))
	if err := bankcsv.Format.Read(t.Context(), f, stopping{&importertest.Collector{}}); err != io.ErrClosedPipe {
		t.Errorf("got %v", err)
	}
}

type stopping struct{ *importertest.Collector }

func (stopping) Document(*penates.Document, schema.Body) error { return io.ErrClosedPipe }

func FuzzRead(f *testing.F) {
	for _, s := range statements {
		f.Add([]byte(s.content))
	}
	for _, s := range european {
		f.Add([]byte(s.content))
	}
	f.Add([]byte("Date ıx;Libellé;Montant (ıx);Solde\n1;2;3;4\n"))
	f.Add([]byte(header + "01/01/2026;;\"\n\"\"\";;\n\"\"\"\"\n=\"1\";\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		bankcsv.Format.Recognise(importertest.File("x", content).Head)
		c, err := importertest.Read(bankcsv.Format, "x", content)
		if err != nil && len(c.Documents) > 0 {
			t.Fatalf("%v after %d documents", err, len(c.Documents))
		}
		for _, d := range c.OfType(penates.BankOperations) {
			if d.Money == nil || d.Money.Amount == "" || d.Time.Start.IsZero() || d.Text == "" || strings.Contains(d.Text, "\n") {
				t.Fatalf("operation %+v", d)
			}
		}
	})
}

// manyRows writes a statement without holding it.
func manyRows(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, header)
		var b bytes.Buffer
		for i := range n {
			fmt.Fprintf(&b, "%02d/%02d/2026;%02d/%02d/2026;-%d,%02d;;PAIEMENT CB %02d%02d BOULANGERIE %d;1 000,00\n",
				i%28+1, i/28%12+1, i%28+1, i/28%12+1, i%90, i%100, i%28+1, i/28%12+1, i)
			if b.Len() > 30_000 || i == n-1 {
				b.WriteTo(w)
			}
		}
		w.Close()
	}()
	return r
}

type counter struct {
	importertest.Collector
	documents, refusals int
}

func (c *counter) Document(*penates.Document, schema.Body) error { c.documents++; return nil }
func (c *counter) Refuse(int, error) error                       { c.refusals++; return nil }

func readMany(tb testing.TB, n int) {
	f := importertest.File("x", []byte(header))
	f.Open = func() (io.ReadCloser, error) { return io.NopCloser(manyRows(n)), nil }
	var c counter
	if err := bankcsv.Format.Read(tb.Context(), f, &c); err != nil || c.documents != n+1 || c.refusals > 0 {
		tb.Fatalf("%v, %d documents, %d refusals", err, c.documents, c.refusals)
	}
}

var _ importer.Sink = (*counter)(nil)

// Memory does not grow with the length of the statement.
func TestMemory(t *testing.T) {
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := used()
	readMany(t, 300_000)
	if after := used(); after > before+8<<20 {
		t.Errorf("%d MB are still held", (after-before)>>20)
	}
}

func BenchmarkRead(b *testing.B) {
	const n = 20_000
	for b.Loop() {
		readMany(b, n)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
