package link

import (
	"context"
	"encoding/json"
	"path"
	"strings"

	"penates"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/schema"
	"penates/internal/vault"
)

const attachedPath = "part_of/path"

// attached finds the files that messages of chats name. They lie beside the chat
// in its archive, or in another part of it, and were read as files of their own.
var attached = Rule{
	Name:  "attached",
	Reads: []penates.Type{penates.Messages, penates.Files},
	Makes: []string{attachedPath},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		a := NewAttached()
		err := query.Each(ctx, s, query.Select{Key: "id", Columns: "attachments", From: "messages", Where: `attachments LIKE '%"path":%'`}, func(row []any) error {
			var list []schema.Attachment
			if json.Unmarshal([]byte(figure.Text(row[1])), &list) == nil {
				for _, f := range list {
					a.Want(penates.DocumentID(figure.Text(row[0])), f.Path)
				}
			}
			return nil
		})
		if err != nil || len(a.wanted) == 0 {
			return nil, err
		}
		err = query.Each(ctx, s, query.Select{Key: "id", Columns: "name, folder", From: "files", Where: "name <> ''"}, func(row []any) error {
			a.Meet(penates.DocumentID(figure.Text(row[0])), path.Join(figure.Text(row[2]), figure.Text(row[1])))
			return nil
		})
		return a.Links(), err
	},
}

// Attached brings the files that messages name together with those that were
// found.
type Attached struct {
	wanted map[string][]*attachment // by file name
	order  []*attachment
}

// An attachment is a file that a message names by the end of its path.
type attachment struct {
	message penates.DocumentID
	path    string
	file    penates.DocumentID
	several bool
}

// NewAttached returns an Attached that knows of no message yet.
func NewAttached() *Attached { return &Attached{wanted: map[string][]*attachment{}} }

// Want says that a message names a file by the end of its path.
func (a *Attached) Want(message penates.DocumentID, at string) {
	if at = strings.TrimPrefix(at, "./"); at == "" {
		return
	}
	w := &attachment{message: message, path: at}
	a.wanted[path.Base(at)] = append(a.wanted[path.Base(at)], w)
	a.order = append(a.order, w)
}

// Meet says that a file was found at a path.
func (a *Attached) Meet(file penates.DocumentID, at string) {
	for _, w := range a.wanted[path.Base(at)] {
		if at != w.path && !strings.HasSuffix(at, "/"+w.path) {
			continue
		}
		w.several = w.several || w.file != "" && w.file != file
		w.file = file
	}
}

// Links returns a link for each file that only one was found for: which of
// several is meant, nobody can say.
func (a *Attached) Links() (links []penates.Link) {
	type pair struct{ file, message penates.DocumentID }
	made := map[pair]bool{}
	for _, w := range a.order {
		if w.file == "" || w.several || made[pair{w.file, w.message}] {
			continue
		}
		made[pair{w.file, w.message}] = true
		confidence := 1.0
		if !strings.Contains(w.path, "/") {
			confidence = 0.9 // by its name alone
		}
		links = append(links, penates.Link{From: w.file, Rel: penates.PartOf, To: w.message, Confidence: confidence, Rule: attachedPath})
	}
	return sorted(links)
}
