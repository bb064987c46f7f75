package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"penates"
	"penates/internal/backup"
	"penates/internal/seal"
	"penates/internal/ship"
	"penates/internal/vault"
)

// A restoring is what the user asked to be restored.
type restoring struct {
	url, id, to, at string
	drive           drive
	unlocking
}

// An unlocking is what the user opens a vault with that is damaged or not there.
type unlocking struct {
	sheet     bool
	sheetFile string
}

func (o *unlocking) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.sheet, "sheet", false, "ask for the recovery sheet instead of the passphrase / utiliser la fiche de secours")
	f.StringVar(&o.sheetFile, "sheet-file", "", "file whose first line is the sheet's code / fichier du code de la fiche")
}

func restoreBackup(p *program) *cobra.Command {
	var r restoring
	cmd := &cobra.Command{
		Use: "restore [URL]", Short: "get the vault back, as it is or was / restaurer le coffre", Args: args(0, 1, "[URL] --to DIR [--at TIME]"),
		Long: "Restores the vault into an empty or new folder. It needs the address of the backup\nand the passphrase, or the recovery sheet with --sheet; nothing of the old vault.\nWithout an address it uses the backup of the vault in --data.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, given []string) error {
			if r.to == "" {
				return usageError{errors.New("say where to: penates backup restore URL --to DIR")}
			}
			r.to = p.abs(r.to)
			at, err := parseMoment(r.at)
			if err != nil {
				return usageError{err}
			}
			if len(given) > 0 {
				r.url = p.address(given[0])
				return p.restoreFrom(cmd.Context(), &r, at)
			}
			return p.onVaultAlone(cmd.Context(), func(ctx context.Context, s *vault.Session) error { return p.restoreHere(ctx, s, &r, at) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.to, "to", "", "folder to restore into / dossier de destination")
	f.StringVar(&r.at, "at", "", "state of that time, as in 2026-11-29 or \"2026-11-29 14:30\" / date de l'état voulu")
	f.StringVar(&r.id, "vault", "", "which vault, if the backup holds several / quel coffre")
	r.flags(f)
	r.drive.flags(f)
	return cmd
}

// parseMoment reads a time as a person types it, in their own zone; a day means its
// end.
func parseMoment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	t, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	if err != nil {
		return t, fmt.Errorf("--at %q: write it as 2026-11-29 or \"2026-11-29 14:30\"", text)
	}
	return t.AddDate(0, 0, 1).Add(-time.Millisecond), nil
}

// restoreFrom restores with nothing but the store and what opens the vault.
func (p *program) restoreFrom(ctx context.Context, r *restoring, at time.Time) error {
	settings, err := p.settings(&r.drive, r.url)
	if err == nil {
		err = p.authorize(ctx, r.url, settings)
	}
	if err != nil {
		return err
	}
	st, err := openStore(ctx, r.url, settings)
	if err != nil {
		return err
	}
	p.tellHost(r.url, settings, r.drive.fingerprint)
	if r.id == "" {
		ids, err := ship.Vaults(ctx, st)
		if err != nil {
			return err
		}
		if len(ids) != 1 {
			return fmt.Errorf("%s holds %d vaults %v; say which with --vault ID: %w", backup.Redact(r.url), len(ids), ids, penates.NotExist)
		}
		r.id = ids[0]
	}
	a, err := ship.OpenArchive(ctx, st, r.id)
	if err != nil {
		return err
	}
	master, err := p.masterOf(a.Header(), &r.unlocking)
	if err != nil {
		return err
	}
	defer master.Wipe()
	bar := p.bar()
	done, err := a.Restore(ctx, ship.RestoreOptions{
		Dir: r.to, Master: master, At: at, Progress: func(n, of int64) { bar.show("restore", n, of) },
	})
	bar.clear()
	if err != nil {
		return err
	}
	return p.printRestored(done, r)
}

// masterOf unlocks a header with the passphrase or the recovery sheet.
func (p *program) masterOf(h *seal.Header, o *unlocking) (seal.Key, error) {
	if o.sheet || o.sheetFile != "" {
		code, err := p.sheetCode(o.sheetFile)
		if err != nil {
			return seal.Key{}, err
		}
		return h.UnlockSheet(code)
	}
	phrase, err := p.passphrase("Passphrase / Phrase secrète : ")
	if err != nil {
		return seal.Key{}, err
	}
	defer clear(phrase)
	return h.Unlock(phrase)
}

// restoreHere restores a copy of the vault that is open here.
func (p *program) restoreHere(ctx context.Context, s *vault.Session, r *restoring, at time.Time) error {
	t, err := backup.Find(ctx, s, "")
	if err != nil {
		return err
	}
	st, err := openStore(ctx, t.URL, t.Settings)
	if err != nil {
		return err
	}
	a, err := ship.OpenArchive(ctx, st, p.vault.ID())
	if err != nil {
		return err
	}
	bar := p.bar()
	twin, done, err := p.vault.Twin(ctx, a, ship.RestoreOptions{
		Dir: r.to, At: at, Progress: func(n, of int64) { bar.show("restore", n, of) },
	})
	bar.clear()
	if twin != nil {
		err = errors.Join(err, twin.Close())
	}
	if err != nil {
		return err
	}
	return p.printRestored(done, r)
}

func (p *program) printRestored(done *ship.Restored, r *restoring) error {
	if p.json {
		return p.printJSON(done)
	}
	fmt.Fprintf(p.stdout, "Restored into %s: the state of %s, %d blobs / Coffre restauré\n", r.to, local(done.Point.At), done.Blobs)
	if done.Unsigned > 0 {
		fmt.Fprintf(p.stderr, "penates: warning: %d entries were stored while the vault was locked and carry no signature; what they hold is authentic\n", done.Unsigned)
	}
	_, err := fmt.Fprintf(p.stdout, "It does not write to its backup yet. When it is the one to go on with / Pour continuer avec lui :\n    penates --data %s backup resume\n", r.to)
	return err
}
