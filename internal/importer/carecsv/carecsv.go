// Package carecsv reads the tables in which French health insurances, obligatory and
// complementary ("mutuelles"), list what they refunded: a row for each act, with the
// day of the care, who it was for, what was paid, and who refunded how much of it.
//
// None of them documents its table, so it is recognised by its headings, in any order:
// a day of care or of payment, an act, what it cost, and what was refunded. Each row
// becomes a bill that is a refund (io.cozy.bills), as those of statements in PDF do.
package carecsv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/rows"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads lists of refunds in CSV.
var Format = importer.Format{Name: "carecsv", Title: "Refunds of care (CSV)", Recognise: recognise, Read: read}

// A role is what a column holds.
type role int

const (
	careDay role = iota
	paidDay
	person
	act
	cost
	base
	rate
	obligatory
	complementary
	refund
	insurer
	number
	roles
)

// headings are the names of columns, plain (rows.Plain).
var headings = [roles][]string{
	careDay:       {"datedessoins", "datesoins", "datesoin", "datedesoins", "datedesoin", "datedusoin", "datedelacte", "dateacte", "datedeprestation", "dateprestation", "datedelaprestation", "soinsdu"},
	paidDay:       {"datedepaiement", "datepaiement", "datederemboursement", "dateremboursement", "datedereglement", "datereglement", "dateversement", "datedeversement", "datevirement", "datedevirement", "payele"},
	person:        {"beneficiaire", "beneficiairedessoins", "beneficiaires", "nombeneficiaire", "nomdubeneficiaire", "patient", "prenom"},
	act:           {"naturedesprestations", "naturedelaprestation", "naturedesoins", "naturedessoins", "naturedusoin", "naturedelacte", "natureacte", "acte", "actes", "soin", "soins", "prestation", "prestations", "typedesoins", "typedacte", "designation", "libelle", "libelleacte"},
	cost:          {"depense", "depenses", "montantdepense", "montantdeladepense", "depenseengagee", "fraisreels", "fraisengages", "montantpaye", "montantdessoins", "montantdelacte", "montantfacture", "montant", "prix", "cout", "facture"},
	base:          {"base", "basederemboursement", "baseremboursement", "baseduremboursement", "basesecu", "basedupremier", "basero", "tarif", "tarifconventionnel", "brss", "brsecu"},
	rate:          {"taux", "tauxderemboursement", "tauxremboursement", "tauxro", "tauxsecu"},
	obligatory:    {"remboursementsecu", "remboursementsecuritesociale", "remboursementsecurite", "remboursementro", "remboursementregimeobligatoire", "remboursementobligatoire", "remboursementassurancemaladie", "remboursementamo", "partsecu", "partsecuritesociale", "partro", "partobligatoire", "partamo", "montantro", "montantsecu", "montantamo", "regimeobligatoire", "securitesociale", "secu", "assurancemaladie"},
	complementary: {"remboursementmutuelle", "remboursementcomplementaire", "remboursementcomplementairesante", "remboursementrc", "remboursementamc", "partmutuelle", "partcomplementaire", "partrc", "partamc", "montantrc", "montantmutuelle", "montantamc", "regimecomplementaire", "mutuelle", "complementaire", "notreremboursement"},
	refund:        {"remboursement", "montantrembourse", "montantremboursement", "montantduremboursement", "montantverse", "rembourse", "totalrembourse", "verse"},
	insurer:       {"organisme", "assureur", "nomdelamutuelle", "emetteur"},
	number:        {"numerodecompte", "numerodedecompte", "decompte", "reference", "ref", "ndecompte", "numerodossier", "dossier"},
}

type columns [roles]int

func find(head []byte) (c columns, delim byte, sure int) {
	names, delim := rows.Header(head)
	for r := range headings {
		c[r] = slices.IndexFunc(names, func(n string) bool { return slices.Contains(headings[r], cutCurrency(n)) })
	}
	refunded := c[obligatory] >= 0 || c[complementary] >= 0 || c[refund] >= 0
	if c[act] < 0 || c[cost] < 0 || !refunded || c[careDay] < 0 && c[paidDay] < 0 {
		return c, 0, 0
	}
	switch { // "montant" and "remboursement" are words of other tables too
	case c[careDay] >= 0, c[obligatory] >= 0 && c[complementary] >= 0:
		return c, delim, 90
	case c[person] >= 0 || c[obligatory] >= 0:
		return c, delim, 70
	}
	return c, 0, 0
}

func cutCurrency(name string) string {
	for _, s := range [...]string{"enc", "eneuros", "eneuro", "euros", "euro", "eur"} {
		if rest, ok := strings.CutSuffix(name, s); ok && len(rest) > 3 && s != "enc" {
			return rest
		}
	}
	return name
}

func recognise(h importer.Head) int {
	if len(h.Bytes) == 0 || h.Bytes[0] == '<' || h.Bytes[0] == '{' || h.Bytes[0] == '%' {
		return 0
	}
	_, _, sure := find(h.Bytes)
	return sure
}

// A reader reads the rows of one table.
type reader struct {
	columns
	fields []string
	from   *company.Vendor // who the file's name says it is of
	names  bank.Namer
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	r := reader{from: company.In(company.Words(f.Path))}
	var delim byte
	if r.columns, delim, _ = find(f.Bytes); delim == 0 {
		return importer.ErrNotMine
	}
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	in := rows.New(text, delim)
	if _, _, err := in.Next(); err != nil {
		return fmt.Errorf("headings: %w", err)
	}
	for {
		fields, line, err := in.Next()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, penates.Invalid), errors.Is(err, penates.TooLarge):
			err = out.Refuse(line, err)
		case err == nil:
			r.fields = fields
			err = r.give(line, out)
		}
		if err != nil {
			return err
		}
	}
}

// text returns the cell of a role.
func (r *reader) text(of role) string {
	if i := r.columns[of]; i >= 0 && i < len(r.fields) {
		return locale.Line(r.fields[i])
	}
	return ""
}

// sum returns the amount of a role; "" when there is none.
func (r *reader) sum(of role) (penates.Decimal, error) {
	s := r.text(of)
	if s == "" || s == "-" {
		return "", nil
	}
	return locale.Amount(s)
}

func (r *reader) give(line int, out importer.Sink) error {
	if first := locale.Fold(r.fields[0]); strings.HasPrefix(first, "total") {
		return nil
	}
	d, body, err := r.bill()
	if err != nil {
		return out.Refuse(line, err)
	}
	d.Source.Locator = fmt.Sprintf("line=%d", line)
	return out.Document(d, body)
}

// bill reads a row as a refund.
func (r *reader) bill() (*penates.Document, *schema.Bill, error) {
	cared, err := r.day(careDay)
	if err != nil {
		return nil, nil, err
	}
	paid, err := r.day(paidDay)
	if err != nil {
		return nil, nil, err
	}
	if paid.IsZero() {
		paid = cared
	}
	what := r.text(act)
	if paid.IsZero() || what == "" {
		return nil, nil, fmt.Errorf("no day or no act: %w", penates.Invalid)
	}
	b := &schema.Bill{IsRefund: true, Kind: "refund", Title: what, Beneficiary: r.text(person), OriginalDate: cared.Date(), Number: r.text(number)}
	amount, err := r.sums(b)
	if err != nil {
		return nil, nil, err
	}
	b.Vendor = r.vendor()
	d := &penates.Document{
		Time: penates.Span{Start: paid}, Money: &penates.Money{Amount: amount, Currency: "EUR"}, Sensitivity: penates.Sensitive,
		Text: locale.Line(b.Vendor + " " + what), Parties: []penates.Party{{Role: "vendor", Literal: b.Vendor}},
	}
	d.Source.Connection = locale.Fold(b.Vendor)
	d.Source.NativeID = "refund/" + r.names.Hash(cared.Date(), b.Beneficiary, what, b.OriginalAmount, bank.Canonical(amount), b.Number)
	return d, b, nil
}

func (r *reader) day(of role) (penates.Moment, error) {
	s := r.text(of)
	if s == "" {
		return penates.Moment{}, nil
	}
	return locale.Day(s, locale.DMY)
}

// sums fills the amounts of b and returns what this insurance refunded: the
// complementary one, where both are told, since the table is its own.
func (r *reader) sums(b *schema.Bill) (penates.Decimal, error) {
	var told [roles]penates.Decimal
	for _, of := range [...]role{cost, base, obligatory, complementary, refund} {
		d, err := r.sum(of)
		if err != nil {
			return "", err
		}
		told[of] = d
	}
	b.OriginalAmount, b.Base = string(told[cost]), string(told[base])
	b.ObligatoryPart, b.ComplementaryPart = string(told[obligatory]), string(told[complementary])
	if s := strings.TrimSpace(strings.TrimSuffix(r.text(rate), "%")); s != "" {
		d, err := locale.Amount(s)
		if err != nil {
			return "", fmt.Errorf("rate: %w", err)
		}
		b.Rate = string(d)
	}
	amount := cmp.Or(told[refund], told[complementary], told[obligatory])
	if amount == "" {
		return "", fmt.Errorf("nothing is said to be refunded: %w", penates.Invalid)
	}
	return amount, nil
}

// vendor is who refunds: as the row says, or the file's name, or its columns.
func (r *reader) vendor() string {
	if s := r.text(insurer); s != "" {
		return s
	}
	if r.from != nil && (r.from.Sector == company.Health || r.from.Sector == company.Insurance) {
		return r.from.Name
	}
	if r.columns[complementary] < 0 && r.columns[obligatory] >= 0 {
		return "Ameli"
	}
	return "Complémentaire santé"
}
