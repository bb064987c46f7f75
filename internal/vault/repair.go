package vault

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/blob"
	"penates/internal/durable"
	"penates/internal/engine"
	"penates/internal/grant"
	"penates/internal/salvage"
	"penates/internal/seal"
	"penates/internal/sealvfs"
	"penates/internal/ship"
	"penates/internal/upkeep"
	"penates/internal/vault/migrations"
)

// Repair unlocks the vault, mending on the way what is damaged: a copy of the keys
// from the other one, the database from what can be read of it. What was damaged is
// set aside and stays. Raw bytes that are damaged are named; documents that are lost
// may come back when raw bytes are read again.
func (v *Vault) Repair(ctx context.Context, unlock func(*seal.Header) (seal.Key, error), progress upkeep.Progress) (*upkeep.Repaired, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := &upkeep.Repaired{}
	if v.open != nil {
		return r, penates.InUse
	}
	master, err := unlock(v.header)
	if err != nil {
		return r, err
	}
	if err := v.mendKeys(r); err != nil {
		return r, err
	}
	found, err := v.tryOut(ctx, master, progress)
	if alarm := ship.Alarm(""); errors.As(err, &alarm) {
		return r, err // an authentic state, but not the last one known
	}
	if err == nil && found.Mendable() || errors.Is(err, penates.Damaged) {
		if v.open != nil {
			if err := v.open.close(); err != nil && !errors.Is(err, penates.Damaged) {
				return r, err
			}
			v.open = nil
		}
		if err := v.remake(ctx, master, r, progress); err != nil {
			return r, err
		}
		found, err = v.tryOut(ctx, master, progress)
	}
	if err != nil {
		return r, err
	}
	if err := v.open.self.storage().SetBlobsAside(r, found); err != nil {
		return r, err
	}
	if len(r.Blobs) > 0 || len(r.Keys) > 0 {
		return r, v.note("repair")
	}
	return r, nil
}

// mendKeys writes the copies of the keys anew if one is damaged, which is set aside.
func (v *Vault) mendKeys(r *upkeep.Repaired) error {
	if len(v.faults) == 0 {
		return nil
	}
	for _, f := range v.faults {
		aside, err := salvage.SetAside(filepath.Join(v.dir, f.File))
		if err != nil {
			return err
		}
		if r.Keys = append(r.Keys, f.File); aside != "" {
			r.Aside = append(r.Aside, aside)
		}
	}
	v.faults = nil
	return v.header.Save(v.dir, durable.WriteFile)
}

// tryOut opens the database and checks the vault to its depth.
func (v *Vault) tryOut(ctx context.Context, master seal.Key, progress upkeep.Progress) (*Checkup, error) {
	if err := v.start(ctx, master, nil); err != nil {
		return nil, err
	}
	return v.open.self.storage().Check(ctx, true, progress)
}

func (v *Vault) remake(ctx context.Context, master seal.Key, r *upkeep.Repaired, progress upkeep.Progress) error {
	s := &upkeep.Store{Dir: v.dir, Vault: v.header.Vault(), Database: databaseFile, Key: master.Derive(ship.DatabasePurpose)}
	defer s.Key.Wipe()
	db, err := sealvfs.New(s.Key, s.Vault)
	if err != nil {
		return err
	}
	if s.Content, err = blob.Open(filepath.Join(v.dir, blobFolder), master); err != nil {
		return errors.Join(err, db.Close())
	}
	defer s.Content.Close()
	build := func(path string) (*conn, error) {
		return migrations.Open(path, func() (*conn, error) { return connect(ctx, db, path, sealvfs.ReadWriteCreate) })
	}
	v.accept = true // what is made anew goes on from here
	err = s.Remake(ctx, r, build, func(c *conn) error { return ensureOwner(c, v.now()) }, v.now(), progress)
	return errors.Join(err, db.Close())
}

// ensureOwner gives a vault whose owner's grant is lost another one.
func ensureOwner(c *conn, now time.Time) error {
	found, err := c.One("SELECT 1 FROM grants WHERE grantee = ? AND ended IS NULL", func(*sqlite3.Stmt) error { return nil }, penates.Owner)
	if err != nil || found {
		return err
	}
	owner := grant.Owner()
	owner.Starts = now.UTC().Truncate(time.Millisecond)
	b, err := json.Marshal(owner)
	if err != nil {
		return err
	}
	return c.Run(`INSERT INTO grants (id, grantee, added, "grant") VALUES (?, ?, ?, ?)`, string(owner.ID), owner.Grantee, owner.Starts.UnixMilli(), engine.RawText(b))
}

// Has returns those of the documents that are there, or in the trash.
func (s *Session) Has(ctx context.Context, ids []penates.DocumentID) (there map[penates.DocumentID]bool, err error) {
	if err := s.allowWhole(penates.Read, "check"); err != nil {
		return nil, err
	}
	there = map[penates.DocumentID]bool{}
	return there, s.read(ctx, func(c *conn) error {
		for _, id := range ids {
			found, err := c.One("SELECT 1 FROM stored_documents WHERE id = ?1 UNION ALL SELECT 1 FROM trash WHERE id = ?1", func(*sqlite3.Stmt) error { return nil }, id)
			if err != nil {
				return err
			}
			there[id] = found
		}
		return nil
	})
}
