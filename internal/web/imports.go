package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/schema"
	"penates/internal/web/words"
)

type importPage struct {
	Token   string
	Formats []string
}

// formats are the messages that say what can be brought in.
var formats = []string{
	"format.bank", "format.bills", "format.energy", "format.health", "format.mail", "format.people",
	"format.places", "format.screens", "format.photos", "format.moving", "format.archives",
}

func (v *visit) importForm() error {
	return v.show("import", importPage{penates.NewID("imp"), formats})
}

// A run is an import that goes on or is over. The page of its result can be
// looked at while the vault stays open.
type run struct {
	token string

	mu       sync.Mutex
	progress importer.Progress
	report   *importer.Report
	err      error
	done     chan struct{}
}

// moved notes how far the run is.
func (r *run) moved(p importer.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress = p
}

// finish notes the result.
func (r *run) finish(report *importer.Report, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report, r.err = report, err
	close(r.done)
}

func (r *run) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// runs keeps the latest imports.
type runs struct {
	mu   sync.Mutex
	list []*run
}

const keptRuns = 16

// begin notes a new run; a token is used once.
func (rs *runs) begin(token string) (*run, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if !strings.HasPrefix(token, "imp_") || len(token) > 64 {
		return nil, fmt.Errorf("import: %w", penates.NotExist)
	}
	if slices.ContainsFunc(rs.list, func(r *run) bool { return r.token == token }) {
		return nil, fmt.Errorf("import: %w", penates.Exists)
	}
	r := &run{token: token, done: make(chan struct{})}
	if rs.list = append(rs.list, r); len(rs.list) > keptRuns {
		rs.list = rs.list[1:]
	}
	return r, nil
}

func (rs *runs) find(token string) *run {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if i := slices.IndexFunc(rs.list, func(r *run) bool { return r.token == token }); i >= 0 {
		return rs.list[i]
	}
	return nil
}

// any reports whether an import is going on.
func (rs *runs) any() bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return slices.ContainsFunc(rs.list, func(r *run) bool { return !r.over() })
}

func (rs *runs) forget() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.list = nil
}

// importFiles takes the files of a form as they arrive: nothing of them is
// written anywhere but into the vault.
func (v *visit) importFiles() error {
	body := http.MaxBytesReader(v.w, v.r.Body, v.srv.cfg.MaxUpload)
	v.r.Body = body
	parts, err := v.r.MultipartReader()
	if err != nil {
		return fmt.Errorf("import form: %w: %w", penates.Invalid, err)
	}
	first, err := nextUpload(parts)
	if errors.Is(err, io.EOF) {
		v.redirect("/import?done=nofiles")
		return nil
	}
	if err != nil {
		return err
	}
	r, err := v.srv.runs.begin(v.r.PathValue("token"))
	if err != nil {
		return err
	}
	control := http.NewResponseController(v.w)
	_ = control.SetReadDeadline(time.Time{}) // an import may take long; a writer without deadlines has none to lift
	_ = control.SetWriteDeadline(time.Time{})
	report, err := v.srv.cfg.Import(v.ctx(), v.s, func() (*Upload, error) {
		if up := first; up != nil {
			first = nil
			return up, nil
		}
		return nextUpload(parts)
	}, r.moved)
	v.srv.memo.forget()
	r.finish(report, err)
	if errors.Is(err, penates.Locked) || errors.Is(err, context.Canceled) {
		return err
	}
	v.redirect("/import/" + r.token)
	return nil
}

// nextUpload returns the next file of a form. Fields without a file are passed
// over: a browser sends an empty one for a file input that was left alone.
func nextUpload(parts *multipart.Reader) (*Upload, error) {
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return nil, err
		}
		if name := uploadName(part.Header.Get("Content-Disposition")); name != "" {
			return &Upload{Name: name, Body: part}, nil
		}
		if _, err := io.Copy(io.Discard, part); err != nil {
			return nil, err
		}
	}
}

// uploadName returns the path a browser gives a file, cleaned so that it cannot
// climb out of where it is put; "" when the part is no file.
func uploadName(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil || params["filename"] == "" {
		return ""
	}
	name := strings.ToValidUTF8(strings.ReplaceAll(params["filename"], `\`, "/"), "_")
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" || len(name) > 4096 {
		return ""
	}
	return name
}

type importedPage struct {
	Running  bool
	Progress string
	Failed   string
	Sum      string
	Types    []typeTally
	Refused  int
	Refusals []importer.Refusal
	Unlisted int // refusals that are counted and not shown
	Files    []importer.FileReport
	Notes    []string // in both languages
}

type typeTally struct {
	Type penates.Type
	importer.Count
}

// shownRefusals and shownFiles bound the tables of a result.
const (
	shownRefusals = 200
	shownFiles    = 200
)

// imported shows how an import goes or went.
func (v *visit) imported() error {
	r := v.srv.runs.find(v.r.PathValue("token"))
	if r == nil {
		return fmt.Errorf("import: %w", penates.NotExist)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over() {
		return v.show("imported", importedPage{Running: true, Progress: v.progressSentence(r.progress)})
	}
	p := importedPage{}
	if r.err != nil {
		p.Failed = v.l.T(failureOf(r.err).key + ".what")
	}
	if r.report != nil {
		v.reported(&p, r.report)
	} else {
		p.Sum = v.counted(0, 0, 0, 0)
	}
	return v.show("imported", p)
}

// reported fills the page of an import that is over.
func (v *visit) reported(p *importedPage, r *importer.Report) {
	p.Sum = words.Capital(v.counted(r.Added, r.Updated, r.Unchanged, r.Refused)) + "."
	for _, k := range schema.Kinds() {
		if c := r.Types[k.Type]; c != nil {
			p.Types = append(p.Types, typeTally{k.Type, *c})
		}
	}
	p.Refused, p.Refusals = r.Refused, r.Refusals[:min(len(r.Refusals), shownRefusals)]
	p.Unlisted = r.Unlisted + len(r.Refusals) - len(p.Refusals)
	p.Files, p.Notes = r.Files[:min(len(r.Files), shownFiles)], r.Notes[:min(len(r.Notes), shownFiles)]
}

func (v *visit) progressSentence(p importer.Progress) string {
	if p.Path == "" {
		return v.l.T("import.sending")
	}
	return v.l.N("import.progress", p.Documents, p.Path)
}

// importProgress tells how an import goes as server-sent events, until it is
// over.
func (v *visit) importProgress() error {
	v.w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(v.w)
	_ = control.SetWriteDeadline(time.Time{})
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	said := ""
	for {
		r := v.srv.runs.find(v.r.PathValue("token"))
		if r != nil && r.over() {
			fmt.Fprint(v.w, "event: done\ndata: 1\n\n")
			return nil
		}
		sentence := v.l.T("import.sending")
		if r != nil {
			r.mu.Lock()
			sentence = v.progressSentence(r.progress)
			r.mu.Unlock()
		}
		if sentence != said {
			said = sentence
			fmt.Fprintf(v.w, "data: %s\n\n", strings.Join(strings.Fields(sentence), " "))
			if err := control.Flush(); err != nil {
				return nil // the browser is gone
			}
		}
		select {
		case <-tick.C:
		case <-v.ctx().Done():
			return nil
		}
	}
}
