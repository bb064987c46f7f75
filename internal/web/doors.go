package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"penates"
	"penates/internal/vault"
	"penates/internal/web/passkey"
	"penates/internal/web/words"
)

// welcome begins the making of a vault.
func (v *visit) welcome() error {
	if v.srv.cfg.Vault.Vault() != nil {
		v.redirect("/")
		return nil
	}
	return v.door("welcome", nil)
}

type welcomeNamePage struct{ Lang, Zone, Name, Error string }

func (v *visit) welcomeName() error {
	if v.srv.cfg.Vault.Vault() != nil {
		v.redirect("/")
		return nil
	}
	return v.door("welcome_name", welcomeNamePage{Lang: v.l.Lang(), Zone: time.Local.String()})
}

type welcomePassphrasePage struct {
	Lang, Zone, Name string
	Pass             passField
}

const maxName = 80

func (v *visit) welcomePassphrase() error {
	if v.srv.cfg.Vault.Vault() != nil {
		v.redirect("/")
		return nil
	}
	name, zone := strings.TrimSpace(v.r.Form.Get("name")), v.r.Form.Get("zone")
	if name == "" || len(name) > 2*maxName {
		return v.door("welcome_name", welcomeNamePage{v.l.Lang(), zone, name, "welcome.name.error"})
	}
	return v.door("welcome_passphrase", welcomePassphrasePage{v.l.Lang(), zone, name, newPassField(v.l, "")})
}

// welcomeCreate makes the vault and opens it.
func (v *visit) welcomeCreate() error {
	f := v.r.Form
	if v.srv.cfg.Vault.Vault() != nil {
		v.redirect("/")
		return nil
	}
	if wrong := checkPassphrase(f.Get("new"), f.Get("again")); wrong != "" {
		return v.door("welcome_passphrase", welcomePassphrasePage{v.l.Lang(), f.Get("zone"), f.Get("name"), newPassField(v.l, wrong)})
	}
	o := vault.CreateOptions{Name: strings.TrimSpace(f.Get("name")), Language: v.l.Lang(), Zone: zoneOr(f.Get("zone")), Country: countryOf(v.l)}
	kept, code, err := v.srv.cfg.Vault.Create(v.ctx(), []byte(f.Get("new")), o)
	if err != nil {
		return err
	}
	g, err := v.open(kept)
	if err != nil {
		return err
	}
	g.hold(code, v.now(), true)
	v.redirect("/sheet")
	return nil
}

// zoneOr returns name if it is a time zone, else the machine's.
func zoneOr(name string) string {
	if _, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		return name
	}
	if zone := time.Local.String(); zone != "Local" {
		return zone
	}
	return "Europe/Paris"
}

// countryOf returns where somebody who speaks l most likely lives; telephone
// numbers without their country are read so.
func countryOf(l *words.Locale) string {
	if l.Lang() == words.English {
		return "GB"
	}
	return "FR"
}

type unlockPage struct {
	Next, Error, Wait string
	Passkey           bool // there is one that logs in here
}

// showUnlock shows the door; a passkey is offered while the vault is open.
func (v *visit) showUnlock(p unlockPage) error {
	p.Passkey = passkey.Offered(v.srv.cfg.Vault.Vault(), v.r)
	return v.door("unlock", p)
}

func (v *visit) unlockForm() error {
	if v.srv.cfg.Vault.Vault() == nil {
		v.redirect("/welcome")
		return nil
	}
	return v.showUnlock(unlockPage{Next: local(v.r.URL.Query().Get("next"))})
}

// unlock opens the vault, or a browser session on a vault that is open already:
// both need the passphrase.
func (v *visit) unlock() error {
	kept := v.srv.cfg.Vault.Vault()
	if kept == nil {
		v.redirect("/welcome")
		return nil
	}
	next := local(v.r.Form.Get("next"))
	err := v.srv.slow.Try(v.ctx(), func() error { return kept.Unlock(v.ctx(), []byte(v.r.Form.Get("passphrase"))) })
	if errors.Is(err, penates.WrongKey) {
		return v.showUnlock(unlockPage{Next: next, Error: "unlock.wrong", Wait: v.waiting()})
	}
	if err != nil {
		return err
	}
	if _, err := v.open(kept); err != nil {
		return err
	}
	v.redirect(next)
	return nil
}

// waiting says how long the next attempt will take, when that is long enough to
// be noticed.
func (v *visit) waiting() string {
	if d := v.srv.slow.Delay(); d >= 2*time.Second {
		return v.l.N("unlock.wait", int(d.Round(time.Second)/time.Second))
	}
	return ""
}

type recoverPage struct {
	Error string
	Pass  passField
}

func (v *visit) recoverForm() error {
	if v.srv.cfg.Vault.Vault() == nil {
		v.redirect("/welcome")
		return nil
	}
	return v.door("recover", recoverPage{Pass: newPassField(v.l, "")})
}

// recover opens the vault with the recovery sheet and sets a new passphrase.
func (v *visit) recover() error {
	kept := v.srv.cfg.Vault.Vault()
	if kept == nil {
		v.redirect("/welcome")
		return nil
	}
	f := v.r.Form
	if wrong := checkPassphrase(f.Get("new"), f.Get("again")); wrong != "" {
		return v.door("recover", recoverPage{Pass: newPassField(v.l, wrong)})
	}
	err := v.srv.slow.Try(v.ctx(), func() error { return kept.Recover(v.ctx(), f.Get("sheet"), []byte(f.Get("new"))) })
	if errors.Is(err, penates.WrongKey) || errors.Is(err, penates.Invalid) {
		return v.door("recover", recoverPage{Error: "recover.wrong", Pass: newPassField(v.l, "")})
	}
	if err != nil {
		return err
	}
	if _, err := v.open(kept); err != nil {
		return err
	}
	v.redirect("/security?" + url.Values{"done": {"recovered"}}.Encode())
	return nil
}

// openOnce opens a browser session by a one-time address.
func (v *visit) openOnce() error {
	kept := v.srv.cfg.Vault.Vault()
	if kept == nil || kept.Locked() || !v.srv.book.Redeem(v.r.PathValue("token")) {
		return fmt.Errorf("one-time address: %w", penates.NotExist)
	}
	if _, err := v.open(kept); err != nil {
		return err
	}
	v.redirect("/")
	return nil
}

// lock locks the vault, which ends every browser session.
func (v *visit) lock() error {
	kept := v.srv.cfg.Vault.Vault()
	v.srv.forget()
	if kept != nil {
		if err := kept.Lock(); err != nil {
			return err
		}
	}
	http.SetCookie(v.w, &http.Cookie{Name: cookieName(v.r), Path: "/", MaxAge: -1, HttpOnly: true, Secure: v.r.TLS != nil, SameSite: http.SameSiteStrictMode})
	v.redirect("/unlock")
	return nil
}
