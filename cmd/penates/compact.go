package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/upkeep"
	"penates/internal/vault"
)

func compactCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "compact", Short: "give back the space nothing uses / rendre l'espace inutilisé", Args: args(0, 0, ""),
		Long: "Writes the database anew without the space that deleted documents left, merges the\nindex of search, and removes files in blobs/ that an interrupted import left more than a\n" +
			"day ago. Nothing you put in is removed. It needs free space of twice the database, and\ncan be interrupted at any moment.\n\n" +
			"Réécrit la base sans l'espace des documents supprimés, fusionne l'index de recherche et\nenlève de blobs/ ce qu'un import interrompu y a laissé. Rien de ce que vous avez confié\n" +
			"n'est enlevé.\n\nWith --json the answer is {\"before\",\"after\",\"orphans\",\"removed\",\"left\"}, in bytes.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				bar := p.bar()
				r, err := p.compact(ctx, s, func(what string, done, total int) { bar.show(what, int64(done), int64(total)) })
				bar.clear()
				if err != nil {
					return err
				}
				return p.say(r, compacted(r))
			})
		},
	}
}

// compactTries is how often a backup that is being copied is waited for.
const compactTries = 3

// compact compacts the vault. While a backup copies the database that cannot be done;
// then the copy is waited for, unless its store is not reached.
func (p *program) compact(ctx context.Context, s *vault.Session, progress func(string, int, int)) (r *upkeep.Compaction, err error) {
	for range compactTries {
		r, err = s.Compact(ctx, progress)
		if !errors.Is(err, penates.InUse) || p.keeper().Flush(ctx, "") != nil {
			break
		}
	}
	return r, err
}

func compacted(r *upkeep.Compaction) string {
	return fmt.Sprintf("The database had %d KiB and has %d KiB; %d orphans of %d KiB removed, %d younger than a day left / La base avait %[1]d Kio, elle en a %[2]d",
		r.Before>>10, r.After>>10, r.Orphans, r.Removed>>10, r.Left)
}
