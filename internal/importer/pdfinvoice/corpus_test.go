package pdfinvoice_test

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/pdfinvoice"
	"penates/internal/schema"
)

// billOf returns the one bill of a PDF of the corpus.
func billOf(t *testing.T, name string) (*penates.Document, schema.Bill, bool) {
	t.Helper()
	content, ok := importertest.Corpus(t, name)
	if !ok {
		return nil, schema.Bill{}, false
	}
	c, err := importertest.Read(pdfinvoice.Format, name, content)
	if err != nil || len(c.Refusals) > 0 || len(c.OfType(penates.Bills)) != 1 {
		t.Errorf("%s: %v, %d bills, refused %v", name, err, len(c.OfType(penates.Bills)), c.Refusals)
		return nil, schema.Bill{}, false
	}
	d := c.OfType(penates.Bills)[0]
	body := c.Bodies[0].(schema.Bill)
	t.Logf("%s: %s %s, %s %s, net %s, VAT %s", path.Base(name), d.Text, d.Time.Start, d.Money.Amount, d.Money.Currency, body.NetTotal, body.VAT)
	return d, body, true
}

// unlike are values of the origin that cannot be had from the text.
var unlike = map[string]string{
	"saeco issuer": "its name is in a picture, and in the origin's rule for this vendor",
	"saeco vat":    "so is its number",
}

// TestCorpusValues holds bills against what another program reads with a rule
// written for each of them.
func TestCorpusValues(t *testing.T) {
	for _, name := range []string{"NetpresseInvoice", "coolblue1", "free_fiber", "saeco"} {
		base := "invoice/pdf_invoice2data/" + name
		d, bill, ok := billOf(t, base+".pdf")
		if !ok {
			continue
		}
		content, _ := importertest.Corpus(t, base+".json")
		var all []map[string]any
		if err := json.Unmarshal(content, &all); err != nil || len(all) != 1 {
			t.Fatal(err)
		}
		got := map[string]string{
			"issuer": bill.Vendor, "amount": string(d.Money.Amount), "amount_untaxed": bill.NetTotal, "amount_tax": bill.VAT, "date": d.Time.Start.Date(),
			"date_due": bill.Due, "invoice_number": bill.Number, "currency": d.Money.Currency, "vat": bill.VendorID,
			"date_start": bill.PeriodStart, "date_end": bill.PeriodEnd, "client_id": d.Ref(penates.RefCustomer),
		}
		checked := 0
		for key, value := range got {
			want, there := all[0][key]
			if !there || unlike[name+" "+key] != "" {
				continue
			}
			checked++
			text := fmt.Sprint(want)
			if f, number := want.(float64); number {
				text = fmt.Sprintf("%.2f", f)
			}
			if !strings.EqualFold(value, text) {
				t.Errorf("%s: %s is %q, want %q", name, key, value, text)
			}
		}
		if checked < 6 {
			t.Errorf("%s: only %d values to compare", name, checked)
		}
	}
}

// TestCorpusFrench reads the bills of a French person. The names of the files have
// the sums, the rest was read by eye. Those not named are pictures with an address.
func TestCorpusFrench(t *testing.T) {
	for name, want := range map[string]struct{ vendor, number, day, amount string }{
		"2019_MAIF_243.57":           {"MAIF", "", "2018-11-23", "243.57"},
		"2019_ameli_17.50":           {"Ameli", "", "2019-02-19", "17.50"},
		"2019_bouyguestelecom_44.90": {"Bouygues Telecom", "11173968670219", "2019-02-16", "44.90"},
		"2019_free_15.99":            {"Free", "813976371", "2019-02-02", "15.99"},
		"2019_free_34.90":            {"Free", "813976371", "2019-02-02", "34.90"},
		"facture":                    {"Veepee", "20180317:14712", "2018-01-21", "78.35"},
	} {
		d, bill, ok := billOf(t, "cozy/banks/fichiers_de_demo/"+name+".pdf")
		if ok && (bill.Vendor != want.vendor || bill.Number != want.number || d.Time.Start.Date() != want.day || string(d.Money.Amount) != want.amount || d.Money.Currency != "EUR") {
			t.Errorf("%s: %+v on %s, %+v", name, bill, d.Time.Start, d.Money)
		}
	}
	// One statement with two transfers, the first that of the file's name.
	content, ok := importertest.Corpus(t, "cozy/banks/fichiers_de_demo/2019_Harmonie_7.50.pdf")
	if !ok {
		return
	}
	c, err := importertest.Read(pdfinvoice.Format, "x.pdf", content)
	if err != nil || len(c.OfType(penates.Bills)) != 2 {
		t.Fatalf("%d refunds, %v", len(c.OfType(penates.Bills)), err)
	}
	for i, want := range []string{"7.50 of 25.00 on 2019-02-06", "12.50 of 30.00 on 2018-01-18"} {
		b := c.Bodies[i].(schema.Bill)
		if got := fmt.Sprintf("%s of %s on %s", c.Documents[i].Money.Amount, b.OriginalAmount, b.OriginalDate); got != want || b.Vendor != "Harmonie Mutuelle" {
			t.Errorf("refund %d: %s by %s, want %s", i+1, got, b.Vendor, want)
		}
	}
}

var embedded = regexp.MustCompile(`id (\S+) grand total (\S+) (\w+) `)

// noNumber are pages where the number of the invoice is not called one.
var noNumber = map[string]bool{"EN16931_Gutschrift": true}

// TestCorpusPages reads the pages of invoices that carry their data, by the words
// only, and holds them against the data.
func TestCorpusPages(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	pages := 0
	for row := range strings.Lines(string(manifest)) {
		fields := strings.Split(row, "\t")
		if !strings.HasPrefix(fields[0], "invoice/facturx/") {
			continue
		}
		pages++
		m := embedded.FindStringSubmatch(fields[2])
		d, bill, ok := billOf(t, fields[0])
		if !ok || m == nil {
			continue
		}
		name := strings.TrimSuffix(path.Base(fields[0]), ".pdf")
		number := m[1]
		if noNumber[name] {
			number = ""
		}
		// The page of a credit note has the sum with its sign.
		if amount := strings.TrimPrefix(string(d.Money.Amount), "-"); amount != m[2] || d.Money.Currency != m[3] || bill.Number != number {
			t.Errorf("%s: %q, %+v, want %s", name, bill.Number, d.Money, fields[2])
		}
	}
	if pages == 0 {
		t.Error("the manifest has no such invoice")
	}
}
