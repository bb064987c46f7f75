package main_test

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"penates/internal/seal"
	"penates/internal/vault"
)

const passphrase = "correct horse battery"

// cheap makes a passphrase cost next to nothing to check, so that a test may run
// a hundred commands.
var cheap = seal.Cost{Memory: 64, Passes: 1, Lanes: 1}

// TestScripts runs the scripts of testdata/script. Beside the commands of
// testscript there are
//
//	vault [DIR]            makes a vault that is cheap to unlock, in DIR or the default folder
//	code N ARGUMENT…       runs penates with the arguments; it must end with exit code N
//	serving DIR            waits until the server of the vault in DIR listens
//	flip FILE OFFSET       inverts a bit of the byte at OFFSET, from the end if negative
//	cut FILE SIZE          cuts a file after SIZE bytes, or -SIZE bytes before its end
//	zip FILE NAME…         makes a zip of files
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "HOME="+e.WorkDir+"/home", "V="+e.WorkDir+"/home/.local/share/penates", "XDG_DATA_HOME=", "PENATES_DATA=",
				"PENATES_PASSPHRASE="+passphrase, "LANG=en_GB.UTF-8", "LC_ALL=", "TZ=Europe/Paris")
			return os.Mkdir(filepath.Join(e.WorkDir, "home"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"vault": scriptVault, "code": scriptCode, "serving": scriptServing, "flip": scriptFlip, "cut": scriptCut, "zip": scriptZip,
		},
	})
}

func scriptVault(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.Getenv("V")
	if len(args) > 0 {
		dir = ts.MkAbs(args[0])
	}
	ts.Check(makeVault(dir))
}

func scriptCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("penates", args[1:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("penates %q ended with code %d, want %d", args[1:], got, want)
	}
}

func scriptServing(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(waitFor(filepath.Join(ts.MkAbs(args[0]), "socket")))
}

func scriptFlip(ts *testscript.TestScript, _ bool, args []string) {
	offset, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(flip(ts.MkAbs(args[0]), offset))
}

func scriptCut(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	if size < 0 {
		info, err := os.Stat(ts.MkAbs(args[0]))
		ts.Check(err)
		size += info.Size()
	}
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

func scriptZip(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	z := zip.NewWriter(f)
	for _, name := range args[1:] {
		w, err := z.Create(name)
		ts.Check(err)
		_, err = io.WriteString(w, ts.ReadFile(name))
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(f.Close())
}

// makeVault makes a vault in dir that is cheap to unlock.
func makeVault(dir string) error {
	v, _, err := vault.Create(context.Background(), dir, []byte(passphrase), vault.CreateOptions{
		Name: "Zoé", Language: "en", Zone: "Europe/Paris", Country: "FR", Cost: cheap,
	})
	if err != nil {
		return err
	}
	return v.Close()
}

// waitFor waits until somebody listens on a socket.
func waitFor(socket string) error {
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("unix", socket)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return err
		}
	}
}

// flip inverts a bit of the byte at offset, counted from the end if negative.
func flip(name string, offset int) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if offset < 0 {
		offset += len(b)
	}
	b[offset] ^= 1 << (offset % 8)
	return os.WriteFile(name, b, 0o600)
}
