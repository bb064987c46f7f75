package form

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/schema"
)

// A Summary is what a list shows of a document.
type Summary struct {
	ID        penates.DocumentID `json:"id"`
	Type      penates.Type       `json:"type"`
	Start     penates.Moment     `json:"start,omitzero"`
	End       penates.Moment     `json:"end,omitzero"`
	Text      string             `json:"text"`
	Amount    penates.Decimal    `json:"amount,omitempty"`
	Currency  string             `json:"currency,omitempty"`
	Value     penates.Decimal    `json:"value,omitempty"`
	Unit      string             `json:"unit,omitempty"`
	Place     *penates.Place     `json:"place,omitempty"`
	Who       string             `json:"who,omitempty"` // the first party
	Connector string             `json:"connector"`
}

// SummaryColumns fill a Summary; see ReadSummary.
const SummaryColumns = `d.id, d.type, d.doc ->> '$.time.start', d.doc ->> '$.time.end', d.doc ->> '$.text', d.doc ->> '$.money.amount', d.currency,
 d.doc ->> '$.quantity.value', d.doc ->> '$.quantity.unit', d.doc -> '$.place', d.doc -> '$.parties[0]', d.doc ->> '$.source.connector'`

// ReadSummary reads a row of SummaryColumns.
func ReadSummary(r *sqlite3.Stmt) (Summary, error) {
	m := Summary{
		ID: penates.DocumentID(r.ColumnText(0)), Text: r.ColumnText(4), Amount: penates.Decimal(r.ColumnText(5)), Currency: r.ColumnText(6),
		Value: penates.Decimal(r.ColumnText(7)), Unit: r.ColumnText(8), Connector: r.ColumnText(11),
	}
	if k := schema.OfCode(r.ColumnInt(1)); k != nil {
		m.Type = k.Type
	}
	var err error
	if m.Start, err = penates.ParseMoment(r.ColumnText(2)); err != nil {
		return m, err
	}
	if m.End, err = penates.ParseMoment(r.ColumnText(3)); err != nil {
		return m, err
	}
	if place := r.ColumnRawText(9); len(place) > 0 {
		m.Place = new(penates.Place)
		if err := json.Unmarshal(place, m.Place); err != nil {
			return m, err
		}
	}
	if party := r.ColumnRawText(10); len(party) > 0 {
		var p penates.Party
		if err := json.Unmarshal(party, &p); err != nil {
			return m, err
		}
		m.Who = p.String()
	}
	return m, nil
}

// A Cursor is a place in the list of all documents: by day, then instant, then row.
type Cursor struct {
	Day   string // "" for documents without a date, which come last
	Start int64
	N     int64
}

func (c Cursor) String() string { return fmt.Sprintf("%s_%d_%d", c.Day, c.Start, c.N) }

// ParseCursor reads what String wrote; "" is before the first.
func ParseCursor(s string) (c Cursor, err error) {
	if s == "" {
		return Cursor{Day: "9999-99-99"}, nil
	}
	parts := strings.Split(s, "_")
	if len(parts) == 3 {
		c.Day = parts[0]
		c.Start, err = strconv.ParseInt(parts[1], 10, 64)
		if err == nil {
			c.N, err = strconv.ParseInt(parts[2], 10, 64)
		}
		if err == nil && len(c.Day) <= 10 {
			return c, nil
		}
	}
	return c, fmt.Errorf("page %q: %w", s, penates.Invalid)
}

// Compare orders newest first.
func (c Cursor) Compare(o Cursor) int {
	if d := strings.Compare(o.Day, c.Day); d != 0 {
		return d
	}
	if c.Start != o.Start {
		return int(max(-1, min(1, o.Start-c.Start)))
	}
	return int(max(-1, min(1, o.N-c.N)))
}
