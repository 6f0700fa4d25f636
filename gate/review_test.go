package gate_test

import (
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/gate"
	"datai/internal/apptest"
	"datai/process"
	"datai/rulebook"
	"datai/rules"
	"datai/store"

	"github.com/google/uuid"
)

// reviewer is an account that may score.
func reviewer(t *testing.T, a *apptest.App, name, unit string) account.Principal {
	t.Helper()
	p := account.Principal{ID: uuid.New(), Name: name, Roles: []account.Role{account.Reviewer}, Acting: account.Reviewer}
	if err := store.For[account.Tx](a.DB).Write(t.Context(), func(tx account.Tx) error {
		return tx.AddAccount(t.Context(), account.Account{ID: p.ID, Name: name, Unit: unit, Roles: p.Roles, Version: 1})
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

// chosen is an application with a result in outside review by three, and a
// fourth who has a tie.
func chosen(t *testing.T) (a *apptest.App, code string, ps []account.Principal, tied account.Principal) {
	t.Helper()
	a = apptest.New(t)
	code = bring(t, a, titled("轴承监测", nil), titled("隧道渗水定位", func(r *catalog.Result) {
		r.Completers = []catalog.Completer{{Name: "沈若川"}, {Name: "穆若澜"}}
	}))["轴承监测"].Code
	for _, name := range []string{"方知行", "柳听泉", "宋知野"} {
		ps = append(ps, reviewer(t, a, name, "外校"))
	}
	tied = reviewer(t, a, "穆若澜", "")
	if err := choose(t, a, code, ps[0], ps[1], ps[2], tied); err != nil {
		t.Fatal(err)
	}
	return a, code, ps, tied
}

func choose(t *testing.T, a *apptest.App, code string, ps ...account.Principal) error {
	t.Helper()
	v := view(t, a, code)
	y, m, d := a.Clock.Now().AddDate(0, 0, 13).Date()
	ch := gate.Choice{Purpose: "roadshow", Until: catalog.Date{Year: y, Month: int(m), Day: d}}
	for _, p := range ps {
		ch.Reviewers = append(ch.Reviewers, p.ID)
	}
	return a.Gate.Choose(t.Context(), apptest.Officer(), code, v.Result.Version, v.Case.Version, ch)
}

func TestWhoHasATieDoesNotScore(t *testing.T) {
	a, code, ps, tied := chosen(t)
	v := view(t, a, code)
	if v.Case.State != gate.Scoring {
		t.Fatalf("stands in %s", v.Case.State)
	}
	round, err := a.Gate.Round(t.Context(), apptest.Officer(), v.Case.Round)
	if err != nil || len(round.Seats) != 4 || round.Seats[3].State != gate.SeatExcluded || round.Seats[3].Tie.Code != gate.TieResult || round.Seats[3].Tie.With != byTitle(t, a)["隧道渗水定位"].Code {
		t.Fatalf("%+v, %v", round, err)
	}
	if _, err := a.Gate.Review(t.Context(), tied, round.ID); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("who is excluded reads it: %v", err)
	}
	if err := a.Gate.Score(t.Context(), tied, round.ID, []int{5, 5, 5, 5}, "", 0); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("who is excluded scores: %v", err)
	}
	cs, err := a.Gate.Candidates(t.Context(), apptest.Officer(), code)
	if err != nil || len(cs) != 4 {
		t.Fatalf("%+v, %v", cs, err)
	}
	mine, err := a.Gate.Reviews(t.Context(), ps[0])
	if err != nil || len(mine) != 1 || len(mine[0].Round.Seats) != 1 || mine[0].Result.Contact != (catalog.Contact{}) {
		t.Errorf("%+v, %v", mine, err)
	}
	if other := reviewer(t, a, "罗静姝", ""); true {
		if mine, err := a.Gate.Reviews(t.Context(), other); err != nil || len(mine) != 0 {
			t.Errorf("%+v, %v", mine, err)
		}
	}
}

func TestTies(t *testing.T) {
	a := apptest.New(t)
	code := bring(t, a, titled("轴承监测", nil), titled("一种轴承", func(r *catalog.Result) {
		r.Kind = catalog.KindPatent
		r.Completers = []catalog.Completer{{Name: "沈若川"}, {Name: "宋知野"}}
	}))["轴承监测"].Code
	reviewer(t, a, "沈若川", "外校")
	reviewer(t, a, "方知行", "机械学院")
	reviewer(t, a, "宋知野", "外校")
	reviewer(t, a, "柳听泉", "外校")
	cs, err := a.Gate.Candidates(t.Context(), apptest.Officer(), code)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"沈若川": gate.TieCompleter, "方知行": gate.TieUnit, "宋知野": gate.TieInvention, "柳听泉": ""}
	for _, c := range cs {
		if c.Tie.Code != want[c.Name] {
			t.Errorf("%s: %q, want %q", c.Name, c.Tie.Code, want[c.Name])
		}
	}
}

// Scores are sealed until all are in; the median decides, and any 0 holds.
func TestScores(t *testing.T) {
	for name, c := range map[string]struct {
		scores  [3][]int
		verdict string
		state   gate.State
		points  int
	}{
		"pass":             {[3][]int{{3, 3, 3, 3}, {2, 3, 3, 2}, {1, 1, 1, 1}}, "pass", gate.Waiting, 20},
		"just not":         {[3][]int{{3, 2, 2, 2}, {3, 2, 2, 2}, {5, 5, 5, 5}}, "hold", gate.Held, 18},
		"a zero":           {[3][]int{{5, 5, 5, 5}, {5, 5, 5, 5}, {5, 5, 5, 0}}, "hold", gate.Held, 40},
		"held":             {[3][]int{{2, 1, 1, 1}, {2, 1, 1, 1}, {1, 1, 1, 1}}, "hold", gate.Held, 10},
		"rejected":         {[3][]int{{1, 1, 1, 1}, {1, 1, 1, 1}, {5, 5, 5, 5}}, "reject", gate.Returned, 8},
		"rejected by zero": {[3][]int{{0, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}}, "reject", gate.Returned, 8},
	} {
		t.Run(name, func(t *testing.T) {
			a, code, ps, _ := chosen(t)
			id := view(t, a, code).Case.Round
			for i, p := range ps {
				if err := a.Gate.Score(t.Context(), p, id, []int{6, 1, 1, 1}, "", 0); catalog.CodeOf(err) != catalog.Invalid {
					t.Errorf("six points: %v", err)
				}
				round, err := a.Gate.Round(t.Context(), apptest.Officer(), id)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range round.Seats {
					if len(s.Sheet.Scores) > 0 {
						t.Fatal("scores are read before all are in")
					}
				}
				if err := a.Gate.Score(t.Context(), p, id, c.scores[i], "说明", 0); err != nil {
					t.Fatal(err)
				}
				if err := a.Gate.Score(t.Context(), p, id, c.scores[i], "", 0); catalog.CodeOf(err) != catalog.Conflict {
					t.Errorf("scored twice: %v", err)
				}
			}
			v := view(t, a, code)
			round, err := a.Gate.Round(t.Context(), apptest.Officer(), id)
			if err != nil || round.State != gate.RoundClosed || round.Verdict != c.verdict || round.Points != c.points || v.Case.State != c.state || len(round.Seats[0].Sheet.Scores) != 4 {
				t.Fatalf("%+v, %s, %v", round, v.Case.State, err)
			}
			if _, err := a.Gate.Round(t.Context(), account.Principal{Name: "a", Acting: account.System}, id); catalog.CodeOf(err) != catalog.Forbidden {
				t.Errorf("an administrator reads scores: %v", err)
			}
			if other, err := a.Gate.Review(t.Context(), ps[0], id); err != nil || len(other.Round.Seats) != 1 || other.Round.Verdict != "" {
				t.Errorf("%+v, %v", other, err)
			}
			if c.verdict != "pass" {
				do := gate.Move{Do: gate.Resume}
				if c.verdict == "reject" {
					do.Do = gate.Resubmit
				}
				if err := a.Gate.Move(t.Context(), apptest.Officer(), code, v.Seen(), do); err != nil {
					t.Fatal(err)
				}
				v = view(t, a, code)
				if err := a.Gate.Check(t.Context(), apptest.Officer(), code, v.Result.Version, v.Case.Version, nil, says); keyOf(err) != "gate.left.verdict" {
					t.Errorf("listed against the scores: %v", err)
				}
			} else if err := a.Gate.Check(t.Context(), apptest.Officer(), code, v.Result.Version, v.Case.Version, nil, says); err != nil {
				t.Error(err)
			}
			es, _, err := a.Gate.Timeline(t.Context(), apptest.Officer(), v.Case.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := gate.Definition.Replay(es); err != nil {
				t.Error(err)
			}
		})
	}
}

// A refusal takes a reason, a declared tie excludes; with too few scores nothing
// is decided, and the deadline is nobody's consent.
func TestRefusingAndMissing(t *testing.T) {
	a, code, ps, _ := chosen(t)
	id := view(t, a, code).Case.Round
	for reason, text := range map[string]string{"": "", "other": "忙", "cost": ""} {
		if err := a.Gate.Decline(t.Context(), ps[0], id, reason, text); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%q: %v", reason, err)
		}
	}
	if err := a.Gate.Decline(t.Context(), ps[0], id, "tie", ""); err != nil {
		t.Fatal(err)
	}
	if err := a.Gate.Score(t.Context(), ps[1], id, []int{3, 3, 3, 3}, "", 0); err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(12 * 24 * time.Hour) // two days before the deadline
	if n, err := a.Gate.Fire(t.Context()); err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	a.Clock.Advance(3 * 24 * time.Hour)
	// What comes too late counts for nothing, is kept for whoever wrote it, once, and
	// is read by nobody else.
	begun := a.Clock.Now().Add(-48 * time.Hour).UnixMilli()
	for _, scores := range [][]int{{3, 3, 3, 2}, {5, 5, 5, 5}} {
		if err := a.Gate.Score(t.Context(), ps[2], id, scores, "写到一半", begun); keyOf(err) != "gate.review.late" {
			t.Errorf("too late: %v", err)
		}
	}
	if own, err := a.Gate.Review(t.Context(), ps[2], id); err != nil || own.Seat.Sheet.Total() != 11 || own.Seat.Sheet.Comment != "写到一半" || own.Seat.Sheet.BegunAt != begun {
		t.Errorf("%+v, %v", own.Seat, err)
	}
	if n, err := a.Gate.Fire(t.Context()); err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	round, err := a.Gate.Round(t.Context(), apptest.Officer(), id)
	if err != nil || round.State != gate.RoundStopped || round.Verdict != "" || round.Seats[0].Tie.Code != gate.TieDeclared || round.Seats[2].State != gate.SeatMissed {
		t.Fatalf("%+v, %v", round, err)
	}
	if sheet := round.Seats[2].Sheet; sheet.LateAt == 0 || len(sheet.Scores) > 0 || sheet.Comment != "" {
		t.Errorf("the office reads what came too late: %+v", sheet)
	}
	if v := view(t, a, code); v.Case.State != gate.Waiting || v.Case.Verdict != "" {
		t.Errorf("%+v", v.Case)
	}
	if err := choose(t, a, code, ps[0], ps[1]); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("two reviewers: %v", err)
	}
}

func TestStoppingForgetsTheScores(t *testing.T) {
	a, code, ps, _ := chosen(t)
	v := view(t, a, code)
	if err := a.Gate.Score(t.Context(), ps[0], v.Case.Round, []int{3, 3, 3, 3}, "说明", 0); err != nil {
		t.Fatal(err)
	}
	v = view(t, a, code)
	if err := a.Gate.Stop(t.Context(), apptest.Officer(), code, v.Result.Version, v.Case.Version); err != nil {
		t.Fatal(err)
	}
	round, err := a.Gate.Round(t.Context(), apptest.Officer(), v.Case.Round)
	if err != nil || round.State != gate.RoundStopped || len(round.Seats[0].Sheet.Scores) != 0 || view(t, a, code).Case.State != gate.Waiting {
		t.Errorf("%+v, %v", round, err)
	}
}

// settle takes every outside review off from today, and renames a reason: the
// steps that follow are taken under this setting.
func settle(t *testing.T, a *apptest.App) {
	t.Helper()
	o := process.Overlay{Steps: []process.Settled{{Action: gate.Choose, Off: true},
		{Action: gate.Return, Reasons: []process.SettledReason{{Code: "title", Label: rules.Text{Chinese: "题目不清", English: "Unclear title"}}}}}}
	if err := a.Processes.Decide(t.Context(), apptest.Officer(), rulebook.ProcessProposal{Kind: gate.Definition.Kind, From: rules.DayOf(a.Clock.Now()), Overlay: o, Reason: "改设置"}); err != nil {
		t.Fatal(err)
	}
}

// What ends an outside review is taken under the process in force when it ends,
// whoever ends it: an officer, the last reviewer, or the deadline.
func TestAReviewEndsUnderTheProcessInForce(t *testing.T) {
	scored := func(t *testing.T, a *apptest.App, id uuid.UUID, ps ...account.Principal) {
		t.Helper()
		for _, p := range ps {
			if err := a.Gate.Score(t.Context(), p, id, []int{3, 3, 3, 3}, "", 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		end func(t *testing.T, a *apptest.App, v gate.View, ps []account.Principal)
		do  process.Action
	}{
		"called off": {func(t *testing.T, a *apptest.App, v gate.View, _ []account.Principal) {
			if err := a.Gate.Stop(t.Context(), apptest.Officer(), v.Result.Code, v.Result.Version, v.Case.Version); err != nil {
				t.Fatal(err)
			}
		}, gate.Stop},
		"the last score": {func(t *testing.T, a *apptest.App, v gate.View, ps []account.Principal) {
			scored(t, a, v.Case.Round, ps...)
		}, gate.Pass},
		"the last refusal": {func(t *testing.T, a *apptest.App, v gate.View, ps []account.Principal) {
			scored(t, a, v.Case.Round, ps[1:]...)
			if err := a.Gate.Decline(t.Context(), ps[0], v.Case.Round, "time", ""); err != nil {
				t.Fatal(err)
			}
		}, gate.Lapse},
		"the deadline": {func(t *testing.T, a *apptest.App, _ gate.View, _ []account.Principal) {
			a.Clock.Advance(14 * 24 * time.Hour)
			if n, err := a.Gate.Fire(t.Context()); err != nil || n != 2 {
				t.Fatalf("%d, %v", n, err)
			}
		}, gate.Lapse},
	} {
		t.Run(name, func(t *testing.T) {
			a, code, ps, _ := chosen(t)
			settle(t, a)
			c.end(t, a, view(t, a, code), ps)
			v := view(t, a, code)
			es, _, err := a.Gate.Timeline(t.Context(), apptest.Officer(), v.Case.ID)
			if err != nil {
				t.Fatal(err)
			}
			last := es[len(es)-1].Taken
			if want := gate.Definition.Stamp() + "/1"; last.Action != c.do || last.Under != want {
				t.Errorf("%s is taken under %s, want %s under %s", last.Action, last.Under, c.do, want)
			}
			if at, err := gate.Definition.Replay(es); err != nil || at != gate.Waiting {
				t.Errorf("%s, %v", at, err)
			}
			// The way to another one is closed.
			if err := choose(t, a, code, ps...); keyOf(err) != "error.form" {
				t.Errorf("chosen again: %v", err)
			}
		})
	}
}
