package web_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"penates/internal/backup"
	"penates/internal/ship"
	"penates/internal/vault"
)

// copies are three of them: one that was proven, one whose last restore failed, and
// one that is not reached.
func (w *world) copies(context.Context, *vault.Session) (*backup.Copies, error) {
	now := w.clock.now()
	proven := now.Add(-40 * time.Hour)
	return backup.CopiesOf(w.house.dir, []backup.State{
		{
			Target: backup.Target{URL: "s3://key:secret@objects.example/vaults", Proof: &backup.Proof{At: proven, Proven: proven, Documents: 1234, Bytes: 56_700_000}},
			Status: ship.Status{Point: ship.Point{At: now.Add(-time.Minute)}}, Running: true,
		},
		{
			Target: backup.Target{URL: w.house.dir + "/store", Proof: &backup.Proof{At: proven, Failure: "a part of the backup is missing"}},
			Status: ship.Status{Point: ship.Point{At: now.Add(-3 * time.Hour)}}, Running: true,
		},
		{Target: backup.Target{URL: "webdavs://lou@cloud.example/a-folder-with-quite-a-long-name/penates"}, Error: "the server does not answer"},
	}, now), nil
}

// TestSecurityTellsOfCopies makes sure that the page says of each copy up to when it
// goes, when it was proven and what is wrong with it, and nothing of its password.
func TestSecurityTellsOfCopies(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {"Last proven restore", "1,234 documents, ", ", all equal", "s3://objects.example/vaults", "failed: a part of the backup is missing", "Nothing is being stored there: the server does not answer", "on the same disk as the vault"},
		"fr": {"Dernière restauration prouvée", "documents", "tout est identique", "a échoué", "sur une autre machine", "Rien n’y est enregistré"},
	} {
		w := newWorld(t).withVault(t, lang)
		page := w.browser(t).enter().get("/security").body
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page does not say %q", lang, text)
			}
		}
		if strings.Contains(page, "secret@") || strings.Contains(page, "key:") {
			t.Error("the page shows a password")
		}
	}
}
