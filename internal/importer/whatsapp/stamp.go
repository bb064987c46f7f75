package whatsapp

import (
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
)

// A stamp is the date and time a message begins with, as written.
type stamp struct {
	parts     [3]int
	digits    [3]int // how many each part has
	separator byte
	hour      int
	minute    int
	second    int
	half      string // "am", "pm" or ""
	bracketed bool
}

// maxStamp is how many bytes of a line may belong to its stamp.
const maxStamp = 120

// cutStamp returns the stamp that line begins with, and what follows.
func cutStamp(line string) (s stamp, rest string, ok bool) {
	begin := strings.TrimLeft(line, "\u200e\u200f\u202a\u202b\u202c\ufeff ")
	if begin == "" || !couldStart(begin) {
		return s, "", false
	}
	head, ends := normalise(begin[:min(len(begin), maxStamp)])
	c := cursor{s: head}
	if !c.stamp(&s) {
		return s, "", false
	}
	if ends == nil {
		return s, begin[c.i:], true
	}
	return s, begin[ends[c.i]:], true
}

// A cursor walks through a stamp whose digits are ASCII, without marks of
// direction and with plain blanks.
type cursor struct {
	s string
	i int
}

func (c *cursor) stamp(s *stamp) bool {
	s.bracketed = c.skip("[")
	for i := range 3 {
		digits := c.digits(4)
		if digits == "" {
			return false
		}
		s.parts[i], s.digits[i] = atoi(digits), len(digits)
		if i < 2 && !c.separator(s) {
			return false
		}
	}
	if s.digits[1] > 2 {
		return false
	}
	before, ok := c.words()
	if !ok {
		return false
	}
	hour := c.digits(2)
	if hour == "" || !c.skip(":") && !c.skip(".") && !c.skip("h") {
		return false
	}
	minute := c.digits(2)
	if len(minute) != 2 {
		return false
	}
	s.hour, s.minute = atoi(hour), atoi(minute)
	if at := c.i; c.skip(":") || c.skip(".") {
		if second := c.digits(2); len(second) == 2 {
			s.second = atoi(second)
		} else {
			c.i = at
		}
	}
	after, ok := c.close(s.bracketed)
	s.half = before + after
	return ok
}

func (c *cursor) skip(what string) bool {
	if strings.HasPrefix(c.s[c.i:], what) {
		c.i += len(what)
		return true
	}
	return false
}

// digits returns the next run of at most most digits, "" when there is none or it
// is longer.
func (c *cursor) digits(most int) string {
	start := c.i
	for c.i < len(c.s) && c.s[c.i] >= '0' && c.s[c.i] <= '9' {
		c.i++
	}
	if c.i-start > most {
		return ""
	}
	return c.s[start:c.i]
}

// separator passes over what stands between the parts of a date.
func (c *cursor) separator(s *stamp) bool {
	for _, mark := range [...]string{"/", ".", "-", "년", "年", "월", "月"} {
		if c.skip(mark) {
			s.separator = mark[0]
			c.skip(" ")
			return true
		}
	}
	return false
}

// links are what may stand between the date and the time, without points, commas
// and blanks.
var links = map[string]bool{"": true, "a": true, "à": true, "às": true, "alas": true, "ala": true, "at": true, "um": true, "klo": true, "kl": true, "om": true,
	"o": true, "u": true, "ore": true, "в": true, "日": true, "일": true, "kell": true, "ob": true}

// words passes over what stands between the date and the time, and returns the
// half of the day it names.
func (c *cursor) words() (half string, ok bool) {
	n := strings.IndexAny(c.s[c.i:], "0123456789")
	if n <= 0 || n > 24 {
		return "", false
	}
	word := squeeze(c.s[c.i : c.i+n])
	c.i += n
	if half, ok = halves[word]; ok && word != "a" {
		return half, true
	}
	if half, ok = halves[strings.TrimPrefix(strings.TrimPrefix(word, "日"), "일")]; ok && word != "a" {
		return half, true
	}
	return "", links[word]
}

// close passes over what ends a stamp, and returns the half of the day.
func (c *cursor) close(bracketed bool) (half string, ok bool) {
	rest := c.s[c.i:min(len(c.s), c.i+24)]
	var n, width int
	if bracketed {
		n, width = strings.IndexByte(rest, ']'), 1
	} else if n, width = strings.Index(rest, " - "), 3; n < 0 {
		n, width = strings.Index(rest, " – "), len(" – ")
	}
	if n < 0 {
		return "", false
	}
	word := squeeze(rest[:n])
	c.i += n + width
	if bracketed {
		c.skip(" ")
	}
	if word == "" || word == "h" || word == "uhr" {
		return "", true
	}
	half, ok = halves[word]
	return half, ok
}

// squeeze returns s in lower case without points, commas and blanks.
func squeeze(s string) string {
	if s == "" || s == " " || s == ", " {
		return ""
	}
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .,،、", r) {
			return -1
		}
		return r
	}, s))
}

// couldStart spares most lines of text the expensive look.
func couldStart(s string) bool {
	c := s[0]
	return c == '[' || c >= '0' && c <= '9' || c >= 0xD9 && c <= 0xE0
}

// normalise returns s as the grammar has it, and where each byte of the result
// lies in s; nil when they are the same.
func normalise(s string) (string, []int) {
	if plain(s) {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	at := make([]int, 0, len(s)+1)
	for i, r := range s {
		switch {
		case r >= '٠' && r <= '٩':
			r = r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			r = r - '۰' + '0'
		case r >= '०' && r <= '९':
			r = r - '०' + '0'
		case r >= '০' && r <= '৯':
			r = r - '০' + '0'
		case r == '\u00a0' || r == '\u202f' || r == '\u2009':
			r = ' '
		case r == '\u200e' || r == '\u200f' || r == '\u202a' || r == '\u202b' || r == '\u202c' || r == '\ufeff':
			continue
		}
		for range len(string(r)) {
			at = append(at, i)
		}
		out = append(out, string(r)...)
	}
	return string(out), append(at, len(s))
}

// plain reports whether the part of s that may be a stamp is ASCII.
func plain(s string) bool {
	for i := range min(len(s), 48) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// halves are the words for the halves of the day, without points and blanks.
var halves = map[string]string{
	"am": "am", "pm": "pm", "a": "am", "p": "pm", "vm": "am", "nm": "pm", "fm": "am", "em": "pm",
	"上午": "am", "下午": "pm", "午前": "am", "午後": "pm", "오전": "am", "오후": "pm", "ص": "am", "م": "pm",
	"πμ": "am", "μμ": "pm", "öö": "am", "ös": "pm", "de": "am", "du": "pm", "sa": "am", "ch": "pm", "ap": "am", "ip": "pm", "ut": "am",
	"凌晨": "am", "早上": "am", "中午": "pm", "晚上": "pm", "पूर्व": "am", "अप": "pm",
}

func atoi(s string) (n int) {
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// log reports that the stamp is rather that of a program's log file.
func (s *stamp) log() bool {
	return s.digits[1] == 1 && s.digits[0] == 4 && !s.bracketed && s.separator == '-'
}

// day returns year, month and day when the parts stand in that order.
func (s *stamp) day(order locale.Order) (year, month, day int) {
	a, b, c := s.parts[0], s.parts[1], s.parts[2]
	year, digits := c, s.digits[2]
	switch {
	case s.digits[0] > 2 || order == locale.YMD && s.digits[2] <= 2:
		year, month, day, digits = a, b, c, s.digits[0]
	case order == locale.MDY:
		month, day = a, b
	default:
		day, month = a, b
	}
	switch {
	case digits <= 2:
		year += 2000
	case year >= 2400 && year < 2700: // the Buddhist calendar, as in Thailand
		year -= 543
	}
	return year, month, day
}

// moment returns the stamp's time in zone.
func (s *stamp) moment(order locale.Order, zone *time.Location) (penates.Moment, error) {
	year, month, day := s.day(order)
	if year < 2000 || year > 2200 || month < 1 || month > 12 || day < 1 || day > time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return penates.Moment{}, fmt.Errorf("the day %04d-%02d-%02d does not exist: %w", year, month, day, penates.Invalid)
	}
	hour := s.hour
	if s.half != "" && (hour < 1 || hour > 12) && !(s.half == "pm" && hour < 24) && hour != 0 {
		return penates.Moment{}, fmt.Errorf("the hour %d %s does not exist: %w", hour, s.half, penates.Invalid)
	}
	if s.half != "" && hour <= 12 {
		hour %= 12
		if s.half == "pm" {
			hour += 12
		}
	}
	if hour > 23 || s.minute > 59 || s.second > 60 {
		return penates.Moment{}, fmt.Errorf("the time %d:%02d:%02d does not exist: %w", hour, s.minute, s.second, penates.Invalid)
	}
	return penates.At(time.Date(year, time.Month(month), day, hour, s.minute, s.second, 0, zone)), nil
}
