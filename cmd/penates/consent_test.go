package main_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"penates/client"
)

const chromium = "/usr/bin/chromium"

// newBrowser starts Chromium, which speaks English.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	if _, err := os.Stat(chromium); err != nil {
		t.Fatal("install chromium: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, leave := chromedp.NewContext(allocator)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(func() { cancel(); leave(); end() })
	return ctx
}

func act(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%v\nat %s", err, seen(t, context.WithoutCancel(ctx)))
	}
}

// seen returns what the page says to who looks at it.
func seen(t *testing.T, ctx context.Context) string {
	t.Helper()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText.replaceAll("\u00a0", " ").replaceAll("\u202f", " ")`))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// says makes sure that the page says words, and not others.
func says(t *testing.T, ctx context.Context, words []string, others ...string) {
	t.Helper()
	text := seen(t, ctx)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the page does not say %q:\n%s", w, text)
		}
	}
	for _, w := range others {
		if strings.Contains(text, w) {
			t.Errorf("the page says %q:\n%s", w, text)
		}
	}
}

// A shop is the site of a third party: its page leads to the vault, and the browser
// comes back to it.
type shop struct {
	*httptest.Server
	client *client.Client
	asked  *client.Question
	given  chan *client.Access
}

func newShop(t *testing.T, h *house) *shop {
	t.Helper()
	s := &shop{given: make(chan *client.Access, 1)}
	mux := http.NewServeMux()
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	var err error
	if s.client, err = client.Register(t.Context(), h.url, client.App{Name: "Budget Lumineux", Redirect: s.URL + "/back"}); err != nil {
		t.Fatal(err)
	}
	if s.asked, err = s.client.Ask(t.Context(), budgetCheck()); err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<!doctype html><title>Budget</title><a id="ask" href=%q>Look at my vault</a>`, s.asked.URL)
	})
	mux.HandleFunc("GET /back", func(w http.ResponseWriter, r *http.Request) {
		a, err := s.client.Finish(r.Context(), s.asked, r.URL.Query())
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		s.given <- a
		fmt.Fprint(w, `<!doctype html><title>Budget</title><p id="done">Thank you</p>`)
	})
	return s
}

// TestConsentInChromium is a request from the third party's page to the refused
// read, as the person lives it: a program asks for the bank operations of 2025
// without labels, for a budget check, until 31 December.
func TestConsentInChromium(t *testing.T) {
	h := newHouse(t)
	s, b := newShop(t, h), newBrowser(t)
	act(t, b, chromedp.Navigate(s.URL+"/"), chromedp.Click(chromedp.CSS("#ask")), chromedp.WaitVisible(chromedp.CSS("#pass")),
		chromedp.SendKeys(chromedp.CSS("#pass"), passphrase), chromedp.Click(chromedp.CSS("button.main-act")), chromedp.WaitVisible(chromedp.CSS("form.consent")))
	says(t, b, []string{"Budget Lumineux", "2025", "31 Dec ", "budget check", "−60", "−50", "−40.25"}, "CB ", "CLINIQUE", "−11", "−70")
	act(t, b, chromedp.Click(chromedp.CSS(`button[name="part"]`)), chromedp.WaitVisible(chromedp.CSS(`input[name="from.0.0"]`)),
		chromedp.SetValue(chromedp.CSS(`input[name="from.0.0"]`), "2025-03-01"), chromedp.SetValue(chromedp.CSS(`input[name="until.0.0"]`), "2025-06-30"),
		chromedp.Click(chromedp.CSS(`button[value="look"]`)), chromedp.WaitVisible(chromedp.CSS(`input[name="from.0.0"][value="2025-03-01"]`)))
	says(t, b, []string{"−50", "−40.25", "−30.5"}, "−60", "−12", "CB ")
	act(t, b, chromedp.Click(chromedp.CSS(`button[value="accept"]`)), chromedp.WaitVisible(chromedp.CSS("#done")))
	a := <-s.given
	if got := days(t, a); !slices.Equal(got, []string{"2025-06-05", "2025-04-20", "2025-03-10"}) {
		t.Errorf("the program reads %v", got)
	}
	act(t, b, chromedp.Navigate(h.url+"/journal"), chromedp.WaitVisible(chromedp.CSS(`a[href^="/journal/who"]`)))
	says(t, b, []string{"Budget Lumineux"})
	act(t, b, chromedp.Click(chromedp.CSS(`a[href^="/journal/who"]`)), chromedp.WaitVisible(chromedp.CSS("#h-day")))
	says(t, b, []string{"Budget Lumineux", "3 bank operations", "budget check"})
	act(t, b, chromedp.Click(chromedp.CSS("button.danger")), chromedp.WaitNotPresent(chromedp.CSS("button.danger")))
	if _, err := a.Query(t.Context(), "SELECT count(*) FROM bank_operations"); refusal(err).Status != http.StatusUnauthorized {
		t.Errorf("after the stop: %v", err)
	}
	act(t, b, chromedp.Navigate(h.url+"/journal"), chromedp.WaitVisible(chromedp.CSS("#h-log")))
	says(t, b, []string{"Budget Lumineux"})
	h.tells("the grant was stopped")
}
