package nextcloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// byPath decodes what is said of files by their path; PHP writes an empty list
// when there is nothing.
func byPath[T any](b []byte) (map[string][]T, error) {
	if trimmed := bytes.TrimSpace(b); bytes.HasPrefix(trimmed, []byte("[")) {
		var none []json.RawMessage
		if err := decode(b, &none); err != nil || len(none) > 0 {
			return nil, fmt.Errorf("a list where paths are expected: %w", penates.Invalid)
		}
		return nil, nil
	}
	var m map[string][]T
	return m, decode(b, &m)
}

// comments gives out what was said under files, as messages in a thread of the
// file.
func (r *reader) comments(b []byte) error {
	type comment struct{ Message, Verb, ActorType, ActorID, CreationDateTime string }
	files, err := byPath[comment](b)
	if err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		seen := map[string]int{}
		for n, c := range files[file] {
			if err := r.ctx.Err(); err != nil {
				return err
			}
			at, err := locale.Time(c.CreationDateTime, locale.YMD, r.zone)
			if err != nil || strings.TrimSpace(c.Message) == "" {
				if err := r.out.Refuse(0, fmt.Errorf("comment %d of %s has no text or no time: %w", n+1, file, penates.Invalid)); err != nil {
					return err
				}
				continue
			}
			name := fmt.Sprintf("comment%s@%s/%s", file, c.CreationDateTime, c.ActorID)
			if seen[name]++; seen[name] > 1 {
				name += fmt.Sprintf("#%d", seen[name])
			}
			first, _, _ := strings.Cut(strings.TrimSpace(c.Message), "\n")
			err = r.out.Document(&penates.Document{
				Source:  penates.Source{NativeID: name},
				Time:    penates.Span{Start: at},
				Parties: []penates.Party{{Role: "from", Literal: c.ActorID}},
				Text:    locale.Line(first),
			}, schema.Message{Content: c.Message, From: c.ActorID, Thread: file, Folder: "Nextcloud"})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// tags keeps which tags files have, a record for each file.
func (r *reader) tags(b []byte) error {
	files, err := byPath[string](b)
	if err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		tags := files[file]
		list := make([]any, len(tags))
		for i, tag := range tags {
			list[i] = tag
		}
		if len(list) == 0 {
			continue
		}
		err := r.out.Document(&penates.Document{
			Source: penates.Source{NativeID: strings.TrimSuffix(r.name, ".json") + file},
			Text:   locale.Line(fmt.Sprintf("%s: %s", file, strings.Join(tags, ", "))),
		}, schema.Record{Kind: "nextcloud.tags", Fields: map[string]any{"file": file, "tags": list}})
		if err != nil {
			return err
		}
	}
	return nil
}
