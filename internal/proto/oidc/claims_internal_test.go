package oidc

import "testing"

// FuzzReadWishes reads claims parameters of whoever: it answers, and does not fall.
func FuzzReadWishes(f *testing.F) {
	for _, seed := range []string{`{}`, `null`, `{"userinfo":{"email":null}}`, `{"id_token":{"sub":{"value":1},"acr":{"essential":false}}}`,
		`{"id_token":{"acr":{"values":["a"],"essential":true}}}`, `{"userinfo":[1]}`, `[`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, param string) {
		w, bad := readWishes(param)
		if acr := w.IDToken["acr"]; bad == nil && acr != nil && acr.Essential {
			t.Error("what cannot be met is taken")
		}
	})
}
