package rclone

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/config/configmap"
	"github.com/rclone/rclone/lib/oauthutil"

	"penates"
)

// Asks reports whether the drive at an address is opened by a token, and there is none
// yet.
func Asks(address string, s Settings) bool {
	p, err := parse(address)
	if err != nil || !kinds[p.scheme].oauth {
		return false
	}
	for _, key := range []string{"token", "service_account_credentials"} {
		if value, _ := s.Get(key); value != "" {
			return false
		}
	}
	return true
}

// UseClient names the program to the provider, instead of as rclone. A provider may ask
// for a secret of it.
func UseClient(s Settings, id, secret string) {
	s.Set("client_id", id)
	s.Set("client_secret", secret)
}

const maxQuestions = 50

var (
	authorizing sync.Mutex // rclone answers providers on one port
	errClient   = fmt.Errorf("at Google, rclone's own name can no longer be shared: make a client of yours (https://rclone.org/drive/#making-your-own-client-id) and give its id: %w", penates.Unsupported)
	errPort     = errors.New("port 53682 of this machine, where the provider's answer comes to, is in use")
	errLogin    = fmt.Errorf("the provider did not give a token: %w", penates.Denied)
)

// Authorize asks the provider of a drive for a token. The person is sent to show's
// address with a browser on this machine, where the provider's answer comes to.
func Authorize(ctx context.Context, address string, s Settings, show func(address string)) error {
	p, err := parse(address)
	if err != nil {
		return err
	}
	info, err := find(p.scheme)
	if err != nil {
		return err
	}
	m, err := newMapper(info, p, "", s)
	if err != nil {
		return err
	}
	if scope, _ := s.Get("scope"); p.scheme == "drive" && scope == "" {
		s.Set("scope", "drive.file") // only what this client writes
	}
	authorizing.Lock()
	defer authorizing.Unlock()
	oauthutil.OpenURL = func(address string) error { show(address); return nil }
	ctx, in := configured(ctx), fs.ConfigIn{}
	for range maxQuestions {
		out, err := fs.BackendConfig(ctx, "penates-"+p.scheme, m, info, configmap.Simple{}, in)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return loginError(ctx, err)
		case out == nil || out.State == "":
			if token, _ := s.Get("token"); token == "" {
				return errLogin
			}
			return nil
		case out.Error != "":
			return errLogin
		case out.Option != nil && out.Option.Name == "config_shared_client_id":
			return errClient
		}
		in = fs.ConfigIn{State: out.State, Result: out.Result}
		if out.Option != nil {
			in.Result = fmt.Sprint(out.Option.Default)
		}
	}
	return errLogin
}

// loginError returns an error without what the provider sent.
func loginError(ctx context.Context, err error) error {
	var said *oauthutil.AuthResult
	if errors.As(err, &said) {
		return fmt.Errorf("%s: %w", said.Name, errLogin)
	}
	if strings.Contains(err.Error(), "auth webserver") {
		return errPort
	}
	return errors.Join(errLogin, explain(ctx, errors.New("the token could not be asked for")))
}
