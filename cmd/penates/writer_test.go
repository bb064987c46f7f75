package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"

	"penates"
	"penates/internal/backup"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// writer is the program penates-writer of the tests: it writes notes into the vault in
// a folder, ships them, and prints how many there are after each commit. It never ends.
func writer() {
	ctx := context.Background()
	v, err := vault.Open(os.Args[1])
	if err == nil {
		err = v.Unlock(ctx, []byte(os.Args[2]))
	}
	if err == nil {
		err = errors.Join(write(ctx, v), v.Close())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func write(ctx context.Context, v *vault.Vault) error {
	s, err := v.As(penates.Owner, "")
	if err != nil {
		return err
	}
	k := backup.NewKeeper(openStore, slog.New(slog.DiscardHandler))
	if err := errors.Join(k.Sync(ctx, v, nil), k.Waits(ctx, s)); err != nil {
		return err
	}
	rows, err := s.Query(ctx, "SELECT count(*) FROM notes", 0)
	if err != nil {
		return err
	}
	n := 0
	for _, err = fmt.Sscan(fmt.Sprint(rows.Rows[0][0]), &n); err == nil; {
		some := 1 + rand.IntN(20)
		err = vaulttest.PutNotes(ctx, s, n, n+some)
		if n += some; err == nil {
			fmt.Println("stored", n)
		}
	}
	return err
}
