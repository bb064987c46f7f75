package main

import (
	"context"

	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"penates/internal/vault"
)

const maxSQL = 64 << 10

func queryCommand(p *program) *cobra.Command {
	var format string
	var limit int
	cmd := &cobra.Command{
		Use: "query SQL", Short: "ask a question in SQL over the views / interroger en SQL", Args: args(1, 1, "SQL  (or - to read it from standard input)"),
		Long: "Runs one SELECT over the views, which are " + strings.Join(vault.ViewNames(), ", ") + ".\n\n" +
			"  penates query \"SELECT substr(day,1,7) AS month, sum(amount) FROM bank_operations GROUP BY 1\"\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, given []string) error {
			if p.json {
				format = "json"
			}
			if format != "table" && format != "csv" && format != "json" {
				return usageError{fmt.Errorf("--format %s: it is table, csv or json", format)}
			}
			if given[0] == "-" && p.session == nil {
				sql, err := io.ReadAll(io.LimitReader(p.stdin, maxSQL))
				if err != nil {
					return err
				}
				p.replaceArg("-", string(sql))
				given[0] = string(sql)
			}
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				t, err := s.Query(ctx, given[0], limit)
				if err != nil {
					return err
				}
				if err := p.printTable(t, format); err != nil {
					return err
				}
				if t.Cut {
					fmt.Fprintf(p.stderr, "penates: only the first %d rows are shown; --limit shows more\n", len(t.Rows))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", "table, csv or json")
	cmd.Flags().IntVar(&limit, "limit", 10000, "most rows to answer / nombre maximal de lignes")
	return cmd
}

// replaceArg puts what was read from standard input in the place of a dash, so
// that a server that runs the command gets it too.
func (p *program) replaceArg(old, value string) {
	for i, a := range p.args {
		if a == old {
			p.args[i] = value
			return
		}
	}
}
