package locale

import "strings"

// IBAN returns s without blanks and in upper case when it is an international
// bank account number: shape and check digits of ISO 13616.
func IBAN(s string) (string, bool) {
	if len(s) > 60 {
		return "", false
	}
	s = strings.ToUpper(strings.Join(strings.Fields(s), ""))
	if len(s) < 15 || len(s) > 34 || !isLetter(s[0]) || !isLetter(s[1]) || !allDigits(s[2:4]) {
		return "", false
	}
	rest, ok := mod97(s[4:] + s[:4])
	return s, ok && rest == 1
}

// FrenchIBAN returns the IBAN of a French account from its RIB: bank (five
// digits), branch (five digits) and account number (eleven digits or capitals).
func FrenchIBAN(bank, branch, account string) (string, bool) {
	if len(bank) != 5 || len(branch) != 5 || len(account) != 11 || !isASCII(account) || !allDigits(bank) || !allDigits(branch) {
		return "", false
	}
	account = strings.ToUpper(account)
	digits := []byte(bank + branch + account + "00")
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
		case c >= 'A' && c <= 'I':
			digits[i] = '1' + c - 'A'
		case c >= 'J' && c <= 'R':
			digits[i] = '1' + c - 'J'
		case c >= 'S' && c <= 'Z':
			digits[i] = '2' + c - 'S'
		default:
			return "", false
		}
	}
	rest, _ := mod97(string(digits))
	rib := bank + branch + account + two(97-rest)
	rest, _ = mod97(rib + "FR00")
	return "FR" + two(98-rest) + rib, true
}

func two(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

// mod97 returns the remainder of a number in which A to Z stand for 10 to 35.
func mod97(s string) (rest int, ok bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return 0, false
		}
	}
	return rest, true
}
