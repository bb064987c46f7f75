package api_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"penates"
	"penates/internal/proto/api"
)

// FuzzListing reads addresses of lists: what is accepted makes SQL in which
// every value is an argument.
func FuzzListing(f *testing.F) {
	for _, seed := range []string{
		"type=io.cozy.bills&filter[vendor]=EDF&fields=vendor,amount&page[size]=5",
		"filter[amount][lt]=-20&filter[day][in]=2025-01-01,2025-01-02&filter[text][prefix]=CB",
		"page[after]=eyJkIjoiMjAyNS0wMS0wMSIsImkiOiJkb2NfYSJ9", "filter[a%22]=1", "filter[a][zz]=1", "fields=a%22b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		sql, args, err := api.ListSQL(q)
		if err != nil {
			if !errors.Is(err, penates.Invalid) {
				t.Error(err)
			}
			return
		}
		sql = strings.ReplaceAll(sql, "('integer', 'real')", "") // the only texts of its own
		if strings.Count(sql, "?") != len(args) || strings.ContainsAny(sql, ";'\x00") {
			t.Errorf("%d arguments for %s", len(args), sql)
		}
		for _, quoted := range strings.Split(sql, `"`)[1:] {
			if len(quoted) > 200 {
				t.Errorf("a name of %d bytes in %s", len(quoted), sql)
			}
		}
	})
}

// FuzzMerge applies merge patches: what comes out is a document's or refused.
func FuzzMerge(f *testing.F) {
	f.Add(`{"text":"x","body":{"a":1,"b":[1,2]}}`)
	f.Add(`{"money":null,"time":{"start":"2025-01-01"}}`)
	f.Add(`[]`)
	f.Add(`{"source":{}}`)
	f.Fuzz(func(t *testing.T, patch string) {
		if err := api.Patch(patch); err != nil && !errors.Is(err, penates.Invalid) {
			t.Error(err)
		}
	})
}
