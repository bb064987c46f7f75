package mail

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045, 6). An encoding
// that is not known leaves the bytes as they are.
func decodeTransfer(b []byte, encoding string) []byte {
	encoding, _, _ = strings.Cut(strings.ToLower(encoding), ";")
	switch strings.Trim(strings.TrimSpace(encoding), `"`) {
	case "base64":
		return decodeBase64(b)
	case "quoted-printable", "quotedprintable":
		return decodeQuotedPrintable(b)
	case "x-uuencode", "uuencode", "x-uue":
		if _, content, _, ok := cutUU(b); ok {
			return content
		}
	}
	return b
}

// decodeBase64 reads base64 and skips what does not belong to it: blanks,
// lines that mailing lists appended, padding in the middle, a last character
// too many.
func decodeBase64(b []byte) []byte {
	out := make([]byte, base64.StdEncoding.DecodedLen(len(b))+3)
	if n, err := base64.StdEncoding.Decode(out, b); err == nil {
		return out[:n]
	}
	n, have, quantum := 0, 0, uint32(0)
	flush := func() {
		switch have {
		case 2:
			out[n] = byte(quantum >> 4)
			n++
		case 3:
			out[n], out[n+1] = byte(quantum>>10), byte(quantum>>2)
			n += 2
		}
		have, quantum = 0, 0
	}
	padded := false // the rest of a line after padding is no base64
	for _, c := range b {
		v := base64Value(c)
		switch {
		case c == '=':
			flush()
			padded = true
			continue
		case c == '\n':
			padded = false
			continue
		case padded:
			continue
		case v < 0:
			continue
		}
		quantum = quantum<<6 | uint32(v)
		if have++; have == 4 {
			out[n], out[n+1], out[n+2] = byte(quantum>>16), byte(quantum>>8), byte(quantum)
			n += 3
			have, quantum = 0, 0
		}
	}
	flush()
	return out[:n]
}

func base64Value(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}

// decodeQuotedPrintable reads quoted-printable; an equals sign that begins
// nothing stays.
func decodeQuotedPrintable(b []byte) []byte {
	if bytes.IndexByte(b, '=') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		i := bytes.IndexByte(b, '=')
		if i < 0 {
			return append(out, b...)
		}
		out, b = append(out, b[:i]...), b[i:]
		if len(b) > 2 {
			if c, ok := hexByte(b[1], b[2]); ok {
				out, b = append(out, c), b[3:]
				continue
			}
		}
		if n := softBreak(b[1:]); n >= 0 {
			b = b[1+n:]
			continue
		}
		out, b = append(out, '='), b[1:]
	}
	return out
}

// softBreak returns the length of the blanks and line end that b begins with, or
// -1 when it begins otherwise.
func softBreak(b []byte) int {
	trimmed := bytes.TrimLeft(b, " \t\r")
	n := len(b) - len(trimmed)
	switch {
	case len(trimmed) == 0:
		return n
	case trimmed[0] == '\n':
		return n + 1
	}
	return -1
}

func hexByte(a, b byte) (byte, bool) {
	hi, lo := hexDigit(a), hexDigit(b)
	return byte(hi<<4 | lo&15), hi >= 0 && lo >= 0
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// cutUU takes the first uuencoded file out of text: "begin 644 name", lines,
// "end". It returns the text around it.
func cutUU(text []byte) (name string, content, around []byte, ok bool) {
	from := 0
	for {
		i := bytes.Index(text[from:], []byte("begin "))
		if i < 0 {
			return "", nil, text, false
		}
		start := from + i
		from = start + len("begin ")
		if start > 0 && text[start-1] != '\n' {
			continue
		}
		line, rest := cutLine(text[start:])
		fields := strings.SplitN(string(line), " ", 3)
		if len(fields) < 3 || len(fields[1]) < 3 || len(fields[1]) > 4 || strings.Trim(fields[1], "01234567") != "" {
			continue
		}
		content, after, ok := uuLines(rest)
		if !ok {
			continue
		}
		around = append(text[:start:start], after...)
		return fields[2], content, around, true
	}
}

// uuLines decodes the lines of a uuencoded file up to its "end".
func uuLines(b []byte) (content, after []byte, ok bool) {
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if string(line) == "end" {
			return content, b, true
		}
		if len(line) == 0 || line[0] == '`' || line[0] == ' ' && len(line) == 1 {
			continue
		}
		n := int(line[0]-' ') & 63
		if line[0] < ' ' || line[0] > '`' || len(line) > 64*2 {
			return nil, nil, false
		}
		content = append(content, uuLine(line[1:], n)...)
	}
	return nil, nil, false
}

func uuLine(coded []byte, n int) []byte {
	out := make([]byte, 0, n+3)
	at := func(i int) uint32 {
		if i >= len(coded) {
			return 0
		}
		return uint32(coded[i]-' ') & 63
	}
	for i := 0; len(out) < n; i += 4 {
		q := at(i)<<18 | at(i+1)<<12 | at(i+2)<<6 | at(i+3)
		out = append(out, byte(q>>16), byte(q>>8), byte(q))
	}
	return out[:n]
}
