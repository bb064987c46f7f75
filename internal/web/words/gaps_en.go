package words

// englishGaps are the words on what is missing.
var englishGaps = map[string]string{
	"gap.title":                          "What is missing",
	"gap.what":                           "Something is missing only where it comes regularly, between the first and the last that are here: four bills at a cadence, six months with four documents or more, two weeks with a point nearly every day, two balances of an account.",
	"gap.none":                           "Nothing that comes regularly lacks anything.",
	"gap.whole.n":                        "{n} complete|{n} complete",
	"gap.bills.1":                        "{0} monthly bills expected, {1} here ({2})",
	"gap.bills.2":                        "{0} bills, one every two months, expected, {1} here ({2})",
	"gap.bills.3":                        "{0} quarterly bills expected, {1} here ({2})",
	"gap.bills.6":                        "{0} half-yearly bills expected, {1} here ({2})",
	"gap.bills.12":                       "{0} yearly bills expected, {1} here ({2})",
	"gap.months.io.cozy.bank.operations": "Operations expected in {0} months, found in {1} ({2})",
	"gap.months.penates.messages":        "Messages expected in {0} months, found in {1} ({2})",
	"gap.months.penates.calls":           "Calls expected in {0} months, found in {1} ({2})",
	"gap.days":                           "Readings expected on {0} days, found on {1} ({2})",
	"gap.balances":                       "Of {0} times between two balances, the operations of {1} add up ({2})",
	"gap.missing":                        "Missing: {0}.",
	"gap.difference":                     "The operations here do not explain the balance: {0}. {1} are unexplained.",
	"gap.debits":                         "The vendor was paid after its last bill here.",
	"gap.more.n":                         "{n} more|{n} more",
	"gap.contract":                       "{0}, contract {1}",
	"gap.meter.load-curve":               "Load curve, meter {0}",
	"gap.meter.daily":                    "Energy by day, meter {0}",
}
