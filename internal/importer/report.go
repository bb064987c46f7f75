package importer

import (
	"fmt"
	"path"
	"strings"

	"penates"
)

// How much a Report lists; what is beyond is counted all the same.
const (
	maxRefusals = 1000
	maxFiles    = 10_000
)

// A Report says what an import did. Read is always the sum of Added, Updated,
// Unchanged and Refused; documents, points of series and refused rows count one
// each.
type Report struct {
	Read      int                     `json:"read"`
	Added     int                     `json:"added"`
	Updated   int                     `json:"updated"`
	Unchanged int                     `json:"unchanged"`
	Refused   int                     `json:"refused"`
	Types     map[penates.Type]*Count `json:"types"`
	// Refusals are the first 1,000, in the order they were met.
	Refusals []Refusal `json:"refusals"`
	// Unlisted is how many more refusals there were.
	Unlisted int `json:"unlisted,omitempty"`
	// Notes are sentences about what an import did that no count says.
	Notes []string `json:"notes,omitempty"`
	// Files are the first 10,000 files that were read, in order.
	Files []FileReport `json:"-"`
}

// A Refusal is one row, record, member or file that could not be taken.
type Refusal struct {
	File  string `json:"file"`
	Line  int    `json:"line"` // 0 where there are no lines
	Error string `json:"error"`
}

// A FileReport says what one file gave, and which format read it; "" when it was
// kept as a file.
type FileReport struct {
	Path    string
	Blob    penates.BlobID
	Format  string
	Sure    int // of the format, as its Recognise said
	Refused int
	Count
}

// Unsure reports whether the file is a table whose columns the person had better
// look at: nothing recognised it, or only what its rows look like.
func (f FileReport) Unsure() bool {
	const evidence = 50
	return f.Blob != "" && f.Sure < evidence && Tabular(f.Path)
}

// Tabular reports whether a file's name is that of a table.
func Tabular(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv", ".xlsx", ".ods":
		return true
	}
	return false
}

func newReport() *Report {
	return &Report{Types: map[penates.Type]*Count{}, Refusals: []Refusal{}}
}

// String sums the report up in one line.
func (r *Report) String() string {
	return fmt.Sprintf("read %d: %d added, %d updated, %d unchanged, %d refused", r.Read, r.Added, r.Updated, r.Unchanged, r.Refused)
}

func (r *Report) refuse(file string, line, n int, err error) {
	r.Refused += n
	r.Read += n
	if len(r.Refusals) >= maxRefusals {
		r.Unlisted += n
		return
	}
	r.Unlisted += n - 1
	r.Refusals = append(r.Refusals, Refusal{file, line, err.Error()})
}

func (r *Report) count(t penates.Type, c Count) {
	if c == (Count{}) {
		return
	}
	sum := r.Types[t]
	if sum == nil {
		sum = &Count{}
		r.Types[t] = sum
	}
	sum.add(c)
	r.Added += c.Added
	r.Updated += c.Updated
	r.Unchanged += c.Unchanged
	r.Read += c.sum()
}
