package bookmarks

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

func isList(h importer.Head, members ...string) bool {
	b := begin(h)
	if len(b) == 0 || b[0] != '[' {
		return false
	}
	for _, m := range members {
		if !bytes.Contains(b, []byte(`"`+m+`"`)) {
			return false
		}
	}
	return true
}

func isPinboard(h importer.Head) int {
	if isList(h, "href", "description", "extended", "hash", "toread") {
		return 96
	}
	return 0
}

func isInstapaper(h importer.Head) int {
	if isList(h, "type", "bookmark_id") && (isList(h, "progress_timestamp") || isList(h, "highlight_id")) ||
		isList(h, "type", "folder_id", "sync_to_mobile") || isList(h, "type", "subscription_is_active") {
		return 95
	}
	return 0
}

// A source is a list of objects that is read one by one.
func list(ctx context.Context, f *importer.File, out importer.Sink, one func(n map[string]any) (*penates.Document, schema.Body, error)) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	const most = 4 << 20 // bytes of one object
	j := jsonstream.New(text, most)
	return j.Array(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var n map[string]any
		err := j.Value(&n)
		switch {
		case jsonstream.Mismatch(err):
			return out.Refuse(j.Line(), err)
		case err != nil:
			return err
		}
		d, body, err := one(n)
		switch {
		case err != nil:
			return out.Refuse(j.Line(), err)
		case d == nil:
			return nil
		}
		d.Source.Locator = fmt.Sprintf("line=%d", j.Line())
		return out.Document(d, body)
	})
}

func readPinboard(ctx context.Context, f *importer.File, out importer.Sink) error {
	return list(ctx, f, out, func(n map[string]any) (*penates.Document, schema.Body, error) {
		url := text(n, "href")
		if url == "" || len(url) > maxURL {
			return nil, nil, fmt.Errorf("no address: %w", penates.Invalid)
		}
		at, ok := social.Stamp(text(n, "time"))
		if !ok {
			return nil, nil, fmt.Errorf("time %.40q: %w", text(n, "time"), penates.Invalid)
		}
		// Pinboard keeps each address once.
		return &penates.Document{Source: penates.Source{NativeID: "url/" + url}, Time: penates.Span{Start: at}, Text: social.Line(text(n, "description"))},
			schema.Bookmark{Title: social.Line(text(n, "description")), URL: url, Tags: split(text(n, "tags"), " "), Description: social.Clip(text(n, "extended"), maxWords)}, nil
	})
}

func readInstapaper(ctx context.Context, f *importer.File, out importer.Sink) error {
	return list(ctx, f, out, instapaper)
}

// instapaper reads one object of a list; those of the type meta say nothing.
func instapaper(n map[string]any) (*penates.Document, schema.Body, error) {
	kind := text(n, "type")
	id := text(n, kind+"_id")
	if kind != "meta" && id == "" {
		return nil, nil, fmt.Errorf("a %.40q without number: %w", kind, penates.Invalid)
	}
	d := &penates.Document{Source: penates.Source{NativeID: kind + "/" + id}}
	d.Time.Start, _ = social.Stamp(text(n, "time"))
	switch kind {
	case "meta":
		return nil, nil, nil
	case "bookmark":
		body := schema.Bookmark{Title: social.Line(text(n, "title")), URL: social.Clip(text(n, "url"), maxURL), Description: social.Clip(text(n, "description"), maxWords)}
		d.Text = first(body.Title, social.Line(body.URL))
		return d, body, nil
	case "highlight":
		content := strings.TrimSpace(social.Clip(text(n, "text")+"\n\n"+text(n, "note"), maxWords))
		d.Text = social.Line(content)
		return d, schema.Note{Title: social.Line(text(n, "text")), Content: content, Tags: []string{"highlight"}}, nil
	case "user":
		name := locale.Line(text(n, "username"))
		d.Text = "Instapaper: " + name
		body := schema.Identity{Customer: id, Issuer: "Instapaper"}
		if strings.Contains(name, "@") {
			body.Email = strings.ToLower(name)
			d.Refs = []penates.Ref{penates.NewRef(penates.RefEmail, name)}
		} else {
			body.Preferred = name
		}
		return d, body, nil
	}
	d.Text = social.Line(kind + " " + first(text(n, "display_title", "title"), id))
	return d, schema.Record{Kind: "instapaper." + kind, Fields: n}, nil
}

func first(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}
