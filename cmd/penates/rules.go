package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/rule"
	"penates/internal/vault"
)

const maxRuleFile = 64 << 10

func rulesCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "rules", Short: "what is given without asking you / ce qui est donné sans vous demander", Args: args(0, 0, ""),
		Long: "Rules give parts of the vault to whoever proves who they are, without asking you each\ntime, until the rule ends or is withdrawn. With \"ask\": true whoever proves it waits for your word.\nA rule is a JSON file:\n\n" + ruleExample + "\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.onVault(cmd.Context(), p.listRules) },
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "add FILE", Short: "add a rule from a JSON file / ajouter une règle", Args: args(1, 1, "add FILE"),
			RunE: func(cmd *cobra.Command, files []string) error {
				return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error { return p.addRule(ctx, s, files[0]) })
			},
		},
		&cobra.Command{
			Use: "withdraw ID", Short: "end a rule and all it gave / retirer une règle et tout ce qu'elle a donné", Args: args(1, 1, "withdraw ID"),
			RunE: func(cmd *cobra.Command, ids []string) error {
				return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
					if err := rule.Withdraw(ctx, s, ids[0]); err != nil {
						return err
					}
					return p.say(map[string]string{"withdrawn": ids[0]}, "The rule is withdrawn, what it gave is stopped / La règle est retirée, ce qu'elle donnait est arrêté")
				})
			},
		},
		&cobra.Command{
			Use: "waiting", Short: "who waits for your word under rules that ask you / qui attend votre réponse", Args: args(0, 0, "waiting"),
			RunE: func(cmd *cobra.Command, _ []string) error { return p.onVault(cmd.Context(), p.listWishes) },
		},
		answerCommand(p, "allow", "allow what waits / accepter ce qui attend", true),
		answerCommand(p, "refuse", "refuse what waits / refuser ce qui attend", false),
	)
	return cmd
}

func answerCommand(p *program, name, short string, yes bool) *cobra.Command {
	return &cobra.Command{
		Use: name + " ID", Short: short, Args: args(1, 1, name+" ID"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				if err := rule.Answer(ctx, s, ids[0], yes); err != nil {
					return err
				}
				return p.say(map[string]any{"wish": ids[0], "allowed": yes}, "It is decided / C'est décidé")
			})
		},
	}
}

func (p *program) listWishes(ctx context.Context, s *vault.Session) error {
	wishes, err := rule.Wishes(ctx, s)
	if err != nil {
		return err
	}
	if p.json {
		return p.printJSON(append([]rule.Wish{}, wishes...))
	}
	for _, w := range wishes {
		fmt.Fprintf(p.stdout, "%s  %s  %s  %s\n", w.ID, w.Asked.Format(time.DateOnly), plain(w.ClientName), plain(w.Who))
	}
	return nil
}

const ruleExample = `  {"name": "my supplier's tariff advice",
   "proofs": [{"issuer": "https://login.supplier.example", "claims": {"sub": "advice"}}],
   "grant": {"actions": ["read"], "purpose": "tariff advice",
             "selections": [{"type": "io.cozy.timeseries.energy", "from": "2026-01-01"}]},
   "expires": "2027-06-30T00:00:00Z"}
`

func (p *program) listRules(ctx context.Context, s *vault.Session) error {
	rules, err := rule.All(ctx, s)
	if err != nil {
		return err
	}
	if p.json {
		return p.printJSON(append([]rule.Rule{}, rules...))
	}
	for _, r := range rules {
		until := "no end / sans fin"
		if !r.Expires.IsZero() {
			until = r.Expires.Format(time.DateOnly)
		}
		fmt.Fprintf(p.stdout, "%s  %s  %s\n", r.ID, until, plain(r.Name))
	}
	return nil
}

func (p *program) addRule(ctx context.Context, s *vault.Session, name string) error {
	f, err := os.Open(p.abs(name))
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxRuleFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	var r rule.Rule
	if len(b) > maxRuleFile {
		return fmt.Errorf("a rule of more than %d bytes: %w", maxRuleFile, penates.TooLarge)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return fmt.Errorf("%s: %w: %w", name, err, penates.Invalid)
	}
	if r, err = rule.Add(ctx, s, r); err != nil {
		return err
	}
	return p.say(r, fmt.Sprintf("%s  %s", r.ID, plain(r.Name)))
}
