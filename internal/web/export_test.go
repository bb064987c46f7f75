package web

import (
	"net/http"

	"penates/internal/vault"
	"penates/internal/web/facts"
	"penates/internal/web/gallery"
	"penates/internal/web/mapping"
	"penates/internal/web/words"
)

// PageStructs pairs the name of each page with the struct it is made from.
func PageStructs() map[string]any {
	return map[string]any{
		"welcome": struct{}{}, "welcome_name": welcomeNamePage{}, "welcome_passphrase": welcomePassphrasePage{},
		"sheet": sheetPage{}, "confirm": confirmPage{}, "unlock": unlockPage{}, "recover": recoverPage{}, "error": errorPage{},
		"home": homePage{}, "timeline": timelinePage{}, "search": searchPage{}, "document": documentPage{Doc: &vault.Stored{}}, "documents": documentsPage{},
		"trash": trashPage{}, "import": importPage{}, "imported": importedPage{}, "sources": sourcesPage{}, "money": moneyPage{},
		"energy": energyPage{}, "people": peoplePage{}, "journal": journalPage{}, "security": securityPage{Copies: &facts.Copies{Lines: []facts.CopyLine{{}}}}, "settings": settingsPage{},
		"menu": []place{}, "rules": rulesPage{}, "consent": consentPage{}, "who": whoPage{Reader: &reader{}}, "photos": gallery.Page{}, "mapping": mapping.Page{}, "mappings": mapping.List{},
	}
}

// PageNames returns the names of all page templates.
func PageNames() ([]string, error) {
	p, err := loadPages()
	if err != nil {
		return nil, err
	}
	return p.names, nil
}

// Render executes a page's template with data.
func Render(w http.ResponseWriter, lang, name string, data any) error {
	p, err := loadPages()
	if err != nil {
		return err
	}
	return p.write(w, http.StatusOK, words.For(lang, nil), frame{Lang: lang, Nav: places(), Query: "q", Notice: "done.saved"}, name, data)
}

// What is tested by itself.
var (
	Excerpt    = excerpt
	UploadName = uploadName
	Local      = local
	Attachment = attachment
	Marked     = marked
)
