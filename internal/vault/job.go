package vault

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"penates"
	"penates/internal/form"
	"penates/internal/ledger"
	"penates/internal/schema"
	"penates/internal/vault/rows"
	"penates/internal/vault/twice"
)

// A Tally counts by form.Outcome what an import brought.
type Tally struct {
	Added     int `json:"added"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
}

func (t *Tally) add(o form.Tally) {
	t.Added += o.Added
	t.Updated += o.Updated
	t.Unchanged += o.Unchanged
}

// A Counter counts what came from one file of a job. Only what is durably
// stored counts.
type Counter struct {
	sure, pending map[penates.Type]Tally
}

func (c *Counter) count(t penates.Type, n form.Tally) {
	if c.pending == nil {
		c.pending = map[penates.Type]Tally{}
	}
	sum := c.pending[t]
	sum.add(n)
	c.pending[t] = sum
}

// A Job is one import: what it is given is stored in groups, in the order given.
// Its methods may be used by one goroutine at a time.
type Job struct {
	id      penates.JobID
	what    string
	session *Session
	queue   chan task
	done    chan struct{}

	mu       sync.Mutex // guards what follows
	err      error
	counters []*Counter
	refused  int
	kept     map[penates.BlobID]bool
}

// A task is something for the writer to do for a job.
type task struct {
	counter *Counter
	kind    penates.Type
	record  *form.Record // to be put, or nil
	write   func(w *writer, c *conn) (form.Tally, error)
	reached chan struct{} // closed when the tasks before it are done
}

// fits reports whether t puts a document that may be put with others.
func (t *task) fits() bool { return t.record != nil && rows.Fits(t.record) }

// StartJob begins an import of what (in words the person will see among past
// imports). The caller ends it with End.
func (s *Session) StartJob(ctx context.Context, what string) (*Job, error) {
	if err := s.allowWhole(penates.Add, "import"); err != nil {
		return nil, err
	}
	j := &Job{id: penates.JobID(penates.NewID("job")), what: what, session: s, queue: make(chan task, 512), done: make(chan struct{})}
	err := s.writer().Do(ctx, func(c *conn) error {
		return c.Run("INSERT INTO jobs (id, what, started) VALUES (?, ?, ?)", string(j.id), what, s.now().UnixMilli())
	})
	if err != nil {
		return nil, err
	}
	go j.work()
	return j, nil
}

// ID returns the job's id.
func (j *Job) ID() penates.JobID { return j.id }

func (j *Job) work() {
	defer close(j.done)
	w := j.session.writer()
	var batch []task
	for t := range j.queue {
		if batch = append(batch[:0], t); t.fits() {
			batch = j.more(batch)
		}
		for len(batch) > 0 {
			n := 1
			for batch[0].fits() && n < len(batch) && batch[n].fits() {
				n++
			}
			if err := j.do(w, batch[:n]); err != nil {
				j.lose(err)
			}
			batch = batch[n:]
		}
	}
}

// more adds tasks that are there already to batch, which begins with a document,
// up to one that is none.
func (j *Job) more(batch []task) []task {
	for len(batch) < 4*rows.Batch {
		select {
		case t, ok := <-j.queue:
			if !ok {
				return batch
			}
			if batch = append(batch, t); !t.fits() {
				return batch
			}
		default:
			return batch
		}
	}
	return batch
}

// do does one task, or several that each put a document.
func (j *Job) do(w *writer, tasks []task) error {
	t := tasks[0]
	if t.reached != nil {
		close(t.reached)
		return nil
	}
	return w.group(j, len(tasks), func(c *conn) error {
		if t.record != nil {
			return j.put(w, c, tasks)
		}
		n, err := t.write(w, c)
		if err == nil && t.counter != nil {
			t.counter.count(t.kind, n)
		}
		return err
	})
}

// put puts the documents of tasks.
func (j *Job) put(w *writer, c *conn, tasks []task) error {
	all := make([]rows.Row, len(tasks))
	for i, t := range tasks {
		source, err := w.source(c, t.record.Source)
		if err != nil {
			return err
		}
		all[i] = rows.Row{Record: t.record, Origin: source}
	}
	return w.PutAll(c, all, w.writes(j.session.now()), func(i int, o form.Outcome) {
		var n form.Tally
		n.Count(o, 1)
		tasks[i].counter.count(tasks[i].kind, n)
	})
}

// settle is called when what the job wrote so far is durable; the writer is held.
func (j *Job) settle() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.counters {
		for t, n := range c.pending {
			if c.sure == nil {
				c.sure = map[penates.Type]Tally{}
			}
			sum := c.sure[t]
			sum.add(form.Tally{Added: n.Added, Updated: n.Updated, Unchanged: n.Unchanged})
			c.sure[t] = sum
		}
		c.pending = nil
	}
}

// lose is called when writes that were not durable yet are gone.
func (j *Job) lose(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.counters {
		c.pending = nil
	}
	if j.err == nil {
		j.err = err
	}
}

func (j *Job) failed() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Counter returns a new counter, for the next file.
func (j *Job) Counter() *Counter {
	c := &Counter{}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.counters = append(j.counters, c)
	return c
}

// Counts returns what of c is durably stored.
func (j *Job) Counts(c *Counter) map[penates.Type]Tally {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(c.sure)
}

// Keep stores raw bytes, to be referred to by documents. name may be the path
// they were met at.
func (j *Job) Keep(ctx context.Context, name, mime string, r io.Reader) (Blob, error) {
	if err := j.failed(); err != nil {
		return Blob{}, err
	}
	blob, err := j.session.keep(ctx, name, mime, r)
	if err != nil {
		return Blob{}, err
	}
	j.hold(blob.ID)
	return blob, j.send(task{write: func(w *writer, c *conn) (form.Tally, error) {
		return form.Tally{}, insertBlob(c, blob, w.keeps(j.session.now()))
	}})
}

func (j *Job) hold(id penates.BlobID) {
	if j.kept == nil {
		j.kept = map[penates.BlobID]bool{}
	}
	if !j.kept[id] {
		j.kept[id] = true
		j.session.u.held.add(id, 1)
	}
}

// Open reads what Keep stored, durable or not.
func (j *Job) Open(id penates.BlobID) (BlobReader, error) { return j.session.u.blobs.Open(id) }

// Forget drops bytes that were kept, unless something refers to them.
func (j *Job) Forget(ctx context.Context, id penates.BlobID) error {
	if err := j.reach(); err != nil {
		return err
	}
	if !j.kept[id] || j.session.u.held.add(id, 0) > 1 {
		return nil
	}
	return j.session.dropBlobs(ctx, []penates.BlobID{id})
}

// Document stores d, whose body is body, and counts it in c. Source needs its
// connector and native id; the id, type and job are filled in. An error means
// that the document is not valid or that the job cannot go on; Failed tells.
func (j *Job) Document(c *Counter, d *penates.Document, body schema.Body) error {
	if err := j.session.allow(penates.Add, body.DocType(), "import"); err != nil {
		return err
	}
	d.Source.Job = j.id
	r, err := form.Encode(d, body)
	if err != nil {
		return err
	}
	return j.send(task{counter: c, kind: r.Kind.Type, record: r})
}

// Points stores a stretch of a series and counts its points in c. Points of
// unknown start are an error.
func (j *Job) Points(c *Counter, s *penates.Series) error {
	if err := j.session.allow(penates.Add, s.Type, "import"); err != nil {
		return err
	}
	if s.Source.Connector == "" || s.Source.NativeID == "" {
		return fmt.Errorf("a series needs a connector and a native id: %w", penates.Invalid)
	}
	head := *s
	head.Points, head.Source.Job = nil, j.id
	chunks := map[string][]penates.Point{}
	for _, p := range s.Points {
		if p.Start.IsZero() {
			return fmt.Errorf("a point without time: %w", penates.Invalid)
		}
		key := form.Chunk(s, p.Start)
		chunks[key] = append(chunks[key], p)
	}
	for _, key := range slices.Sorted(maps.Keys(chunks)) {
		points := chunks[key]
		err := j.send(task{counter: c, kind: s.Type, write: func(w *writer, cn *conn) (form.Tally, error) {
			source, err := w.source(cn, head.Source)
			if err != nil {
				return form.Tally{}, err
			}
			return w.PutPoints(cn, &head, key, points, source, w.writes(j.session.now()))
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// Link relates two documents because the source says so.
func (j *Job) Link(from penates.DocumentID, rel penates.Rel, to penates.DocumentID) error {
	l := penates.Link{From: from, Rel: rel, To: to, Confidence: 1, Rule: "source", By: j.session.Actor()}
	return j.send(task{write: func(_ *writer, c *conn) (form.Tally, error) {
		err := insertLink(c, &l)
		if err == nil && l.Rel == penates.SameAs {
			err = twice.From(c, l.From)
		}
		return form.Tally{}, err
	}})
}

// Refused counts n rows that could not be taken.
func (j *Job) Refused(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.refused += n
}

// Failed returns the error that keeps the job from storing more, or nil.
func (j *Job) Failed() error { return j.failed() }

func (j *Job) send(t task) error {
	if err := j.failed(); err != nil {
		return err
	}
	j.queue <- t
	return nil
}

// Flush makes all that was given so far durable.
func (j *Job) Flush() error {
	if err := j.reach(); err != nil {
		return err
	}
	if err := j.session.writer().flush(); err != nil {
		return err
	}
	return j.failed()
}

// reach waits until the tasks sent so far are done.
func (j *Job) reach() error {
	reached := make(chan struct{})
	j.queue <- task{reached: reached}
	<-reached
	return j.failed()
}

// End makes all durable, notes the sums and returns the error the job stopped
// at, if any. The job cannot be used afterwards.
func (j *Job) End(ctx context.Context) error {
	err := j.Flush()
	close(j.queue)
	<-j.done
	for id := range j.kept {
		j.session.u.held.add(id, -1)
	}
	types, sum := j.sums()
	entry := j.session.entry(penates.Add, "import")
	entry.Types = types
	end := j.session.writer().Do(context.WithoutCancel(ctx), func(c *conn) error {
		if err := ledger.Append(c, entry); err != nil {
			return err
		}
		return c.Run("UPDATE jobs SET ended = ?, read = ?, added = ?, updated = ?, unchanged = ?, refused = ? WHERE id = ?",
			j.session.now().UnixMilli(), sum.Added+sum.Updated+sum.Unchanged+j.refused, sum.Added, sum.Updated, sum.Unchanged, j.refused, string(j.id))
	})
	if err == nil {
		err = end
	}
	return err
}

func (j *Job) sums() (map[penates.Type]int, Tally) {
	j.mu.Lock()
	defer j.mu.Unlock()
	types, sum := map[penates.Type]int{}, Tally{}
	for _, c := range j.counters {
		for t, n := range c.sure {
			types[t] += n.Added + n.Updated
			sum.add(form.Tally{Added: n.Added, Updated: n.Updated, Unchanged: n.Unchanged})
		}
	}
	return types, sum
}

// source returns the row of sources for a document's source.
func (w *writer) source(c *conn, s penates.Source) (int64, error) {
	key := [2]string{s.Connector, s.Connection}
	if n, ok := w.sources[key]; ok {
		return n, nil
	}
	n, err := sourceRow(c, s)
	if err == nil {
		w.sources[key] = n
	}
	return n, err
}
