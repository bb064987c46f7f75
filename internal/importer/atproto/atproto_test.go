package atproto_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/atproto"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

type link string // a CID in binary

// encode writes DAG-CBOR.
func encode(b *bytes.Buffer, v any) {
	head := func(major byte, n int) {
		switch {
		case n < 24:
			b.WriteByte(major<<5 | byte(n))
		case n < 256:
			b.Write([]byte{major<<5 | 24, byte(n)})
		default:
			b.WriteByte(major<<5 | 26)
			_ = binary.Write(b, binary.BigEndian, uint32(n))
		}
	}
	switch v := v.(type) {
	case nil:
		b.WriteByte(0xf6)
	case bool:
		b.WriteByte(map[bool]byte{false: 0xf4, true: 0xf5}[v])
	case int:
		if v < 0 {
			head(1, -1-v)
		} else {
			head(0, v)
		}
	case string:
		head(3, len(v))
		b.WriteString(v)
	case []byte:
		head(2, len(v))
		b.Write(v)
	case link:
		if v == "" {
			b.WriteByte(0xf6)
			return
		}
		b.Write([]byte{0xd8, 42})
		head(2, len(v)+1)
		b.WriteByte(0)
		b.WriteString(string(v))
	case []any:
		head(4, len(v))
		for _, e := range v {
			encode(b, e)
		}
	case map[string]any:
		head(5, len(v))
		keys := slices.SortedFunc(maps.Keys(v), func(a, b string) int { // shorter first
			return 1000*(len(a)-len(b)) + strings.Compare(a, b)
		})
		for _, k := range keys {
			encode(b, k)
			encode(b, v[k])
		}
	}
}

type repo struct {
	blocks []byte
	count  int
}

func (r *repo) add(v any) link {
	var b bytes.Buffer
	encode(&b, v)
	sum := sha256.Sum256(b.Bytes())
	id := link("\x01\x71\x12\x20" + string(sum[:]))
	r.blocks = binary.AppendUvarint(r.blocks, uint64(len(id)+b.Len()))
	r.blocks = append(append(r.blocks, id...), b.Bytes()...)
	r.count++
	return id
}

func (r *repo) car(root link) []byte {
	var h bytes.Buffer
	encode(&h, map[string]any{"version": 1, "roots": []any{root}})
	return append(append(binary.AppendUvarint(nil, uint64(h.Len())), h.Bytes()...), r.blocks...)
}

const did = "did:plc:abcdefgh"

// account returns a repository: a tree of two levels over records by key. drop
// leaves out the lower node.
func account(drop bool) []byte {
	var r repo
	records := map[string]any{
		"app.bsky.actor.profile/self": map[string]any{"$type": "app.bsky.actor.profile", "displayName": "Zoé", "description": "By the lake"},
		"app.bsky.feed.like/3k1":      map[string]any{"$type": "app.bsky.feed.like", "createdAt": "2025-03-04T10:00:00.000Z", "subject": map[string]any{"uri": "at://did:plc:other/app.bsky.feed.post/9", "cid": "x"}},
		"app.bsky.feed.post/3k2": map[string]any{"$type": "app.bsky.feed.post", "createdAt": "2025-03-04T11:00:00.000Z", "text": "Hello\nlake",
			"reply": map[string]any{"root": map[string]any{"uri": "at://a/b/1"}, "parent": map[string]any{"uri": "at://a/b/2"}},
			"embed": map[string]any{"$type": "app.bsky.embed.images", "images": []any{map[string]any{"alt": "the lake", "image": map[string]any{"mimeType": "image/jpeg", "size": 300, "ref": link("\x01\x55\x12\x20" + strings.Repeat("x", 32))}}}}},
		"app.bsky.graph.follow/3k3": map[string]any{"subject": "did:plc:friend", "createdAt": "2025-03-05T10:00:00Z"},
		"com.example.list/a":        map[string]any{"title": "Mine", "n": -5, "ok": true, "none": nil, "bytes": []byte{1, 2}, "list": []any{"x", 300}},
	}
	keys := slices.Sorted(maps.Keys(records))
	entries := func(keys []string) (list []any) {
		before := ""
		for _, k := range keys {
			shared := 0
			for shared < len(before) && shared < len(k) && before[shared] == k[shared] {
				shared++
			}
			list = append(list, map[string]any{"p": shared, "k": []byte(k[shared:]), "v": r.add(records[k]), "t": link("")})
			before = k
		}
		return list
	}
	lower := link("\x01\x71\x12\x20" + strings.Repeat("y", 32))
	if !drop {
		lower = r.add(map[string]any{"e": entries(keys[3:]), "l": link("")})
	}
	upper := entries(keys[:3])
	upper[2].(map[string]any)["t"] = lower
	top := r.add(map[string]any{"e": upper, "l": link("")})
	r.add(map[string]any{"text": "a record the tree does not name"})
	return r.car(r.add(map[string]any{"did": did, "version": 3, "data": top, "rev": "3k", "prev": nil, "sig": []byte("s")}))
}

func TestRead(t *testing.T) {
	content := account(false)
	if sure := atproto.Format.Recognise(importertest.File("repo.car", content).Head); sure != 97 {
		t.Errorf("sure %d", sure)
	}
	c, err := importertest.Read(atproto.Format, "repo.car", content)
	if err != nil || len(c.Refusals) > 0 || len(c.Documents) != 5 {
		t.Fatalf("%d documents, refused %v, %v", len(c.Documents), c.Refusals, err)
	}
	got := map[string]string{}
	for i, d := range c.Documents {
		got[d.Source.NativeID] = fmt.Sprintf("%s %s %s", d.Type, d.Time.Start, d.Text)
		switch body := c.Bodies[i].(type) {
		case schema.Message:
			if body.Content != "Hello\nlake" || body.Thread != "at://a/b/1" || body.InReplyTo != "at://a/b/2" || body.Attachments[0].Name != "the lake" || body.Attachments[0].Size != 300 || body.From != did {
				t.Errorf("%+v", body)
			}
		case schema.Record:
			if s := fmt.Sprint(body.Fields); s != "map[bytes:map[$bytes:AQI] list:[x 300] n:-5 none:<nil> ok:true title:Mine]" {
				t.Error(s)
			}
		}
		if d.Source.Connection != did {
			t.Errorf("%+v", d.Source)
		}
	}
	for key, want := range map[string]string{
		"app.bsky.actor.profile/self": "io.cozy.contacts  Zoé",
		"app.bsky.feed.like/3k1":      "penates.activities 2025-03-04T10:00:00Z liked at://did:plc:other/app.bsky.feed.post/9",
		"app.bsky.feed.post/3k2":      "penates.messages 2025-03-04T11:00:00Z Hello",
		"app.bsky.graph.follow/3k3":   "penates.activities 2025-03-05T10:00:00Z followed did:plc:friend",
		"com.example.list/a":          "penates.records  com.example.list Mine",
	} {
		if got[key] != want {
			t.Errorf("%s: %q, want %q", key, got[key], want)
		}
	}
}

func TestDamaged(t *testing.T) {
	whole := account(false)
	i := bytes.Index(whole, []byte("By the lake"))
	changed := bytes.Clone(whole)
	changed[i] = 'b'
	for _, tt := range []struct {
		name      string
		content   []byte
		documents int
		refusals  int
		failed    bool
	}{
		{"a changed byte", changed, 4, 2, false}, // the block, and the record that is missing
		{"without a node", account(true), 3, 1, false},
		{"cut", whole[:len(whole)-10], 0, 0, true}, // the commit is last here
		{"empty", nil, 0, 0, true},
		{"header only", whole[:60], 0, 0, true},
	} {
		c, err := importertest.Read(atproto.Format, "x", tt.content)
		if len(c.Documents) != tt.documents || len(c.Refusals) != tt.refusals || (err != nil) != tt.failed {
			t.Errorf("%s: %d documents, refused %v, %v", tt.name, len(c.Documents), c.Refusals, err)
		}
	}
}

// A CAR file of another program is left to others.
func TestOtherCAR(t *testing.T) {
	var r repo
	content := r.car(r.add(map[string]any{"hello": "world"}))
	c, err := importertest.Read(atproto.Format, "x", content)
	if !errors.Is(err, importer.ErrNotMine) || len(c.Documents)+len(c.Refusals) > 0 {
		t.Errorf("%v", err)
	}
}

func TestRecognise(t *testing.T) {
	for _, content := range []string{"", "x", "\x3a\xa2\x65roots", strings.Repeat("\xff", 100), "{}"} {
		if sure := atproto.Format.Recognise(importertest.File("x", []byte(content)).Head); sure != 0 {
			t.Errorf("%q: sure %d", content, sure)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(account(false))
	f.Add(account(true))
	f.Add(account(false)[:300])
	f.Fuzz(func(t *testing.T, content []byte) {
		c := &importertest.Collector{Connector: "atproto"}
		_ = atproto.Format.Read(context.Background(), importertest.File("x", content), c)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" || d.Text == "" || d.Type == penates.Files {
				t.Errorf("%+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var r repo
	var entries []any
	const n = 20_000
	for i := range n {
		id := r.add(map[string]any{"$type": "app.bsky.feed.post", "createdAt": "2025-03-04T11:00:00.000Z", "text": fmt.Sprintf("post number %d about the lake", i)})
		entries = append(entries, map[string]any{"p": 0, "k": fmt.Appendf(nil, "app.bsky.feed.post/%05d", i), "v": id, "t": link("")})
	}
	content := r.car(r.add(map[string]any{"did": did, "version": 3, "data": r.add(map[string]any{"e": entries, "l": link("")})}))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(atproto.Format, "x", content); err != nil || len(c.Documents) != n {
			b.Fatal(len(c.Documents), err)
		}
	}
}
