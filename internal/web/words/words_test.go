package words_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/importer/all"
	"penates/internal/schema"
	"penates/internal/web/words"
)

func TestLanguagesSayTheSame(t *testing.T) {
	french, english := words.Keys("fr"), words.Keys("en")
	for _, key := range french {
		if !slices.Contains(english, key) {
			t.Errorf("%s is missing in English", key)
		}
	}
	for _, key := range english {
		if !slices.Contains(french, key) {
			t.Errorf("%s is missing in French", key)
		}
	}
	hole := regexp.MustCompile(`\{(\d|n)\}`)
	for _, key := range french {
		fr, en := words.Message("fr", key), words.Message("en", key)
		if strings.TrimSpace(fr) == "" || strings.TrimSpace(en) == "" {
			t.Errorf("%s is empty", key)
		}
		a, b := hole.FindAllString(fr, -1), hole.FindAllString(en, -1)
		slices.Sort(a)
		slices.Sort(b)
		if strings.Contains(fr, "|") != strings.Contains(en, "|") || !slices.Equal(slices.Compact(a), slices.Compact(b)) {
			t.Errorf("%s: %q and %q do not say the same things", key, fr, en)
		}
	}
}

// TestEverySourceHasAName finds formats that the page would call by their short name.
func TestEverySourceHasAName(t *testing.T) {
	for _, f := range all.Formats {
		if !slices.Contains(words.Keys("en"), "source."+f.Name) {
			t.Errorf("format %s has no source.%s", f.Title, f.Name)
		}
	}
}

// TestEveryMessageIsUsed finds messages that a page asks for and the catalogue
// lacks, and the other way round.
func TestEveryMessageIsUsed(t *testing.T) {
	var sources strings.Builder
	for _, glob := range []string{"../*.go", "../sharing/*.go", "../mapping/*.go", "../gallery/*.go", "../facts/*.go", "words.go", "../pages/*.html", "../../proto/oauth/*.go", "../../proto/uma/*.go", "../../proto/oidc/*.go"} {
		names, err := filepath.Glob(glob)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", glob, names, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(name, "_test.go") {
				sources.Write(b)
			}
		}
	}
	text := sources.String()
	keys := words.Keys("fr")
	asked := regexp.MustCompile(`(?:\b[tn] |[lv]\.[TN]\(|add\(|link\([a-z.A-Z\[\]:0-9]+, |Key: )"([a-z][A-Za-z.]*[a-z])"`)
	for _, m := range asked.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(keys, m[1]) {
			t.Errorf("a page asks for %q, which is in no catalogue", m[1])
		}
	}
	// Names that are put together from what is shown.
	made := []string{"type.", "field.", "value.", "rel.", "rule.", "gap.bills.", "gap.months.", "gap.days", "gap.balances", "gap.meter.", "role.", "ref.", "source.", "actor.", "journal.you.", "journal.other.",
		"meter.", "where.", "error.", "format.", "done.", "energy.kind.", "energy.of.", "energy.title.", "link.", "settings.theme.", "money.change.", "money.income.", "consent.do.", "consent.op.", "claim.", "purpose.", "refused.", "backup.kind.", "backup.missing.", "mapping.role.", "mapping.order.", "mapping.decimal."}
	for _, key := range keys {
		if !slices.ContainsFunc(made, func(p string) bool { return strings.HasPrefix(key, p) }) &&
			!strings.Contains(text, `"`+key+`"`) && !strings.Contains(text, `"`+strings.TrimSuffix(key, ".what")+`"`) {
			t.Errorf("no page uses %q", key)
		}
	}
}

func TestEveryFieldHasAName(t *testing.T) {
	for _, lang := range words.Languages() {
		l := words.For(lang, nil)
		for _, k := range schema.Kinds() {
			if !l.Has("type."+string(k.Type)) || !l.Has("type."+string(k.Type)+".n") {
				t.Errorf("%s has no name in %s", k.Type, lang)
			}
			for _, f := range k.Fields {
				if !l.Has("field." + f.Name) {
					t.Errorf("field %s of %s has no name in %s", f.Name, k.Type, lang)
				}
			}
		}
	}
}

// TestFrenchTypography holds the French catalogue to the no-break spaces.
func TestFrenchTypography(t *testing.T) {
	wrong := regexp.MustCompile(`[ \pL][;!?»]|« | [:%€]|'`)
	for _, key := range words.Keys("fr") {
		message := words.Message("fr", key)
		if strings.HasPrefix(key, "welcome.language") { // holds both languages
			continue
		}
		if m := wrong.FindString(message); m != "" {
			t.Errorf("%s: %q in %q", key, m, message)
		}
	}
}

func TestNumbers(t *testing.T) {
	fr, en := words.For("fr", nil), words.For("en", nil)
	tests := []struct{ got, want string }{
		{fr.Money("1980.14", "EUR"), "1\u202f980,14\u00a0€"},
		{en.Money("1980.14", "EUR"), "€1,980.14"},
		{fr.Money("-42.5", "EUR"), "−42,50\u00a0€"},
		{en.Money("-42.5", "EUR"), "−€42.50"},
		{en.Money("12", "CHF"), "12.00\u00a0CHF"},
		{fr.Signed("2484.7", "EUR"), "+2\u202f484,70\u00a0€"},
		{fr.Signed("0.00", "EUR"), "0,00\u00a0€"},
		{fr.Money("0.2016", "EUR"), "0,2016\u00a0€"},
		{fr.Cents(-5, "EUR"), "−0,05\u00a0€"},
		{en.Cents(123456789, "EUR"), "€1,234,567.89"},
		{fr.Decimal("999.995", 2, 2), "1\u202f000,00"},
		{fr.Decimal("-0.004", 2, 2), "0,00"},
		{fr.Decimal("1.50", 0, 3), "1,5"},
		{fr.Quantity("12.5", "kW.h"), "12,5\u00a0kWh"},
		{fr.Percent(0.12, true), "+12\u202f%"},
		{en.Percent(-0.084, true), "−8%"},
		{fr.Size(1234567), "1,2\u00a0Mo"},
		{en.Size(999), "999\u00a0B"},
		{fr.N("count.documents", 0), "0 document"},
		{en.N("count.documents", 0), "0 documents"},
		{fr.N("count.documents", 12000), "12\u202f000 documents"},
		{fr.T("home.hello", "Zoé"), "Bonjour Zoé"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestDates(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	fr, en := words.For("fr", paris), words.For("en", paris)
	late := penates.At(time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)) // the next day in Paris
	tests := []struct{ got, want string }{
		{fr.When(late), "1er\u00a0déc.\u00a02026, 00:30"},
		{en.When(late), "1\u00a0Dec\u00a02026, 00:30"},
		{fr.When(penates.Day(2026, 11, 30)), "30\u00a0nov.\u00a02026"},
		{fr.LongDay(penates.Day(2026, 11, 23)), "lundi 23\u00a0novembre\u00a02026"},
		{en.LongISODay("2026-11-23"), "Monday 23\u00a0November\u00a02026"},
		{fr.Month("2026-08"), "août\u00a02026"},
		{fr.ISODay("not a day"), "not a day"},
		{fr.When(penates.Moment{}), ""},
		{words.Capital("été"), "Été"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestMatch(t *testing.T) {
	tests := []struct{ accept, want string }{
		{"", "fr"}, {"en-GB,en;q=0.9,fr;q=0.8", "en"}, {"de,fr;q=0.5,en;q=0.4", "fr"}, {"de", "fr"},
		{"fr;q=0.1, en;q=0.2", "en"}, {"en;q=x,;;,", "fr"}, {"EN", "en"}, {"en;q=9", "fr"},
	}
	for _, tt := range tests {
		if got := words.Match(tt.accept); got != tt.want {
			t.Errorf("Match(%q) = %q, want %q", tt.accept, got, tt.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("en-GB,en;q=0.9")
	f.Add(";q=,,")
	f.Fuzz(func(t *testing.T, accept string) {
		if got := words.Match(accept); !slices.Contains(words.Languages(), got) {
			t.Errorf("Match(%q) = %q", accept, got)
		}
	})
}
