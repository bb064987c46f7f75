package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"penates"
	"penates/internal/grant"
	"penates/internal/proto/api"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

// benchmarks is how many documents are read from.
const benchmarks = 2000

// BenchmarkHTTP reads and writes documents of 1 KB over HTTP under a grant of a third
// party, one after the other and sixteen at a time: sealed, and each answer after its
// entry in the journal is durable.
func BenchmarkHTTP(b *testing.B) {
	w := newWorld(b, api.Config{Rate: 1e9, Burst: 1e9, Queries: 1000})
	text := strings.Repeat("un pain de campagne, ", 45)
	items := make([]vaulttest.Item, benchmarks)
	for i := range items {
		items[i] = vaulttest.Item{Document: &penates.Document{Source: penates.Source{NativeID: fmt.Sprint(i)}, Text: "note"}, Body: schema.Note{Title: fmt.Sprint(i), Content: text}}
	}
	vaulttest.Fill(b, w.s, items...)
	w.under("bench", grant.Grant{Actions: []penates.Action{penates.Read, penates.Add}, Selections: []grant.Selection{{Type: penates.Notes}}})
	table, err := w.s.Query(b.Context(), "SELECT id FROM notes", benchmarks)
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	read := func() *http.Request {
		id := table.Rows[int(n.Add(1))*7919%len(table.Rows)][0].(string)
		return w.request("GET", "/documents/"+id, "", "Authorization", "Bearer bench")
	}
	write := func() *http.Request {
		body := fmt.Sprintf(`{"data":{"type":"penates.notes","lid":"b%d","attributes":{"text":"note","body":{"title":"t","content":%q}}}}`, n.Add(1), text)
		return w.request("POST", "/documents", body, "Authorization", "Bearer bench")
	}
	query := func() *http.Request {
		return w.request("POST", "/query", `{"sql":"SELECT id, title, content FROM notes LIMIT 1000"}`, "Authorization", "Bearer bench")
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	for _, x := range []struct {
		name   string
		make   func() *http.Request
		status int
	}{{"read", read, http.StatusOK}, {"write", write, http.StatusCreated}, {"query-1000", query, http.StatusOK}} {
		once := func(b *testing.B) {
			res, err := client.Do(x.make())
			if err != nil {
				b.Error(err)
				return
			}
			defer res.Body.Close()
			if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != x.status {
				b.Errorf("%d, %v", res.StatusCode, err)
			}
		}
		b.Run(x.name+"-1", func(b *testing.B) {
			for b.Loop() {
				once(b)
			}
		})
		b.Run(x.name+"-16", func(b *testing.B) {
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					once(b)
				}
			})
		})
	}
}
