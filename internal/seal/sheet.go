package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode"

	"penates"
)

// A recovery sheet is printed as 8 groups of 5 characters of Crockford's base 32
// (no I, L, O or U). The first 4 of a group carry 20 bits, the fifth checks them
// and the group's place. The 160 bits are a 136-bit secret and the first 24 bits
// of its SHA-256.
const (
	sheetAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	sheetSecret   = 17
	sheetSum      = 3
	sheetGroups   = 8
	groupData     = 4
	groupSize     = groupData + 1
)

var sheetEncoding = base32.NewEncoding(sheetAlphabet).WithPadding(base32.NoPadding)

// A Sheet is the secret of a recovery sheet. It shows itself only through
// [Sheet.Code].
type Sheet struct{ secret func() []byte }

func sheetOf(secret [sheetSecret]byte) Sheet {
	return Sheet{func() []byte { return slices.Clone(secret[:]) }}
}

func newSheet() Sheet {
	var secret [sheetSecret]byte
	rand.Read(secret[:])
	return sheetOf(secret)
}

// Code returns the text to print: groups of 5 characters joined by hyphens.
func (s Sheet) Code() string {
	if s.secret == nil {
		return ""
	}
	sum := sha256.Sum256(s.secret())
	data := sheetEncoding.EncodeToString(append(s.secret(), sum[:sheetSum]...))
	groups := make([]string, sheetGroups)
	for i := range groups {
		g := data[i*groupData:][:groupData]
		groups[i] = g + string(checkSymbol(g, i))
	}
	return strings.Join(groups, "-")
}

// String hides the secret.
func (s Sheet) String() string { return redacted }

// Format hides the secret from every verb of package fmt.
func (s Sheet) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue hides the secret from package log/slog.
func (s Sheet) LogValue() slog.Value { return slog.StringValue(redacted) }

// ParseSheet reads a code as a person types it: in either case, with any spaces
// and hyphens, with O for 0 and I or L for 1. An error of kind
// [penates.Invalid] names the first group, from 1, that is mistyped.
func ParseSheet(code string) (Sheet, error) {
	symbols, err := sheetSymbols(code)
	if err != nil {
		return Sheet{}, err
	}
	var data []byte
	for i := range sheetGroups {
		g := symbols[i*groupSize:][:groupSize]
		if checkSymbol(g[:groupData], i) != g[groupData] {
			return Sheet{}, fmt.Errorf("group %d of the recovery sheet (%s) is mistyped: %w", i+1, g, penates.Invalid)
		}
		data = append(data, g[:groupData]...)
	}
	raw, err := sheetEncoding.DecodeString(string(data))
	if err != nil || len(raw) != sheetSecret+sheetSum {
		return Sheet{}, fmt.Errorf("recovery sheet: %w", penates.Invalid)
	}
	sum := sha256.Sum256(raw[:sheetSecret])
	if subtle.ConstantTimeCompare(sum[:sheetSum], raw[sheetSecret:]) != 1 {
		return Sheet{}, fmt.Errorf("several groups of the recovery sheet are mistyped: %w", penates.Invalid)
	}
	return sheetOf([sheetSecret]byte(raw[:sheetSecret])), nil
}

// sheetSymbols returns the 40 symbols of code.
func sheetSymbols(code string) (string, error) {
	var symbols strings.Builder
	for _, r := range code {
		if unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) || r == '.' || r == '_' {
			continue
		}
		r = unicode.ToUpper(r)
		switch r {
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		group := symbols.Len()/groupSize + 1
		if r >= unicode.MaxASCII || !strings.ContainsRune(sheetAlphabet, r) {
			return "", fmt.Errorf("group %d of the recovery sheet has %q, which no sheet has: %w", group, r, penates.Invalid)
		}
		if symbols.Len() == sheetGroups*groupSize {
			return "", fmt.Errorf("the recovery sheet has %d groups of %d characters, this is longer: %w", sheetGroups, groupSize, penates.Invalid)
		}
		symbols.WriteRune(r)
	}
	if n := symbols.Len(); n < sheetGroups*groupSize {
		return "", shortSheet(code, n)
	}
	return symbols.String(), nil
}

// shortSheet names the group that lacks characters, if the groups were typed apart.
func shortSheet(code string, n int) error {
	groups := strings.FieldsFunc(code, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) })
	if len(groups) == sheetGroups {
		for i, g := range groups {
			if len(g) < groupSize {
				return fmt.Errorf("group %d of the recovery sheet has %d characters, not %d: %w", i+1, len(g), groupSize, penates.Invalid)
			}
		}
	}
	return fmt.Errorf("the recovery sheet has %d characters, this has %d: %w", sheetGroups*groupSize, n, penates.Invalid)
}

// checkSymbol returns the fifth symbol of the group with that index: the sum in
// GF(32) of the data, each times its own power of the generator, and of the
// index. One wrong symbol, two swapped neighbours or two swapped groups change it.
func checkSymbol(group string, index int) byte {
	sum := byte(index)
	for i := range groupData {
		v := byte(strings.IndexByte(sheetAlphabet, group[i]))
		for range i + 1 {
			if v <<= 1; v&32 != 0 {
				v ^= 0b100101 // x⁵+x²+1, which is primitive
			}
		}
		sum ^= v
	}
	return sheetAlphabet[sum]
}
