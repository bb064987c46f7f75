package meta

import (
	"fmt"
	"strings"

	"golang.org/x/net/html/atom"

	"penates"
	"penates/internal/importer/social"
)

// Pages of before 2018 hold conversations one after the other:
//
//	<div class="thread">Zoé, Max
//	  <div class="message"><div class="message_header">
//	    <span class="user">Zoé</span><span class="meta">… at 8:53pm UTC+01</span></div></div>
//	  <p>text</p>

// startEarly begins a conversation or a message.
func (r *pageReader) startEarly(class string) error {
	switch class {
	case "thread":
		if err := r.endEarly(); err != nil {
			return err
		}
		r.title = ""
	case "message":
		if r.title == "" {
			r.title = social.Line(r.text.String())
		}
		err := r.endEarly()
		r.when = ""
		r.box = box{}
		r.text.Reset()
		return err
	}
	r.text.Reset()
	return nil
}

// endWords ends a span or paragraph of such a page.
func (r *pageReader) endWords(tag atom.Atom) error {
	if !r.early {
		if tag == atom.P {
			r.text.WriteByte('\n')
		}
		return nil
	}
	words := blocks(r.text.String())
	r.text.Reset()
	switch {
	case tag == atom.P && r.when != "":
		if words != "" && len(r.box.parts) < 100 {
			r.box.parts = append(r.box.parts, words)
		}
	case tag == atom.Span && r.class == "user":
		r.writer = words
	case tag == atom.Span && r.class == "meta":
		r.when = words
	}
	return nil
}

// endEarly gives out the message in hand, when there is one.
func (r *pageReader) endEarly() error {
	if !r.early || r.when == "" {
		return nil
	}
	r.count++
	stamp := r.when
	r.when = ""
	at, err := social.WordTime(stamp, r.file.Zone)
	if err != nil {
		return r.Out.Refuse(0, fmt.Errorf("message %d of the page: %w", r.count, err))
	}
	if at.IsZero() {
		return r.Out.Refuse(0, fmt.Errorf("message %d of the page has no time: %w", r.count, penates.Invalid))
	}
	return r.message(stamp, r.writer, strings.Join(r.box.parts, "\n"), at)
}
