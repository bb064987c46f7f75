package words

import (
	"strconv"
	"strings"

	"penates"
)

// Number writes a whole number with its thousands apart.
func (l *Locale) Number(n int) string { return l.Decimal(penates.Decimal(strconv.Itoa(n)), 0, 0) }

// Decimal writes an exact number with at least least and at most most digits
// after the mark, rounding half away from zero.
func (l *Locale) Decimal(d penates.Decimal, least, most int) string {
	sign, digits := "", string(d)
	if d.Negative() {
		sign, digits = "−", digits[1:]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if len(fraction) > most {
		whole, fraction = round(whole, fraction, most)
	}
	for len(fraction) > least && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	for len(fraction) < least {
		fraction += "0"
	}
	if strings.Trim(whole+fraction, "0") == "" {
		sign = ""
	}
	out := sign + group(whole, l.thousands())
	if fraction != "" {
		out += l.mark() + fraction
	}
	return out
}

// Float writes a measured number that was computed.
func (l *Locale) Float(f float64, digits int) string {
	return l.Decimal(penates.Decimal(strconv.FormatFloat(f, 'f', digits, 64)), digits, digits)
}

func (l *Locale) thousands() string {
	if l.lang == French {
		return nnbsp
	}
	return ","
}

func (l *Locale) mark() string {
	if l.lang == French {
		return ","
	}
	return "."
}

// round cuts fraction to n digits, carrying into whole where needed.
func round(whole, fraction string, n int) (string, string) {
	up := fraction[n] >= '5'
	digits := []byte(whole + fraction[:n])
	for i := len(digits) - 1; up && i >= 0; i-- {
		if digits[i] < '9' {
			digits[i]++
			up = false
		} else {
			digits[i] = '0'
		}
	}
	if up {
		digits = append([]byte("1"), digits...)
	}
	return string(digits[:len(digits)-n]), string(digits[len(digits)-n:])
}

func group(whole, sep string) string {
	if len(whole) <= 3 {
		return whole
	}
	return group(whole[:len(whole)-3], sep) + sep + whole[len(whole)-3:]
}

var symbols = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// Money writes an amount with its currency; the amount keeps two digits at
// least.
func (l *Locale) Money(amount penates.Decimal, currency string) string {
	if amount == "" {
		return ""
	}
	number := l.Decimal(amount, 2, 4)
	symbol := symbols[currency]
	switch {
	case currency == "":
		return number
	case symbol == "":
		return number + nbsp + currency
	case l.lang == French:
		return number + nbsp + symbol
	}
	if rest, ok := strings.CutPrefix(number, "−"); ok {
		return "−" + symbol + rest
	}
	return symbol + number
}

// Signed writes an amount like Money, with a plus sign when it comes in.
func (l *Locale) Signed(amount penates.Decimal, currency string) string {
	text := l.Money(amount, currency)
	if text == "" || amount.Negative() || strings.Trim(string(amount), "0.") == "" {
		return text
	}
	return "+" + text
}

// Cents writes an amount given in hundredths.
func (l *Locale) Cents(cents int64, currency string) string {
	return l.Money(FromCents(cents), currency)
}

// FromCents returns hundredths as a decimal number.
func FromCents(cents int64) penates.Decimal {
	s := strconv.FormatInt(cents, 10)
	sign := ""
	if cents < 0 {
		sign, s = "-", s[1:]
	}
	for len(s) < 3 {
		s = "0" + s
	}
	return penates.Decimal(sign + s[:len(s)-2] + "." + s[len(s)-2:])
}

// units are the UCUM codes that people write otherwise.
var units = map[string]string{"kW.h": "kWh", "W.h": "Wh", "MW.h": "MWh", "m3": "m³", "Cel": "°C", "m2": "m²"}

// Quantity writes a measured value with its UCUM unit.
func (l *Locale) Quantity(value penates.Decimal, unit string) string {
	if value == "" {
		return ""
	}
	number := l.Decimal(value, 0, 3)
	if unit == "" || unit == "1" {
		return number
	}
	return number + nbsp + UnitName(unit)
}

// UnitName returns how people write a UCUM unit.
func UnitName(unit string) string {
	if name := units[unit]; name != "" {
		return name
	}
	return unit
}

// Percent writes a share or a change, given as a fraction of one, in whole
// percents; with sign, a rise has its plus.
func (l *Locale) Percent(fraction float64, sign bool) string {
	number := l.Float(fraction*100, 0)
	if sign && fraction > 0 && number != "0" {
		number = "+" + number
	}
	if l.lang == French {
		return number + nnbsp + "%"
	}
	return number + "%"
}

// Size writes a number of bytes.
func (l *Locale) Size(bytes int64) string {
	unit := "B"
	if l.lang == French {
		unit = "o"
	}
	switch {
	case bytes < 1000:
		return l.Number(int(bytes)) + nbsp + unit
	case bytes < 1000*1000:
		return l.Float(float64(bytes)/1000, 0) + nbsp + "k" + unit
	case bytes < 1000*1000*1000:
		return l.Float(float64(bytes)/1e6, 1) + nbsp + "M" + unit
	}
	return l.Float(float64(bytes)/1e9, 2) + nbsp + "G" + unit
}
