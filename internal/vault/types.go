package vault

import (
	"encoding/json"
	"time"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
	"penates/internal/journal"
)

// A Stored is a document with what the vault knows about it.
type Stored = form.Stored

// A Point is one stored point of a series.
type Point = form.Point

// A Summary is what a list shows of a document.
type Summary = form.Summary

// A Filter selects documents for a list. The zero Filter selects all.
type Filter struct {
	Types  []penates.Type
	From   string // first day, "2006-01-02"
	To     string // last day
	Source string // connector
	Trash  bool   // the trash instead of the vault
	// Before continues a list: the cursor that came with the page before.
	Before string
	Limit  int // at most 500; 50 when zero
}

// A Page is one page of a list, newest first.
type Page struct {
	Items []Summary
	Next  string // cursor of the next page, "" at the end
}

// A DayCount says how many documents a day holds.
type DayCount struct {
	Day   string
	Count int
}

// A Hit is a document that a search found.
type Hit struct {
	Summary
	// Why is an excerpt around the words found; Marks are the byte ranges of the
	// words in it.
	Why   string
	Marks [][2]int
}

// A Found is the answer to a search.
type Found struct {
	Hits  []Hit
	Total int // all that match, not only Hits
	Types map[penates.Type]int
	Next  int // offset of the next page, 0 at the end
}

// A SearchQuery says what to look for.
type SearchQuery struct {
	// Words as a person types them: words, "exact phrases", -excluded, an amount,
	// a day. Accents and case do not count; the last word may be unfinished.
	Words  string
	Filter Filter // Types, From, To, Source
	Offset int
	Limit  int // at most 200; 20 when zero
}

// A Linked is a link seen from one of its ends.
type Linked struct {
	penates.Link
	// Outgoing is true when the document asked about is the From of the link.
	Outgoing bool    `json:"outgoing"`
	Other    Summary `json:"other"`
}

// A Revision is an earlier state of a document.
type Revision struct {
	Revision int             `json:"revision"`
	At       time.Time       `json:"at"`
	By       penates.Actor   `json:"by"`
	Document json.RawMessage `json:"document"`
}

// A Change is one step of the change sequence.
type Change struct {
	Seq     int64              `json:"seq"`
	ID      penates.DocumentID `json:"id"`
	Type    penates.Type       `json:"type"`
	Deleted bool               `json:"deleted,omitempty"`
}

// A TypeCount says how much of a type there is.
type TypeCount struct {
	Type      penates.Type `json:"type"`
	View      string       `json:"view"`
	Documents int          `json:"documents"`
	Points    int          `json:"points,omitempty"`
	First     string       `json:"first,omitempty"` // day of the earliest
	Last      string       `json:"last,omitempty"`
}

// A SourceInfo says what one source brought.
type SourceInfo struct {
	Connector  string
	Connection string
	Documents  int
	Last       time.Time // last time something was added or changed
}

// A PastJob is one run of an import, as it was noted.
type PastJob struct {
	ID        penates.JobID `json:"id"`
	Started   time.Time     `json:"started"`
	Ended     time.Time     `json:"ended,omitzero"` // zero while it runs, or when it was cut short
	What      string        `json:"what"`           // what was imported, in words
	Read      int           `json:"read"`
	Added     int           `json:"added"`
	Updated   int           `json:"updated"`
	Unchanged int           `json:"unchanged"`
	Refused   int           `json:"refused"`
}

// An Entry is one line of the journal as it stands there.
type Entry struct {
	journal.Entry
	Number int64  `json:"number"` // from 1, without gaps
	Hash   string `json:"hash"`   // hexadecimal; chains the entry to the one before
}

// A Table is the answer to a query.
type Table = engine.Table

// A conn is one connection to the database.
type conn = engine.Conn
