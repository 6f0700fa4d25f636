package web

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"

	"github.com/google/uuid"
)

const (
	stagingMost = 2 // files that are read at a time
	cancelWait  = 5 * time.Second
	holdTime    = 30 * time.Minute // how long an upload can be read once more
	holdBytes   = 512 << 20        // of all that are held
)

// imports are the files that are being read and those that can be read once
// more. A file is read on after the request that brought it: its page shows how
// far it is.
type imports struct {
	ctx  context.Context // ended by close
	stop context.CancelCauseFunc
	wg   sync.WaitGroup
	turn chan struct{} // holds a token for each file that is being read
	eyes chan struct{} // holds a token while a file is opened that waits for its turn

	mu      sync.Mutex
	running map[uuid.UUID]*staging
	held    map[uuid.UUID]holding
}

type staging struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// holding is an upload that has been read, in case somebody says that its
// columns mean something else.
type holding struct {
	*upload

	since time.Time
}

func newImports() *imports {
	ctx, stop := context.WithCancelCause(context.Background())
	return &imports{ctx: ctx, stop: stop, turn: make(chan struct{}, stagingMost), eyes: make(chan struct{}, 1),
		running: map[uuid.UUID]*staging{}, held: map[uuid.UUID]holding{}}
}

// close interrupts what is being read, which can go on after the next start.
func (im *imports) close(ctx context.Context) error {
	im.mu.Lock()
	im.stop(intake.ErrInterrupted)
	for id := range im.held {
		im.release(id)
	}
	im.mu.Unlock()
	done := make(chan struct{})
	go func() { im.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start begins the dry run of the upload of a waiting batch, as soon as fewer
// than stagingMost others are read. It owns the upload from now on. began gets
// the batch once the file is being read, or is known to be readable and waits;
// it is closed when the reading ended. One of several of a drop is not looked
// at before its turn: nobody waits for the answer.
func (im *imports) start(p *Pages, who account.Principal, waiting uuid.UUID, up *upload, several bool) (began <-chan uuid.UUID, err error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.ctx.Err() != nil {
		up.close()
		return nil, catalog.Refuse(catalog.Unavailable, "import.interrupted")
	}
	run, cancel := context.WithCancel(im.ctx)
	s := &staging{cancel: cancel, done: make(chan struct{})}
	im.running[waiting] = s
	ids := make(chan uuid.UUID, 2) // takes both without a reader
	now := false
	select {
	case im.turn <- struct{}{}:
		now = true
	default:
	}
	im.wg.Go(func() {
		defer close(ids)
		defer close(s.done)
		defer cancel()
		id, b, err := im.stage(run, p, who, waiting, up, s, ids, func() error {
			if now {
				return nil
			}
			return im.queue(run, p, who, waiting, up, ids, several)
		})
		im.finish(p, waiting, id, b, up, err)
	})
	return ids, nil
}

// queue waits until it is the turn of a file. What cannot be read at all is
// found out before: whoever brought it is told at once, however much is being
// read. One file is looked at a time and let go of again.
func (im *imports) queue(ctx context.Context, p *Pages, who account.Principal, waiting uuid.UUID, up *upload, readable chan<- uuid.UUID, several bool) error {
	if !several {
		if err := im.examine(ctx, p, who, up); err != nil {
			return err
		}
		readable <- waiting
	}
	select {
	case im.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (im *imports) examine(ctx context.Context, p *Pages, who account.Principal, up *upload) error {
	select {
	case im.eyes <- struct{}{}:
		defer func() { <-im.eyes }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	_, closer, err := p.Open(ctx, who, up.path(), up.name, up.kind)
	if err != nil {
		return err
	}
	return closer.Close()
}

// stage reads the file when turn says so. A parser that panics on a hostile
// file must end this import, not the server.
func (im *imports) stage(ctx context.Context, p *Pages, who account.Principal, waiting uuid.UUID, up *upload, s *staging, began chan<- uuid.UUID, turn func() error) (id uuid.UUID, b intake.Batch, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			p.Logger.Error("panic while reading a file", "batch", waiting, "cause", cause, "stack", string(debug.Stack()))
			err = catalog.Refuse(catalog.Invalid, "import.unreadable")
			if id != uuid.Nil {
				_, cerr := p.Intake.Abandon(context.WithoutCancel(ctx), who, id, err)
				err = errors.Join(err, cerr)
			}
		}
		if id == uuid.Nil { // nothing of it was staged
			_, ferr := p.Intake.Abandon(context.WithoutCancel(ctx), who, waiting, err)
			err = errors.Join(err, ferr)
		}
	}()
	if err := turn(); err != nil {
		return id, b, err
	}
	defer func() { <-im.turn }()
	if err := ctx.Err(); err != nil {
		return id, b, context.Cause(ctx)
	}
	f, closer, err := p.Open(ctx, who, up.path(), up.name, up.kind)
	if err != nil {
		return id, b, err
	}
	defer func() { _ = closer.Close() }()
	f.Batch = waiting
	b, err = p.Intake.Stage(ctx, who, f, func(b intake.Batch) {
		if id == uuid.Nil {
			id = b.ID
			im.mu.Lock()
			im.running[id] = s
			im.mu.Unlock()
			began <- id
		}
	})
	return id, b, err
}

// finish holds the upload if it may be read once more. One with classified
// rows is let go at once.
func (im *imports) finish(p *Pages, waiting, id uuid.UUID, b intake.Batch, up *upload, err error) {
	e, known := errors.AsType[*catalog.Error](err)
	if err != nil && !known && !errors.Is(err, context.Canceled) && !errors.Is(err, intake.ErrInterrupted) {
		p.Logger.Error("import failed", "batch", waiting, "err", err)
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	delete(im.running, waiting)
	delete(im.running, id)
	again := err == nil && !b.Secret || known && e.Key == "import.unusable.columns"
	if !again || im.ctx.Err() != nil {
		up.close()
		return
	}
	if id == uuid.Nil {
		id = waiting
	}
	now := p.Now()
	total := up.size
	for old, h := range im.held {
		if now.Sub(h.since) > holdTime {
			im.release(old)
			continue
		}
		total += h.size
	}
	if total > holdBytes {
		up.close()
		return
	}
	im.held[id] = holding{up, now}
}

// release lets go of an upload; the caller has the lock.
func (im *imports) release(id uuid.UUID) {
	if h, ok := im.held[id]; ok {
		h.close()
		delete(im.held, id)
	}
}

// forget lets go of the upload of a batch.
func (im *imports) forget(id uuid.UUID) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.release(id)
}

// take gives the upload of a batch away, nil if it is not held any more.
func (im *imports) take(id uuid.UUID, now time.Time) *upload {
	im.mu.Lock()
	defer im.mu.Unlock()
	h, ok := im.held[id]
	if !ok {
		return nil
	}
	delete(im.held, id)
	if now.Sub(h.since) > holdTime {
		h.close()
		return nil
	}
	return h.upload
}

// look calls fn with the upload of a batch; false if it is not held any more.
// It stays where it is meanwhile.
func (im *imports) look(id uuid.UUID, now time.Time, fn func(*upload) error) (bool, error) {
	up := im.take(id, now)
	if up == nil {
		return false, nil
	}
	err := fn(up)
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.ctx.Err() != nil {
		up.close()
		return true, err
	}
	im.held[id] = holding{up, now}
	return true, err
}

// holds reports whether the upload of a batch can be read once more.
func (im *imports) holds(id uuid.UUID) bool {
	im.mu.Lock()
	defer im.mu.Unlock()
	_, ok := im.held[id]
	return ok
}

// sweep lets go of uploads that have been held long enough.
func (im *imports) sweep(now time.Time) {
	im.mu.Lock()
	defer im.mu.Unlock()
	for id, h := range im.held {
		if now.Sub(h.since) > holdTime {
			im.release(id)
		}
	}
}

// cancel ends the reading of a file and waits a little until it has ended;
// false if it is not being read.
func (im *imports) cancel(ctx context.Context, id uuid.UUID) bool {
	im.mu.Lock()
	s := im.running[id]
	im.mu.Unlock()
	if s == nil {
		return false
	}
	s.cancel()
	ctx, stop := context.WithTimeout(ctx, cancelWait)
	defer stop()
	select {
	case <-s.done:
	case <-ctx.Done(): // a row takes long; the page shows how it ends
	}
	return true
}
