//go:build unix

package webdav_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"penates/internal/store/storetest"
)

// rclone starts rclone's server of WebDAV for a folder, in the place of any of the
// drives it knows, and returns its address.
func rclone(tb testing.TB) string {
	tb.Helper()
	program, err := exec.LookPath("rclone")
	if err != nil {
		tb.Fatal("install rclone, which this test starts (on Debian: apt-get install rclone)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	host := l.Addr().String()
	_ = l.Close()
	folder := tb.TempDir()
	log, err := os.Create(filepath.Join(tb.TempDir(), "log"))
	if err != nil {
		tb.Fatal(err)
	}
	server := exec.Command(program, "serve", "webdav", folder, "--addr", host, "--user", user, "--pass", password, "--config", os.DevNull)
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // killed: the error is expected
		_ = log.Close()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get("http://" + host)
		if err == nil {
			_ = answer.Body.Close()
			return "http://" + host
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			tb.Fatalf("rclone does not answer: %v\n%s", err, text)
		}
	}
}

// Whatever rclone reaches (Dropbox, Google Drive, OneDrive, SFTP) can be a store
// through its own server of WebDAV.
func TestRclone(t *testing.T) {
	address := rclone(t)
	s := open(t, fmt.Sprintf("%s/fenced", address))
	if !s.Fenced() {
		t.Error("rclone is not found to decide")
	}
	storetest.RunFew(t, onServer(address))
}
