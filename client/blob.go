package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// A Blob is raw bytes, or a part of them, as they come. It is read from, and closed.
type Blob struct {
	io.ReadCloser
	Media string // as in "application/pdf"
	Size  int64  // of what is read; -1 when the vault does not say
}

// Blob returns the content of a file, by the blob of its body: the bytes from from on,
// n of them, or all that follow when n is 0.
func (a *Access) Blob(ctx context.Context, id string, from, n int64) (*Blob, error) {
	x := exchange{}
	switch {
	case from < 0 || n < 0:
		return nil, fmt.Errorf("%d bytes from %d of a blob", n, from)
	case n > 0:
		x.part = fmt.Sprintf("bytes=%d-%d", from, from+n-1)
	case from > 0:
		x.part = fmt.Sprintf("bytes=%d-", from)
	}
	x, err := a.at(ctx, "/blobs/"+url.PathEscape(id), x)
	if err != nil {
		return nil, err
	}
	res, err := a.c.send(ctx, x)
	if err != nil {
		return nil, err
	}
	if x.part != "" && res.StatusCode != http.StatusPartialContent {
		_ = res.Body.Close() // all of it is not what was asked for
		return nil, fmt.Errorf("blob %s: the vault does not give a part", id)
	}
	return &Blob{res.Body, res.Header.Get("Content-Type"), res.ContentLength}, nil
}
