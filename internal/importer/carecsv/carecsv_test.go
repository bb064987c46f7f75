package carecsv_test

import (
	"fmt"
	"slices"
	"testing"

	"penates"
	"penates/internal/importer/carecsv"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const (
	mutuelle = "Date des soins;Date de paiement;Bénéficiaire;Nature de l'acte;Dépense (€);Base de remboursement;Taux;Remboursement Sécu;Remboursement mutuelle\n" +
		"13/03/2026;20/03/2026;ZOE PETIT;CONSULTATION GENERALISTE;30,00;30,00;70 %;19,00;9,00\n" +
		"14/03/2026;20/03/2026;LEO PETIT;OPTIQUE;310,00;0,09;60 %;0,05;200,00\n" +
		"14/03/2026;hier;LEO PETIT;OPTIQUE;310,00;0,09;60 %;0,05;200,00\n" +
		"15/03/2026;20/03/2026;LEO PETIT;;1,00;;;;1,00\n" +
		"Total;;;;340,00;;;19,05;209,00\n"
	obligatory = "Date de soin,Acte,Bénéficiaire,Montant payé,Base du remboursement,Taux,Montant remboursé\n2026-03-13,Pharmacie,Zoé,12.50,12.50,65,8.13\n"
)

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		want          []string
		refused       string
	}{
		{"releve Harmonie Mutuelle.csv", mutuelle, []string{
			"2026-03-20 9.00 Harmonie Mutuelle CONSULTATION GENERALISTE of 30.00 on 2026-03-13 for ZOE PETIT: base 30.00 at 70, 19.00 + 9.00",
			"2026-03-20 200.00 Harmonie Mutuelle OPTIQUE of 310.00 on 2026-03-14 for LEO PETIT: base 0.09 at 60, 0.05 + 200.00"}, "[4 5]"},
		{"soins.csv", obligatory, []string{"2026-03-13 8.13 Complémentaire santé Pharmacie of 12.50 on 2026-03-13 for Zoé: base 12.50 at 65,  + "}, "[]"},
	} {
		if sure := carecsv.Format.Recognise(importertest.File(tt.name, []byte(tt.content)).Head); sure != 90 {
			t.Errorf("%s: recognised at %d", tt.name, sure)
		}
		c, err := importertest.Read(carecsv.Format, tt.name, []byte(tt.content))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, d := range c.OfType(penates.Bills) {
			b := c.Bodies[i].(*schema.Bill)
			got = append(got, fmt.Sprintf("%s %s %s %s of %s on %s for %s: base %s at %s, %s + %s", d.Time.Start.Date(), d.Money.Amount, b.Vendor, b.Title, b.OriginalAmount, b.OriginalDate,
				b.Beneficiary, b.Base, b.Rate, b.ObligatoryPart, b.ComplementaryPart))
			if !b.IsRefund || d.Sensitivity != penates.Sensitive {
				t.Errorf("%+v", b)
			}
		}
		var lines []int
		for _, r := range c.Refusals {
			lines = append(lines, r.Line)
		}
		if !slices.Equal(got, tt.want) || fmt.Sprint(lines) != tt.refused || c.Repeated > 0 {
			t.Errorf("%s:\n got %q\nwant %q\nrefused %v", tt.name, got, tt.want, c.Refusals)
		}
	}
}

func TestNotMine(t *testing.T) {
	for _, content := range []string{"", "Date;Libellé;Montant\n", "Date;Montant;Remboursement\n1;2;3\n", "Acte;Montant;Remboursement\n", "{}", "Date de paiement;Libellé;Montant;Remboursement\n"} {
		if sure := carecsv.Format.Recognise(importertest.File("x", []byte(content)).Head); sure != 0 {
			t.Errorf("%q: recognised at %d", content, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(mutuelle))
	f.Add([]byte(obligatory))
	f.Add([]byte("Date soins;Acte;Prix;Mutuelle\n\"\n;;;\n1/1/26;a;(1);-\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if carecsv.Format.Recognise(importertest.File("x", content).Head) == 0 {
			return
		}
		c, err := importertest.Read(carecsv.Format, "x", content)
		if err != nil && len(c.Documents) > 0 {
			t.Fatalf("%v after %d documents", err, len(c.Documents))
		}
		for _, d := range c.Documents {
			if d.Money == nil || d.Money.Amount == "" || d.Time.Start.IsZero() || d.Text == "" {
				t.Fatalf("%+v", d)
			}
		}
	})
}
