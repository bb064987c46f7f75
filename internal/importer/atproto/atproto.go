// Package atproto reads the repository of an account of the AT Protocol, which is
// what Bluesky gives people: a CAR file (CARv1) of blocks in DAG-CBOR, in which a
// signed commit names a Merkle search tree, and the tree the records by
// "collection/key". See atproto.com/specs/repository and atproto.com/specs/data-model.
//
// Posts become messages, likes, reposts, follows and blocks activities; records
// of other collections are kept whole. Pictures are not in the file, only their
// names. The file is read twice as a stream; every block is verified against
// its name. The commit's signature is not: the key lies elsewhere.
package atproto

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
)

const connector = "atproto"

// Format reads exported repositories.
var Format = importer.Format{
	Name:      connector,
	Title:     "AT Protocol repository",
	Recognise: recognise,
	Read:      read,
}

func recognise(h importer.Head) int {
	n, k := binary.Uvarint(h.Bytes)
	if k <= 0 || n > maxHeader || len(h.Bytes) < k+int(min(n, 200)) {
		return 0
	}
	header := h.Bytes[k : k+int(min(n, 200))]
	// A map whose first keys, in the order of DAG-CBOR, are these.
	if bytes.HasPrefix(header, []byte("\xa2\x65roots")) && bytes.Contains(header, []byte("\x67version\x01")) {
		return 97
	}
	return 0
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	t, err := survey(ctx, f)
	if err != nil {
		return err
	}
	zone := f.Zone
	if zone == nil {
		zone = time.UTC
	}
	if t.broken != nil {
		if err := out.Refuse(0, t.broken); err != nil {
			return err
		}
	}
	r := &reader{did: t.did, zone: zone, out: out}
	return t.each(ctx, f, r, out)
}

// A tree tells the keys of records.
type tree struct {
	did    string
	keys   map[cid][]string
	broken error // why it is not whole
}

// maxRecords bounds a repository.
const maxRecords = 20_000_000

// A treeNode is a node of the Merkle search tree.
type treeNode struct {
	left    cid
	entries []entry
}

type entry struct {
	key   string
	value cid
	right cid
}

// survey reads the commit and the tree. A CAR file without a commit is of
// another program.
func survey(ctx context.Context, f *importer.File) (*tree, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	c, err := openCAR(ctx, r)
	if err != nil {
		return nil, err
	}
	t := &tree{keys: map[cid][]string{}}
	nodes, root := map[cid]*treeNode{}, cid("")
	for {
		b, err := c.next()
		if err == io.EOF {
			break
		}
		if errors.Is(err, errOther) {
			continue // it is refused when records are read
		}
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			break // what is before the cut counts; reading the records will say so
		}
		if len(c.roots) > 0 && b.id == c.roots[0] {
			t.did, root = commit(b.data)
		} else if bytes.HasPrefix(b.data, []byte("\xa2\x61e")) {
			if n := parseNode(b.data); n != nil {
				nodes[b.id] = n
			}
		}
		if len(nodes) > maxRecords {
			return nil, fmt.Errorf("more than %d nodes: %w", maxRecords, penates.TooLarge)
		}
	}
	if t.did == "" {
		return nil, fmt.Errorf("a CAR file without a commit of a repository: %w", importer.ErrNotMine)
	}
	if !t.walk(nodes, root) {
		t.broken = fmt.Errorf("the tree of the repository is not whole; records that it does not name are left out: %w", penates.Damaged)
		for _, n := range nodes { // each node tells its own keys
			t.take(n)
		}
	}
	return t, nil
}

func commit(b []byte) (did string, root cid) {
	v, err := unmarshal(b)
	m, _ := v.(map[string]any)
	if err != nil || m == nil {
		return "", ""
	}
	did, _ = m["did"].(string)
	root, _ = m["data"].(cid)
	if !strings.HasPrefix(did, "did:") || len(did) > 300 {
		return "", ""
	}
	return did, root
}

// parseNode reads a node, in which keys share the beginning of the one before; nil
// when it is none.
func parseNode(b []byte) *treeNode {
	v, err := unmarshal(b)
	m, _ := v.(map[string]any)
	list, ok := m["e"].([]any)
	if err != nil || !ok {
		return nil
	}
	n := &treeNode{}
	n.left, _ = m["l"].(cid)
	before := ""
	for _, e := range list {
		fields, _ := e.(map[string]any)
		shared, _ := fields["p"].(int64)
		rest, _ := fields["k"].([]byte)
		value, isLink := fields["v"].(cid)
		if shared < 0 || shared > int64(len(before)) || !isLink || len(rest) > 1024 {
			return nil
		}
		before = before[:shared] + string(rest)
		right, _ := fields["t"].(cid)
		n.entries = append(n.entries, entry{before, value, right})
	}
	return n
}

// walk takes the nodes that hang on root, and reports whether all were there.
func (t *tree) walk(nodes map[cid]*treeNode, root cid) bool {
	whole, waiting, seen := true, []cid{root}, map[cid]bool{}
	for len(waiting) > 0 {
		id := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		n := nodes[id]
		if n == nil {
			whole = false
			continue
		}
		t.take(n)
		waiting = append(waiting, n.left)
		for _, e := range n.entries {
			waiting = append(waiting, e.right)
		}
	}
	return whole && root != ""
}

func (t *tree) take(n *treeNode) {
	for _, e := range n.entries {
		if known := t.keys[e.value]; len(known) < 1000 && !contains(known, e.key) {
			t.keys[e.value] = append(known, e.key)
		}
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// each reads the records that the tree names.
func (t *tree) each(ctx context.Context, f *importer.File, r *reader, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	c, err := openCAR(ctx, source)
	if err != nil {
		return err
	}
	for {
		b, err := c.next()
		switch {
		case err == io.EOF:
			return t.missing(out)
		case errors.Is(err, errOther):
			if err := out.Refuse(0, err); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		keys := t.keys[b.id]
		delete(t.keys, b.id)
		for _, key := range keys {
			if err := r.record(key, b); err != nil {
				return err
			}
		}
	}
}

// missing refuses the records the tree names that the file does not hold.
func (t *tree) missing(out importer.Sink) error {
	n, example := 0, ""
	for _, keys := range t.keys {
		for _, key := range keys {
			if n++; example == "" || key < example {
				example = key
			}
		}
	}
	if n == 0 {
		return nil
	}
	return out.Refuse(0, fmt.Errorf("%d records are missing from the file, the first %s: %w", n, example, penates.Damaged))
}
