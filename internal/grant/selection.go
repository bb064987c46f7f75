package grant

import (
	"fmt"
	"slices"
	"time"

	"penates"
)

// A Selection says which documents of one type a grant speaks of, and how much
// of each may be seen.
type Selection struct {
	Type penates.Type `json:"type"`
	// Where are conditions that all must hold; none selects every document.
	Where []Condition `json:"where,omitempty"`
	// Fields are the columns of the type's SQL view that are shown, and "parties" and
	// "refs"; none shows all. id and type always are. A field that is not shown is
	// not seen by any question, not even to select by. Where only some fields are
	// shown, the ids of documents are the grant's own: the vault's would tell
	// whoever guesses a field whether it is right.
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

func (s *Selection) validate(before []Selection) error {
	if s.Type == "" {
		return fmt.Errorf("a selection needs a type: %w", penates.Invalid)
	}
	if len(s.Where) > maxConditions || len(s.Fields) > maxValues {
		return fmt.Errorf("a selection of %d conditions and %d fields: %w", len(s.Where), len(s.Fields), penates.TooLarge)
	}
	for _, other := range before {
		if other.Type == s.Type && !sameSet(other.Fields, s.Fields) {
			return fmt.Errorf("selections of one type (%s) show the same fields: %w", s.Type, penates.Invalid)
		}
	}
	for _, day := range []string{s.From, s.Until} {
		if m, err := penates.ParseMoment(day); err != nil || day != m.Date() {
			return fmt.Errorf("%q is no day, write it as in 2025-01-31: %w", day, penates.Invalid)
		}
	}
	if s.From != "" && s.Until != "" && s.Until < s.From {
		return fmt.Errorf("the days from %s until %s are none: %w", s.From, s.Until, penates.Invalid)
	}
	if s.Folder != "" && s.Type != penates.Files {
		return fmt.Errorf("a folder bounds files, not %s: %w", s.Type, penates.Invalid)
	}
	for i := range s.Where {
		if err := s.Where[i].validate(); err != nil {
			return err
		}
	}
	return checkTexts(append(slices.Clone(s.Fields), s.Folder, s.Source)...)
}

func sameSet(a, b []string) bool {
	in := func(list []string) func(string) bool {
		return func(s string) bool { return !slices.Contains(list, s) }
	}
	return len(a) == 0 == (len(b) == 0) && !slices.ContainsFunc(a, in(b)) && !slices.ContainsFunc(b, in(a))
}

func (c *Condition) validate() error {
	switch c.Op {
	case Equal, NotEqual, Less, AtMost, Greater, AtLeast, Prefix:
		if len(c.Values) != 1 {
			return fmt.Errorf("the comparison %s of %s takes one value: %w", c.Op, c.Field, penates.Invalid)
		}
	case In:
		if len(c.Values) == 0 || len(c.Values) > maxValues {
			return fmt.Errorf("the comparison %s of %s takes 1 to %d values: %w", c.Op, c.Field, maxValues, penates.Invalid)
		}
	default:
		return fmt.Errorf("comparison %q is not known: %w", c.Op, penates.Invalid)
	}
	return checkTexts(append(slices.Clone(c.Values), c.Field)...)
}

// Limits bound what may be taken under a grant. A zero field is no bound.
type Limits struct {
	RowsPerDay  int64 `json:"rows_per_day,omitempty"`
	BytesPerDay int64 `json:"bytes_per_day,omitempty"`
	// Aggregate, when set, lets only sums, counts and the like leave, over groups
	// of documents.
	Aggregate *Aggregate `json:"aggregate,omitempty"`
}

func (l *Limits) validate() error {
	if l.RowsPerDay < 0 || l.BytesPerDay < 0 {
		return fmt.Errorf("a limit below zero: %w", penates.Invalid)
	}
	if a := l.Aggregate; a != nil && (a.MinGroup < MinGroup || a.Budget < 1) {
		return fmt.Errorf("figures are over groups of %d documents or more, and at least one question is allowed: %w", MinGroup, penates.Invalid)
	}
	return nil
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
