package web

import (
	"context"
	"net/url"

	"penates"
	"penates/internal/intake"
	"penates/internal/vault"
)

type documentsPage struct {
	Title, Total string
	Types        []choice
	Items        []vault.Summary
	Older        string
}

// documents lists all documents of a type or source, newest first.
func (v *visit) documents() error {
	f, err := filterOf(v.r.URL.Query())
	if err != nil {
		return err
	}
	p := documentsPage{Title: v.l.T("nav.documents")}
	if p.Types, err = v.typeChoices(f.Types); err != nil {
		return err
	}
	total, here := 0, len(f.Types) == 0 && f.Source == ""
	for _, t := range p.Types {
		total += t.Count
		if t.Here {
			p.Title = t.Label
			p.Total = v.l.N("count.documents", t.Count)
		}
	}
	if here {
		p.Total = v.l.N("count.documents", total)
	}
	if f.Source != "" {
		p.Title = sourceName(v.l, f.Source)
	}
	p.Types = append([]choice{{Label: v.l.T("filter.all"), Count: total, Href: "/documents", Here: here}}, p.Types...)
	page, err := v.s.List(v.ctx(), f)
	if err != nil {
		return err
	}
	p.Items = page.Items
	if page.Next != "" {
		p.Older = with(v.r.URL, "before", page.Next)
	}
	return v.show("documents", p)
}

type trashPage struct {
	Items []vault.Summary
	Older string
}

func (v *visit) trash() error {
	page, err := v.s.List(v.ctx(), vault.Filter{Trash: true, Before: v.r.URL.Query().Get("before"), Limit: 100})
	if err != nil {
		return err
	}
	p := trashPage{Items: page.Items}
	if page.Next != "" {
		p.Older = with(v.r.URL, "before", page.Next)
	}
	return v.show("trash", p)
}

// emptyTrash takes the chosen documents out of the trash, back or for ever.
func (v *visit) emptyTrash() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	var ids []penates.DocumentID
	for _, id := range v.r.PostForm["id"] {
		ids = append(ids, penates.DocumentID(id))
	}
	if len(ids) == 0 {
		v.redirect("/trash")
		return nil
	}
	v.srv.memo.forget()
	act, done := mover(intake.Related(v.s, v.s.Restore)), "restored"
	switch v.r.PostForm.Get("do") {
	case "restore":
	case "purge":
		act, done = v.s.Purge, "purged"
	default:
		return penates.Invalid
	}
	if err := act(v.ctx(), ids...); err != nil {
		return err
	}
	v.redirect("/trash?done=" + done)
	return nil
}

func (v *visit) trashOne() error { return v.move(intake.Related(v.s, v.s.Trash), "", "trashed") }

func (v *visit) restoreOne() error { return v.move(intake.Related(v.s, v.s.Restore), "", "restored") }

func (v *visit) purgeOne() error { return v.move(v.s.Purge, "/trash", "purged") }

// A mover moves documents into the trash or out of it.
type mover func(context.Context, ...penates.DocumentID) error

// move does something to the document of the address, then shows it again or
// goes to next.
func (v *visit) move(act mover, next, done string) error {
	id := penates.DocumentID(v.r.PathValue("id"))
	if err := act(v.ctx(), id); err != nil {
		return err
	}
	v.srv.memo.forget()
	if next == "" {
		next = "/documents/" + url.PathEscape(string(id))
	}
	v.redirect(next + "?done=" + done)
	return nil
}

// judgeLink notes what the person says of a link.
func (v *visit) judgeLink() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	state := penates.LinkState(v.r.PostForm.Get("state"))
	if err := v.s.JudgeLink(v.ctx(), penates.LinkID(v.r.PathValue("id")), state); err != nil {
		return err
	}
	v.srv.memo.forget()
	if v.r.PostForm.Get("page") == "people" {
		v.redirect("/people?done=judged")
		return nil
	}
	v.redirect("/documents/" + url.PathEscape(v.r.PostForm.Get("document")) + "?done=judged")
	return nil
}

type sourcesPage struct {
	Sources []vault.SourceInfo
	Types   []vault.TypeCount
	Jobs    []jobLine
	// What comes regularly: what lacks something, and what is complete.
	Lacking, Whole []gapLine
}

type jobLine struct {
	vault.PastJob
	Sum string
	Cut bool
}

func (v *visit) sources() (err error) {
	p := sourcesPage{}
	if p.Sources, err = v.s.Sources(v.ctx()); err != nil {
		return err
	}
	if p.Types, err = v.s.Counts(v.ctx()); err != nil {
		return err
	}
	jobs, err := v.s.Jobs(v.ctx(), 20)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		p.Jobs = append(p.Jobs, jobLine{j, v.counted(j.Added, j.Updated, j.Unchanged, j.Refused), j.Ended.IsZero() && !v.srv.runs.any()})
	}
	if p.Lacking, p.Whole, err = v.gaps(); err != nil {
		return err
	}
	return v.show("sources", p)
}

// counted sums an import up in words.
func (v *visit) counted(added, updated, unchanged, refused int) string {
	parts := []string{v.l.N("imported.n.added", added)}
	for _, c := range []struct {
		key string
		n   int
	}{{"imported.n.updated", updated}, {"imported.n.unchanged", unchanged}, {"imported.n.refused", refused}} {
		if c.n > 0 {
			parts = append(parts, v.l.N(c.key, c.n))
		}
	}
	return v.l.List(parts)
}
