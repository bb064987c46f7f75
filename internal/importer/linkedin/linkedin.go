// Package linkedin reads the CSV files of a LinkedIn archive
// (https://www.linkedin.com/help/linkedin/answer/a1339364): messages,
// connections, profile, and what else the person did there. A file is known by
// the names of its columns, which are English in every language; notes may stand
// before them. One that is known but has no type of its own gives activities
// when its rows have a date, and records when they have none.
//
// A message is named by its conversation, time, writer and text; a connection by
// the address of its profile, else by name and day.
package linkedin

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/locale"
)

// Format reads the files of an archive.
var Format = importer.Format{Name: "linkedin", Title: "LinkedIn archive", Recognise: recognise, Read: read}

const (
	maxRow   = 8 << 20
	maxNotes = 12 // rows before the names of the columns
)

// A table is one of the files of an archive.
type table struct {
	name string
	// columns are the folded names it has among others; all of them when exact.
	columns string
	exact   bool
	file    string // the file must be called so, when the columns are too common
	verb    string // what the person did, "" for a state of things
	date    string // column of the time
	title   string // column of what it is about; several with "+"
	url     string
	read    func(*reader, row) error
}

// tables are the files, the surer before the more common.
var tables = []table{
	{name: "messages", columns: "conversation id,from,to,date,content", read: (*reader).message},
	{name: "connections", columns: "first name,last name,connected on", read: (*reader).connection},
	{name: "imported contacts", columns: "firstname,lastname,emails,phonenumbers", read: (*reader).contact},
	{name: "profile", columns: "first name,last name,headline,summary,industry", read: (*reader).profile},
	{name: "invitations", columns: "from,to,sent at,direction", verb: "invited", date: "sent at", title: "from+to"},
	{name: "reactions", columns: "date,type,link", exact: true, verb: "reacted", date: "date", title: "type", url: "link"},
	{name: "comments", columns: "date,link,message", exact: true, read: (*reader).comment},
	{name: "shares", columns: "date,sharelink,sharecommentary", read: (*reader).comment},
	{name: "search queries", columns: "time,search query", verb: "searched", date: "time", title: "search query"},
	{name: "logins", columns: "login date,ip address,user agent", verb: "logged in", date: "login date", title: "ip address"},
	{name: "ads clicked", columns: "ad clicked date", verb: "clicked ad", date: "ad clicked date", title: "ad title/id"},
	{name: "company follows", columns: "organization,followed on", verb: "followed", date: "followed on", title: "organization"},
	{name: "member follows", columns: "date,status,fullname", verb: "followed", date: "date", title: "fullname"},
	{name: "hashtag follows", columns: "hashtag,created time,state", verb: "followed", date: "created time", title: "hashtag"},
	{name: "endorsements received", columns: "endorsement date,skill name,endorser first name", verb: "endorsed by", date: "endorsement date", title: "skill name+endorser first name+endorser last name"},
	{name: "endorsements given", columns: "endorsement date,skill name,endorsee first name", verb: "endorsed", date: "endorsement date", title: "skill name+endorsee first name+endorsee last name"},
	{name: "recommendations", columns: "first name,last name,company,job title,text,creation date", verb: "recommended", date: "creation date", title: "first name+last name+text"},
	{name: "job applications", columns: "application date,company name,job title", verb: "applied", date: "application date", title: "job title+company name", url: "job url"},
	{name: "saved jobs", columns: "saved date,job url", verb: "saved", date: "saved date", title: "job title+company name", url: "job url"},
	{name: "votes", columns: "date,link,optiontext", verb: "voted", date: "date", title: "optiontext", url: "link"},
	{name: "instant reposts", columns: "date,link", exact: true, verb: "reposted", date: "date", url: "link"},
	{name: "rich media", columns: "date/time,media description,media link", verb: "uploaded", date: "date/time", title: "media description", url: "media link"},
	{name: "learning", columns: "content title,content type,content last watched date (if viewed)", verb: "watched", date: "content last watched date (if viewed)", title: "content title"},
	{name: "registration", columns: "registered at,registration ip", verb: "joined", date: "registered at", title: "registration ip"},
	{name: "receipts", columns: "transaction made at,description,total amount", verb: "paid", date: "transaction made at", title: "description+total amount+currency code"},
	{name: "events", columns: "event name,event time,status", verb: "joined event", date: "event time", title: "event name"},
	{name: "positions", columns: "company name,title,started on,finished on", date: "started on", title: "title+company name"},
	{name: "education", columns: "school name,start date,end date,degree name", date: "start date", title: "school name+degree name"},
	{name: "certifications", columns: "name,authority,started on,finished on,license number", date: "started on", title: "name+authority"},
	{name: "volunteering", columns: "company name,role,cause,started on", date: "started on", title: "role+company name"},
	{name: "projects", columns: "title,description,url,started on,finished on", date: "started on", title: "title"},
	{name: "honors", columns: "title,description,issued on", date: "issued on", title: "title"},
	{name: "languages", columns: "name,proficiency", exact: true, title: "name+proficiency"},
	{name: "inferences", columns: "category,type of inference,description,inference", title: "type of inference+inference"},
	{name: "ad targeting", columns: "member age,job functions,member skills", title: "member age"},
	{name: "email addresses", columns: "email address,confirmed,primary", title: "email address"},
	{name: "phone numbers", columns: "extension,number,type", exact: true, title: "number"},
	{name: "skills", columns: "name", exact: true, file: "skills.csv", title: "name"},
	{name: "courses", columns: "name,number", exact: true, file: "courses.csv", title: "name"},
}

// match returns the table whose columns header has.
func match(header []string, file string) *table {
	folded := make([]string, len(header))
	for i, h := range header {
		folded[i] = locale.Fold(strings.TrimPrefix(h, "\uFEFF"))
	}
	for i := range tables {
		t := &tables[i]
		want := strings.Split(t.columns, ",")
		if t.exact && len(want) != len(folded) || t.file != "" && !strings.EqualFold(t.file, file) {
			continue
		}
		if !slices.ContainsFunc(want, func(c string) bool { return !slices.Contains(folded, c) }) {
			return t
		}
	}
	return nil
}

func recognise(h importer.Head) int {
	head := locale.Decode(h.Bytes, "")
	if strings.HasPrefix(strings.TrimSpace(head), "<") || strings.HasPrefix(strings.TrimSpace(head), "{") {
		return 0
	}
	t, _, _ := find(newRows(strings.NewReader(head)), path.Base(h.Name))
	switch {
	case t == nil:
		return 0
	case strings.Count(t.columns, ",") >= 2:
		return 88
	}
	return 70
}

// find reads up to the names of the columns.
func find(rows *rows, file string) (*table, []string, error) {
	for range maxNotes {
		header, err := rows.next()
		if err != nil {
			return nil, nil, err
		}
		if t := match(header, file); t != nil {
			return t, header, nil
		}
	}
	return nil, nil, nil
}

// rows reads CSV, with a bound on what one row may hold.
type rows struct {
	*csv.Reader
	budget *budget
}

type budget struct {
	r    io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("a row of more than %d bytes: %w", maxRow, penates.TooLarge)
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func newRows(r io.Reader) *rows {
	b := &budget{r: r}
	c := csv.NewReader(b)
	c.LazyQuotes, c.FieldsPerRecord, c.TrimLeadingSpace = true, -1, false
	return &rows{c, b}
}

func (r *rows) next() ([]string, error) {
	r.budget.left = maxRow
	return r.Read()
}

// A row is one row with the names of its columns.
type row struct {
	line   int
	header []string // folded
	cells  []string
}

// get returns the first of columns that says something.
func (w *row) get(columns ...string) string {
	for _, c := range columns {
		if i := slices.Index(w.header, c); i >= 0 && i < len(w.cells) {
			if s := strings.TrimSpace(w.cells[i]); s != "" {
				return s
			}
		}
	}
	return ""
}

func (w *row) empty() bool {
	return !slices.ContainsFunc(w.cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// fields returns all that the row says; columns of one name are put together.
func (w *row) fields() map[string]any {
	m := map[string]any{}
	for i, c := range w.cells {
		if c = strings.TrimSpace(c); c == "" || i >= len(w.header) || w.header[i] == "" {
			continue
		}
		if before, ok := m[w.header[i]].(string); ok && before != c {
			c = before + "; " + c
		}
		m[w.header[i]] = c
	}
	return m
}

type reader struct {
	social.Giver
	table   *table
	zone    *time.Location
	country string
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	rows := newRows(text)
	t, header, err := find(rows, path.Base(f.Name))
	if t == nil {
		var bad *csv.ParseError
		if err == nil || errors.Is(err, io.EOF) || errors.As(err, &bad) {
			err = importer.ErrNotMine
		}
		return fmt.Errorf("no columns of LinkedIn: %w", err)
	}
	r := &reader{Giver: social.Giver{Out: out}, table: t, zone: time.UTC, country: f.Country}
	w := row{header: make([]string, len(header))}
	for i, h := range header {
		w.header[i] = locale.Fold(h)
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.cells, err = rows.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return fmt.Errorf("line %d: %w: %w", bad.Line, bad.Err, penates.Invalid)
		}
		if err != nil {
			return err
		}
		w.line, _ = rows.FieldPos(0)
		if w.empty() {
			continue
		}
		take := t.read
		if take == nil {
			take = (*reader).other
		}
		if err := take(r, w); err != nil {
			return err
		}
	}
}
