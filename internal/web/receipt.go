package web

import (
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
	b, err := receipt.File(&list[0], v.s, v.l.Lang())
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="penates-receipt-`+string(list[0].ID)+`.json"`)
	_, err = v.w.Write(b)
	return err
}
