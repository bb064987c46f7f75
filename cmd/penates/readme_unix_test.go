//go:build unix

package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// marked finds the blocks of the README whose lines are to be tried.
var marked = regexp.MustCompile("(?s)<!-- the test of the backup runs these lines -->\n```sh\n(.*?)```")

// TestReadmeBackup makes a backup, loses the vault's folder and gets it back by the
// very lines of the README, with the recovery sheet; what it holds has equal hashes.
func TestReadmeBackup(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := marked.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks are marked in the README, want 2", len(blocks))
	}
	home, disk := t.TempDir(), t.TempDir()
	sheet := filepath.Join(home, "sheet")
	try := func(lines string) string {
		t.Helper()
		lines = strings.NewReplacer("./penates", "penates", "/media/usb/penates", disk+"/penates", "--sheet", "--sheet-file "+sheet).Replace(lines)
		c := exec.CommandContext(t.Context(), "sh", "-e", "-c", lines)
		c.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME=", "PENATES_PASSPHRASE="+passphrase, "LANG=en", "TZ=Europe/Paris")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s%v\n%s", lines, err, out)
		}
		return string(out)
	}
	code := regexp.MustCompile(`[0-9A-Z]{5}(-[0-9A-Z]{5}){7}`).FindString(try("penates init --name Zoe"))
	if err := os.WriteFile(sheet, []byte(code+"\n"), 0o600); err != nil || code == "" {
		t.Fatalf("the sheet's code: %q, %v", code, err)
	}
	statements := filepath.Join(home, "statement.csv")
	if err := os.WriteFile(statements, []byte(statement(150)), 0o600); err != nil {
		t.Fatal(err)
	}
	try(blocks[0][1])
	try(fmt.Sprintf("penates import %q", statements)) // stores it in the backup at its end
	before := try("penates types --hash")
	if err := os.RemoveAll(filepath.Join(home, ".local")); err != nil {
		t.Fatal(err)
	}
	try(blocks[1][1])
	if after := try("penates types --hash"); after != before || !strings.Contains(after, "150") {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}
