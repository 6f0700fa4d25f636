package web

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/wording"

	"github.com/google/uuid"
)

const (
	stagingMost = 2 // files that are read at a time
	cancelWait  = 5 * time.Second
	stagingKeep = 24 * time.Hour // how long it is known why a file failed
)

// imports are the files that are being read. A file is read on after the
// request that brought it: its page shows how far it is.
type imports struct {
	ctx  context.Context // ended by close
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	running map[uuid.UUID]*staging
	failed  map[uuid.UUID]failure
	count   int // files being read, those without a batch yet too
}

type staging struct {
	cancel context.CancelFunc
	done   chan struct{}
}

type failure struct {
	err *catalog.Error
	at  time.Time
}

func newImports() *imports {
	ctx, stop := context.WithCancel(context.Background())
	return &imports{ctx: ctx, stop: stop, running: map[uuid.UUID]*staging{}, failed: map[uuid.UUID]failure{}}
}

func (im *imports) close(ctx context.Context) error {
	im.stop()
	done := make(chan struct{})
	go func() { im.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start begins the dry run of an upload, which it owns from now on and deletes
// in any case. It returns once the batch is there or the file has been found
// unusable.
func (im *imports) start(ctx context.Context, p *Pages, who account.Principal, up upload) (uuid.UUID, error) {
	im.mu.Lock()
	if im.count >= stagingMost || im.ctx.Err() != nil {
		im.mu.Unlock()
		_ = os.Remove(up.path)
		return uuid.Nil, catalog.Refuse(catalog.Unavailable, "import.busy")
	}
	im.count++
	im.wg.Add(1)
	im.mu.Unlock()

	run, cancel := context.WithCancel(im.ctx)
	began := make(chan uuid.UUID, 1) // takes the id without a reader
	ended := make(chan error, 1)
	go func() {
		defer im.wg.Done()
		defer cancel()
		s := &staging{cancel: cancel, done: make(chan struct{})}
		err := im.stage(run, p, who, up, s, began)
		im.mu.Lock()
		im.count--
		im.mu.Unlock()
		close(s.done)
		ended <- err
	}()
	select {
	case id := <-began:
		return id, nil
	case err := <-ended:
		select { // a small file is read before anybody waits for it
		case id := <-began:
			return id, nil
		default:
			return uuid.Nil, err
		}
	case <-ctx.Done(): // the dry run goes on; it is in the list of imports
		return uuid.Nil, ctx.Err()
	}
}

// stage reads the file. A parser that panics on a hostile file must end this
// import, not the server.
func (im *imports) stage(ctx context.Context, p *Pages, who account.Principal, up upload, s *staging, began chan<- uuid.UUID) (err error) {
	var id uuid.UUID
	defer func() {
		if cause := recover(); cause != nil {
			p.Logger.Error("panic while reading a file", "batch", id, "cause", cause, "stack", string(debug.Stack()))
			err = catalog.Refuse(catalog.Invalid, "import.unreadable")
			if id != uuid.Nil {
				_, cerr := p.Intake.Cancel(context.WithoutCancel(ctx), who, id)
				err = errors.Join(err, cerr)
			}
		}
		if id != uuid.Nil {
			im.finish(p, id, err)
		}
	}()
	defer func() {
		if rerr := os.Remove(up.path); rerr != nil && !errors.Is(rerr, os.ErrNotExist) {
			p.Logger.Error("upload could not be deleted", "file", up.path, "err", rerr)
		}
	}()
	f, closer, err := p.Open(up.path, up.name, up.kind)
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	_, err = p.Intake.Stage(ctx, who, f, func(b intake.Batch) {
		if id == uuid.Nil {
			id = b.ID
			im.mu.Lock()
			im.running[id] = s
			im.mu.Unlock()
			began <- id
		}
	})
	return err
}

// finish remembers why a batch failed, for its page.
func (im *imports) finish(p *Pages, id uuid.UUID, err error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	delete(im.running, id)
	now := p.Now()
	for old, f := range im.failed {
		if now.Sub(f.at) > stagingKeep {
			delete(im.failed, old)
		}
	}
	if err == nil {
		return
	}
	e, ok := errors.AsType[*catalog.Error](err)
	if !ok {
		p.Logger.Error("import failed", "batch", id, "err", err)
		e = catalog.Refuse(catalog.Unavailable, "import.interrupted")
	}
	im.failed[id] = failure{e, now}
}

// problem is why a batch failed, "" if nobody remembers.
func (im *imports) problem(id uuid.UUID, l wording.Lang) string {
	im.mu.Lock()
	defer im.mu.Unlock()
	if f, ok := im.failed[id]; ok {
		return l.SayArgs(f.err.Key, f.err.Args)
	}
	return ""
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
