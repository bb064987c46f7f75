package demo_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"penates"
	"penates/internal/demo"
	"penates/internal/schema"
)

var lastDay = time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)

func household(t testing.TB, seed uint64, end time.Time) *demo.Household {
	t.Helper()
	h, err := demo.New(seed, end)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func contents(t testing.TB, h *demo.Household) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, path := range h.Paths() {
		b, err := fs.ReadFile(h.Files(), path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = b
	}
	return files
}

// file returns the only file whose path ends so.
func file(t testing.TB, h *demo.Household, suffix string) []byte {
	t.Helper()
	for path, b := range contents(t, h) {
		if strings.HasSuffix(path, suffix) {
			return b
		}
	}
	t.Fatalf("no file *%s", suffix)
	return nil
}

func TestSameSeedSameBytes(t *testing.T) {
	one, two := contents(t, household(t, 7, lastDay)), contents(t, household(t, 7, lastDay.Add(17*time.Hour)))
	if len(one) != len(two) {
		t.Fatalf("%d files, then %d", len(one), len(two))
	}
	for path, b := range one {
		if !bytes.Equal(b, two[path]) {
			t.Errorf("%s differs between two runs", path)
		}
	}
	other := contents(t, household(t, 8, lastDay))
	for _, path := range []string{"energie/Enedis_Conso_Heure.csv", "banque/export-compte-coli.csv", "courrier/boite-de-reception.mbox"} {
		if bytes.Equal(one[path], other[path]) {
			t.Errorf("%s is the same with another seed", path)
		}
	}
}

func TestFilesIsAFileSystem(t *testing.T) {
	h := household(t, 1, lastDay)
	if err := fstest.TestFS(h.Files(), h.Paths()...); err != nil {
		t.Error(err)
	}
}

// Wherever the two years end, the household has the size and the coherence
// that the other tests look at closely for one day.
func TestEveryEnd(t *testing.T) {
	for n, end := range []string{"2024-02-29", "2025-03-30", "2025-10-26", "2026-01-01", "2026-07-14", "2026-12-31", "2028-02-29", "2033-05-05"} {
		t.Run(end, func(t *testing.T) {
			h := household(t, uint64(n), parseDay(t, end))
			f := h.Facts()
			days := int(h.Last.Sub(h.First).Hours()/24) + 1
			if days < 730 || days > 731 {
				t.Errorf("%d days", days)
			}
			if f.GasDays != days {
				t.Errorf("%d days of gas, want %d", f.GasDays, days)
			}
			within(t, "points", f.Points, days*48-2, days*48+2)
			within(t, "operations", f.Operations, 1500, 2500)
			within(t, "bills", len(f.Bills), 60, 70)
			within(t, "messages", f.Messages, 520, 800)
			within(t, "attachments", f.Attachments, 20, 50)
			within(t, "contacts", f.Contacts, 40, 70)
			within(t, "events", f.Events, 130, 220)
			checkDebits(t, h)
			checkBalances(t, h)
			checkCurve(t, h)
		})
	}
}

func within(t *testing.T, what string, got, low, high int) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%d %s, want %d to %d", got, what, low, high)
	}
}

func TestDocuments(t *testing.T) {
	h := household(t, 1, lastDay)
	kinds, seen := map[penates.Type]int{}, map[penates.DocumentID]bool{}
	for _, item := range h.Documents() {
		d := item.Document
		kinds[d.Type]++
		if d.ID != penates.NewDocumentID(d.Source.Connector, d.Source.Connection, d.Source.NativeID) || seen[d.ID] {
			t.Errorf("%s: id %s is not its own", d.Source.NativeID, d.ID)
		}
		seen[d.ID] = true
		if d.Type != item.Body.DocType() || d.Text == "" {
			t.Errorf("%s: type %s, text %q", d.Source.NativeID, d.Type, d.Text)
		}
	}
	if kinds[penates.Identities] != 1 || kinds[penates.Places] < 150 || kinds[penates.Contracts] != 4 || kinds[penates.Bills] < 30 || len(kinds) != 4 {
		t.Errorf("documents: %v", kinds)
	}
}

// Every meal out is a card payment of that day at a place of that name.
func TestPlacesMatchPayments(t *testing.T) {
	h := household(t, 1, lastDay)
	paid := map[string][]string{}
	for _, o := range readOFX(t, h, "compte-courant") {
		paid[o.acted] = append(paid[o.acted], o.name)
	}
	restaurants, unpaid := 0, 0
	for _, item := range h.Documents() {
		d := item.Document
		if !strings.HasPrefix(d.Source.NativeID, "restaurant:") {
			continue
		}
		restaurants++
		day := d.Time.Start.Time()
		if !sharesWord(paid[day.Format("20060102")], d.Place.Name) {
			unpaid++
			if h.Last.Sub(day) > 10*24*time.Hour {
				t.Errorf("%s on %s: paid were only %q", d.Place.Name, day, paid[day.Format("20060102")])
			}
		}
	}
	if restaurants < 100 || unpaid > 6 {
		t.Errorf("%d meals out, %d not booked yet", restaurants, unpaid)
	}
}

// Every refund is a credit of that day, and refunds a card payment.
func TestRefundsMatchOperations(t *testing.T) {
	h := household(t, 1, lastDay)
	booked := map[string]bool{}
	for _, o := range readOFX(t, h, "compte-courant") {
		booked[fmt.Sprint("credit ", o.day, o.amount)] = true
		booked[fmt.Sprint("expense ", o.acted, o.amount)] = true
	}
	for _, item := range h.Documents() {
		bill, ok := item.Body.(schema.Bill)
		if !ok {
			continue
		}
		credit := fmt.Sprint("credit ", item.Document.Time.Start.Time().Format("20060102"), cents(t, string(item.Document.Money.Amount)))
		expense := fmt.Sprint("expense ", strings.ReplaceAll(bill.OriginalDate, "-", ""), -cents(t, bill.OriginalAmount))
		if !bill.IsRefund || !booked[credit] || !booked[expense] {
			t.Errorf("%s: no %s or no %s", bill.Title, credit, expense)
		}
	}
}

func sharesWord(labels []string, name string) bool {
	for _, label := range labels {
		for word := range strings.FieldsSeq(demo.Capitals(name)) {
			if len(word) >= 4 && strings.Contains(label, word) {
				return true
			}
		}
	}
	return false
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		h := household(b, 1, lastDay)
		b.ReportMetric(float64(len(h.Paths())), "files")
	}
}

func Example() {
	h, err := demo.New(1, time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.Owner, h.First.Format(time.DateOnly), h.Last.Format(time.DateOnly), h.Facts().Points)
	// Output: Camille Vasseur 2024-11-23 2026-11-22 35040
}
