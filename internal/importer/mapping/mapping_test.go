package mapping_test

import (
	"errors"
	"testing"
	"time"

	"penates"
	"penates/internal/importer/mapping"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

func good() mapping.Mapping {
	return mapping.Mapping{Headings: []string{"Quand", "Quoi", "Combien", "Plus"}, Order: "dmy", Columns: map[mapping.Role]int{mapping.Date: 0, mapping.Label: 1, mapping.Amount: 2}}
}

func TestKept(t *testing.T) {
	s := vaulttest.New(t)
	m := good()
	if err := mapping.Save(t.Context(), s, &m, time.UnixMilli(5)); err != nil {
		t.Fatal(err)
	}
	m.Name = "Banque du Port"
	if err := mapping.Save(t.Context(), s, &m, time.UnixMilli(6)); err != nil {
		t.Fatal(err)
	}
	all, err := mapping.All(t.Context(), s)
	if err != nil || len(all) != 1 || all[0].Name != "Banque du Port" || all[0].ID != mapping.ID([]string{"QUAND:", "quoi", " combien", "plus", ""}) {
		t.Fatal(all, err)
	}
	if found, err := mapping.Find(t.Context(), s, m.ID); err != nil || found.Columns[mapping.Amount] != 2 {
		t.Error(found, err)
	}
	entries, err := s.Journal(t.Context(), vault.JournalFilter{Limit: 10})
	if err != nil || len(entries) == 0 || entries[0].What != "mapping" {
		t.Error(entries, err)
	}
	if err := mapping.Remove(t.Context(), s, m.ID); err != nil {
		t.Error(err)
	}
	if err := mapping.Remove(t.Context(), s, m.ID); !errors.Is(err, penates.NotExist) {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	for want, change := range map[mapping.Problem]func(*mapping.Mapping){
		mapping.NoDate:      func(m *mapping.Mapping) { delete(m.Columns, mapping.Date) },
		mapping.NoAmount:    func(m *mapping.Mapping) { delete(m.Columns, mapping.Amount); m.Columns[mapping.Debit] = 2 },
		mapping.TwoAmounts:  func(m *mapping.Mapping) { m.Columns[mapping.Credit] = 3 },
		mapping.NoLabel:     func(m *mapping.Mapping) { delete(m.Columns, mapping.Label) },
		mapping.TwiceUsed:   func(m *mapping.Mapping) { m.Columns[mapping.Memo] = 1 },
		mapping.BadColumn:   func(m *mapping.Mapping) { m.Columns[mapping.Memo] = 4 },
		mapping.BadOrder:    func(m *mapping.Mapping) { m.Order = "ydm" },
		mapping.BadDecimal:  func(m *mapping.Mapping) { m.Decimal = "'" },
		mapping.BadCurrency: func(m *mapping.Mapping) { m.Currency = "euro" },
		mapping.BadHeadings: func(m *mapping.Mapping) { m.Headings = nil },
	} {
		m := good()
		change(&m)
		if err := m.Check(); !errors.Is(err, want) || !errors.Is(err, penates.Invalid) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if m := good(); m.Check() != nil {
		t.Error(m.Check())
	}
}
