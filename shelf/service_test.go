package shelf_test

import (
	"fmt"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/shelf"
)

func result(title string) intake.Row {
	return apptest.ResultRow(catalog.Result{Title: title, Abstract: "给工厂用的" + title, Owners: []string{"示范大学"},
		Price: catalog.Price{Written: "80万元"}, Contact: catalog.Contact{Phone: "13800000001"}})
}

func need(title string, until catalog.Date) intake.Row {
	return apptest.NeedRow(catalog.Need{Title: title, Text: title + "怎么办", OwnerName: "示例企业", Until: until})
}

func refs(rs []catalog.Result) []shelf.Ref {
	var out []shelf.Ref
	for _, r := range rs {
		out = append(out, shelf.Ref{ID: r.ID, Version: r.Version})
	}
	return out
}

func onShelf(t *testing.T, a *apptest.App) []catalog.Result {
	t.Helper()
	rs, _, err := a.Shelf.Results(t.Context(), account.Nobody(), shelf.Filter{}, shelf.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func TestNothingIsPublicBeforeItIsConfirmed(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲"), result("乙")))
	all := a.AllResults(t)
	if got := onShelf(t, a); len(got) != 0 {
		t.Fatalf("imports are public: %v", got)
	}
	if _, err := a.Shelf.Result(t.Context(), account.Nobody(), all[0].Code); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("a visitor learns of a result in review: %v", err)
	}
	out, err := a.Shelf.PublishResults(t.Context(), apptest.Officer(), refs(all[:1]))
	if err != nil || out.Done != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	got := onShelf(t, a)
	if len(got) != 1 || got[0].Code != all[0].Code {
		t.Fatalf("on the shelf: %v", got)
	}
	if got[0].Price.Written != "" || got[0].Contact.Phone != "" {
		t.Errorf("a visitor sees what is the office's: %+v", got[0])
	}
}

func TestADecisionAppliesToWhatWasSeen(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	seen := a.AllResults(t)
	changed := result("甲")
	changed.Result.Abstract = "另一段话"
	a.Import(t, apptest.File(intake.Results, changed))
	out, err := a.Shelf.PublishResults(t.Context(), apptest.Officer(), refs(seen))
	if err != nil || out.Done != 0 || len(out.Left) != 1 || out.Left[0].Err.Key != "shelf.left.changed" {
		t.Errorf("%+v, %v", out, err)
	}
	if got := onShelf(t, a); len(got) != 0 {
		t.Errorf("words nobody saw are public: %v", got)
	}
}

func TestTwoOfficersConfirmTheSameAtOnce(t *testing.T) {
	a := apptest.New(t)
	for n := range 20 {
		a.Import(t, apptest.File(intake.Results, result(fmt.Sprint("成果", n))))
	}
	all := refs(a.AllResults(t))
	done := make(chan int)
	for range 2 {
		go func() {
			out, err := a.Shelf.PublishResults(t.Context(), apptest.Officer(), all)
			if err != nil {
				t.Error(err)
			}
			done <- out.Done
		}()
	}
	if first, second := <-done, <-done; first+second != len(all) {
		t.Errorf("%d + %d confirmed, want %d together", first, second, len(all))
	}
}

func TestWhatCannotGoIsLeftWithAReason(t *testing.T) {
	a := apptest.New(t)
	bare := apptest.ResultRow(catalog.Result{Title: "只有名称", Owners: []string{"示范大学"}})
	unfiled := result("未申请")
	unfiled.Result.Unfiled = true
	a.Import(t, apptest.File(intake.Results, bare, unfiled, result("甲")))
	out, err := a.Shelf.PublishResults(t.Context(), apptest.Officer(), refs(a.AllResults(t)))
	if err != nil || out.Done != 1 || len(out.Left) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	if got := onShelf(t, a); len(got) != 1 || got[0].Title != "甲" {
		t.Errorf("on the shelf: %v", got)
	}
}

func TestExpiryEndsTheListing(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	a.PublishResults(t)
	a.Clock.Advance(365*24*time.Hour - time.Minute)
	if len(onShelf(t, a)) != 1 {
		t.Error("gone before the year was over")
	}
	a.Clock.Advance(2 * time.Minute)
	if len(onShelf(t, a)) != 0 {
		t.Error("still on the shelf after the year")
	}
}

func TestNeedsOpenUntilTheirDay(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Needs, need("裂缝", catalog.Date{Year: 2026, Month: 4, Day: 7}),
		need("噪声", catalog.Date{Year: 2026, Month: 4, Day: 6})))
	all, _, err := a.Shelf.Needs(t.Context(), apptest.Officer(), shelf.Filter{}, shelf.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var rs []shelf.Ref
	for _, n := range all {
		rs = append(rs, shelf.Ref{ID: n.ID, Version: n.Version})
	}
	out, err := a.Shelf.PublishNeeds(t.Context(), apptest.Officer(), rs)
	if err != nil || out.Done != 1 || out.Left[0].Title != "噪声" || out.Left[0].Err.Key != "shelf.left.past" {
		t.Fatalf("%+v, %v", out, err)
	}
	open, _, err := a.Shelf.Needs(t.Context(), account.Nobody(), shelf.Filter{}, shelf.Page{Limit: 10})
	if err != nil || len(open) != 1 || open[0].OwnerName != "" {
		t.Errorf("%+v, %v", open, err)
	}
	a.Clock.Advance(15 * time.Hour) // 9:00 + 15 h: the day is over
	if open, _, _ = a.Shelf.Needs(t.Context(), account.Nobody(), shelf.Filter{}, shelf.Page{Limit: 10}); len(open) != 0 {
		t.Error("open after its day")
	}
}

func TestWithdrawNeedsAReason(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	a.PublishResults(t)
	if _, err := a.Shelf.WithdrawResults(t.Context(), apptest.Officer(), refs(a.AllResults(t)), " "); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("withdrawn without a reason: %v", err)
	}
	out, err := a.Shelf.WithdrawResults(t.Context(), apptest.Officer(), refs(a.AllResults(t)), "团队离校")
	if err != nil || out.Done != 1 || len(onShelf(t, a)) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestOnlyTheOfficeConfirms(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	all := refs(a.AllResults(t))
	for _, role := range []account.Role{account.Visitor, account.System} {
		p := account.Principal{Acting: role}
		_, publish := a.Shelf.PublishResults(t.Context(), p, all)
		_, withdraw := a.Shelf.WithdrawResults(t.Context(), p, all, "x")
		_, needs := a.Shelf.PublishNeeds(t.Context(), p, all)
		export := a.Shelf.EachResult(t.Context(), p, func(*catalog.Result) error { return nil })
		for _, err := range []error{publish, withdraw, needs, export} {
			if catalog.CodeOf(err) != catalog.Forbidden {
				t.Errorf("%s: %v", role, err)
			}
		}
	}
}

func TestWhoAsksForAContactStandsInTheJournal(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	r := a.AllResults(t)[0]
	if r.Contact.Phone == "13800000001" {
		t.Error("a list shows phones in full")
	}
	if _, err := a.Shelf.ResultContact(t.Context(), account.Principal{Acting: account.System}, r.Code); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("an administrator reads business data: %v", err)
	}
	c, err := a.Shelf.ResultContact(t.Context(), apptest.Officer(), r.Code)
	if err != nil || c.Phone != "13800000001" {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := a.DB.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := a.DB.Entries(t.Context(), 0, 100)
	if err != nil || len(entries) == 0 {
		t.Fatal(entries, err)
	}
	if last := entries[len(entries)-1]; last.Verb != "disclose.contact" || last.Subject != r.ID {
		t.Errorf("the last entry is %+v", last)
	}
}
