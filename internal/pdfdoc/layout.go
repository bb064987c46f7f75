package pdfdoc

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A Line is one line of a page as people see it, whatever the order it was
// written in.
type Line struct {
	Page   int // from 0
	Y      float64
	Pieces []Piece // from left to right
}

// A Piece is text of a line that stands together: a column, or a label.
type Piece struct {
	X0, X1, Size float64
	Text         string
	// It begins, or ends, with a blank that is not in Text.
	before, after bool
}

// maxPieces bounds the pieces of a document.
const maxPieces = 200_000

// Lines returns the lines of the pages from top to bottom, text that is turned
// after the other of its page, as far as it is text and not pictures.
func (d *Doc) Lines() (lines []Line) {
	t := &reader{doc: d, ops: maxOps, fonts: map[ref]*font{}, layout: &layout{}}
	for i, page := range d.pages() {
		if d.ctx.Err() != nil || t.out.Len() >= maxText || t.layout.count >= maxPieces {
			break
		}
		t.page(page)
		lines = append(lines, t.layout.lines(i)...)
		t.layout.pieces = t.layout.pieces[:0]
	}
	return lines
}

// A layout collects the pieces of a page.
type layout struct {
	pieces []placed
	count  int
}

// A placed piece is one with its direction; x and y are along and across it.
type placed struct {
	turn  int // in degrees
	x, y  float64
	piece Piece
	text  strings.Builder
}

// begin opens a piece where a glyph stands.
func (l *layout) begin(at matrix, size float64) {
	l.count++
	if l.count > maxPieces {
		return
	}
	turn := math.Atan2(at[1], at[0])
	sin, cos := math.Sincos(turn)
	l.pieces = append(l.pieces, placed{turn: int(math.Round(turn * 180 / math.Pi))})
	p := &l.pieces[len(l.pieces)-1]
	p.x, p.y = at[4]*cos+at[5]*sin, at[5]*cos-at[4]*sin
	p.piece = Piece{X0: p.x, X1: p.x, Size: size}
}

// add adds text to the open piece, which then ends at x, y.
func (l *layout) add(text rune, end matrix) {
	if len(l.pieces) == 0 || l.count > maxPieces {
		return
	}
	p := &l.pieces[len(l.pieces)-1]
	p.text.WriteRune(text)
	sin, cos := math.Sincos(float64(p.turn) * math.Pi / 180)
	p.piece.X1 = max(p.piece.X1, end[4]*cos+end[5]*sin)
}

// lines puts the pieces of a page into lines.
func (l *layout) lines(page int) (lines []Line) {
	var all []placed
	for i := range l.pieces {
		p := &l.pieces[i]
		written := p.text.String()
		p.piece.before, p.piece.after = strings.HasPrefix(written, " "), strings.HasSuffix(written, " ")
		p.piece.Text = strings.ToValidUTF8(strings.Join(strings.Fields(written), " "), "")
		if p.piece.Text != "" && !math.IsNaN(p.x) && !math.IsNaN(p.y) && !math.IsNaN(p.piece.X1) {
			all = append(all, placed{turn: p.turn, x: p.x, y: p.y, piece: p.piece})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(abs(a.turn), abs(b.turn)), cmp.Compare(a.turn, b.turn), cmp.Compare(b.y, a.y))
	})
	for start := 0; start < len(all); {
		end := start + 1
		for end < len(all) && sameLine(&all[start], &all[end]) {
			end++
		}
		line := Line{Page: page, Y: all[start].y}
		row := all[start:end]
		slices.SortStableFunc(row, func(a, b placed) int { return cmp.Compare(a.x, b.x) })
		for _, p := range row {
			line.add(p.piece)
		}
		lines = append(lines, line)
		start = end
	}
	return lines
}

func abs(n int) int { return max(n, -n) }

// sameLine reports whether b is on the line that a begins.
func sameLine(a, b *placed) bool {
	return a.turn == b.turn && math.Abs(a.y-b.y) <= 0.4*max(min(a.piece.Size, b.piece.Size), 1)
}

// The distances in sizes of the letters: of words of one piece at most, and that
// make a blank at least.
const (
	sameColumn = 1.2
	aBlank     = 0.05
)

// add adds a piece at the end of a line, or to the last one when it follows it as
// a word does. What is written twice at one place, to make it bold, counts once.
func (l *Line) add(p Piece) {
	n := len(l.Pieces)
	if n == 0 {
		l.Pieces = append(l.Pieces, p)
		return
	}
	last := &l.Pieces[n-1]
	em := max(p.Size, last.Size, 1)
	gap := p.X0 - last.X1
	switch {
	case p.Text == last.Text && math.Abs(p.X0-last.X0) < 0.3*em:
	case gap > sameColumn*em || gap < -sameColumn*em:
		l.Pieces = append(l.Pieces, p)
	default:
		blank := ""
		if gap > aBlank*em || last.after || p.before {
			blank = " "
		}
		*last = Piece{
			X0: last.X0, X1: max(last.X1, p.X1), Size: max(last.Size, p.Size), Text: last.Text + blank + p.Text,
			before: last.before, after: p.after,
		}
	}
}
