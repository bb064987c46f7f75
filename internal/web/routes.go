package web

import "net/http"

// routes lists every address of the page. The same addresses serve all
// languages.
func (srv *Server) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /static/{name}", srv.anyone((*visit).static))
	m.HandleFunc("GET /open/{token}", srv.anyone((*visit).openOnce))

	m.HandleFunc("GET /welcome", srv.anyone((*visit).welcome))
	m.HandleFunc("GET /welcome/name", srv.anyone((*visit).welcomeName))
	m.HandleFunc("POST /welcome/passphrase", srv.anyone((*visit).welcomePassphrase))
	m.HandleFunc("POST /welcome/create", srv.anyone((*visit).welcomeCreate))
	m.HandleFunc("GET /unlock", srv.anyone((*visit).unlockForm))
	m.HandleFunc("POST /unlock", srv.anyone((*visit).unlock))
	m.HandleFunc("POST /passkey", srv.anyone((*visit).passkeyLogin))
	m.HandleFunc("POST /passkey/finish", srv.anyone((*visit).passkeyLoggedIn))
	m.HandleFunc("GET /recover", srv.anyone((*visit).recoverForm))
	m.HandleFunc("POST /recover", srv.anyone((*visit).recover))

	m.HandleFunc("GET /{$}", srv.owner((*visit).home))
	m.HandleFunc("GET /timeline", srv.owner((*visit).timeline))
	m.HandleFunc("GET /search", srv.owner((*visit).search))
	m.HandleFunc("GET /money", srv.owner((*visit).money))
	m.HandleFunc("GET /energy", srv.owner((*visit).energy))
	m.HandleFunc("GET /people", srv.owner((*visit).people))
	m.HandleFunc("GET /menu", srv.owner((*visit).menu))

	m.HandleFunc("GET /documents", srv.owner((*visit).documents))
	m.HandleFunc("GET /documents/{id}", srv.owner((*visit).document))
	m.HandleFunc("GET /documents/{id}/raw", srv.owner((*visit).rawFile))
	m.HandleFunc("GET /documents/{id}/file", srv.owner((*visit).file))
	m.HandleFunc("GET /documents/{id}/preview", srv.owner((*visit).preview))
	m.HandleFunc("GET /documents/{id}/thumbnail", srv.owner((*visit).thumbnail))
	m.HandleFunc("GET /photos", srv.owner((*visit).photos))
	m.HandleFunc("POST /documents/{id}/trash", srv.owner((*visit).trashOne))
	m.HandleFunc("POST /documents/{id}/restore", srv.owner((*visit).restoreOne))
	m.HandleFunc("POST /documents/{id}/purge", srv.owner((*visit).purgeOne))
	m.HandleFunc("POST /links/{id}", srv.owner((*visit).judgeLink))
	m.HandleFunc("GET /trash", srv.owner((*visit).trash))
	m.HandleFunc("POST /trash", srv.owner((*visit).emptyTrash))

	m.HandleFunc("GET /sources", srv.owner((*visit).sources))
	m.HandleFunc("GET /import", srv.owner((*visit).importForm))
	m.HandleFunc("POST /import/{token}", srv.owner((*visit).importFiles))
	m.HandleFunc("GET /import/{token}", srv.owner((*visit).imported))
	m.HandleFunc("GET /import/{token}/progress", srv.owner((*visit).importProgress))

	m.HandleFunc("GET /mapping", srv.owner((*visit).mappings))
	m.HandleFunc("GET /mapping/{blob}", srv.owner((*visit).mapping))
	m.HandleFunc("POST /mapping/{blob}", srv.owner((*visit).learn))
	m.HandleFunc("POST /mapping/remove/{id}", srv.owner((*visit).unlearn))

	m.HandleFunc("GET /consent/{id}", srv.owner((*visit).consent))
	m.HandleFunc("POST /consent/{id}", srv.owner((*visit).decide))
	m.HandleFunc("POST /grants/{id}/stop", srv.owner((*visit).stop))
	m.HandleFunc("GET /grants/{id}/receipt", srv.owner((*visit).receipt))
	m.HandleFunc("GET /rules", srv.owner((*visit).rules))
	m.HandleFunc("POST /rules", srv.owner((*visit).addRule))
	m.HandleFunc("POST /rules/{id}/withdraw", srv.owner((*visit).withdrawRule))
	m.HandleFunc("POST /rules/wish", srv.owner((*visit).answerWish))
	m.HandleFunc("GET /journal/who", srv.owner((*visit).who))
	m.HandleFunc("GET /journal", srv.owner((*visit).journal))
	m.HandleFunc("GET /security", srv.owner((*visit).security))
	m.HandleFunc("POST /security/passphrase", srv.owner((*visit).changePassphrase))
	m.HandleFunc("POST /security/sheet", srv.owner((*visit).newSheet))
	m.HandleFunc("POST /security/passkey", srv.owner((*visit).addPasskey))
	m.HandleFunc("POST /security/passkey/finish", srv.owner((*visit).passkeyAdded))
	m.HandleFunc("POST /security/passkey/remove/{id}", srv.owner((*visit).removePasskey))
	m.HandleFunc("GET /sheet", srv.owner((*visit).sheet))
	m.HandleFunc("GET /sheet/confirm", srv.owner((*visit).confirmForm))
	m.HandleFunc("POST /sheet/confirm", srv.owner((*visit).confirm))
	m.HandleFunc("GET /settings", srv.owner((*visit).settings))
	m.HandleFunc("POST /settings", srv.owner((*visit).saveSettings))
	m.HandleFunc("POST /export", srv.owner((*visit).export))
	m.HandleFunc("POST /lock", srv.owner((*visit).lock))
	return m
}

// A place is a line of the navigation.
type place struct {
	Href, Icon, Key string
	Tab             bool // among the five at the bottom of a phone
	More            bool // on phones only
	Apart           bool // begins a group
	Here            bool
}

// places are the pages of the navigation, in order.
func places() []place {
	return []place{
		{Href: "/", Icon: "home", Key: "nav.home", Tab: true},
		{Href: "/timeline", Icon: "time", Key: "nav.timeline", Tab: true},
		{Href: "/money", Icon: "coin", Key: "nav.money", Tab: true},
		{Href: "/energy", Icon: "bolt", Key: "nav.energy", Tab: true},
		{Href: "/people", Icon: "people", Key: "nav.people"},
		{Href: "/documents", Icon: "page", Key: "nav.documents"},
		{Href: "/import", Icon: "down", Key: "nav.import", Apart: true},
		{Href: "/sources", Icon: "lines", Key: "nav.sources"},
		{Href: "/journal", Icon: "eye", Key: "nav.journal"},
		{Href: "/trash", Icon: "bin", Key: "nav.trash", Apart: true},
		{Href: "/security", Icon: "lock", Key: "nav.security"},
		{Href: "/settings", Icon: "gear", Key: "nav.settings"},
		{Href: "/menu", Icon: "dots", Key: "nav.more", More: true},
	}
}
