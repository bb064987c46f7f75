// Package keep holds the one vault of a directory for the page and for what is served
// beside it.
package keep

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"penates"
	"penates/internal/vault"
)

// A Holder holds the vault of a directory, which may not be made yet.
type Holder struct {
	dir string

	mu    sync.Mutex
	vault *vault.Vault
}

// Open opens the vault in dir, still locked; that there is none yet is no error.
func Open(dir string) (*Holder, error) {
	v, err := vault.Open(dir)
	if errors.Is(err, penates.NotExist) {
		return &Holder{dir: dir}, nil
	}
	if err != nil {
		return nil, err
	}
	return &Holder{dir: dir, vault: v}, nil
}

// Of returns the Holder of a vault that is open already.
func Of(v *vault.Vault) *Holder { return &Holder{dir: v.Dir(), vault: v} }

// Vault returns the vault, locked or not, or nil when there is none yet.
func (h *Holder) Vault() *vault.Vault {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.vault
}

// Create makes the vault and leaves it unlocked; sheet is the code of its recovery
// sheet.
func (h *Holder) Create(ctx context.Context, passphrase []byte, o vault.CreateOptions) (*vault.Vault, string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.vault != nil {
		return nil, "", fmt.Errorf("vault: %w", penates.Exists)
	}
	v, sheet, err := vault.Create(ctx, h.dir, passphrase, o)
	if err != nil {
		return nil, "", err
	}
	h.vault = v
	return v, sheet, nil
}

// Close closes the vault, if there is one.
func (h *Holder) Close() error {
	if v := h.Vault(); v != nil {
		return v.Close()
	}
	return nil
}
