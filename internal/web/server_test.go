package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"penates/internal/web/login"
)

// ownerPages are all pages that show something of the vault.
var ownerPages = []string{"/", "/timeline", "/search?q=x", "/money", "/energy", "/people", "/menu", "/documents", "/documents/doc_x",
	"/documents/doc_x/raw", "/documents/doc_x/file", "/documents/doc_x/preview", "/trash", "/sources", "/import", "/import/imp_x",
	"/import/imp_x/progress", "/journal", "/security", "/sheet", "/sheet/confirm", "/settings"}

func TestNothingWithoutLogin(t *testing.T) {
	w := newWorld(t)
	for _, p := range ownerPages {
		if a := w.browser(t).get(p); a.path != "/welcome" {
			t.Errorf("without a vault, %s leads to %s", p, a.path)
		}
	}
	w.withVault(t, "en") // unlocked, yet nobody is logged in
	for _, p := range ownerPages {
		if a := w.browser(t).get(p); a.path != "/unlock" || strings.Contains(a.body, "Camille") {
			t.Errorf("without a login, %s leads to %s", p, a.path)
		}
	}
	for _, p := range []string{"/trash", "/settings", "/export", "/lock", "/security/sheet", "/documents/doc_x/purge", "/links/lnk_x", "/import/imp_x"} {
		if a := w.browser(t).post(p, "do", "purge"); a.path != "/unlock" {
			t.Errorf("without a login, POST %s leads to %s, status %d", p, a.path, a.status)
		}
	}
	if w.house.Vault().Locked() {
		t.Error("somebody not logged in locked the vault")
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	asset := regexp.MustCompile(`/static/app\.[0-9a-f]{12}\.css`).FindString(b.get("/").body)
	for _, p := range []string{"/", "/journal", "/nowhere", asset} {
		h := b.get(p).header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", p, name, h.Get(name))
			}
		}
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "trusted-types 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: no %s in %q", p, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || h.Get("Permissions-Policy") == "" {
			t.Errorf("%s: policy %q", p, policy)
		}
		want := "no-store"
		if p == asset {
			want = "public, max-age=31536000, immutable"
		}
		if h.Get("Cache-Control") != want {
			t.Errorf("%s: Cache-Control is %q", p, h.Get("Cache-Control"))
		}
	}
}

func TestCookie(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t)
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := b.post("/unlock", "passphrase", passphrase)
	cookie := a.header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("no %s in %q", want, cookie)
		}
	}
	if strings.Contains(cookie, "Domain=") || a.header.Get("Location") != "/" {
		t.Errorf("cookie %q, location %q", cookie, a.header.Get("Location"))
	}
}

func TestForeignRequestsAreRefused(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	r := b.request(http.MethodPost, "/lock", "", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	if a := b.send(r); a.status != http.StatusForbidden || !strings.Contains(a.body, "refused") {
		t.Errorf("a request from another site: status %d", a.status)
	}
	if w.house.Vault().Locked() {
		t.Fatal("another site locked the vault")
	}
	for host, want := range map[string]int{
		"evil.example": 421, "localhost:8700": 200, "127.0.0.1": 200, "[::1]:8700": 200, "coffre.test": 200, "coffre.test.evil.example": 421, "": 400,
		"127.0.0.1.evil.example": 421, "LOCALHOST": 200, "192.168.1.2:8700": 421,
	} {
		r := b.request(http.MethodGet, "/unlock", "")
		r.Host = host
		if host == "" {
			continue // the client would fill it in
		}
		if a := b.send(r); a.status != want {
			t.Errorf("host %q: status %d, want %d", host, a.status, want)
		}
	}
}

func TestLockEndsEverySession(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	one, two := w.browser(t).enter(), w.browser(t).enter()
	once := w.page.OneTimePath()
	if a := one.post("/lock"); a.path != "/unlock" || !w.house.Vault().Locked() {
		t.Fatalf("Lock led to %s", a.path)
	}
	if a := two.get("/money"); a.path != "/unlock" {
		t.Errorf("another browser is still in: %s", a.path)
	}
	if a := two.get(once); a.status != http.StatusNotFound {
		t.Errorf("a one-time address works on a locked vault: %d", a.status)
	}
	one.enter()
	if err := w.house.Vault().Lock(); err != nil { // as a command does
		t.Fatal(err)
	}
	if err := w.house.Vault().Unlock(t.Context(), []byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	if a := one.get("/"); a.path != "/unlock" {
		t.Errorf("a browser session outlived a lock: %s", a.path)
	}
}

func TestSessionTimes(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	w.clock.move(login.Idle - time.Second)
	if a := b.get("/menu"); a.path != "/menu" {
		t.Fatalf("logged out early: %s", a.path)
	}
	w.clock.move(login.Idle)
	if a := b.get("/menu"); a.path != "/unlock" {
		t.Errorf("still in after half an hour: %s", a.path)
	}
	if a := b.post("/unlock", "passphrase", "wrong passphrase"); a.path != "/unlock" || !strings.Contains(a.body, "e-pass") {
		t.Errorf("an open vault lets anybody in: %s", a.path)
	}
	if a := b.post("/unlock", "passphrase", passphrase, "next", "//evil.example/"); a.path != "/" {
		t.Errorf("next led to %s", a.path)
	}
}

func TestOneTimeAddress(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	path := w.page.OneTimePath()
	if a := w.browser(t).get(path); a.path != "/" || !strings.Contains(a.body, "Hello Camille") {
		t.Fatalf("led to %s", a.path)
	}
	if a := w.browser(t).get(path); a.status != http.StatusNotFound {
		t.Errorf("used twice: status %d", a.status)
	}
}

func TestErrorPages(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	tests := []struct {
		method, path string
		status       int
		fr, en       string
	}{
		{"GET", "/nowhere", 404, "Cette page n’existe pas", "There is no such page"},
		{"DELETE", "/money", 405, "Cette adresse ne s’utilise pas ainsi", "not used that way"},
		{"GET", "/documents/doc_none", 404, "Et vos données", "And your data"},
		{"GET", "/timeline?from=yesterday", 400, "n’est pas valable", "not valid"},
		{"GET", "/documents?type=penates.none", 400, "n’est pas valable", "not valid"},
		{"GET", "/documents?before=rubbish", 400, "n’est pas valable", "not valid"},
		{"GET", "/static/none.css", 404, "n’existe pas", "no such page"},
	}
	for _, tt := range tests {
		for lang, want := range map[string]string{"fr": tt.fr, "en": tt.en} {
			w.set(t, "language", lang)
			a := b.send(b.request(tt.method, tt.path, "", "Sec-Fetch-Site", "same-origin"))
			if a.status != tt.status || !strings.Contains(a.body, want) {
				t.Errorf("%s %s in %s: status %d, want %d with %q", tt.method, tt.path, lang, a.status, tt.status, want)
			}
		}
	}
	if a := w.browser(t).get("/nowhere", "Accept-Language", "en"); !strings.Contains(a.body, "There is no such page") {
		t.Error("who is not logged in is not answered in their browser's language")
	}
	if a := b.send(b.request("POST", "/settings", strings.Repeat("a=b&", 1<<19))); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge form: status %d", a.status)
	}
}

func TestPassphraseAndSheet(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	other := "tiroir cerf marée lampe"
	if a := b.post("/security/passphrase", "old", "not this one", "new", other, "again", other); !strings.Contains(a.body, "e-old") {
		t.Error("a wrong passphrase changed the passphrase")
	}
	if a := b.post("/security/passphrase", "old", passphrase, "new", other, "again", "differs"); !strings.Contains(a.body, "e-new") {
		t.Error("two different passphrases were taken")
	}
	if a := b.post("/security/passphrase", "old", passphrase, "new", other, "again", other); !strings.Contains(a.body, "passphrase is changed") {
		t.Fatalf("the passphrase was not changed: %s", a.path)
	}
	if a := b.get("/sheet"); a.status != http.StatusNotFound {
		t.Errorf("a sheet that was never made is shown: status %d", a.status)
	}
	a := b.post("/security/sheet", "passphrase", other)
	groups := regexp.MustCompile(`<li>([0-9A-Z]+)</li>`).FindAllStringSubmatch(a.body, -1)
	if a.path != "/sheet" || len(groups) < 4 || !strings.Contains(a.body, "<svg class=\"qr\"") {
		t.Fatalf("%s shows %d groups", a.path, len(groups))
	}
	asked := regexp.MustCompile(`Write group no\. (\d+)`).FindStringSubmatch(b.get("/sheet/confirm").body)
	code := groups[int(asked[1][0]-'1')][1]
	if a := b.post("/sheet/confirm", "group", code); a.path != "/security" {
		t.Errorf("the right group led to %s", a.path)
	}
	if a := b.get("/sheet"); a.status != http.StatusNotFound {
		t.Error("a confirmed sheet is shown again")
	}
	var sheet strings.Builder
	for _, g := range groups {
		sheet.WriteString(strings.ToLower(g[1]) + " ")
	}
	b.post("/lock")
	if a := b.post("/recover", "sheet", w.sheet, "new", passphrase, "again", passphrase); !strings.Contains(a.body, "e-sheet") {
		t.Errorf("the void sheet led to %s", a.path)
	}
	if a := b.post("/recover", "sheet", sheet.String(), "new", passphrase, "again", passphrase); a.path != "/security" {
		t.Errorf("the sheet led to %s", a.path)
	}
	b.post("/lock")
	b.enter()
}

func TestSettings(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	a := b.post("/settings", "name", "Noé", "language", "fr", "theme", "dark", "zone", "America/Cayenne")
	if !strings.Contains(a.body, `lang="fr" data-theme="dark"`) || !strings.Contains(a.body, "enregistré") || !strings.Contains(a.body, "America/Cayenne") {
		t.Errorf("settings were not taken: %s", a.path)
	}
	if a := b.get("/"); !strings.Contains(a.body, "Bonjour Noé") {
		t.Error("the name was not taken")
	}
	if a := b.post("/settings", "name", "x", "language", "fr", "theme", "", "zone", "Mars/Olympus"); !strings.Contains(a.body, "e-zone") {
		t.Error("a zone that is none was taken")
	}
	if a := b.post("/settings", "name", "x", "language", "tlh", "theme", "", "zone", "UTC"); a.status != http.StatusBadRequest {
		t.Errorf("a language that is none: status %d", a.status)
	}
}

func TestTrash(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	id := w.putFile(t, "old letter.txt", "text/plain", "dear all")
	if a := b.post("/documents/" + id + "/trash"); !strings.Contains(a.body, "In the trash since") {
		t.Fatalf("trash led to %s", a.path)
	}
	if a := b.get("/documents"); strings.Contains(a.body, "old letter") {
		t.Error("what is in the trash is listed")
	}
	if a := b.get("/trash"); !strings.Contains(a.body, "old letter") {
		t.Error("the trash does not list it")
	}
	if a := b.post("/trash", "id", id, "do", "restore"); !strings.Contains(a.body, "Put back") {
		t.Error("it was not put back")
	}
	b.post("/documents/" + id + "/trash")
	if a := b.post("/documents/" + id + "/purge"); a.path != "/trash" {
		t.Errorf("purge led to %s", a.path)
	}
	if a := b.get("/documents/" + id); a.status != http.StatusNotFound {
		t.Errorf("what was erased is shown: status %d", a.status)
	}
}

func TestExport(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	w.putFile(t, "a.txt", "text/plain", "hello")
	a := b.post("/export")
	if !strings.HasPrefix(a.body, "PK") || a.header.Get("Content-Disposition") != "attachment; filename=penates-2026-09-16.zip" {
		t.Errorf("status %d, %v", a.status, a.header)
	}
	if a := b.get("/"); !strings.Contains(a.body, "since your own export") {
		t.Error("the home page does not speak of the export")
	}
}

func TestEmptyHome(t *testing.T) {
	w := newWorld(t).withVault(t, "fr")
	a := w.browser(t).enter().get("/")
	for _, want := range []string{"Bonjour Camille", "prêt, et vide", `href="/import"`, "depuis sa création"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the home page of an empty vault does not say %q", want)
		}
	}
}

func TestOnboardingRefuses(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t)
	if a := b.post("/welcome/passphrase", "lang", "en", "name", "  "); !strings.Contains(a.body, "e-name") {
		t.Error("an empty name was taken")
	}
	if a := b.post("/welcome/create", "lang", "en", "name", "Zoé", "new", "short", "again", "short"); !strings.Contains(a.body, "e-new") || w.house.Vault() != nil {
		t.Error("a short passphrase was taken")
	}
	if a := b.post("/welcome/create", "lang", "en", "name", "Zoé", "zone", "nowhere", "new", passphrase, "again", passphrase); a.path != "/sheet" {
		t.Fatalf("creation led to %s", a.path)
	}
	first := w.house.Vault()
	if a := b.post("/welcome/create", "lang", "en", "name", "Eve", "new", passphrase, "again", passphrase); a.path != "/" || w.house.Vault() != first {
		t.Errorf("a second vault: %s", a.path)
	}
}
