package api

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"penates"
	"penates/internal/vault"
)

const (
	maxRows = 100_000
	maxArgs = 200
)

// question is the body of a query.
type question struct {
	SQL   string `json:"sql"`
	Args  []any  `json:"args"`
	Limit int    `json:"limit"`
}

// table is the answer to a query.
type table struct {
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
	Cut     bool     `json:"cut"` // there was more than the limit
}

func (c *call) timed() (context.Context, context.CancelFunc) {
	d := c.srv.cfg.QueryTime
	return context.WithTimeoutCause(c.ctx(), d, fmt.Errorf("the query was stopped after %s: %w", d, penates.TooLong))
}

// query runs the caller's SQL.
func (c *call) query() error {
	var in question
	if err := c.readJSON(&in); err != nil {
		return err
	}
	if in.Limit < 0 || in.Limit > maxRows || len(in.Args) > maxArgs {
		return fmt.Errorf("a query has a limit of at most %d rows and at most %d arguments: %w", maxRows, maxArgs, penates.Invalid)
	}
	for i, a := range in.Args {
		v, err := argument(a)
		if err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
		in.Args[i] = v
	}
	asCSV, err := wantsCSV(c.r.Header.Get("Accept"))
	if err != nil {
		return err
	}
	t, err := c.runQuery(in.SQL, in.Limit, in.Args...)
	if err != nil {
		return err
	}
	if asCSV {
		return c.writeCSV(t)
	}
	out := table{Columns: t.Columns, Rows: t.Rows, Cut: t.Cut}
	if out.Rows == nil {
		out.Rows = [][]any{}
	}
	return c.writeJSON(http.StatusOK, out)
}

// argument gives a JSON value the type that SQL knows.
func argument(a any) (any, error) {
	switch a := a.(type) {
	case nil, string:
		return a, nil
	case bool:
		if a {
			return int64(1), nil
		}
		return int64(0), nil
	case json.Number:
		if n, err := a.Int64(); err == nil {
			return n, nil
		}
		f, err := a.Float64()
		if err != nil {
			return nil, fmt.Errorf("the number does not fit: %w", penates.Invalid)
		}
		return f, nil
	}
	return nil, fmt.Errorf("only texts, numbers, booleans and null: %w", penates.Invalid)
}

// wantsCSV chooses between the two forms of an answer by the Accept field.
func wantsCSV(accept string) (bool, error) {
	if accept == "" {
		return false, nil
	}
	for part := range strings.SplitSeq(accept, ",") {
		switch media, _, _ := mime.ParseMediaType(part); media {
		case "application/json", "application/*", "*/*":
			return false, nil
		case "text/csv", "text/*":
			return true, nil
		}
	}
	return false, refuse(http.StatusNotAcceptable, "accept", "not acceptable", "answers come as application/json or text/csv")
}

// writeCSV answers as RFC 4180 has it: names first, what has no value empty.
func (c *call) writeCSV(t *vault.Table) error {
	c.w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	c.w.Header().Set("Penates-Cut", strconv.FormatBool(t.Cut))
	w := csv.NewWriter(c.w)
	w.UseCRLF = true
	if err := w.Write(t.Columns); err != nil {
		return gone(err)
	}
	record := make([]string, len(t.Columns))
	for _, row := range t.Rows {
		for i, v := range row {
			record[i] = cell(v)
		}
		if err := w.Write(record); err != nil {
			return gone(err)
		}
	}
	w.Flush()
	return gone(w.Error())
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}
