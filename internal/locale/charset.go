package locale

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// sample is how many bytes a guess of the charset looks at.
const sample = 16 << 10

// UTF8 returns the text of r as UTF-8 without byte order mark, and the name of
// the charset it was read in ("utf-8", "windows-1252", "utf-16le" …). It streams.
//
// A byte order mark decides, then the zero bytes of UTF-16, then bytes beyond
// ASCII which are valid UTF-8, then declared (a charset's name as the file gives
// it, as in "ISO-8859-1" or OFX's "1252"; "" when it gives none), then a guess
// by what reads best. While a text is pure ASCII nothing is decided: the name is
// then "us-ascii", and the first other byte decides for what follows. In UTF-8,
// single bytes which are not valid are read as windows-1252.
func UTF8(r io.Reader, declared string) (io.Reader, string) {
	b := bufio.NewReaderSize(r, sample)
	head, _ := b.Peek(sample)
	if name, enc, mark := wide(head); enc != nil {
		b.Discard(mark)
		return transform.NewReader(b, enc.NewDecoder()), name
	}
	if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
		b.Discard(3)
		return transform.NewReader(b, mixed{}), "utf-8"
	}
	if name, enc := byName(declared); name == "iso-2022-jp" { // looks like ASCII
		return transform.NewReader(b, enc.NewDecoder()), name
	}
	text := &lazy{src: b, declared: declared}
	if i := beyondASCII(head); i >= 0 {
		text.decide(head[i:])
		return text, text.name
	}
	return text, "us-ascii"
}

// Decode reads a short text whose charset may be declared, like UTF8.
func Decode(b []byte, declared string) string {
	if declared == "" && utf8.Valid(b) && !bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")) && bytes.IndexByte(b, 0) < 0 {
		return string(b)
	}
	r, _ := UTF8(bytes.NewReader(b), declared)
	out, _ := io.ReadAll(r)
	return string(out)
}

// wide recognises UTF-16 and UTF-32, by their mark or by the zero bytes that
// text in a Latin alphabet has in them. mark is the length of the mark.
func wide(head []byte) (name string, enc encoding.Encoding, mark int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE\x00\x00")):
		return "utf-32le", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), 4
	case bytes.HasPrefix(head, []byte("\x00\x00\xFE\xFF")):
		return "utf-32be", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), 4
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		return "utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), 2
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return "utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), 2
	}
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch half := len(head) / 2; {
	case half < 2:
	case zeros[1] > half*3/4 && zeros[0] <= half/20:
		return "utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), 0
	case zeros[0] > half*3/4 && zeros[1] <= half/20:
		return "utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), 0
	}
	return "", nil, 0
}

func beyondASCII(b []byte) int {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}

// A lazy reader passes ASCII through and decides on a charset at the first byte
// beyond it.
type lazy struct {
	src      *bufio.Reader
	declared string
	name     string
	decoded  io.Reader // of src, once decided
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.decoded != nil {
		return l.decoded.Read(p)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if _, err := l.src.Peek(1); err != nil {
		return 0, err
	}
	window, _ := l.src.Peek(l.src.Buffered())
	n := beyondASCII(window)
	switch n {
	case -1:
		n = len(window)
	case 0:
		window, _ = l.src.Peek(sample)
		l.decide(window)
		return l.decoded.Read(p)
	}
	n = copy(p, window[:n])
	l.src.Discard(n)
	return n, nil
}

// decide settles the charset by window, which begins with a byte beyond ASCII.
func (l *lazy) decide(window []byte) {
	var t transform.Transformer
	l.name, t = choose(window, l.declared)
	l.decoded = transform.NewReader(l.src, t)
}

// choose returns the charset window is best read in.
func choose(window []byte, declared string) (string, transform.Transformer) {
	if mostlyUTF8(window) {
		return "utf-8", mixed{}
	}
	if name, enc := byName(declared); enc != nil {
		return name, enc.NewDecoder()
	}
	name, enc := guess(window)
	return name, enc.NewDecoder()
}

// mostlyUTF8 reports whether the bytes beyond ASCII are UTF-8, but for a last
// character that is cut and a few strays: by chance other charsets make hardly
// any valid sequence.
func mostlyUTF8(b []byte) bool {
	valid, invalid := 0, 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		switch {
		case r != utf8.RuneError || size > 1:
			valid++
		case !utf8.FullRune(b[i:]): // cut by the end of the window
			return invalid == 0 || valid > 20*invalid
		default:
			invalid++
		}
		i += size
	}
	return valid > 20*invalid
}

// byName returns the charset that a file declares, nil when it is none or ASCII
// or UTF-8, which the bytes have contradicted.
func byName(declared string) (string, encoding.Encoding) {
	name := strings.ToLower(strings.Trim(strings.TrimSpace(declared), `"'`))
	switch name {
	case "", "none", "us-ascii", "usascii", "ascii", "ansi_x3.4-1968", "utf-8", "utf8", "unicode":
		return "", nil
	case "1252", "cp1252", "cp-1252", "ansi", "windows", "8859-1", "iso8859-1", "iso-8859-1", "latin1":
		return "windows-1252", charmap.Windows1252
	case "8859-15", "iso8859-15", "iso-8859-15", "latin9", "latin-9":
		return "iso-8859-15", charmap.ISO8859_15
	case "850", "cp850", "ibm850":
		return "ibm850", charmap.CodePage850
	case "437", "cp437", "ibm437":
		return "ibm437", charmap.CodePage437
	}
	if allDigits(name) && len(name) == 4 {
		name = "windows-" + name
	}
	enc, err := htmlindex.Get(name)
	if err != nil || enc == encoding.Replacement {
		return "", nil
	}
	if canonical, err := htmlindex.Name(enc); err == nil {
		name = canonical
	}
	if strings.HasPrefix(name, "utf-") { // the bytes are neither UTF-16 nor UTF-8
		return "", nil
	}
	return name, enc
}

// mixed copies valid UTF-8 and reads every other byte as windows-1252, which is
// what programs that paste texts together leave behind.
type mixed struct{ transform.NopResetter }

func (mixed) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		r, size := rune(src[nSrc]), 1
		if r >= utf8.RuneSelf {
			if r, size = utf8.DecodeRune(src[nSrc:]); r == utf8.RuneError && size == 1 {
				if !atEOF && !utf8.FullRune(src[nSrc:]) {
					return nDst, nSrc, transform.ErrShortSrc
				}
				r = charmap.Windows1252.DecodeByte(src[nSrc])
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// XMLCharset returns the encoding that an XML declaration at the beginning of
// head names, or "".
func XMLCharset(head []byte) string {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if !bytes.HasPrefix(head, []byte("<?xml")) {
		return ""
	}
	end := bytes.Index(head, []byte("?>"))
	if end < 0 || end > 200 {
		return ""
	}
	_, value, ok := strings.Cut(string(head[:end]), "encoding")
	value, equals := strings.CutPrefix(strings.TrimSpace(value), "=")
	value = strings.TrimSpace(value)
	if !ok || !equals || len(value) < 2 || value[0] != '"' && value[0] != '\'' {
		return ""
	}
	name, _, _ := strings.Cut(value[1:], value[:1])
	return name
}
