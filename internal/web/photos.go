package web

import (
	"net/http"
	"strconv"

	"penates/internal/web/gallery"
)

// photos shows the pictures of the vault, by day.
func (v *visit) photos() error {
	const most = 1_000_000
	skip, err := strconv.Atoi(v.r.URL.Query().Get("skip"))
	if err != nil || skip < 0 || skip > most {
		skip = 0
	}
	p, err := gallery.Show(v.ctx(), v.s, skip, v.l)
	if err != nil {
		return err
	}
	return v.show("photos", p)
}

// thumbnail sends a small picture of one that the session may see. It is made when
// it is asked for and held in memory until the vault is locked.
func (v *visit) thumbnail() error {
	body, err := v.fileBody()
	if err != nil {
		return err
	}
	thumb, err := gallery.Thumbnail(v.ctx(), v.s, v.srv.shelf, body)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "image/jpeg")
	v.w.Header().Set("Content-Length", strconv.Itoa(len(thumb)))
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(thumb) // who asked is gone
	return nil
}
