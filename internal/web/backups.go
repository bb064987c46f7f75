package web

import "penates/internal/backup"

// A copyLine shows one copy of the vault, and how far it can be relied on.
type copyLine struct {
	Where, Kind    string
	Stored, Proven string
	Failure        string // why the last restore for proof failed
	Error          string // why nothing is stored there now
}

// A copiesBox shows the copies there are, and what is missing.
type copiesBox struct {
	Lines  []copyLine
	Advice []string
}

// copies asks what copies of the vault there are; nil where nobody knows.
func (v *visit) copies() (*copiesBox, error) {
	if v.srv.cfg.Copies == nil {
		return nil, nil
	}
	c, err := v.srv.cfg.Copies(v.ctx(), v.s)
	if err != nil {
		return nil, err
	}
	box := &copiesBox{}
	for _, at := range c.Copies {
		if at.Kind != backup.InVault {
			box.Lines = append(box.Lines, v.copyLine(&at))
		}
	}
	for _, what := range c.Missing {
		box.Advice = append(box.Advice, v.l.T("backup.missing."+what))
	}
	return box, nil
}

func (v *visit) copyLine(c *backup.Copy) copyLine {
	l := v.l
	line := copyLine{Where: c.Where, Kind: l.T("backup.kind." + c.Kind), Stored: l.T("backup.never"), Proven: l.T("backup.never"), Failure: c.Failure}
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
