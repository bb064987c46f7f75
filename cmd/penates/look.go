package main

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
)

func searchCommand(p *program) *cobra.Command {
	var types []string
	var from, to string
	var limit int
	cmd := &cobra.Command{
		Use: "search WORDS…", Short: "find documents by words, amounts or days / chercher", Args: args(1, -1, "WORDS…"),
		Long: "Finds documents by their words (accents and case do not count), \"exact phrases\",\n-excluded words (after --), amounts (70,61) and days (12/03/2024).\n\n" +
			"  penates search -- '\"thé à quatre\"' -café\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, given []string) error {
			filter := vault.Filter{From: from, To: to}
			for _, day := range []string{from, to} {
				if m, err := penates.ParseMoment(day); err != nil || day != m.Date() {
					return usageError{fmt.Errorf("%q is no day: write it as in 2025-01-31", day)}
				}
			}
			for _, t := range types {
				k := schema.OfView(t)
				if k == nil {
					return usageError{fmt.Errorf("--type %s: the types are %s", t, strings.Join(viewNames(), ", "))}
				}
				filter.Types = append(filter.Types, k.Type)
			}
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				found, err := s.Search(ctx, vault.SearchQuery{Words: strings.Join(given, " "), Filter: filter, Limit: limit})
				if err != nil {
					return err
				}
				return p.printFound(found)
			})
		},
	}
	cmd.Flags().StringSliceVar(&types, "type", nil, "only these types, as in bills,messages / seulement ces types")
	cmd.Flags().StringVar(&from, "from", "", "from this day on, as in 2025-01-31 / à partir de ce jour")
	cmd.Flags().StringVar(&to, "to", "", "up to this day / jusqu'à ce jour")
	cmd.Flags().IntVar(&limit, "limit", 20, "most results, up to 200 / nombre maximal de résultats")
	return cmd
}

func viewNames() (names []string) {
	for _, k := range schema.Kinds() {
		names = append(names, k.View)
	}
	return names
}

func (p *program) printFound(f *vault.Found) error {
	if p.json {
		type hit struct {
			vault.Summary
			Why string `json:"why"`
		}
		hits := []hit{}
		for _, h := range f.Hits {
			hits = append(hits, hit{h.Summary, h.Why})
		}
		return p.printJSON(map[string]any{"total": f.Total, "types": f.Types, "hits": hits})
	}
	for _, h := range f.Hits {
		if err := p.columns([][]string{summaryRow(&h.Summary)}); err != nil {
			return err
		}
		if why := plain(h.Why); why != "" && why != plain(h.Text) {
			fmt.Fprintf(p.stdout, "    %s\n", why)
		}
	}
	fmt.Fprintf(p.stderr, "%d found, %d shown\n", f.Total, len(f.Hits))
	return nil
}

func summaryRow(m *vault.Summary) []string {
	view := string(m.Type)
	if k, err := schema.Of(m.Type); err == nil {
		view = k.View
	}
	amount := ""
	if m.Amount != "" {
		amount = string(m.Amount) + " " + m.Currency
	}
	return []string{string(m.ID), m.Start.Date(), view, amount, m.Text}
}

func showCommand(p *program) *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use: "show ID", Short: "show one document, or raw bytes / montrer un document", Args: args(1, 1, "ID  (of a document, or of raw bytes: sha256-…)"),
		RunE: func(cmd *cobra.Command, given []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				if strings.HasPrefix(given[0], "sha256-") {
					return p.copyBlob(ctx, s, penates.BlobID(given[0]))
				}
				d, err := s.Document(ctx, penates.DocumentID(given[0]))
				if err != nil {
					return err
				}
				if raw {
					return p.copyRaw(ctx, s, d)
				}
				return p.printJSON(d)
			})
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "the bytes it was read from instead / les octets d'origine")
	return cmd
}

func linksCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "links ID", Short: "what a document is linked to, and why / ce qui est lié à un document", Args: args(1, 1, "ID"),
		RunE: func(cmd *cobra.Command, given []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				links, err := s.Links(ctx, penates.DocumentID(given[0]))
				if err != nil {
					return err
				}
				if p.json {
					return p.printJSON(append([]vault.Linked{}, links...))
				}
				rows := [][]string{}
				for _, l := range links {
					arrow := "←"
					if l.Outgoing {
						arrow = "→"
					}
					rows = append(rows, append([]string{arrow + " " + string(l.Rel), fmt.Sprintf("%.0f%%", 100*l.Confidence), l.Rule}, summaryRow(&l.Other)...))
				}
				return p.columns(rows)
			})
		},
	}
}

func typesCommand(p *program) *cobra.Command {
	var schemaOf string
	var hash bool
	cmd := &cobra.Command{
		Use: "types", Short: "what the vault holds, by type / ce que contient le coffre, par type", Args: args(0, 0, "[--schema VIEW] [--hash]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if schemaOf != "" {
				k := schema.OfView(schemaOf)
				if k == nil {
					return usageError{fmt.Errorf("--schema %s: the types are %s", schemaOf, strings.Join(viewNames(), ", "))}
				}
				_, err := fmt.Fprintln(p.stdout, string(k.JSONSchema()))
				return err
			}
			if hash {
				return p.onVault(cmd.Context(), p.printHashes)
			}
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				counts, err := s.Counts(ctx)
				if err != nil {
					return err
				}
				if p.json {
					return p.printJSON(append([]vault.TypeCount{}, counts...))
				}
				rows := [][]string{{"VIEW", "DOCUMENTS", "POINTS", "FROM", "TO", "TYPE"}}
				for _, n := range counts {
					points := ""
					if n.Points > 0 {
						points = strconv.Itoa(n.Points)
					}
					rows = append(rows, []string{n.View, strconv.Itoa(n.Documents), points, n.First, n.Last, string(n.Type)})
				}
				return p.columns(rows)
			})
		},
	}
	cmd.Flags().BoolVar(&hash, "hash", false, "a hash of each type's documents, to compare two vaults / une empreinte par type")
	cmd.Flags().StringVar(&schemaOf, "schema", "", "print the JSON Schema of one view's type / afficher le schéma JSON d'un type")
	return cmd
}

func journalCommand(p *program) *cobra.Command {
	var limit int
	var others bool
	cmd := &cobra.Command{
		Use: "journal", Short: "who saw what / qui a vu quoi", Args: args(0, 0, "[--limit N] [--others]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				entries, err := s.Journal(ctx, vault.JournalFilter{Limit: limit, Others: others})
				if err != nil {
					return err
				}
				if p.json {
					return p.printJSON(append([]vault.Entry{}, entries...))
				}
				rows := [][]string{}
				for _, e := range entries {
					rows = append(rows, journalRow(e))
				}
				return p.columns(rows)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "most entries, up to 1000 / nombre maximal de lignes")
	cmd.Flags().BoolVar(&others, "others", false, "without your own / sans les vôtres")
	return cmd
}

func journalRow(e vault.Entry) []string {
	var types []string
	for t, n := range e.Types {
		types = append(types, fmt.Sprintf("%d %s", n, t))
	}
	sort.Strings(types)
	what := e.What
	if e.Refused != "" {
		what += " REFUSED: " + e.Refused
	}
	calls := ""
	if e.Calls > 1 {
		calls = fmt.Sprintf("%d×", e.Calls)
	}
	return []string{strconv.FormatInt(e.Number, 10), e.At.Local().Format("2006-01-02 15:04:05"), string(e.Actor), string(e.Action), calls, what, strings.Join(types, ", ")}
}
