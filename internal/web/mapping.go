package web

import (
	"penates"
	importing "penates/internal/importer/mapping"
	"penates/internal/web/mapping"
)

// mappings lists the tables whose columns the person named.
func (v *visit) mappings() error {
	list, err := mapping.All(v.ctx(), v.s, v.l)
	if err != nil {
		return err
	}
	return v.show("mappings", list)
}

// mapping shows how the columns of a kept table are read.
func (v *visit) mapping() error {
	p, err := mapping.Show(v.ctx(), v.s, penates.BlobID(v.r.PathValue("blob")), nil, v.l)
	if err != nil {
		return err
	}
	return v.show("mapping", p)
}

// learn takes what the person says of the columns: to be tried, or remembered.
func (v *visit) learn() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	blob := penates.BlobID(v.r.PathValue("blob"))
	if v.r.PostForm.Get("do") != "save" {
		p, err := mapping.Show(v.ctx(), v.s, blob, v.r.PostForm, v.l)
		if err != nil {
			return err
		}
		return v.show("mapping", p)
	}
	p, err := mapping.Learn(v.ctx(), v.s, blob, v.r.PostForm, v.l, v.now(), v.srv.cfg.Log)
	if err != nil {
		return err
	}
	v.srv.memo.forget()
	return v.show("mapping", p)
}

// unlearn forgets a mapping.
func (v *visit) unlearn() error {
	if err := importing.Remove(v.ctx(), v.s, v.r.PathValue("id")); err != nil {
		return err
	}
	v.redirect("/mapping?done=unlearned")
	return nil
}
