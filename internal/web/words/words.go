// Package words speaks to people in their language: the messages of the pages
// in French and English, and numbers, dates and money as each language writes
// them. Nothing here knows HTML.
package words

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The languages, as BCP 47 names them.
const (
	French  = "fr"
	English = "en"
)

// Languages returns the languages that are complete, the first being what is
// spoken when nothing is known.
func Languages() []string { return []string{French, English} }

// A Locale speaks one language to somebody who lives in one time zone.
type Locale struct {
	lang     string
	zone     *time.Location
	messages map[string]string
}

var catalogues = map[string]map[string]string{
	French:  typographic(frenchPages, frenchForms, frenchThings, frenchSources, frenchLinks, frenchGaps, frenchFields, frenchConsent, frenchPurposes, frenchSharing, frenchMapping, frenchBackups),
	English: merged(englishPages, englishForms, englishThings, englishSources, englishLinks, englishGaps, englishFields, englishConsent, englishPurposes, englishSharing, englishMapping, englishBackups),
}

// For returns the locale of a language; one that is not known is answered in
// the first of Languages. A nil zone is UTC.
func For(lang string, zone *time.Location) *Locale {
	messages, ok := catalogues[lang]
	if !ok {
		lang = Languages()[0]
		messages = catalogues[lang]
	}
	if zone == nil {
		zone = time.UTC
	}
	return &Locale{lang, zone, messages}
}

// Lang returns the language's BCP 47 name.
func (l *Locale) Lang() string { return l.lang }

// Zone returns the person's time zone.
func (l *Locale) Zone() *time.Location { return l.zone }

// Has reports whether there is a message of that name.
func (l *Locale) Has(key string) bool { return l.messages[key] != "" }

// T returns the message of that name with {0}, {1} … replaced by args. A name
// that is not in the catalogue is returned as it is; a test sees to it that no
// page uses one.
func (l *Locale) T(key string, args ...any) string {
	message, ok := l.messages[key]
	if !ok {
		return key
	}
	return fill(message, args)
}

// N returns a message that counts: its forms for one and for many are separated
// by a bar, {n} is the number as the language writes it, and args fill {0} ….
func (l *Locale) N(key string, n int, args ...any) string {
	message, ok := l.messages[key]
	if !ok {
		return key
	}
	one, many, both := strings.Cut(message, "|")
	form := one
	if both && l.plural(n) {
		form = many
	}
	return fill(strings.ReplaceAll(form, "{n}", l.Number(n)), args)
}

// List joins parts as a sentence does, as in "a, b and c".
func (l *Locale) List(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " " + l.T("and") + " " + parts[len(parts)-1]
}

// plural follows the CLDR rules: French counts zero and one as singular,
// English one only.
func (l *Locale) plural(n int) bool {
	if l.lang == French {
		return n != 0 && n != 1 && n != -1
	}
	return n != 1
}

// Keys returns the names of all messages of a language, sorted.
func Keys(lang string) []string { return slices.Sorted(maps.Keys(catalogues[lang])) }

// Message returns a message as it stands in the catalogue, or "".
func Message(lang, key string) string { return catalogues[lang][key] }

func fill(message string, args []any) string {
	if len(args) == 0 {
		return message
	}
	pairs := make([]string, 0, 2*len(args))
	for i, a := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", fmt.Sprint(a))
	}
	return strings.NewReplacer(pairs...).Replace(message)
}

// Match returns the language of Languages that an Accept-Language header asks
// for most, in the sense of RFC 9110 section 12.5.4.
func Match(accept string) string {
	best, weight := Languages()[0], 0.0
	for part := range strings.SplitSeq(accept, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(v, 64); err != nil || q > 1 {
				q = 0
			}
		}
		if q > weight && slices.Contains(Languages(), primary) {
			best, weight = primary, q
		}
	}
	return best
}

func merged(parts ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range parts {
		maps.Copy(all, m)
	}
	return all
}

// Spaces that do not break a line.
const (
	nbsp  = "\u00a0"
	nnbsp = "\u202f"
)

var frenchSpaces = strings.NewReplacer(
	" :", nbsp+":", " ;", nnbsp+";", " !", nnbsp+"!", " ?", nnbsp+"?",
	"« ", "«"+nbsp, " »", nbsp+"»", " %", nnbsp+"%", " €", nbsp+"€", "'", "’",
)

// typographic puts the no-break spaces and apostrophes of French into messages
// written with the keyboard's.
func typographic(parts ...map[string]string) map[string]string {
	all := merged(parts...)
	for key, message := range all {
		all[key] = frenchSpaces.Replace(message)
	}
	return all
}
