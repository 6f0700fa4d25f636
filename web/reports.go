package web

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"

	"datai/account"
	"datai/catalog"
	"datai/matchmaker"
	"datai/web/ui"

	"github.com/google/uuid"
)

const reportsKept = 4 // reports that can still be looked at, in memory

// reports are the rounds of matching that were asked for: one runs at a time,
// the last few stay until the server ends.
type reports struct {
	ctx  context.Context // ended by close
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu   sync.Mutex
	list []*reporting // newest first
}

// reporting is one of them; its fields are guarded by reports.mu.
type reporting struct {
	ui.Reporting
	cancel context.CancelFunc
	ended  bool
}

func newReports() *reports {
	ctx, stop := context.WithCancel(context.Background())
	return &reports{ctx: ctx, stop: stop}
}

func (rs *reports) close(ctx context.Context) error {
	rs.stop()
	done := make(chan struct{})
	go func() { rs.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start begins a round; Unavailable while another one runs.
func (rs *reports) start(p *Pages, who account.Principal, q matchmaker.ReportQuery) (uuid.UUID, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return id, err
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.ctx.Err() != nil || slices.ContainsFunc(rs.list, func(r *reporting) bool { return !r.ended }) {
		return uuid.Nil, catalog.Refuse(catalog.Unavailable, "batch.busy")
	}
	run, cancel := context.WithCancel(rs.ctx)
	r := &reporting{Reporting: ui.Reporting{ID: id, By: who.Name, At: p.Now().UnixMilli(), Query: q}, cancel: cancel}
	rs.list = append([]*reporting{r}, rs.list[:min(len(rs.list), reportsKept-1)]...)
	rs.wg.Go(func() {
		defer cancel()
		report, err := rs.run(run, p, who, r)
		rs.mu.Lock()
		defer rs.mu.Unlock()
		r.ended = true
		switch e, known := errors.AsType[*catalog.Error](err); {
		case err == nil:
			r.Report = &report
		case run.Err() != nil:
			r.Problem = catalog.Refuse(catalog.Conflict, "batch.cancelled")
		case known:
			r.Problem = e
		default:
			p.Logger.Error("a round of matching failed", "report", id, "err", err)
			r.Problem = catalog.Refuse(catalog.Unavailable, "error.unavailable")
		}
	})
	return id, nil
}

// run matches. A panic must end this round, not the server.
func (rs *reports) run(ctx context.Context, p *Pages, who account.Principal, r *reporting) (report matchmaker.Report, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			p.Logger.Error("panic in a round of matching", "report", r.ID, "cause", cause, "stack", string(debug.Stack()))
			err = catalog.Refuse(catalog.Unavailable, "error.unavailable")
		}
	}()
	return p.Match.Report(ctx, who, r.Query, func(n, of int) {
		rs.mu.Lock()
		r.N, r.Of = n, of
		rs.mu.Unlock()
	})
}

// get is a round as it stands.
func (rs *reports) get(id uuid.UUID) (ui.Reporting, bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.list {
		if r.ID == id {
			return r.Reporting, true
		}
	}
	return ui.Reporting{}, false
}

func (rs *reports) all() []ui.Reporting {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	out := make([]ui.Reporting, len(rs.list))
	for i, r := range rs.list {
		out[i] = r.Reporting
	}
	return out
}

func (rs *reports) cancel(id uuid.UUID) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.list {
		if r.ID == id {
			r.cancel()
		}
	}
}
