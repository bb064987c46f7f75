package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/seal"
	"penates/internal/upkeep"
	"penates/internal/vault"
)

// A repair is what "penates repair" did and what is left to do.
type repair struct {
	*upkeep.Repaired
	Back     int      `json:"back"` // lost documents that came back from raw bytes
	Read     int      `json:"read"` // files that were read again
	Problems []string `json:"problems"`
}

func repairCommand(p *program) *cobra.Command {
	var with unlocking
	cmd := &cobra.Command{
		Use: "repair [--sheet]", Short: "mend what is damaged, and say what is lost / réparer, et dire ce qui est perdu", Args: args(0, 0, "[--sheet]"),
		Long: "Mends a damaged vault as far as it can: a copy of the keys from the other one, the\ndatabase from every row that can still be read, indexes and search anew, and documents\n" +
			"that are lost from the raw files they came from. Damaged files are set aside\n(*.damaged) and kept until you remove them. What cannot be mended is named; a backup may have it\n(penates backup restore). --sheet asks for the recovery sheet instead of the passphrase.\n\n" +
			"Répare un coffre endommagé autant que possible : clés, base, index, recherche, et les\ndocuments perdus à partir des fichiers d'origine. Les fichiers endommagés sont mis de côté\n" +
			"(*.damaged) et gardés. Ce qui ne peut être réparé est nommé. --sheet :\navec la fiche de secours.\n\nWith --json the answer is {\"keys\",\"database\",\"aside\",\"log\",\"pages\",\"tables\",\"lost\",\"links\",\"breaks\",\"listed\",\"blobs\",\"back\",\"read\",\"problems\"}.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.session != nil {
				return fmt.Errorf("stop the server first, then repair: %w", penates.InUse)
			}
			v, err := p.openVault()
			if err != nil {
				return err
			}
			r := &repair{Repaired: &upkeep.Repaired{}, Problems: []string{}}
			err = errors.Join(p.repair(cmd.Context(), v, &with, r), v.Close())
			if printed := p.printRepair(r); err == nil {
				err = printed
			}
			if n := len(r.Problems); err == nil && n > 0 {
				err = codeError{fmt.Errorf("%d problems are left: %w", n, penates.Damaged), exitDamaged}
			}
			return err
		},
	}
	with.flags(cmd.Flags())
	return cmd
}

func (p *program) repair(ctx context.Context, v *vault.Vault, with *unlocking, r *repair) (err error) {
	bar := p.bar()
	defer bar.clear()
	show := func(what string, done, total int) { bar.show(what, int64(done), int64(total)) }
	if r.Repaired, err = v.Repair(ctx, func(h *seal.Header) (seal.Key, error) { return p.masterOf(h, with) }, show); err != nil {
		return err
	}
	s, err := v.As(penates.Owner, "")
	if err != nil {
		return err
	}
	lost, err := s.Recall(ctx, upkeep.RememberedKind, upkeep.RememberedKey)
	switch {
	case err == nil:
		err = r.again(ctx, s, bar, lost)
	case errors.Is(err, penates.NotExist):
		err = nil
	}
	if err != nil {
		return err
	}
	found, err := s.CheckDeep(ctx, show)
	if found != nil {
		r.Problems = found.Problems
	}
	return err
}

// again reads all raw files again, for documents that are lost: by this repair, or
// by one before that was cut short.
func (r *repair) again(ctx context.Context, s *vault.Session, bar *bar, lost []byte) error {
	if !r.Database {
		if err := json.Unmarshal(lost, &r.Lost); err != nil {
			return err
		}
	}
	result, err := intake.Again(ctx, s, func(n importer.Progress) {
		bar.show(fmt.Sprintf("%d · %s", n.Documents, n.Path), n.Done, n.Total)
	}, slog.Default())
	r.Read = result.Blobs
	if err != nil {
		return fmt.Errorf("reading the raw files again stopped (repair again to go on): %w", err)
	}
	if err := r.subtract(ctx, s); err != nil {
		return err
	}
	return s.Forget(ctx, upkeep.RememberedKind, upkeep.RememberedKey)
}

// subtract takes from what is lost what has come back.
func (r *repair) subtract(ctx context.Context, s *vault.Session) error {
	var ids []penates.DocumentID
	for _, l := range r.Lost {
		ids = append(ids, l.ID)
	}
	there, err := s.Has(ctx, ids)
	if err != nil {
		return err
	}
	left := r.Lost[:0]
	for _, l := range r.Lost {
		if there[l.ID] {
			r.Back++
		} else {
			left = append(left, l)
		}
	}
	r.Lost = left
	return nil
}

func (p *program) printRepair(r *repair) error {
	if p.json {
		return p.printJSON(r)
	}
	say := func(format string, args ...any) { fmt.Fprintln(p.stdout, plain(fmt.Sprintf(format, args...))) }
	if len(r.Keys) > 0 {
		say("keys: %s written anew from the good copy / réécrit", strings.Join(r.Keys, ", "))
	}
	if r.Database {
		say("database made anew; %d of its pages are lost / base refaite, %[1]d pages perdues", r.Pages)
	}
	if r.Log != "" {
		say("the last changes are lost: %s", r.Log)
	}
	for _, t := range r.Tables {
		lost := fmt.Sprint(t.Lost)
		if t.Lost < 0 {
			lost = "an unknown number of"
		}
		say("table %s: %d rows kept, %s lost on %d pages", t.Table, t.Kept, lost, t.Pages)
	}
	if r.Read > 0 {
		say("%d raw files read again, %d lost documents are back / %[2]d documents retrouvés", r.Read, r.Back)
	}
	for _, l := range r.Lost {
		say("lost / perdu: document %s %s %s", l.ID, l.Type, l.Day)
	}
	for _, b := range r.Blobs {
		say("lost / perdu: %s (%d bytes, %s): import it again, or: penates backup restore URL --to DIR", b.Name, max(b.Size, 0), b.ID)
	}
	if r.Links > 0 || r.Breaks > 0 || r.Listed > 0 {
		say("%d links dropped, %d breaks of the journal's chain noted in it, %d raw files whose names are lost", r.Links, r.Breaks, r.Listed)
	}
	if len(r.Aside) > 0 {
		say("set aside, yours to remove / mis de côté: %s", strings.Join(r.Aside, ", "))
	}
	for _, line := range r.Problems {
		say("%s", line)
	}
	if !r.Database && r.Read+len(r.Keys)+len(r.Blobs) == 0 {
		say("nothing needed a repair / rien à réparer")
	}
	return nil
}
