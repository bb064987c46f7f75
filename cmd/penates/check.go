package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/vault"
)

func checkCommand(p *program) *cobra.Command {
	var deep bool
	cmd := &cobra.Command{
		Use: "check [--deep]", Short: "verify every byte the vault keeps / vérifier tout le coffre", Args: args(0, 0, "[--deep]"),
		Long: "Verifies the seal of every page of the database and of every file kept, the indexes\nand the journal's chain. With --deep also that raw bytes are those their ids say, that\n" +
			"what documents and links refer to is there, that search knows every document, and\nthat every view answers. Each problem is one line that ends with what to do.\n\n" +
			"Vérifie chaque page de la base, chaque fichier gardé, les index et le journal. Avec\n--deep aussi les empreintes, les liens, la recherche et les vues. Chaque problème est\n" +
			"une ligne qui finit par ce qu'il faut faire.\n\nWith --json the answer is\n{\"pages\",\"documents\",\"blobs\",\"journal\",\"problems\":[…],\"deep\":{\"links\",\"waiting\",\"views\",\"rows\",\"breaks\",\"unused\",\"orphans\"}}.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				bar := p.bar()
				check := s.Check
				if deep {
					check = s.CheckDeep
				}
				found, err := check(ctx, func(what string, done, total int) { bar.show(what, int64(done), int64(total)) })
				bar.clear()
				if err != nil {
					return err
				}
				if err := p.printCheckup(found); err != nil {
					return err
				}
				if n := len(found.Problems); n > 0 {
					return codeError{fmt.Errorf("%d problems: %w", n, penates.Damaged), exitDamaged}
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&deep, "deep", false, "follow everything that refers to something else / suivre tous les renvois")
	return cmd
}

func (p *program) printCheckup(k *vault.Checkup) error {
	if p.json {
		return p.printJSON(k)
	}
	for _, line := range k.Problems {
		fmt.Fprintln(p.stdout, plain(line))
	}
	_, err := fmt.Fprintf(p.stdout, "%d pages, %d documents, %d blobs, %d journal entries checked\n", k.Pages, k.Documents, k.Blobs, k.Entries)
	if d := k.Deep; err == nil && d != nil {
		_, err = fmt.Fprintf(p.stdout, "%d links (%d to documents that never came), %d rows of %d views; %d raw files no document refers to, %d orphans (penates compact removes them), %d known breaks of the journal\n",
			d.Links, d.Waiting, d.Rows, d.Views, d.Unused, d.Orphans, d.Breaks)
	}
	return err
}
