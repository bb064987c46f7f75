package oauth

import (
	"bytes"
	"html/template"
	"net/http"

	"penates/internal/web/words"
)

// A page is one of the few that the authorisation server shows itself: on the way
// to the consent page and back, and when a request is wrong. What it says are keys
// of package words.
type page struct {
	Title, Text, Detail string
	Href, Link, Arg     string
	Args                []any // of Text
	Go                  bool  // the browser goes on by itself
}

var pageTemplate = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
{{with .Next}}<meta http-equiv="refresh" content="0;url={{.}}">{{end}}<title>{{.Title}}</title></head>
<body><h1>{{.Title}}</h1>{{with .Text}}<p>{{.}}</p>{{end}}{{with .Detail}}<p><code>{{.}}</code></p>{{end}}
{{with .Href}}<p><a href="{{.}}" rel="noreferrer">{{$.Link}}</a></p>{{end}}</body></html>
`))

func showPage(w http.ResponseWriter, r *http.Request, status int, p page) error {
	l := words.For(words.Match(r.Header.Get("Accept-Language")), nil)
	data := struct {
		Lang, Title, Text, Detail, Link string
		Next                            string
		Href                            template.URL // checked: an address of ours or one a client registered
	}{Lang: l.Lang(), Title: l.T(p.Title), Detail: p.Detail, Href: template.URL(p.Href)}
	if p.Text != "" {
		data.Text = l.T(p.Text, p.Args...)
	}
	if p.Link != "" {
		data.Link = l.T(p.Link, p.Arg)
	}
	if p.Go {
		data.Next = p.Href
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, data); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", l.Lang())
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // who asked is gone
	return nil
}
