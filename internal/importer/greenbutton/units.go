package greenbutton

import (
	"fmt"
	"strconv"
	"strings"

	"penates"
)

// A unit is one of ESPI (UomType) in UCUM, with what it measures over an interval.
type unit struct {
	ucum   string
	amount bool // an amount, which adds up, and not a state or a power
}

var units = map[string]unit{
	"5": {"A", false}, "29": {"V", false}, "31": {"J", true}, "33": {"Hz", false}, "38": {"W", false},
	"42": {"m3", true}, "61": {"V.A", false}, "63": {"V.A{reactive}", false}, "65": {"1", false},
	"71": {"V.A.h", true}, "72": {"W.h", true}, "73": {"V.A{reactive}.h", true},
	"119": {"[cft_i]", true}, "120": {"[cft_i]", true}, "128": {"[gal_us]", true}, "130": {"[gal_br]", true},
	"132": {"[Btu_IT]", true}, "133": {"[Btu_IT]/h", false}, "134": {"L", true}, "156": {"L", true}, "157": {"L", true},
	"166": {"m3", true}, "167": {"m3", true}, "169": {"10*5.[Btu_IT]", true}, // a therm
}

// services are the kinds of ServiceCategory, commodities those of ReadingType.
var (
	services    = map[string]string{"0": "electricity", "1": "gas", "2": "water", "4": "heat", "6": "sewerage"}
	commodities = map[string]string{"1": "electricity", "2": "electricity", "7": "gas", "8": "gas", "9": "water", "10": "heat", "11": "sewerage", "12": "heat", "13": "heat"}
)

// qualities are the codes of QualityOfReading in words.
var qualities = map[string]string{
	"0": "validated", "7": "corrected by hand", "8": "estimated", "9": "estimated by interpolation", "10": "doubtful", "11": "calculated",
	"12": "forecast", "13": "mixed", "14": "raw", "15": "adjusted for weather", "16": "other", "17": "corrected", "18": "doubtful but measured", "19": "billed",
}

// maxPower bounds the powers of ten of a multiplier: ESPI names those from -12 to 9.
const maxPower = 24

// scaled returns value × 10^exp, exactly.
func scaled(value string, exp int) (penates.Decimal, error) {
	d, err := penates.ParseDecimal(value)
	if err != nil || len(value) > 40 {
		return "", fmt.Errorf("value %q is not a number: %w", value[:min(len(value), 40)], penates.Invalid)
	}
	digits, negative := strings.CutPrefix(string(d), "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	for ; exp > 0; exp-- {
		next := "0"
		if fraction != "" {
			next, fraction = fraction[:1], fraction[1:]
		}
		whole += next
	}
	for ; exp < 0; exp++ {
		last := "0"
		if n := len(whole) - 1; n >= 0 {
			last, whole = whole[n:], whole[:n]
		}
		fraction = last + fraction
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	if negative && whole != "0" {
		whole = "-" + whole
	}
	return penates.Decimal(whole), nil
}

// power reads a multiplier, 0 when there is none.
func power(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < -maxPower || n > maxPower {
		return 0, fmt.Errorf("power of ten %q: %w", s[:min(len(s), 40)], penates.Invalid)
	}
	return n, nil
}
