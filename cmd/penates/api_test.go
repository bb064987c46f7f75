package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const apiDoc = "../../docs/api.md"

// told are what the commands of docs/api.md print, in this order.
var told = []string{
	"io.cozy.bank.operations\n", "label\n", // types
	`"until":"2025-12-31"`,                                                    // what was given
	"It would see only: day, amount and currency.\n", "consent-receipt+jws\n", // the grant
	"2025-11-02 -60 EUR\n2025-06-05 -50 EUR\n", `"amount":"-60.00"`, // documents
	`["2025-03",-30.5]`, "day,amount\r\n", "2025-01-15,-12\r\n", // SQL
	"5\n", // changes
	"400 urn:penates:problem:invalid\n", "403 urn:penates:problem:denied\n", "404 urn:penates:problem:not-found\n", "403 urn:penates:problem:denied\n",
	"401 urn:penates:problem:token\n",
}

// TestAPIDoc runs the commands of docs/api.md, in one shell, as they are.
func TestAPIDoc(t *testing.T) {
	for _, name := range []string{"curl", "jq", "openssl"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("install %s: apt-get install %s", name, name)
		}
	}
	page, err := os.ReadFile(apiDoc)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	agrees := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, h.decide(r.FormValue("ask"), url.Values{"answer": {"accept"}}).Get("code"))
	}))
	defer agrees.Close()
	var script strings.Builder
	fmt.Fprintf(&script, "person() { curl -sS --fail-with-body %s --data-urlencode ask=\"$1\"; }\n", agrees.URL)
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(page, -1)
	for _, b := range blocks {
		script.Write(b[1])
	}
	if len(blocks) < 10 {
		t.Errorf("only %d pieces of shell", len(blocks))
	}
	run := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script.String())
	run.Dir = t.TempDir()
	run.Env = append(os.Environ(), "VAULT="+h.url, "no_proxy=*")
	out, err := run.CombinedOutput()
	if err != nil {
		problem, _ := os.ReadFile(filepath.Join(run.Dir, "problem.json")) // there may be none
		t.Fatalf("%v\n%s\n%s", err, out, problem)
	}
	rest := string(out)
	for _, want := range told {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("the commands do not print %q where they should:\n%s", want, out)
		}
		rest = after
	}
	if _, err := os.Stat(filepath.Join(run.Dir, "events.txt")); err != nil {
		t.Error(err)
	}
}
