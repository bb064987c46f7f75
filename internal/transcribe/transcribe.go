// Package transcribe gives pictures and scanned papers the words that stand on them, so that
// they are found: it goes through the files of a vault, has those that hold no text read, and
// writes the words, and by whom they were recognised, into their documents.
//
// It goes on where it was stopped: what was read, or has nothing to read, is remembered.
package transcribe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/figure"
	"penates/internal/ocr"
	"penates/internal/pdfdoc"
	"penates/internal/query"
	"penates/internal/schema"
	"penates/internal/vault"
)

// A Reader recognises the words of pictures; *ocr.Reader is one.
type Reader interface {
	Read(ctx context.Context, picture io.ReadSeeker) (string, error)
	ReadImage(ctx context.Context, picture *image.Gray) (string, error)
	String() string // who it is, and in which languages it reads
}

var _ Reader = (*ocr.Reader)(nil)

// A Report says what was done.
type Report struct {
	Read     int       `json:"read"`     // files that were looked at
	Words    int       `json:"words"`    // of them, those that have words now
	Empty    int       `json:"empty"`    // those on which there are none
	Unread   int       `json:"unread"`   // those that are damaged, too large or stored in a way that is not read
	Failed   int       `json:"failed"`   // those that are tried again the next time
	Left     int       `json:"left"`     // those not looked at, because it was stopped
	Failures []Failure `json:"failures"` // the first hundred of Unread and Failed
}

// A Failure says why a file has no words.
type Failure struct {
	ID    penates.DocumentID `json:"id"`
	Error string             `json:"error"`
}

const (
	maxFailures = 100
	maxText     = 1 << 20 // bytes of words of one document
	maxPDFTime  = 30 * time.Minute
	kind        = "recognised" // of what is remembered: who looked at a document
)

const typePDF = "application/pdf"

// Run reads every file of s that was not yet read. The report is never nil: with an error it
// says what was done until then.
func Run(ctx context.Context, s *vault.Session, r Reader, progress func(done, total int)) (*Report, error) {
	report := &Report{Failures: []Failure{}}
	ids, err := waiting(ctx, s, r)
	if err != nil {
		return report, err
	}
	report.Left = len(ids)
	for n, id := range ids {
		progress(n, len(ids))
		if err := report.file(ctx, s, r, id); err != nil {
			return report, err
		}
		report.Left--
	}
	return report, nil
}

// waiting returns the files that hold no text and that r was not shown yet.
func waiting(ctx context.Context, s *vault.Session, r Reader) (ids []penates.DocumentID, err error) {
	shown := map[string]bool{}
	err = s.RecallEach(ctx, kind, "", func(key string, by []byte) error {
		shown[key] = string(by) == r.String()
		return nil
	})
	if err != nil {
		return nil, err
	}
	where := "blob IS NOT NULL AND coalesce(recognised, '') = '' AND (mime IN ('" + strings.Join(ocr.Types, "', '") +
		"') OR mime = '" + typePDF + "' AND trim(coalesce(content, '')) = '')"
	err = query.Each(ctx, s, query.Select{Key: "id", Columns: "mime", From: "files", Where: where}, func(row []any) error {
		if id := figure.Text(row[0]); !shown[id] {
			ids = append(ids, penates.DocumentID(id))
		}
		return nil
	})
	slices.Sort(ids)
	return ids, err
}

// file reads one file and writes down what came of it. An error is one that ends the run.
func (report *Report) file(ctx context.Context, s *vault.Session, r Reader, id penates.DocumentID) error {
	d, err := s.Document(ctx, id)
	if errors.Is(err, penates.NotExist) {
		return nil // thrown away meanwhile
	}
	if err != nil {
		return err
	}
	text, err := read(ctx, s, r, d)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	report.Read++
	if err != nil {
		if len(report.Failures) < maxFailures {
			report.Failures = append(report.Failures, Failure{id, err.Error()})
		}
		if !errors.Is(err, penates.Unsupported) && !errors.Is(err, penates.TooLarge) {
			report.Failed++
			return nil
		}
		report.Unread++
		return s.Remember(ctx, kind, string(id), []byte(r.String()), time.Time{})
	}
	if text == "" {
		report.Empty++
		return s.Remember(ctx, kind, string(id), []byte(r.String()), time.Time{})
	}
	report.Words++
	err = keep(ctx, s, d, text, r.String())
	return errors.Join(err, s.Remember(ctx, kind, string(id), []byte(r.String()), time.Time{}))
}

// keep puts the words after those the file itself gave. They are no edit of the
// person's: later imports go on to say what else the file is. A document that the
// person did edit stays one.
func keep(ctx context.Context, s *vault.Session, d *vault.Stored, text, by string) error {
	var body schema.File
	if err := json.Unmarshal(d.Body, &body); err != nil {
		return fmt.Errorf("%w (%w)", penates.Damaged, err)
	}
	body.Text = joined(body.Text, text)
	body.Recognised = by
	if !d.Edited {
		doc := d.Document
		_, err := s.Put(ctx, &doc, body)
		return err
	}
	_, err := s.Edit(ctx, d.ID, func(d *penates.Document) error {
		b, err := json.Marshal(body)
		d.Body = b
		return err
	})
	return err
}

// joined is the words of a file and those that were recognised on it, which may hold
// the former already.
func joined(own, recognised string) string {
	if strings.HasPrefix(recognised, own) {
		return recognised
	}
	return strings.TrimSpace(own + "\n" + recognised)
}

// Words are the words that were recognised on files of a vault, for imports that read
// such files again.
type Words struct {
	session *vault.Session
	shown   map[penates.DocumentID]bool
}

// Recognised returns the words of a vault. Who may not know of them has none.
func Recognised(ctx context.Context, s *vault.Session) (*Words, error) {
	w := &Words{s, map[penates.DocumentID]bool{}}
	err := s.RecallEach(ctx, kind, "", func(key string, _ []byte) error {
		w.shown[penates.DocumentID(key)] = true
		return nil
	})
	if errors.Is(err, penates.Denied) {
		err = nil
	}
	return w, err
}

// Into puts the words that were recognised on a file into its body, if it is the same
// file still.
func (w *Words) Into(ctx context.Context, id penates.DocumentID, body *schema.File) error {
	if !w.shown[id] || body.Recognised != "" {
		return nil
	}
	d, err := w.session.Document(ctx, id)
	if errors.Is(err, penates.NotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var was schema.File
	if err := json.Unmarshal(d.Body, &was); err != nil {
		return fmt.Errorf("%w (%w)", penates.Damaged, err)
	}
	if was.Recognised != "" && was.Blob == body.Blob {
		body.Text, body.Recognised = joined(body.Text, was.Text), was.Recognised
	}
	return nil
}

func read(ctx context.Context, s *vault.Session, r Reader, d *vault.Stored) (text string, err error) {
	var body schema.File
	if err := json.Unmarshal(d.Body, &body); err != nil {
		return "", fmt.Errorf("%w (%w)", penates.Damaged, err)
	}
	blob, _, err := s.Blob(ctx, body.Blob)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, blob.Close()) }()
	if body.Mime != typePDF {
		return r.Read(ctx, blob)
	}
	if blob.Size() > pdfdoc.MaxSize {
		return "", fmt.Errorf("a PDF of %d bytes: %w", blob.Size(), penates.TooLarge)
	}
	content, err := io.ReadAll(io.LimitReader(blob, pdfdoc.MaxSize))
	if err != nil {
		return "", err
	}
	return pages(ctx, r, content)
}

// pages reads the pictures of a PDF. One that cannot be read does not keep the others from it.
func pages(ctx context.Context, r Reader, content []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, maxPDFTime)
	defer cancel()
	pdf, err := pdfdoc.Open(ctx, content)
	if err != nil {
		return "", fmt.Errorf("%w (%w)", penates.Unsupported, err)
	}
	var texts []string
	var unread error
	size := 0
	for i := range pdf.Images {
		var text string
		err := i.Err
		switch {
		case i.JPEG != nil:
			text, err = r.Read(ctx, bytes.NewReader(i.JPEG))
		case i.Grey != nil:
			text, err = r.ReadImage(ctx, i.Grey)
		}
		if err != nil && unread == nil {
			unread = err
		}
		if size += len(text) + 1; size > maxText || ctx.Err() != nil {
			break
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		return "", unreadable(unread)
	}
	return strings.Join(texts, "\n"), nil
}

// unreadable says of a picture within a PDF that is damaged that it cannot be read, which
// another try would not change.
func unreadable(err error) error {
	if errors.Is(err, penates.Damaged) {
		return fmt.Errorf("%w (%w)", penates.Unsupported, err)
	}
	return err
}
