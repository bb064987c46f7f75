package webdav

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/store"
)

const (
	maxAnswer  = 64 << 20 // bytes of a listing
	maxEntries = 200_000
)

// A member is a resource as PROPFIND tells of it.
type member struct {
	store.Entry
	path     string // as the server says it, decoded, without a slash at its end
	modified time.Time
}

// response is the response element of RFC 4918, section 14.24.
type response struct {
	Href     string `xml:"DAV: href"`
	Propstat []struct {
		Status string `xml:"DAV: status"`
		Prop   struct {
			Length   string `xml:"DAV: getcontentlength"`
			Modified string `xml:"DAV: getlastmodified"`
			Type     struct {
				Collection *struct{} `xml:"DAV: collection"`
			} `xml:"DAV: resourcetype"`
		} `xml:"DAV: prop"`
	} `xml:"DAV: propstat"`
}

// parseMembers reads a multistatus document.
func parseMembers(r io.Reader) (members []member, err error) {
	limited := &io.LimitedReader{R: r, N: maxAnswer}
	d := xml.NewDecoder(limited)
	inside := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && inside && limited.N > 0 {
			return members, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing: %w: %w", err, penates.Damaged)
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case !inside && start.Name != xml.Name{Space: "DAV:", Local: "multistatus"}:
			return nil, fmt.Errorf("listing: no multistatus: %w", penates.Damaged)
		case !inside:
			inside = true
		case start.Name == xml.Name{Space: "DAV:", Local: "response"}:
			var one response
			if err := d.DecodeElement(&one, &start); err != nil {
				return nil, fmt.Errorf("listing: %w: %w", err, penates.Damaged)
			}
			if m, ok := one.member(); ok {
				members = append(members, m)
			}
			if len(members) > maxEntries {
				return nil, fmt.Errorf("listing of more than %d: %w", maxEntries, penates.TooLarge)
			}
		default:
			if err := d.Skip(); err != nil {
				return nil, fmt.Errorf("listing: %w: %w", err, penates.Damaged)
			}
		}
	}
}

// member returns what a response tells, if it tells of a resource.
func (r response) member() (m member, ok bool) {
	u, err := url.Parse(strings.TrimSpace(r.Href))
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return m, false
	}
	m.path = path.Clean(u.Path)
	m.Name = path.Base(m.path)
	for _, p := range r.Propstat {
		if words := strings.Fields(p.Status); len(words) < 2 || words[1] != "200" {
			continue
		}
		ok = true
		if p.Prop.Type.Collection != nil {
			m.Folder = true
		}
		if n, err := strconv.ParseInt(p.Prop.Length, 10, 64); err == nil && n >= 0 {
			m.Size = n
		}
		if t, err := time.Parse(time.RFC1123, p.Prop.Modified); err == nil {
			m.modified = t
		}
	}
	return m, ok
}
