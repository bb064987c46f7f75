package words

// englishLinks are the words on what belongs together and what is told twice.
var englishLinks = map[string]string{
	"rule.person/uid":                 "the address books give both the same identifier",
	"rule.person/email":               "both have the same e-mail address",
	"rule.person/email.common":        "both have {0}",
	"rule.person/phone":               "both have the same telephone number",
	"rule.person/phone.common":        "both have {0}",
	"rule.person/name":                "same name, and a company or an address in common",
	"rule.person/name.common":         "both are called {0}, and have a company or an address in common",
	"rule.same/iban":                  "same IBAN",
	"rule.same/account-number":        "same account number",
	"rule.same/statement":             "the same operations on the same days",
	"rule.same/amount+date+reference": "same amount and reference of the bank, on the same day or the next",
	"rule.same/amount+date+wording":   "same amount and wording, on the same day or the next",
	"rule.same/amount+date":           "same amount on the same day of the same account",
	"rule.same/invoice":               "same supplier, number and total",
	"rule.same/vendor+date":           "same supplier, day and total",
	"rule.same/uid":                   "the calendars give both the same identifier",
	"rule.same/points":                "each of its points is there, with the same value",
	"rule.same/message-id":            "same Message-ID",
	"rule.same/bytes":                 "the same bytes",
	"rule.part_of/path":               "the message names this file",
	"twin.fuller":                     "Sums count this once, with what tells it more fully:",
	"twin.two":                        "These are two, count both",
	"twin.others.n":                   "{n} other document tells the same; sums count it once.|{n} other documents tell the same; sums count it once.",
}
