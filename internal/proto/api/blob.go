package api

import (
	"mime"
	"net/http"
	"time"

	"penates"
)

// showBlob answers with raw bytes, or a range of them. They are the person's
// files, never to be shown as pages of this server.
func (c *call) showBlob() error {
	id := penates.BlobID(c.r.PathValue("blob"))
	if _, err := id.Sum(); err != nil {
		return penates.NotExist
	}
	body, b, err := c.s.Blob(c.ctx(), id)
	if err != nil {
		return err
	}
	defer body.Close()
	h := c.w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("ETag", `"`+string(b.ID)+`"`)
	media := b.Mime
	if _, _, err := mime.ParseMediaType(media); err != nil {
		media = "application/octet-stream"
	}
	h.Set("Content-Type", media)
	if disposition := mime.FormatMediaType("attachment", map[string]string{"filename": b.Name}); b.Name != "" && disposition != "" {
		h.Set("Content-Disposition", disposition)
	} else {
		h.Set("Content-Disposition", "attachment")
	}
	http.ServeContent(c.w, c.r, "", time.Time{}, body)
	return nil
}
