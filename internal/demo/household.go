// Package demo makes up a French household, the Vasseur family, and two years
// of its life: bank, bills, energy, mail, contacts, calendar, places. What the
// family does is planned once, and every source tells its part of the plan, so
// that the sources agree: an electricity bill is the load curve × the tariff,
// and a debit pays it ten to fifteen days later; a dinner is a card payment, a
// place, an invitation and an event.
//
// Everything is fictional. The companies do not exist, addresses are in domains
// that RFC 2606 reserves, telephone numbers in the ranges ARCEP keeps for
// fiction, bank codes, meter and company numbers in none that are given out.
package demo

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// A Household is the family and its two years. It does not change once made.
type Household struct {
	// Owner is the name of the person the vault belongs to.
	Owner string
	// First and Last are the first and the last day of the two years.
	First, Last time.Time

	plan    *plan
	energy  *consumption
	bills   []invoice
	ledger  *ledger
	mailbox *mailbox
	agenda  *agenda
	cards   int
	files   fs.FS
	paths   []string
	archive []byte
}

// New makes the household of the two years that end with the day end is on, in
// end's own zone. The same seed and day give the same bytes on every machine.
func New(seed uint64, end time.Time) (*Household, error) {
	last := dayOf(end)
	first := (last + 1).addMonths(-24)
	h := &Household{Owner: owner.name(), First: first.time(), Last: last.time(), plan: newPlan(seed, first, last)}
	h.energy = newConsumption(seed, h.plan)
	h.bills = billsOf(seed, h.plan, h.energy)
	h.ledger = newLedger(seed, h.plan, h.bills)
	h.mailbox = newMailbox(seed, h.plan, h.bills)
	h.agenda = newAgenda(h.plan)
	if err := h.write(); err != nil {
		return nil, fmt.Errorf("make the fictional household: %w", err)
	}
	return h, nil
}

// Files returns everything that comes as files, in the formats and layouts that
// people download; it is in memory.
func (h *Household) Files() fs.FS { return h.files }

// Paths returns the paths of all files, in the order they are best read.
func (h *Household) Paths() []string { return append([]string(nil), h.paths...) }

// Archive returns the files as one zip, as somebody might drop it on the page.
func (h *Household) Archive() []byte { return h.archive }

// Documents returns what comes as no file: places, the identity, the contracts
// behind the bills, and the refunds of care, which insurers only show.
func (h *Household) Documents() []Item {
	items := append(placesOf(h.plan), identity())
	items = append(items, contracts(h.plan)...)
	return append(items, refunds(h.plan)...)
}

// write makes the files and puts them in an archive in memory, which is an fs.FS.
func (h *Household) write() error {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	put := func(path string, content []byte) error {
		h.paths = append(h.paths, path)
		f, err := w.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Store, Modified: (h.plan.last + 1).time()})
		if err == nil {
			_, err = io.Copy(f, bytes.NewReader(content))
		}
		return err
	}
	for _, step := range []func(func(string, []byte) error) error{h.writeContacts, h.writeBank, h.writeEnergy, h.writeBills, h.writeMail} {
		if err := step(put); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	h.archive = buf.Bytes()
	archive, err := zip.NewReader(bytes.NewReader(h.archive), int64(len(h.archive)))
	h.files = archive
	return err
}

func (h *Household) writeContacts(put func(string, []byte) error) error {
	book, cards := contacts()
	h.cards = cards
	if err := put("contacts/carnet-d-adresses.vcf", book); err != nil {
		return err
	}
	return put("agenda/famille-vasseur.ics", h.agenda.w.bytes())
}

func (h *Household) writeBank(put func(string, []byte) error) error {
	p := h.plan
	for year := p.first.year(); year <= p.last.year(); year++ {
		from, to := max(p.first, date(year, time.January, 1)), min(p.last, date(year, time.December, 31))
		for _, s := range []struct {
			account int
			name    string
		}{{current, "compte-courant"}, {savings, "livret"}} {
			statement, err := h.ledger.ofx(s.account, from, to)
			if err == nil {
				err = put(fmt.Sprintf("banque/%s-%d.ofx", s.name, year), statement)
			}
			if err != nil {
				return err
			}
		}
	}
	return put("banque/export-compte-coli.csv", h.ledger.csv(card))
}

func (h *Household) writeEnergy(put func(string, []byte) error) error {
	if err := put("energie/Enedis_Conso_Heure.csv", h.energy.enedisCSV(h.plan)); err != nil {
		return err
	}
	gas, err := h.energy.grdfJSON()
	if err != nil {
		return err
	}
	return put("energie/grdf-consommation-jour.json", gas)
}

func (h *Household) writeBills(put func(string, []byte) error) error {
	for _, b := range h.bills {
		if err := put(b.path(), b.pdf()); err != nil {
			return err
		}
	}
	return nil
}

func (h *Household) writeMail(put func(string, []byte) error) error {
	return put("courrier/boite-de-reception.mbox", mbox(h.mailbox.messages))
}
