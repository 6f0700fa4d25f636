package gate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/gate"
	"datai/intake"
	"datai/internal/apptest"
	"datai/process"
	"datai/rulebook"
	"datai/rules"

	"github.com/google/uuid"
)

// bring imports results and returns them by title.
func bring(t *testing.T, a *apptest.App, rs ...catalog.Result) map[string]catalog.Result {
	t.Helper()
	rows := make([]intake.Row, len(rs))
	for i, r := range rs {
		rows[i] = apptest.ResultRow(r)
	}
	a.Import(t, apptest.File(intake.Results, rows...))
	return byTitle(t, a)
}

func byTitle(t *testing.T, a *apptest.App) map[string]catalog.Result {
	t.Helper()
	out := map[string]catalog.Result{}
	for _, r := range a.AllResults(t) {
		out[r.Title] = r
	}
	return out
}

func titled(title string, change func(*catalog.Result)) catalog.Result {
	r := sound()
	r.Title = title
	if change != nil {
		change(&r)
	}
	return r
}

// refs are all of the list.
func refs(t *testing.T, a *apptest.App, f gate.Filter) []gate.Ref {
	t.Helper()
	l, err := a.Gate.Before(t.Context(), apptest.Officer(), f)
	if err != nil {
		t.Fatal(err)
	}
	var out []gate.Ref
	for _, x := range l.Items {
		out = append(out, x.Ref)
	}
	return out
}

func view(t *testing.T, a *apptest.App, code string) gate.View {
	t.Helper()
	v, err := a.Gate.View(t.Context(), apptest.Officer(), code)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// keyOf is the message of a refusal.
func keyOf(err error) string {
	if e, ok := errors.AsType[*catalog.Error](err); ok {
		return e.Key
	}
	return ""
}

const says = "可以公开"

func TestTheDefinitionHolds(t *testing.T) {
	if err := gate.Definition.Check(); err != nil {
		t.Fatal(err)
	}
	for _, x := range gate.Definition.Steps {
		if got := x.Choices(); !x.Quiet && !slices.Equal(got, []process.Actor{gate.Office}) {
			t.Errorf("%s could be settled to be taken by %v, who have no form for it", x.Action, got)
		}
	}
}

// What nobody has to be asked about goes onto the shelf, the rest stays with its
// reason; nothing goes without the confirmation.
func TestListingWhatHasNoQuestion(t *testing.T) {
	a := apptest.New(t)
	bring(t, a, titled("轴承监测", nil), titled("隧道渗水定位", nil), titled("焊缝检测", func(r *catalog.Result) { r.Abstract += "电话 13900000001" }),
		titled("催化剂回收", func(r *catalog.Result) { r.Unfiled = true }))
	all := refs(t, a, gate.Filter{})
	if _, err := a.Gate.List(t.Context(), apptest.Officer(), all, ""); catalog.CodeOf(err) != catalog.Invalid {
		t.Fatalf("without the confirmation: %v", err)
	}
	if _, err := a.Gate.List(t.Context(), account.Principal{Name: "a", Acting: account.Professor}, all, says); catalog.CodeOf(err) != catalog.Forbidden {
		t.Fatalf("by somebody else: %v", err)
	}
	out, err := a.Gate.List(t.Context(), apptest.Officer(), all, says)
	if err != nil || out.Done != 2 || len(out.Left) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	why := map[string]string{}
	for _, l := range out.Left {
		why[l.Title] = l.Err.Key + " " + l.Err.Args["question"]
	}
	if why["焊缝检测"] != "gate.left.open phone" || !strings.HasPrefix(why["催化剂回收"], "shelf.left.unfiled") {
		t.Errorf("%v", why)
	}
	now := a.Clock.Now().UnixMilli()
	for title, r := range byTitle(t, a) {
		listed := title == "轴承监测" || title == "隧道渗水定位"
		if r.Public(now) != listed {
			t.Errorf("%s is public: %v", title, r.Public(now))
		}
		v := view(t, a, r.Code)
		if (v.Case.State == gate.Listed) != listed {
			t.Errorf("%s stands in %s", title, v.Case.State)
		}
		if listed && (v.Case.Listed.Says != says || v.Case.Rules == "" || v.Result.ExpiresAt == 0) {
			t.Errorf("%s: %+v", title, v.Case)
		}
	}
	again, err := a.Gate.List(t.Context(), apptest.Officer(), all, says)
	changed := slices.DeleteFunc(again.Left, func(l gate.Left) bool { return l.Err.Key != "shelf.left.changed" })
	if err != nil || again.Done != 0 || len(changed) != 2 {
		t.Errorf("an old list: %+v, %v", again, err)
	}
}

// An own result and one that the officer disclosed for somebody wait for another
// officer.
func TestNobodyReviewsTheOwn(t *testing.T) {
	a := apptest.New(t)
	r := bring(t, a, titled("轴承监测", nil), titled("隧道渗水定位", func(r *catalog.Result) { r.State = catalog.ResultDraft }))
	shen := account.Principal{ID: uuid.New(), Name: "沈若川", Roles: []account.Role{account.Officer}, Acting: account.Officer}
	li := account.Principal{ID: uuid.New(), Name: "李岚", Roles: []account.Role{account.Officer}, Acting: account.Officer}
	v := view(t, a, r["轴承监测"].Code)
	if err := a.Gate.Check(t.Context(), shen, v.Result.Code, v.Result.Version, v.Case.Version, nil, says); keyOf(err) != "gate.left.own" {
		t.Fatalf("own: %v", err)
	}
	if err := a.Gate.Check(t.Context(), li, v.Result.Code, v.Result.Version, v.Case.Version, nil, says); err != nil {
		t.Fatal(err)
	}
	code := r["隧道渗水定位"].Code
	step := func(p account.Principal, m gate.Move) error {
		v := view(t, a, code)
		return a.Gate.Move(t.Context(), p, code, v.Seen(), m)
	}
	if v := view(t, a, code); v.Case.State == gate.Waiting { // an import leaves nothing a draft
		return
	}
	if err := step(li, gate.Move{Do: gate.Disclose}); err != nil {
		t.Fatal(err)
	}
	on := catalog.Date{Year: 2026, Month: 4, Day: 1}
	if err := step(li, gate.Move{Do: gate.Register, On: on}); err == nil {
		t.Fatal("who entered it registers it")
	}
	if err := step(apptest.Officer(), gate.Move{Do: gate.Register, On: on}); err != nil {
		t.Fatal(err)
	}
}

// An officer lets a question be for the words that stand there; other words are
// asked about anew, and what must not be public cannot be let be.
func TestLettingAQuestionBe(t *testing.T) {
	a := apptest.New(t)
	r := bring(t, a, titled("轴承监测", func(r *catalog.Result) { r.Owners = []string{"某大学", "某公司"} }))["轴承监测"]
	v := view(t, a, r.Code)
	if len(v.Open) != 1 || v.Open[0].Code != gate.AskOwners {
		t.Fatalf("%+v", v.Open)
	}
	if err := a.Gate.Check(t.Context(), apptest.Officer(), r.Code, v.Result.Version, v.Case.Version, nil, says); catalog.CodeOf(err) != catalog.Conflict {
		t.Fatalf("with an open question: %v", err)
	}
	if err := a.Gate.Clear(t.Context(), apptest.Officer(), r.Code, v.Result.Version, v.Case.Version, []gate.Code{gate.AskPhone}); catalog.CodeOf(err) != catalog.Invalid {
		t.Fatalf("a telephone number may not be let be: %v", err)
	}
	if err := a.Gate.Clear(t.Context(), apptest.Officer(), r.Code, v.Result.Version, v.Case.Version, []gate.Code{gate.AskOwners}); err != nil {
		t.Fatal(err)
	}
	if v = view(t, a, r.Code); len(v.Open) != 0 || v.Case.Version != 1 || v.Case.State != gate.Waiting {
		t.Fatalf("%+v", v)
	}
	if _, err := a.Shelf.EditResult(t.Context(), apptest.Officer(), r.Code, v.Result.Version, func(r *catalog.Result) { r.Summary += "，已改" }); err != nil {
		t.Fatal(err)
	}
	if v = view(t, a, r.Code); len(v.Open) != 1 {
		t.Fatalf("other words: %+v", v.Open)
	}
	if err := a.Gate.Check(t.Context(), apptest.Officer(), r.Code, v.Result.Version, v.Case.Version, []gate.Code{gate.AskOwners}, says); err != nil {
		t.Fatal(err)
	}
	es, _, err := a.Gate.Timeline(t.Context(), apptest.Officer(), view(t, a, r.Code).Case.ID)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := gate.Definition.Replay(es); err != nil || at != gate.Listed {
		t.Errorf("replayed to %s: %v", at, err)
	}
}

// The catalogue is the truth of what is public: what happens there the gate
// follows, and its events replay.
func TestTheGateFollowsTheCatalogue(t *testing.T) {
	a := apptest.New(t)
	code := bring(t, a, titled("轴承监测", nil))["轴承监测"].Code
	stands := func(want gate.State) gate.View {
		t.Helper()
		v := view(t, a, code)
		if v.Case.State != want {
			t.Fatalf("stands in %s, not in %s", v.Case.State, want)
		}
		return v
	}
	stands(gate.Waiting)
	a.PublishResults(t)
	v := stands(gate.Listed)
	if _, err := a.Shelf.EditResult(t.Context(), apptest.Officer(), code, v.Result.Version, func(r *catalog.Result) { r.Summary += "，已改" }); err != nil {
		t.Fatal(err)
	}
	v = stands(gate.Waiting)
	if err := a.Gate.Move(t.Context(), apptest.Officer(), code, v.Seen(), gate.Move{Do: gate.Return, Reason: "unmeasurable", Text: "误报率怎么测"}); err != nil {
		t.Fatal(err)
	}
	v = stands(gate.Returned)
	if err := a.Gate.Move(t.Context(), apptest.Officer(), code, v.Seen(), gate.Move{Do: gate.Return}); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("sent back twice: %v", err)
	}
	if err := a.Gate.Move(t.Context(), apptest.Officer(), code, v.Seen(), gate.Move{Do: gate.Resubmit}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Shelf.WithdrawResults(t.Context(), apptest.Officer(), a.Refs(t), "重复"); err != nil {
		t.Fatal(err)
	}
	v = stands(gate.Off)
	if err := a.Gate.Move(t.Context(), apptest.Officer(), code, v.Seen(), gate.Move{Do: gate.Relist}); err != nil {
		t.Fatal(err)
	}
	v = stands(gate.Waiting)
	if v.Result.State != catalog.ResultReview {
		t.Errorf("the catalogue has it %s", v.Result.State)
	}
	es, _, err := a.Gate.Timeline(t.Context(), apptest.Officer(), v.Case.ID)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := gate.Definition.Replay(es); err != nil || at != gate.Waiting {
		t.Errorf("replayed to %s: %v", at, err)
	}
}

// No reason, no return; a telephone number in it is refused.
func TestSendingBackTakesAReason(t *testing.T) {
	a := apptest.New(t)
	code := bring(t, a, titled("轴承监测", nil))["轴承监测"].Code
	for _, m := range []gate.Move{{Do: gate.Return}, {Do: gate.Return, Reason: "missing"}, {Do: gate.Return, Reason: "cost"}, {Do: gate.Return, Reason: "personal", Text: "打 13900000001"},
		{Do: gate.List}, {Do: gate.Pass}, {Do: gate.Seal}, {Do: gate.Date, On: catalog.Date{Year: 2026}}} {
		v := view(t, a, code)
		if err := a.Gate.Move(t.Context(), apptest.Officer(), code, v.Seen(), m); catalog.CodeOf(err) != catalog.Invalid && catalog.CodeOf(err) != catalog.Conflict {
			t.Errorf("%+v: %v", m, err)
		}
	}
	if v := view(t, a, code); v.Case.Version != 0 {
		t.Errorf("something was written: %+v", v.Case)
	}
}

// A sealed result keeps no words, and nothing follows.
func TestSealingEmptiesTheWords(t *testing.T) {
	a := apptest.New(t)
	code := bring(t, a, titled("轴承监测", nil))["轴承监测"].Code
	v := view(t, a, code)
	if err := a.Gate.Move(t.Context(), apptest.Officer(), code, v.Seen(), gate.Move{Do: gate.Seal, Sure: true}); err != nil {
		t.Fatal(err)
	}
	v = view(t, a, code)
	if v.Case.State != gate.Sealed || v.Result.Title != gate.SealedTitle || v.Result.Abstract != "" || v.Result.Summary != "" || !v.Process.Final(v.Case.State) || v.Result.State != catalog.ResultWithdrawn {
		t.Errorf("%+v", v)
	}
	if out, err := a.Gate.List(t.Context(), apptest.Officer(), []gate.Ref{{ID: v.Result.ID, Version: v.Result.Version, Case: v.Case.Version}}, says); err != nil || out.Done != 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// The year from the registration and the end of the listing are two clocks: each
// fires once, at its own time.
func TestTwoClocks(t *testing.T) {
	a := apptest.New(t)
	code := bring(t, a, titled("轴承监测", nil))["轴承监测"].Code
	v := view(t, a, code)
	on := catalog.Date{Year: 2025, Month: 6, Day: 2}
	if err := a.Gate.Move(t.Context(), apptest.Officer(), code, v.Seen(), gate.Move{Do: gate.Date, On: catalog.Date{Year: 2026, Month: 4, Day: 8}}); catalog.CodeOf(err) != catalog.Conflict {
		t.Fatalf("a day to come: %v", err)
	}
	if err := a.Gate.Move(t.Context(), apptest.Officer(), code, v.Seen(), gate.Move{Do: gate.Date, On: on}); err != nil {
		t.Fatal(err)
	}
	v = view(t, a, code)
	if v.Clock.Runs || !v.Clock.NotRecorded {
		t.Fatalf("the whole country has no such rule: %+v", v.Clock)
	}
	if err := a.Rules.Decide(t.Context(), apptest.Officer(), rulebook.Proposal{Value: &rules.Own{Key: "office-region", From: rules.DayOf(a.Clock.Now()), Value: &rules.Value{Unit: rules.Choice, Choice: "CN-BJ"}, Reason: "在北京"}}); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Gate.Fire(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d, %v", n, err)
	}
	v = view(t, a, code)
	if !v.Clock.Runs || !strings.Contains(v.Case.Rules, "exploit-clock") || time.UnixMilli(v.Clock.At).UTC().Format(time.DateOnly) != "2026-06-02" {
		t.Fatalf("%+v", v)
	}
	if err := a.Gate.Check(t.Context(), apptest.Officer(), code, v.Result.Version, v.Case.Version, nil, says); err != nil {
		t.Fatal(err)
	}
	did := func() (out []process.Action) {
		es, _, err := a.Gate.Timeline(t.Context(), apptest.Officer(), v.Case.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			out = append(out, e.Taken.Action)
		}
		return out
	}
	for _, turn := range []struct {
		days, fired int
		last        process.Action
	}{{50, 0, gate.List}, {10, 1, gate.Idle}, {0, 0, gate.Idle}, {300, 0, gate.Idle}, {20, 1, gate.Expire}, {10, 0, gate.Expire}} {
		a.Clock.Advance(time.Duration(turn.days) * 24 * time.Hour)
		n, err := a.Gate.Fire(t.Context())
		if all := did(); err != nil || n != turn.fired || all[len(all)-1] != turn.last {
			t.Fatalf("after %d days more: fired %d, %v, %v", turn.days, n, all, err)
		}
	}
	if v = view(t, a, code); v.Case.State != gate.Off || v.Result.State != catalog.ResultExpired {
		t.Errorf("%+v", v.Case)
	}
	idle, recorded, err := a.Gate.Idle(t.Context(), apptest.Officer(), 0, 10)
	if err != nil || !recorded || len(idle) != 1 {
		t.Errorf("%+v, %v, %v", idle, recorded, err)
	}
}

func TestTheListCounts(t *testing.T) {
	a := apptest.New(t)
	bring(t, a, titled("轴承监测", nil), titled("隧道渗水定位", func(r *catalog.Result) { r.Organization = "土木学院" }),
		titled("焊缝检测", func(r *catalog.Result) { r.Abstract += "电话 13900000001" }), titled("轴承的监测研究", nil))
	l, err := a.Gate.Before(t.Context(), apptest.Officer(), gate.Filter{Question: gate.AskNothing})
	if err != nil {
		t.Fatal(err)
	}
	if l.Free != 2 || l.Held != 2 || l.ByQuestion[gate.AskPhone] != 1 || l.ByUnit["土木学院"] != 1 || len(l.Items) != l.Total {
		t.Logf("%+v", l)
	}
	for _, x := range l.Items {
		if x.Held {
			t.Errorf("%s is held", x.Title)
		}
	}
	if l, err = a.Gate.Before(t.Context(), apptest.Officer(), gate.Filter{Question: gate.AskPhone, Limit: 1}); err != nil || l.Total != 1 || l.Items[0].Title != "焊缝检测" {
		t.Errorf("%+v, %v", l, err)
	}
	if !slices.ContainsFunc(gate.Actions(), func(x process.Action) bool { return x == gate.Return }) {
		t.Error("nothing is sent back")
	}
}
