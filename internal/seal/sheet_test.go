package seal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"penates"
	"penates/internal/seal"
)

const symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func TestSheetForms(t *testing.T) {
	_, _, sheet := create(t, "x")
	code := sheet.Code()
	groups := strings.Split(code, "-")
	if len(groups) != 8 || len(code) != 47 || strings.ContainsAny(code, "ILOU") {
		t.Fatal("code has", len(groups), "groups, length", len(code))
	}
	for name, typed := range map[string]string{
		"as printed":     code,
		"lower case":     strings.ToLower(code),
		"spaces":         "  " + strings.Join(groups, "  ") + "\n",
		"nothing":        strings.Join(groups, ""),
		"long dashes":    strings.Join(groups, " – "),
		"lines":          strings.Join(groups[:4], " ") + "\r\n\t" + strings.Join(groups[4:], " "),
		"O for 0":        strings.ReplaceAll(code, "0", "O"),
		"l for 1":        strings.ReplaceAll(code, "1", "l"),
		"I for 1":        strings.ReplaceAll(code, "1", "I"),
		"no-break space": strings.Join(groups, "\u00a0"),
	} {
		got, err := seal.ParseSheet(typed)
		if err != nil || got.Code() != code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if (seal.Sheet{}).Code() != "" {
		t.Error("the zero sheet has a code")
	}
}

// A typing error is refused, and named by its group.
func TestSheetTypos(t *testing.T) {
	_, _, sheet := create(t, "x")
	code := sheet.Code()
	refused := func(typed, name, mention string) {
		t.Helper()
		if _, err := seal.ParseSheet(typed); !errors.Is(err, penates.Invalid) || !strings.Contains(err.Error(), mention) {
			t.Errorf("%s: %v, which should mention %q", name, err, mention)
		}
	}
	for at := range code {
		if code[at] == '-' {
			continue
		}
		group := fmt.Sprintf("group %d ", at/6+1)
		for _, s := range symbols {
			if byte(s) != code[at] {
				refused(code[:at]+string(s)+code[at+1:], "wrong symbol", group)
			}
		}
		refused(code[:at]+"U"+code[at+1:], "a letter no sheet has", group)
		refused(code[:at]+"é"+code[at+1:], "a letter no sheet has", group)
		refused(code[:at]+code[at+1:], "missing symbol", group)
		if at%6 < 4 && code[at] != code[at+1] {
			refused(code[:at]+code[at+1:at+2]+code[at:at+1]+code[at+2:], "swapped symbols", group)
		}
	}
	groups := strings.Split(code, "-")
	for i := range groups {
		for j := range i {
			swapped := append([]string(nil), groups...)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			if swapped[i] != swapped[j] {
				refused(strings.Join(swapped, "-"), "swapped groups", fmt.Sprintf("group %d ", j+1))
			}
		}
	}
	refused("", "nothing", "40 characters")
	refused(code+"-00000", "too much", "longer")
	refused(strings.Join(groups[:7], "-"), "a group less", "35")
}

func TestSheetAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if _, err := seal.ParseSheet(text); !errors.Is(err, penates.Invalid) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

func FuzzParseSheet(f *testing.F) {
	_, _, sheet := create(f, "x")
	f.Add(sheet.Code())
	f.Add("0000A-")
	f.Add("ſ\u212a")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := seal.ParseSheet(text)
		if err != nil {
			if !errors.Is(err, penates.Invalid) {
				t.Error(err)
			}
			return
		}
		if again, err := seal.ParseSheet(s.Code()); err != nil || again.Code() != s.Code() {
			t.Errorf("%q: %v", s.Code(), err)
		}
	})
}
