package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"penates/internal/backup"
	"penates/internal/ship"
	"penates/internal/vault"
)

// listTime bounds how long one store is asked about what it holds.
const listTime = 20 * time.Second

func listBackups(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "which copies there are, how old, and whether they were proven / lister les sauvegardes", Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.onVaultAlone(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				k := p.keeper()
				states, err := k.States(ctx, s)
				if err != nil {
					return err
				}
				for i := range states {
					if st := &states[i]; !st.Running {
						p.lookInto(ctx, st)
					}
				}
				copies := backup.CopiesOf(p.vault.Dir(), states, time.Now())
				if p.json {
					for i := range states {
						states[i].Target.URL = states[i].Target.Address()
					}
					return p.printJSON(map[string]any{"backups": states, "copies": copies})
				}
				return p.printBackups(states, copies)
			})
		},
	}
}

// lookInto asks the store itself what it holds.
func (p *program) lookInto(ctx context.Context, state *backup.State) {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	st, err := openStore(ctx, state.Target.URL, state.Target.Settings)
	var a *ship.Archive
	if err == nil {
		a, err = ship.OpenArchive(ctx, st, p.vault.ID())
	}
	if err != nil {
		state.Error = err.Error()
		return
	}
	state.Status.Point, state.Status.Stored = a.Head()
}

// advice says what each missing thing asks for.
var advice = map[string]string{
	"first":     `there is no copy: if this disk breaks, all is lost: "penates backup add" / aucune copie: si ce disque tombe en panne, tout est perdu`,
	"copies":    "three copies are safer than two: add another backup / ajoutez une autre sauvegarde",
	"media":     "all copies are on one disk: add a backup on another / tout est sur un seul disque",
	"elsewhere": "no copy is known to be elsewhere: fire or theft would take all / aucune copie ailleurs",
	"recent":    `no copy holds the last day: "penates backup now" / aucune copie récente`,
	"proof":     `no copy was proven within a month: "penates backup drill" / aucune restauration prouvée depuis un mois`,
}

func (p *program) printBackups(states []backup.State, copies *backup.Copies) error {
	rows := [][]string{{"ID", "WHERE", "STORED", "PROVEN", "STATE"}}
	for _, s := range states {
		state := "ok"
		switch {
		case s.Error != "":
			state = s.Error
		case s.Paused:
			state = "paused: this vault was restored"
		case s.Running:
			state = "running"
		}
		proven := time.Time{}
		if s.Target.Proof != nil {
			proven = s.Target.Proof.Proven
			if f := s.Target.Proof.Failure; f != "" && s.Error == "" {
				state = "last drill failed: " + f
			}
		}
		rows = append(rows, []string{s.Target.ID, s.Target.Address(), local(s.Status.Point.At), local(proven), state})
	}
	if err := p.columns(rows); err != nil {
		return err
	}
	if len(states) == 0 {
		_, err := fmt.Fprintln(p.stdout, "- "+advice["first"])
		return err
	}
	for _, what := range copies.Missing {
		if _, err := fmt.Fprintln(p.stdout, "- "+advice[what]); err != nil {
			return err
		}
	}
	return nil
}
