package demo_test

import (
	"testing"

	"penates"
	"penates/internal/demo"
	"penates/internal/schema"
)

func TestImportBills(t *testing.T) {
	h := household(t, 1, lastDay)
	want := map[string]demo.Bill{}
	for _, b := range h.Facts().Bills {
		want[b.Number] = b
	}
	found := map[string]bool{}
	for _, c := range imported(t, h, "factures/", "facturx") {
		for i, body := range c.Bodies {
			bill, ok := body.(schema.Bill)
			if !ok {
				continue
			}
			found[bill.Number] = true
			checkBill(t, want[bill.Number], bill, c.Documents[i])
		}
		if documents := c.OfType(penates.Files); len(documents) != 1 || len(c.Links) == 0 {
			t.Errorf("%d files, %d links", len(documents), len(c.Links))
		}
	}
	if len(found) != len(want) {
		t.Errorf("%d bills, want %d", len(found), len(want))
	}
}

func checkBill(t *testing.T, want demo.Bill, got schema.Bill, d *penates.Document) {
	t.Helper()
	for _, c := range []struct{ what, got, want string }{
		{"vendor", got.Vendor, want.Vendor},
		{"total", string(d.Money.Amount), string(want.Total)},
		{"VAT", got.VAT, string(want.VAT)},
		{"day", d.Time.Start.Date(), want.Issued.Date()},
		{"due", got.Due, want.Due.Date()},
		{"first day", got.PeriodStart, want.First.Date()},
		{"last day", got.PeriodEnd, want.Last.Date()},
		{"contract", got.Contract, want.Contract},
		{"invoice", d.Ref(penates.RefInvoice), want.Number},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s %q, want %q", want.Number, c.what, c.got, c.want)
		}
	}
}

func TestImportContacts(t *testing.T) {
	h := household(t, 1, lastDay)
	cards, known := 0, contactAddresses(t, h)
	for _, c := range imported(t, h, "contacts/", "vcard") {
		for i, body := range c.Bodies {
			contact, ok := body.(schema.Contact)
			if !ok {
				continue
			}
			cards++
			if contact.FullName == "" || contact.Native == "" {
				t.Errorf("%s: %+v", c.Documents[i].Source.NativeID, contact)
			}
			for _, e := range contact.Email {
				delete(known, e)
			}
		}
	}
	if cards != h.Facts().Contacts || len(known) > 0 {
		t.Errorf("%d contacts, want %d; not read: %v", cards, h.Facts().Contacts, known)
	}
}
