package ocr

import (
	"strconv"
	"strings"
	"unicode"
)

// What is taken for a word: pictures of trees and walls give many that are none.
const (
	sure     = 60      // how sure the program is, of 100
	maxText  = 1 << 20 // bytes of words of one picture
	fewest   = 3       // letters and digits of a picture that has words
	aWord    = "5"     // the level of a row that is a word
	nColumns = 12
)

// words returns the words of tesseract's table, whose columns are level, page, block, paragraph,
// line, word, left, top, width, height, confidence and text.
func words(table []byte) string {
	var b strings.Builder
	line, letters := "", 0
	for row := range strings.Lines(string(table)) {
		f := strings.SplitN(strings.TrimRight(row, "\r\n"), "\t", nColumns)
		if len(f) < nColumns || f[0] != aWord {
			continue
		}
		confidence, err := strconv.ParseFloat(f[10], 64)
		word := strings.TrimSpace(strings.ToValidUTF8(f[11], ""))
		n := lettersOf(word)
		if err != nil || !(confidence >= sure) || n == 0 {
			continue
		}
		if b.Len()+len(word) >= maxText {
			break
		}
		if at := strings.Join(f[1:5], " "); at != line {
			if line = at; b.Len() > 0 {
				b.WriteByte('\n')
			}
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(strings.Map(printable, word))
		letters += n
	}
	if letters < fewest {
		return ""
	}
	return b.String()
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}

func lettersOf(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
