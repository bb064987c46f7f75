//go:build unix

package webdav_test

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"penates"
	"penates/internal/store"
	"penates/internal/store/storetest"
	"penates/internal/store/webdav"
)

const (
	user     = "penates"
	password = "a password that is never shown"
)

const apacheConf = `
ServerRoot "%[1]s"
ServerName localhost
Listen 127.0.0.1:%[2]d
PidFile "%[1]s/pid"
ErrorLog "%[1]s/log"
LoadModule mpm_event_module %[3]s/mod_mpm_event.so
LoadModule authn_core_module %[3]s/mod_authn_core.so
LoadModule authn_file_module %[3]s/mod_authn_file.so
LoadModule authz_core_module %[3]s/mod_authz_core.so
LoadModule authz_user_module %[3]s/mod_authz_user.so
LoadModule auth_basic_module %[3]s/mod_auth_basic.so
LoadModule auth_digest_module %[3]s/mod_auth_digest.so
LoadModule dir_module %[3]s/mod_dir.so
LoadModule dav_module %[3]s/mod_dav.so
LoadModule dav_fs_module %[3]s/mod_dav_fs.so
Mutex file:%[1]s
StartServers 2
User %[4]s
Group %[5]s
DocumentRoot "%[1]s/files"
DavLockDB %[1]s/locks
<Directory "%[1]s/files">
  Dav On
  AuthName "the files of a home"
  Require valid-user
</Directory>
<Location /basic>
  AuthType Basic
  AuthUserFile "%[1]s/basic"
</Location>
<Location /digest>
  AuthType Digest
  AuthUserFile "%[1]s/digest"
</Location>
`

// apache starts Apache with mod_dav for the folders /basic and /digest, and
// returns its address.
func apache(tb testing.TB) string {
	tb.Helper()
	const program, modules = "/usr/sbin/apache2", "/usr/lib/apache2/modules"
	if _, err := os.Stat(program); err != nil {
		tb.Fatal("install Apache, which this test starts (on Debian: apt-get install apache2-bin)")
	}
	folder, err := os.MkdirTemp("", "penates-apache-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(folder) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	who, group := "nobody", "nogroup" // used by root only
	conf := fmt.Sprintf(apacheConf, folder, port, modules, who, group)
	digest := fmt.Sprintf("%s:the files of a home:%x\n", user, md5sum(user+":the files of a home:"+password))
	for name, text := range map[string]string{"conf": conf, "basic": user + ":{SHA}" + sha1base64(password) + "\n", "digest": digest} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	for _, name := range []string{"", "files", "files/basic", "files/digest"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(path, 0o777); err != nil {
			tb.Fatal(err)
		}
		if err := os.Chmod(path, 0o777); err != nil {
			tb.Fatal(err)
		}
	}
	server := exec.Command(program, "-f", filepath.Join(folder, "conf"), "-DFOREGROUND")
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL)
		_ = server.Wait() // killed: the error is expected
	})
	address := fmt.Sprintf("http://127.0.0.1:%d", port)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(address)
		if err == nil {
			_ = answer.Body.Close()
			return address
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(filepath.Join(folder, "log"))
			tb.Fatalf("apache does not answer: %v\n%s", err, text)
		}
	}
}

func onServer(address string) storetest.NewPlace {
	folders := 0
	return func(testing.TB) storetest.Place {
		folders++
		at := fmt.Sprintf("%s/store-%d", address, folders)
		return func(tb testing.TB) store.Store { return open(tb, at) }
	}
}

func open(tb testing.TB, address string) *webdav.Store {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := webdav.Open(tb.Context(), u, user, password)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func TestApache(t *testing.T) {
	address := apache(t)
	for _, folder := range []string{"/basic", "/digest"} {
		s := open(t, address+folder+"/fenced")
		if !s.Fenced() {
			t.Errorf("%s: Apache is not found to decide", folder)
		}
		if err := s.PutIfAbsent(t.Context(), "a/b", []byte("x")); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
		u, err := url.Parse(address + folder)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := webdav.Open(t.Context(), u, user, "wrong"); !errors.Is(err, penates.Denied) {
			t.Errorf("%s, wrong password: %v", folder, err)
		}
	}
	places := onServer(address + "/basic")
	storetest.RunFew(t, places)
	t.Run("Duels", func(t *testing.T) {
		times := 20
		if *long {
			times = 10_000
		}
		storetest.Duels(t, places, times)
	})
}

var long = flag.Bool("long", false, "run the long versions of the tests")

func BenchmarkApache(b *testing.B) { storetest.Bench(b, onServer(apache(b)+"/basic")) }
