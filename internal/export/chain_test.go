package export_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"penates/internal/journal"
	"penates/internal/vault/vaulttest"
)

// A chained is a journal as an export holds it.
type chained struct {
	lines  []string
	hashes []string
	prev   []byte
}

func (c *chained) add(t *testing.T, e journal.Entry) {
	t.Helper()
	b, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(c.lines) + 1)
	c.prev = journal.Chain(c.prev, n, b)
	c.hashes = append(c.hashes, hex.EncodeToString(c.prev))
	line, err := json.Marshal(map[string]any{"number": n, "entry": json.RawMessage(b), "hash": c.hashes[n-1]})
	if err != nil {
		t.Fatal(err)
	}
	c.lines = append(c.lines, string(line)+"\n")
}

// A break of the journal that a later entry tells of comes along and is said; one
// that no entry tells of is refused.
func TestBreaksOfTheJournal(t *testing.T) {
	for name, tt := range map[string]struct {
		told    bool
		refused int
		entries int64
	}{"told": {true, 0, 5}, "not told": {false, 1, 1}} {
		var c chained
		for i := range 5 {
			c.add(t, journal.Entry{What: fmt.Sprint(i)})
		}
		known := journal.Break{After: 1, At: 3, Hash: c.hashes[2]}
		last := journal.Entry{What: "repair"}
		if tt.told {
			last.Breaks = []journal.Break{known}
		}
		c.add(t, last)
		left := strings.Join(slices.Delete(c.lines, 1, 2), "")
		refused, _, found, err := adopt(t, vaulttest.New(t), packed(t, map[string]string{"journal.jsonl": left}))
		if err != nil || len(refused) != tt.refused || found.Entries != tt.entries || found.Journal == "" {
			t.Errorf("%s: %d entries, refused %q, %v", name, found.Entries, refused, err)
		}
		if tt.told != slices.Equal(found.Breaks, []journal.Break{known}) {
			t.Errorf("%s: breaks %+v", name, found.Breaks)
		}
	}
}

// However many grants there are, the first are named and the others counted.
func TestManyGrants(t *testing.T) {
	lines := `{"id":"grt_o","grantee":"owner"}` + "\n" + strings.Repeat(`{"id":"grt_a","grantee":"app:x","ended":"2026-01-02T00:00:00.000Z"}`+"\n", 1010)
	_, _, found, err := adopt(t, vaulttest.New(t), packed(t, map[string]string{"grants.jsonl": lines}))
	if err != nil || len(found.Grants) != 1000 || found.More != 10 || found.Grants[0].Ended.IsZero() {
		t.Errorf("%d grants and %d more, %v", len(found.Grants), found.More, err)
	}
}
