package link_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

func TestSameCalls(t *testing.T) {
	at := time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC)
	call := func(id, source, number string, after time.Duration, seconds, told int) link.Dialled {
		return link.Dialled{ID: penates.DocumentID(id), Source: source, Number: number, Kind: "voice", At: at.Add(after), Seconds: seconds, Told: told}
	}
	for _, tt := range []struct {
		name  string
		calls []link.Dialled
		want  []string
	}{
		{"the same second, the number written otherwise", []link.Dialled{call("a", "x", "+33612345678", 0, 61, 3), call("b", "y", "06 12 34 56 78", 0, 60, 2)}, []string{"b>a same/call 1"}},
		{"clocks apart, as long", []link.Dialled{call("a", "x", "+33612345678", 0, 61, 2), call("b", "y", "+33612345678", 40*time.Second, 61, 3)}, []string{"a>b same/call 0.9"}},
		{"clocks apart, nothing said of how long", []link.Dialled{call("a", "x", "+33612345678", 0, 0, 2), call("b", "y", "+33612345678", 40*time.Second, 0, 2)}, []string{"b>a same/call 0.6"}},
		{"another length", []link.Dialled{call("a", "x", "+33612345678", 0, 61, 2), call("b", "y", "+33612345678", 0, 90, 2)}, nil},
		{"another number", []link.Dialled{call("a", "x", "+33612345678", 0, 61, 2), call("b", "y", "+33612345679", 0, 61, 2)}, nil},
		{"one source never tells twice", []link.Dialled{call("a", "x", "+33612345678", 0, 61, 2), call("b", "x", "+33612345678", 0, 61, 2)}, nil},
		{"two minutes later", []link.Dialled{call("a", "x", "+33612345678", 0, 61, 2), call("b", "y", "+33612345678", 2*time.Minute, 61, 2)}, nil},
		{"two calls stay two", []link.Dialled{
			call("a1", "x", "+33612345678", 0, 5, 3), call("a2", "x", "+33612345678", 30*time.Second, 5, 3),
			call("b1", "y", "+33612345678", 0, 5, 2), call("b2", "y", "+33612345678", 30*time.Second, 5, 2),
		}, []string{"b1>a1 same/call 1", "b2>a2 same/call 1"}},
	} {
		got := shown(link.SameCalls(tt.calls, link.Judged{}))
		slices.Sort(got)
		if len(got)+len(tt.want) > 0 && !slices.Equal(got, tt.want) {
			t.Errorf("%s: %s", tt.name, cmp.Diff(tt.want, got))
		}
	}
	rejected := link.Judged{Rejected: map[link.Pair]bool{{From: "b", To: "a"}: true}}
	if got := link.SameCalls([]link.Dialled{call("a", "x", "+33612345678", 0, 61, 3), call("b", "y", "+33612345678", 0, 61, 2)}, rejected); len(got) > 0 {
		t.Errorf("rejected, and found again: %v", shown(got))
	}
}

// TestSameDealings finds orders and calls that two sources brought, in a vault.
func TestSameDealings(t *testing.T) {
	s := vaulttest.New(t)
	order := func(connector, id, number string, day penates.Moment, amount string) vaulttest.Item {
		return vaulttest.Item{Document: &penates.Document{
			Source: penates.Source{Connector: connector, NativeID: id}, Time: penates.Span{Start: day},
			Money: &penates.Money{Amount: penates.Decimal(amount), Currency: "EUR"},
		}, Body: schema.Order{Merchant: "Amazon " + connector, Number: number}}
	}
	call := func(connector, id string) vaulttest.Item {
		return vaulttest.Item{Document: &penates.Document{
			Source: penates.Source{Connector: connector, NativeID: id}, Time: penates.Span{Start: penates.At(time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC))},
		}, Body: schema.Call{Number: "+33612345678", Kind: "voice", Seconds: 75}}
	}
	vaulttest.Fill(t, s,
		order("shop", "1", "402-123", penates.Day(2024, 3, 1), "12.50"), order("shop", "2", "402-123", penates.Day(2024, 3, 1), "8.00"),
		order("archive", "1", "402123", penates.Day(2024, 3, 2), "12.5"), order("archive", "2", "402-999", penates.Day(2024, 3, 1), "8.00"),
		call("phone", "1"), call("operator", "1"))
	if _, err := link.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	table, err := s.Query(t.Context(), `SELECT rule, count(*) FROM links WHERE rel = 'same_as' GROUP BY rule ORDER BY rule`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]any{{"same/call", int64(1)}, {"same/order", int64(1)}}, table.Rows); diff != "" {
		t.Error(diff)
	}
}
