package bankcsv

import (
	"context"
	"errors"
	"io"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/mapping"
	"penates/internal/schema"
)

// A Tried is a row as a mapping reads it.
type Tried struct {
	Line                  int
	Day, Label, Currency  string
	Amount                penates.Decimal
	Account, Counterparty string
	Err                   error // why it is refused
}

// Try reads the first most rows of a file with a mapping, and keeps nothing.
func Try(ctx context.Context, m *mapping.Mapping, f *importer.File, most int) ([]Tried, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	t := &trial{most: most}
	err := Mapped([]mapping.Mapping{*m}).Read(ctx, topOf(f), t)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return t.rows, err
}

// A trial is a Sink that shows what it is given.
type trial struct {
	most int
	rows []Tried
}

var _ importer.Sink = (*trial)(nil)

func (t *trial) add(r Tried) error {
	if len(t.rows) >= t.most {
		return errEnough
	}
	t.rows = append(t.rows, r)
	return nil
}

func (t *trial) Document(d *penates.Document, body schema.Body) error {
	o, ok := body.(schema.BankOperation)
	if !ok {
		return nil
	}
	return t.add(Tried{Line: bank.LineOf(d.Source.Locator), Day: d.Time.Start.Date(), Label: d.Text, Amount: d.Money.Amount, Currency: d.Money.Currency,
		Account: d.Source.Connection, Counterparty: o.Counterparty})
}

func (t *trial) Points(*penates.Series) error { return nil }

func (t *trial) File(*penates.Document, schema.File, io.Reader) (penates.DocumentID, error) {
	return "", nil
}

func (t *trial) Link(penates.DocumentID, penates.Rel, penates.DocumentID) error { return nil }

func (t *trial) Refuse(line int, err error) error { return t.add(Tried{Line: line, Err: err}) }
