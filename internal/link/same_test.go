package link_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penates"
	"penates/internal/figure"
	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// booked is bookings as lines of "id feed day amount label"; of a label the part
// after a bar is the reference.
func booked(t testing.TB, lines ...string) (all []link.Booking) {
	t.Helper()
	for _, line := range lines {
		f := strings.SplitN(line, " ", 5)
		amount, ok := figure.Amount(f[3])
		if !ok {
			t.Fatalf("booking %q", line)
		}
		label, reference, _ := strings.Cut(f[4], "|")
		all = append(all, link.Booking{ID: penates.DocumentID(f[0]), Feed: int(f[1][0] - '0'), Day: figure.ParseDay(f[2]), Amount: amount, Currency: "EUR",
			Label: label, Reference: reference, Told: 4 - int(f[1][0]-'0')})
	}
	return all
}

var twoFeeds = []link.Feed{{Source: "camt", Connection: "a", IBAN: "FR7630001007941234567890185"}, {Source: "ofx", Connection: "30001:12345678901"}}

func sameOperations(t *testing.T, judged link.Judged, lines ...string) []string {
	t.Helper()
	got := shown(link.SameOperations(twoFeeds, []int{0, 0}, booked(t, lines...), judged))
	slices.Sort(got)
	return got
}

func TestSameOperations(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"the same wording on the same day", []string{"a 0 2025-03-03 -41.20 CB CARREFOUR MARKET", "b 1 2025-03-03 -41.20 CB CARREFOUR MARKET"}, []string{"b>a same/amount+date+wording 1"}},
		{"a wording that was cut", []string{"a 0 2025-03-03 -41.20 PRLV SEPA ELECTRICITE BORDELAISE SERVICES", "b 1 2025-03-03 -41.20 ELECTRICITE BORDELAI"}, []string{"b>a same/amount+date+wording 1"}},
		{"nothing but the amount and the day", []string{"a 0 2025-03-03 -41.20 ZORAN", "b 1 2025-03-03 -41.20 ACHAT"}, []string{"b>a same/amount+date 0.9"}},
		{"the reference, a day later", []string{"a 0 2025-03-03 -41.20 X|REF 00987", "b 1 2025-03-04 -41.20 Y|ref00987"}, []string{"b>a same/amount+date+reference 1"}},
		{"a day later without any likeness", []string{"a 0 2025-03-03 -41.20 ZORAN", "b 1 2025-03-04 -41.20 MILA"}, []string{}},
		{"two days later", []string{"a 0 2025-03-03 -41.20 CB CARREFOUR MARKET", "b 1 2025-03-05 -41.20 CB CARREFOUR MARKET"}, []string{}},
		{"two coffees in both files stay two", []string{
			"a1 0 2025-03-03 -2.50 CB CAFE DES ARTS", "a2 0 2025-03-03 -2.50 CB CAFE DES ARTS", "b1 1 2025-03-03 -2.50 CB CAFE DES ARTS", "b2 1 2025-03-03 -2.50 CB CAFE DES ARTS",
		}, []string{"b1>a1 same/amount+date+wording 1", "b2>a2 same/amount+date+wording 1"}},
		{"two coffees in one file and one in the other", []string{
			"a1 0 2025-03-03 -2.50 CB CAFE DES ARTS", "a2 0 2025-03-03 -2.50 CB CAFE DES ARTS", "b1 1 2025-03-03 -2.50 CB CAFE DES ARTS",
		}, []string{"b1>a1 same/amount+date+wording 1"}},
		{"a coffee every day is not that of the day before", []string{
			"a1 0 2025-03-03 -2.50 CB CAFE DES ARTS", "a2 0 2025-03-04 -2.50 CB CAFE DES ARTS", "b1 1 2025-03-04 -2.50 CB CAFE DES ARTS", "b2 1 2025-03-05 -2.50 CB CAFE DES ARTS",
		}, []string{"b1>a2 same/amount+date+wording 1"}},
		{"each with the one whose wording is the same", []string{
			"a1 0 2025-03-03 -10.00 CB BOULANGERIE PAUL", "a2 0 2025-03-03 -10.00 CB LIBRAIRIE MOLLAT", "b1 1 2025-03-03 -10.00 CB LIBRAIRIE MOLLAT", "b2 1 2025-03-03 -10.00 CB BOULANGERIE PAUL",
		}, []string{"b1>a2 same/amount+date+wording 1", "b2>a1 same/amount+date+wording 1"}},
		{"two companies: a question", []string{"a 0 2025-03-03 -41.20 PRLV EDF CLIENTS", "b 1 2025-03-03 -41.20 PRLV MAIF"}, []string{"b>a same/amount+date 0.6"}},
		{"one file that says it twice", []string{"a 0 2025-03-03 -41.20 CB X", "b 0 2025-03-03 -41.20 CB X"}, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, sameOperations(t, link.Judged{}, tt.lines...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the person parted does not come together by another way.
func TestPartedOperationsStayApart(t *testing.T) {
	coffees := []string{"a1 0 2025-03-03 -2.50 CB CAFE", "a2 0 2025-03-03 -2.50 CB CAFE", "b1 1 2025-03-03 -2.50 CB CAFE", "b2 1 2025-03-03 -2.50 CB CAFE"}
	judged := link.Judged{Rejected: map[link.Pair]bool{{From: "b1", To: "a1"}: true}}
	if diff := cmp.Diff([]string{"b2>a2 same/amount+date+wording 1"}, sameOperations(t, judged, coffees...)); diff != "" {
		t.Error(diff)
	}
}

// However many equal payments two files tell of, each has one counterpart at most,
// and the one file's are counted whole.
func TestSameOperationsCountsTheLargerNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []link.Booking
		count := [2]int{}
		for feed := range 2 {
			for i := range rapid.IntRange(0, 30).Draw(t, "operations") {
				day := figure.ParseDay("2025-03-03") + figure.Day(rapid.IntRange(0, 2).Draw(t, "day"))
				all = append(all, link.Booking{ID: penates.DocumentID(fmt.Sprint(feed, "-", i)), Feed: feed, Day: day, Amount: -2500, Currency: "EUR", Label: "CB CAFE", Told: 3 - feed})
				count[feed]++
			}
		}
		from, to := map[penates.DocumentID]bool{}, map[penates.DocumentID]bool{}
		links := link.SameOperations(twoFeeds, []int{0, 0}, all, link.Judged{})
		for _, l := range links {
			if from[l.From] || to[l.To] || l.From[0] == l.To[0] {
				t.Fatalf("%s is one with two, or with one of its own file", l.From)
			}
			from[l.From], to[l.To] = true, true
		}
		if left := len(all) - len(links); left < max(count[0], count[1]) {
			t.Fatalf("%d and %d are counted as %d", count[0], count[1], left)
		}
	})
}

func TestAccounts(t *testing.T) {
	const iban, other = "FR7630001007941234567890185", "FR7630004000031234567890143"
	day := figure.ParseDay("2025-03-03")
	var same, few, another []link.Booking
	for i := range 12 {
		b := link.Booking{Day: day + figure.Day(i), Amount: figure.Milli(-1000 * (i + 3)), Currency: "EUR", Feed: 0}
		same = append(same, b)
		b.Feed = 1
		same = append(same, b)
		if b.Amount -= 500; i%2 == 0 {
			b.Amount += 500
		}
		another = append(another, b, link.Booking{Day: b.Day, Amount: figure.Milli(-1000 * (i + 3)), Currency: "EUR", Feed: 0})
	}
	few = same[:10]
	for _, tt := range []struct {
		name     string
		feeds    []link.Feed
		bookings []link.Booking
		one      bool
	}{
		{"the same IBAN", []link.Feed{{IBAN: iban}, {IBAN: iban}}, nil, true},
		{"two IBANs", []link.Feed{{IBAN: iban}, {IBAN: other}}, nil, false},
		{"the number in the IBAN", []link.Feed{{IBAN: iban}, {Connection: "30001:12345678901", Number: "12345678901"}}, nil, true},
		{"the number of another bank", []link.Feed{{IBAN: iban}, {Connection: "20041:12345678901", Number: "12345678901"}}, nil, false},
		{"another currency", []link.Feed{{IBAN: iban, Currency: "EUR"}, {Number: "12345678901", Currency: "USD"}}, nil, false},
		{"a name, and the same operations", []link.Feed{{IBAN: iban}, {Connection: "BANK:COMPTE"}}, same, true},
		{"a name, and too few operations", []link.Feed{{IBAN: iban}, {Connection: "BANK:COMPTE"}}, few, false},
		{"a name, and other operations", []link.Feed{{IBAN: iban}, {Connection: "BANK:COMPTE"}}, another, false},
		{"two IBANs and the same operations", []link.Feed{{IBAN: iban}, {IBAN: other}}, same, false},
	} {
		if got := link.Accounts(tt.feeds, tt.bookings, link.Judged{}); (got[0] == got[1]) != tt.one {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	// A number that two accounts have joins a feed to neither.
	ambiguous := []link.Feed{{Connection: "10001:12345678901", Number: "12345678901"}, {Connection: "20002:12345678901", Number: "12345678901"}, {Number: "12345678901"}}
	if got := link.Accounts(ambiguous, nil, link.Judged{}); got[0] == got[1] || got[2] == got[0] || got[2] == got[1] {
		t.Errorf("a number of two accounts: %v", got)
	}
}

func TestSameBills(t *testing.T) {
	bill := func(id, source, day, total, number, vendor string, told int) link.Invoice {
		amount, _ := figure.Amount(total)
		return link.Invoice{ID: penates.DocumentID(id), Source: source, Day: figure.ParseDay(day), Total: amount, Number: number, Vendor: vendor, Currency: "EUR", Told: told}
	}
	for _, tt := range []struct {
		name string
		of   []link.Invoice
		want []string
	}{
		{"Factur-X and the words of the PDF", []link.Invoice{bill("fx", "facturx x", "2025-03-10", "61.40", "F 900117", "Électricité de France", 9), bill("pdf", "pdfinvoice edf", "2025-03-10", "61.40", "F900117", "EDF", 4)}, []string{"pdf>fx same/invoice 1"}},
		{"a day that is the due day", []link.Invoice{bill("a", "a", "2025-03-10", "61.40", "F900117", "EDF", 9), bill("b", "b", "2025-03-28", "61.40", "F900117", "EDF", 4)}, []string{"b>a same/invoice 0.95"}},
		{"two vendors with one number", []link.Invoice{bill("a", "a", "2025-03-10", "61.40", "900117", "EDF", 9), bill("b", "b", "2025-03-10", "61.40", "900117", "MAIF", 4)}, []string{}},
		{"two months of a subscription", []link.Invoice{bill("a", "a", "2025-03-10", "19.99", "1001", "Free", 9), bill("b", "b", "2025-04-10", "19.99", "1002", "Free", 4)}, []string{}},
		{"no number, another vendor", []link.Invoice{bill("a", "a", "2025-03-10", "19.99", "1001", "Free", 9), bill("b", "b", "2025-03-10", "19.99", "", "Orange", 4)}, []string{}},
		{"no number, the same vendor", []link.Invoice{bill("a", "a", "2025-03-10", "19.99", "1001", "MAIF", 9), bill("b", "b", "2025-03-10", "19.99", "", "maif", 4)}, []string{"b>a same/vendor+date 0.9"}},
		{"two of one source without number stay two", []link.Invoice{bill("a", "a", "2025-03-10", "19.99", "", "MAIF", 9), bill("b", "a", "2025-03-10", "19.99", "", "MAIF", 4)}, []string{}},
		{"two equal ones in both sources", []link.Invoice{bill("a1", "a", "2025-03-10", "19.99", "", "MAIF", 9), bill("a2", "a", "2025-03-10", "19.99", "", "MAIF", 9), bill("b1", "b", "2025-03-10", "19.99", "", "MAIF", 4), bill("b2", "b", "2025-03-10", "19.99", "", "MAIF", 4)}, []string{"b1>a1 same/vendor+date 0.9", "b2>a2 same/vendor+date 0.9"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, shown(link.SameBills(tt.of, link.Judged{}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSameEntries(t *testing.T) {
	got := shown(link.SameEntries([]link.CalendarEntry{
		{ID: "a", Of: "events", UID: "U1@x", Day: "2025-03-03", Title: "Lunch", Told: 3}, {ID: "b", Of: "events", UID: "u1@X", Day: "2025-03-03", Title: "Lunch", Told: 1},
		{ID: "c", Of: "events", UID: "u1@x", Recurrence: "20250310T120000Z", Day: "2025-03-10", Title: "Lunch", Told: 1}, // another occurrence
		{ID: "d", Of: "todos", UID: "u1@x", Day: "2025-03-03", Title: "Lunch", Told: 1},                                  // another thing
		{ID: "e", Of: "events", UID: "1", Day: "2025-03-03", Title: "Dentist", Told: 2}, {ID: "f", Of: "events", UID: "1", Day: "2025-04-04", Title: "Concert", Told: 1},
	}, link.Judged{}))
	if diff := cmp.Diff([]string{"b>a same/uid 1", "f>e same/uid 0.6"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSameStretches(t *testing.T) {
	points := func(from, n int, value float64) map[string]float64 {
		p := map[string]float64{}
		for i := range n {
			p[fmt.Sprintf("2025-03-%02dT00:00:00Z", from+i)] = value
		}
		return p
	}
	got := shown(link.SameStretches([]link.Stretch{
		{ID: "json", Source: "json", Series: "m", Points: points(1, 20, 500)}, {ID: "part", Source: "csv", Series: "m", Points: points(3, 5, 500)},
		{ID: "longer", Source: "csv", Series: "m", Points: points(15, 10, 500)}, {ID: "other", Source: "csv", Series: "m", Points: points(3, 5, 501)},
		{ID: "meter", Source: "csv", Series: "n", Points: points(3, 5, 500)},
	}, link.Judged{}))
	if diff := cmp.Diff([]string{"part>json same/points 1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSameKeys(t *testing.T) {
	of := []link.Keyed{{"a", "k", "mail", 3}, {"b", "k", "cozy", 2}, {"c", "k", "mail", 1}, {"d", "l", "mail", 1}}
	if diff := cmp.Diff([]string{"b>a r 1"}, shown(link.SameKeys(of, "r", true, link.Judged{}))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"b>a r 1", "c>a r 1"}, shown(link.SameKeys(of, "r", false, link.Judged{}))); diff != "" {
		t.Error(diff)
	}
}

// twice is a month of an account that two files tell of, the coffees of the third
// twice a day.
func twice() (items []vaulttest.Item) {
	from := func(connector, connection string) func(*penates.Document) {
		return func(d *penates.Document) { d.Source.Connector, d.Source.Connection = connector, connection }
	}
	for _, source := range [...]struct {
		name, connection string
		body             schema.BankAccount
	}{
		{"camt", "FR7630001007941234567890185", schema.BankAccount{IBAN: "FR7630001007941234567890185", Institution: "Bank"}},
		{"ofx", "30001:12345678901", schema.BankAccount{Number: "12345678901"}},
	} {
		change := from(source.name, source.connection)
		items = append(items, item(source.name, "2025-03-31", source.body, change))
		for i := range 10 {
			day := fmt.Sprintf("2025-03-%02d", 3+i/2)
			items = append(items, item(fmt.Sprint(source.name, "-coffee-", i), day, schema.BankOperation{Label: "CB CAFE DES ARTS", Account: source.connection}, func(d *penates.Document) {
				change(d)
				d.Money = money("-2.50")
			}))
		}
		items = append(items, item(source.name+"-edf", "2025-03-12", schema.BankOperation{Label: "PRLV SEPA EDF CLIENTS", Account: source.connection}, func(d *penates.Document) {
			change(d)
			d.Money = money("-61.40")
		}))
	}
	return append(items, item("bill", "2025-03-10", schema.Bill{Vendor: "EDF", Number: "F900117"}, priced("61.40")))
}

func sumOf(t *testing.T, s *vault.Session) string {
	t.Helper()
	table, err := s.Query(t.Context(), "SELECT count(*), sum(amount) FROM bank_operations WHERE duplicate_of IS NULL", 0)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(table.Rows[0])
}

// Two files of one account are counted once; a link the person rejects counts both
// again, whatever is imported later.
func TestWhatIsToldTwiceIsCountedOnce(t *testing.T) {
	s := vaulttest.New(t)
	vaulttest.Fill(t, s, twice()...)
	if got := sumOf(t, s); got != "[22 -172.8]" {
		t.Fatalf("before: %s", got)
	}
	if _, err := link.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := sumOf(t, s); got != "[11 -86.4]" {
		t.Errorf("%s, want the operations of one file", got)
	}
	table, err := s.Query(t.Context(), `SELECT count(*) FROM links WHERE rel = 'pays'`, 0)
	if err != nil || table.Rows[0][0] != int64(1) {
		t.Errorf("%v, %v pay the bill, want one", table, err)
	}
	table, err = s.Query(t.Context(), `SELECT id FROM links WHERE rel = 'same_as' AND "from" LIKE '%edf'`, 0)
	if err != nil || len(table.Rows) != 1 {
		t.Fatalf("%v, %v", table, err)
	}
	if err := s.JudgeLink(t.Context(), penates.LinkID(fmt.Sprint(table.Rows[0][0])), penates.Rejected); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := sumOf(t, s); got != "[12 -147.8]" {
			t.Errorf("%s after the rejection, want both debits", got)
		}
		if _, err := link.Run(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.JudgeLink(t.Context(), penates.LinkID(fmt.Sprint(table.Rows[0][0])), ""); err != nil {
		t.Fatal(err)
	}
	if got := sumOf(t, s); got != "[11 -86.4]" {
		t.Errorf("%s after taking the rejection back", got)
	}
}
