package web_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"penates/internal/grant"
)

var (
	browserMode = flag.String("browser", "short", "pages × themes × widths × languages in Chromium: short or full")
	screenshots = flag.String("screenshots", "", "folder to write a screenshot of each page to")
)

const chromium = "/usr/bin/chromium"

// maxWeight is what a page may weigh with its style and script.
const maxWeight = 100_000

// A tab is the one tab of the one browser of this package's tests.
type tab struct {
	ctx context.Context

	mu       sync.Mutex
	problems []string // what the console said
}

// newTab starts Chromium.
func newTab(t *testing.T) *tab {
	t.Helper()
	if _, err := os.Stat(chromium); err != nil {
		t.Fatal("install chromium: apt-get install chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("lang", "fr-FR"))
	allocator, c1 := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, c2 := chromedp.NewContext(allocator)
	ctx, c3 := context.WithTimeout(ctx, 20*time.Minute)
	t.Cleanup(func() { c3(); c2(); c1() })
	b := &tab{ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	call(t, b, log.Enable, cdp.Empty{})
	call(t, b, runtime.Enable, cdp.Empty{})
	call(t, b, network.Enable, network.EnableParams{})
	return b
}

// hear notes console errors, exceptions and violations of the content policy.
func (b *tab) hear(ev any) {
	said := ""
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		if ev.Entry.Level == log.EntryLevelError || ev.Entry.Level == log.EntryLevelWarning {
			said = string(ev.Entry.Source) + ": " + ev.Entry.Text + " " + ev.Entry.URL
		}
	case *runtime.EventExceptionThrown:
		said = "exception: " + ev.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning {
			said = fmt.Sprint("console: ", ev.Args)
		}
	}
	if said != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, said)
	}
}

// heard returns what the console said since it was asked last.
func (b *tab) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.problems
	b.problems = nil
	return said
}

func do(t *testing.T, b *tab, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func run[T any](t *testing.T, b *tab, a chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func call[P, R any](t *testing.T, b *tab, c cdp.Command[P, R], p P) R {
	t.Helper()
	v, err := chromedp.Call(b.ctx, c, p)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// axeSource is axe-core, which npm brings for tests only.
func axeSource(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal("install axe-core: npm ci --prefix internal/web/testdata/axe")
	}
	return string(b)
}

// A look is one way of looking at a page.
type look struct {
	theme string
	width int64
}

// looks are those of the full matrix; the short one takes two that differ in
// everything.
func looks(lang string) []look {
	if *browserMode == "full" {
		return []look{{"light", 1280}, {"dark", 1280}, {"light", 390}, {"dark", 390}, {"light", 320}, {"dark", 320}}
	}
	if lang == "fr" {
		return []look{{"light", 1280}, {"dark", 320}}
	}
	return []look{{"dark", 1280}, {"light", 390}}
}

// take looks at a page: theme and width.
func (b *tab) take(t *testing.T, l look) {
	t.Helper()
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: l.theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	do(t, b, chromedp.EmulateViewport(l.width, 900))
}

const overflow = `(() => { const w = document.documentElement.clientWidth;
 if (document.documentElement.scrollWidth <= w) return "";
 return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest(".scroll, pre, .hide"))
  .slice(0, 5).map(e => e.tagName + "." + e.className + " " + Math.round(e.getBoundingClientRect().right) + " > " + w).join("; ") || "scroll width " + document.documentElement.scrollWidth; })()`

const weight = `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((n, e) => n + e.encodedBodySize, 0)`

const axeRun = `axe.run(document, {preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
 .then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.target + " (" + (n.failureSummary || "").replace(/\s+/g, " ").slice(0, 160) + ")").join(" | "))))`

// inspect checks one page in all looks of a language.
func (b *tab) inspect(t *testing.T, name, lang, url, axe string) {
	t.Helper()
	b.heard()
	do(t, b, chromedp.Navigate(url))
	if n := run(t, b, chromedp.Evaluate[float64](weight)); n > maxWeight || n == 0 {
		t.Errorf("%s weighs %.0f bytes, want at most %d", name, n, maxWeight)
	}
	if got := run(t, b, chromedp.Evaluate[string]("document.documentElement.lang")); got != lang {
		t.Errorf("%s is in %q, want %q", name, got, lang)
	}
	for _, l := range looks(lang) {
		b.take(t, l)
		if over := run(t, b, chromedp.Evaluate[string](overflow)); over != "" {
			t.Errorf("%s at %d px runs over: %s", name, l.width, over)
		}
		if *screenshots != "" {
			shot := filepath.Join(*screenshots, fmt.Sprintf("%s-%s-%s-%d.png", name, lang, l.theme, l.width))
			if err := os.WriteFile(shot, run(t, b, chromedp.FullScreenshot(100)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, said := range b.heard() { // before axe, which is not bound by the policy
		t.Errorf("%s: %s", name, said)
	}
	run(t, b, chromedp.Evaluate[int](axe+";1"))
	for _, l := range looks(lang) {
		b.take(t, l)
		var found []string
		if err := json.Unmarshal([]byte(run(t, b, chromedp.Evaluate[string](axeRun, chromedp.EvalAwaitPromise))), &found); err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			t.Errorf("%s, %s, %s, %d px: %s", name, lang, l.theme, l.width, v)
		}
	}
	b.heard()
}

// TestBrowser looks at every page in Chromium.
func TestBrowser(t *testing.T) {
	if *screenshots != "" {
		if err := os.MkdirAll(*screenshots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	axe := axeSource(t)
	b := newTab(t)
	t.Run("doors", func(t *testing.T) { inspectDoors(t, b, axe) })
	t.Run("empty", func(t *testing.T) { inspectEmpty(t, b, axe) })
	t.Run("full", func(t *testing.T) { inspectFull(t, b, axe) })
	t.Run("onboarding", func(t *testing.T) { clickThrough(t, b) })
	t.Run("without script", func(t *testing.T) { withoutScript(t, b) })
}

// speak makes the browser ask for a language.
func (b *tab) speak(t *testing.T, lang string) {
	t.Helper()
	call(t, b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}})
}

func inspectDoors(t *testing.T, b *tab, axe string) {
	w := newWorld(t)
	for _, lang := range []string{"fr", "en"} {
		b.speak(t, lang)
		b.inspect(t, "welcome", lang, w.http.URL+"/welcome", axe)
		b.inspect(t, "welcome-name", lang, w.http.URL+"/welcome/name", axe)
	}
	w.withVault(t, "fr")
	if err := w.house.Vault().Lock(); err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"fr", "en"} {
		b.speak(t, lang)
		b.inspect(t, "unlock", lang, w.http.URL+"/unlock", axe)
		b.inspect(t, "recover", lang, w.http.URL+"/recover", axe)
	}
}

// enter opens a browser session.
func (b *tab) enter(t *testing.T, w *world) {
	t.Helper()
	do(t, b, chromedp.Navigate(w.http.URL+w.page.OneTimePath()))
	if at := run(t, b, chromedp.Location()); at != w.http.URL+"/" {
		t.Fatalf("the one-time address led to %s", at)
	}
}

func inspectEmpty(t *testing.T, b *tab, axe string) {
	w := newWorld(t).withVault(t, "fr")
	b.enter(t, w)
	for _, lang := range []string{"fr", "en"} {
		w.set(t, "language", lang)
		for _, page := range []string{"", "money", "energy", "people", "timeline", "documents", "trash", "search"} {
			b.inspect(t, "empty-"+page, lang, w.http.URL+"/"+page, axe)
		}
	}
}

func (w *world) set(t *testing.T, name, value string) {
	t.Helper()
	if err := w.session(t).SetSetting(t.Context(), name, value); err != nil {
		t.Fatal(err)
	}
}

func inspectFull(t *testing.T, b *tab, axe string) {
	w := newWorld(t).withVault(t, "fr").withHousehold(t)
	w.bring(t, append([]string{"april.xml", camtTwice, "april.ofx", ofxTwice}, twoBooks...)...)
	b.enter(t, w)
	s := w.session(t)
	bill := w.idOf(t, `SELECT l."to" FROM links l JOIN bills b ON b.id = l."to" WHERE l.rel = 'pays' ORDER BY b.day DESC LIMIT 1`)
	trashed := w.idOf(t, "SELECT id FROM messages ORDER BY day LIMIT 1")
	if err := s.Trash(t.Context(), penatesID(trashed)); err != nil {
		t.Fatal(err)
	}
	table, err := s.Keep(t.Context(), "releve.csv", "text/csv", strings.NewReader("Quand;Quoi;Combien\n03/04/2026;CAFE DU PORT;-4,50\nhier;PAIN;-1,20\n"))
	if err != nil {
		t.Fatal(err)
	}
	w.asks(budget("consent")).asks(grant.Request{ID: "signin", Client: budget("").Client, SignIn: true, Claims: []string{"email"}})
	b.enter(t, w)
	w.reads(t)
	w.ruled(t)
	pages := map[string]string{
		"consent": "/consent/consent", "consent-part": "/consent/consent?part=choose", "consent-signin": "/consent/signin", "who": "/journal/who?actor=app:c1",
		"home": "/", "timeline": "/timeline", "timeline-month": "/timeline?from=2026-03-01&to=2026-03-31",
		"search": "/search?q=facture", "search-none": "/search?q=xyzzyq", "search-hint": "/search", "money": "/money", "energy": "/energy", "people": "/people", "menu": "/menu",
		"documents": "/documents", "documents-type": "/documents?type=io.cozy.bills",
		"bill": "/documents/" + bill, "operation": "/documents/" + w.idOf(t, `SELECT "from" FROM links WHERE rel = 'pays' LIMIT 1`),
		"energy-day": "/documents/" + w.idOf(t, "SELECT id FROM energy WHERE measure = 'load-curve' LIMIT 1"),
		"message":    "/documents/" + w.idOf(t, "SELECT id FROM messages ORDER BY day DESC LIMIT 1"),
		"contact":    "/documents/" + w.idOf(t, "SELECT id FROM contacts LIMIT 1"),
		"event":      "/documents/" + w.idOf(t, "SELECT id FROM events LIMIT 1"),
		"file":       "/documents/" + w.idOf(t, "SELECT id FROM files LIMIT 1"),
		"place":      "/documents/" + w.idOf(t, "SELECT id FROM places LIMIT 1"),
		"twin":       "/documents/" + w.idOf(t, "SELECT id FROM bank_operations WHERE duplicate_of IS NOT NULL LIMIT 1"),
		"trashed":    "/documents/" + trashed,
		"trash":      "/trash", "import": "/import", "sources": "/sources", "journal": "/journal", "journal-others": "/journal?who=others",
		"rules": "/rules", "security": "/security", "settings": "/settings?done=saved", "mapping": "/mapping/" + string(table.ID), "mappings": "/mapping", "photos": "/photos", "lost": "/nowhere",
	}
	for _, lang := range []string{"fr", "en"} {
		w.set(t, "language", lang)
		b.speak(t, lang)
		for name, path := range pages {
			if name == "lost" {
				b.inspectLost(t, lang, w.http.URL+path, axe)
				continue
			}
			b.inspect(t, name, lang, w.http.URL+path, axe)
		}
	}
}

// inspectLost looks at the page of an error, whose status the console names.
func (b *tab) inspectLost(t *testing.T, lang, url, axe string) {
	t.Helper()
	do(t, b, chromedp.Navigate(url))
	said := b.heard()
	if len(said) != 1 || !strings.Contains(said[0], "404") {
		t.Errorf("a page that does not exist: console says %q", said)
	}
	run(t, b, chromedp.Evaluate[int](axe+";1"))
	if found := run(t, b, chromedp.Evaluate[string](axeRun, chromedp.EvalAwaitPromise)); found != "[]" {
		t.Errorf("error page, %s: %s", lang, found)
	}
}
