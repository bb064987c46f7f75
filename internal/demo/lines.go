package demo

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"
)

// lines writes the content lines that vCard and iCalendar share (RFC 6350
// section 3.2, RFC 5545 section 3.1).
type lines struct{ buf bytes.Buffer }

// put writes one property, folded so that no line is longer than 75 octets and
// no character is cut. The value is written as it is; see escaped.
func (w *lines) put(property, value string) {
	rest, room := property+":"+value, 75
	for len(rest) > room {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		w.buf.WriteString(rest[:cut] + "\r\n ")
		rest, room = rest[cut:], 74
	}
	w.buf.WriteString(rest + "\r\n")
}

// optional writes the property if it has a value.
func (w *lines) optional(property, value string) {
	if value != "" {
		w.put(property, value)
	}
}

func (w *lines) bytes() []byte { return w.buf.Bytes() }

// escaped returns text as the value of a text property.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(text)
}

// uuid returns a UUID (version 8, RFC 9562) that is always the same for name.
func uuid(name string) string {
	b := sha256.Sum256([]byte("penates demo " + name))
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
