package walk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/walk"
)

// splitZip returns a zip as programs split it, with parts that begin at cuts. With
// wide, the places of members stand in zip64 fields, as in parts beyond 4 GB.
func splitZip(whole []byte, wide bool, cuts ...int) (parts [][]byte) {
	le := binary.LittleEndian
	end := bytes.Clone(whole[len(whole)-22:])
	at, size := int(le.Uint32(end[16:])), int(le.Uint32(end[12:]))
	const marker = "PK\x07\x08"
	data := append([]byte(marker), whole[:at]...)
	starts := append([]int{0}, cuts...)
	within := func(offset int) (part, rest int) {
		for part < len(starts)-1 && starts[part+1] <= offset {
			part++
		}
		return part, offset - starts[part]
	}
	listAt := len(data)
	for old := whole[at : at+size]; len(old) > 0; {
		name, extra, comment := int(le.Uint16(old[28:])), int(le.Uint16(old[30:])), int(le.Uint16(old[32:]))
		e := bytes.Clone(old[:46+name+extra+comment])
		old = old[len(e):]
		part, rest := within(int(le.Uint32(e[42:])) + len(marker))
		le.PutUint16(e[34:], uint16(part))
		le.PutUint32(e[42:], uint32(rest))
		if wide {
			le.PutUint16(e[34:], 0xFFFF)
			le.PutUint32(e[42:], 0xFFFFFFFF)
			block := le.AppendUint32(le.AppendUint64([]byte("\x01\x00\x0c\x00"), uint64(rest)), uint32(part))
			le.PutUint16(e[30:], uint16(extra+len(block)))
			e = append(e[:46+name:46+name], append(block, e[46+name:]...)...)
		}
		data = append(data, e...)
	}
	part, rest := within(listAt)
	le.PutUint16(end[4:], uint16(len(cuts)))
	le.PutUint16(end[6:], uint16(part))
	le.PutUint32(end[12:], uint32(len(data)-listAt))
	le.PutUint32(end[16:], uint32(rest))
	data = append(data, end...)
	for n, start := range starts {
		stop := len(data)
		if n+1 < len(starts) {
			stop = starts[n+1]
		}
		parts = append(parts, data[start:stop])
	}
	return parts
}

// lay writes the parts of a split zip into dir and returns their paths.
func lay(t testing.TB, dir, name string, parts [][]byte) (paths []string) {
	t.Helper()
	for n, content := range parts {
		p := filepath.Join(dir, name+fmt.Sprintf(".z%02d", n+1))
		if n == len(parts)-1 {
			p = filepath.Join(dir, name+".zip")
		}
		if err := os.WriteFile(p, content, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

// A zip that was split is read as one when all its parts are there, in a folder and
// by any of them; else its last part says which is missing.
func TestSplit(t *testing.T) {
	a, b := strings.Repeat("a", 3000), strings.Repeat("b", 500)
	entries := []entry{{"a.txt", a}, {"b.txt", b}, {"c.txt", "sea"}}
	stored, packed := storedZip(t, entries...), zipOf(t, entries...)
	dir := t.TempDir()
	paths := lay(t, dir, "x", splitZip(stored, false, 1000, 2000, 3100))
	lay(t, dir, "wide", splitZip(stored, true, 40, 1700))
	lay(t, dir, "list", splitZip(packed, false, 50, len(packed)-80)) // the cut is within the list
	base, want := filepath.Base(dir), map[string]string{}
	for _, name := range []string{"x", "wide", "list"} {
		for _, e := range entries {
			want[base+"/"+name+".zip/"+e.name] = e.content
		}
	}
	f, meter := newFound(), walk.Meter{}
	if err := walk.Walk(t.Context(), []string{dir}, walk.Options{Meter: &meter}, f); err != nil || len(f.refused) > 0 {
		t.Fatal(err, f.refused)
	}
	if diff := cmp.Diff(want, f.files); diff != "" {
		t.Error(diff)
	}
	if meter.Done != meter.Total {
		t.Error(meter)
	}
	for _, some := range [][]string{paths, paths[1:2], paths[3:]} {
		f = newFound()
		if err := walk.Walk(t.Context(), some, walk.Options{}, f); err != nil || len(f.refused) > 0 || len(f.files) != 3 || f.files["x.zip/a.txt"] != a {
			t.Error(some, err, f.refused, f.order)
		}
	}
	if err := os.Remove(paths[1]); err != nil {
		t.Fatal(err)
	}
	f = newFound()
	err := walk.Walk(t.Context(), []string{dir}, walk.Options{}, f)
	if err != nil || len(f.refused) != 3 {
		t.Error(err, f.refused)
	}
	for _, p := range []string{"x.z01", "x.z03", "x.zip"} {
		if refused := f.refused[base+"/"+p]; !errors.Is(refused, penates.Unsupported) || !strings.Contains(refused.Error(), "x.z02 is missing: put all parts into one folder") {
			t.Errorf("%s: %v", p, refused)
		}
	}
	if len(f.files) != 6 || f.files[base+"/wide.zip/b.txt"] != b {
		t.Error(f.order)
	}
}

// Parts that do not belong together are no zip, and what lies in the last is read.
func TestSplitOfAnother(t *testing.T) {
	dir := t.TempDir()
	parts := splitZip(storedZip(t, entry{"a.txt", "one"}, entry{"b.txt", "two"}), false, 20, 45)
	parts[1] = parts[1][:2]
	lay(t, dir, "x", parts)
	f := newFound()
	if err := walk.Walk(t.Context(), []string{filepath.Join(dir, "x.zip")}, walk.Options{}, f); err != nil || len(f.refused) == 0 {
		t.Error(err, f.refused, f.order)
	}
	if refused := f.refused["x.zip"]; refused == nil || !strings.Contains(refused.Error(), "they do not fit each other") || len(f.files) > 0 {
		t.Error(f.refused, f.files)
	}
}

// FuzzSplit holds the limits against any two parts.
func FuzzSplit(f *testing.F) {
	two := []entry{{"a.txt", "aaaaaaaaaaaaaaaaaaaaaaaa"}, {"d/b.txt", "bee"}}
	for _, wide := range []bool{false, true} {
		for _, cut := range []int{4, 60, 110} {
			parts := splitZip(storedZip(f, two...), wide, cut)
			f.Add(parts[0], parts[1])
		}
	}
	limits := walk.Limits{Depth: 3, Entries: 20, Slack: 64 << 10, Ratio: 10, Name: 100, Directory: 1 << 20}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, first, last []byte) {
		found := newFound()
		lay(t, dir, "x", [][]byte{first, last})
		if err := walk.Walk(t.Context(), []string{dir}, walk.Options{Limits: limits, Spool: spool}, found); err != nil {
			t.Fatal(err)
		}
		if most := 3*limits.Slack + (limits.Ratio+1)*int64(2*len(first)+2*len(last)) + 4*walk.HeadSize; found.bytes > most {
			t.Errorf("%d bytes came out of %d", found.bytes, len(first)+len(last))
		}
	})
}
