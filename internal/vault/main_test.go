package vault_test

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// temporary is a folder for what several tests share.
var temporary string

func tempDir() (string, error) { return os.MkdirTemp(temporary, "vault") }

func background() context.Context { return context.Background() }

func TestMain(m *testing.M) {
	var err error
	if temporary, err = os.MkdirTemp("", "penates-vault"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(temporary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
