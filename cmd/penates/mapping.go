package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bankcsv"
	"penates/internal/importer/mapping"
	"penates/internal/intake"
	"penates/internal/locale"
	"penates/internal/vault"
)

func mappingCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "mapping", Short: "what the columns of a bank's tables hold / ce que contiennent les colonnes d'un relevé", Args: args(0, 0, ""),
		Long: "Lists the tables whose columns you named. A statement in CSV, XLSX or ODS of a bank that\nPenates does not know is read once you said what its columns hold; it is remembered by the row\nof headings, and later files of that source are read the same way.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.onVault(cmd.Context(), p.listMappings) },
	}
	cmd.AddCommand(mappingLearnCommand(p), &cobra.Command{
		Use: "remove ID", Short: "forget a mapping; what it read stays / oublier une correspondance", Args: args(1, 1, "remove ID"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				if err := mapping.Remove(ctx, s, ids[0]); err != nil {
					return err
				}
				return p.say(map[string]string{"removed": ids[0]}, "Forgotten; what it read stays / Oubliée ; ce qu'elle a lu reste")
			})
		},
	})
	return cmd
}

// learning is what the flags of "mapping learn" say.
type learning struct {
	mapping.Mapping
	columns map[mapping.Role]*string
	row     int
	try     bool
}

func mappingLearnCommand(p *program) *cobra.Command {
	l := learning{columns: map[mapping.Role]*string{}}
	cmd := &cobra.Command{
		Use: "learn FILE", Short: "say what the columns of FILE hold / dire ce que contiennent les colonnes de FILE", Args: args(1, 1, "learn FILE"),
		Long: "Shows how the first rows of FILE are read, with the columns that its headings suggest and\nthose you name, by heading or number (from 1). Unless --try is given this is remembered, and files that\n" +
			"the vault keeps already are read again; import FILE afterwards if it is not among them.\nA column named \"-\" has no such role.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, files []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				return p.learnMapping(ctx, s, files[0], &l)
			})
		},
	}
	f := cmd.Flags()
	for _, r := range mapping.Roles() {
		l.columns[r] = f.String(string(r), "", "column of the "+strings.ReplaceAll(string(r), "-", " "))
	}
	f.StringVar(&l.Name, "bank", "", "what you call the bank / nom de la banque")
	f.StringVar(&l.Order, "order", "", "order of dates: dmy, mdy or ymd / ordre des dates")
	f.StringVar(&l.Decimal, "decimal", "", "decimal mark, if amounts do not tell / signe décimal")
	f.StringVar(&l.Mapping.Currency, "all-currency", "", "currency of all rows (ISO 4217) / devise")
	f.StringVar(&l.Mapping.Account, "all-account", "", "account of all rows, number or IBAN / compte")
	f.BoolVar(&l.Reversed, "reversed", false, "what goes out is positive / les dépenses sont positives")
	f.IntVar(&l.row, "row", 0, "line of the headings, if it is not found / ligne des intitulés")
	f.BoolVar(&l.try, "try", false, "show only, remember nothing / montrer seulement")
	return cmd
}

func (p *program) listMappings(ctx context.Context, s *vault.Session) error {
	all, err := mapping.All(ctx, s)
	if err != nil {
		return err
	}
	if p.json {
		return p.printJSON(append([]mapping.Mapping{}, all...))
	}
	for _, m := range all {
		fmt.Fprintf(p.stdout, "%s  %s  %s\n", m.ID, plain(m.Name), plain(strings.Join(m.Headings, " | ")))
	}
	return nil
}

// fileAt returns a file on disk, to be read by formats.
func (p *program) fileAt(name string) (*importer.File, error) {
	full := p.abs(name)
	f := &importer.File{Head: importer.Head{Name: filepath.Base(full), Path: filepath.Base(full)}, Zone: time.UTC, Country: "FR"}
	f.Open = func() (io.ReadCloser, error) { return os.Open(full) }
	r, err := os.Open(full)
	if err != nil {
		return nil, err
	}
	info, err := r.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file: %w", name, penates.Invalid)
	}
	if err == nil {
		f.Size = info.Size()
		f.Bytes, err = io.ReadAll(io.LimitReader(r, importer.HeadSize))
	}
	return f, errors.Join(err, r.Close())
}

func (p *program) learnMapping(ctx context.Context, s *vault.Session, name string, l *learning) error {
	f, err := p.fileAt(name)
	if err != nil {
		return err
	}
	top, err := bankcsv.Top(ctx, f)
	if err != nil {
		return err
	}
	m, _, err := bankcsv.Suggest(top, l.row)
	if err != nil {
		return fmt.Errorf("%s: %w; say its line with --row", name, err)
	}
	if err := l.onto(&m); err != nil {
		return err
	}
	const most = 10
	rows, err := bankcsv.Try(ctx, &m, f, most)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !p.json {
		p.printTried(&m, rows)
	}
	if !slices.ContainsFunc(rows, func(r bankcsv.Tried) bool { return r.Err == nil }) {
		return fmt.Errorf("%s: no row can be read this way: %w", name, penates.Invalid)
	}
	if l.try {
		if p.json {
			return p.printJSON(m)
		}
		return nil
	}
	if err := mapping.Save(ctx, s, &m, time.Now()); err != nil {
		return err
	}
	done, err := intake.Relearn(ctx, s, &m, slog.Default())
	if err != nil {
		return err
	}
	return p.say(map[string]any{"mapping": m, "files": done.Blobs, "added": done.Added, "trashed": done.Trashed, "refused": done.Refused},
		fmt.Sprintf("%s remembered; %d kept files read again: %d added, %d to the trash, %d refused", m.ID, done.Blobs, done.Added, done.Trashed, done.Refused))
}

// onto puts what the flags say onto what the headings suggest.
func (l *learning) onto(m *mapping.Mapping) error {
	for _, r := range mapping.Roles() {
		said := strings.TrimSpace(*l.columns[r])
		if said == "" {
			continue
		}
		delete(m.Columns, r)
		if said == "-" {
			continue
		}
		i := slices.IndexFunc(m.Headings, func(h string) bool { return locale.Fold(strings.TrimSpace(h)) == locale.Fold(said) })
		if n, err := strconv.Atoi(said); i < 0 && err == nil {
			i = n - 1
		}
		if i < 0 || i >= len(m.Headings) {
			return usageError{fmt.Errorf("--%s %q is no column; there are: %s", r, said, strings.Join(m.Headings, " | "))}
		}
		for other, at := range m.Columns { // what was suggested gives way
			if at == i {
				delete(m.Columns, other)
			}
		}
		m.Columns[r] = i
	}
	m.Name, m.Decimal, m.Reversed, m.Account = l.Name, l.Decimal, l.Reversed, l.Mapping.Account
	if l.Order != "" {
		m.Order = l.Order
	}
	if l.Mapping.Currency != "" {
		m.Currency = strings.ToUpper(l.Mapping.Currency)
	}
	return nil
}

func (p *program) printTried(m *mapping.Mapping, rows []bankcsv.Tried) {
	for _, r := range mapping.Roles() {
		if i, ok := m.Columns[r]; ok {
			fmt.Fprintf(p.stdout, "%-12s  column %d, %s\n", r, i+1, plain(m.Headings[i]))
		}
	}
	fmt.Fprintf(p.stdout, "dates         %s\n", m.Order)
	for _, r := range rows {
		if r.Err != nil {
			fmt.Fprintf(p.stdout, "line %d  refused: %s\n", r.Line, plain(r.Err.Error()))
			continue
		}
		fmt.Fprintf(p.stdout, "line %d  %s  %s %s  %s\n", r.Line, r.Day, r.Amount, r.Currency, plain(r.Label))
	}
}
