package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/schema"
	"penates/internal/vault"
)

func importCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "import PATH…", Short: "bring in files, folders and archives / importer des fichiers", Args: args(1, -1, "PATH…"),
		Long: "Brings in files, folders and archives (zip, tar, gz). What a file is, is told by its\ncontent. Reading the same file twice adds nothing. With --json the answer is\n" +
			"  {\"read\",\"added\",\"updated\",\"unchanged\",\"refused\",\"types\":{TYPE:{…}},\"refusals\":[{\"file\",\"line\",\"error\"}]}\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, given []string) error {
			paths := make([]string, len(given))
			for i, name := range given {
				paths[i] = p.abs(name)
				if p.session != nil {
					continue // the command that asked has looked
				}
				if _, err := os.Stat(paths[i]); err != nil {
					return codeError{fmt.Errorf("import %s: %w", name, errors.Unwrap(err)), exitNothingRead}
				}
			}
			p.ships = true
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				return p.importPaths(ctx, s, paths)
			})
		},
	}
}

func (p *program) importPaths(ctx context.Context, s *vault.Session, paths []string) error {
	bar := p.bar()
	progress := func(n importer.Progress) {
		bar.show(fmt.Sprintf("%d · %s", n.Documents, n.Path), n.Done, n.Total)
	}
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = filepath.Base(path)
	}
	in, err := intake.Start(ctx, s, strings.Join(names, ", "), progress, slog.Default())
	if err != nil {
		return err
	}
	err = in.Paths(ctx, paths...)
	report, ended := in.End(ctx)
	bar.clear()
	if printed := p.printReport(report); printed != nil {
		return printed
	}
	if err = errors.Join(err, ended); err != nil {
		return fmt.Errorf("the import stopped; what is counted above is stored, and importing again completes it: %w", err)
	}
	if report.Read-report.Refused == 0 {
		return codeError{errors.New("nothing could be read"), exitNothingRead}
	}
	return nil
}

func (p *program) printReport(r *importer.Report) error {
	if p.json {
		return p.printJSON(r)
	}
	rows := [][]string{{"VIEW", "ADDED", "UPDATED", "UNCHANGED"}}
	for t, n := range r.Types {
		view := string(t)
		if k, err := schema.Of(t); err == nil {
			view = k.View
		}
		rows = append(rows, []string{view, strconv.Itoa(n.Added), strconv.Itoa(n.Updated), strconv.Itoa(n.Unchanged)})
	}
	sort.Slice(rows[1:], func(i, j int) bool { return rows[i+1][0] < rows[j+1][0] })
	if len(rows) > 1 {
		if err := p.columns(rows); err != nil {
			return err
		}
	}
	for _, f := range r.Refusals {
		place := f.File
		if f.Line > 0 {
			place += ":" + strconv.Itoa(f.Line)
		}
		fmt.Fprintf(p.stderr, "refused: %s: %s\n", plain(place), plain(f.Error))
	}
	if r.Unlisted > 0 {
		fmt.Fprintf(p.stderr, "refused: %d more\n", r.Unlisted)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(p.stderr, "note: %s\n", plain(note))
	}
	_, err := fmt.Fprintln(p.stdout, r.String())
	return err
}
