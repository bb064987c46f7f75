package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"penates"
	"penates/internal/vault"
)

// maxPassphrase bounds what is read of a passphrase file.
const maxPassphrase = 4096

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// passphrase returns the passphrase from --passphrase-file, PENATES_PASSPHRASE
// or a prompt.
func (p *program) passphrase(prompt string) ([]byte, error) {
	if p.passphraseFile != "" {
		return readFirstLine(p.abs(p.passphraseFile))
	}
	if v := p.getenv("PENATES_PASSPHRASE"); v != "" {
		return []byte(v), nil
	}
	return p.ask(prompt)
}

func readFirstLine(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("passphrase file: %w", err)
	}
	defer f.Close()
	buf := make([]byte, maxPassphrase+1)
	n, err := f.Read(buf)
	if n == 0 {
		return nil, fmt.Errorf("passphrase file %s: it is empty (%w)", name, err)
	}
	line, _, _ := bytes.Cut(buf[:n], []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) > maxPassphrase {
		return nil, fmt.Errorf("passphrase file %s: its first line is longer than %d bytes: %w", name, maxPassphrase, penates.TooLarge)
	}
	return line, nil
}

// ask prompts on the terminal without echo.
func (p *program) ask(prompt string) ([]byte, error) {
	f, ok := p.stdin.(*os.File)
	if !ok || !isTerminal(f) {
		return nil, codeError{errors.New("no passphrase: type it on a terminal, or give --passphrase-file or PENATES_PASSPHRASE"), exitLocked}
	}
	fmt.Fprint(p.stderr, prompt)
	answer, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(p.stderr)
	return answer, err
}

// askTwice asks for a new passphrase.
func (p *program) askTwice() ([]byte, error) {
	first, err := p.ask(fmt.Sprintf("New passphrase (at least %d characters) / Nouvelle phrase secrète : ", vault.MinPassphrase))
	if err != nil {
		return nil, err
	}
	again, err := p.ask("The same again / Une seconde fois : ")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, again) {
		return nil, errors.New("the two passphrases differ; nothing was changed")
	}
	return first, nil
}

// newPassphrase returns a passphrase for a new vault.
func (p *program) newPassphrase() ([]byte, error) {
	if p.passphraseFile != "" || p.getenv("PENATES_PASSPHRASE") != "" {
		return p.passphrase("")
	}
	return p.askTwice()
}

func (p *program) unlockHere(ctx context.Context, v *vault.Vault) error {
	phrase, err := p.passphrase("Passphrase / Phrase secrète : ")
	if err != nil {
		return err
	}
	defer clear(phrase)
	return v.Unlock(ctx, phrase)
}

func passphraseCommand(p *program) *cobra.Command {
	var newFile string
	var sheet bool
	cmd := &cobra.Command{
		Use: "passphrase", Short: "change the passphrase, or print a new recovery sheet / changer la phrase secrète", Args: args(0, 0, "[--new-file FILE] [--sheet]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withKeys(cmd.Context(), func(ctx context.Context, k keys) error {
				old, err := p.passphrase("Present passphrase / Phrase secrète actuelle : ")
				if err != nil {
					return err
				}
				defer clear(old)
				if sheet {
					code, err := k.newSheet(ctx, old)
					if err != nil {
						return err
					}
					return p.printSheet(code)
				}
				fresh, err := p.chosen(newFile)
				if err != nil {
					return err
				}
				defer clear(fresh)
				if err := k.changePassphrase(ctx, old, fresh); err != nil {
					return err
				}
				return p.say(map[string]any{"changed": true}, "The passphrase is changed / La phrase secrète est changée")
			})
		},
	}
	cmd.Flags().StringVar(&newFile, "new-file", "", "file whose first line is the new passphrase / fichier de la nouvelle phrase")
	cmd.Flags().BoolVar(&sheet, "sheet", false, "print a new recovery sheet; the old one stops working / imprimer une nouvelle fiche de secours")
	return cmd
}

// chosen returns the new passphrase, from a file if one is named.
func (p *program) chosen(file string) ([]byte, error) {
	if file != "" {
		return readFirstLine(p.abs(file))
	}
	return p.askTwice()
}

func recoverCommand(p *program) *cobra.Command {
	var sheetFile, newFile string
	cmd := &cobra.Command{
		Use: "recover", Short: "set a new passphrase with the recovery sheet / retrouver l'accès avec la fiche de secours", Args: args(0, 0, "[--sheet-file FILE] [--new-file FILE]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withKeys(cmd.Context(), func(ctx context.Context, k keys) error {
				code, err := p.sheetCode(sheetFile)
				if err != nil {
					return err
				}
				fresh, err := p.chosen(newFile)
				if err != nil {
					return err
				}
				defer clear(fresh)
				if err := k.recover(ctx, code, fresh); err != nil {
					return err
				}
				return p.say(map[string]any{"recovered": true}, "The vault opens with the new passphrase / Le coffre s'ouvre avec la nouvelle phrase")
			})
		},
	}
	cmd.Flags().StringVar(&sheetFile, "sheet-file", "", "file whose first line is the sheet's code / fichier du code de la fiche")
	cmd.Flags().StringVar(&newFile, "new-file", "", "file whose first line is the new passphrase / fichier de la nouvelle phrase")
	return cmd
}

func (p *program) sheetCode(file string) (string, error) {
	if file != "" {
		line, err := readFirstLine(p.abs(file))
		return string(line), err
	}
	code, err := p.ask("Code of the recovery sheet / Code de la fiche de secours : ")
	return strings.TrimSpace(string(code)), err
}

// keys is what can be done to a vault's keys, here or in the server that holds it.
type keys interface {
	changePassphrase(ctx context.Context, old, fresh []byte) error
	newSheet(ctx context.Context, passphrase []byte) (string, error)
	recover(ctx context.Context, code string, fresh []byte) error
}

// withKeys runs f on the keys of the vault, wherever it is held.
func (p *program) withKeys(ctx context.Context, f func(context.Context, keys) error) error {
	if c := dialServer(ctx, p.dir); c != nil {
		defer c.close()
		return f(ctx, c)
	}
	v, err := p.openVault()
	if err != nil {
		return err
	}
	defer func() { _ = v.Close() }()
	return f(ctx, localKeys{v})
}

type localKeys struct{ v *vault.Vault }

func (k localKeys) changePassphrase(ctx context.Context, old, fresh []byte) error {
	if err := k.v.Unlock(ctx, old); err != nil {
		return err
	}
	return k.v.ChangePassphrase(ctx, old, fresh)
}

func (k localKeys) newSheet(ctx context.Context, passphrase []byte) (string, error) {
	if err := k.v.Unlock(ctx, passphrase); err != nil {
		return "", err
	}
	return k.v.NewSheet(ctx, passphrase)
}

func (k localKeys) recover(ctx context.Context, code string, fresh []byte) error {
	return k.v.Recover(ctx, code, fresh)
}
