package whatsapp

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"penates"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// marks are the characters WhatsApp puts where it says something itself.
const marks = "\u200e\u200f\u202a\u202b\u202c\u2068\u2069"

// bare returns s without marks of direction.
func bare(s string) string {
	if !strings.ContainsAny(s, marks) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(marks, r) {
			return -1
		}
		return r
	}, s)
}

const maxName = 150

// cutName divides what follows a stamp into who writes and what. The name is ""
// when WhatsApp itself speaks.
func cutName(rest string) (name, text string) {
	i := strings.Index(rest, ": ")
	if i < 0 && strings.HasSuffix(rest, ":") {
		i = len(rest) - 1
	}
	// French puts a no-break space before the colon; a name has no quotation marks,
	// while "X named the group “a: b”" does.
	if i <= 0 || i > maxName || strings.ContainsAny(rest[:i], "\"“”«»„") {
		return "", rest
	}
	name = locale.Line(strings.Trim(bare(rest[:i]), "~ \u00a0\u202f"))
	if name == "" {
		return "", rest
	}
	return name, strings.TrimPrefix(rest[i+1:], " ")
}

// What names a file: "<attached: a.jpg>" of an iPhone, whose word is translated
// and whose shape is not; "a.jpg (file attached)" of Android.
var (
	angle   = regexp.MustCompile(`[ \x{200e}\x{200f}]*<\x{200e}?\p{L}[\p{L} ]{2,30}[\s\x{a0}\x{202f}]*[::] ?([^<>\n]{1,200}\.[[:alnum:]]{1,8})>`)
	android = regexp.MustCompile(`^[\x{200e}\x{200f}]*([^\n<>/]{1,200}\.[[:alnum:]]{1,8}) \([\p{L}][^()\n]{3,40}\)(?:\n|$)`)
	own     = regexp.MustCompile(`^(?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d+\.`)
)

// The words of Android behind a file's name, folded.
var fileWords = []string{"file attached", "fichier joint", "datei angehangt", "archivo adjunto", "file allegato", "arquivo anexado", "ficheiro anexado",
	"bestand bijgevoegd", "plik dolaczony", "zalaczono plik", "fil bifogad", "fil vedlagt", "fil vedhæftet", "fil vedhaeftet", "tiedosto liitetty", "fisier atasat",
	"dosya ekli", "файл добавлен", "прикрепленныи фаил", "przyczepiony plik"}

// attached returns the file a message carries, and what is written with it.
func attached(raw string) (name, caption string, ok bool) {
	if !strings.ContainsAny(raw, ">)") {
		return "", "", false
	}
	if m := angle.FindStringSubmatchIndex(raw); m != nil {
		return strings.TrimSpace(bare(raw[m[2]:m[3]])), strings.TrimSpace(bare(raw[:m[0]] + raw[m[1]:])), true
	}
	m := android.FindStringSubmatchIndex(raw)
	if m == nil {
		return "", "", false
	}
	name = strings.TrimSpace(bare(raw[m[2]:m[3]]))
	words := locale.Fold(raw[m[3]:m[1]])
	known := own.MatchString(name) || strings.HasPrefix(raw, "\u200e")
	for _, w := range fileWords {
		known = known || strings.Contains(words, w)
	}
	if !known {
		return "", "", false
	}
	return name, strings.TrimSpace(bare(raw[m[1]:])), true
}

// attachment returns the file that lies beside the chat.
func attachment(name string) schema.Attachment {
	name = path.Base(name)
	return schema.Attachment{Name: name, Path: name}
}

var position = regexp.MustCompile(`https?://(?:maps\.google\.com|www\.google\.com/maps)/?\?q=(-?\d{1,2}\.\d{1,15}),(-?\d{1,3}\.\d{1,15})`)

// place returns the position that a message shares.
func place(text string) *penates.Place {
	if !strings.Contains(text, "?q=") {
		return nil
	}
	m := position.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	lat, err1 := strconv.ParseFloat(m[1], 64)
	lon, err2 := strconv.ParseFloat(m[2], 64)
	if err1 != nil || err2 != nil || lat < -90 || lat > 90 || lon < -180 || lon > 180 {
		return nil
	}
	return &penates.Place{Lat: lat, Lon: lon}
}

// title is how the two applications name the file or archive of a chat, in the
// order of words each language has; copies carry a number.
var (
	title = regexp.MustCompile(`(?i)(?:whatsapp[- ]?(?:chat|sohbeti)?|(?:chat|discussion|conversa|conversación|unterhaltung|chatt|czat|conversazione) (?:de |do |da |con )?whatsapp|whatsapp-chat)` +
		` ?(?: -|with|avec|mit|con|com|met|med|z|cu|с|ile)[  ](.{1,100})$`)
	copied = regexp.MustCompile(`(?: ?\(\d+\))+$`)
)

// chatName returns the name of the chat that a part of the path tells, or "".
func chatName(p string) string {
	for dir := p; dir != "." && dir != "/" && dir != ""; dir = path.Dir(dir) {
		base := path.Base(dir)
		for _, ext := range [...]string{".txt", ".zip"} {
			if len(base) > len(ext) && strings.EqualFold(base[len(base)-len(ext):], ext) {
				base = base[:len(base)-len(ext)]
			}
		}
		base = copied.ReplaceAllString(strings.ReplaceAll(base, "_", " "), "")
		if m := title.FindStringSubmatch(base); m != nil {
			return social.Line(m[1])
		}
	}
	return ""
}
