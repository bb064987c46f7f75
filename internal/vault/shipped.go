package vault

import (
	"context"

	"penates/internal/seal"
	"penates/internal/ship"
)

// Accept makes the next unlock take the state that is there for the last one,
// though an older one was put back or what remembers the last one is missing.
func (v *Vault) Accept() { v.accept = true }

// newWriter compares the last commit with what is known of it.
func (v *Vault) newWriter(u *unlocked, c *conn, master seal.Key) (*writer, error) {
	ledger, err := ship.OpenLedger(c.Conn, ship.LedgerOptions{Dir: v.dir, Master: master, Header: v.header, Now: u.now, Log: u.logger, Accept: v.accept})
	if err != nil {
		return nil, c.Fault(err)
	}
	v.accept = false
	return newWriter(c, u.blobs, ledger, u)
}

// Shipped returns the unlocked vault as it can be shipped to stores.
func (v *Vault) Shipped() (ship.Source, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open == nil {
		return ship.Source{}, errClosed
	}
	id, err := v.header.Identity(v.master)
	if err == nil { // who ships goes on from the commit that notes the unlocking
		err = v.open.log.Flush(v.open.w.quiet())
	}
	if err != nil {
		return ship.Source{}, err
	}
	w, pool := v.open.w, v.open.pool
	source := w.ledger.Source(&w.mu, func() error {
		if err := w.connected(); err != nil {
			return err
		}
		return w.commit()
	}, id.Sign)
	still := source.Still
	source.Still = func(ctx context.Context, f func(ship.Point) error) (release func(), err error) {
		err = pool.Loose(func() error { // idle readers would keep the log from being moved, for ever
			release, err = still(ctx, f)
			return err
		})
		return release, err
	}
	return source, nil
}

// Twin restores a copy of the vault from what a store holds of it and opens the
// copy with the keys of this one.
func (v *Vault) Twin(ctx context.Context, a *ship.Archive, o ship.RestoreOptions) (t *Vault, restored *ship.Restored, err error) {
	v.mu.Lock()
	master := v.master.Clone()
	v.mu.Unlock()
	o.Master = master
	if restored, err = a.Restore(ctx, o); err != nil {
		return nil, nil, err
	}
	if t, err = Open(o.Dir); err != nil {
		return nil, nil, err
	}
	err = t.unlock(ctx, "open a copy", func(*seal.Header) (seal.Key, error) { return master, nil })
	return t, restored, err
}
