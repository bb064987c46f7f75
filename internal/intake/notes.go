package intake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"penates/internal/export"
)

// adoptionNotes says, in both languages, what of an export went another way than into
// the vault, and why.
func adoptionNotes(file string, a *export.Adopted, now time.Time) (notes []string) {
	if a.Journal != "" {
		notes = append(notes, fmt.Sprintf("%s: the journal of the other vault (%d entries verified) is kept / le journal de l'autre coffre (%d lignes vérifiées) est gardé: %s", file, a.Entries, a.Entries, a.Journal))
	}
	if n := len(a.Breaks); n > 0 {
		var after []string
		for _, b := range a.Breaks[:min(n, maxPlaces)] {
			after = append(after, fmt.Sprint(b.After))
		}
		if n > maxPlaces {
			after = append(after, "…")
		}
		places := strings.Join(after, ", ")
		notes = append(notes, fmt.Sprintf("%s: that journal is not whole: entries were lost at %d place(s), after entry %s; a repair of the other vault noted it in the journal, and the note came along / "+
			"ce journal n'est pas entier : des lignes ont été perdues à %d endroit(s), après la ligne %s ; une réparation de l'autre coffre l'a noté dans le journal, et la note est venue avec", file, n, places, n, places))
	}
	for i := range a.Grants {
		notes = append(notes, grantNote(file, &a.Grants[i], now))
	}
	if a.More > 0 {
		notes = append(notes, fmt.Sprintf("%s: %d more grants are not taken over, for the same reasons / %d autres accords ne sont pas repris, pour les mêmes raisons", file, a.More, a.More))
	}
	return notes
}

// maxPlaces bounds the breaks that are named one by one.
const maxPlaces = 10

// grantNote says why a grant of the other vault is not one of this vault.
func grantNote(file string, g *export.Grant, now time.Time) string {
	who := string(g.Grantee)
	if g.Client != nil && g.Client.Name != "" {
		who = g.Client.Name + " (" + who + ")"
	}
	what := strings.Join(actionsOf(g), ", ") + ": " + typesOf(g)
	en, fr := refusedFor(g, now)
	return fmt.Sprintf("%s: the grant of %s (%s) is not taken over: %s / l'accord donné à %s (%s) n'est pas repris : %s", file, who, what, en, who, what, fr)
}

func actionsOf(g *export.Grant) (actions []string) {
	for _, a := range g.Actions {
		actions = append(actions, string(a))
	}
	return actions
}

func typesOf(g *export.Grant) string {
	var types []string
	for _, s := range g.Selections {
		if !slices.Contains(types, string(s.Type)) {
			types = append(types, string(s.Type))
		}
	}
	if len(types) == 0 {
		return "*"
	}
	return strings.Join(types, ", ")
}

// refusedFor returns the reason in English and French, the plainest one that holds.
func refusedFor(g *export.Grant, now time.Time) (en, fr string) {
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	kind, _, _ := strings.Cut(string(g.Grantee), ":")
	switch {
	case !g.Ended.IsZero():
		return "it was withdrawn on " + day(g.Ended), "il a été retiré le " + day(g.Ended)
	case !g.Expires.IsZero() && !now.Before(g.Expires):
		return "it ended on " + day(g.Expires), "il a pris fin le " + day(g.Expires)
	case g.Parent != "":
		return "it was passed on from a grant of the former vault, which this vault did not give; whoever passed it on must hold one here first",
			"il a été transmis à partir d'un accord de l'ancien coffre, que ce coffre n'a pas donné ; qui l'a transmis doit d'abord en recevoir un ici"
	case kind == "person":
		return "it is bound to the key by which the former vault knew this person; share again from here",
			"il est lié à la clé par laquelle l'ancien coffre connaissait cette personne ; partagez de nouveau depuis ce coffre"
	case g.Client != nil || kind == "app" || kind == "service":
		return "it is bound to the client as it registered with the former vault, and to the keys and tokens that vault gave it; let it register here and ask again",
			"il est lié au client tel qu'il s'est enregistré auprès de l'ancien coffre, aux clés et aux jetons que celui-ci lui a donnés ; qu'il s'enregistre ici et redemande"
	}
	return "it is bound to the keys of the former vault; grant it again if you wish",
		"il est lié aux clés de l'ancien coffre ; accordez-le de nouveau si vous le souhaitez"
}
