package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test's binary answer to the names of programs, so that scripts
// and tests run the real program in processes of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"penates": main, "penates-writer": writer})
}
