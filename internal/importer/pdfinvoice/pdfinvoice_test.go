package pdfinvoice_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/facturx"
	"penates/internal/importer/importertest"
	"penates/internal/importer/pdf"
	"penates/internal/importer/pdfinvoice"
	"penates/internal/schema"
)

// A text stands on a page, x from the left.
type text struct {
	x     int
	words string
}

// page makes a PDF with the rows, from the top. The rows are written in turn, each
// from its right to its left, so that only their places tell what belongs together.
func page(rows ...[]text) []byte {
	var content strings.Builder
	for i := len(rows) - 1; i >= 0; i-- {
		for j := len(rows[i]) - 1; j >= 0; j-- {
			fmt.Fprintf(&content, "BT /F1 9 Tf %d %d Td (%s) Tj ET\n", rows[i][j].x, 800-14*i, encoded(rows[i][j].words))
		}
	}
	return fmt.Appendf(nil, "%%PDF-1.7\n1 0 obj << /Pages 2 0 R >> endobj\n2 0 obj << /Type /Pages /Kids [3 0 R] >> endobj\n"+
		"3 0 obj << /Type /Page /Contents 4 0 R /Resources << /Font << /F1 << /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >> >> >> endobj\n"+
		"4 0 obj << /Length %d >> stream\n%s\nendstream endobj\ntrailer << /Root 1 0 R >>\n", content.Len(), content.String())
}

func encoded(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '€':
			r = 0x80
		case r == '(', r == ')', r == '\\':
			b.WriteByte('\\')
		}
		b.WriteByte(byte(r))
	}
	return b.String()
}

// rows reads "left | right" a line, the columns 200 apart.
func rows(lines string) (all [][]text) {
	for line := range strings.Lines(lines) {
		var row []text
		for i, words := range strings.Split(strings.TrimRight(line, "\n"), "|") {
			if words = strings.TrimSpace(words); words != "" {
				row = append(row, text{40 + 180*i, words})
			}
		}
		all = append(all, row)
	}
	return all
}

const (
	energy = `Énergie du Coin | | M. Léo Martin
	Service clients | | 3 rue du Four
	 | | 69001 Lyon
	Facture n° 10 123 456 789 du 12 mars 2026
	N° client : 6012345678 | Point de livraison (PDL) : 09 876 543 210 987
	Numéro de contrat | K-55812
	Consommation du 10/01/2026 au 09/03/2026
	 | Montant HT | TVA | Montant TTC
	Abonnement | 25,00 | 1,38 | 26,38
	Électricité | 1 020,50 | 204,10 | 1 224,60
	Total HT | | 1 045,50 €
	Total TVA | | 205,48 €
	Total TTC | | 1 250,98 €
	Cette somme sera prélevée le 27/03/2026 sur votre compte.
	Énergie du Coin SAS au capital de 37 000 € - RCS Lyon 732 829 320 - N° TVA FR44732829320`

	english = `INVOICE
	Acme Widgets Ltd
	1 High Street, London
	Invoice number | INV-2026-0042
	Date of issue | January 5, 2026
	Due date | February 4, 2026
	Bill to | Jane Roe
	Widget | 3 x £30.00 | £90.00
	Subtotal | | £90.00
	VAT (20%) | | £18.00
	Total | | £108.00
	VAT no. GB123456789`

	german = `Stadtwerke Musterdorf GmbH
	Rechnungsnummer: R-1009 | Rechnungsdatum: 03.02.2026
	Kundennummer 4711
	Nettobetrag | 100,00 EUR
	MwSt 19 % | 19,00 EUR
	Rechnungsbetrag | 119,00 EUR
	Zahlbar bis 17.02.2026`

	columns = `Kopie factuur
	Klant | Factuur datum | Factuur
	C-1001 | 8-9-2026 | VF1005
	Factuur totaal EUR | 49,99
	www.winkel.nl`

	credit = `AVOIR
	Boutique Martin SARL
	Avoir n° AV-9 | Date : 01/04/2026
	Total TTC | -12,50 €`

	refunded = `CPAM du Rhône
	Relevé de remboursements
	Mme Zoé Petit
	13/03/2026 | Consultation | 26,50 26,50 70 % | 16,55
	14/03/2026 | Analyses | 40,00 40,00 60 % | 24,00
	le 20/03/2026 : 40,55 euro(s)
	15/03/2026 | Consultation | 26,50 26,50 70 % | 16,55
	le 25/03/2026 : 16,55 euro(s)`

	// Who the care was for, what is kept back, and the part of both insurances.
	cared = `Assurance Maladie
	Relevé de vos remboursements de soins
	dates | nature des prestations | montant payé | base du remboursement | taux | montant versé | organisme complémentaire
	pour ZOE né(e) le 02/03/1980
	01/04/2026 | GENERALISTE Sect1 | 30,00 | 30,00 | 70 % | 21,00 | 50 % | 9,00
	participation forfaitaire (PFH) | -2,00
	Bénéficiaire : Léo Petit
	02/04/2026 | PHARMACIE | 12,50 | 12,50 | 65 % | 8,13
	franchise | -1,00
	Somme versée le 10/04/2026 | 35,13 €`

	shared = `Harmonie Mutuelle
	Décompte de prestations
	Date | Acte | Dépense | Remboursement Sécu | Notre remboursement
	Bénéficiaire : Zoé Petit
	01/04/2026 | CONSULTATION | 30,00 | 19,00 | 9,00
	Virement du 12/04/2026 | 9,00 €`
)

func TestBills(t *testing.T) {
	for name, tt := range map[string]struct {
		lines  string
		key    string
		day    string
		amount string
		body   schema.Bill
		refs   []penates.Ref
	}{
		"French": {energy, "FR44732829320", "2026-03-12", "1250.98 EUR", schema.Bill{
			Vendor: "Énergie du Coin", VendorID: "FR44732829320", Number: "10123456789", Due: "2026-03-27", NetTotal: "1045.50", VAT: "205.48",
			PeriodStart: "2026-01-10", PeriodEnd: "2026-03-09", Contract: "K-55812", Buyer: "Léo Martin", Kind: "380",
		}, []penates.Ref{{Scheme: "invoice", Value: "10123456789"}, {Scheme: "contract", Value: "K-55812"}, {Scheme: "customer", Value: "6012345678"}, {Scheme: "prm", Value: "09876543210987"}}},
		"English": {english, "GB123456789", "2026-01-05", "108.00 GBP", schema.Bill{
			Vendor: "Acme Widgets Ltd", VendorID: "GB123456789", Number: "INV-2026-0042", Due: "2026-02-04", NetTotal: "90.00", VAT: "18.00", Kind: "380",
		}, []penates.Ref{{Scheme: "invoice", Value: "INV-2026-0042"}}},
		"German": {german, "stadtwerke musterdorf gmbh", "2026-02-03", "119.00 EUR", schema.Bill{
			Vendor: "Stadtwerke Musterdorf GmbH", Number: "R-1009", Due: "2026-02-17", NetTotal: "100.00", VAT: "19.00", Contract: "4711", Kind: "380",
		}, []penates.Ref{{Scheme: "invoice", Value: "R-1009"}, {Scheme: "customer", Value: "4711"}}},
		"values below": {columns, "winkel", "2026-09-08", "49.99 EUR", schema.Bill{Vendor: "winkel", Number: "VF1005", Kind: "380"}, []penates.Ref{{Scheme: "invoice", Value: "VF1005"}}},
		"paid in part": {energy + "\n Acompte | | 200,00 €\n Solde à payer | | 1 050,98 €", "FR44732829320", "2026-03-12", "1250.98 EUR", schema.Bill{
			Vendor: "Énergie du Coin", VendorID: "FR44732829320", Number: "10123456789", Due: "2026-03-27", NetTotal: "1045.50", VAT: "205.48", AmountDue: "1050.98",
			PeriodStart: "2026-01-10", PeriodEnd: "2026-03-09", Contract: "K-55812", Buyer: "Léo Martin", Kind: "380",
		}, []penates.Ref{{Scheme: "invoice", Value: "10123456789"}, {Scheme: "contract", Value: "K-55812"}, {Scheme: "customer", Value: "6012345678"}, {Scheme: "prm", Value: "09876543210987"}}},
		"credit note": {credit, "boutique martin sarl", "2026-04-01", "-12.50 EUR", schema.Bill{
			Vendor: "Boutique Martin SARL", Number: "AV-9", IsRefund: true, Kind: "381",
		}, []penates.Ref{{Scheme: "invoice", Value: "AV-9"}}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := importertest.Read(pdfinvoice.Format, "bill.pdf", page(rows(tt.lines)...))
			if err != nil || len(c.Refusals) > 0 || len(c.OfType(penates.Bills)) != 1 || len(c.OfType(penates.Files)) != 1 || len(c.Links) != 1 {
				t.Fatalf("%v, %d documents, refused %v", err, len(c.Documents), c.Refusals)
			}
			d := c.OfType(penates.Bills)[0]
			if diff := cmp.Diff(tt.body, c.Bodies[0]); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.refs, d.Refs); diff != "" {
				t.Error(diff)
			}
			if got := string(d.Money.Amount) + " " + d.Money.Currency; got != tt.amount || d.Time.Start.String() != tt.day || d.Source.Connection != tt.key {
				t.Errorf("%s on %s of %q", got, d.Time.Start, d.Source.Connection)
			}
			if l := c.Links[0]; l.From != c.OfType(penates.Files)[0].ID || l.To != d.ID || l.Rel != penates.Documents {
				t.Errorf("link %+v", l)
			}
		})
	}
}

func TestRefunds(t *testing.T) {
	c, err := importertest.Read(pdfinvoice.Format, "x.pdf", page(rows(refunded)...))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, d := range c.OfType(penates.Bills) {
		b := c.Bodies[i].(schema.Bill)
		got = append(got, fmt.Sprintf("%s %s %s %s of %s on %s, %s", d.Time.Start, d.Money.Amount, d.Money.Currency, b.Title, b.OriginalAmount, b.OriginalDate, b.GroupAmount))
		if b.Vendor != "Ameli" || !b.IsRefund || b.Buyer != "Zoé Petit" || d.Sensitivity != penates.Sensitive {
			t.Errorf("refund %+v", b)
		}
	}
	want := []string{
		"2026-03-20 16.55 EUR Consultation of 26.50 on 2026-03-13, 40.55",
		"2026-03-20 24.00 EUR Analyses of 40.00 on 2026-03-14, 40.55",
		"2026-03-25 16.55 EUR Consultation of 26.50 on 2026-03-15, ",
	}
	if diff := cmp.Diff(want, got); diff != "" || len(c.Links) != 3 || c.Repeated > 0 {
		t.Errorf("%d links, %d repeated\n%s", len(c.Links), c.Repeated, diff)
	}
}

func TestParts(t *testing.T) {
	for lines, want := range map[string][]string{
		cared: {"2026-04-10 30.00 of 30.00 for ZOE: base 30.00 at 70, 21.00 + 9.00, all 35.13 [participation forfaitaire (PFH) -2.00]",
			"2026-04-10 8.13 of 12.50 for Léo Petit: base 12.50 at 65,  + , all 35.13 [franchise -1.00]"},
		shared: {"2026-04-12 9.00 of 30.00 for Zoé Petit: base  at , 19.00 + 9.00, all  []"},
	} {
		c, err := importertest.Read(pdfinvoice.Format, "x.pdf", page(rows(lines)...))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, d := range c.OfType(penates.Bills) {
			b := c.Bodies[i].(schema.Bill)
			var kept []string
			for _, l := range b.Lines {
				kept = append(kept, l.Label+" "+l.Net)
			}
			got = append(got, fmt.Sprintf("%s %s of %s for %s: base %s at %s, %s + %s, all %s %v", d.Time.Start, d.Money.Amount, b.OriginalAmount, b.Beneficiary, b.Base, b.Rate,
				b.ObligatoryPart, b.ComplementaryPart, b.GroupAmount, kept))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// What mentions bills and sums without being one stays a file.
func TestNoBills(t *testing.T) {
	for name, lines := range map[string]string{
		"letter":         "Madame,\nvotre facture du 3 mars 2026 de 12,50 € a été payée.\nBien à vous",
		"statement":      "Relevé de compte | Ancien solde | 100,00 €\n02/03/2026 | PRLV FACTURE EDF | 50,00\nTotal | 50,00 €\nNouveau solde | 50,00 €",
		"quote":          "DEVIS n° D-12 du 03/03/2026\nMartin SARL\nTotal TTC | 120,00 €\nUne facture suivra.",
		"no total":       "Facture n° 12-A du 03/03/2026\nMartin SARL",
		"no day":         "Facture n° 12-A\nMartin SARL\nTotal TTC | 120,00 €",
		"no currency":    "Facture n° 12-A du 03/03/2026\nTotal TTC | 120,00",
		"nobody's":       "Reçu le 03/03/2026\nTotal | 120,00 €",
		"nothing":        "",
		"slip":           "BULLETIN DE PAIE\nFacture\nNet à payer | 2 000,00 €\n03/03/2026",
		"refund of none": "Relevé de prestations\nHarmonie Mutuelle\n13/03/2026 | Consultation | 26,50 | 16,55",
	} {
		c, err := importertest.Read(pdfinvoice.Format, "x.pdf", page(rows(lines)...))
		if !errors.Is(err, importer.ErrNotMine) || len(c.Documents) > 0 {
			t.Errorf("%s: %v, %d documents %v", name, err, len(c.Documents), c.Bodies)
		}
	}
	for name, content := range map[string][]byte{"encrypted": append(page(rows(energy)...), "trailer << /Encrypt 9 0 R >>"...), "no PDF": []byte("%PDF-")} {
		if _, err := importertest.Read(pdfinvoice.Format, "x.pdf", content); !errors.Is(err, importer.ErrNotMine) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestThroughImport holds that the formats of PDFs work together, and that a second
// import adds nothing.
func TestThroughImport(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string][]byte{"a.pdf": page(rows(energy)...), "b.pdf": page(rows("Lettre")...), "c.pdf": page(rows(refunded)...)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store := importertest.NewStore()
	formats := []importer.Format{facturx.Format, pdfinvoice.Format, pdf.Format}
	for i, want := range []importer.Count{{Added: 7}, {Unchanged: 7}} {
		r, err := importer.Run(t.Context(), store, formats, []string{dir}, importer.Options{})
		if err != nil || (importer.Count{Added: r.Added, Updated: r.Updated, Unchanged: r.Unchanged}) != want || r.Refused != 0 {
			t.Errorf("run %d: %s, %v %v", i+1, r, r.Refusals, err)
		}
		if got := []string{r.Files[0].Format, r.Files[1].Format, r.Files[2].Format}; strings.Join(got, " ") != "pdfinvoice pdf pdfinvoice" {
			t.Errorf("read by %v", got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, lines := range []string{energy, english, german, columns, credit, refunded, cared, shared} {
		f.Add(lines)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		c, err := importertest.Read(pdfinvoice.Format, "x.pdf", page(rows(lines)...))
		if errors.Is(err, importer.ErrNotMine) && len(c.Documents) > 0 {
			t.Error("left to others after it gave something")
		}
		for _, d := range c.OfType(penates.Bills) {
			if _, err := penates.ParseDecimal(string(d.Money.Amount)); err != nil || d.Time.Start.IsZero() || d.Money.Currency == "" {
				t.Errorf("bill %+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	content := page(rows(energy + strings.Repeat("\nUne ligne de petits caractères, qui ne dit rien de la somme | 12,50", 400))...)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(pdfinvoice.Format, "x.pdf", content); err != nil || len(c.Documents) != 2 {
			b.Fatal(err)
		}
	}
}
