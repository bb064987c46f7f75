package web_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// clickThrough makes a vault on the page, as a person does.
func clickThrough(t *testing.T, b *tab) {
	w := newWorld(t)
	b.speak(t, "en")
	b.take(t, look{"light", 1280})
	b.heard()
	do(t, b, chromedp.Navigate(w.http.URL+"/"), chromedp.Click(chromedp.CSS(`a[lang="fr"]`)), chromedp.WaitVisible(chromedp.CSS("#name")),
		chromedp.SendKeys(chromedp.CSS("#name"), "Zoé"), chromedp.Click(chromedp.CSS("button.main-act")), chromedp.WaitVisible(chromedp.CSS("#new")),
		chromedp.SendKeys(chromedp.CSS("#new"), "court"))
	if hint := run(t, b, chromedp.TextContent(chromedp.CSS("#s-new"))); !strings.Contains(hint, "Trop courte") {
		t.Errorf("a short passphrase gives the hint %q", hint)
	}
	do(t, b, chromedp.SetValue(chromedp.CSS("#new"), passphrase), chromedp.SendKeys(chromedp.CSS("#again"), passphrase),
		chromedp.Click(chromedp.CSS("button.main-act")), chromedp.WaitVisible(chromedp.CSS(".code")))
	if *screenshots != "" {
		_ = os.WriteFile(filepath.Join(*screenshots, "sheet-fr-light-1280.png"), run(t, b, chromedp.FullScreenshot(100)), 0o644)
	}
	groups := run(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".code li")].map(e => e.textContent)`))
	do(t, b, chromedp.Click(chromedp.CSS("a.main-act")), chromedp.WaitVisible(chromedp.CSS("#group")))
	label := run(t, b, chromedp.TextContent(chromedp.CSS("label[for=group]")))
	asked := 0
	if _, err := fmt.Sscanf(label[strings.LastIndex(label, " ")+1:], "%d", &asked); err != nil || asked < 1 || asked > len(groups) {
		t.Fatalf("which group does %q ask for, of %d?", label, len(groups))
	}
	do(t, b, chromedp.SendKeys(chromedp.CSS("#group"), "wrong"), chromedp.Click(chromedp.CSS("button.main-act")), chromedp.WaitVisible(chromedp.CSS("#e-group")),
		chromedp.SendKeys(chromedp.CSS("#group"), strings.ToLower(groups[asked-1])), chromedp.Click(chromedp.CSS("button.main-act")), chromedp.WaitVisible(chromedp.CSS(".shell")))
	if h1 := run(t, b, chromedp.TextContent(chromedp.CSS("h1"))); h1 != "Bonjour Zoé" {
		t.Errorf("home says %q", h1)
	}
	chooseFile(t, b, w)
	for _, said := range b.heard() {
		t.Errorf("onboarding: %s", said)
	}
}

// letter is a small file of a format that is read.
const letter = "From: Inès Marchal <ines@example.org>\r\nTo: camille@example.org\r\nSubject: Goûter chez Inès\r\n" +
	"Date: Sat, 12 Sep 2026 10:00:00 +0200\r\nMessage-ID: <1@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nÀ samedi !\r\n"

// chooseFile imports a file by the file chooser and sees it arrive.
func chooseFile(t *testing.T, b *tab, w *world) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "letter.eml")
	if err := os.WriteFile(name, []byte(letter), 0o600); err != nil {
		t.Fatal(err)
	}
	do(t, b, chromedp.Navigate(w.http.URL+"/import"), chromedp.SetUploadFiles(chromedp.CSS("#files"), []string{name}), chromedp.WaitVisible(chromedp.CSS("#h-sum")))
	if sum := run(t, b, chromedp.TextContent(chromedp.CSS("#h-sum"))); !strings.HasPrefix(sum, "1 ajouté") {
		t.Errorf("the import says %q", sum)
	}
}

// withoutScript uses the page with scripts switched off.
func withoutScript(t *testing.T, b *tab) {
	w := newWorld(t).withVault(t, "en")
	if err := w.house.Vault().Lock(); err != nil {
		t.Fatal(err)
	}
	call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	defer call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
	name := filepath.Join(t.TempDir(), "letter.eml")
	if err := os.WriteFile(name, []byte(letter), 0o600); err != nil {
		t.Fatal(err)
	}
	do(t, b, chromedp.Navigate(w.http.URL+"/import"), chromedp.WaitVisible(chromedp.CSS("#pass")))
	do(t, b, chromedp.SendKeys(chromedp.CSS("#pass"), passphrase), chromedp.Click(chromedp.CSS("button.main-act")))
	do(t, b, chromedp.WaitVisible(chromedp.CSS("#files")))
	do(t, b, chromedp.SetUploadFiles(chromedp.CSS("#files"), []string{name}))
	do(t, b, chromedp.Click(chromedp.CSS(".drop button")), chromedp.WaitVisible(chromedp.CSS("#h-sum")))
	if sum := run(t, b, chromedp.TextContent(chromedp.CSS("#h-sum"))); !strings.HasPrefix(sum, "1 added") {
		t.Errorf("the import says %q", sum)
	}
	do(t, b, chromedp.SendKeys(chromedp.CSS("input[type=search]"), "ines\r"), chromedp.WaitVisible(chromedp.CSS("mark")),
		chromedp.Click(chromedp.CSS(".lock button")), chromedp.WaitVisible(chromedp.CSS("#pass")))
	if !w.house.Vault().Locked() {
		t.Error("the Lock button left the vault open")
	}
	if r, err := http.Get(w.http.URL + "/money"); err != nil || r.Request.URL.Path != "/unlock" {
		t.Errorf("a locked vault's page led to %v, %v", r.Request.URL, err)
	}
}
