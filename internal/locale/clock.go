package locale

import "time"

// clock reads the time of day that follows a date: "T10:30:00.5Z", " à 10h30",
// ", 10:30 PM", "10:30:00 +0200".
func (c *cursor) clock(p *parts) bool {
	if c.s[c.i] == '+' || c.s[c.i] == 'z' { // an XML Schema date may carry a zone alone
		return c.zone(p)
	}
	c.skip(", t-_")
	switch before := c.i; c.word() {
	case "a", "at", "um", "": // "31/12/2026 à 10:30", after folding
		c.skip(" ")
	default:
		c.i = before
	}
	hour := c.number()
	if len(hour) == 0 || len(hour) > 2 {
		return len(hour) >= 4 && c.compactClock(p, hour)
	}
	if !c.skip(":h.") {
		return false
	}
	minute := c.number()
	if len(minute) != 2 && minute != "" {
		return false
	}
	p.timed, p.hour, p.minute = true, atoi(hour), atoi(minute)
	if c.skip(":.m") {
		second := c.number()
		if len(second) != 2 {
			return false
		}
		p.second = atoi(second)
		c.fraction(p)
	}
	c.skip("s")
	if !c.meridiem(p) || p.hour > 24 || p.minute > 59 || p.second > 60 {
		return false
	}
	return c.zone(p)
}

// compactClock reads "1030" or "103000".
func (c *cursor) compactClock(p *parts, digits string) bool {
	if len(digits) != 4 && len(digits) != 6 {
		return false
	}
	p.timed, p.hour, p.minute = true, atoi(digits[:2]), atoi(digits[2:4])
	p.second = atoi(digits[4:])
	c.fraction(p)
	return p.hour <= 24 && p.minute < 60 && p.second <= 60 && c.zone(p)
}

// fraction reads the decimals of a second.
func (c *cursor) fraction(p *parts) {
	if c.i >= len(c.s) || c.s[c.i] != '.' && c.s[c.i] != ',' {
		return
	}
	c.i++
	digits := c.number()
	if len(digits) > 9 {
		digits = digits[:9]
	}
	p.nanos = atoi(digits)
	for range 9 - len(digits) {
		p.nanos *= 10
	}
}

// meridiem reads "am" and "pm" and makes the hour one of 24.
func (c *cursor) meridiem(p *parts) bool {
	start := c.i
	c.skip(" ")
	w := c.word()
	if w == "a" || w == "p" { // "a.m."
		c.skip(".")
		w += c.word()
	}
	if w != "am" && w != "pm" {
		c.i = start
		return true
	}
	c.skip(".")
	if p.hour < 1 || p.hour > 12 {
		return false
	}
	p.hour %= 12
	if w == "pm" {
		p.hour += 12
	}
	return true
}

// zone reads what is left: an offset, a well-known name, or both.
func (c *cursor) zone(p *parts) bool {
	c.skip(" ([")
	if !c.rest() {
		return true
	}
	if w := c.word(); w != "" {
		seconds, ok := zones[w]
		if !ok {
			return false
		}
		p.zone = fixed(seconds)
	}
	if c.rest() && (c.s[c.i] == '+' || c.s[c.i] == '-') {
		sign := 1
		if c.s[c.i] == '-' {
			sign = -1
		}
		c.i++
		seconds, ok := c.offset()
		if !ok {
			return false
		}
		p.zone = fixed(sign * seconds)
	}
	if c.skip(" :([") { // "+01:00 (cet)", "[-5:est]": the offset has said it
		c.word()
	}
	c.skip(")]")
	return true
}

// offset reads "2", "02", "0200", "02:00" or "5.5" in seconds.
func (c *cursor) offset() (int, bool) {
	digits := c.number()
	switch len(digits) {
	case 1, 2:
		seconds := atoi(digits) * 3600
		if !c.rest() || c.s[c.i] != ':' && c.s[c.i] != '.' {
			return seconds, seconds <= 18*3600
		}
		mark, at := c.s[c.i], c.i
		c.i++
		switch part := c.number(); {
		case mark == ':' && len(part) == 2:
			seconds += atoi(part) * 60
		case mark == '.' && len(part) == 1:
			seconds += atoi(part) * 360
		case mark == '.' && len(part) == 2:
			seconds += atoi(part) * 36
		default:
			c.i = at
		}
		return seconds, seconds <= 18*3600
	case 4:
		seconds := atoi(digits[:2])*3600 + atoi(digits[2:])*60
		return seconds, seconds <= 18*3600
	}
	return 0, false
}

func fixed(seconds int) *time.Location {
	if seconds == 0 {
		return time.UTC
	}
	return time.FixedZone("", seconds)
}

// zones are names with one meaning in Europe and North America.
var zones = map[string]int{
	"z": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 3600, "bst": 3600,
	"cet": 3600, "cest": 7200, "met": 3600, "eet": 7200, "eest": 10800,
	"est": -5 * 3600, "edt": -4 * 3600, "cst": -6 * 3600, "cdt": -5 * 3600,
	"mst": -7 * 3600, "mdt": -6 * 3600, "pst": -8 * 3600, "pdt": -7 * 3600,
}

var ordinals = map[string]bool{"er": true, "st": true, "nd": true, "rd": true, "th": true}

// months and weekdays are folded names in French, English, German, Spanish,
// Italian, Dutch and Portuguese, whole and as they are shortened.
var months, weekdays = names()

func names() (map[string]time.Month, map[string]bool) {
	months := map[string]time.Month{}
	for i, words := range [...][]string{
		{"janvier", "janv", "jan", "january", "januar", "jaenner", "janner", "enero", "ene", "gennaio", "gen", "januari", "janeiro"},
		{"fevrier", "fevr", "fev", "feb", "february", "februar", "febrero", "febbraio", "februari", "fevereiro"},
		{"mars", "mar", "march", "marz", "maerz", "mrz", "marzo", "maart", "mrt", "marco"},
		{"avril", "avr", "apr", "april", "abril", "abr", "aprile"},
		{"mai", "may", "mayo", "maggio", "mag", "mei", "maio"},
		{"juin", "jun", "june", "juni", "junio", "giugno", "giu", "junho"},
		{"juillet", "juil", "jul", "july", "juli", "julio", "luglio", "lug", "julho"},
		{"aout", "aou", "aug", "august", "agosto", "ago", "augustus"},
		{"septembre", "sept", "sep", "september", "septiembre", "settembre", "set", "setembro"},
		{"octobre", "oct", "october", "oktober", "okt", "octubre", "ottobre", "ott", "outubro", "out"},
		{"novembre", "nov", "november", "noviembre", "novembro"},
		{"decembre", "dec", "december", "dezember", "dez", "diciembre", "dic", "dicembre", "dezembro"},
	} {
		for _, w := range words {
			months[w] = time.Month(i + 1)
		}
	}
	weekdays := map[string]bool{}
	for _, w := range [...]string{
		"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
		"lun", "mer", "jeu", "ven", "sam", "dim",
		"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
		"mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun",
		"montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag",
		"mo", "di", "mi", "do", "fr", "sa", "so",
	} {
		weekdays[w] = true
	}
	return months, weekdays
}
