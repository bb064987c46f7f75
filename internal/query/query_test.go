package query_test

import (
	"errors"
	"fmt"
	"testing"

	"penates"
	"penates/internal/query"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

// TestEachGivesEveryRowOnce reads more rows than one query may give.
func TestEachGivesEveryRowOnce(t *testing.T) {
	const messages, parties = 2_100, 100
	s := vaulttest.New(t)
	to := make([]penates.Party, parties)
	for i := range to {
		to[i] = penates.Party{Role: "to", Address: fmt.Sprint(i)}
	}
	items := make([]vaulttest.Item, messages)
	for i := range items {
		items[i] = vaulttest.Item{Document: &penates.Document{Source: penates.Source{NativeID: fmt.Sprint(i)}, Parties: to}, Body: schema.Message{}}
	}
	vaulttest.Fill(t, s, items...)
	q := query.Select{Key: "document", Columns: "address", From: "parties", Where: "address <> '7' OR FALSE"}
	seen := map[[2]any]int{}
	err := query.Each(t.Context(), s, q, func(row []any) error {
		seen[[2]any{row[0], row[1]}]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := messages * (parties - 1); len(seen) != want {
		t.Errorf("%d different rows, want %d", len(seen), want)
	}
	for row, n := range seen {
		if n != 1 || row[1] == "7" {
			t.Fatalf("row %v came %d times", row, n)
		}
	}
	stop := errors.New("enough")
	if err := query.Each(t.Context(), s, q, func([]any) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Each = %v, want the error of the function it calls", err)
	}
	if err := query.Each(t.Context(), s, query.Select{Key: "id", Columns: "nothing", From: "bills"}, func([]any) error { return nil }); !errors.Is(err, penates.Invalid) {
		t.Errorf("Each of a column that is not there = %v, want %v", err, penates.Invalid)
	}
}

func TestEachRefusesAKeyWithTooManyRows(t *testing.T) {
	s := vaulttest.New(t)
	to := make([]penates.Party, 60_000)
	for i := range to {
		to[i] = penates.Party{Role: "to", Address: "x"}
	}
	var items []vaulttest.Item
	for i := range 4 {
		items = append(items, vaulttest.Item{Document: &penates.Document{Source: penates.Source{NativeID: fmt.Sprint(i)}, Parties: to}, Body: schema.Message{}})
	}
	vaulttest.Fill(t, s, items...)
	err := query.Each(t.Context(), s, query.Select{Key: "document", Columns: "address", From: "parties"}, func([]any) error { return nil })
	if !errors.Is(err, penates.TooLarge) {
		t.Errorf("Each = %v, want %v", err, penates.TooLarge)
	}
}
