package store_test

import (
	"errors"
	"strings"
	"testing"

	"penates"
	"penates/internal/store"
)

func TestCheckName(t *testing.T) {
	long := strings.Repeat("n", 200)
	for name, ok := range map[string]bool{
		"a": true, "a/b": true, "vault/seg-0001_x.z": true, "0": true, long: true, "a..b": true,
		"": false, "/": false, "/a": false, "a/": false, "a//b": false, ".": false, "..": false, "a/..": false,
		".a": false, "a/.b": false, "a.": false, "a./b": false, "-a": false, "_": false, "A": false, "é": false,
		"a b": false, "a\x00": false, `a\b`: false, "a:b": false, long + "n": false,
	} {
		if err := store.CheckName(name); (err == nil) != ok || err != nil && !errors.Is(err, penates.Invalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestCheckPrefix(t *testing.T) {
	long := strings.Repeat("n", 200)
	for prefix, ok := range map[string]bool{
		"": true, "a": true, "a/": true, "a-": true, "a.": true, long: true,
		"/": false, "a//": false, "A": false, "../": false, long + "n": false,
	} {
		if err := store.CheckPrefix(prefix); (err == nil) != ok {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

type unfenced struct{ store.Store }

func (unfenced) Fenced() bool { return false }

func TestFenced(t *testing.T) {
	if s := struct{ store.Store }{}; !store.Fenced(s) {
		t.Error("a store that says nothing is fenced")
	}
	if store.Fenced(unfenced{}) {
		t.Error("a store that says it is not fenced")
	}
}
