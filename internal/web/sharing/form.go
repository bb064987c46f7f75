package sharing

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"penates"
	"penates/internal/grant"
)

// An Option is a box to tick, or one of several to choose.
type Option struct {
	Value, Label string
	On           bool
}

// Chose reports whether a form holds the choices of the page in parts.
func Chose(form url.Values) bool { return form.Get("part") == "chosen" }

// Granted makes the grants of what the person chose: each selection that was
// asked for, unless left out, narrowed as they wish. It never widens anything.
// There is one for each that was asked for; one without selections is not given.
func (v Voice) Granted(q *grant.Request, form url.Values, now time.Time) (out []grant.Grant, err error) {
	ends, err := v.chosenEnd(q, form.Get("ends"), now)
	if err != nil {
		return nil, err
	}
	for i, g := range q.Wanted {
		g.Expires = earlier(g.Expires, ends)
		if Chose(form) {
			if g.Selections, err = chosen(i, g.Selections, form); err != nil {
				return nil, err
			}
		}
		g.Statement = v.Statement(&q.Client, &g)
		out = append(out, g)
	}
	return out, nil
}

// Given leaves out the grants that give nothing.
func Given(grants []grant.Grant) []grant.Grant {
	return slices.DeleteFunc(grants, func(g grant.Grant) bool { return len(g.Selections) == 0 })
}

// chosen returns the selections the person gives, narrowed.
func chosen(i int, asked []grant.Selection, form url.Values) (out []grant.Selection, err error) {
	for j, s := range asked {
		key := pickKey(i, j)
		if !slices.Contains(form["give"], key) {
			continue
		}
		if from := form.Get("from." + key); from != "" {
			s.From = max(s.From, from)
		}
		if until := form.Get("until." + key); until != "" && (s.Until == "" || until < s.Until) {
			s.Until = until
		}
		for _, day := range []string{s.From, s.Until} {
			if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
				return nil, fmt.Errorf("day %q: %w", day, penates.Invalid)
			}
		}
		if s.From != "" && s.Until != "" && s.From > s.Until {
			return nil, fmt.Errorf("from %s until %s: %w", s.From, s.Until, penates.Invalid)
		}
		// The fields there were boxes for; those not ticked are left out.
		offered := form["offered."+wishKey(i, s.Type)]
		ticked := form["field."+wishKey(i, s.Type)]
		if len(offered) > 0 && len(ticked) < len(offered) {
			if s.Fields, err = fewer(s.Fields, offered, ticked); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// fewer returns the fields that stay when only those ticked of those offered do.
func fewer(asked, offered, ticked []string) ([]string, error) {
	if len(asked) == 0 {
		asked = offered
	}
	stay := slices.DeleteFunc(slices.Clone(asked), func(f string) bool {
		return slices.Contains(offered, f) && !slices.Contains(ticked, f)
	})
	if len(stay) == 0 {
		return nil, fmt.Errorf("no field is left: %w", penates.Invalid)
	}
	return stay, nil
}

func pickKey(i, j int) string { return strconv.Itoa(i) + "." + strconv.Itoa(j) }

func wishKey(i int, t penates.Type) string { return strconv.Itoa(i) + "." + string(t) }

// terms are the days after which a grant may end, shortest first.
var terms = []int{1, 7, 30, 365}

// shortTerm is the one that is chosen unless the person chooses another.
const shortTerm = 7

// Endings are when what is asked for may end: never later than asked.
func (v Voice) Endings(q *grant.Request, value string, now time.Time) (out []Option) {
	if len(q.Wanted) == 0 {
		return nil
	}
	asked := latest(q.Wanted)
	short := false
	for _, days := range terms {
		if at := now.AddDate(0, 0, days); asked.IsZero() || at.Before(asked) {
			out = append(out, Option{strconv.Itoa(days), v.N("consent.days", days) + " (" + v.Day(penates.DayOf(at.In(v.Zone()))) + ")", false})
			short = short || days == shortTerm
		}
	}
	label := v.T("consent.end.never")
	if !asked.IsZero() {
		label = v.T("consent.end.asked", v.Day(penates.DayOf(asked.In(v.Zone()))))
	}
	out = append(out, Option{"asked", label, false})
	if value == "" {
		if value = "asked"; short {
			value = strconv.Itoa(shortTerm)
		}
	}
	for i := range out {
		out[i].On = out[i].Value == value
	}
	return out
}

// latest returns when the last of the grants ends; zero when one never does.
func latest(grants []grant.Grant) (at time.Time) {
	for _, g := range grants {
		if g.Expires.IsZero() {
			return time.Time{}
		}
		if g.Expires.After(at) {
			at = g.Expires
		}
	}
	return at
}

// chosenEnd returns when what is given ends at the latest; zero leaves it as asked.
func (v Voice) chosenEnd(q *grant.Request, value string, now time.Time) (time.Time, error) {
	for _, e := range v.Endings(q, value, now) {
		if !e.On || e.Value == "asked" {
			continue
		}
		days, err := strconv.Atoi(e.Value)
		return now.AddDate(0, 0, days).UTC().Truncate(time.Second), err
	}
	if value != "" && value != "asked" {
		return time.Time{}, fmt.Errorf("end %q: %w", value, penates.Invalid)
	}
	return time.Time{}, nil
}

// earlier returns the earlier of two ends, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
