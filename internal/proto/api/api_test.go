package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/form"
	"penates/internal/grant"
	"penates/internal/proto/api"
	"penates/internal/schema"
	"penates/internal/vault"
)

func TestList(t *testing.T) {
	w := newWorld(t, api.Config{}).fill(30)
	for _, test := range []struct {
		name, query string
		want        int // documents over all pages
		first       string
	}{
		{"all", "", 33, "EDF"},
		{"a type", "?type=io.cozy.bank.operations", 30, "CB BOULANGERIE 29"},
		{"small pages", "?type=io.cozy.bank.operations&page[size]=7", 30, "CB BOULANGERIE 29"},
		{"pages over the documents without a day", "?page[size]=2", 33, "EDF"},
		{"without a day", "?type=io.cozy.contacts&page[size]=1", 2, ""},
		{"equal", "?type=io.cozy.bills&filter[vendor]=EDF", 1, "EDF"},
		{"number", "?type=io.cozy.bank.operations&filter[amount][lt]=-20", 11, "CB BOULANGERIE 29"},
		{"equal number", "?type=io.cozy.bank.operations&filter[amount]=-3.50", 1, "CB BOULANGERIE 02"},
		{"two", "?type=io.cozy.bank.operations&filter[day][ge]=2025-01-05&filter[day][le]=2025-01-06", 2, "CB BOULANGERIE 05"},
		{"in", "?type=io.cozy.bank.operations&filter[day][in]=2025-01-05,2025-01-09", 2, "CB BOULANGERIE 08"},
		{"prefix", "?filter[text][prefix]=CB BOULANGERIE 1", 10, "CB BOULANGERIE 19"},
		{"none", "?filter[text]=nothing", 0, ""},
	} {
		path, seen := "/documents"+strings.ReplaceAll(test.query, " ", "%20"), map[string]bool{}
		for n := 0; path != "" && n < 50; n++ {
			l := w.ask("GET", path, "").list(t)
			if n == 0 && test.first != "" && l.Data[0].Attributes["text"] != test.first {
				t.Errorf("%s begins with %v", test.name, l.Data[0].Attributes)
			}
			for _, d := range l.Data {
				if seen[d.ID] {
					t.Errorf("%s: %s comes twice", test.name, d.ID)
				}
				seen[d.ID] = true
			}
			path = strings.TrimPrefix(l.Links.Next, api.Base)
		}
		if len(seen) != test.want {
			t.Errorf("%s: %d documents, want %d", test.name, len(seen), test.want)
		}
	}
}

func TestListFields(t *testing.T) {
	w := newWorld(t, api.Config{}).fill(3)
	l := w.ask("GET", "/documents?type=io.cozy.bank.operations&fields=amount,splits,kind&page[size]=1", "").list(t)
	a := l.Data[0].Attributes
	splits, _ := a["splits"].([]any)
	if len(a) != 3 || a["amount"] != -3.5 || a["kind"] != "card" || len(splits) != 1 {
		t.Errorf("sparse attributes: %v", a)
	}
	for _, bad := range []string{"?fields=amount,no_such", "?fields=a;b", "?type=io.example", "?nothing=1", "?page[size]=0", "?page[size]=501",
		"?page[after]=xyz", "?filter[amount][like]=1", "?filter[no_such]=1", "?type=io.cozy.bills&type=io.cozy.files", "?filter[a%22]=1"} {
		if got := w.ask("GET", "/documents"+bad, ""); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", bad, got.status, got.body)
		}
	}
}

func TestDocument(t *testing.T) {
	w := newWorld(t, api.Config{}).fill(1)
	id := w.id("SELECT id FROM bank_operations")
	got := w.ask("GET", "/documents/"+id, "")
	var doc struct {
		Data struct {
			Attributes struct {
				Money penates.Money        `json:"money"`
				Body  schema.BankOperation `json:"body"`
			} `json:"attributes"`
			Meta struct{ Revision int } `json:"meta"`
		} `json:"data"`
	}
	if err := json.Unmarshal(got.body, &doc); err != nil || doc.Data.Attributes.Money.Amount != "-1.50" || doc.Data.Attributes.Body.Kind != "card" || doc.Data.Meta.Revision != 1 {
		t.Errorf("%v: %s", err, got.body)
	}
	tag := got.header.Get("ETag")
	if again := w.ask("GET", "/documents/"+id, "", "If-None-Match", `"x", `+tag); again.status != http.StatusNotModified || len(again.body) > 0 {
		t.Errorf("if none match: %d", again.status)
	}
	for _, path := range []string{"/documents/doc_aaaaaaaaaaaaaaaaaaaaaaaaaa", "/documents/nothing", "/documents/" + id + "x/links", "/nowhere", "/types/io.example", "/blobs/x"} {
		if got := w.ask("GET", path, ""); got.status != http.StatusNotFound || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := w.send(w.request("PUT", "/documents/"+id, "{}")); got.status != http.StatusMethodNotAllowed || !slices.Equal(got.header.Values("Allow"), []string{"GET", "PATCH", "DELETE"}) {
		t.Errorf("PUT: %d, allowed %v", got.status, got.header.Values("Allow"))
	}
}

func TestLinksAndHistory(t *testing.T) {
	w := newWorld(t, api.Config{}).fill(2)
	op, bill := w.id("SELECT id FROM bank_operations"), w.id("SELECT id FROM bills")
	link := penates.Link{From: penates.DocumentID(op), Rel: penates.Pays, To: penates.DocumentID(bill), Confidence: .9}
	if err := w.s.SetLinks(t.Context(), "test", []penates.Link{link}); err != nil {
		t.Fatal(err)
	}
	l := w.ask("GET", "/documents/"+op+"/links", "").list(t)
	if len(l.Data) != 1 || l.Data[0].Attributes["rel"] != "pays" || l.Data[0].Attributes["outgoing"] != true {
		t.Errorf("links: %v", l.Data)
	}
	tag := w.ask("GET", "/documents/"+bill, "").header.Get("ETag")
	body := fmt.Sprintf(`{"data":{"type":"io.cozy.bills","id":%q,"attributes":{"text":"Électricité","body":{"number":null,"title":"Mars"}}}}`, bill)
	changed := w.ask("PATCH", "/documents/"+bill, body, "If-Match", tag)
	if changed.status != http.StatusOK || changed.header.Get("ETag") == tag || !strings.Contains(string(changed.body), `"vendor":"EDF"`) || strings.Contains(string(changed.body), "F1") {
		t.Errorf("change: %d %s", changed.status, changed.body)
	}
	if l := w.ask("GET", "/documents/"+bill+"/history", "").list(t); len(l.Data) != 1 || l.Data[0].ID != "1" {
		t.Errorf("history: %v", l.Data)
	}
}

func TestWrite(t *testing.T) {
	w := newWorld(t, api.Config{})
	note := `{"data":{"type":"penates.notes","lid":"n1","attributes":{"text":"Courses","time":{"start":"2026-01-02"},"body":{"title":"Courses","content":"du pain"}}}}`
	added := w.ask("POST", "/documents", note)
	path := strings.TrimPrefix(added.header.Get("Location"), api.Base)
	if added.status != http.StatusCreated || path == "" {
		t.Fatalf("%d %s", added.status, added.body)
	}
	if again := w.ask("POST", "/documents", note); again.status != http.StatusConflict {
		t.Errorf("the same lid again: %d", again.status)
	}
	id := strings.TrimPrefix(path, "/documents/")
	tag := added.header.Get("ETag")
	patch := func(attributes string) string {
		return fmt.Sprintf(`{"data":{"type":"penates.notes","id":%q,"attributes":%s}}`, id, attributes)
	}
	for _, test := range []struct {
		name, method, path, body, match string
		status                          int
	}{
		{"without If-Match", "PATCH", path, patch(`{"text":"x"}`), "", 428},
		{"another state", "PATCH", path, patch(`{"text":"x"}`), `"r9"`, 412},
		{"another document", "PATCH", path, strings.Replace(patch(`{}`), id, "doc_aaaaaaaaaaaaaaaaaaaaaaaaaa", 1), tag, 400},
		{"against the schema", "PATCH", path, patch(`{"body":{"title":4}}`), tag, 422},
		{"unknown attribute", "PATCH", path, patch(`{"source":{"connector":"bank"}}`), tag, 400},
		{"no object", "PATCH", path, patch(`[]`), tag, 400},
		{"delete without If-Match", "DELETE", path, "", "", 428},
		{"delete another state", "DELETE", path, "", `"r9"`, 412},
		{"add against the schema", "POST", "/documents", `{"data":{"type":"io.cozy.bills","attributes":{"body":{"due":"soon","nothing":1}}}}`, "", 422},
		{"add a series", "POST", "/documents", `{"data":{"type":"io.cozy.timeseries.energy","attributes":{}}}`, "", 422},
		{"add an unknown type", "POST", "/documents", `{"data":{"type":"io.example","attributes":{}}}`, "", 400},
		{"add with a source", "POST", "/documents", `{"data":{"type":"penates.notes","attributes":{"source":{"connector":"x"}}}}`, "", 400},
		{"two values", "POST", "/documents", note + note, "", 400},
		{"no JSON", "POST", "/documents", "{", "", 400},
		{"too large", "POST", "/documents", `{"data":{"type":"` + strings.Repeat("x", 3<<20) + `"}}`, "", 413},
	} {
		if got := w.ask(test.method, test.path, test.body, "If-Match", test.match); got.status != test.status {
			t.Errorf("%s: %d %s", test.name, got.status, got.body)
		}
	}
	if got := w.ask("POST", "/documents", note, "Content-Type", "text/plain"); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("text: %d", got.status)
	}
	if got := w.ask("DELETE", path, "", "If-Match", tag); got.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	if got := w.ask("GET", path, ""); got.status != http.StatusNotFound {
		t.Errorf("what is in the trash: %d", got.status)
	}
}

func TestQuery(t *testing.T) {
	w := newWorld(t, api.Config{QueryTime: 300 * time.Millisecond}).fill(3)
	for _, test := range []struct {
		name, body, accept string
		status             int
		says               string
	}{
		{"json", `{"sql":"SELECT day, amount, NULL FROM bank_operations WHERE amount < ? ORDER BY day","args":[-2]}`, "", 200, `["2025-01-02",-2.5,null]`},
		{"cut", `{"sql":"SELECT day FROM bank_operations","limit":2}`, "*/*", 200, `"cut":true`},
		{"none", `{"sql":"SELECT day FROM bills WHERE vendor = 'x'"}`, "", 200, `"rows":[]`},
		{"csv", `{"sql":"SELECT day, label, NULL AS n FROM bank_operations ORDER BY day LIMIT 1"}`, "text/csv", 200, "day,label,n\r\n2025-01-01,CB BOULANGERIE 00,\r\n"},
		{"not acceptable", `{"sql":"SELECT 1"}`, "image/png", 406, ""},
		{"two statements", `{"sql":"SELECT 1; SELECT 2"}`, "", 400, "one statement"},
		{"write", `{"sql":"DELETE FROM bills"}`, "", 400, ""},
		{"stored tables", `{"sql":"SELECT * FROM stored_documents"}`, "", 403, "your grant"},
		{"schema", `{"sql":"SELECT * FROM sqlite_master"}`, "", 403, "your grant"},
		{"slow", `{"sql":"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT max(i) FROM n"}`, "", 503, "too long"},
		{"unknown member", `{"sql":"SELECT 1","more":1}`, "", 400, "more"},
		{"limit", `{"sql":"SELECT 1","limit":100001}`, "", 400, ""},
		{"argument", `{"sql":"SELECT ?","args":[{}]}`, "", 400, "argument 1"},
	} {
		got := w.ask("POST", "/query", test.body, "Accept", test.accept)
		if got.status != test.status || !strings.Contains(string(got.body), test.says) {
			t.Errorf("%s: %d %s", test.name, got.status, got.body)
		}
	}
}

func TestSearch(t *testing.T) {
	w := newWorld(t, api.Config{}).fill(30)
	l := w.ask("GET", "/search?q=boulangerie&page[size]=20", "").list(t)
	if len(l.Data) != 20 || l.Meta["total"] != 30. || l.Links.Next == "" {
		t.Errorf("%d hits, %v", len(l.Data), l.Meta)
	}
	if l := w.ask("GET", strings.TrimPrefix(l.Links.Next, api.Base), "").list(t); len(l.Data) != 10 || l.Links.Next != "" {
		t.Errorf("%d hits on the second page", len(l.Data))
	}
	if l := w.ask("GET", "/search?q=boulangerie&types=io.cozy.bank.operations&from=2025-01-02&to=2025-01-04", "").list(t); len(l.Data) != 3 {
		t.Errorf("%d hits of three days", len(l.Data))
	}
	for _, bad := range []string{"", "?q=", "?q=x&types=io.example", "?q=x&from=yesterday", "?q=x&page[offset]=20000", "?q=x&page[size]=0", "?q=x&z=1"} {
		if got := w.ask("GET", "/search"+bad, ""); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, got.status)
		}
	}
}

func TestChanges(t *testing.T) {
	w := newWorld(t, api.Config{}).fill(3)
	var got struct {
		Data []struct {
			ID, Type string
			Deleted  bool
		}
		Links struct{ Next string }
	}
	seen := 0
	path := "/changes?limit=4"
	for range 3 {
		if err := json.Unmarshal(w.ask("GET", path, "").body, &got); err != nil {
			t.Fatal(err)
		}
		seen += len(got.Data)
		path = strings.TrimPrefix(got.Links.Next, api.Base)
	}
	if seen != 6 || len(got.Data) != 0 {
		t.Errorf("%d changes", seen)
	}
	id := w.id("SELECT id FROM bills")
	if err := w.s.Trash(t.Context(), penates.DocumentID(id)); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(w.ask("GET", path, "").body, &got); err != nil || len(got.Data) != 1 || !got.Data[0].Deleted || got.Data[0].ID != id {
		t.Errorf("after a deletion: %v", got.Data)
	}
	for _, bad := range []string{"?after=x", "?limit=0", "?since=1"} {
		if got := w.ask("GET", "/changes"+bad, ""); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, got.status)
		}
	}
}

// TestStream follows changes as events, until the grant is stopped.
func TestStream(t *testing.T) {
	w := newWorld(t, api.Config{Beat: 20 * time.Millisecond}).fill(1)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	g := w.under("reader", grant.Grant{Actions: []penates.Action{penates.Read}, Selections: []grant.Selection{{Type: penates.Bills}}})
	res, err := http.DefaultClient.Do(w.request("GET", "/changes", "", "Accept", "text/event-stream", "Authorization", "Bearer reader").WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	next := func(event string) string {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: "+event && lines.Scan() {
				return lines.Text()
			}
		}
		t.Fatalf("no event %s: %v", event, lines.Err())
		return ""
	}
	next("change")
	id := w.id("SELECT id FROM bills")
	if err := w.s.Trash(t.Context(), penates.DocumentID(id)); err != nil {
		t.Fatal(err)
	}
	if said := next("change"); !strings.Contains(said, id) || !strings.Contains(said, `"deleted":true`) {
		t.Errorf("the event says %s", said)
	}
	if err := w.s.Revoke(t.Context(), g.ID); err != nil {
		t.Fatal(err)
	}
	if said := next("end"); !strings.Contains(said, "denied") {
		t.Errorf("the last event says %s", said)
	}
	if lines.Scan() && lines.Text() != "" {
		t.Errorf("after the end comes %q", lines.Text())
	}
}

func TestBlob(t *testing.T) {
	w := newWorld(t, api.Config{})
	b, err := w.s.Keep(t.Context(), "page é.html", "text/html", strings.NewReader("<b>0123456789</b>"))
	if err != nil {
		t.Fatal(err)
	}
	path := "/blobs/" + string(b.ID)
	got := w.ask("GET", path, "")
	if string(got.body) != "<b>0123456789</b>" || got.header.Get("Content-Type") != "text/html" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") ||
		!strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v %s", got.header, got.body)
	}
	if part := w.ask("GET", path, "", "Range", "bytes=3-12"); part.status != http.StatusPartialContent || string(part.body) != "0123456789" {
		t.Errorf("range: %d %s", part.status, part.body)
	}
	if part := w.send(w.request("GET", path, "", "Range", "bytes=100-")); part.status != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("no such range: %d", part.status)
	}
	if same := w.ask("GET", path, "", "If-None-Match", got.header.Get("ETag")); same.status != http.StatusNotModified {
		t.Errorf("if none match: %d", same.status)
	}
}

func TestTypes(t *testing.T) {
	w := newWorld(t, api.Config{})
	l := w.ask("GET", "/types", "", "Authorization", "").list(t)
	if len(l.Data) != len(schema.Kinds()) {
		t.Errorf("%d types", len(l.Data))
	}
	if got := w.ask("GET", "/types/io.cozy.bills", "", "Authorization", ""); got.status != http.StatusOK || !strings.Contains(string(got.body), "urn:penates:schema:io.cozy.bills") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestWhoAsks(t *testing.T) {
	w := newWorld(t, api.Config{Rate: .001, Burst: 5})
	for _, test := range [][]string{{"Authorization", ""}, {"Authorization", "Bearer other"}, {"Authorization", "", "Cookie", "penates=owner"}} {
		got := w.ask("GET", "/documents", "", test...)
		if got.status != http.StatusUnauthorized || len(got.header.Values("WWW-Authenticate")) == 0 {
			t.Errorf("%v: %d", test, got.status)
		}
	}
	pre := w.send(w.request("OPTIONS", "/documents", "", "Authorization", "", "Origin", "https://app.example", "Access-Control-Request-Method", "PATCH"))
	if pre.status != http.StatusNoContent || pre.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(pre.header.Get("Access-Control-Allow-Methods"), "PATCH") ||
		!strings.Contains(pre.header.Get("Access-Control-Allow-Headers"), "DPoP") || pre.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", pre.status, pre.header)
	}
	for range 5 {
		w.ask("GET", "/documents", "")
	}
	got := w.ask("GET", "/documents", "")
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("the sixth request: %d %v", got.status, got.header)
	}
}

// TestDescription holds the description against the routes, both ways: what it
// names answers otherwise than "no such address", and every route is named.
func TestDescription(t *testing.T) {
	w := newWorld(t, api.Config{})
	if got := w.send(w.request("GET", "/openapi.json", "")); got.status != http.StatusOK {
		t.Fatal(got.status)
	}
	named := map[string]bool{}
	for path, ops := range w.about["paths"].(map[string]any) {
		for method := range ops.(map[string]any) {
			named[strings.ToUpper(method)+" "+path] = true
		}
	}
	handled := api.Patterns()
	for p := range named {
		if !slices.Contains(handled, p) {
			t.Errorf("nothing answers %s", p)
		}
	}
	for _, p := range handled {
		if !named[p] {
			t.Errorf("the description does not know %s", p)
		}
	}
	for name := range dig(w.about, "components", "schemas").(map[string]any) {
		if _, err := w.schemas.Compile("api.json#/components/schemas/" + name); err != nil {
			t.Errorf("schema %s: %v", name, err)
		}
	}
}

// TestUnderAGrant reads with a grant that shows some rows and fields.
func TestUnderAGrant(t *testing.T) {
	w := newWorld(t, api.Config{}).fill(5)
	g := w.under("budget", grant.Grant{Actions: []penates.Action{penates.Read}, Selections: []grant.Selection{
		{Type: penates.BankOperations, From: "2025-01-02", Until: "2025-01-03", Fields: []string{"day", "amount", "currency"}}}})
	as := []string{"Authorization", "Bearer budget"}
	l := w.ask("GET", "/documents?type=io.cozy.bank.operations", "", as...).list(t)
	if len(l.Data) != 2 || l.Data[0].Attributes["amount"] != -3.5 || strings.Contains(fmt.Sprint(l), "BOULANGERIE") {
		t.Errorf("the list shows %v", l.Data)
	}
	got := w.ask("GET", "/documents/"+l.Data[0].ID, "", as...)
	if got.status != http.StatusOK || strings.Contains(string(got.body), "BOULANGERIE") || got.header.Get("ETag") == "" {
		t.Errorf("the document: %d %s", got.status, got.body)
	}
	hidden := w.id("SELECT id FROM bank_operations WHERE day = '2025-01-05'")
	for path, status := range map[string]int{
		"/documents/" + hidden: 404, "/documents/" + hidden + "/history": 404, "/documents?type=io.cozy.bank.operations&filter[label][prefix]=CB": 400,
		"/documents?type=io.cozy.bills": 403, "/search?q=boulangerie": 200,
	} {
		got := w.ask("GET", path, "", as...)
		if got.status != status && !(status == 403 && got.status == 400) || strings.Contains(string(got.body), "BOULANGERIE") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := w.ask("DELETE", "/documents/"+l.Data[0].ID, "", append(as, "If-Match", "*")...); got.status != http.StatusForbidden {
		t.Errorf("deleted: %d %s", got.status, got.body)
	}
	if err := w.s.Revoke(t.Context(), g.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.ask("GET", "/documents", "", as...); got.status != http.StatusForbidden {
		t.Errorf("after it was stopped: %d %s", got.status, got.body)
	}
}

// TestShown holds what an answer says of a document against all that is stored of it.
func TestShown(t *testing.T) {
	span := penates.Span{Start: penates.Day(2025, 1, 2), End: penates.Day(2025, 1, 3), Uncertainty: "P1D"}
	d := &vault.Stored{
		Document: penates.Document{
			ID: "doc_x", Type: penates.Notes, Source: penates.Source{Connector: "c", Connection: "d", NativeID: "n", Job: "j", Raw: "r", Locator: "l"}, Time: span,
			Place: &penates.Place{Lat: 1, Lon: 2, Name: "a <b> & c"}, Parties: []penates.Party{{Role: "from", Literal: "Zoé"}},
			Money: &penates.Money{Amount: "1.10", Currency: "EUR"}, Quantity: &penates.Quantity{Value: "2", Unit: "kWh"}, Text: "<text>",
			Refs: []penates.Ref{penates.NewRef(penates.RefIBAN, "FR76 3000 1000 0100")}, Sensitivity: penates.Sensitive, Proof: []byte(`{"p":1}`), Body: []byte(`{"title":"t","n":1.50}`),
		},
		Revision: 3, Added: time.Unix(1, 0), Changed: time.Unix(2, 0), Edited: true, Trashed: time.Unix(3, 0),
		Points: []form.Point{{Start: penates.Day(2025, 1, 2), Value: "3"}},
	}
	for _, d := range []*vault.Stored{d, {Document: penates.Document{ID: "doc_y", Type: penates.Notes}}} {
		members := func(v any) map[string]json.RawMessage {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]json.RawMessage
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatal(err)
			}
			return m
		}
		want, got := members(d), members(api.Shown(d))
		for _, beside := range []string{"id", "type", "revision", "added", "changed", "edited", "trashed"} {
			delete(want, beside)
		}
		if !maps.EqualFunc(want, got, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Errorf("said %s, stored %s", got, want)
		}
	}
}
