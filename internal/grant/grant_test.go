package grant_test

import (
	"errors"
	"testing"
	"time"

	"penates"
	"penates/internal/grant"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestAllow(t *testing.T) {
	owner := grant.Owner()
	bills := grant.Grant{ID: "grt_1", Grantee: "app:budget", Actions: []penates.Action{penates.Read}, Selections: []grant.Selection{{Type: penates.Bills}},
		Starts: now.Add(-time.Hour), Expires: now.Add(time.Hour)}
	for _, test := range []struct {
		name   string
		g      grant.Grant
		at     time.Time
		action penates.Action
		typ    penates.Type
		ok     bool
	}{
		{"the owner may do all", owner, now, penates.Delete, penates.Health, true},
		{"what is granted", bills, now, penates.Read, penates.Bills, true},
		{"on any type at all", bills, now, penates.Read, "", true},
		{"another type", bills, now, penates.Read, penates.BankOperations, false},
		{"another action", bills, now, penates.Add, penates.Bills, false},
		{"too early", bills, now.Add(-2 * time.Hour), penates.Read, penates.Bills, false},
		{"at its end", bills, now.Add(time.Hour), penates.Read, penates.Bills, false},
	} {
		err := test.g.Allow(test.at, test.action, test.typ)
		if (err == nil) != test.ok || err != nil && !errors.Is(err, penates.Denied) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if err := bills.AllowAdminister(now); !errors.Is(err, penates.Denied) {
		t.Errorf("an app administers: %v", err)
	}
	if err := owner.AllowAdminister(now); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	good := grant.Owner()
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*grant.Grant){
		"no grantee":               func(g *grant.Grant) { g.Grantee = "" },
		"no action":                func(g *grant.Grant) { g.Actions, g.Administer = nil, false },
		"it ends before it starts": func(g *grant.Grant) { g.Starts, g.Expires = now, now },
	} {
		g := grant.Owner()
		spoil(&g)
		if err := g.Validate(); !errors.Is(err, penates.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
