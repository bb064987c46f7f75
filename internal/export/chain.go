package export

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"

	"penates"
	"penates/internal/journal"
	"penates/internal/vault"
)

const journalName = "journal.jsonl"

// maxTold bounds the breaks of the other journal that its entries tell of.
const maxTold = 10_000

// A chain follows the journal of the other vault.
type chain struct {
	journal.Verifier
	told    int             // breaks its entries tell of
	breaks  []journal.Break // of those, the ones that are there
	entries int64           // that were verified
	broken  bool            // where no entry tells of it
}

// tell hears of the breaks that entries tell of, which stand behind them. What cannot
// be read is refused when the entries are taken.
func (t *taker) tell() error {
	r, err := t.open(journalName)
	if err != nil {
		return nil
	}
	defer r.Close()
	br, mark := bufio.NewReaderSize(r, 256<<10), []byte(`"breaks"`)
	for {
		b, _, err := readLine(br)
		if bytes.Contains(b, mark) {
			t.chain.hear(b)
		}
		switch {
		case t.ctx.Err() != nil:
			return t.ctx.Err()
		case err != nil: // the end, or what taking the entries will meet again
			return nil
		}
	}
}

func (c *chain) hear(line []byte) {
	var l entryLine
	if json.Unmarshal(line, &l) != nil {
		return
	}
	e, err := journal.Decode(l.Entry)
	if c.told += len(e.Breaks); err != nil || c.told > maxTold {
		return
	}
	c.Told(l.Number, &e)
	for _, b := range e.Breaks {
		if b.At == 0 {
			c.breaks = append(c.breaks, b)
		}
	}
}

// entry verifies the chain of the journal; where it breaks and no later entry tells
// of it is said once.
func (t *taker) entry(e entryLine) error {
	c := &t.chain
	hash, err := hex.DecodeString(e.Hash)
	if c.broken || err != nil {
		return err
	}
	last, _ := c.Head()
	known := c.Breaks()
	if err := c.Next(e.Number, e.Entry, hash); err != nil {
		c.broken = true
		return err
	}
	if c.entries++; c.Breaks() > known {
		c.breaks = append(c.breaks, journal.Break{After: last, At: e.Number, Hash: e.Hash})
	}
	return nil
}

// journal keeps the journal of the other vault as it came.
func (t *taker) journal(m *Manifest) error {
	for _, f := range m.Files {
		if f.Name != journalName {
			continue
		}
		name := "journal " + m.Made.UTC().Format("2006-01-02") + ".jsonl"
		b := vault.Blob{ID: penates.BlobID("sha256-" + f.SHA256), Name: name, Mime: vault.JournalMime, Path: name, Added: m.Made}
		if err := t.blob(f.Name, b); err != nil {
			return t.refuse(f.Name, 0, err)
		}
		t.adopted.Journal = b.ID
		t.adopted.Entries, t.adopted.Breaks = t.chain.entries, t.chain.breaks
	}
	return nil
}
