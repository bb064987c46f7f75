package grant

import (
	"time"

	"penates"
)

// A Selection says which documents of one type a grant speaks of, and how much
// of each may be seen.
type Selection struct {
	Type penates.Type `json:"type"`
	// Where are conditions that all must hold; none selects every document.
	Where []Condition `json:"where,omitempty"`
	// Fields are the columns of the type's SQL view that are shown; none shows all.
	// A field that is not shown is not seen by any question, not even to select by.
	Fields []string `json:"fields,omitempty"`
	// From and Until bound the documents' days, both included, as in "2025-01-01".
	// A document without a day is outside of any bound.
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
	// Folder bounds files to those below a path, as in "Taxes/2025".
	Folder string `json:"folder,omitempty"`
	// Source bounds documents to those of one connector, as in "enedis".
	Source string `json:"source,omitempty"`
}

// A Condition compares one column of a type's SQL view with values.
type Condition struct {
	Field string `json:"field"`
	Op    Op     `json:"op"`
	// Values are texts, numbers written as decimals; In takes several, the others one.
	Values []string `json:"values"`
}

// An Op is how a Condition compares. A column without a value fulfils none.
type Op string

// The comparisons.
const (
	Equal    Op = "eq"
	NotEqual Op = "ne"
	Less     Op = "lt"
	AtMost   Op = "le"
	Greater  Op = "gt"
	AtLeast  Op = "ge"
	In       Op = "in"
	Prefix   Op = "prefix"
)

// Limits bound what may be taken under a grant. A zero field is no bound.
type Limits struct {
	RowsPerDay  int64 `json:"rows_per_day,omitempty"`
	BytesPerDay int64 `json:"bytes_per_day,omitempty"`
	// Aggregate, when set, lets only sums, counts and the like leave, over groups
	// of documents.
	Aggregate *Aggregate `json:"aggregate,omitempty"`
}

// An Aggregate says how coarse answers must be.
type Aggregate struct {
	// MinGroup is the least number of documents behind any figure.
	MinGroup int `json:"min_group"`
	// Budget is how many different questions may be answered in all; it keeps
	// differences between answers from singling out a document.
	Budget int `json:"budget"`
}

// A Request is a wish for a grant that waits for the person's decision: what
// authorisation protocols make of what a third party asks for, and what the
// consent page shows.
type Request struct {
	ID      string    `json:"id"`
	Client  Client    `json:"client"`
	Asked   time.Time `json:"asked"`
	Expires time.Time `json:"expires"` // of the request itself
	// Wanted are the grants asked for, without id and grantee. None when the client
	// only wants the person to sign in.
	Wanted []Grant `json:"wanted,omitempty"`
	// SignIn says that the person's identity is asked for (OpenID Connect), and
	// Claims which facts about the person, as in "email".
	SignIn bool     `json:"sign_in,omitempty"`
	Claims []string `json:"claims,omitempty"`
}

// A Client is a third party as it presents itself; only its ID is certain.
type Client struct {
	ID      string        `json:"id"`
	Actor   penates.Actor `json:"actor"` // "app:…", "service:…": the grantee of what it is given
	Name    string        `json:"name"`
	URI     string        `json:"uri,omitempty"`     // its home page
	Policy  string        `json:"policy,omitempty"`  // its privacy policy
	Returns string        `json:"returns,omitempty"` // the host the person is sent back to
}
