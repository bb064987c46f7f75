package bank

import "strings"

// FamilyKind returns the kind of operation, as in schema.BankOperation, for the
// family and sub-family of a bank transaction code (External Code Sets of ISO
// 20022), "" when they do not tell.
func FamilyKind(family, sub string) string {
	switch sub {
	case "CHRG", "FEES", "COMM", "COMI", "COME", "COMT":
		return "fee"
	case "INTR", "CINT", "DINT":
		return "interest"
	case "CWDL", "CDPT":
		return "cash"
	case "POSD", "POSC", "CRCD":
		return "card"
	}
	switch family {
	case "RCDT", "ICDT", "RRCT", "IRCT":
		return "transfer"
	case "RDDT", "IDDT":
		return "debit"
	case "CCRD", "MCRD":
		return "card"
	case "RCHQ", "ICHQ":
		return "check"
	case "CNTR":
		return "cash"
	}
	return ""
}

// SwiftKind returns the kind for a transaction type of SWIFT's field 61: a letter
// and three others, as in "NTRF"; "" when it does not tell.
func SwiftKind(code string) string {
	if len(code) != 4 {
		return ""
	}
	switch code[1:] {
	case "TRF", "STO", "CLR", "IOB":
		return "transfer"
	case "DDT":
		return "debit"
	case "CHK", "TCK", "ECK":
		return "check"
	case "CHG", "COM", "BRF":
		return "fee"
	case "INT", "DIV":
		return "interest"
	}
	return ""
}

// GermanKind returns the kind for a German transaction code (Geschäftsvorfallcode,
// three digits, as in "105"), "" when it does not tell.
func GermanKind(code string) string {
	if len(code) != 3 || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	switch code {
	case "001", "002", "012", "070", "101", "102", "103", "170":
		return "check"
	case "004", "005", "009", "071", "104", "105", "107", "108", "109", "171", "174", "181", "184":
		return "debit"
	case "008", "020", "051", "052", "053", "054", "056", "116", "117", "118", "119", "152", "153", "154", "155", "156",
		"157", "159", "166", "167", "168", "169", "177", "188", "189", "190", "191", "201", "202":
		return "transfer"
	case "106", "110":
		return "card"
	case "082", "083":
		return "cash"
	case "805", "814", "821":
		return "interest"
	case "806", "807", "808", "809", "810", "818":
		return "fee"
	}
	return ""
}
