package web_test

import (
	"net/http"
	"testing"
)

// TestNewPassphraseEndsOtherSessions makes sure that whoever knew the former
// passphrase is not logged in any more, but who changed it is.
func TestNewPassphraseEndsOtherSessions(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	mine, other := w.browser(t).enter(), w.browser(t).enter()
	const fresh = "quite another passphrase"
	if a := mine.post("/security/passphrase", "old", passphrase, "new", fresh, "again", fresh); a.path != "/security" || a.status != http.StatusOK {
		t.Fatalf("%d at %s", a.status, a.path)
	}
	if a := mine.get("/journal"); a.path != "/journal" {
		t.Errorf("who changed it is sent to %s", a.path)
	}
	if a := other.get("/journal"); a.path != "/unlock" {
		t.Errorf("the other browser is at %s", a.path)
	}
}
