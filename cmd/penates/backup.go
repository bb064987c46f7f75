package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"penates/internal/backup"
	"penates/internal/ship"
	"penates/internal/store"
	"penates/internal/store/open"
	"penates/internal/vault"
)

// openStore opens the store at an address, which may hold user and password: it is
// kept inside the vault.
func openStore(ctx context.Context, address string, settings *backup.Settings) (store.Store, error) {
	clean, credentials, err := open.Split(address)
	if err != nil {
		return nil, err
	}
	if settings != nil {
		credentials.Settings = settings
	}
	st, err := open.Open(ctx, clean, credentials)
	if err != nil {
		return nil, fmt.Errorf("backup to %s: %w", backup.Redact(address), err)
	}
	return st, nil
}

// storeSecret is the environment variable with a store's password, for whoever does
// not want it on the command line, which other users of the machine can read.
const storeSecret = "PENATES_STORE_SECRET"

func backupCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "backup", Short: "keep copies of the vault elsewhere, and get it back / sauvegarder et restaurer",
		Long: "Keeps sealed copies of the vault in stores. While a server runs, every change is\nstored within seconds; without one, changes are stored when an import ends and by\n\"backup now\". A store needs no trust: it sees neither content nor names. It is\n\n  /media/usb/backup                        a folder, on another disk or machine\n  s3://KEY@HOST/BUCKET[/PREFIX]            an S3-compatible service\n  postgres://USER@HOST/DATABASE            a database of PostgreSQL\n  webdavs://USER@HOST/FOLDER               a WebDAV server, as of Nextcloud\n" + storeDrives + "\n(s3+http and webdav without TLS, for a machine at home). The password may follow the\nuser, as in USER:PASSWORD@HOST; better put it into the variable " + storeSecret + ",\nas others on the machine can read command lines. It is kept inside the vault.\n" + driveHelp + exitCodes,
	}
	for _, make := range []func(*program) *cobra.Command{addBackup, nowBackup, listBackups, drillBackup, restoreBackup, resumeBackup, removeBackup} {
		cmd.AddCommand(make(p))
	}
	return cmd
}

// address completes what the user typed: a path becomes absolute, and an address
// with a user but no password gets that of the environment.
func (p *program) address(typed string) string {
	u, err := url.Parse(typed)
	if err != nil || len(u.Scheme) <= 1 { // one letter is a drive
		if strings.Contains(typed, "://") {
			return typed
		}
		return p.abs(typed)
	}
	if _, has := u.User.Password(); u.User != nil && !has && p.getenv(storeSecret) != "" {
		u.User = url.UserPassword(u.User.Username(), p.getenv(storeSecret))
		return u.String()
	}
	return typed
}

func addBackup(p *program) *cobra.Command {
	var t backup.Target
	var d drive
	cmd := &cobra.Command{
		Use: "add URL", Short: "begin to keep a copy there / ajouter une sauvegarde", Args: args(1, 1, "URL [--durable] [--window 5s]"),
		RunE: func(cmd *cobra.Command, given []string) error {
			t.URL = p.address(given[0])
			settings, err := p.settings(&d, t.URL)
			if err != nil {
				return err
			}
			t.Settings = settings
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				if err := p.authorize(ctx, t.URL, settings); err != nil {
					return err
				}
				added, err := backup.Add(ctx, s, openStore, t)
				if err != nil {
					return err
				}
				p.tellHost(t.URL, settings, d.fingerprint)
				point, err := p.shipNow(ctx, s, added.ID)
				if err != nil {
					return fmt.Errorf("it is added, but nothing is stored yet: %w", err)
				}
				return p.say(map[string]any{"id": added.ID, "address": added.Address(), "point": point},
					fmt.Sprintf("The vault is backed up to %s / Le coffre est sauvegardé", added.Address()))
			})
		},
	}
	cmd.Flags().BoolVar(&t.Durable, "durable", false, "a change is done only when it is stored there too / attendre que chaque changement y soit écrit")
	cmd.Flags().DurationVar(&t.Window, "window", backup.DefaultWindow, "store changes within this time / délai d'envoi")
	d.flags(cmd.Flags())
	return cmd
}

// keeper returns what ships the vault: the server's, or one for this command.
func (p *program) keeper() *backup.Keeper {
	if p.backups == nil {
		p.backups = backup.NewKeeper(openStore, nil)
	}
	return p.backups
}

// shipNow ships to the target, or to all if id is "", and returns the commit that
// is stored.
func (p *program) shipNow(ctx context.Context, s *vault.Session, id string) (ship.Point, error) {
	k := p.keeper()
	if err := k.Sync(ctx, p.vault, nil); err != nil {
		return ship.Point{}, err
	}
	bar := p.bar()
	defer bar.clear()
	bar.show("backup", 0, 0)
	err := k.Flush(ctx, id)
	states, no := k.States(ctx, s)
	if err = errors.Join(err, no); err != nil {
		return ship.Point{}, err
	}
	var point ship.Point
	for _, state := range states {
		if state.Paused {
			return point, errPaused
		}
		if id == "" || state.Target.ID == id {
			point = state.Status.Point
		}
	}
	return point, nil
}

var errPaused = errors.New(`this vault was restored from a backup and does not write to it yet; "penates backup resume" makes it the one that does`)

func nowBackup(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "now", Short: "store all changes now / sauvegarder maintenant", Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				if targets, err := backup.Targets(ctx, s); err != nil || len(targets) == 0 {
					return errors.Join(err, errNoBackup)
				}
				point, err := p.shipNow(ctx, s, "")
				if err != nil {
					return err
				}
				return p.say(map[string]any{"point": point}, fmt.Sprintf("Stored up to %s / Sauvegardé", local(point.At)))
			})
		},
	}
}

var errNoBackup = errors.New(`there is no backup yet; "penates backup add URL" makes one`)

func local(t time.Time) string {
	if t.IsZero() {
		return "never / jamais"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func drillBackup(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "drill [ID]", Short: "prove that the vault can be restored / prouver que la restauration marche", Args: args(0, 1, "[ID]"),
		Long: "Restores the newest state into a throw-away vault, verifies every byte of it, and\ncompares what it holds with the vault. A server does so by itself once a week.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, given []string) error {
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				name := strings.Join(given, "")
				if _, err := p.shipNow(ctx, s, ""); err != nil {
					return err
				}
				bar := p.bar()
				t, err := p.keeper().Drill(ctx, p.vault, name, bar.show)
				bar.clear()
				if err != nil {
					return err
				}
				n := t.Proof
				return p.say(n, fmt.Sprintf("Restored from %s and found equal: %d documents of %d types, %d blobs, state of %s, in %s / Restauration prouvée",
					t.Address(), n.Documents, n.Types, n.Blobs, local(n.Point.At), n.Took.Round(10*time.Millisecond)))
			})
		},
	}
}

func removeBackup(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "stop keeping a copy there; what is there stays / retirer une sauvegarde", Args: args(1, 1, "ID"),
		RunE: func(cmd *cobra.Command, given []string) error {
			return p.onVaultAlone(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				t, err := backup.Find(ctx, s, given[0])
				if err == nil {
					err = p.keeper().Abandon(t.ID)
				}
				if err == nil {
					_, err = backup.Remove(ctx, s, t.ID)
				}
				if err != nil {
					return err
				}
				return p.say(map[string]string{"removed": t.ID}, "Removed; what is stored there stays / Retirée, son contenu reste")
			})
		},
	}
}

func resumeBackup(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "resume", Short: "make this restored vault the one that is backed up / reprendre les sauvegardes ici", Args: args(0, 0, ""),
		Long: "A restored vault does not write to its backup, because the vault it was restored\nfrom may still be in use. This makes it the one that does; the other is refused\nfrom then on.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.onVaultAlone(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				if err := ship.Resume(p.vault.Dir()); err != nil {
					return err
				}
				targets, err := backup.Targets(ctx, s)
				if err == nil && len(targets) > 0 {
					_, err = p.shipNow(ctx, s, "")
				}
				if err != nil {
					return err
				}
				return p.say(map[string]int{"backups": len(targets)}, strconv.Itoa(len(targets))+" backups go on from here / sauvegardes reprises ici")
			})
		},
	}
}

func acceptCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "accept", Short: "go on with the vault as it is, though it is not its last known state / accepter l'état du coffre", Args: args(0, 0, ""),
		Long: "A vault that was put back from an older copy, whose log was removed or that was\nchanged in two places does not open, and says which. This makes it open as it is.\nWhat was in the later state and not in this one is lost, unless a backup has it.\n\n" + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c := dialServer(cmd.Context(), p.dir); c != nil {
				c.close()
				return errors.New("stop the server first")
			}
			v, err := p.openVault()
			if err != nil {
				return err
			}
			v.Accept()
			if err := errors.Join(p.unlockHere(cmd.Context(), v), v.Close()); err != nil {
				return err
			}
			return p.say(map[string]bool{"accepted": true}, "The vault opens as it is / Le coffre s'ouvre en l'état")
		},
	}
}
