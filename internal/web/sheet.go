package web

import (
	"crypto/rand"
	"fmt"
	"html/template"
	"math/big"
	"strings"
	"time"
	"unicode"

	"rsc.io/qr"

	"penates"
	"penates/internal/web/login"
)

// hold keeps a new recovery sheet until the person has confirmed it.
func (g *guest) hold(code string, made time.Time, first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sheet = &sheet{code: code, made: made, first: first}
	g.sheet.ask()
}

// ask chooses at random which group has to be typed back.
func (s *sheet) ask() {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(len(groups(s.code)))))
	if err == nil {
		s.group = int(n.Int64())
	}
}

// held returns a copy of the sheet that waits to be confirmed.
func (g *guest) held() (sheet, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sheet == nil {
		return sheet{}, fmt.Errorf("recovery sheet: %w", penates.NotExist)
	}
	return *g.sheet, nil
}

// groups returns the groups a code is printed in.
func groups(code string) []string {
	return strings.FieldsFunc(code, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

type sheetPage struct {
	First  bool
	Name   string
	Made   time.Time
	Groups []string
	QR     template.HTML
}

// sheet shows the recovery sheet, to be printed.
func (v *visit) sheet() error {
	s, err := v.g.held()
	if err != nil {
		return err
	}
	picture, err := drawQR(s.code, v.l.T("sheet.qr"))
	if err != nil {
		return err
	}
	return v.door("sheet", sheetPage{s.first, v.name, s.made, groups(s.code), picture})
}

// drawQR returns a QR code as SVG, one path of runs of black squares.
func drawQR(text, label string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x, y, run, run)
				x += run
			}
		}
	}
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges"><path d="%s" fill="currentColor"/></svg>`,
		code.Size, code.Size, template.HTMLEscapeString(label), path.String())), nil
}

type confirmPage struct {
	First bool
	Group int // from 1
	Wrong bool
}

func (v *visit) confirmForm() error {
	s, err := v.g.held()
	if err != nil {
		return err
	}
	return v.door("confirm", confirmPage{s.first, s.group + 1, false})
}

// confirm checks the group typed back; then the sheet is forgotten.
func (v *visit) confirm() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	s, err := v.g.held()
	if err != nil {
		return err
	}
	typed := readable.Replace(strings.ToUpper(strings.Join(groups(v.r.PostForm.Get("group")), "")))
	if !login.Same(typed, strings.ToUpper(groups(s.code)[s.group])) {
		return v.door("confirm", confirmPage{s.first, s.group + 1, true})
	}
	v.g.mu.Lock()
	v.g.sheet = nil
	v.g.mu.Unlock()
	if s.first {
		v.redirect("/")
	} else {
		v.redirect("/security?done=sheet")
	}
	return nil
}

// readable undoes what people read into the letters of a sheet, which has no O,
// I or L.
var readable = strings.NewReplacer("O", "0", "I", "1", "L", "1")
