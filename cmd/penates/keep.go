package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/durable"
	"penates/internal/export"
	"penates/internal/vault"
)

func initCommand(p *program) *cobra.Command {
	var o vault.CreateOptions
	cmd := &cobra.Command{
		Use: "init", Short: "make a vault / créer un coffre", Args: args(0, 0, "[--name NAME] [--language fr|en]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch there, err := vault.Exists(p.dir); {
			case err != nil:
				return err
			case there:
				return fmt.Errorf("there is a vault in %s already: %w", p.dir, penates.Exists)
			}
			phrase, err := p.newPassphrase()
			if err != nil {
				return err
			}
			defer clear(phrase)
			v, code, err := vault.Create(cmd.Context(), p.dir, phrase, o)
			if err != nil {
				return err
			}
			if err := v.Close(); err != nil {
				return err
			}
			if p.json {
				return p.printJSON(map[string]string{"vault": v.ID(), "data": p.dir, "sheet": code})
			}
			fmt.Fprintf(p.stdout, "Vault made in %s / Coffre créé\n\n", p.dir)
			return p.printSheet(code)
		},
	}
	cmd.Flags().StringVar(&o.Name, "name", "", "your first name / votre prénom")
	cmd.Flags().StringVar(&o.Language, "language", languageOf(p), "fr or en")
	cmd.Flags().StringVar(&o.Zone, "zone", zoneOf(p), "time zone where you live / fuseau horaire")
	cmd.Flags().StringVar(&o.Country, "country", "FR", "country where you live (ISO 3166) / pays")
	return cmd
}

// languageOf returns the language of the user's environment.
func languageOf(p *program) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := p.getenv(name); len(v) >= 2 {
			if v[:2] == "fr" {
				return "fr"
			}
			return "en"
		}
	}
	return "en"
}

// zoneOf returns the system's time zone when it has an IANA name, else that of
// Paris.
func zoneOf(p *program) string {
	if v := p.getenv("TZ"); v != "" {
		if _, err := time.LoadLocation(v); err == nil {
			return v
		}
	}
	if target, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
		const mark = "/zoneinfo/"
		for i := range target {
			if len(target) > i+len(mark) && target[i:i+len(mark)] == mark {
				if zone := target[i+len(mark):]; zone != "UTC" && zone != "Etc/UTC" {
					return zone
				}
			}
		}
	}
	return "Europe/Paris"
}

// printSheet prints the recovery sheet, in both languages as it is read by
// whoever finds it.
func (p *program) printSheet(code string) error {
	if p.json {
		return p.printJSON(map[string]string{"sheet": code})
	}
	_, err := fmt.Fprintf(p.stdout, `RECOVERY SHEET / FICHE DE SECOURS

    %s

Print it or write it down, and keep it where you keep your papers. It opens the
vault if the passphrase is forgotten ("penates recover"), and it cannot be shown
again.

Imprimez-la ou recopiez-la, et gardez-la avec vos papiers. Elle ouvre le coffre si
la phrase secrète est oubliée (« penates recover ») et ne pourra plus être affichée.
`, code)
	return err
}

func exportCommand(p *program) *cobra.Command {
	var to string
	var force bool
	cmd := &cobra.Command{
		Use: "export --to FILE.zip", Short: "write all the vault holds into a zip file, in clear / tout exporter en clair", Args: args(0, 0, "--to FILE.zip"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return usageError{errors.New("say where to: penates export --to FILE.zip")}
			}
			name := p.abs(to)
			if _, err := os.Lstat(name); err == nil && !force {
				return fmt.Errorf("%s is there already; --force replaces it: %w", name, penates.Exists)
			}
			return p.onVault(cmd.Context(), func(ctx context.Context, s *vault.Session) error {
				m, err := exportTo(ctx, s, name)
				if err != nil {
					return err
				}
				n := 0
				for _, k := range m.Types {
					n += k
				}
				return p.say(map[string]any{"file": name, "documents": n, "types": m.Types, "blobs": len(m.Blobs)},
					fmt.Sprintf("%d documents and %d files written to %s, NOT encrypted / NON chiffré", n, len(m.Blobs), name))
			})
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "file to write / fichier à écrire")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it is there / remplacer le fichier")
	return cmd
}

// exportTo writes the export beside name and gives it its name when it is whole.
func exportTo(ctx context.Context, s *vault.Session, name string) (m *export.Manifest, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".penates-export-*")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	m, err = export.Write(ctx, s, f, time.Now())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return nil, err
	}
	return m, durable.SyncDir(filepath.Dir(name))
}

// copyRaw writes the bytes a document was read from.
func (p *program) copyRaw(ctx context.Context, s *vault.Session, d *vault.Stored) error {
	if d.Source.Raw == "" {
		return fmt.Errorf("raw bytes of %s: %w", d.ID, penates.NotExist)
	}
	return p.copyBlob(ctx, s, d.Source.Raw)
}

// copyBlob writes raw bytes.
func (p *program) copyBlob(ctx context.Context, s *vault.Session, id penates.BlobID) error {
	r, _, err := s.Blob(ctx, id)
	if err != nil {
		return err
	}
	_, err = io.Copy(p.stdout, r)
	return errors.Join(err, r.Close())
}

func unlockCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "unlock", Short: "unlock the running server's vault / ouvrir le coffre du serveur", Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := dialServer(cmd.Context(), p.dir)
			if c == nil {
				return errNoServer
			}
			defer c.close()
			phrase, err := p.passphrase("Passphrase / Phrase secrète : ")
			if err != nil {
				return err
			}
			defer clear(phrase)
			if err := c.unlock(cmd.Context(), phrase); err != nil {
				return err
			}
			return p.say(map[string]bool{"locked": false}, "The vault is unlocked / Le coffre est ouvert")
		},
	}
}

func lockCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "lock", Short: "lock the running server's vault / verrouiller le coffre du serveur", Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := dialServer(cmd.Context(), p.dir)
			if c == nil {
				return errNoServer
			}
			defer c.close()
			if err := c.lock(cmd.Context()); err != nil {
				return err
			}
			return p.say(map[string]bool{"locked": true}, "The vault is locked / Le coffre est verrouillé")
		},
	}
}

var errNoServer = errors.New(`no server holds the vault, so it is locked; commands ask for the passphrase, "penates serve" starts a server`)
