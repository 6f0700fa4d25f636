package shelf_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
	"datai/shelf"

	"github.com/google/uuid"
)

// colleague is an officer of the same office.
func colleague(name string) account.Principal {
	p := apptest.Officer()
	p.ID, p.Name = uuid.New(), name
	return p
}

func clerk(name string) account.Principal {
	return account.Principal{ID: uuid.New(), Name: name, Roles: []account.Role{account.Clerk}, Acting: account.Clerk}
}

const message = "王老师您好\n我是江州示例泵业有限公司的张总 138 0000 0001\n化工泵的机械密封老是漏，三个月就得换一次\n要求寿命≥8000小时\n预算50-80万，9月底前要"

// pasted enters the message for its owner.
func pasted(t *testing.T, a *apptest.App, p account.Principal) shelf.Asked {
	t.Helper()
	d, err := a.Proxy.Paste(t.Context(), p, message)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := a.Proxy.Enter(t.Context(), p, d.Form, shelf.Ref{ID: d.ID, Version: d.Version}, true)
	if err != nil {
		t.Fatal(err)
	}
	return asked
}

func agreed(n catalog.Need) shelf.Reply {
	r := shelf.ReplyOf(n)
	r.Who, r.Public, r.Consent = "张三丰", true, "同意"
	return r
}

func refusedWith(t *testing.T, err error, code catalog.Code, key string) {
	t.Helper()
	e, ok := err.(*catalog.Error)
	if !ok || e.Code != code || e.Key != key {
		t.Errorf("%v, want %s %s", err, code, key)
	}
}

func publish(t *testing.T, a *apptest.App, p account.Principal, code string) shelf.Outcome {
	t.Helper()
	n, err := a.Shelf.Need(t.Context(), apptest.Officer(), code)
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.Shelf.PublishNeeds(t.Context(), p, []shelf.Ref{{ID: n.ID, Version: n.Version}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func left(t *testing.T, out shelf.Outcome, key string) {
	t.Helper()
	if len(out.Left) != 1 || out.Left[0].Err.Key != key {
		t.Errorf("%+v, want %s", out, key)
	}
}

func TestAProxyEntryIsPublicOnceItsOwnerAndAColleagueAgree(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	li, wang := colleague("李老师"), colleague("王老师")
	asked := pasted(t, a, li)
	if !asked.Told || asked.Need.OwnerName != "江州示例泵业有限公司" || len(asked.Need.Indicators) == 0 {
		t.Errorf("entered: %+v", asked)
	}
	code := asked.Need.Code
	for _, p := range []account.Principal{account.Nobody(), clerk("另一代录员"), {ID: uuid.New(), Acting: account.Enterprise}, {ID: uuid.New(), Acting: account.Professor}} {
		if _, err := a.Shelf.Need(ctx, p, code); catalog.CodeOf(err) != catalog.NotFound {
			t.Errorf("%s sees what is not confirmed: %v", p.Acting, err)
		}
	}
	left(t, publish(t, a, wang, code), "behalf.left.unconfirmed")

	look, err := a.Proxy.Asked(ctx, asked.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if look.Need.Contact.Phone != "138****01" || look.Need.Entered.By.Anybody() || look.Need.OwnerName == "" {
		t.Errorf("the owner sees %+v", look.Need)
	}
	r := agreed(look.Need)
	r.Title, r.ShowOwner = "化工泵机械密封耐磨", true
	if err := a.Proxy.Confirm(ctx, asked.Secret, look.Need.Version, r); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, a.Proxy.Confirm(ctx, asked.Secret, look.Need.Version, r), catalog.NotFound, "behalf.no_link")
	if _, err := a.Shelf.Need(ctx, account.Nobody(), code); err == nil {
		t.Error("confirmed by its owner, it is public without review")
	}
	left(t, publish(t, a, li, code), "behalf.left.own")
	if out := publish(t, a, wang, code); out.Done != 1 {
		t.Fatalf("%+v", out)
	}
	n, err := a.Shelf.Need(ctx, account.Nobody(), code)
	if err != nil || n.Title != "化工泵机械密封耐磨" || n.OwnerName != "江州示例泵业有限公司" || !n.Entered.Behalf || n.Entered.By.Anybody() || !n.Contact.Empty() || n.Entered.Answer.Consent != "" {
		t.Errorf("anybody sees %+v, %v", n, err)
	}
	history, err := a.Proxy.Confirmations(ctx, wang, code)
	if err != nil || len(history) != 1 || history[0].Said.Who != "张三丰" || history[0].Outcome != catalog.AnswerConfirmed || history[0].UsedAt == 0 {
		t.Errorf("history %+v, %v", history, err)
	}
	if _, err := a.Proxy.Confirmations(ctx, account.Nobody(), code); catalog.CodeOf(err) != catalog.Forbidden {
		t.Error("anybody reads who confirmed")
	}

	// Other words wait for their owner once more.
	office, err := a.Shelf.Need(ctx, wang, code)
	if err != nil {
		t.Fatal(err)
	}
	edited, err := a.Shelf.EditNeed(ctx, wang, code, office.Version, func(n *catalog.Need) { n.Text += "急。" })
	if err != nil || !edited.Reconfirm {
		t.Fatalf("%+v, %v", edited, err)
	}
	if _, err := a.Shelf.Need(ctx, account.Nobody(), code); err == nil {
		t.Error("words that its owner has not seen are public")
	}
	left(t, publish(t, a, wang, code), "behalf.left.unconfirmed")
}

func TestLinksOfOwners(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	li := colleague("李老师")
	asked := pasted(t, a, li)
	for _, secret := range []string{"", "guess", strings.Repeat("A", 22), asked.Secret + "A", strings.ToUpper(asked.Secret)} {
		_, err := a.Proxy.Asked(ctx, secret)
		refusedWith(t, err, catalog.NotFound, "behalf.no_link")
		refusedWith(t, a.Proxy.Decline(ctx, secret, "", "不想公开"), catalog.NotFound, "behalf.no_link")
	}
	for range 3 { // programs that look at links use nothing up
		if _, err := a.Proxy.Asked(ctx, asked.Secret); err != nil {
			t.Fatal(err)
		}
	}
	r := agreed(asked.Need)
	for key, change := range map[string]func(*shelf.Reply){
		"behalf.fit.consent":       func(r *shelf.Reply) { r.Public = false },
		"behalf.fit.who":           func(r *shelf.Reply) { r.Who = " " },
		"behalf.fit.title":         func(r *shelf.Reply) { r.Title = "" },
		"behalf.fit.phone_in_text": func(r *shelf.Reply) { r.Text += " 打１３８ ００００ ０００１" },
		"behalf.fit.secret":        func(r *shelf.Reply) { r.Text += "（机密）" },
		"behalf.fit.until":         func(r *shelf.Reply) { r.Until = catalog.Date{Year: 2020, Month: 1, Day: 1} },
		"behalf.fit.text":          func(r *shelf.Reply) { r.Text = strings.Repeat("漏", shelf.MostMessage+1) },
	} {
		bad := r
		change(&bad)
		err := a.Proxy.Confirm(ctx, asked.Secret, asked.Need.Version, bad)
		if key == "behalf.fit.text" {
			key = "behalf.fit.long"
		}
		refusedWith(t, err, catalog.Invalid, key)
	}
	// The office changes the need while its owner looks at it.
	n, err := a.Shelf.Need(ctx, li, asked.Need.Code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Shelf.EditNeed(ctx, li, n.Code, n.Version, func(n *catalog.Need) { n.Text += "急。" }); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, a.Proxy.Confirm(ctx, asked.Secret, asked.Need.Version, r), catalog.Conflict, "behalf.moved")
	if _, err := a.Proxy.Asked(ctx, asked.Secret); err != nil {
		t.Error("a confirmation that did not count has used the link up")
	}
	// A new link ends the one before.
	n, _ = a.Shelf.Need(ctx, li, n.Code)
	again, err := a.Proxy.AskOwner(ctx, li, n.Code, n.Version, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Proxy.Asked(ctx, asked.Secret)
	refusedWith(t, err, catalog.NotFound, "behalf.no_link")
	if _, err := a.Proxy.AskOwner(ctx, li, n.Code, n.Version, false); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("two ask at once: %v", err)
	}
	a.Clock.Advance(7*24*time.Hour - time.Millisecond) // proxy-confirm
	if _, err := a.Proxy.Asked(ctx, again.Secret); err != nil {
		t.Error(err)
	}
	a.Clock.Advance(time.Millisecond)
	_, err = a.Proxy.Asked(ctx, again.Secret)
	refusedWith(t, err, catalog.NotFound, "behalf.no_link")
	refusedWith(t, a.Proxy.Confirm(ctx, again.Secret, again.Need.Version, r), catalog.NotFound, "behalf.no_link")
}

func TestOfTwoAnswersOneCounts(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	asked := pasted(t, a, colleague("李老师"))
	r := agreed(asked.Need)
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			if i%2 == 0 {
				errs[i] = a.Proxy.Confirm(ctx, asked.Secret, asked.Need.Version, r)
			} else {
				errs[i] = a.Proxy.Decline(ctx, asked.Secret, "", "不想公开")
			}
		})
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if c := catalog.CodeOf(err); c != catalog.NotFound && c != catalog.Conflict {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d answers count", won)
	}
}

func TestAnOwnerRefusesOrConfirmsByTelephone(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	li, wang := colleague("李老师"), colleague("王老师")
	asked := pasted(t, a, li)
	refusedWith(t, a.Proxy.Decline(ctx, asked.Secret, "张三丰", " "), catalog.Invalid, "behalf.fit.reason")
	if err := a.Proxy.Decline(ctx, asked.Secret, "张三丰", "还没立项"); err != nil {
		t.Fatal(err)
	}
	n, err := a.Shelf.Need(ctx, wang, asked.Need.Code)
	if err != nil || n.State != catalog.NeedWithdrawn || n.Entered.Answer.State != catalog.AnswerRefused {
		t.Fatalf("%+v, %v", n, err)
	}
	left(t, publish(t, a, wang, n.Code), "behalf.left.unconfirmed")
	call := shelf.Call{Who: "张三丰", On: catalog.Date{Year: 2026, Month: 4, Day: 7}, Public: true, Consent: "同意"}
	for key, change := range map[string]func(*shelf.Call){
		"behalf.fit.who":          func(c *shelf.Call) { c.Who = "" },
		"behalf.fit.called_on":    func(c *shelf.Call) { c.On = catalog.Date{Year: 2026, Month: 4, Day: 8} },
		"behalf.fit.call_consent": func(c *shelf.Call) { c.Public = false },
	} {
		bad := call
		change(&bad)
		refusedWith(t, a.Proxy.Called(ctx, li, n.Code, n.Version, bad), catalog.Invalid, key)
	}
	refusedWith(t, a.Proxy.Called(ctx, account.Nobody(), n.Code, n.Version, call), catalog.Forbidden, "error.forbidden")
	refusedWith(t, a.Proxy.Called(ctx, li, n.Code, n.Version-1, call), catalog.Conflict, "shelf.left.changed")
	if err := a.Proxy.Called(ctx, li, n.Code, n.Version, call); err != nil {
		t.Fatal(err)
	}
	n, _ = a.Shelf.Need(ctx, wang, n.Code)
	if e := n.Entered.Answer; e.How != catalog.ByPhone || e.CalledOn != call.On || e.Noted.Name != "李老师" || n.State != catalog.NeedReview {
		t.Errorf("%+v", n.Entered)
	}
	left(t, publish(t, a, li, n.Code), "behalf.left.own")
	if out := publish(t, a, wang, n.Code); out.Done != 1 {
		t.Errorf("%+v", out)
	}
}

func TestDraftsAreOnesOwn(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	li, wang := colleague("李老师"), clerk("代录员")
	for text, key := range map[string]string{"": "behalf.fit.empty", "泵漏（秘密★5年）": "behalf.fit.secret", strings.Repeat("漏", shelf.MostMessage+1): "behalf.fit.long"} {
		_, err := a.Proxy.Paste(ctx, li, text)
		refusedWith(t, err, catalog.Invalid, key)
	}
	if _, err := a.Proxy.Paste(ctx, account.Nobody(), message); catalog.CodeOf(err) != catalog.Forbidden {
		t.Error(err)
	}
	d, err := a.Proxy.Paste(ctx, li, "1、电镀废水里的镍去不干净\n2、污泥含水率太高\n示例电镀厂 13800000002")
	if err != nil || len(d.Form.Parts) != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, err := a.Proxy.Draft(ctx, wang, d.ID); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("another sees the draft: %v", err)
	}
	if _, err := a.Proxy.Split(ctx, li, d.ID, d.Version); err != nil {
		t.Fatal(err)
	}
	ds, err := a.Proxy.Drafts(ctx, li)
	if err != nil || len(ds) != 2 || ds[0].Form.Phone != ds[1].Form.Phone || ds[0].Form.Title == ds[1].Form.Title {
		t.Fatalf("%+v, %v", ds, err)
	}
	stale := ds[0]
	kept, err := a.Proxy.SaveDraft(ctx, li, stale.ID, stale.Version, stale.Form)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Proxy.SaveDraft(ctx, li, stale.ID, stale.Version, stale.Form)
	refusedWith(t, err, catalog.Conflict, "behalf.draft_moved")
	bad := kept.Form
	bad.Text = "绝密项目"
	_, err = a.Proxy.SaveDraft(ctx, li, kept.ID, kept.Version, bad)
	refusedWith(t, err, catalog.Invalid, "behalf.fit.secret")

	// Of two clicks one makes a need.
	ref := shelf.Ref{ID: kept.ID, Version: kept.Version}
	first, err := a.Proxy.Enter(ctx, li, kept.Form, ref, false)
	if err != nil || first.Told {
		t.Fatal(first, err)
	}
	_, err = a.Proxy.Enter(ctx, li, kept.Form, ref, false)
	refusedWith(t, err, catalog.Conflict, "behalf.entered")
	_, err = a.Proxy.Enter(ctx, li, kept.Form, shelf.Ref{}, false)
	refusedWith(t, err, catalog.Conflict, "behalf.same")

	a.Clock.Advance(30*24*time.Hour + time.Hour)
	if _, err := a.Retention.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if ds, err := a.Proxy.Drafts(ctx, li); err != nil || len(ds) != 0 {
		t.Errorf("%d drafts are left, %v", len(ds), err)
	}
}

func TestAClerkHandlesOwnEntriesOnly(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	zhou, other := clerk("周"), clerk("另一代录员")
	asked := pasted(t, a, zhou)
	n, err := a.Shelf.Need(ctx, zhou, asked.Need.Code)
	if err != nil || n.OwnerName == "" {
		t.Errorf("a clerk does not see the own entry: %v", err)
	}
	if _, err := a.Proxy.AskOwner(ctx, other, n.Code, n.Version, false); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("another's entry: %v", err)
	}
	if _, err := a.Proxy.Confirmations(ctx, zhou, n.Code); err != nil {
		t.Error(err)
	}
	if _, err := a.Proxy.Confirmations(ctx, other, n.Code); catalog.CodeOf(err) != catalog.Forbidden {
		t.Error(err)
	}
	if _, err := a.Shelf.PublishNeeds(ctx, zhou, []shelf.Ref{{ID: n.ID, Version: n.Version}}); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a clerk reviews: %v", err)
	}
}

func TestQuestions(t *testing.T) {
	numbers := []catalog.Indicator{{Name: "寿命", Cmp: catalog.Ge, Value: 8000}}
	for _, c := range []struct {
		form       shelf.Form
		indicators []catalog.Indicator
		first      string
	}{
		{shelf.Form{Text: "密封漏，打13800000001"}, numbers, shelf.AskPhone},
		{shelf.Form{Text: "漏", Parts: []shelf.Part{{}, {}}}, numbers, shelf.AskSeveral},
		{shelf.Form{Text: "求购一台泵"}, numbers, shelf.AskPurchase},
		{shelf.Form{Text: "要国际领先的泵"}, nil, shelf.AskNumber},
		{shelf.Form{Text: "要高性能的泵，扬程50米以上"}, nil, "step"},
		{shelf.Form{Text: "要国际领先的泵"}, numbers, "step"},
		{shelf.Form{Text: "漏", Passed: []string{"step", "scene"}}, numbers, "now"},
	} {
		if got := shelf.Questions(c.form, c.indicators); len(got) == 0 || got[0].Code != c.first {
			t.Errorf("%+v: %+v, want %s first", c.form, got, c.first)
		}
	}
}
