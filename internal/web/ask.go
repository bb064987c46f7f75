package web

import (
	"strconv"

	"penates"
)

// ask runs one SELECT over the views of the owner's session.
func (v *visit) ask(sql string, limit int, args ...any) ([][]any, error) {
	t, err := v.s.Query(v.ctx(), sql, limit, args...)
	if err != nil {
		return nil, err
	}
	return t.Rows, nil
}

// A row of an answer holds what SQLite has: nil, int64, float64, string or
// []byte.

func text(x any) string {
	switch x := x.(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return ""
}

func integer(x any) int64 {
	switch x := x.(type) {
	case int64:
		return x
	case float64:
		return int64(x)
	}
	return 0
}

// amount returns a number as money has it; SQL sees amounts as floating point,
// which fifteen digits survive.
func amount(x any) penates.Decimal {
	d, err := penates.ParseDecimal(text(x))
	if err != nil {
		return ""
	}
	return d
}
