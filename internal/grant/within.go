package grant

import (
	"fmt"
	"slices"

	"penates"
)

// Within returns nil when child, passed on by the grantee of parent, asks for no
// more than parent gives, else a Denied error that names what is too much. What
// cannot be compared (two conditions) need not be: under a grant that was passed
// on, the conditions of both hold.
func Within(child, parent *Grant) error {
	switch {
	case !slices.Contains(parent.Actions, penates.Share):
		return fmt.Errorf("the grant may not be passed on: %w", penates.Denied)
	case child.Administer:
		return fmt.Errorf("administering the vault cannot be passed on: %w", penates.Denied)
	case !parent.Expires.IsZero() && (child.Expires.IsZero() || child.Expires.After(parent.Expires)):
		return fmt.Errorf("a grant that is passed on ends no later than the one it comes from: %w", penates.Denied)
	case child.Starts.Before(parent.Starts):
		return fmt.Errorf("a grant that is passed on starts no earlier than the one it comes from: %w", penates.Denied)
	}
	for _, a := range child.Actions {
		if !slices.Contains(parent.Actions, a) {
			return fmt.Errorf("%s is more than was given: %w", a, penates.Denied)
		}
	}
	if parent.All() {
		return nil
	}
	for _, s := range child.Selections {
		if err := s.within(parent); err != nil {
			return err
		}
	}
	return nil
}

func (s *Selection) within(parent *Grant) error {
	i := slices.IndexFunc(parent.Selections, func(p Selection) bool { return p.Type == s.Type })
	if i < 0 {
		return fmt.Errorf("%s is more than was given: %w", s.Type, penates.Denied)
	}
	shown := parent.Selections[i].Fields
	if len(shown) == 0 {
		return nil
	}
	if len(s.Fields) == 0 {
		return fmt.Errorf("all fields of %s are more than was given: %w", s.Type, penates.Denied)
	}
	// A condition on a field that is not shown would tell what is in it.
	for _, field := range slices.Concat(s.Fields, s.asked()) {
		if !slices.Contains(shown, field) && field != "id" && field != "type" {
			return fmt.Errorf("the field %s of %s is more than was given: %w", field, s.Type, penates.Denied)
		}
	}
	return nil
}

// asked returns the fields that s selects by.
func (s *Selection) asked() (fields []string) {
	for _, c := range s.Where {
		fields = append(fields, c.Field)
	}
	if s.From != "" || s.Until != "" {
		fields = append(fields, "day")
	}
	if s.Folder != "" {
		fields = append(fields, "folder")
	}
	if s.Source != "" {
		fields = append(fields, "source")
	}
	return fields
}

// Tighten returns the limits that hold when both do.
func (l Limits) Tighten(o Limits) Limits {
	t := Limits{RowsPerDay: least(l.RowsPerDay, o.RowsPerDay), BytesPerDay: least(l.BytesPerDay, o.BytesPerDay), Aggregate: l.Aggregate}
	switch {
	case l.Aggregate == nil:
		t.Aggregate = o.Aggregate
	case o.Aggregate != nil:
		t.Aggregate = &Aggregate{MinGroup: max(l.Aggregate.MinGroup, o.Aggregate.MinGroup), Budget: min(l.Aggregate.Budget, o.Aggregate.Budget)}
	}
	return t
}

// least returns the smaller of two bounds, of which zero is none.
func least(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
