// Package vault keeps one person's data: documents, links, raw bytes, history
// and journal, sealed with that person's keys. A vault is a folder; it is locked
// until a passphrase or recovery sheet opens it. Nothing reads or writes the
// data except through a Session, which holds a grant and leaves its trace in the
// journal.
//
// The folder holds:
//
//	keys, keys.copy  the clear header: key slots, public keys (package seal)
//	vault.db, -wal   the sealed database (package sealvfs)
//	blobs/           sealed raw bytes (package blob)
//	anchor, backup/  the last state, sealed, and notes of backups (package ship)
//	lock             keeps a second process out
package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/blob"
	"penates/internal/durable"
	"penates/internal/engine"
	"penates/internal/grant"
	"penates/internal/journal"
	"penates/internal/ledger"
	"penates/internal/salvage"
	"penates/internal/seal"
	"penates/internal/sealvfs"
	"penates/internal/ship"
	"penates/internal/vault/migrations"
)

// MinPassphrase is the least number of characters of a passphrase.
const MinPassphrase = 10

// The names in a vault's folder.
const (
	databaseFile = "vault.db"
	blobFolder   = "blobs"
	lockFile     = "lock"
)

// A Vault is one person's vault, held by this process. All its methods may be
// used by several goroutines.
type Vault struct {
	dir    string
	lock   *durable.Lock
	now    func() time.Time
	logger *slog.Logger

	mu     sync.Mutex
	header *seal.Header
	faults []seal.Fault
	open   *unlocked // nil while locked
	master seal.Key  // zero while locked
	accept bool      // the state that is there, whatever is known of another
}

// CreateOptions say how a new vault begins.
type CreateOptions struct {
	Name     string // the owner's first name, as pages greet them
	Language string // "fr" or "en"
	Zone     string // IANA time zone, as in "Europe/Paris"
	Country  string // ISO 3166, as in "FR"
	// Cost of guessing the passphrase; the zero Cost is right for a real vault.
	Cost seal.Cost
}

// Create makes a vault in the folder dir, which must hold none, and returns it
// unlocked, with the code of its recovery sheet: it cannot be shown again.
func Create(ctx context.Context, dir string, passphrase []byte, o CreateOptions) (v *Vault, sheet string, err error) {
	if err := checkPassphrase(passphrase); err != nil {
		return nil, "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", err
	}
	v, err = hold(dir)
	if err != nil {
		return nil, "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.Close())
			v = nil
		}
	}()
	if err := vacant(dir); err != nil {
		return v, "", err
	}
	header, master, code, err := seal.Create(passphrase, seal.Options{Cost: o.Cost})
	if err != nil {
		return v, "", err
	}
	v.header = header
	if err := v.start(ctx, master, &o); err != nil {
		return v, "", err
	}
	// The keys come last: a folder with keys is a vault that is whole.
	if err := header.Save(dir, durable.WriteFile); err != nil {
		return v, "", err
	}
	return v, code.Code(), nil
}

// vacant makes sure that dir holds no vault; what an interrupted Create left is
// removed, as it was never a vault.
func vacant(dir string) error {
	_, _, err := seal.Load(dir)
	if err == nil {
		return fmt.Errorf("a vault in %s: %w", dir, penates.Exists)
	}
	if !errors.Is(err, penates.NotExist) {
		return err
	}
	if err := keyless(dir); err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(dir, databaseFile+"*"))
	for _, name := range append(left, filepath.Join(dir, ship.AnchorFile)) {
		err = errors.Join(err, os.RemoveAll(name))
	}
	return err
}

// keyless returns an error of kind Damaged when dir holds what a vault keeps but
// no keys: they may be put back, so it must not pass for an empty folder.
func keyless(dir string) error {
	kept, err := filepath.Glob(filepath.Join(dir, blobFolder, "??", "*"))
	if err == nil && len(kept) > 0 {
		err = fmt.Errorf("%s holds a vault without its keys: put back the files %s and %s from a copy: %w", dir, seal.HeaderFile, seal.HeaderCopy, penates.Damaged)
	}
	return err
}

func checkPassphrase(p []byte) error {
	if !utf8.Valid(p) {
		return fmt.Errorf("the passphrase is not UTF-8 text: %w", penates.Invalid)
	}
	if n := utf8.RuneCount(p); n < MinPassphrase {
		return fmt.Errorf("the passphrase has %d characters, it needs at least %d; four or five words are good: %w", n, MinPassphrase, penates.Invalid)
	}
	return nil
}

// hold takes the folder's lock.
func hold(dir string) (*Vault, error) {
	lock, err := durable.OpenLock(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, fmt.Errorf("vault in %s: %w", dir, err)
	}
	return &Vault{dir: dir, lock: lock, now: time.Now, logger: slog.Default()}, nil
}

// Exists reports whether there is a vault in dir, whole or damaged or of a later
// release. It cannot tell when dir cannot be read.
func Exists(dir string) (bool, error) {
	_, _, err := seal.Load(dir)
	switch {
	case err == nil, errors.Is(err, penates.Damaged), errors.Is(err, penates.Newer):
		return true, nil
	case errors.Is(err, penates.NotExist):
		return false, nil
	}
	return false, err
}

// Open takes hold of the vault in dir, which stays locked. The error is of kind
// NotExist when there is none, InUse when another process has it, Damaged or
// Newer when its keys cannot be read.
func Open(dir string) (*Vault, error) {
	header, faults, err := seal.Load(dir)
	if err != nil {
		if errors.Is(err, penates.NotExist) {
			if err := keyless(dir); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("vault in %s: %w", dir, penates.NotExist)
		}
		return nil, fmt.Errorf("vault in %s: %w", dir, err)
	}
	v, err := hold(dir)
	if err != nil {
		return nil, err
	}
	v.header, v.faults = header, faults
	return v, nil
}

// Dir returns the vault's folder.
func (v *Vault) Dir() string { return v.dir }

// ID returns the vault's id.
func (v *Vault) ID() string { return v.header.Vault() }

// Faults says which copy of the keys is damaged, if one is. Changing the
// passphrase or the sheet writes both anew.
func (v *Vault) Faults() []seal.Fault { return v.faults }

// Locked reports whether the vault is locked.
func (v *Vault) Locked() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.open == nil
}

// unlocking with the passphrase is noted together with what the owner then does first:
// see writeLog.
const unlocking = "unlock"

// Unlock opens the vault with its passphrase. A wrong one gives an error of kind
// WrongKey. An unlocked vault checks the passphrase all the same.
func (v *Vault) Unlock(ctx context.Context, passphrase []byte) error {
	return v.unlock(ctx, unlocking, func(h *seal.Header) (seal.Key, error) { return h.Unlock(passphrase) })
}

// UnlockWithSheet opens the vault with the code of its recovery sheet. A typing
// mistake gives an Invalid error that names the group.
func (v *Vault) UnlockWithSheet(ctx context.Context, code string) error {
	return v.unlock(ctx, "unlock with recovery sheet", func(h *seal.Header) (seal.Key, error) { return h.UnlockSheet(code) })
}

func (v *Vault) unlock(ctx context.Context, what string, open func(*seal.Header) (seal.Key, error)) error {
	v.mu.Lock()
	header := v.header // replaced when it changes, never changed in place
	v.mu.Unlock()
	master, err := open(header) // takes long on purpose, and holds nobody up meanwhile
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open != nil {
		master.Wipe()
		return nil
	}
	if err := v.start(ctx, master, nil); err != nil {
		master.Wipe()
		return err
	}
	return v.noted(what, what != unlocking)
}

// start opens the database and blobs with master. With o it makes them.
func (v *Vault) start(ctx context.Context, master seal.Key, o *CreateOptions) error {
	u := &unlocked{
		created: v.header.Created(), now: v.now, logger: v.logger,
		grants: grants{ready: map[penates.GrantID]*standing{}, stopped: map[penates.GrantID]bool{}},
	}
	u.ctx, u.stop = context.WithCancel(context.WithoutCancel(ctx))
	path := filepath.Join(v.dir, databaseFile)
	if o == nil {
		if _, err := salvage.Finish(path); err != nil {
			return fmt.Errorf("end a repair that was cut short: %w", err)
		}
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("the vault's database %s is missing: %w", databaseFile, penates.Damaged)
		}
	}
	u.dir, u.id, u.key = v.dir, v.header.Vault(), master.Derive(ship.DatabasePurpose)
	db, err := sealvfs.New(u.key, u.id)
	if err != nil {
		return err
	}
	mode := sealvfs.ReadWrite
	if o != nil {
		mode = sealvfs.ReadWriteCreate
	}
	u.connect = func() (*conn, error) { return connect(u.ctx, db, path, mode) }
	u.pool = engine.NewPool(readers, u.connect, func() *conn { return u.w.lend() })
	c, err := migrations.Open(path, u.connect)
	if err == nil {
		u.identity, err = v.header.Identity(master)
	}
	if err == nil {
		u.blobs, err = blob.Open(filepath.Join(v.dir, blobFolder), master)
	}
	if err == nil {
		u.w, err = v.newWriter(u, c, master)
	}
	if err == nil && o != nil {
		err = u.found(ctx, o)
	}
	if err == nil {
		err = u.loadOwner()
	}
	if err != nil {
		u.stop()
		if u.w != nil {
			err = errors.Join(err, u.w.close())
		} else if c != nil {
			err = errors.Join(err, c.Close())
		}
		return errors.Join(err, db.Close())
	}
	u.release = func() error { u.key.Wipe(); return db.Close() }
	v.open, v.master = u, master
	go u.writeLog()
	return nil
}

// found writes what a new vault begins with.
func (u *unlocked) found(ctx context.Context, o *CreateOptions) error {
	owner := grant.Owner()
	owner.Starts = u.now().UTC().Truncate(time.Millisecond)
	b, err := json.Marshal(owner)
	if err != nil {
		return err
	}
	return u.w.Do(ctx, func(c *conn) error {
		if err := c.Run(`INSERT INTO grants (id, grantee, added, "grant") VALUES (?, ?, ?, ?)`,
			string(owner.ID), owner.Grantee, owner.Starts.UnixMilli(), engine.RawText(b)); err != nil {
			return err
		}
		for name, value := range map[string]string{"name": o.Name, "language": o.Language, "zone": o.Zone, "country": o.Country} {
			if value == "" {
				continue
			}
			if valid := settings[name]; len(value) > maxSetting || valid != nil && !valid(value) {
				return fmt.Errorf("%s %q: %w", name, value, penates.Invalid)
			}
			if err := setSetting(c, name, value); err != nil {
				return err
			}
		}
		return ledger.Append(c, &journal.Entry{At: owner.Starts, Actor: penates.Owner, Grant: owner.ID, Action: penates.Add, What: "create"})
	})
}

func (u *unlocked) loadOwner() error {
	var g grant.Grant
	found, err := u.w.c.One(`SELECT "grant" FROM grants WHERE grantee = ? AND ended IS NULL ORDER BY added LIMIT 1`, func(r *sqlite3.Stmt) error {
		return json.Unmarshal(r.ColumnRawText(0), &g)
	}, penates.Owner)
	if err == nil && !found {
		err = fmt.Errorf("the owner's grant is missing: %w", penates.Damaged)
	}
	if err != nil {
		return err
	}
	u.owner = &g
	a, err := u.stand(&g)
	if err == nil {
		u.self = &Session{u: u, grant: &g, standing: *a}
	}
	return err
}

func connect(ctx context.Context, db *sealvfs.System, path string, mode sealvfs.Mode) (*conn, error) {
	c, err := db.Open(ctx, path, mode)
	if err != nil {
		return nil, engine.StorageError(err)
	}
	err = c.Exec("PRAGMA secure_delete = FAST; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000; PRAGMA trusted_schema = OFF; " + engine.WriterCache)
	if err != nil {
		return nil, errors.Join(engine.StorageError(db.Explain(err)), c.Close())
	}
	return engine.New(c, db.Explain), nil
}

// note writes a journal entry about the vault itself.
func (v *Vault) note(what string) error { return v.noted(what, true) }

func (v *Vault) noted(what string, durable bool) error {
	return v.open.log.Add(v.open.w.quiet(), &journal.Entry{At: v.now().UTC(), Actor: penates.Owner, Grant: v.open.owner.ID, Action: penates.Change, What: what}, durable)
}

// Lock ends all sessions and forgets the keys.
func (v *Vault) Lock() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open == nil {
		return nil
	}
	return errors.Join(v.note("lock"), v.forget())
}

func (v *Vault) forget() error {
	err := v.open.close()
	v.master.Wipe()
	v.open, v.master = nil, seal.Key{}
	return err
}

// Close ends all sessions, forgets the keys and lets go of the folder.
func (v *Vault) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open == nil {
		return v.lock.Close()
	}
	return errors.Join(v.forget(), v.lock.Close())
}

// As returns a session of the owner, who acts for purpose (empty for the owner's
// own use). Everybody else holds grants: see Under. The error is of kind Locked, or
// Denied when actor is not the owner.
func (v *Vault) As(actor penates.Actor, purpose string) (*Session, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open == nil {
		return nil, errClosed
	}
	if actor != penates.Owner {
		return nil, fmt.Errorf("%s is not the owner: %w", actor, penates.Denied)
	}
	return &Session{u: v.open, grant: v.open.owner, standing: v.open.self.standing, purpose: purpose, began: v.now().UTC()}, nil
}

// ChangePassphrase makes passphrase the one that opens the vault. old must be
// the one that opened it so far; it may be nil when the vault was just opened
// with the recovery sheet, for which see Recover.
func (v *Vault) ChangePassphrase(ctx context.Context, old, passphrase []byte) error {
	if err := checkPassphrase(passphrase); err != nil {
		return err
	}
	return v.rekey("passphrase", func(h *seal.Header) (seal.Key, error) { return h.Unlock(old) },
		func(h *seal.Header, master seal.Key) error { return h.SetPassphrase(master, passphrase) })
}

// Recover sets a new passphrase with the code of the recovery sheet and unlocks
// the vault.
func (v *Vault) Recover(ctx context.Context, code string, passphrase []byte) error {
	if err := checkPassphrase(passphrase); err != nil {
		return err
	}
	if err := v.UnlockWithSheet(ctx, code); err != nil {
		return err
	}
	return v.rekey("passphrase", func(h *seal.Header) (seal.Key, error) { return h.UnlockSheet(code) },
		func(h *seal.Header, master seal.Key) error { return h.SetPassphrase(master, passphrase) })
}

// NewSheet makes a recovery sheet that replaces the former one and returns its
// code.
func (v *Vault) NewSheet(ctx context.Context, passphrase []byte) (code string, err error) {
	err = v.rekey("recovery sheet", func(h *seal.Header) (seal.Key, error) { return h.Unlock(passphrase) },
		func(h *seal.Header, master seal.Key) error {
			sheet, err := h.NewSheet(master)
			if err == nil {
				code = sheet.Code()
			}
			return err
		})
	return code, err
}

// rekey changes the header of an unlocked vault: prove gives the master key, and
// change is applied to a copy that takes the header's place once it is saved.
func (v *Vault) rekey(what string, prove func(*seal.Header) (seal.Key, error), change func(*seal.Header, seal.Key) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open == nil {
		return fmt.Errorf("%s: %w", what, penates.Locked)
	}
	master, err := prove(v.header)
	if err != nil {
		return err
	}
	defer master.Wipe()
	h, err := seal.ParseHeader(v.header.Marshal())
	if err != nil {
		return err
	}
	if err := change(h, master); err != nil {
		return err
	}
	if err := h.Save(v.dir, durable.WriteFile); err != nil {
		return err
	}
	v.header, v.faults = h, nil
	v.open.w.rekeyed(h)
	return v.note(what)
}
