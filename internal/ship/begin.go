package ship

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// maxResume bounds what is read of the log that grew while nobody shipped it.
const maxResume = maxQueue

// begin claims the chain, as often as others come before.
func (s *Shipper) begin(ctx context.Context) error {
	for {
		err := s.claim(ctx)
		if !errors.Is(err, errRace) {
			return err
		}
	}
}

// claim finds out where the chain ends, checks that this vault goes on from there,
// and claims the next epoch.
func (s *Shipper) claim(ctx context.Context) error {
	s.state = s.notes.load(s.cfg.Source.Vault)
	foreign, err := s.catchUp(ctx)
	if err != nil {
		return err
	}
	if err := s.descends(ctx); err != nil {
		return err
	}
	s.state.Epoch++
	s.keys = s.cfg.Source.Keys()
	if err := s.put(ctx, &Entry{Point: s.head.Point}); err != nil {
		return err
	}
	s.status.Snapshot = s.state.snapshotTime()
	if s.state.Base == nil || foreign || s.state.Behind {
		s.setBehind()
		return nil
	}
	if err := s.complete(ctx); err != nil || s.behind {
		return err
	}
	return s.resume(ctx)
}

// complete looks whether the store still lists all entries since the snapshot. If
// not, another snapshot makes up for what it forgot.
func (s *Shipper) complete(ctx context.Context) error {
	next := s.state.Base.Snapshot.Next
	seqs, err := s.chain.numbers(ctx, next)
	if err != nil {
		return err
	}
	if lost := int64(s.state.Seq+1-next) - int64(len(seqs)); lost > 0 {
		s.anew = true
		s.warn("%d entries since the last snapshot are not listed: %v; the backup begins anew", lost, Gap)
		s.setBehind()
	}
	return nil
}

func (s *state) snapshotTime() (t time.Time) {
	if s.Base != nil {
		t = s.Base.Written
	}
	return t
}

// catchUp sets the head of the chain. It reports whether anybody else may have
// written since the notes were made.
func (s *Shipper) catchUp(ctx context.Context) (foreign bool, err error) {
	seqs, err := s.chain.numbers(ctx, s.state.Seq)
	if err != nil {
		return false, err
	}
	last := s.state.Seq
	s.head = &Entry{Seq: last, Epoch: s.state.Epoch, hash: s.state.Hash}
	switch {
	case len(seqs) == 0 && last == 0:
		s.state.Since = 1
		return false, nil
	case len(seqs) == 0:
		s.anew = true
		s.warn("entry %d, the last one stored, and all before it are not listed: %v; the backup begins anew", last, Truncated)
		return true, nil
	case last == 0:
		return true, s.adoptNewest(ctx, seqs[len(seqs)-1])
	case seqs[0] != last:
		s.anew = true
		s.warn("entry %d, the last one stored, is not listed: %v; the backup begins anew", last, Gap)
		return true, s.adoptNewest(ctx, seqs[len(seqs)-1])
	}
	if s.head, err = s.chain.entry(ctx, last); err != nil {
		return false, err
	}
	if s.head.hash != s.state.Hash {
		return false, fmt.Errorf("entry %d is not the one that was stored: %w", last, Forked)
	}
	for _, seq := range seqs[1:] {
		e, err := s.chain.entry(ctx, seq)
		if err == nil {
			err = e.follows(s.head)
		}
		if err != nil {
			return false, err
		}
		foreign = foreign || e.Epoch != s.state.Epoch
		if err := s.adopt(e); err != nil {
			return false, err
		}
	}
	s.state.Epoch = s.head.Epoch
	return foreign, nil
}

// adopt takes an entry that the notes do not know.
func (s *Shipper) adopt(e *Entry) error {
	e.payload = nil
	s.head = e
	s.state.Seq, s.state.Hash = e.Seq, e.hash
	if e.Segment != nil {
		s.state.position = position{e.Segment.Log, e.Segment.To}
	}
	if e.Snapshot != nil {
		s.state.Base = e
	}
	return s.known.add(e.Seq, e.Blobs...)
}

// adoptNewest takes the newest entry of a chain that the notes do not know, and
// what it stands on.
func (s *Shipper) adoptNewest(ctx context.Context, seq uint64) error {
	e, err := s.chain.entry(ctx, seq)
	if err != nil {
		return err
	}
	if err := s.adopt(e); err != nil {
		return err
	}
	s.state.Epoch, s.state.Since = e.Epoch, e.Seq+1
	if s.state.Base != nil && s.state.Base.Seq == e.Base || e.Base == 0 {
		return nil
	}
	base, err := s.chain.entry(ctx, e.Base)
	if err != nil {
		s.warn("the newest snapshot cannot be read: %v; the backup begins anew", err)
		return nil
	}
	s.state.Base = base
	m, err := s.chain.manifest(ctx, base.Snapshot)
	if err != nil {
		s.warn("the newest snapshot cannot be read: %v; the backup begins anew", err)
		return nil
	}
	return s.known.add(0, m.Blobs...)
}

// descends checks that the newest commit in the store is of this vault's past.
func (s *Shipper) descends(ctx context.Context) error {
	local, stored := s.feed.from, s.head.Point
	if stored.Commit == 0 {
		return nil
	}
	if stored.Commit > local.Commit {
		return differs(local, stored, Older)
	}
	tip, err := s.cfg.Source.Tip(ctx, stored.Commit)
	if err != nil {
		return err
	}
	if tip != "" && tip != stored.Tip {
		return differs(local, stored, Forked)
	}
	return nil
}

func differs(local, stored Point, alarm Alarm) error {
	return fmt.Errorf("the backup holds commit %d of %s, this vault is at %d of %s: %w",
		stored.Commit, stored.At.Format(time.DateTime), local.Commit, local.At.Format(time.DateTime), alarm)
}

// resume ships what the log holds beyond what is stored, if it is the same log.
func (s *Shipper) resume(ctx context.Context) error {
	start := s.feed.start
	if start.Log != s.state.Log || s.state.To > start.To || start.To-s.state.To > maxResume {
		s.setBehind()
		return nil
	}
	c := capture{position: start, from: s.state.To, point: s.feed.from, since: s.head.Point.Commit}
	var ok bool
	if c.data, ok = s.feed.feed.between(start, c.from); !ok {
		s.setBehind()
		return nil
	}
	names, err := blobNames(s.cfg.Source.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, there := s.known.get(name); !there {
			c.blobs = append(c.blobs, name)
		}
	}
	if len(c.data) == 0 && len(c.blobs) == 0 {
		s.stored(s.head)
		return nil
	}
	return s.putGroup(ctx, []capture{c})
}
