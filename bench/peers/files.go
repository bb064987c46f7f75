package main

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// files makes documents be files below a path, with a header that lets them in.
func (s *running) files(path, authorization string) {
	at := func(i int) string { return fmt.Sprintf("%s%s/%d.json", s.base, path, i) }
	s.put = func(i int, body []byte) (*http.Request, error) {
		return request("PUT", at(i), body, "Authorization", authorization)
	}
	s.where = func(i int, _ []byte) (string, error) { return at(i), nil }
	s.get = func(at string) (*http.Request, error) { return request("GET", at, nil, "Authorization", authorization) }
}

func basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("lou:"+passphrase))
}

const apacheConf = `
ServerRoot "%[1]s"
ServerName localhost
Listen 127.0.0.1:%[2]s
PidFile "%[1]s/pid"
ErrorLog "%[1]s/log"
LoadModule mpm_event_module %[3]s/mod_mpm_event.so
LoadModule authn_core_module %[3]s/mod_authn_core.so
LoadModule authn_file_module %[3]s/mod_authn_file.so
LoadModule authz_core_module %[3]s/mod_authz_core.so
LoadModule authz_user_module %[3]s/mod_authz_user.so
LoadModule auth_basic_module %[3]s/mod_auth_basic.so
LoadModule dir_module %[3]s/mod_dir.so
LoadModule dav_module %[3]s/mod_dav.so
LoadModule dav_fs_module %[3]s/mod_dav_fs.so
User www-data
Group www-data
ThreadsPerChild 128
MaxRequestWorkers 256
ServerLimit 2
StartServers 2
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests 0
DocumentRoot "%[1]s/files"
DavLockDB %[1]s/locks/db
<Directory "%[1]s/files">
  Dav On
  AuthType Basic
  AuthName files
  AuthUserFile "%[1]s/users"
  Require valid-user
</Directory>
`

// startApache starts Debian's Apache with mod_dav on a folder.
func startApache(ctx context.Context, dir string) (*running, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	hash := sha1.Sum([]byte(passphrase)) // of the forms Apache knows, the one that costs it least
	users := "lou:{SHA}" + base64.StdEncoding.EncodeToString(hash[:]) + "\n"
	for name, text := range map[string]string{"conf": fmt.Sprintf(apacheConf, dir, port, "/usr/lib/apache2/modules"), "users": users} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"", "files", "locks"} { // Apache writes as another user when root starts it
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, name), 0o777), os.Chmod(filepath.Join(dir, name), 0o777)); err != nil {
			return nil, err
		}
	}
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		return nil, err
	}
	s, err := launch(ctx, dir, "http://127.0.0.1:"+port, "/", "/usr/sbin/apache2", "-f", filepath.Join(dir, "conf"), "-DFOREGROUND")
	if err != nil {
		return nil, err
	}
	s.files("", basic())
	return s, nil
}

// startRclone starts rclone's WebDAV server on a folder.
func startRclone(ctx context.Context, dir string) (*running, error) {
	data := filepath.Join(dir, "files")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s, err := launch(ctx, dir, "http://127.0.0.1:"+port, "/", "rclone", "serve", "webdav", data,
		"--addr", "127.0.0.1:"+port, "--user", "lou", "--pass", passphrase, "--config", filepath.Join(dir, "none"))
	if err != nil {
		return nil, err
	}
	s.files("", basic())
	return s, nil
}

// startArmadietto starts armadietto, a server of remoteStorage, with one account
// that lets a program at its notes.
func startArmadietto(ctx context.Context, dir string) (*running, error) {
	module, err := filepath.Abs("node")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(module, "node_modules")); err != nil {
		if _, err := run(ctx, module, "npm", "ci", "--no-fund", "--no-audit"); err != nil {
			return nil, err
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	conf := fmt.Sprintf(`{"allow_signup": true, "storage_path": %q, "cache_views": true, "basePath": "",
		"http": {"host": "127.0.0.1", "port": %s}, "https": {"enable": false, "force": false},
		"logging": {"log_dir": %q, "stdout": ["error"], "log_files": ["error"]}}`, filepath.Join(dir, "files"), port, filepath.Join(dir, "logs"))
	if err := os.WriteFile(filepath.Join(dir, "conf.json"), []byte(conf), 0o600); err != nil {
		return nil, err
	}
	s, err := launch(ctx, dir, "http://127.0.0.1:"+port, "/", "node", filepath.Join(module, "node_modules/armadietto/bin/armadietto.js"), "-c", filepath.Join(dir, "conf.json"))
	if err != nil {
		return nil, err
	}
	token, err := s.armadiettoToken()
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.files("/storage/lou/notes", "Bearer "+token)
	return s, nil
}

var accessToken = regexp.MustCompile(`access_token=([^&]+)`)

func (s *running) armadiettoToken() (string, error) {
	send := func(path string, form url.Values) (location string, err error) {
		stay := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := stay.Post(s.base+path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
		if err != nil {
			return "", err
		}
		return res.Header.Get("Location"), res.Body.Close()
	}
	if _, err := send("/signup", url.Values{"username": {"lou"}, "email": {"lou@peers.example"}, "password": {passphrase}}); err != nil {
		return "", err
	}
	location, err := send("/oauth", url.Values{"username": {"lou"}, "password": {passphrase}, "client_id": {back}, "redirect_uri": {back},
		"response_type": {"token"}, "scope": {"notes:rw"}, "state": {"state"}, "allow": {"Allow"}})
	if err != nil {
		return "", err
	}
	found := accessToken.FindStringSubmatch(location)
	if found == nil {
		return "", fmt.Errorf("armadietto gives no token: %q", location)
	}
	return url.QueryUnescape(found[1])
}
