package shelf_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/journal"
	"datai/rulebook"
	"datai/rules"
	"datai/shelf"
)

const day = 24 * time.Hour

func due(t *testing.T, a *apptest.App) map[shelf.Due]int {
	t.Helper()
	results, needs, err := a.Shelf.DueCounts(t.Context(), apptest.Officer())
	if err != nil || len(needs) != len(shelf.Dues()) {
		t.Fatal(needs, err)
	}
	for _, d := range shelf.Dues() {
		if rs, err := a.Shelf.DueResults(t.Context(), apptest.Officer(), d, 100); err != nil || len(rs) != results[d] {
			t.Errorf("%s: %d are counted, %d are listed, %v", d, results[d], len(rs), err)
		}
	}
	return results
}

func TestWhatEndsIsRenewed(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	if got := due(t, a); got[shelf.DueMonth]+got[shelf.DueLapsed] != 0 {
		t.Errorf("in review, and due: %v", got)
	}
	a.PublishResults(t)
	for _, step := range []struct {
		after             time.Duration
		week, month, gone int
	}{{334 * day, 0, 0, 0}, {day, 0, 1, 0}, {23 * day, 1, 1, 0}, {7 * day, 0, 0, 1}} {
		a.Clock.Advance(step.after)
		if got := due(t, a); got[shelf.DueWeek] != step.week || got[shelf.DueMonth] != step.month || got[shelf.DueLapsed] != step.gone {
			t.Errorf("%v later: %v, want %+v", step.after, got, step)
		}
	}
	if len(onShelf(t, a)) != 0 {
		t.Fatal("what has ended is public")
	}
	if _, err := a.Shelf.RenewResults(t.Context(), account.Principal{Acting: account.System}, refs(a.AllResults(t))); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("an administrator renews: %v", err)
	}
	out, err := a.Shelf.RenewResults(t.Context(), apptest.Officer(), refs(a.AllResults(t)))
	if err != nil || out.Done != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if got := onShelf(t, a); len(got) != 1 || time.UnixMilli(got[0].ExpiresAt).Sub(a.Clock.Now()) < 364*day {
		t.Errorf("%+v", got)
	}
	if err := a.DB.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := a.DB.Entries(t.Context(), 0, 100)
	if err != nil || entries[len(entries)-1].Verb != "renew.result" || entries[len(entries)-1].At != a.Clock.Now().UnixMilli() {
		t.Errorf("%+v, %v", entries, err)
	}
}

// TestChangedWordsAreNotRenewed: their confirmation was for other words.
func TestChangedWordsAreNotRenewed(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	a.PublishResults(t)
	a.Clock.Advance(366 * day)
	changed := result("甲")
	changed.Result.Abstract = "另一段话"
	a.Import(t, apptest.File(intake.Results, changed))
	out, err := a.Shelf.RenewResults(t.Context(), apptest.Officer(), refs(a.AllResults(t)))
	if err != nil || out.Done != 0 || len(out.Left) != 1 || out.Left[0].Err.Key != "shelf.left.reconfirm" || len(onShelf(t, a)) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestTheDayOfANeedMovesWithIt(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Needs, need("裂缝", catalog.Date{Year: 2026, Month: 4, Day: 30}), need("噪声", catalog.Date{})))
	needs := func() ([]catalog.Need, []shelf.Ref) {
		ns, _, err := a.Shelf.Needs(t.Context(), apptest.Officer(), shelf.Filter{Order: shelf.ByTitle}, shelf.Page{Limit: 10})
		if err != nil || len(ns) != 2 {
			t.Fatal(ns, err)
		}
		var rs []shelf.Ref
		for _, n := range ns {
			rs = append(rs, shelf.Ref{ID: n.ID, Version: n.Version})
		}
		return ns, rs
	}
	_, rs := needs()
	if out, err := a.Shelf.PublishNeeds(t.Context(), apptest.Officer(), rs); err != nil || out.Done != 2 {
		t.Fatal(out, err)
	}
	a.Clock.Advance(30 * day) // the 7th of May: the day of one is over
	_, rs = needs()
	if out, err := a.Shelf.RenewNeeds(t.Context(), apptest.Officer(), rs); err != nil || out.Done != 2 {
		t.Fatal(out, err)
	}
	ns, _ := needs()
	if want := (catalog.Date{Year: 2026, Month: 11, Day: 7}); ns[0].Until != want || !ns[0].Public(a.Clock.Now().UnixMilli()) || ns[1].Until != (catalog.Date{}) {
		t.Errorf("%+v, want %v", ns, want)
	}
}

func TestTheOfficeIsRemindedTwice(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲"), result("乙")))
	a.PublishResults(t)
	a.Import(t, apptest.File(intake.Needs, need("裂缝", catalog.Date{Year: 2027, Month: 4, Day: 7})))
	var rs []shelf.Ref
	for _, n := range a.AllNeeds(t) {
		rs = append(rs, shelf.Ref{ID: n.ID, Version: n.Version})
	}
	if out, err := a.Shelf.PublishNeeds(t.Context(), apptest.Officer(), rs); err != nil || out.Done != 1 {
		t.Fatal(out, err)
	}
	var got []string
	for range 740 { // twice a day
		a.Clock.Advance(day / 2)
		n, err := a.Shelf.Remind(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		messages, err := a.DB.LeaseMessages(t.Context(), journal.NoticeKind, a.Clock.Now().UnixMilli(), 10)
		if err != nil || (len(messages) > 0) != (n > 0) {
			t.Fatalf("%d are announced, %d are in the outbox, %v", n, len(messages), err)
		}
		for _, m := range messages {
			var r journal.Notice
			if err := json.Unmarshal(m.Payload, &r); err != nil || r.Role != string(account.Officer) || r.Path != "/expiring" || r.Vars["code"] == "" {
				t.Fatal(r, err)
			}
			got = append(got, r.Template+" "+r.Vars["n"]+" "+r.Vars["days"])
			if err := a.DB.FinishMessage(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"results_ending 2 30", "needs_ending 1 30", "results_ending 2 7", "needs_ending 1 7"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A university's own terms are those by which listings end and are called to
// mind, from their day on; what was listed before keeps its end.
func TestOwnTermsOfListings(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	a.PublishResults(t)
	before := a.AllResults(t)[0].ExpiresAt
	for i, own := range []rules.Own{{Key: "result-valid", Value: &rules.Value{Amount: 3, Unit: rules.Months}}, {Key: "expiry-remind-first", Value: &rules.Value{Amount: 20, Unit: rules.Days}}} {
		own.From, own.Reason = a.Rules.Today(), "试行"
		if err := a.Rules.Decide(t.Context(), apptest.Officer(), rulebook.Proposal{Value: &own, After: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if a.AllResults(t)[0].ExpiresAt != before {
		t.Error("what was listed before ends at another time")
	}
	if out, err := a.Shelf.RenewResults(t.Context(), apptest.Officer(), refs(a.AllResults(t))); err != nil || out.Done != 1 {
		t.Fatal(out, err)
	}
	end := time.UnixMilli(a.AllResults(t)[0].ExpiresAt)
	if want := a.Clock.Now().AddDate(0, 3, 0); !end.Equal(want) {
		t.Errorf("it ends at %v, want %v", end, want)
	}
	a.Clock.Advance(end.Sub(a.Clock.Now()) - 21*day)
	if got := due(t, a)[shelf.DueMonth]; got != 0 {
		t.Errorf("21 days before the end it is due: %d", got)
	}
	a.Clock.Advance(2 * day)
	if got := due(t, a)[shelf.DueMonth]; got != 1 {
		t.Errorf("19 days before the end it is not due: %d", got)
	}
}
