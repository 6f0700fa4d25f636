package matchmaker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/matchmaker"
	"datai/shelf"
)

func manager() account.Principal {
	p := apptest.Officer()
	p.Name = "王经理"
	return p
}

func versionOf(t *testing.T, a *apptest.App, title string) catalog.Result {
	t.Helper()
	rs := a.AllResults(t)
	i := slices.IndexFunc(rs, func(r catalog.Result) bool { return r.Title == title })
	if i < 0 {
		t.Fatalf("no result %s", title)
	}
	return rs[i]
}

func matchOf(t *testing.T, a *apptest.App, need catalog.Need, title string) matchmaker.Match {
	t.Helper()
	got, err := a.Match.ForNeed(t.Context(), apptest.Officer(), need, 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(got.Matches, func(m matchmaker.Match) bool { return m.Result.Title == title })
	if i < 0 {
		t.Fatalf("no match %s", title)
	}
	return got.Matches[i]
}

const best = "滚动轴承早期故障的在线识别"

func TestACheckHoldsForWhatTheManagerSaw(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	need := needOf(t, a)
	r := versionOf(t, a, best)
	check := func(need catalog.Need, version int64, note string) error {
		return a.Match.CheckMatch(t.Context(), manager(), need, r.Code, version, note)
	}
	if err := check(need, r.Version, " 已电话问过 "); err != nil {
		t.Fatal(err)
	}
	m := matchOf(t, a, need, best)
	if !m.Checked() || m.Check.Name != "王经理" || m.Check.Note != "已电话问过" || m.Check.At != a.Clock.Now().UnixMilli() {
		t.Fatalf("checked: %+v", m.Check)
	}
	// The result moves on: what was checked is not what stands there.
	a.PublishResults(t)
	if m = matchOf(t, a, need, best); m.Checked() || !m.Stale {
		t.Errorf("the check of a changed result holds: %+v", m)
	}
	if err := check(need, r.Version, ""); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("a check of what has changed since: %v", err)
	}
	r = versionOf(t, a, best)
	if err := check(need, r.Version, ""); err != nil {
		t.Fatal(err)
	}
	// The need moves on.
	if out, err := a.Shelf.PublishNeeds(t.Context(), apptest.Officer(), []shelf.Ref{{ID: need.ID, Version: need.Version}}); err != nil || out.Done != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if err := check(need, r.Version, ""); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("a check of a need that has changed since: %v", err)
	}
	need = theNeed(t, a)
	if m = matchOf(t, a, need, best); m.Checked() || !m.Stale {
		t.Errorf("the check of a changed need holds: %+v", m)
	}
	if err := check(need, r.Version, ""); err != nil {
		t.Fatal(err)
	}
	if err := a.Match.UncheckMatch(t.Context(), manager(), need, r.Code); err != nil {
		t.Fatal(err)
	}
	if m = matchOf(t, a, need, best); m.Check != nil {
		t.Errorf("lifted: %+v", m.Check)
	}
	if err := a.Match.UncheckMatch(t.Context(), manager(), need, r.Code); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("lifted twice: %v", err)
	}
	for _, role := range []account.Role{account.Visitor, account.System, account.Console} {
		if err := a.Match.CheckMatch(t.Context(), account.Principal{Acting: role}, need, r.Code, r.Version, ""); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s checks a match: %v", role, err)
		}
		if err := a.Match.UncheckMatch(t.Context(), account.Principal{Acting: role}, need, r.Code); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s lifts a check: %v", role, err)
		}
	}
}

func report(t *testing.T, a *apptest.App, q matchmaker.ReportQuery) matchmaker.Report {
	t.Helper()
	last, calls := 0, 0
	got, err := a.Match.Report(t.Context(), apptest.Officer(), q, func(n, _ int) {
		if n != last+1 {
			t.Errorf("progress went from %d to %d", last, n)
		}
		last, calls = n, calls+1
	})
	if err != nil || calls != len(got.Needs) {
		t.Fatalf("%v, %d calls for %d needs", err, calls, len(got.Needs))
	}
	return got
}

func TestAReportHoldsWhatMayLeave(t *testing.T) {
	a := apptest.New(t)
	unfiled := result("轴承故障的光纤识别", "给风机用户:光纤探头提前指出风机轴承哪里坏了,误报率2%。")
	unfiled.Result.Unfiled = true
	a.Import(t, apptest.File(intake.Results, append(slices.Clone(bearings), unfiled)...))
	var rows []intake.Row
	for i := range 30 {
		rows = append(rows, apptest.NeedRow(catalog.Need{Title: fmt.Sprint("风机轴承", i), Text: problem, OwnerName: "示例水泥"}))
	}
	rows = append(rows, apptest.NeedRow(catalog.Need{Title: "古诗韵律", Text: "宋词平仄"}))
	a.Import(t, apptest.File(intake.Needs, rows...))
	if got := report(t, a, matchmaker.ReportQuery{Open: true, K: 5, Scope: matchmaker.ForOffice}); len(got.Needs) != 0 {
		t.Errorf("%d open needs, none is", len(got.Needs))
	}
	got := report(t, a, matchmaker.ReportQuery{K: 1, Scope: matchmaker.ForOffice})
	if len(got.Needs) != 31 {
		t.Fatalf("%d needs", len(got.Needs))
	}
	var one catalog.Need
	for _, n := range got.Needs {
		if n.Need.OwnerName != "" {
			t.Fatal("a report names the owner of a need")
		}
		if n.Title() == "古诗韵律" {
			if len(n.Matches) > 0 {
				t.Errorf("an answer to nonsense: %+v", n.Matches)
			}
			continue
		}
		if len(n.Matches) != 1 || n.Matches[0].Result.Title != best {
			t.Errorf("%s: %+v", n.Title(), n.Matches)
		}
		one = n.Need
	}
	// To an enterprise goes what is public and checked.
	enterprise := func() int {
		t.Helper()
		got, err := a.Match.ReportOn(t.Context(), apptest.Officer(), one, 5, matchmaker.ForEnterprise)
		if err != nil {
			t.Fatal(err)
		}
		return len(got.Needs[0].Matches)
	}
	check := func() {
		t.Helper()
		r := versionOf(t, a, best)
		if err := a.Match.CheckMatch(t.Context(), manager(), one, r.Code, r.Version, ""); err != nil {
			t.Fatal(err)
		}
	}
	check()
	if n := enterprise(); n != 0 {
		t.Errorf("%d results that are not public go to an enterprise", n)
	}
	var refs []shelf.Ref
	for _, r := range a.AllResults(t) {
		refs = append(refs, shelf.Ref{ID: r.ID, Version: r.Version})
	}
	if _, err := a.Shelf.PublishResults(t.Context(), apptest.Officer(), refs); err != nil {
		t.Fatal(err)
	}
	if n := enterprise(); n != 0 {
		t.Errorf("%d results go to an enterprise with a check that does not hold", n)
	}
	check()
	if n := enterprise(); n != 1 {
		t.Errorf("%d results go to an enterprise, want the one that was checked", n)
	}
}

func TestAReportIsTheOfficesAndCanBeStopped(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	need := needOf(t, a)
	q := matchmaker.ReportQuery{K: 5, Scope: matchmaker.ForOffice}
	if _, err := a.Match.Report(t.Context(), account.Nobody(), q, func(int, int) {}); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a visitor: %v", err)
	}
	if _, err := a.Match.ReportOn(t.Context(), account.Nobody(), need, 5, matchmaker.ForOffice); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a visitor: %v", err)
	}
	for _, bad := range []matchmaker.ReportQuery{{K: 0, Scope: matchmaker.ForOffice}, {K: 21, Scope: matchmaker.ForOffice}, {K: 5, Scope: "press"}} {
		if _, err := a.Match.Report(t.Context(), apptest.Officer(), bad, func(int, int) {}); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := a.Match.Report(ctx, apptest.Officer(), q, func(int, int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("a report that was stopped: %v", err)
	}
}
