package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// TestPasskey makes a passkey on the page of security, with an authenticator that
// the browser plays, and logs in with it; removed, it is no good any more.
func TestPasskey(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	home := strings.Replace(w.http.URL, "127.0.0.1", "localhost", 1)
	b := newTab(t)
	b.speak(t, "en")
	call(t, b, webauthn.Enable, webauthn.EnableParams{})
	call(t, b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	do(t, b, chromedp.Navigate(home+"/security"), chromedp.SendKeys(chromedp.CSS("#pass"), passphrase), chromedp.Click(chromedp.CSS("button.main-act")),
		chromedp.WaitVisible(chromedp.CSS("#kpass")))
	do(t, b, chromedp.SendKeys(chromedp.CSS("#kpass"), "a wrong passphrase"), chromedp.Click(chromedp.CSS(`form[data-passkey] button`)))
	if said := run(t, b, chromedp.Poll[string](`document.querySelector("form[data-passkey] [role=alert]").textContent`)); said == "" {
		t.Error("a wrong passphrase is not told of")
	}
	do(t, b, chromedp.SetValue(chromedp.CSS("#kpass"), passphrase), chromedp.Click(chromedp.CSS(`form[data-passkey] button`)),
		chromedp.WaitVisible(chromedp.CSS(`form[action^="/security/passkey/remove/"]`)))
	logOut := func() {
		call(t, b, network.ClearBrowserCookies, cdp.Empty{})
		do(t, b, chromedp.Navigate(home+"/journal"), chromedp.WaitVisible(chromedp.CSS("#pass")))
	}
	logOut()
	do(t, b, chromedp.Click(chromedp.CSS(`form[data-passkey] button`)), chromedp.WaitVisible(chromedp.CSS(".shell")))
	if path := run(t, b, chromedp.Evaluate[string]("location.pathname")); path != "/journal" {
		t.Errorf("the passkey leads to %s", path)
	}
	do(t, b, chromedp.Navigate(home+"/security"), chromedp.Click(chromedp.CSS(`form[action^="/security/passkey/remove/"] button`)),
		chromedp.WaitNotPresent(chromedp.CSS(`form[action^="/security/passkey/remove/"]`)), chromedp.WaitVisible(chromedp.CSS("#kpass")))
	logOut()
	if there := run(t, b, chromedp.Evaluate[bool](`document.querySelector("form[data-passkey]") !== null`)); there {
		t.Error("a passkey that was removed is offered")
	}
}

// TestPasskeyRefuses sends answers that no passkey gave.
func TestPasskeyRefuses(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t)
	if a := b.post("/passkey"); a.status != http.StatusBadRequest {
		t.Errorf("at an address that is a number: %d", a.status)
	}
	w.http.URL = strings.Replace(w.http.URL, "127.0.0.1", "localhost", 1)
	asked := b.post("/passkey")
	_, token, _ := strings.Cut(asked.body, `"token":"`)
	token, _, _ = strings.Cut(token, `"`)
	if asked.status != http.StatusOK || token == "" || !strings.Contains(asked.body, `"userVerification":"required"`) {
		t.Fatalf("%d %s", asked.status, asked.body)
	}
	for _, path := range []string{"/passkey/finish?token=" + token, "/passkey/finish?token=" + token, "/passkey/finish?token=none", "/passkey/finish"} {
		if a := b.send(b.request(http.MethodPost, path, `{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{}}`, "Content-Type", "application/json")); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := b.send(b.request(http.MethodPost, "/passkey", "", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test")); a.status != http.StatusForbidden {
		t.Errorf("from another page: %d", a.status)
	}
	if a := b.post("/security/passkey", "passphrase", passphrase); a.path != "/unlock" {
		t.Errorf("who is not logged in makes a passkey at %s", a.path)
	}
	if err := w.house.Vault().Lock(); err != nil {
		t.Fatal(err)
	}
	if a := b.post("/passkey"); a.status == http.StatusOK {
		t.Error("a locked vault asks for a passkey")
	}
}
