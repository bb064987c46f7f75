package link

import (
	"context"
	"encoding/json"
	"path"
	"strings"

	"penates"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

const (
	picturedPath = "documents/beside"
	picturedCut  = "documents/beside-cut"
	picturedEdit = "documents/beside-edit"
)

// pictured finds the pictures that descriptions beside them are about (Google Photos, XMP).
// They have the name of the picture, cut after some letters, in the same folder,
// whichever part of the archive that is in.
var pictured = Rule{
	Name:  "pictured",
	Reads: []penates.Type{penates.Records, penates.Files},
	Makes: []string{picturedPath, picturedCut, picturedEdit},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		p := NewPictured()
		err := query.Each(ctx, s, query.Select{Key: "id", Columns: "fields", From: "records", Where: "kind = 'photo'"}, func(row []any) error {
			var fields struct {
				Media string `json:"media"`
			}
			if json.Unmarshal([]byte(figure.Text(row[1])), &fields) == nil {
				p.Want(penates.DocumentID(figure.Text(row[0])), fields.Media)
			}
			return nil
		})
		if err != nil || len(p.wanted) == 0 {
			return nil, err
		}
		err = query.Each(ctx, s, query.Select{Key: "id", Columns: "name, folder", From: "files", Where: "name <> ''"}, func(row []any) error {
			p.Meet(penates.DocumentID(figure.Text(row[0])), path.Join(figure.Text(row[2]), figure.Text(row[1])))
			return nil
		})
		return p.links(), err
	},
}

// Pictured brings descriptions of pictures and pictures together.
type Pictured struct {
	wanted map[string][]penates.DocumentID // by folder and name, as the description has it
	found  []penates.Link
}

// NewPictured returns a Pictured that knows of no description yet.
func NewPictured() *Pictured { return &Pictured{wanted: map[string][]penates.DocumentID{}} }

// Want says that a description is about the picture at a path of a folder and a name.
func (p *Pictured) Want(description penates.DocumentID, at string) {
	if at != "" {
		p.wanted[at] = append(p.wanted[at], description)
	}
}

// Google Photos cuts names of descriptions so that they have 51 bytes or characters
// with their ending, and those of pictures likewise.
const (
	shortestCut = 40
	longestCut  = 51
)

// Meet says that a file was found at a path.
func (p *Pictured) Meet(file penates.DocumentID, at string) {
	folder, name := path.Base(path.Dir(at)), path.Base(at)
	if p.meet(file, path.Join(folder, name), 1, picturedPath) {
		return
	}
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if p.meet(file, path.Join(folder, stem), 0.9, picturedPath) { // an XMP file without the picture's ending
		return
	}
	// "-edited", in the person's language, is behind the name of the original.
	if i := strings.LastIndexByte(stem, '-'); i > 0 && p.meet(file, path.Join(folder, stem[:i]+ext), 0.9, picturedEdit) {
		return
	}
	for n := min(len(name), longestCut); n >= shortestCut; n-- {
		if p.meet(file, path.Join(folder, name[:n]), 0.9, picturedCut) {
			return
		}
	}
}

func (p *Pictured) meet(file penates.DocumentID, at string, confidence float64, rule string) bool {
	for _, description := range p.wanted[at] {
		p.found = append(p.found, penates.Link{From: file, Rel: penates.Documents, To: description, Confidence: confidence, Rule: rule})
	}
	return len(p.wanted[at]) > 0
}

func (p *Pictured) links() []penates.Link { return sorted(p.found) }
