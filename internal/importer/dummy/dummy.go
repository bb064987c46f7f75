// Package dummy is an example to copy when adding a format: the notebook of a
// shopper, a text in which each line is a day, an amount, a shop and a thing,
// separated by tabs.
//
//	penates-demo 1
//	2026-03-14	12.50 EUR	Bakery Zoë	bread
//
// A format is one package with one exported name, Format, and one line in
// importer/all. Only the demonstration and tests write this one.
package dummy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads the notebook of a shopper.
//
// The Name is part of every document's id, so it never changes again.
var Format = importer.Format{Name: "penates-demo", Title: "shopper's notebook", Recognise: recognise, Read: read}

const signature = "penates-demo 1"

// recognise looks at content, never at the name alone: people rename files. 100
// is for a signature like this one; a table with likely column names would say
// 60, so that a format which is surer wins.
func recognise(h importer.Head) int {
	if bytes.HasPrefix(h.Bytes, []byte(signature)) {
		return 100
	}
	return 0
}

// A line longer than this is refused; what is in memory is one line.
const maxLine = 64 << 10

// read goes through the file as a stream. The charset is found by package
// locale: files are seldom in the one they should be.
func read(_ context.Context, f *importer.File, out importer.Sink) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	text, _ := locale.UTF8(r, "")
	lines := bufio.NewReaderSize(text, maxLine)
	// The same thing may be bought twice a day: the second one of a day must not
	// become the first, and must be the second again when the file is read again.
	seen := map[string]int{}
	for n := 1; ; n++ {
		line, long, err := readLine(lines)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err // the rest cannot be read; what was given out stays
		}
		if n == 1 || strings.TrimSpace(line) == "" {
			continue
		}
		if long {
			err = fmt.Errorf("a line of more than %d bytes: %w", maxLine, penates.TooLarge)
		} else {
			err = readEntry(line, n, seen, out)
		}
		// A bad line is refused with its number and a reason, and the others go in.
		// Errors of the sink are not ours: they end the reading.
		var bad *badLine
		switch {
		case long:
			err = out.Refuse(n, err)
		case errors.As(err, &bad):
			err = out.Refuse(n, bad.error)
		}
		if err != nil {
			return err
		}
	}
}

// readLine returns the next line and whether it was cut because of its length.
func readLine(r *bufio.Reader) (line string, long bool, err error) {
	b, err := r.ReadSlice('\n')
	line = string(b)
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		_, err = r.ReadSlice('\n')
	}
	if err == io.EOF && line != "" {
		err = nil
	}
	return line, long, err
}

type badLine struct{ error }

// readEntry reads one line into one document.
func readEntry(line string, n int, seen map[string]int, out importer.Sink) error {
	fields := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
	if len(fields) != 4 {
		return &badLine{fmt.Errorf("%d columns instead of 4: %w", len(fields), penates.Invalid)}
	}
	// A day stays a day: no midnight is made up.
	day, err := locale.Day(fields[0], locale.DMY)
	if err != nil {
		return &badLine{err}
	}
	amount, currency, _ := strings.Cut(fields[1], " ")
	total, err := locale.Amount(amount)
	if err != nil {
		return &badLine{err}
	}
	shop, thing := locale.Line(fields[2]), locale.Line(fields[3])
	seen[line]++
	d := &penates.Document{
		Source: penates.Source{
			// The native id tells the line from all others of the connection and is
			// the same when it is read again, from this or a longer notebook. So it
			// is not the line's number.
			NativeID: fmt.Sprintf("%s|%s|%s|%s|%d", day, total, shop, thing, seen[line]),
			Locator:  fmt.Sprintf("line=%d", n),
		},
		// What any type may have goes into the envelope, so that it can be crossed …
		Time:    penates.Span{Start: day},
		Parties: []penates.Party{{Role: "vendor", Literal: shop}},
		Text:    locale.Line(shop + " " + thing),
	}
	if code := locale.Currency(currency); code != "" {
		d.Money = &penates.Money{Amount: total, Currency: code}
	}
	// … and what only this type has, into its body.
	return out.Document(d, schema.Order{Merchant: shop, Items: []schema.BillLine{{Label: thing, Net: string(total)}}})
}
