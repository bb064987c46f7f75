package web

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/rule"
	"penates/internal/schema"
)

// A ruleLine is a rule in sentences.
type ruleLine struct {
	ID, Name, Sentence, Until string
	Ask                       bool
}

// A wishLine is what somebody waits for under a rule that asks the owner.
type wishLine struct{ ID, Client, Sentence, At string }

type rulesPage struct {
	Waiting                                               []wishLine
	Rules                                                 []ruleLine
	Types                                                 []choice
	Error, Name, Issuer, Value, From, Until, Purpose, End string
	Email, Ask                                            bool
}

// rules shows what is given without the owner's being asked, and to whom.
func (v *visit) rules() error { return v.showRules(url.Values{"ask": {"yes"}}, "") }

// showRules shows the page with what the form held.
func (v *visit) showRules(form url.Values, wrong string) error {
	all, err := rule.All(v.ctx(), v.s)
	if err != nil {
		return err
	}
	wishes, err := rule.Wishes(v.ctx(), v.s)
	if err != nil {
		return err
	}
	p := rulesPage{Error: wrong, Name: form.Get("name"), Issuer: form.Get("issuer"), Value: form.Get("value"), From: form.Get("from"), Until: form.Get("until"),
		Purpose: form.Get("purpose"), End: form.Get("end"), Email: form.Get("claim") == "email", Ask: form.Get("ask") == "yes"}
	for i := range all {
		p.Rules = append(p.Rules, v.ruleLine(&all[i]))
	}
	for _, w := range wishes {
		line := wishLine{ID: w.ID, Client: w.ClientName, At: v.l.Stamp(w.Asked), Sentence: w.Who}
		if i := slices.IndexFunc(all, func(r rule.Rule) bool { return r.ID == w.Rule }); i >= 0 {
			line.Sentence = v.ruleLine(&all[i]).Sentence
		}
		p.Waiting = append(p.Waiting, line)
	}
	for _, k := range schema.Kinds() {
		p.Types = append(p.Types, choice{Value: string(k.Type), Label: v.l.N("type."+string(k.Type), 2), Here: form.Get("type") == string(k.Type)})
	}
	slices.SortFunc(p.Types, func(a, b choice) int { return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
	return v.show("rules", p)
}

// ruleLine puts a rule into words.
func (v *visit) ruleLine(r *rule.Rule) ruleLine {
	line := ruleLine{ID: r.ID, Name: r.Name, Ask: r.Ask}
	if !r.Expires.IsZero() {
		line.Until = v.l.Day(penates.DayOf(r.Expires.In(v.l.Zone())))
	}
	var who, what []string
	for _, p := range r.Proofs {
		u, err := url.Parse(p.Issuer)
		if err != nil {
			continue
		}
		var values []string
		for _, value := range p.Claims {
			values = append(values, value)
		}
		slices.Sort(values)
		who = append(who, v.l.T("rules.who", u.Host, v.l.List(values)))
	}
	if len(who) == 0 {
		who = append(who, r.Client)
	}
	if r.Grant == nil {
		line.Sentence = v.l.T("rules.things", v.l.List(who), v.l.N("rules.count", len(r.Permissions)))
		return line
	}
	for i := range r.Grant.Selections {
		what = append(what, v.voice().Which(&r.Grant.Selections[i]))
	}
	line.Sentence = v.l.T("sharing.may", v.l.List(who), v.voice().Acts(r.Grant.Actions), v.l.List(what))
	if p := v.voice().Purpose(r.Grant.Purpose); p != "" {
		line.Sentence += " " + v.l.T("consent.purpose", p)
	}
	return line
}

// addRule keeps a rule that the owner wrote as sentences.
func (v *visit) addRule() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	f := v.r.PostForm
	claim := "sub"
	if f.Get("claim") == "email" {
		claim = "email"
	}
	r := rule.Rule{
		Name: strings.TrimSpace(f.Get("name")), Ask: f.Get("ask") == "yes",
		Proofs: []rule.Proof{{Issuer: strings.TrimSuffix(strings.TrimSpace(f.Get("issuer")), "/"), Claims: map[string]string{claim: strings.TrimSpace(f.Get("value"))}}},
		Grant: &grant.Grant{Actions: []penates.Action{penates.Read}, Purpose: strings.TrimSpace(f.Get("purpose")),
			Selections: []grant.Selection{{Type: penates.Type(f.Get("type")), From: f.Get("from"), Until: f.Get("until")}}},
	}
	end, err := time.ParseInLocation(time.DateOnly, f.Get("end"), v.l.Zone())
	if _, unknown := schema.Of(r.Grant.Selections[0].Type); err != nil || unknown != nil || r.Proofs[0].Claims[claim] == "" {
		return v.showRules(f, "rules.bad")
	}
	r.Expires = end.AddDate(0, 0, 1).Add(-time.Second).UTC()
	if _, err := rule.Add(v.ctx(), v.s, r); errors.Is(err, penates.Invalid) || errors.Is(err, penates.NotExist) {
		return v.showRules(f, "rules.bad")
	} else if err != nil {
		return err
	}
	v.redirect("/rules?done=ruled")
	return nil
}

// withdrawRule ends a rule and all it gave.
func (v *visit) withdrawRule() error {
	if err := rule.Withdraw(v.ctx(), v.s, v.r.PathValue("id")); err != nil {
		return err
	}
	v.redirect("/rules?done=withdrawn")
	return nil
}

// answerWish decides what somebody waits for.
func (v *visit) answerWish() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	if err := rule.Answer(v.ctx(), v.s, v.r.PostForm.Get("wish"), v.r.PostForm.Get("answer") == "yes"); err != nil {
		return err
	}
	v.redirect("/rules?done=answered")
	return nil
}
