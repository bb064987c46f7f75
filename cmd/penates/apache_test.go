package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const apacheModules = "/usr/lib/apache2/modules"

// TestApache lets mod_auth_openidc of Debian log a person in with their vault.
func TestApache(t *testing.T) {
	if _, err := os.Stat(filepath.Join(apacheModules, "mod_auth_openidc.so")); err != nil {
		t.Fatalf("%v: apt-get install apache2 libapache2-mod-auth-openidc, as ./test does", err)
	}
	m := newMachine(t)
	s := m.serve()
	defer s.end(os.Interrupt)
	issuer := address.FindString(s.first)
	site := "http://127.0.0.1:" + freePort(t)
	id, secret := register(t, issuer, `{"client_name":"Allotment society","redirect_uris":["`+site+`/members/back"],"scope":"openid profile"}`)
	startApache(t, site, issuer, id, secret)
	person := newSurfer(t, "")
	where, page := person.visit(site + "/members/")
	if !strings.HasPrefix(where, site+"/members/") || !strings.Contains(page, "Beans and leeks") {
		t.Fatalf("the person is at %s and sees\n%.800s", where, page)
	}
	if !strings.Contains(person.asked, "Allotment society") {
		t.Errorf("the person is not told who asks:\n%.800s", person.asked)
	}
	if _, again := person.visit(site + "/members/"); !strings.Contains(again, "Beans and leeks") {
		t.Error("the person has to log in again")
	}
	stranger := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 2 * time.Minute}
	ask, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site+"/members/", nil)
	if err != nil {
		t.Fatal(err)
	}
	ask.Header.Set("Accept", "text/html")
	r, err := stranger.Do(ask)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if to := r.Header.Get("Location"); r.StatusCode != http.StatusFound || !strings.HasPrefix(to, issuer+"/oauth/authorize?") {
		t.Errorf("a stranger gets %d to %q", r.StatusCode, to)
	}
}

// register registers a client and returns its id and secret.
func register(t *testing.T, issuer, metadata string) (id, secret string) {
	t.Helper()
	r, err := http.Post(issuer+"/oauth/register", "application/json", strings.NewReader(metadata))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var got struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil || got.ID == "" || got.Secret == "" {
		t.Fatalf("register: %d %+v, %v", r.StatusCode, got, err)
	}
	return got.ID, got.Secret
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

// startApache starts an Apache of the test's own, with nothing but what it says
// here, and stops it when the test ends.
func startApache(t *testing.T, site, issuer, id, secret string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "penates-apache-") // Apache's user has to reach it, too
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var conf strings.Builder
	for _, name := range []string{"mpm_event", "authn_core", "authz_core", "authz_user", "dir", "mime", "auth_openidc"} {
		fmt.Fprintf(&conf, "LoadModule %s_module %s/mod_%s.so\n", name, apacheModules, name)
	}
	user := ""
	if os.Getuid() == 0 {
		user = "User www-data\nGroup www-data\n"
	}
	fmt.Fprintf(&conf, `%[1]sServerName 127.0.0.1
Listen %[2]s
ServerRoot %[3]s
PidFile %[3]s/pid
DefaultRuntimeDir %[3]s
Mutex file:%[3]s default
ErrorLog %[3]s/errors
DocumentRoot %[3]s/pages
TypesConfig /dev/null
OIDCProviderMetadataURL %[4]s/.well-known/openid-configuration
OIDCClientID %[5]s
OIDCClientSecret %[6]s
OIDCRedirectURI %[7]s/members/back
OIDCCryptoPassphrase for-this-test-only
OIDCPKCEMethod S256
OIDCScope "openid profile"
OIDCSSLValidateServer Off
OIDCSessionType client-cookie
<Directory %[3]s/pages>
  Require all granted
</Directory>
<Location /members/>
  AuthType openid-connect
  Require valid-user
</Location>
`, user, strings.TrimPrefix(site, "http://"), dir, issuer, id, secret, site)
	pages := filepath.Join(dir, "pages", "members")
	if err := os.MkdirAll(pages, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{filepath.Join(pages, "index.html"): "<h1>Beans and leeks</h1>", filepath.Join(dir, "conf"): conf.String()} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/usr/sbin/apache2", "-f", filepath.Join(dir, "conf"), "-D", "FOREGROUND")
	c.Stdout, c.Stderr = t.Output(), t.Output()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait() // a signal ended it
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(dir, "errors"))
			t.Logf("Apache says:\n%s", b)
		}
	})
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", strings.TrimPrefix(site, "http://")); err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal("Apache does not answer")
		}
	}
}
