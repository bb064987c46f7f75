// Package passkey lets the owner log in at the page of an open vault with a passkey
// (WebAuthn) in place of the passphrase. A passkey opens a browser session and
// nothing else: a locked vault still needs its passphrase.
package passkey

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"penates"
)

// A Store remembers passkeys; the owner's vault.Session does.
type Store interface {
	Remember(ctx context.Context, kind, key string, value []byte, expires time.Time) error
	Recall(ctx context.Context, kind, key string) ([]byte, error)
	RecallEach(ctx context.Context, kind, prefix string, f func(key string, value []byte) error) error
	Forget(ctx context.Context, kind, key string) error
}

const (
	kindKey  = "passkey"
	kindUser = "passkey.user"

	life     = 5 * time.Minute // of a ceremony
	most     = 200             // ceremonies under way
	mostKeys = 20              // of one address
	maxBody  = 64 << 10
)

// A Key is a passkey of the owner.
type Key struct {
	Label string              `json:"label"`
	Added time.Time           `json:"added"`
	Cred  webauthn.Credential `json:"credential"`
}

// ID names the key.
func (k *Key) ID() string { return base64.RawURLEncoding.EncodeToString(k.Cred.ID) }

// A Desk takes people through the ceremonies. What it asked is in memory, and good
// once.
type Desk struct {
	now func() time.Time

	mu    sync.Mutex
	asked map[string]asking
}

type asking struct {
	data   webauthn.SessionData
	origin string
	add    bool
	until  time.Time
}

// NewDesk returns a Desk that reads the clock now.
func NewDesk(now func() time.Time) *Desk { return &Desk{now: now, asked: map[string]asking{}} }

// An owner is how the library sees the owner.
type owner struct {
	id   []byte
	keys []webauthn.Credential
}

func (o *owner) WebAuthnID() []byte                         { return o.id }
func (o *owner) WebAuthnName() string                       { return "penates" }
func (o *owner) WebAuthnDisplayName() string                { return "Penates" }
func (o *owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

var _ webauthn.User = (*owner)(nil)

// party returns the ceremonies of the page at origin, as in "https://coffre.test".
// A passkey is of a name: addresses that are numbers have none.
func party(origin string) (*webauthn.WebAuthn, string, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		return nil, "", fmt.Errorf("passkeys are of names, open the page as http://localhost: %w", penates.Unsupported)
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Penates", RPOrigins: []string{origin},
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
	})
	return w, u.Hostname(), err
}

// keysOf returns the passkeys of a name.
func keysOf(ctx context.Context, s Store, name string) (keys []Key, err error) {
	err = s.RecallEach(ctx, kindKey, name+"/", func(_ string, value []byte) error {
		var k Key
		if err := json.Unmarshal(value, &k); err != nil {
			return fmt.Errorf("passkey: %w (%w)", penates.Damaged, err)
		}
		keys = append(keys, k)
		return nil
	})
	return keys, err
}

func ownerOf(ctx context.Context, s Store, name string) (*owner, error) {
	id, err := s.Recall(ctx, kindUser, "1")
	if errors.Is(err, penates.NotExist) {
		id = make([]byte, 32)
		rand.Read(id)
		err = s.Remember(ctx, kindUser, "1", id, time.Time{})
	}
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(ctx, s, name)
	o := &owner{id: id}
	for _, k := range keys {
		o.keys = append(o.keys, k.Cred)
	}
	return o, err
}

// Keys returns the passkeys that log in at origin.
func Keys(ctx context.Context, s Store, origin string) ([]Key, error) {
	_, name, err := party(origin)
	if err != nil {
		return nil, nil // none can be there
	}
	return keysOf(ctx, s, name)
}

// Remove forgets a passkey of origin.
func Remove(ctx context.Context, s Store, origin, id string) error {
	_, name, err := party(origin)
	if err != nil {
		return err
	}
	return s.Forget(ctx, kindKey, name+"/"+id)
}

func (d *Desk) ask(a asking) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	for token, x := range d.asked {
		if !now.Before(x.until) {
			delete(d.asked, token)
		}
	}
	if len(d.asked) >= most {
		return "", fmt.Errorf("too many log in at once: %w", penates.TooLong)
	}
	token := rand.Text() + rand.Text()
	a.until = now.Add(life)
	d.asked[token] = a
	return token, nil
}

func (d *Desk) take(token, origin string, add bool) (webauthn.SessionData, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.asked[token]
	delete(d.asked, token)
	if !ok || !d.now().Before(a.until) || a.origin != origin || a.add != add {
		return a.data, fmt.Errorf("nobody was asked that, or too long ago: %w", penates.Invalid)
	}
	return a.data, nil
}

// Add begins to make a passkey: options are for the browser, token for FinishAdd.
func (d *Desk) Add(ctx context.Context, s Store, origin string) (options any, token string, err error) {
	w, name, err := party(origin)
	if err != nil {
		return nil, "", err
	}
	o, err := ownerOf(ctx, s, name)
	if err != nil {
		return nil, "", err
	}
	if len(o.keys) >= mostKeys {
		return nil, "", fmt.Errorf("more than %d passkeys: %w", mostKeys, penates.TooLarge)
	}
	creation, data, err := w.BeginRegistration(o, webauthn.WithExclusions(webauthn.Credentials(o.keys).CredentialDescriptors()))
	if err != nil {
		return nil, "", err
	}
	token, err = d.ask(asking{data: *data, origin: origin, add: true})
	return creation.Response, token, err
}

// FinishAdd keeps the passkey that the browser made.
func (d *Desk) FinishAdd(ctx context.Context, s Store, origin, token, label string, body io.Reader) error {
	data, err := d.take(token, origin, true)
	if err != nil {
		return err
	}
	w, name, err := party(origin)
	if err != nil {
		return err
	}
	o, err := ownerOf(ctx, s, name)
	if err != nil {
		return err
	}
	made, err := protocol.ParseCredentialCreationResponseBody(io.LimitReader(body, maxBody))
	if err != nil {
		return fmt.Errorf("the passkey cannot be read: %w", penates.Invalid)
	}
	cred, err := w.CreateCredential(o, data, made)
	if err != nil {
		return fmt.Errorf("the passkey does not answer what was asked: %w", penates.Invalid)
	}
	return keep(ctx, s, name, &Key{Label: label[:min(len(label), 100)], Added: d.now().UTC(), Cred: *cred})
}

func keep(ctx context.Context, s Store, name string, k *Key) error {
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return s.Remember(ctx, kindKey, name+"/"+k.ID(), b, time.Time{})
}

// LogIn begins to log in: options are for the browser, token for FinishLogIn.
func (d *Desk) LogIn(origin string) (options any, token string, err error) {
	w, _, err := party(origin)
	if err != nil {
		return nil, "", err
	}
	assertion, data, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", err
	}
	token, err = d.ask(asking{data: *data, origin: origin})
	return assertion.Response, token, err
}

// FinishLogIn returns nil when the answer is of a passkey of the owner, else an
// error of kind WrongKey.
func (d *Desk) FinishLogIn(ctx context.Context, s Store, origin, token string, body io.Reader) error {
	data, err := d.take(token, origin, false)
	if err != nil {
		return err
	}
	w, name, err := party(origin)
	if err != nil {
		return err
	}
	o, err := ownerOf(ctx, s, name)
	if err != nil {
		return err
	}
	answer, err := protocol.ParseCredentialRequestResponseBody(io.LimitReader(body, maxBody))
	if err != nil {
		return fmt.Errorf("the answer of the passkey cannot be read: %w", penates.Invalid)
	}
	_, cred, err := w.ValidatePasskeyLogin(func(_, user []byte) (webauthn.User, error) {
		if string(user) != string(o.id) {
			return nil, penates.WrongKey
		}
		return o, nil
	}, data, answer)
	if err != nil || cred.Authenticator.CloneWarning {
		return fmt.Errorf("passkey: %w", penates.WrongKey)
	}
	keys, err := keysOf(ctx, s, name)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if string(k.Cred.ID) == string(cred.ID) {
			k.Cred = *cred
			return keep(ctx, s, name, &k)
		}
	}
	return fmt.Errorf("passkey: %w", penates.WrongKey)
}
