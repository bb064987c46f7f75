// Package nextcloud reads what Nextcloud's user_migration adds to the files,
// calendars and address books of an account when it exports them: who the
// account is of (user.json, settings/account.json), its settings, and the tags
// and comments of files (files/tags.json, systemtags.json, comments.json).
//
// The export is a zip named "….nextcloud_export"; its files, calendars and address
// books are read like any others.
package nextcloud

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/schema"
)

const connector = "nextcloud"

// Format reads the records of an export.
var Format = importer.Format{
	Name:      connector,
	Title:     "Nextcloud export",
	Recognise: recognise,
	Read:      read,
}

// maxFile bounds a file, which is read whole; comments of years are some megabytes.
const maxFile = 64 << 20

// A record is a kind of file, known by its name and by what it must hold.
type record struct {
	name  string // the end of the path
	holds *regexp.Regexp
	give  func(*reader, []byte) error
}

var records = []record{
	{"user.json", regexp.MustCompile(`^\s*\{\s*"uid"\s*:.*"displayName"\s*:`), (*reader).user},
	{"settings/account.json", regexp.MustCompile(`(?s)^\s*\{\s*"[a-z_]+"\s*:\s*[\[{].*"scope"\s*:\s*"v2-`), (*reader).account},
	{"files/comments.json", regexp.MustCompile(`(?s)^\s*(\[\s*\]|\{\s*\}|\{.*"actorType"\s*:)`), (*reader).comments},
	{"files/tags.json", tagged, (*reader).tags},
	{"files/systemtags.json", tagged, (*reader).tags},
	{"settings.json", regexp.MustCompile(`^\s*\{\s*"(core|files|settings|firstrunwizard|login|dashboard|activity|theming|notifications|dav|contacts|calendar|photos|text)"\s*:\s*\{`), (*reader).settings},
	{"migrator_versions.json", regexp.MustCompile(`^\s*\{[^{]*"usermigrationservice"\s*:`), (*reader).nothing},
	{"versions.json", regexp.MustCompile(`^\s*\{\s*"core"\s*:\s*"\d+\.`), (*reader).nothing},
	{"settings/config.json", regexp.MustCompile(`"visibility"\s*:\s*"(show|hide)`), (*reader).nothing},
}

var tagged = regexp.MustCompile(`^\s*(\[\s*\]|\{\s*\}|\{\s*"\\?/[^"]*"\s*:\s*\[)`)

func recordOf(h importer.Head) *record {
	for i, r := range records {
		if (h.Path == r.name || strings.HasSuffix(h.Path, "/"+r.name) || h.Name == r.name) && r.holds.Match(h.Bytes) {
			return &records[i]
		}
	}
	return nil
}

func recognise(h importer.Head) int {
	if recordOf(h) != nil {
		return 87
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	b, err := f.ReadAll(maxFile)
	if err != nil {
		return err
	}
	kind := recordOf(f.Head)
	if kind == nil {
		return importer.ErrNotMine
	}
	r := &reader{ctx: ctx, out: out, zone: f.Zone, name: path.Base(f.Path)}
	if r.zone == nil {
		r.zone = time.UTC
	}
	return kind.give(r, b)
}

type reader struct {
	ctx  context.Context
	out  importer.Sink
	zone *time.Location
	name string
}

func decode(b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("json: %w (%w)", penates.Invalid, err)
	}
	return nil
}

// nothing passes over what only says with which programs the export was made.
func (r *reader) nothing([]byte) error { return nil }

// user gives out who the account is of.
func (r *reader) user(b []byte) error {
	var u struct{ UID, DisplayName string }
	if err := decode(b, &u); err != nil {
		return err
	}
	if u.UID == "" {
		return fmt.Errorf("a user without id: %w", penates.Invalid)
	}
	return r.out.Document(&penates.Document{
		Source: penates.Source{NativeID: "user/" + u.UID},
		Text:   cmp.Or(locale.Line(u.DisplayName), u.UID) + ", Nextcloud",
	}, schema.Identity{Preferred: locale.Line(u.DisplayName), Customer: u.UID, Issuer: "Nextcloud"})
}

// account gives out what the person says of themselves.
func (r *reader) account(b []byte) error {
	var properties map[string]json.RawMessage
	if err := decode(b, &properties); err != nil {
		return err
	}
	value := func(name string) string {
		var p struct{ Value string }
		_ = json.Unmarshal(properties[name], &p) // a property of another shape has no value
		return strings.TrimSpace(p.Value)
	}
	body := schema.Contact{
		FullName: locale.Line(value("displayname")), Company: locale.Line(value("organisation")), JobTitle: locale.Line(value("role")),
		Note: strings.TrimSpace(value("headline") + "\n" + value("biography")),
	}
	d := &penates.Document{Source: penates.Source{NativeID: "account"}}
	mails := []string{value("email")}
	var more []struct{ Value string }
	if json.Unmarshal(properties["additional_mail"], &more) == nil {
		for _, m := range more {
			mails = append(mails, m.Value)
		}
	}
	for _, mail := range mails {
		if mail = strings.ToLower(locale.Line(mail)); mail != "" && !slices.Contains(body.Email, mail) {
			body.Email = append(body.Email, mail)
			d.Refs = append(d.Refs, penates.NewRef(penates.RefEmail, mail))
		}
	}
	if number := strings.Join(strings.Fields(value("phone")), ""); number != "" {
		body.Phone = []string{number}
		d.Refs = append(d.Refs, penates.NewRef(penates.RefPhone, number))
	}
	if address := locale.Line(value("address")); address != "" {
		body.Address = []string{address}
	}
	if site := value("website"); site != "" {
		body.URL = []string{site}
	}
	if len(body.Email) > 0 {
		d.Source.NativeID = "account/" + body.Email[0]
	}
	d.Text = cmp.Or(body.FullName, append(body.Email, "Nextcloud account")[0])
	return r.out.Document(d, body)
}

// settings keeps the settings of the account's applications.
func (r *reader) settings(b []byte) error {
	var apps map[string]any
	if err := decode(b, &apps); err != nil {
		return err
	}
	return r.out.Document(&penates.Document{Source: penates.Source{NativeID: "settings"}, Text: "Settings of Nextcloud"},
		schema.Record{Kind: "nextcloud.settings", Fields: apps})
}
