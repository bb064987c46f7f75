package intake_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// splitInto cuts a zip of members below 64 KiB into parts as programs do (APPNOTE 8.3).
func splitInto(whole []byte, cuts ...int) (parts [][]byte) {
	le := binary.LittleEndian
	end := bytes.Clone(whole[len(whole)-22:])
	at, size := int(le.Uint32(end[16:])), int(le.Uint32(end[12:]))
	data := append([]byte("PK\x07\x08"), whole[:at]...)
	starts := append([]int{0}, cuts...)
	within := func(offset int) (part, rest int) {
		for part < len(starts)-1 && starts[part+1] <= offset {
			part++
		}
		return part, offset - starts[part]
	}
	listAt := len(data)
	for old := whole[at : at+size]; len(old) > 0; {
		e := bytes.Clone(old[:46+int(le.Uint16(old[28:]))+int(le.Uint16(old[30:]))+int(le.Uint16(old[32:]))])
		old = old[len(e):]
		part, rest := within(int(le.Uint32(e[42:])) + 4)
		le.PutUint16(e[34:], uint16(part))
		le.PutUint32(e[42:], uint32(rest))
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

// A dropped file is one of those a person drops on the page.
type dropped struct {
	name    string
	content []byte
}

func drop(t *testing.T, s *vault.Session, files ...dropped) *importer.Report {
	t.Helper()
	in, err := intake.StartWith(t.Context(), s, "drop", nil, slog.New(slog.DiscardHandler), []importer.Format{lines(func(l string) string { return strings.TrimPrefix(l, "lines") })})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := in.Stream(t.Context(), f.name, -1, bytes.NewReader(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	report, err := in.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// has says what a vault holds: notes, and names of files that are not in the trash.
func has(t *testing.T, s *vault.Session) string {
	t.Helper()
	notes, err := s.Query(t.Context(), "SELECT count(*) FROM notes", 1)
	if err != nil {
		t.Fatal(err)
	}
	files, err := s.Query(t.Context(), "SELECT name FROM files ORDER BY name", 100)
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(notes.Rows[0][0])
	for _, r := range files.Rows {
		said += fmt.Sprint(" ", r[0])
	}
	return said
}

// Parts of an archive are joined however they come: in one drop, in any order, or one
// after the other over several, and what is missing is named.
func TestPartsThatAreDropped(t *testing.T) {
	var text strings.Builder
	text.WriteString("lines\n")
	for n := range 300 {
		fmt.Fprintf(&text, "line %d of what does not shrink %x\n", n, n*n*7919)
	}
	whole := zipped(t, "folder/notes.txt", text.String())
	split := splitInto(whole, len(whole)/3, 2*len(whole)/3)
	z1, z2, last := dropped{"notes.z01", split[0]}, dropped{"notes.z02", split[1]}, dropped{"notes.zip", split[2]}
	n1, n2, n3 := dropped{"notes.zip.001", whole[:len(whole)/3]}, dropped{"notes.zip.002", whole[len(whole)/3 : len(whole)/2]}, dropped{"notes.zip.003", whole[len(whole)/2:]}
	for name, drops := range map[string][][]dropped{
		"split, in order":               {{z1, z2, last}},
		"split, the last one first":     {{last, z2, z1}},
		"split, one at a time":          {{z1}, {z2}, {last}},
		"split, the last one alone":     {{last}, {z2}, {z1}},
		"split, some, and some again":   {{z1, last}, {z1, z2}},
		"numbered":                      {{n1, n2, n3}},
		"numbered, backwards":           {{n3, n2, n1}},
		"numbered, one at a time":       {{n1}, {n2}, {n3}},
		"numbered, the first one last":  {{n2, n3}, {n1}},
		"numbered, a hole in the midst": {{n1, n3}, {n2}},
	} {
		t.Run(name, func(t *testing.T) {
			s := vaulttest.New(t)
			for d, files := range drops {
				report := drop(t, s, files...)
				if report.Refused != 0 {
					t.Errorf("drop %d: refused %+v", d, report.Refusals)
				}
				notes := strings.Join(report.Notes, "\n")
				if last := d == len(drops)-1; last != (notes == "") || !last && (!strings.Contains(notes, "are kept") || !strings.Contains(notes, "sont gardés")) {
					t.Errorf("drop %d says %q", d, notes)
				}
			}
			if got := has(t, s); got != "300" {
				t.Errorf("%s, want 300 notes and no part left", got)
			}
		})
	}
}

// What is missing is named; parts that do not fit are said, and kept; a vault may hold
// other files with names alike.
func TestPartsThatAreMissing(t *testing.T) {
	whole := zipped(t, "folder/notes.txt", "lines\n"+strings.Repeat("x y z\n", 50))
	split := splitInto(whole, 40, 80)
	s := vaulttest.New(t)
	r := drop(t, s, dropped{"notes.z02", split[1]}, dropped{"notes.zip", split[2]}, dropped{"notes.z0", []byte("other")})
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "missing: notes.z01.") || !strings.Contains(r.Notes[0], "il manque : notes.z01.") {
		t.Errorf("%q", r.Notes)
	}
	if got := has(t, s); got != "0 notes.z0 notes.z02 notes.zip" {
		t.Error(got)
	}
	r = drop(t, s, dropped{"notes.z01", bytes.Repeat([]byte{7}, 10)})
	if got := has(t, s); r.Refused != 1 || got != "0 notes.z0 notes.z01 notes.z02 notes.zip" {
		t.Errorf("parts that do not fit: %+v, %q, %s", r.Refusals, r.Notes, got)
	}
	if r = drop(t, s, dropped{"letter.zip", []byte("no zip at all")}); r.Types[penates.Files].Added != 1 || r.Refused != 0 {
		t.Errorf("another file named as a zip: %+v", r)
	}
	if r = drop(t, s, dropped{"other.z01", split[0]}); len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "other.zip") || r.Types[penates.Files].Added != 1 {
		t.Errorf("%+v %q", r, r.Notes)
	}
}
