package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"penates/internal/gap"
	"penates/internal/vault"
)

func gapsCommand(p *program) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "gaps", Short: "say what is missing among what comes regularly / dire ce qui manque", Args: args(0, 0, "[--all]"),
		Long: "Names the bills that are missing among those of a vendor, the months in which a bank\naccount, a mailbox or a telephone fell silent, the days a meter's series leaves out, and\n" +
			"the times between two balances whose operations do not add up. The rule says how the\nregularity was established:\n\n" +
			"  cadence        four bills or more, three of four a period after the one before\n" +
			"  cadence+debit  the same, and the vendor was paid after its last bill\n" +
			"  usual          six months or more, half of them with at least four documents\n" +
			"  daily          two weeks or more, with a point on half of the days\n" +
			"  balances       two balances of an account with operations before them\n\n" +
			"Nothing is missing before the first or after the last that is there. With --json the\nanswer is [{\"kind\",\"type\",\"source\",\"connection\",\"name\",\"detail\",\"from\",\"to\",\"cadence\",\n" +
			"\"expected\",\"have\",\"missing\":[{\"from\",\"to\"}],\"difference\",\"currency\",\"rule\",\"evidence\"}].\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				found, err := gap.Ask(ctx, s)
				if err != nil {
					return err
				}
				return p.printGaps(found, all)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "name what is complete too / nommer aussi ce qui est complet")
	return cmd
}

func (p *program) printGaps(found []gap.Finding, all bool) error {
	shown := []gap.Finding{}
	for _, f := range found {
		if all || f.Lacks() {
			shown = append(shown, f)
		}
	}
	if p.json {
		return p.printJSON(shown)
	}
	if len(shown) == 0 {
		_, err := fmt.Fprintf(p.stdout, "nothing is missing among the %d things that come regularly\n", len(found))
		return err
	}
	rows := [][]string{{"WHAT", "NAME", "FROM", "TO", "EXPECTED", "HERE", "MISSING", "RULE"}}
	for _, f := range shown {
		rows = append(rows, []string{string(f.Kind), plain(strings.TrimSpace(f.Name + " " + f.Detail)), f.From, f.To, fmt.Sprint(f.Expected), fmt.Sprint(f.Have), spans(f), f.Rule})
	}
	return p.columns(rows)
}

// spans writes what is missing, the first few times.
func spans(f gap.Finding) string {
	const most = 6
	var b strings.Builder
	for i, m := range f.Missing {
		if i == most {
			fmt.Fprintf(&b, " +%d", len(f.Missing)-most)
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(m.From)
		if m.To != m.From {
			b.WriteString("/" + m.To)
		}
	}
	if f.Difference != "" {
		fmt.Fprintf(&b, " (%s %s)", f.Difference, f.Currency)
	}
	return b.String()
}
