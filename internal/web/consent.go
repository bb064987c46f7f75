package web

import (
	"context"
	"errors"
	"net/http"

	"penates"
	"penates/internal/grant"
	"penates/internal/vault"
	"penates/internal/web/sharing"
)

// Consents are the requests of third parties that wait for the owner. The owner's
// session is that of the browser, so nothing is decided while the vault is locked.
type Consents interface {
	// Pending returns a request, or a NotExist error once it was decided or is over.
	Pending(ctx context.Context, owner *vault.Session, id string) (grant.Request, error)
	// Decide gives what is granted, which is no more than was asked for, and lets the
	// person sign in where that was asked. It returns where the browser goes.
	Decide(ctx context.Context, owner *vault.Session, id string, granted []grant.Grant) (redirect string, err error)
	// Refuse gives nothing.
	Refuse(ctx context.Context, owner *vault.Session, id string) (redirect string, err error)
}

type consentPage struct {
	ID, Name, Purpose, Error string
	Over                     bool // it was answered already, or its time is over
	Part                     bool // the person chooses
	Client                   grant.Client
	SignIn, Claims, Protects string
	Wishes                   []sharing.Wish
	Ends                     []sharing.Option
}

// consent shows what somebody asks for, in sentences and with the rows they would
// see.
func (v *visit) consent() error {
	q, err := v.pending()
	if errors.Is(err, penates.NotExist) {
		return v.showStatus(http.StatusNotFound, "consent", consentPage{Over: true})
	}
	if err != nil {
		return err
	}
	return v.showConsent(http.StatusOK, q, v.r.Form.Get("part") != "", "")
}

func (v *visit) pending() (grant.Request, error) {
	if err := v.r.ParseForm(); err != nil {
		return grant.Request{}, badForm(err)
	}
	if v.srv.cfg.Consents == nil {
		return grant.Request{}, penates.NotExist
	}
	return v.srv.cfg.Consents.Pending(v.ctx(), v.s, v.r.PathValue("id"))
}

// decide takes the person's answer.
func (v *visit) decide() error {
	q, err := v.pending()
	if errors.Is(err, penates.NotExist) {
		return v.showStatus(http.StatusNotFound, "consent", consentPage{Over: true})
	}
	if err != nil {
		return err
	}
	part := v.r.Form.Get("part") != ""
	var target string
	switch v.r.PostForm.Get("answer") {
	case "accept":
		var granted []grant.Grant
		granted, err = v.voice().Granted(&q, v.r.PostForm, v.now())
		if errors.Is(err, penates.Invalid) {
			return v.showConsent(http.StatusUnprocessableEntity, q, true, "consent.bad")
		}
		if err != nil {
			return err
		}
		if granted = sharing.Given(granted); len(granted) == 0 && len(q.Wanted) > 0 && !q.SignIn {
			return v.showConsent(http.StatusUnprocessableEntity, q, true, "consent.nothing")
		}
		target, err = v.srv.cfg.Consents.Decide(v.ctx(), v.s, q.ID, granted)
	case "refuse":
		target, err = v.srv.cfg.Consents.Refuse(v.ctx(), v.s, q.ID)
	default:
		return v.showConsent(http.StatusOK, q, part, "")
	}
	if errors.Is(err, penates.NotExist) { // decided meanwhile, in another window
		return v.showStatus(http.StatusNotFound, "consent", consentPage{Over: true})
	}
	if err != nil {
		return err
	}
	v.redirect(target)
	return nil
}

// voice speaks to the owner of grants.
func (v *visit) voice() sharing.Voice { return sharing.Voice{Locale: v.l} }

// showConsent renders the page; in parts, with what the form chose so far.
func (v *visit) showConsent(status int, q grant.Request, part bool, wrong string) error {
	name, say, form := sharing.ClientName(&q.Client), v.voice(), v.r.Form
	p := consentPage{ID: q.ID, Name: name, Client: q.Client, Part: part, Error: wrong, Ends: say.Endings(&q, form.Get("ends"), v.now()), Purpose: say.Purposes(q.Wanted), Protects: say.Protects(&q)}
	if q.SignIn {
		p.SignIn, p.Claims = v.l.T("consent.signin", name), say.Claims(q.Claims)
	}
	shown := q.Wanted
	if sharing.Chose(form) {
		chosen, err := say.Granted(&q, form, v.now())
		if err == nil {
			shown = chosen
		} else if p.Error == "" {
			p.Error = "consent.bad"
		}
	}
	for i := range q.Wanted {
		asked, err := v.peek(&q.Wanted[i])
		if err != nil {
			return err
		}
		gives, err := v.peek(&shown[i])
		if err != nil {
			return err
		}
		p.Wishes = append(p.Wishes, say.Wishes(i, &q, asked, gives, form)...)
	}
	return v.showStatus(status, "consent", p)
}

// previewRows is how many rows of each type the page shows.
const previewRows = 4

// peek returns what a grant would let through.
func (v *visit) peek(g *grant.Grant) ([]vault.Preview, error) {
	if len(g.Selections) == 0 {
		return nil, nil
	}
	return v.s.Preview(v.ctx(), *g, previewRows)
}
