//go:build unix

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"penates/internal/store/rclone/sftptest"
)

// A vault is backed up to a host of SSH, proven, and restored from it with nothing but
// the address, the password and the passphrase; a host that is not the same is refused.
func TestBackupBySSH(t *testing.T) {
	h, home := sftptest.New(t, sftptest.OpenSSH(t)), t.TempDir()
	at, dir, again := h.At(t.TempDir()), filepath.Join(home, "vault"), filepath.Join(home, "again")
	if err := makeVault(dir); err != nil {
		t.Fatal(err)
	}
	secret := sftptest.Password
	run := func(fails bool, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), "penates", args...)
		c.Env = append(os.Environ(), "HOME="+home, "PENATES_DATA="+dir, "PENATES_PASSPHRASE="+passphrase, "PENATES_STORE_SECRET="+secret, "LANG=en", "RCLONE_SFTP_HOST=elsewhere.invalid", "RCLONE_SFTP_KNOWN_HOSTS_FILE=none")
		out, err := c.CombinedOutput()
		if (err != nil) != fails || strings.Contains(string(out), sftptest.Password) {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	says := func(text, words string) {
		t.Helper()
		if !strings.Contains(text, words) {
			t.Errorf("%q is not said:\n%s", words, text)
		}
	}
	statements := filepath.Join(home, "statement.csv")
	if err := os.WriteFile(statements, []byte(statement(150)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(false, "import", statements)
	says(run(false, "backup", "add", at), h.Fingerprint())
	says(run(false, "backup", "drill"), "found equal")
	if said := run(false, "backup", "list", "--json"); strings.Contains(said, "host_keys") {
		t.Error(said)
	}
	before := run(false, "types", "--hash")
	run(true, "backup", "restore", at, "--to", again, "--fingerprint", "SHA256:another")
	says(run(false, "backup", "restore", at, "--to", again, "--fingerprint", h.Fingerprint()), "Restored into")
	if after := run(false, "--data", again, "types", "--hash"); after != before || !strings.Contains(after, "150") {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	h.NewKey()
	says(run(true, "backup", "now"), "another key")
	secret = "wrong"
	says(run(true, "backup", "restore", at, "--to", filepath.Join(home, "none")), "refuses who asks")
}
