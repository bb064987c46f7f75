package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"penates"
	"penates/internal/receipt"
	"penates/internal/vault"
)

// receipt gives the person the signed receipt of a consent as a file: what it says,
// and the signed form of the same, which package receipt verifies.
func (v *visit) receipt() error {
	list, err := v.s.Grants(v.ctx(), vault.GrantFilter{ID: penates.GrantID(v.r.PathValue("id")), Limit: 1})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("grant: %w", penates.NotExist)
	}
	id, public := v.s.Identity()
	r := receipt.Of(&list[0], id, v.l.Lang())
	signed, err := r.Sign(public, v.s.Sign)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(struct {
		Receipt *receipt.Receipt `json:"receipt"`
		Signed  string           `json:"signed"`
		Key     string           `json:"ed25519"` // of the vault
	}{r, signed, base64.RawURLEncoding.EncodeToString(public)}, "", " ")
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="penates-receipt-`+r.ID+`.json"`)
	_, err = v.w.Write(append(b, '\n'))
	return err
}
