package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"penates"
	"penates/internal/backup"
	"penates/internal/ship"
	"penates/internal/vault"
)

// The exit codes, as "penates help" lists them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNothingRead = 3
	exitLocked      = 4
	exitDamaged     = 5
	exitNoVault     = 6
	exitInterrupted = 130
)

const exitCodes = `Exit codes:
  0  done
  1  failed
  2  the command was not understood
  3  nothing of what was given could be imported
  4  the vault is locked, or the passphrase is wrong
  5  damaged data
  6  there is no vault
  130  interrupted`

// A program is one run of the command: what the user typed and where it runs. A
// server runs programs too, on behalf of a command beside it.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	args           []string
	cwd            string
	terminal       bool // stderr shows a terminal: draw progress

	dir            string
	json           bool
	passphraseFile string

	// session is set when the program runs inside the server that holds the vault.
	session *vault.Session
	vault   *vault.Vault
	// backups is the server's, or made when a command needs it.
	backups *backup.Keeper
	ships   bool // the command changes what is worth a backup at once
}

// usageError marks what the user typed wrong.
type usageError struct{ error }

// codeError carries an exit code that its error's kind does not tell.
type codeError struct {
	error
	code int
}

func (e codeError) Unwrap() error { return e.error }

// run runs the command and returns its exit code.
func (p *program) run(ctx context.Context) int {
	root := p.root()
	root.SetArgs(p.args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitCode(ctx, err)
	if text := err.Error(); text != "" {
		fmt.Fprintln(p.stderr, "penates: "+text)
	}
	if hint := hintFor(err); hint != "" {
		fmt.Fprintln(p.stderr, hint)
	}
	return code
}

func exitCode(ctx context.Context, err error) int {
	var code codeError
	var usage usageError
	switch {
	case errors.As(err, &code):
		return code.code
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, penates.WrongKey), errors.Is(err, penates.Locked):
		return exitLocked
	case errors.Is(err, penates.Damaged):
		return exitDamaged
	case errors.Is(err, errNoVault):
		return exitNoVault
	}
	return exitFailure
}

var errNoVault = errors.New("there is no vault here yet")

func hintFor(err error) string {
	var alarm ship.Alarm
	switch {
	case errors.As(err, &alarm):
		return alarm.Advice()
	case errors.Is(err, errNoVault):
		return `make one with "penates init", or look around with "penates demo"`
	case errors.Is(err, penates.WrongKey):
		return `if it is lost, use the recovery sheet: "penates recover"`
	case errors.Is(err, penates.InUse):
		return "is another penates running on this folder?"
	case errors.Is(err, penates.Damaged) && !errors.As(err, new(codeError)):
		return `"penates check" names what is damaged, "penates repair" mends what it can; "penates backup restore URL --to DIR" gets the vault back from a backup (with --sheet, by the recovery sheet)`
	case errors.Is(err, penates.Newer):
		return "install the latest release of Penates"
	}
	return ""
}

// root returns the whole command tree.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "penates",
		Short: "your own data, at home, encrypted",
		Long: "Penates brings home the data that banks, energy companies, shops and others\nhold about you, keeps it encrypted, and answers questions about it.\n\n" +
			"Penates ramène chez vous les données que banques, fournisseurs d'énergie,\ncommerces et autres détiennent sur vous, les garde chiffrées et répond à vos questions.\n\n" + exitCodes,
		SilenceErrors: true, SilenceUsage: true, Version: version,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVar(&p.dir, "data", "", "folder of the vault (default: penates in the user's data folder) / dossier du coffre")
	flags.BoolVar(&p.json, "json", false, "answer in JSON / répondre en JSON")
	flags.StringVar(&p.passphraseFile, "passphrase-file", "", "file whose first line is the passphrase (or set PENATES_PASSPHRASE) / fichier contenant la phrase secrète")
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return p.settle() }
	for _, make := range []func(*program) *cobra.Command{
		initCommand, unlockCommand, lockCommand, importCommand, reparseCommand, gapsCommand, staysCommand, queryCommand, searchCommand, showCommand, linksCommand,
		typesCommand, journalCommand, grantsCommand, checkCommand, repairCommand, compactCommand, passphraseCommand, recoverCommand, exportCommand, rulesCommand, serveCommand, demoCommand,
		backupCommand, acceptCommand, mappingCommand, ocrCommand,
	} {
		root.AddCommand(make(p))
	}
	return root
}

// settle finds the vault's folder.
func (p *program) settle() error {
	if p.session != nil {
		return nil
	}
	if p.dir == "" {
		p.dir = p.getenv("PENATES_DATA")
	}
	if p.dir == "" {
		base := p.getenv("XDG_DATA_HOME")
		if base == "" {
			home, err := os.UserHomeDir()
			if err != nil {
				return usageError{fmt.Errorf("no home folder: say where the vault is with --data DIR")}
			}
			base = filepath.Join(home, ".local", "share")
		}
		p.dir = filepath.Join(base, "penates")
	}
	p.dir = p.abs(p.dir)
	return nil
}

// abs makes a path the user typed absolute.
func (p *program) abs(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(p.cwd, name)
}

// args checks the number of arguments and words the error.
func args(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if len(given) < least || most >= 0 && len(given) > most {
			return usageError{fmt.Errorf("usage: penates %s %s", cmd.Name(), what)}
		}
		return nil
	}
}

// onVault runs f with a session of the owner: in this process, or, when a server
// holds the vault, there. Here, backups that commits wait for are begun before, and
// with p.ships the others brought up to date afterwards.
func (p *program) onVault(ctx context.Context, f func(ctx context.Context, s *vault.Session) error) error {
	return p.onVaultAlone(ctx, func(ctx context.Context, s *vault.Session) error {
		if p.session != nil {
			return f(ctx, s)
		}
		k := p.keeper()
		err := k.Sync(ctx, p.vault, func(t *backup.Target) bool { return t.Durable || p.ships })
		if err == nil {
			err = k.Waits(ctx, s)
		}
		if err != nil {
			return err
		}
		err = f(ctx, s)
		if p.ships {
			p.shipAfter(ctx)
		}
		return err
	})
}

// shipTime is how long a command waits at its end for what it changed to be stored.
const shipTime = 15 * time.Second

func (p *program) shipAfter(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, shipTime)
	defer cancel()
	if err := p.keeper().Flush(ctx, ""); err != nil {
		fmt.Fprintf(p.stderr, "penates: warning: stored in the vault, but not yet in the backup: %s\n", plain(err.Error()))
	}
}

// onVaultAlone is onVault without a look at backups.
func (p *program) onVaultAlone(ctx context.Context, f func(ctx context.Context, s *vault.Session) error) error {
	if p.session != nil {
		return f(ctx, p.session)
	}
	if c := dialServer(ctx, p.dir); c != nil {
		defer c.close()
		return p.forward(ctx, c)
	}
	v, err := p.openVault()
	if err != nil {
		return err
	}
	defer func() { _ = v.Close() }()
	if err := p.unlockHere(ctx, v); err != nil {
		return err
	}
	s, err := v.As(penates.Owner, "")
	if err != nil {
		return err
	}
	p.vault = v
	err = errors.Join(f(ctx, s), v.Close())
	if p.backups != nil {
		p.backups.Close(shipTime)
	}
	return err
}

// openVault takes hold of the vault in this process and reports damaged copies
// of its keys.
func (p *program) openVault() (*vault.Vault, error) {
	v, err := vault.Open(p.dir)
	if errors.Is(err, penates.NotExist) {
		return nil, fmt.Errorf("%w: %s", errNoVault, p.dir)
	}
	if err != nil {
		return nil, err
	}
	for _, f := range v.Faults() {
		fmt.Fprintf(p.stderr, "penates: warning: %s; the other copy is used, \"penates passphrase\" writes both anew\n", f)
	}
	return v, nil
}
