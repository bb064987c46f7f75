package company_test

import (
	"testing"

	"penates/internal/company"
)

func TestNameIn(t *testing.T) {
	for _, c := range []struct {
		label, name string
		want        bool
	}{
		{"PRLV SEPA EDF CLIENTS PARTICULIERS FR46ZZZ123", "Électricité de France SA", true},
		{"PRELEVEMENT ELECTRICITE DE FRAN", "EDF", true}, // cut short by the bank
		{"PRLV ENGIE", "EDF", false},
		{"CPAM DES HAUTS DE SEINE", "Ameli", true},
		{"VIR C.P.A.M. DE PARIS", "ameli.fr", true},
		{"PAYPAL *NETFLIXCOM", "Netflix", true},
		{"PRLV FREE MOBILE", "Free", true},
		{"FREE", "Free Mobile", true},
		{"PRLV DIRECTENERGIE", "Direct Énergie", true},
		{"MALAKOFF MEDERIC PRE", "Malakoff Mederic", true},
		{"CB TRAINLINE PARIS", "Trainline", true},
		{"CB BOULANGERIE DUPONT", "Boulangerie Martin", false},
		{"CB MARTIN LYON", "Boulangerie Martin", true},
		{"CB LIBRAIRIE DES QUAIS", "Librairie des Quais SARL", true},
		{"CB LEMON TREE", "Le Mo", false},
		{"", "EDF", false},
		{"EDF", "", false},
		{"SARL", "SARL", false},
	} {
		if got := company.ParseName(c.name).In(company.Words(c.label)); got != c.want {
			t.Errorf("name %q in %q = %v, want %v", c.name, c.label, got, c.want)
		}
	}
}

func TestInTakesNoOrdinaryWordForAName(t *testing.T) {
	for label, want := range map[string]string{
		"PRLV SEPA FREE MOBILE":       "Free",
		"DUTY FREE SHOP":              "",
		"CB ORANGE BLEUE FITNESS":     "",
		"CB AMAZON PRIME*2R4":         "Amazon Prime",
		"CB AMAZON EU SARL":           "Amazon",
		"ORANGE SA PRELEVEMENT":       "Orange",
		"REMBOURSEMENT HARMONIE MUTU": "Harmonie Mutuelle",
		"VIR SALAIRE":                 "",
	} {
		got := ""
		if v := company.In(company.Words(label)); v != nil {
			got = v.Name
		}
		if got != want {
			t.Errorf("In(%q) = %q, want %q", label, got, want)
		}
	}
}

func TestOfKnowsWhatEnergyCompaniesSell(t *testing.T) {
	for name, want := range map[string]int{"GRDF": 1, "Engie SA": 2, "eni": 2, "Orange": 0} {
		v := company.Of(name)
		if v == nil || len(v.Energies) != want || (v.Sector == company.Energy) != (want > 0) {
			t.Errorf("Of(%q) = %+v, want %d energies", name, v, want)
		}
	}
	if v := company.Of("Chez Lucette"); v != nil {
		t.Errorf("Of an unknown name = %v, want none", v.Name)
	}
}

func TestKeyStaysTheSameFromMonthToMonth(t *testing.T) {
	for _, same := range [][]string{
		{"PRLV SEPA SALLE DE SPORT TONIC ECH 05/03/2024", "PRLV SEPA SALLE DE SPORT TONIC ECH 05/04/2024"},
		{"VIR SEPA LOYER MARS 2024 SCI DES LILAS", "VIR SEPA LOYER AVRIL 2024 SCI DES LILAS"},
		{"PRLV EDF CLIENTS 001", "EDF 44871"},
	} {
		first := company.Key(company.Words(same[0]))
		for _, s := range same[1:] {
			if got := company.Key(company.Words(s)); got != first || got == "" {
				t.Errorf("Key(%q) = %q, want %q as for %q", s, got, first, same[0])
			}
		}
	}
	if got := company.Key(company.Words("CARTE 12/03 4978")); got != "" {
		t.Errorf("Key of bank words = %q, want none", got)
	}
}

func FuzzName(f *testing.F) {
	f.Add("PRLV EDF", "EDF")
	f.Add("ÉLECTRICITÉ \xff", "électricité de france")
	f.Add("b you", "B&You")
	f.Fuzz(func(t *testing.T, label, name string) {
		words := company.Words(label)
		company.ParseName(name).In(words)
		company.In(words)
		company.Of(name)
		company.Key(words)
	})
}
