package web

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode"

	"penates"
	"penates/internal/schema"
)

// started counts what has been written, to know whether an answer has begun.
type started struct {
	w     io.Writer
	bytes int64
}

func (s *started) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.bytes += int64(n)
	return n, err
}

// cut ends the connection so that the browser sees the answer is not whole.
func (v *visit) cut() { panic(http.ErrAbortHandler) }

// attachment returns the Content-Disposition (RFC 6266) of a file to be saved
// under name, which came from outside.
func attachment(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	if name = strings.Trim(name, ". "); name == "" {
		name = "file"
	}
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}

// rawFile sends the bytes a document was read from, to be saved.
func (v *visit) rawFile() error {
	d, err := v.s.Document(v.ctx(), penates.DocumentID(v.r.PathValue("id")))
	if err != nil {
		return err
	}
	return v.send(d.Source.Raw, "", "application/octet-stream", true)
}

// file sends the content of a file document, to be saved.
func (v *visit) file() error {
	body, err := v.fileBody()
	if err != nil {
		return err
	}
	return v.send(body.Blob, body.Name, "application/octet-stream", true)
}

// pictures are the types a browser decodes without running anything.
var pictures = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/bmp": true}

// preview shows a picture, when it is one.
func (v *visit) preview() error {
	body, err := v.fileBody()
	if err != nil {
		return err
	}
	if !pictures[body.Mime] {
		return fmt.Errorf("preview: %w", penates.NotExist)
	}
	return v.send(body.Blob, body.Name, body.Mime, false)
}

func (v *visit) fileBody() (body schema.File, err error) {
	d, err := v.s.Document(v.ctx(), penates.DocumentID(v.r.PathValue("id")))
	if err != nil {
		return body, err
	}
	if d.Type != penates.Files {
		return body, fmt.Errorf("file: %w", penates.NotExist)
	}
	return body, json.Unmarshal(d.Body, &body)
}

// send serves a blob, in ranges if asked. What came from outside is never served
// as something a browser would run.
func (v *visit) send(id penates.BlobID, name, media string, save bool) error {
	if id == "" {
		return fmt.Errorf("raw bytes: %w", penates.NotExist)
	}
	f, blob, err := v.s.Blob(v.ctx(), id)
	if err != nil {
		return err
	}
	defer f.Close()
	if name == "" {
		name = path.Base(blob.Name)
	}
	h := v.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	if save {
		h.Set("Content-Disposition", attachment(name))
	}
	http.ServeContent(v.w, v.r, "", v.s.Created(), f)
	return nil
}
