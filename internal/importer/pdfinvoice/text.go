package pdfinvoice

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"penates/internal/locale"
	"penates/internal/pdfdoc"
)

// A text is the lines of a document with their pieces, ready to be searched.
type text struct {
	lines []line
	first int  // how many lines the first page has
	mdy   bool // numeric dates have the month first
}

type line struct {
	page  int
	cells []cell
}

// A cell is a piece of a line: as written, and folded to lower case without
// accents.
type cell struct {
	raw, fold string
	at        []int // by byte of fold, where in raw it comes from
	x0, x1    float64
	sums      []amount // in it
}

func newText(lines []pdfdoc.Line) *text {
	t := &text{}
	for _, l := range lines {
		if l.Page >= maxPages || len(t.lines) >= maxLines {
			break
		}
		n := line{page: l.Page}
		for _, p := range l.Pieces {
			n.cells = append(n.cells, newCell(p))
		}
		t.lines = append(t.lines, n)
		if l.Page == 0 {
			t.first = len(t.lines)
		}
	}
	if t.first == 0 {
		t.first = len(t.lines)
	}
	t.mdy = t.monthFirst()
	return t
}

// maxCell bounds the bytes of a cell; longer ones are no labels.
const maxCell = 2000

func newCell(p pdfdoc.Piece) cell {
	c := cell{raw: p.Text, x0: p.X0, x1: p.X1}
	if len(c.raw) > maxCell {
		c.raw = strings.ToValidUTF8(c.raw[:maxCell], "")
	}
	var b strings.Builder
	for i, r := range c.raw {
		switch {
		case r >= 'A' && r <= 'Z':
			b.WriteByte(byte(r) + 'a' - 'A')
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r == '−' || r == '–' || r == '—':
			b.WriteByte('-')
		default:
			b.WriteString(locale.Fold(string(r)))
		}
		for len(c.at) < b.Len() {
			c.at = append(c.at, i)
		}
	}
	c.fold = b.String()
	c.sums = amounts(&c)
	return c
}

// tail returns the cell from byte i of its folded form on.
func (c *cell) tail(i int) cell {
	if i >= len(c.fold) {
		return cell{x0: c.x1, x1: c.x1}
	}
	from := c.at[i]
	t := cell{raw: c.raw[from:], fold: c.fold[i:], x0: c.x0, x1: c.x1}
	t.at = make([]int, len(c.at)-i)
	for n := range t.at {
		t.at[n] = c.at[i+n] - from
	}
	return t
}

// rawOf returns what is written where fold has [i, j).
func (c *cell) rawOf(i, j int) string {
	end := len(c.raw)
	if j < len(c.at) {
		end = c.at[j]
	}
	return c.raw[c.at[i]:end]
}

// A hit is where a label was found.
type hit struct {
	line, cell int
	start, end int // in the folded cell
}

// find calls yield with the hits of a label in lines [0, n), until it returns false.
func (t *text) find(label *regexp.Regexp, n int, yield func(hit) bool) {
	for i := range t.lines[:min(n, len(t.lines))] {
		for j := range t.lines[i].cells {
			for _, m := range label.FindAllStringIndex(t.lines[i].cells[j].fold, 4) {
				if !yield(hit{i, j, m[0], m[1]}) {
					return
				}
			}
		}
	}
}

// has reports whether the label occurs in lines [0, n).
func (t *text) has(label *regexp.Regexp, n int) (found bool) {
	t.find(label, n, func(hit) bool { found = true; return false })
	return found
}

// beside returns where the value of a label may stand, the likeliest first: after
// it in its piece, in the pieces to its right, in those below it, or to its left.
func (t *text) beside(h hit) []cell {
	l := &t.lines[h.line]
	c := &l.cells[h.cell]
	var all []cell
	if rest := c.tail(h.end); strings.Trim(rest.fold, " :.") != "" {
		all = append(all, rest)
	}
	for i := h.cell + 1; i < min(len(l.cells), h.cell+3); i++ {
		all = append(all, l.cells[i])
	}
	all = append(all, t.below(h)...)
	if h.cell > 0 {
		all = append(all, l.cells[h.cell-1])
	}
	return all
}

// below returns the pieces of the two following lines that stand under the label's.
func (t *text) below(h hit) (all []cell) {
	c := &t.lines[h.line].cells[h.cell]
	for i := h.line + 1; i < min(len(t.lines), h.line+3) && t.lines[i].page == t.lines[h.line].page; i++ {
		for _, under := range t.lines[i].cells {
			if under.x0 < c.x1 && under.x1 > c.x0 {
				all = append(all, under)
			}
		}
	}
	return all
}

// noBill are the words that other documents begin with or have, which mention
// bills and sums too.
var noBill = regexp.MustCompile(`^(?:devis|bon de (?:commande|livraison)|order confirmation|confirmation de (?:votre )?commande|pro ?forma|facture pro ?forma|bulletin de (?:paie|salaire)|offerte|angebot|quotation|lieferschein|conditions generales)\b|` +
	`(?:ancien|nouveau) solde|solde (?:crediteur|debiteur)|account statement|statement of account|kontoauszug|rekeningafschrift`)

// isOther reports whether the first page is that of another document. A number of
// an invoice is stronger than the words.
func (t *text) isOther() bool {
	return t.has(noBill, t.first) && !t.has(numberLabels[0], t.first)
}
