package nextcloud_test

import (
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/nextcloud"
	"penates/internal/schema"
)

const accountJSON = `{"displayname":{"value":"Zoé Lac","scope":"v2-federated","verified":"0","verificationData":""},"address":{"value":"1 quai, Annecy","scope":"v2-local","verified":"0"},
 "email":{"value":"Zoe@x.example","scope":"v2-federated"},"phone":{"value":"+33 6 12 34 56 78","scope":"v2-local"},"website":{"value":"https://zoe.example"},
 "organisation":{"value":"Lake Club"},"role":{"value":"Treasurer"},"biography":{"value":"Swims."},"additional_mail":[{"value":"z@y.example","scope":"v2-local"}]}`

func TestFiles(t *testing.T) {
	for _, tt := range []struct {
		path, content string
		want          []string
		refused       int
	}{
		{"zoe.nextcloud_export/user.json", `{"uid":"zoe","displayName":"Zo\u00e9 Lac","lastLogin":1741082400,"enabled":true}`, []string{"io.cozy.identities Zoé Lac, Nextcloud"}, 0},
		{"zoe.nextcloud_export/settings/account.json", accountJSON, []string{"io.cozy.contacts Zoé Lac"}, 0},
		{"zoe.nextcloud_export/settings.json", `{"core":{"lang":"fr"},"files":{"show_hidden":"1"}}`, []string{"penates.records Settings of Nextcloud"}, 0},
		{"x/files/tags.json", `{"\/a.txt":["_$!<Favorite>!$_","bills"],"\/b":[]}`, []string{"penates.records /a.txt: _$!<Favorite>!$_, bills"}, 0},
		{"x/files/systemtags.json", `[]`, nil, 0},
		{"x/files/comments.json", `{"\/a.txt":[{"message":"Nice\nfile","verb":"comment","actorType":"users","actorId":"zoe","creationDateTime":"2025-03-04T10:00:00+0000"},
			{"message":"","actorType":"users","creationDateTime":"2025-03-04T10:00:00+0000"}]}`, []string{"penates.messages Nice"}, 1},
		{"x/migrator_versions.json", `{"usermigrationservice":1,"files":1}`, nil, 0},
		{"x/versions.json", `{"core":"29.0.1.1","files":"2.1.0"}`, nil, 0},
	} {
		if sure := nextcloud.Format.Recognise(importertest.File(tt.path, []byte(tt.content)).Head); sure != 87 {
			t.Errorf("%s: sure %d", tt.path, sure)
		}
		c, err := importertest.Read(nextcloud.Format, tt.path, []byte(tt.content))
		var got []string
		for _, d := range c.Documents {
			got = append(got, fmt.Sprintf("%s %s", d.Type, d.Text))
		}
		if err != nil || strings.Join(got, "\n") != strings.Join(tt.want, "\n") || len(c.Refusals) != tt.refused {
			t.Errorf("%s: got %q, refused %v, %v; want %q", tt.path, got, c.Refusals, err, tt.want)
		}
	}
}

func TestAccount(t *testing.T) {
	c, err := importertest.Read(nextcloud.Format, "settings/account.json", []byte(accountJSON))
	if err != nil || len(c.Bodies) != 1 {
		t.Fatal(err)
	}
	got := c.Bodies[0].(schema.Contact)
	if strings.Join(got.Email, " ") != "zoe@x.example z@y.example" || got.Phone[0] != "+33612345678" || got.Company != "Lake Club" || got.Note != "Swims." || got.URL[0] != "https://zoe.example" {
		t.Errorf("%+v", got)
	}
	if d := c.Documents[0]; d.Ref(penates.RefPhone) != "+33612345678" || d.Source.NativeID != "account/zoe@x.example" {
		t.Errorf("%+v", d)
	}
}

// Files of the same name that hold something else are left to others.
func TestOthers(t *testing.T) {
	for path, content := range map[string]string{
		"user.json": `{"name": "x"}`, "settings.json": `{"editor.fontSize": 12}`, "files/comments.json": `[{"a": 1}]`, "x/files/tags.json": `{"a": 1}`,
		"versions.json": `["1.0"]`, "other.json": `{"uid":"zoe","displayName":"Zoé"}`, "settings/account.json": `{"a": {"b": 1}}`,
	} {
		if sure := nextcloud.Format.Recognise(importertest.File(path, []byte(content)).Head); sure != 0 {
			t.Errorf("%s %s: sure %d", path, content, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("settings/account.json", []byte(accountJSON))
	f.Add("files/comments.json", []byte(`{"\/a":[{"message":"x","actorType":"users","actorId":"zoe","creationDateTime":"2025-03-04T10:00:00+0000"}]}`))
	f.Add("files/tags.json", []byte(`{"\/a":["b"]}`))
	f.Add("user.json", []byte(`{"uid":"zoe","displayName":"Zoé"}`))
	f.Fuzz(func(t *testing.T, path string, content []byte) {
		c, _ := importertest.Read(nextcloud.Format, path, content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" || d.Text == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const n = 20_000
	var big strings.Builder
	big.WriteString(`{"\/a.txt":[`)
	for i := range n {
		if i > 0 {
			big.WriteByte(',')
		}
		fmt.Fprintf(&big, `{"message":"comment %d","verb":"comment","actorType":"users","actorId":"zoe","creationDateTime":"2025-03-04T10:00:00+0000"}`, i)
	}
	big.WriteString("]}")
	content := []byte(big.String())
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(nextcloud.Format, "files/comments.json", content); err != nil || len(c.Documents) != n {
			b.Fatal(len(c.Documents), err)
		}
	}
}
