package bankcsv_test

import (
	"testing"

	"penates/internal/importer/bankcsv"
	"penates/internal/importer/importertest"
)

// Headings that many tables have make a statement when the rows are those of one.
func TestEvidence(t *testing.T) {
	for content, want := range map[string]int{
		"Date;Libellé;Montant\n05/01/2024;BOULANGERIE;-12,50\n06/01/2024;SALAIRE;1 200,00\n":            2,
		"Compte courant\n\nDate,Description,Amount\n2024-01-05,Bakery,-12.50\n2024-01-06,Salary,1200\n": 2,
		"Datum\tBeschreibung\tBetrag\n05.01.2024\tBäckerei\t-12,50\n06.01.2024\tGehalt\t1.200,00\n":     2,
		"Date;Libellé;Montant\n05/01/2024;Don;12,50\n06/01/2024;Don;20,00\n":                            0, // a list of gifts
		"Date;Libellé;Montant\nhier;BOULANGERIE;-12,50\navant;SALAIRE;1 200,00\n":                       0,
	} {
		sure := bankcsv.Format.Recognise(importertest.File("x.csv", []byte(content)).Head)
		if (sure > 0) != (want > 0) {
			t.Errorf("%q: recognised at %d", content, sure)
		}
		if want == 0 {
			continue
		}
		c, err := importertest.Read(bankcsv.Format, "x.csv", []byte(content))
		if err != nil || len(c.Documents) < want || len(c.Refusals) > 0 {
			t.Errorf("%q: %d documents, %v, %v", content, len(c.Documents), err, c.Refusals)
		}
	}
}
