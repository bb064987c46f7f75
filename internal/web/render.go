package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"penates"
	"penates/internal/web/words"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// shared are the templates that every page may use.
var shared = []string{"base", "parts", "newpass", "logline", "held"}

// A frame is what surrounds every page.
type frame struct {
	Lang, Theme string
	Nav         []place // nil outside the vault
	Query       string
	Notice      string // message of what was just done
	Page        any
}

// pages holds the templates, once for each language and time zone in use.
type pages struct {
	names []string

	mu   sync.Mutex
	sets map[string]map[string]*template.Template
}

func loadPages() (*pages, error) {
	files, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	p := &pages{sets: map[string]map[string]*template.Template{}}
	for _, f := range files {
		name := strings.TrimSuffix(path.Base(f), ".html")
		if !slices.Contains(shared, name) {
			p.names = append(p.names, name)
		}
	}
	for _, lang := range words.Languages() { // a template that does not parse is found at start
		if _, err := p.in(words.For(lang, nil)); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// in returns the pages that speak l.
func (p *pages) in(l *words.Locale) (map[string]*template.Template, error) {
	key := l.Lang() + " " + l.Zone().String()
	p.mu.Lock()
	defer p.mu.Unlock()
	if set := p.sets[key]; set != nil {
		return set, nil
	}
	base := template.New("page").Funcs(functions(l))
	for _, name := range shared {
		if _, err := base.ParseFS(pageFiles, "pages/"+name+".html"); err != nil {
			return nil, err
		}
	}
	set := map[string]*template.Template{}
	for _, name := range p.names {
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(pageFiles, "pages/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		set[name] = t
	}
	if len(p.sets) >= 2*len(words.Languages()) { // the zone was changed: the old ones are of no more use
		clear(p.sets)
	}
	p.sets[key] = set
	return set, nil
}

// write renders a page whole before a byte of it is sent.
func (p *pages) write(w http.ResponseWriter, status int, l *words.Locale, f frame, name string, data any) error {
	set, err := p.in(l)
	if err != nil {
		return err
	}
	t := set[name]
	if t == nil {
		return fmt.Errorf("no page %q", name)
	}
	f.Page = data
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, "page", f); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", l.Lang())
	w.WriteHeader(status)
	_, err = w.Write(buf.Bytes())
	return err
}

// An asset is a file of static under a name that changes with its content, so
// that browsers may keep it for ever.
type asset struct {
	mime string
	body []byte
}

type assetList struct {
	byAddress map[string]asset
	address   map[string]string
}

var mediaTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

var assets = sync.OnceValue(func() assetList {
	list := assetList{map[string]asset{}, map[string]string{}}
	files, _ := fs.Glob(staticFiles, "static/*")
	for _, f := range files {
		body, err := staticFiles.ReadFile(f)
		if err != nil {
			continue
		}
		sum := sha256.Sum256(body)
		name, ext := path.Base(f), path.Ext(f)
		address := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		list.byAddress[address] = asset{mediaTypes[ext], body}
		list.address[name] = "/static/" + address
	}
	return list
})

func (v *visit) static() error {
	a, ok := assets().byAddress[v.r.PathValue("name")]
	if !ok {
		return penates.NotExist
	}
	v.w.Header().Set("Content-Type", a.mime)
	v.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, err := v.w.Write(a.body)
	return err
}
