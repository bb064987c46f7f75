package main

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/schema"
	"penates/internal/vault"
)

func reparseCommand(p *program) *cobra.Command {
	anew := false
	c := &cobra.Command{
		Use: "reparse", Short: "read all kept files again with this release / relire tous les fichiers gardés", Args: args(0, 0, ""),
		Long: "Reads every file the vault keeps again, as this release understands it, and says what\nis new or different, the first twenty by name. What you edited or threw away stays as it is; documents a file no\n" +
			"longer gives are counted as missing, and stay. One that was stopped goes on where it\nwas, unless with --again, another release, or columns of a table named since. With --json the answer is that of\nimport with {\"blobs\",\"before\",\"missing\":{TYPE:N},\"missingIds\":[…],\n\"changes\":[{\"id\",\"type\",\"added\",\"fields\":[…]}]}, the first thousand of each.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				bar := p.bar()
				result, err := intake.Continue(ctx, s, version, anew, func(n importer.Progress) {
					bar.show(fmt.Sprintf("%d · %s", n.Documents, n.Path), n.Done, n.Total)
				}, slog.Default())
				bar.clear()
				if printed := p.printReparse(result); printed != nil {
					return printed
				}
				if err != nil {
					return fmt.Errorf("the reading stopped; what is counted above is stored: %w", err)
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&anew, "again", false, "read all files, also those a reparse read that was stopped / tout relire")
	return c
}

func (p *program) printReparse(r *intake.Reparse) error {
	if p.json {
		return p.printJSON(r)
	}
	if err := p.printReport(r.Report); err != nil {
		return err
	}
	p.printDifferences(r)
	var lines []string
	for t, n := range r.Missing {
		view := string(t)
		if k, err := schema.Of(t); err == nil {
			view = k.View
		}
		lines = append(lines, fmt.Sprintf("missing: %d %s that their files no longer give; they stay", n, view))
	}
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Fprintln(p.stdout, line)
	}
	if r.Before > 0 {
		fmt.Fprintf(p.stdout, "%d files were read before the last reparse was stopped; --again reads them too\n", r.Before)
	}
	_, err := fmt.Fprintf(p.stdout, "%d files read again\n", r.Blobs)
	return err
}

// printDifferences names the first documents that are new or read otherwise.
func (p *program) printDifferences(r *intake.Reparse) {
	const most = 20
	for _, d := range r.Changes[:min(most, len(r.Changes))] {
		view := string(d.Type)
		if k, err := schema.Of(d.Type); err == nil {
			view = k.View
		}
		what := "new"
		if !d.Added {
			what = "other: " + strings.Join(d.Fields, ", ")
		}
		fmt.Fprintf(p.stdout, "%s %s %s\n", d.ID, view, what)
	}
	if n := len(r.Changes) - most; n > 0 {
		fmt.Fprintf(p.stdout, "and %d more; --json names them\n", n)
	}
}

// printHashes prints a hash of what each type holds.
func (p *program) printHashes(ctx context.Context, s *vault.Session) error {
	hashes, err := s.Hashes(ctx)
	if err != nil {
		return err
	}
	if p.json {
		return p.printJSON(append([]vault.TypeHash{}, hashes...))
	}
	rows := [][]string{{"VIEW", "DOCUMENTS", "POINTS", "SHA-256"}}
	for _, h := range hashes {
		points := ""
		if h.Points > 0 {
			points = strconv.Itoa(h.Points)
		}
		rows = append(rows, []string{h.View, strconv.Itoa(h.Documents), points, h.SHA256})
	}
	return p.columns(rows)
}
