package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/semaphore"

	"penates"
	"penates/internal/importer"
)

// Messages are parsed by workers and given out in order. inFlight bounds the
// bytes of those read and not yet given out, so that memory does not depend on
// the size of the mailbox; a longer message waits to be alone.
const (
	workers  = 2
	inFlight = 24 << 20
)

// A job is a message on its way through the workers.
type job struct {
	chunk
	weight int64
	m      *message
	err    error
	done   chan struct{}
}

func readMbox(ctx context.Context, f *importer.File, out importer.Sink) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()

	todo, ordered := make(chan *job, 64), make(chan *job, 64)
	budget := semaphore.NewWeighted(inFlight)
	var readErr error
	running.Go(func() {
		defer close(ordered)
		defer close(todo)
		readErr = feed(ctx, newSplitter(r), budget, todo, ordered)
	})
	folder := mboxFolder(f.Head)
	for range workers {
		running.Go(func() {
			for j := range todo {
				j.m, j.err = parseMessage(j.raw, origin{stamp: j.stamp, folder: folder, cut: j.cut, certain: j.stamp != ""})
				j.raw = nil
				close(j.done)
			}
		})
	}
	seen := duplicates{}
	for j := range ordered {
		<-j.done
		if err := giveJob(j, seen, out); err != nil {
			return err
		}
		budget.Release(j.weight)
	}
	return readErr
}

// feed reads messages until the end, an error or the end of ctx.
func feed(ctx context.Context, s *splitter, budget *semaphore.Weighted, todo, ordered chan<- *job) error {
	for {
		c, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("mailbox cannot be read beyond byte %d: %w", s.off, err)
		}
		j := &job{chunk: c, weight: min(int64(len(c.raw))+1, inFlight), done: make(chan struct{})}
		if err := budget.Acquire(ctx, j.weight); err != nil {
			return err
		}
		todo <- j
		select {
		case ordered <- j:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// giveJob gives one message out, or refuses it.
func giveJob(j *job, seen duplicates, out importer.Sink) error {
	if j.err != nil {
		return out.Refuse(j.line, j.err)
	}
	if j.cut {
		if err := out.Refuse(j.line, errLong); err != nil {
			return err
		}
	}
	j.m.doc.Source.Locator = fmt.Sprintf("bytes=%d-%d", j.start, j.end)
	seen.rename(j.m)
	return j.m.give(out)
}

// duplicates remembers by Message-ID what the messages of a mailbox said.
type duplicates map[[16]byte][8]byte

// maxRemembered bounds the memory of duplicates to some 100 MB.
const maxRemembered = 2_000_000

// rename gives m an id of its own when another message of the mailbox has the
// same Message-ID and says something else.
func (seen duplicates) rename(m *message) {
	id := sha256.Sum256([]byte(m.doc.Source.NativeID))
	key, said := [16]byte(id[:16]), [8]byte(m.sum[:8])
	before, known := seen[key]
	switch {
	case !known:
		if len(seen) < maxRemembered {
			seen[key] = said
		}
	case before != said && m.doc.Ref(penates.RefMessageID) != "":
		m.doc.Source.NativeID += "#" + hex.EncodeToString(said[:])
	}
}
