package web

import (
	"errors"

	"penates"
	"penates/internal/web/passkey"
)

func (v *visit) passkeyLogin() error {
	return v.srv.desk.ServeLogIn(v.w, v.r, v.srv.cfg.Vault.Vault())
}

// passkeyLoggedIn opens a browser session for the answer of a passkey.
func (v *visit) passkeyLoggedIn() error {
	kept := v.srv.cfg.Vault.Vault()
	err := v.srv.desk.LoggedIn(v.r, kept)
	if errors.Is(err, penates.WrongKey) {
		return penates.Invalid
	}
	if err == nil {
		_, err = v.open(kept)
	}
	if err != nil {
		return err
	}
	return passkey.Tell(v.w, map[string]string{"next": local(v.r.URL.Query().Get("next"))})
}

// addPasskey begins to make a passkey, for who shows the passphrase again.
func (v *visit) addPasskey() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	err := v.srv.slow.Try(v.ctx(), func() error {
		return v.srv.cfg.Vault.Vault().Unlock(v.ctx(), []byte(v.r.PostForm.Get("passphrase")))
	})
	if err == nil {
		err = v.srv.desk.ServeAdd(v.w, v.r, v.s)
	}
	wrong := map[penates.Kind]string{penates.WrongKey: "unlock.wrong", penates.Unsupported: "passkey.name"}
	for kind, key := range wrong {
		if errors.Is(err, kind) {
			return passkey.Tell(v.w, map[string]string{"error": v.l.T(key)})
		}
	}
	return err
}

func (v *visit) passkeyAdded() error {
	if err := v.srv.desk.Added(v.r, v.s, v.l.Stamp(v.now())); err != nil {
		return err
	}
	return passkey.Tell(v.w, map[string]string{"next": "/security?done=passkey"})
}

func (v *visit) removePasskey() error {
	if err := passkey.Removed(v.r, v.s, v.r.PathValue("id")); err != nil {
		return err
	}
	v.redirect("/security?done=passkey")
	return nil
}
