package facts

import "penates/internal/backup"

// A CopyLine shows one copy of the vault, and how far it can be relied on.
type CopyLine struct {
	Where, Kind    string
	Stored, Proven string
	Failure        string // why the last restore for proof failed
	Error          string // why nothing is stored there now
}

// Copies are what is shown of the copies there are, and what is missing.
type Copies struct {
	Lines  []CopyLine
	Advice []string
}

// CopiesOf says which copies there are.
func (v Voice) CopiesOf(c *backup.Copies) *Copies {
	box := &Copies{}
	for _, at := range c.Copies {
		if at.Kind != backup.InVault {
			box.Lines = append(box.Lines, v.copyLine(&at))
		}
	}
	for _, what := range c.Missing {
		if len(box.Lines) == 0 {
			break // the first copy is what is missing, and the page says how to make it
		}
		box.Advice = append(box.Advice, v.T("backup.missing."+what))
	}
	return box
}

func (v Voice) copyLine(c *backup.Copy) CopyLine {
	l := v.Locale
	line := CopyLine{Where: c.Where, Kind: l.T("backup.kind." + c.Kind), Stored: l.T("backup.never"), Proven: l.T("backup.never"), Failure: c.Failure}
	if !c.Point.IsZero() {
		line.Stored = l.Stamp(c.Point)
	}
	switch {
	case c.Proven.IsZero():
	case c.Failure != "":
		line.Proven = l.Stamp(c.Proven)
	default:
		line.Proven = l.T("backup.proven.what", l.Stamp(c.Proven), l.N("backup.documents", c.Documents), l.Size(c.Bytes))
	}
	if c.Failure != "" {
		line.Failure = l.T("backup.failed", l.Stamp(c.Tried), c.Failure)
	}
	if c.Error != "" && c.Error != c.Failure {
		line.Error = l.T("backup.error", c.Error)
	}
	return line
}
