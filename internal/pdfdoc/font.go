package pdfdoc

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
)

// A font turns the codes of a string that is shown into text and widths.
type font struct {
	wide    bool              // codes of two bytes
	unicode map[uint32]string // from its ToUnicode map
	byCode  *[256]string      // of a font whose codes are bytes
	widths  map[uint32]float64
	missing float64 // width of other codes, in thousandths
}

// A glyph is one code of a string.
type glyph struct {
	text  string
	width float64 // of the font's size
	space bool    // the code 32 of one byte, to which word spacing applies
}

// glyphs gives out the glyphs of s until show returns false.
func (f *font) glyphs(s []byte, show func(glyph) bool) {
	step := 1
	if f.wide {
		step = 2
	}
	for len(s) >= step {
		code := uint32(s[0])
		if f.wide {
			code = code<<8 | uint32(s[1])
		}
		s = s[step:]
		text, ok := f.unicode[code]
		if !ok && f.byCode != nil {
			text = f.byCode[code&0xff]
		}
		width, ok := f.widths[code]
		if !ok {
			width = f.missing
		}
		if !show(glyph{text, width / 1000, code == ' ' && !f.wide}) {
			return
		}
	}
}

func (d *Doc) font(fields dict) *font {
	f := &font{widths: map[uint32]float64{}, missing: 500}
	if s, ok := d.resolve(fields["ToUnicode"]).(stream); ok {
		if content, err := d.decode(s); err == nil {
			f.unicode = d.readCMap(content)
		}
	}
	if fields["Subtype"] == name("Type0") {
		f.wide = true
		if below := d.array(fields["DescendantFonts"]); len(below) > 0 {
			d.wideWidths(f, d.dict(below[0]))
		}
		return f
	}
	f.byCode = d.encoding(fields)
	first := d.float(fields["FirstChar"])
	for i, w := range d.array(fields["Widths"]) {
		if i > 255 {
			break
		}
		f.widths[uint32(first)+uint32(i)] = d.float(w)
	}
	return f
}

// wideWidths reads the widths of a font with codes of two bytes (9.7.4.3).
func (d *Doc) wideWidths(f *font, below dict) {
	f.missing = 1000
	if _, ok := below["DW"]; ok {
		f.missing = d.float(below["DW"])
	}
	w := d.array(below["W"])
	for len(w) >= 2 {
		first := uint32(d.float(w[0]))
		if each := d.array(w[1]); each != nil {
			for i, v := range each {
				f.widths[first+uint32(i)] = d.float(v)
			}
			w = w[2:]
			continue
		}
		if len(w) < 3 {
			return
		}
		last := min(uint32(d.float(w[1])), 0xffff)
		for code := first; code <= last && d.spend(); code++ {
			f.widths[code] = d.float(w[2])
		}
		w = w[3:]
	}
}

// spend charges one code of a range to what may be decoded: few bytes of a font
// can name many codes.
func (d *Doc) spend() bool {
	d.left -= 32
	return d.left > 0
}

// encoding returns the text of each code of a font with codes of one byte
// (9.6.5): a named table, then the differences by glyph name.
func (d *Doc) encoding(fields dict) *[256]string {
	base := d.resolve(fields["Encoding"])
	differences, isDict := base.(dict)
	if isDict {
		base = d.resolve(differences["BaseEncoding"])
	}
	table := charmap.Windows1252
	if base == name("MacRomanEncoding") {
		table = charmap.Macintosh
	}
	var codes [256]string
	for i := range codes {
		if r := table.DecodeByte(byte(i)); r != utf8.RuneError && r >= ' ' {
			codes[i] = string(r)
		}
	}
	if !isDict {
		return &codes
	}
	code := int64(0)
	for _, v := range d.array(differences["Differences"]) {
		switch v := d.resolve(v).(type) {
		case int64:
			code = v
		case name:
			if code >= 0 && code < 256 {
				codes[code] = glyphText(string(v))
			}
			code++
		}
	}
	return &codes
}

// accents are the combining marks by which glyph names end ("eacute").
var accents = map[string]string{
	"acute": "\u0301", "grave": "\u0300", "circumflex": "\u0302", "dieresis": "\u0308", "tilde": "\u0303",
	"cedilla": "\u0327", "ring": "\u030a", "caron": "\u030c", "macron": "\u0304", "breve": "\u0306",
	"ogonek": "\u0328", "dotaccent": "\u0307", "hungarumlaut": "\u030b", "commaaccent": "\u0326",
}

// glyphNames are the names of glyphs that are neither letters nor composed.
var glyphNames = map[string]string{
	"space": " ", "nbspace": " ", "exclam": "!", "quotedbl": `"`, "numbersign": "#", "dollar": "$", "percent": "%", "ampersand": "&",
	"quotesingle": "'", "parenleft": "(", "parenright": ")", "asterisk": "*", "plus": "+", "comma": ",", "hyphen": "-", "minus": "-",
	"period": ".", "slash": "/", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
	"eight": "8", "nine": "9", "colon": ":", "semicolon": ";", "less": "<", "equal": "=", "greater": ">", "question": "?", "at": "@",
	"bracketleft": "[", "backslash": `\`, "bracketright": "]", "asciicircum": "^", "underscore": "_", "grave": "`", "braceleft": "{",
	"bar": "|", "braceright": "}", "asciitilde": "~", "quoteleft": "‘", "quoteright": "’", "quotedblleft": "“", "quotedblright": "”",
	"quotesinglbase": "‚", "quotedblbase": "„", "guillemotleft": "«", "guillemotright": "»", "guilsinglleft": "‹", "guilsinglright": "›",
	"endash": "–", "emdash": "—", "bullet": "•", "ellipsis": "…", "Euro": "€", "sterling": "£", "yen": "¥", "cent": "¢", "section": "§",
	"degree": "°", "mu": "µ", "plusminus": "±", "multiply": "×", "divide": "÷", "copyright": "©", "registered": "®", "trademark": "™",
	"paragraph": "¶", "periodcentered": "·", "ordfeminine": "ª", "ordmasculine": "º", "onehalf": "½", "onequarter": "¼", "threequarters": "¾",
	"onesuperior": "¹", "twosuperior": "²", "threesuperior": "³", "exclamdown": "¡", "questiondown": "¿", "germandbls": "ß", "ae": "æ",
	"AE": "Æ", "oe": "œ", "OE": "Œ", "oslash": "ø", "Oslash": "Ø", "eth": "ð", "Eth": "Ð", "thorn": "þ", "Thorn": "Þ", "dotlessi": "ı",
	"lslash": "ł", "Lslash": "Ł", "fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "ffl": "ffl",
}

// glyphText returns the text of a glyph name as the Adobe Glyph List reads it,
// or "" for one that means nothing.
func glyphText(glyph string) string {
	glyph, _, _ = strings.Cut(glyph, ".")
	if text, ok := glyphNames[glyph]; ok {
		return text
	}
	if len(glyph) == 1 {
		return glyph
	}
	for prefix, digits := range map[string]int{"uni": 4, "u": 4} {
		if hex, ok := strings.CutPrefix(glyph, prefix); ok && len(hex) >= digits && len(hex) <= 6 {
			if r, err := strconv.ParseUint(hex, 16, 32); err == nil && utf8.ValidRune(rune(r)) {
				return string(rune(r))
			}
		}
	}
	if len(glyph) > 1 {
		if mark, ok := accents[glyph[1:]]; ok {
			return norm.NFC.String(glyph[:1] + mark)
		}
	}
	return ""
}

// readCMap reads the codes a ToUnicode map gives text to (9.10.3).
func (d *Doc) readCMap(content []byte) map[uint32]string {
	out := map[uint32]string{}
	p := &parser{data: content}
	var args []any
	for {
		v := p.object()
		op, ok := v.(operator)
		if !ok {
			if len(args) < 1<<17 {
				args = append(args, v)
			}
			continue
		}
		switch op {
		case endOfData:
			return out
		case "endbfchar":
			for ; len(args) >= 2; args = args[2:] {
				if code, ok := codeOf(args[0]); ok {
					out[code] = utf16Text(args[1])
				}
			}
		case "endbfrange":
			for ; len(args) >= 3; args = args[3:] {
				d.addRange(out, args[0], args[1], args[2])
			}
		}
		args = args[:0]
	}
}

func (d *Doc) addRange(out map[uint32]string, from, to, text any) {
	first, ok := codeOf(from)
	last, ok2 := codeOf(to)
	if !ok || !ok2 || last > 0xffff {
		return
	}
	each, isArray := text.([]any)
	base := []rune(utf16Text(text))
	for code := first; code <= last && d.spend(); code++ {
		n := int(code - first)
		switch {
		case isArray && n < len(each):
			out[code] = utf16Text(each[n])
		case !isArray && len(base) > 0:
			runes := append([]rune(nil), base...)
			runes[len(runes)-1] += rune(n)
			out[code] = string(runes)
		default:
			return
		}
	}
}

func codeOf(v any) (code uint32, ok bool) {
	b, ok := v.([]byte)
	if !ok || len(b) == 0 || len(b) > 4 {
		return 0, false
	}
	for _, c := range b {
		code = code<<8 | uint32(c)
	}
	return code, true
}

func utf16Text(v any) string {
	b, _ := v.([]byte)
	if len(b) > 64 {
		b = b[:64]
	}
	if len(b) == 1 {
		return string(rune(b[0]))
	}
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[0])<<8|uint16(b[1]))
	}
	return string(utf16.Decode(units))
}

// textString reads a string that is meant for people (7.9.2.2).
func textString(b []byte) string {
	b = b[:min(len(b), 1024)]
	if len(b) >= 2 && (b[0] == 0xfe && b[1] == 0xff || b[0] == 0xff && b[1] == 0xfe) {
		s, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(b)
		if err == nil {
			return string(s)
		}
	}
	if s := strings.TrimPrefix(string(b), "\xef\xbb\xbf"); utf8.ValidString(s) {
		return s
	}
	s, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return ""
	}
	return string(s)
}
