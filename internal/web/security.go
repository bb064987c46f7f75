package web

import (
	"errors"
	"strings"
	"time"

	"penates"
	"penates/internal/web/facts"
	"penates/internal/web/passkey"
)

type securityPage struct {
	Facts                []facts.Fact
	OldError, SheetError string
	Pass                 passField
	Passkeys             []passkey.Line
	Copies               *facts.Copies
}

// security shows facts about how the vault is kept, and changes its keys.
func (v *visit) security() error { return v.showSecurity("", "", "") }

func (v *visit) showSecurity(old, pass, sheet string) error {
	l := v.l
	lines, err := passkey.Lines(v.ctx(), v.s, v.r)
	if err != nil {
		return err
	}
	var copies *facts.Copies
	if ask := v.srv.cfg.Copies; ask != nil {
		c, err := ask(v.ctx(), v.s)
		if err != nil {
			return err
		}
		copies = facts.Voice{Locale: l}.CopiesOf(c)
	}
	return v.show("security", securityPage{
		Passkeys: lines, Copies: copies,
		Facts: []facts.Fact{
			{Label: l.T("security.made"), Value: l.Stamp(v.s.Created())},
			{Label: l.T("security.sealed"), Value: l.T("security.sealed.what")},
			{Label: l.T("security.browsers"), Value: l.N("security.browsers.count", v.srv.book.Count())},
			{Label: l.T("security.idle"), Value: l.T("security.idle.what")},
		},
		OldError: old, SheetError: sheet, Pass: newPassField(l, pass),
	})
}

func (v *visit) changePassphrase() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	f := v.r.PostForm
	if wrong := checkPassphrase(f.Get("new"), f.Get("again")); wrong != "" {
		return v.showSecurity("", wrong, "")
	}
	kept := v.srv.cfg.Vault.Vault()
	err := v.srv.slow.Try(v.ctx(), func() error {
		return kept.ChangePassphrase(v.ctx(), []byte(f.Get("old")), []byte(f.Get("new")))
	})
	if errors.Is(err, penates.WrongKey) {
		return v.showSecurity("unlock.wrong", "", "")
	}
	if err != nil {
		return err
	}
	// Whoever knew the former one may be logged in elsewhere.
	v.srv.forget()
	if _, err := v.open(kept); err != nil {
		return err
	}
	v.redirect("/security?done=passphrase")
	return nil
}

// newSheet makes a new recovery sheet, which voids the one before.
func (v *visit) newSheet() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	var code string
	err := v.srv.slow.Try(v.ctx(), func() (err error) {
		code, err = v.srv.cfg.Vault.Vault().NewSheet(v.ctx(), []byte(v.r.PostForm.Get("passphrase")))
		return err
	})
	if errors.Is(err, penates.WrongKey) {
		return v.showSecurity("", "", "unlock.wrong")
	}
	if err != nil {
		return err
	}
	v.g.hold(code, v.now(), false)
	v.redirect("/sheet")
	return nil
}

type settingsPage struct {
	Name, Zone, Version string
	ZoneError           bool
	Languages, Themes   []choice
	Zones               []string
	Export              bool
}

// A choice is one of several values of a field or filter.
type choice struct {
	Value, Label, Href string
	Count              int
	Here               bool
}

// commonZones are offered; any other name of the time zone database will do.
var commonZones = strings.Fields(`Europe/Paris Europe/Brussels Europe/Zurich Europe/Luxembourg Europe/London Europe/Dublin
	Europe/Berlin Europe/Madrid Europe/Rome Europe/Lisbon America/Martinique America/Guadeloupe America/Cayenne Indian/Reunion
	Indian/Mayotte Pacific/Noumea Pacific/Tahiti America/New_York America/Toronto America/Los_Angeles Asia/Tokyo Australia/Sydney UTC`)

func (v *visit) settings() error { return v.showSettings("", false) }

func (v *visit) showSettings(zone string, wrong bool) error {
	if !wrong {
		zone = v.l.Zone().String()
	}
	p := settingsPage{Name: v.name, Zone: zone, ZoneError: wrong, Zones: commonZones, Version: v.srv.cfg.Version, Export: v.srv.cfg.Export != nil}
	for _, lang := range []choice{{Value: "fr", Label: "Français"}, {Value: "en", Label: "English"}} {
		lang.Here = lang.Value == v.l.Lang()
		p.Languages = append(p.Languages, lang)
	}
	for _, theme := range []string{"", "light", "dark"} {
		key := "settings.theme.auto"
		if theme != "" {
			key = "settings.theme." + theme
		}
		p.Themes = append(p.Themes, choice{Value: theme, Label: v.l.T(key), Here: theme == v.theme})
	}
	return v.show("settings", p)
}

func (v *visit) saveSettings() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	f := v.r.PostForm
	zone := f.Get("zone")
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return v.showSettings(zone, true)
	}
	name := strings.TrimSpace(f.Get("name"))
	if len(name) > 2*maxName {
		return penates.Invalid
	}
	for _, set := range [...][2]string{{"name", name}, {"language", f.Get("language")}, {"theme", f.Get("theme")}, {"zone", zone}} {
		if err := v.s.SetSetting(v.ctx(), set[0], set[1]); err != nil {
			return err
		}
	}
	v.redirect("/settings?done=saved")
	return nil
}

// export sends all that the vault holds. Once bytes have left, an error can only
// cut the answer short.
func (v *visit) export() error {
	if v.srv.cfg.Export == nil {
		return penates.NotExist
	}
	name := "penates-" + v.now().In(v.l.Zone()).Format(time.DateOnly) + ".zip"
	v.w.Header().Set("Content-Type", "application/zip")
	v.w.Header().Set("Content-Disposition", attachment(name))
	out := &started{w: v.w}
	err := v.srv.cfg.Export(v.ctx(), v.s, out)
	if err != nil && out.bytes > 0 {
		v.srv.cfg.Log.Error("export was cut short", "error", err)
		v.cut()
	}
	if err != nil {
		v.w.Header().Del("Content-Disposition")
	}
	return err
}

func (v *visit) menu() error {
	var rest []place
	for _, p := range places() {
		if !p.Tab && !p.More {
			rest = append(rest, p)
		}
	}
	return v.show("menu", rest)
}
