package myactivity

import "strings"

// An action is a verb and how titles say it: what stands before and behind its object.
type action struct {
	verb          string
	before, after string
}

// actions are those of the languages most accounts of Europe have, longer
// beginnings before shorter ones.
var actions = []action{
	{"watched", "Watched ", ""},
	{"searched", "Searched for ", ""},
	{"visited", "Visited ", ""},
	{"viewed", "Viewed ", ""},
	{"used", "Used ", ""},
	{"listened", "Listened to ", ""},
	{"liked", "Liked ", ""},
	{"shared", "Shared ", ""},
	{"said", "Said ", ""},
	{"asked", "Asked: ", ""},
	{"opened", "Opened ", ""},
	{"read", "Read ", ""},

	{"watched", "Vous avez regardé ", ""},
	{"watched", "A regardé ", ""},
	{"searched", "Vous avez recherché ", ""},
	{"searched", "A recherché ", ""},
	{"searched", "Recherche effectuée : ", ""},
	{"searched", "Recherche : ", ""},
	{"searched", "Recherche de ", ""},
	{"visited", "Vous avez consulté ", ""},
	{"visited", "Vous avez visité ", ""},
	{"visited", "Consultation de la page ", ""},
	{"visited", "Page consultée : ", ""},
	{"used", "Vous avez utilisé ", ""},
	{"used", "Utilisation de l'application ", ""},
	{"used", "Utilisation de ", ""},
	{"listened", "Vous avez écouté ", ""},
	{"liked", "Vous avez aimé ", ""},

	{"searched", "Gesucht nach: ", ""},
	{"searched", "Gesucht nach ", ""},
	{"searched", "Nach ", " gesucht"},
	{"watched", "", " angesehen"},
	{"visited", "", " besucht"},
	{"visited", "", " aufgerufen"},
	{"used", "", " verwendet"},
	{"listened", "", " angehört"},

	{"watched", "Has visto ", ""},
	{"watched", "Viste ", ""},
	{"searched", "Has buscado ", ""},
	{"searched", "Buscaste ", ""},
	{"visited", "Has visitado ", ""},
	{"visited", "Visitaste ", ""},
	{"used", "Has usado ", ""},

	{"watched", "Hai guardato ", ""},
	{"searched", "Hai cercato ", ""},
	{"visited", "Hai visitato ", ""},
	{"used", "Hai utilizzato ", ""},

	{"watched", "Assistiu a ", ""},
	{"searched", "Pesquisou por ", ""},
	{"searched", "Pesquisou ", ""},
	{"visited", "Visitou ", ""},

	{"searched", "Gezocht naar ", ""},
	{"watched", "", " bekeken"},
	{"visited", "", " bezocht"},
}

// spoken splits a title into what was done and to what; the whole title is the
// object of what no action says.
func spoken(title string) (verb, object string) {
	for _, a := range actions {
		rest, ok := strings.CutPrefix(title, a.before)
		if !ok {
			continue
		}
		if rest, ok = strings.CutSuffix(rest, a.after); ok && rest != "" {
			if a.after != "" {
				rest = strings.Trim(rest, `"„“”`)
			}
			return a.verb, rest
		}
	}
	return "did", title
}
