package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penates"
	"penates/internal/durable"
	"penates/internal/seal"
)

func TestFiles(t *testing.T) {
	h, master, _ := create(t, "x")
	dir := t.TempDir()
	if _, _, err := seal.Load(dir); !errors.Is(err, penates.NotExist) {
		t.Errorf("empty folder: %v", err)
	}
	save(t, h, dir)
	got, faults, err := seal.Load(dir)
	if err != nil || len(faults) != 0 || !bytes.Equal(got.Marshal(), h.Marshal()) {
		t.Fatal(faults, err)
	}
	old := h.Marshal()
	if err := h.SetPassphrase(master, []byte("y")); err != nil {
		t.Fatal(err)
	}
	latest := h.Marshal()
	flipped := bytes.Clone(latest)
	flipped[100] ^= 1
	newer := seal.Resum(bytes.Replace(latest, []byte("keys 1"), []byte("keys 2"), 1))
	for _, c := range []struct {
		name       string
		keys, copy []byte // nil for no file
		want       []byte // the header that serves
		fault      string // the file that is reported
		kind       error
	}{
		{"both good", latest, latest, latest, "", nil},
		{"first damaged", flipped, latest, latest, seal.HeaderFile, penates.Damaged},
		{"copy damaged", latest, flipped, latest, seal.HeaderCopy, penates.Damaged},
		{"first missing", nil, latest, latest, seal.HeaderFile, penates.NotExist},
		{"copy missing", latest, nil, latest, seal.HeaderCopy, penates.NotExist},
		{"copy older", latest, old, latest, seal.HeaderCopy, penates.Damaged},
		{"first older", old, latest, latest, seal.HeaderFile, penates.Damaged},
		{"first empty", []byte{}, latest, latest, seal.HeaderFile, penates.Damaged},
		{"both damaged", flipped, flipped[:50], nil, "", penates.Damaged},
		{"one damaged, one missing", nil, flipped, nil, "", penates.Damaged},
		{"newer", newer, latest, nil, "", penates.Newer},
		{"newer copy", latest, newer, nil, "", penates.Newer},
	} {
		put(t, filepath.Join(dir, seal.HeaderFile), c.keys)
		put(t, filepath.Join(dir, seal.HeaderCopy), c.copy)
		got, faults, err := seal.Load(dir)
		if c.want == nil {
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), seal.HeaderFile) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(got.Marshal(), c.want) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.fault == "" && len(faults) != 0 || c.fault != "" && (len(faults) != 1 || faults[0].File != c.fault || !errors.Is(faults[0], c.kind)) {
			t.Errorf("%s: faults %v", c.name, faults)
		}
		save(t, got, dir)
		if _, faults, err := seal.Load(dir); err != nil || len(faults) != 0 {
			t.Errorf("%s: after saving: %v, %v", c.name, faults, err)
		}
	}
	failure := errors.New("the disk is full")
	err = h.Save(dir, func(string, []byte, os.FileMode) error { return failure })
	if !errors.Is(err, failure) {
		t.Error(err)
	}
}

func save(t *testing.T, h *seal.Header, dir string) {
	t.Helper()
	if err := h.Save(dir, durable.WriteFile); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path string, raw []byte) {
	t.Helper()
	err := os.RemoveAll(path)
	if err == nil && raw != nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
