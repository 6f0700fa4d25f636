package matchmaker

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"

	"datai/account"
	"datai/catalog"
	"datai/match"
)

// Report is what fits many needs, for an officer to print and to send on.
type Report struct {
	At    int64 // unix ms
	Scope Scope
	Needs []Matched
}

// Matched is a need with the results that are worth saying, best first.
type Matched struct {
	Need    catalog.Need // without contact, owner and budget
	Matches []Match
}

// Title is what the need is called, or how it begins.
func (m Matched) Title() string {
	if m.Need.Title != "" {
		return m.Need.Title
	}
	rs := []rune(m.Need.Text)
	return string(rs[:min(30, len(rs))])
}

// Scope says whom a report is for.
type Scope string

// Scopes. What goes to an enterprise is public and has been checked by a
// manager; the office sees what is in review, too. What is not filed as a
// patent yet is in no report: papers are passed on (never-rule 2).
const (
	ForOffice     Scope = "office"
	ForEnterprise Scope = "enterprise"
)

// ReportQuery says what a report holds.
type ReportQuery struct {
	Open  bool // only needs that are open; else those in review and on hold, too
	K     int  // results a need, at most 20
	Scope Scope
}

const (
	reportMost  = 20 // results of a need in a report
	reportDepth = 30 // hits that are looked at for them
)

// Report matches every need. done is called with how many of them are; it may
// be called from several goroutines, but never twice at a time.
func (s *Service) Report(ctx context.Context, p account.Principal, q ReportQuery, done func(n, of int)) (Report, error) {
	if !p.May(account.SeeOffice) {
		return Report{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if q.K < 1 || q.K > reportMost || (q.Scope != ForOffice && q.Scope != ForEnterprise) {
		return Report{}, catalog.Refuse(catalog.Invalid, "error.filter")
	}
	report := Report{At: s.now().UnixMilli(), Scope: q.Scope}
	err := s.db.Read(ctx, func(tx Tx) error {
		return tx.EachNeed(ctx, func(n *catalog.Need) error {
			if n.State == catalog.NeedOpen || (!q.Open && (n.State == catalog.NeedReview || n.State == catalog.NeedHold)) {
				report.Needs = append(report.Needs, Matched{Need: *n})
			}
			return ctx.Err()
		})
	})
	if err != nil {
		return Report{}, err
	}
	slices.SortStableFunc(report.Needs, func(a, b Matched) int { return cmp.Compare(a.Need.Code, b.Need.Code) })
	return report, s.fillReport(ctx, p, q, report.Needs, done)
}

// ReportOn is the report on one need.
func (s *Service) ReportOn(ctx context.Context, p account.Principal, need catalog.Need, k int, scope Scope) (Report, error) {
	if !p.May(account.SeeOffice) {
		return Report{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	q := ReportQuery{K: k, Scope: scope}
	report := Report{At: s.now().UnixMilli(), Scope: scope, Needs: []Matched{{Need: need}}}
	return report, s.fillReport(ctx, p, q, report.Needs, func(int, int) {})
}

// fillReport matches needs on half of the processors: the other half serves people.
func (s *Service) fillReport(ctx context.Context, p account.Principal, q ReportQuery, needs []Matched, done func(n, of int)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	next, filled := 0, 0
	take := func() *Matched {
		mu.Lock()
		defer mu.Unlock()
		if next == len(needs) || ctx.Err() != nil {
			return nil
		}
		next++
		return &needs[next-1]
	}
	var workers sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		workers.Go(func() {
			for m := take(); m != nil; m = take() {
				if err := s.fillNeed(ctx, p, q, m); err != nil {
					stop(err)
					return
				}
				mu.Lock()
				filled++
				done(filled, len(needs))
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

func (s *Service) fillNeed(ctx context.Context, p account.Principal, q ReportQuery, m *Matched) error {
	found, err := s.ForNeed(ctx, p, m.Need, reportDepth, 0)
	if err != nil {
		return err
	}
	m.Need = m.Need.For(catalog.Public)
	now := s.now().UnixMilli()
	for _, x := range found.Matches {
		switch {
		case x.Marked == NotUseful || x.Result.Unfiled, x.Hit.Label == match.LabelNone && x.Marked != Useful && !x.Checked():
		case q.Scope == ForEnterprise && (!x.Checked() || !x.Result.Public(now)):
		case len(m.Matches) < q.K:
			seen := x.Result.For(catalog.Public)
			x.Result = &seen
			m.Matches = append(m.Matches, x)
		}
	}
	return nil
}
