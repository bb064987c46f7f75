package web

import (
	"encoding/json"
	"unicode/utf8"

	"penates/internal/web/words"
)

// Lengths of a passphrase, in characters. Length is the only thing that can be
// judged honestly: whether words were chosen at random cannot be seen.
const (
	leastPassphrase = 10
	fairPassphrase  = 14
	longPassphrase  = 22
)

// A passField is the pair of fields for a new passphrase.
type passField struct {
	Least int
	Hints string // JSON: from which length which sentence holds
	Error string // message, if there is one
}

func newPassField(l *words.Locale, err string) passField {
	hints, _ := json.Marshal([][2]any{ // strings and numbers always encode
		{0, l.T("pass.short", leastPassphrase)}, {leastPassphrase, l.T("pass.weak")},
		{fairPassphrase, l.T("pass.fair")}, {longPassphrase, l.T("pass.strong")},
	})
	return passField{Least: leastPassphrase, Hints: string(hints), Error: err}
}

// checkPassphrase returns the message of what is wrong with a new passphrase, or
// "".
func checkPassphrase(chosen, again string) string {
	switch {
	case utf8.RuneCountInString(chosen) < leastPassphrase:
		return "pass.error.short"
	case len(chosen) > 1000:
		return "pass.error.long"
	case chosen != again:
		return "pass.error.differ"
	}
	return ""
}
