package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// BenchmarkPages measures pages of the household's vault as the owner gets them.
func BenchmarkPages(b *testing.B) {
	w := newWorld(b).withVault(b, "fr").withHousehold(b)
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+w.page.OneTimePath(), nil)
	rec := httptest.NewRecorder()
	w.page.ServeHTTP(rec, r)
	cookies := rec.Result().Cookies()
	if len(cookies) != 1 {
		b.Fatalf("%d cookies", len(cookies))
	}
	for _, path := range []string{"/", "/timeline", "/search?q=facture", "/money", "/energy", "/people", "/journal"} {
		for _, warm := range []bool{false, true} {
			name := strings.Trim(path, "/") + "/cold"
			if warm {
				name = strings.Trim(path, "/") + "/warm"
			}
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					if !warm {
						w.clock.move(time.Minute) // what was computed is too old to be shown again
					}
					r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
					r.AddCookie(cookies[0])
					rec := httptest.NewRecorder()
					w.page.ServeHTTP(rec, r)
					if rec.Code != http.StatusOK {
						b.Fatalf("%s: status %d", path, rec.Code)
					}
					b.SetBytes(int64(rec.Body.Len()))
				}
			})
		}
	}
}
