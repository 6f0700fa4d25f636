package shelf_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/journal"
	"datai/shelf"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// refsOf names needs as they are now.
func refsOf(ns ...catalog.Need) []shelf.Ref {
	var out []shelf.Ref
	for _, n := range ns {
		out = append(out, shelf.Ref{ID: n.ID, Version: n.Version})
	}
	return out
}

func titles(ns []catalog.Need) []string {
	var out []string
	for _, n := range ns {
		out = append(out, n.Title)
	}
	return out
}

// entries are the numbered entries of a verb.
func entries(t *testing.T, a *apptest.App, verb string) (out []journal.Entry) {
	t.Helper()
	if err := a.DB.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := a.DB.Read(t.Context(), func(tx *store.Tx) error {
		es, err := tx.EntriesAfter(t.Context(), 0, 10000)
		for _, e := range es {
			if e.Verb == verb {
				out = append(out, e)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// notices are those that wait to be delivered.
func notices(t *testing.T, a *apptest.App) []journal.Notice {
	t.Helper()
	ms, err := a.DB.LeaseMessages(t.Context(), journal.NoticeKind, a.Clock.Now().UnixMilli(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []journal.Notice
	for _, m := range ms {
		var n journal.Notice
		if err := json.Unmarshal(m.Payload, &n); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

func TestNeedsOfTheNameBecomeTheEnterprisesOnceSomebodySaysSo(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	li := colleague("李老师")
	name := "示例泵业(江州)有限公司"
	a.Import(t, apptest.File(intake.Needs,
		apptest.NeedRow(catalog.Need{Title: "泵漏", Text: "漏", OwnerName: name, Contact: catalog.Contact{Phone: "13800000002"}}),
		apptest.NeedRow(catalog.Need{Title: "阀卡", Text: "卡", OwnerName: "示例泵业（江州） 有限公司"}), // other brackets, a space
		apptest.NeedRow(catalog.Need{Title: "轴断", Text: "断", OwnerName: "示例泵业有限公司"})))     // another enterprise
	u := asked(t, a, name)
	list, err := a.Enterprises.Waiting(ctx, li)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if diff := cmp.Diff([]string{"泵漏", "阀卡"}, titles(list[0].Needs)); diff != "" {
		t.Fatalf("offered (-want +got):\n%s", diff)
	}
	pump, other := list[0].Needs[0], named(t, a, "轴断")
	if pump.Contact.Phone != "" {
		t.Error("the review shows a telephone number")
	}
	for i, bad := range [][]shelf.Ref{refsOf(other), {{ID: pump.ID, Version: pump.Version + 1}}, {{ID: uuid.New(), Version: 1}}, append(refsOf(pump), refsOf(other)...)} {
		_, err = a.Enterprises.Accept(ctx, li, u.ID, u.Version, shelf.Acceptance{Needs: bad})
		refusedWith(t, err, catalog.Conflict, "enterprise.need_moved")
		if len(parties(t, a)) != 0 || len(entries(t, a, "own.link")) != 0 {
			t.Fatalf("%d: a refused choice changed something", i)
		}
	}
	done, err := a.Enterprises.Accept(ctx, li, u.ID, u.Version, shelf.Acceptance{Needs: append(refsOf(pump), refsOf(pump)...)})
	if err != nil || done.Needs != 1 || !done.Told {
		t.Fatalf("%+v, %v", done, err)
	}
	own := enters(t, a, done)
	mine := func() []string {
		t.Helper()
		_, ns, err := a.Enterprises.Own(ctx, own)
		if err != nil {
			t.Fatal(err)
		}
		return titles(ns)
	}
	if diff := cmp.Diff([]string{"泵漏"}, mine()); diff != "" {
		t.Errorf("own needs (-want +got):\n%s", diff)
	}
	if es := entries(t, a, "own.link"); len(es) != 1 || es[0].Actor != li.ID || es[0].Subject != pump.ID || es[0].Body["code"] != pump.Code {
		t.Errorf("entries %+v", es)
	}

	// A later list brings another one; it waits on the page of the enterprise.
	a.Import(t, apptest.File(intake.Needs, apptest.NeedRow(catalog.Need{Title: "轴热", Text: "热", OwnerName: name})))
	party, ns, more, err := a.Enterprises.Unlinked(ctx, li, parties(t, a)[0].Code)
	if diff := cmp.Diff([]string{"阀卡", "轴热"}, titles(ns)); diff != "" || more || err != nil {
		t.Fatalf("%v, more %v, (-want +got):\n%s", err, more, diff)
	}
	for _, p := range []account.Principal{own, clerk("周录"), account.Nobody()} {
		if _, _, _, err := a.Enterprises.Unlinked(ctx, p, party.Code); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s: %v", p.Acting, err)
		}
		if err := a.Enterprises.LinkNeeds(ctx, p, party.Code, refsOf(ns...)); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s: %v", p.Acting, err)
		}
	}
	refusedWith(t, a.Enterprises.LinkNeeds(ctx, li, party.Code, nil), catalog.Invalid, "shelf.none_chosen")
	refusedWith(t, a.Enterprises.LinkNeeds(ctx, li, party.Code, refsOf(other)), catalog.Conflict, "enterprise.need_moved")
	if err := a.Enterprises.LinkNeeds(ctx, li, party.Code, refsOf(ns[1])); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, a.Enterprises.LinkNeeds(ctx, li, party.Code, refsOf(ns[1])), catalog.Conflict, "enterprise.need_moved")
	if got := mine(); len(got) != 2 {
		t.Errorf("own needs %v", got)
	}
}

func TestMoreNeedsOfANameThanFitAreSaidToBeThere(t *testing.T) {
	a := apptest.New(t)
	var rows []intake.Row
	for i := range shelf.MostLinked + 1 {
		rows = append(rows, apptest.NeedRow(catalog.Need{Title: "难题" + strconv.Itoa(i), Text: "难", OwnerName: "示例泵业"}))
	}
	a.Import(t, apptest.File(intake.Needs, rows...))
	asked(t, a, "示例泵业")
	list, err := a.Enterprises.Waiting(t.Context(), colleague("李老师"))
	if err != nil || len(list) != 1 || len(list[0].Needs) != shelf.MostLinked || !list[0].More {
		t.Errorf("%d, %v", len(list[0].Needs), err)
	}
}

func TestWhoMustKnowIsTold(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	li, zhou := colleague("李老师"), clerk("周录")
	first, second := asked(t, a, "示例泵业"), asked(t, a, "示例泵业二")
	if _, err := a.Enterprises.Accept(ctx, li, first.ID, first.Version, shelf.Acceptance{}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Enterprises.Refuse(ctx, li, second.ID, second.Version, "营业执照\n与名称不符"); err != nil {
		t.Fatal(err)
	}
	one, two := pasted(t, a, li), shelf.Asked{}
	d, err := a.Proxy.Paste(ctx, zhou, "示例阀门有限公司\n球阀冬天打不开\n联系人 王总 13800000003")
	if err != nil {
		t.Fatal(err)
	}
	d.Form.Title, d.Form.Text, d.Form.Owner = "球阀打不开", "冬天打不开", "示例阀门有限公司"
	if two, err = a.Proxy.Enter(ctx, zhou, d.Form, shelf.Ref{ID: d.ID, Version: d.Version}, false); err != nil {
		t.Fatal(err)
	}
	if err := a.Proxy.Confirm(ctx, one.Secret, one.Need.Version, agreed(one.Need)); err != nil {
		t.Fatal(err)
	}
	if err := a.Proxy.Decline(ctx, two.Secret, "王总", "不是我们提的"); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"signup_asked officer": 2, "signup_accepted 13800000001": 1, "signup_refused 13800000001": 1,
		"need_confirm 13800000001": 1, "need_confirmed officer": 1, "need_refused officer": 1, "need_refused " + zhou.ID.String(): 1}
	got := map[string]int{}
	for _, n := range notices(t, a) {
		to := n.Role + n.Phone
		if n.Account != uuid.Nil {
			to += n.Account.String()
		}
		got[n.Template+" "+to]++
		if n.Template == "signup_refused" && n.Vars["reason"] != "营业执照 与名称不符" {
			t.Errorf("%+v", n)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestTheNumberOfASignUpIsShownWithAnEntry(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	u := asked(t, a, "示例泵业")
	for _, p := range []account.Principal{account.Nobody(), clerk("周录")} {
		if _, err := a.Enterprises.SignUpPhone(ctx, p, u.ID); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s: %v", p.Acting, err)
		}
	}
	li := colleague("李老师")
	if phone, err := a.Enterprises.SignUpPhone(ctx, li, u.ID); err != nil || phone != "13800000001" {
		t.Errorf("%q, %v", phone, err)
	}
	if _, err := a.Enterprises.SignUpPhone(ctx, li, uuid.New()); catalog.CodeOf(err) != catalog.NotFound {
		t.Error(err)
	}
	if es := entries(t, a, "disclose.contact"); len(es) != 1 || es[0].Actor != li.ID || es[0].Subject != u.ID {
		t.Errorf("entries %+v", es)
	}
}

// named is the need with that title.
func named(t *testing.T, a *apptest.App, title string) catalog.Need {
	t.Helper()
	for _, n := range a.AllNeeds(t) {
		if n.Title == title {
			return n
		}
	}
	t.Fatal("no need is called " + title)
	return catalog.Need{}
}
