package sharing_test

import (
	"strings"
	"testing"

	"penates/internal/grant"
	"penates/internal/web/sharing"
	"penates/internal/web/words"
)

// TestPurpose says every purpose of the Data Privacy Vocabulary in both languages: by
// its own name, or by that of a broader one.
func TestPurpose(t *testing.T) {
	for _, lang := range words.Languages() {
		v := sharing.Voice{Locale: words.For(lang, nil)}
		for _, term := range grant.PurposeTerms() {
			if said := v.Purpose("dpv:" + term); said == "" || strings.Contains(said, term) {
				t.Errorf("%s in %s is %q", term, lang, said)
			}
		}
		for _, key := range words.Keys(lang) {
			if term, ok := strings.CutPrefix(key, "purpose."); ok && grant.Broader(term) == "" {
				t.Errorf("%s is no purpose of the vocabulary", term)
			}
		}
	}
	v := sharing.Voice{Locale: words.For("en", nil)}
	for purpose, want := range map[string]string{
		"dpv:MaintainCreditRatingDatabase":     "to check your credit", // of what is broader
		"https://w3id.org/dpv#AgeVerification": "to verify your age",
		"dpv:TargetedAdvertising":              "advertising that targets you",
		"":                                     "",
	} {
		if got := v.Purpose(purpose); got != want {
			t.Errorf("%q is %q, want %q", purpose, got, want)
		}
	}
	for _, other := range []string{"dpv:NoSuchPurpose", "budget check"} {
		if got := v.Purpose(other); !strings.Contains(got, other) {
			t.Errorf("%q is %q", other, got)
		}
	}
}
