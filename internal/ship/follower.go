package ship

// A Follower is one who ships the commits of a feed. Its methods belong to one
// goroutine; the feed's belong to the vault.
type Follower struct {
	feed    *Feed
	name    string
	durable bool
	start   position // where the log ended when it began to follow
	from    Point
	wake    chan struct{}

	// The rest is under feed.mu.
	queue []capture
	size  int64
	lost  bool // something was not queued
	done  int64
	err   error
}

// Follow begins to follow, in the place of whoever did under that name. It must be
// called while nothing can be written. With durable, commits wait for what is
// stored, and are refused when that fails.
func (f *Feed) Follow(name string, durable bool) *Follower {
	f.Abandon(name)
	f.mu.Lock()
	defer f.mu.Unlock()
	w := &Follower{feed: f, name: name, durable: durable, start: f.at, from: f.point, wake: make(chan struct{}, 1)}
	f.followers[w] = struct{}{}
	f.kept = true
	return w
}

// Abandon ends following under a name: commits no longer wait for it.
func (f *Feed) Abandon(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.followers {
		if w.name == name {
			delete(f.followers, w)
			f.advance()
		}
	}
}

// leave ends following.
func (w *Follower) leave() {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	delete(w.feed.followers, w)
	w.feed.advance()
}

func (w *Follower) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take queues a capture. feed.mu is held.
func (w *Follower) take(c capture, unreadable bool) {
	w.size += int64(len(c.data))
	if unreadable || w.size > maxQueue {
		w.queue, w.size, w.lost = nil, 0, true
	}
	if !w.lost {
		w.queue = append(w.queue, c)
	}
	w.wakeUp()
}

// next removes from the queue what may be one entry: captures that follow each
// other in one log, up to limit bytes.
func (w *Follower) next(limit int64) (group []capture, lost bool) {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	size := int64(0)
	for _, c := range w.queue {
		n := int64(len(c.data))
		if len(group) > 0 && (size+n > limit || !follows(group, c)) {
			break
		}
		size += n
		group = append(group, c)
	}
	w.queue = w.queue[len(group):]
	w.size -= size
	return group, w.lost
}

// follows reports whether c continues the log of the group.
func follows(group []capture, c capture) bool {
	if c.Log == "" {
		return true
	}
	for i := len(group) - 1; i >= 0; i-- {
		if g := group[i]; g.Log != "" {
			return g.Log == c.Log && g.To == c.from
		}
	}
	return true
}

// waiting returns how many bytes and captures wait.
func (w *Follower) waiting() (size int64, captures int, lost, closed bool) {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	return w.size, len(w.queue), w.lost, w.feed.closed
}

// renew forgets what waits: a snapshot holds it.
func (w *Follower) renew() {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	w.queue, w.size, w.lost = nil, 0, false
}

// stored says that all up to the commit is in the store.
func (w *Follower) stored(commit int64) {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	if commit > w.done {
		w.done = commit
		w.feed.advance()
	}
}

// fail says that nothing will be stored any more, and why.
func (w *Follower) fail(err error) {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	w.err = err
	w.feed.advance()
}
