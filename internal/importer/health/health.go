// Package health holds what the formats of health records share: code systems by
// one name whether a format writes their URI or their OID, numbers with an
// exponent, days of which only the month is known, and the codes and units of
// what watches and scales measure.
package health

import (
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"penates"
	"penates/internal/locale"
)

// systems are short names of code systems: by the URI that HL7 FHIR gives them
// (terminologies-systems) and by the OID of the HL7 registry or of the French
// agency (1.2.250.1).
var systems = map[string]string{
	"http://loinc.org":                                 "loinc",
	"2.16.840.1.113883.6.1":                            "loinc",
	"http://snomed.info/sct":                           "snomed",
	"2.16.840.1.113883.6.96":                           "snomed",
	"2.16.840.1.113883.6.5":                            "snomed3.5",
	"http://unitsofmeasure.org":                        "ucum",
	"2.16.840.1.113883.6.8":                            "ucum",
	"http://hl7.org/fhir/sid/ndc":                      "ndc",
	"2.16.840.1.113883.6.69":                           "ndc",
	"http://hl7.org/fhir/sid/cvx":                      "cvx",
	"2.16.840.1.113883.12.292":                         "cvx",
	"http://www.nlm.nih.gov/research/umls/rxnorm":      "rxnorm",
	"2.16.840.1.113883.6.88":                           "rxnorm",
	"http://hl7.org/fhir/sid/icd-10":                   "icd10",
	"http://hl7.org/fhir/sid/icd-10-fr":                "icd10",
	"2.16.840.1.113883.6.3":                            "icd10",
	"http://hl7.org/fhir/sid/icd-10-cm":                "icd10cm",
	"2.16.840.1.113883.6.90":                           "icd10cm",
	"http://hl7.org/fhir/sid/icd-9-cm":                 "icd9cm",
	"2.16.840.1.113883.6.103":                          "icd9cm",
	"2.16.840.1.113883.6.104":                          "icd9cm",
	"http://id.who.int/icd/release/11/mms":             "icd11",
	"http://www.whocc.no/atc":                          "atc",
	"2.16.840.1.113883.6.73":                           "atc",
	"1.2.250.1.215.200.1.2.1":                          "atc",
	"1.2.250.1.215.200.1.2.2":                          "atc",
	"http://www.ama-assn.org/go/cpt":                   "cpt",
	"2.16.840.1.113883.6.12":                           "cpt",
	"2.16.840.1.113883.5.4":                            "actcode",
	"http://terminology.hl7.org/CodeSystem/v3-ActCode": "actcode",
	"1.2.250.1.213.1.1.4.322":                          "ta-asip",
	"1.2.250.1.215.200.3.3":                            "ngap",
	"1.2.250.1.215.200.3.4":                            "ccam",
	"1.2.250.1.213.2.5":                                "ccam",
	"1.2.250.1.215.200.4.1":                            "nabm",
	"1.2.250.1.215.200.2.1":                            "lpp",
	"1.2.250.1.215.200.1.1.1":                          "cip13",
	"1.2.250.1.213.2.3.1":                              "cis",
	"1.2.250.1.213.2.3.3":                              "cip13",
	"1.2.250.1.213.2.12":                               "ncl",
}

// Code returns a code with the short name of its system, as in "loinc|8867-4"; a
// system that has none is left as the source writes it. Without a code it is "".
func Code(system, code string) string {
	system, code = Clean(system), Clean(code)
	if code == "" {
		return ""
	}
	if name := systems[strings.TrimPrefix(system, "urn:oid:")]; name != "" {
		system = name
	}
	if system == "" {
		return code
	}
	return system + "|" + code
}

const (
	maxWord = 2000
	maxText = 100_000
)

// Clean returns s as one line of at most 2,000 bytes.
func Clean(s string) string { return locale.Line(cut(s, maxWord)) }

// Prose returns s as one line of at most 100,000 bytes.
func Prose(s string) string { return locale.Line(cut(s, maxText)) }

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// maxExponent bounds exponents; no measure of a body needs more.
const maxExponent = 30

// Number reads a decimal number that may have an exponent, as those of JSON and
// XML Schema may, and keeps all its digits.
func Number(s string) (penates.Decimal, error) {
	s = strings.TrimSpace(s)
	mantissa, exponent, ok := strings.Cut(strings.ToLower(s), "e")
	if !ok {
		return penates.ParseDecimal(s)
	}
	d, err := penates.ParseDecimal(mantissa)
	if err != nil {
		return "", err
	}
	var e int
	if n, err := fmt.Sscanf(exponent+" .", "%d .", &e); n != 1 || err != nil || e > maxExponent || e < -maxExponent {
		return "", fmt.Errorf("number %q: %w", Clean(s), penates.Invalid)
	}
	return Shift(d, e)
}

// Shift returns d times ten to the power of e.
func Shift(d penates.Decimal, e int) (penates.Decimal, error) {
	digits, negative := strings.CutPrefix(string(d), "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	point := len(whole) + e
	digits = whole + fraction
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	s := digits[:point]
	if fraction := digits[point:]; fraction != "" {
		s += "." + fraction
	}
	if negative {
		s = "-" + s
	}
	return penates.ParseDecimal(s)
}

// Short returns d as people read it: with at most three digits behind the point.
func Short(d penates.Decimal) string {
	_, fraction, _ := strings.Cut(string(d), ".")
	s := string(d)
	if len(fraction) > 3 {
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			return s
		}
		s = r.FloatString(3)
	}
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// Phrase joins what a record is about and its result to the line a person
// recognises it by.
func Phrase(code, result string) string {
	switch {
	case code == "":
		return result
	case result == "" || result == code:
		return code
	}
	return code + ": " + result
}

// Month returns the day a month or a year begins with, and how long it is
// (ISO 8601), for dates of which no more is known. month is 0 for a whole year.
func Month(year, month int) (penates.Moment, string) {
	if month == 0 {
		return penates.Day(year, time.January, 1), "P1Y"
	}
	return penates.Day(year, time.Month(month), 1), "P1M"
}

// Printable makes blanks of the control characters in b, which XML forbids and
// programs write all the same.
func Printable(b []byte) {
	for i, c := range b {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			b[i] = ' '
		}
	}
}
