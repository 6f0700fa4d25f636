package shelf_test

import (
	"strings"
	"sync"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/shelf"
)

// creditCode has a right check digit and is nobody's: its registration office
// does not exist.
const creditCode = "91999999MA00000022"

func codeOf(t *testing.T) string {
	t.Helper()
	for _, last := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if code, ok := catalog.CreditCode(creditCode[:17] + string(last)); ok {
			return code
		}
	}
	t.Fatal("no check digit fits")
	return ""
}

func asked(t *testing.T, a *apptest.App, name string) shelf.SignUp {
	t.Helper()
	u, err := a.Enterprises.Ask(t.Context(), account.Nobody(), shelf.SignUpRequest{Name: name, CreditCode: codeOf(t), Contact: "张三丰", Phone: "13800000001", Consent: "同意"})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// enters is the principal whom an accepted sign-up lets in.
func enters(t *testing.T, a *apptest.App, done shelf.Accepted) account.Principal {
	t.Helper()
	p, _, err := a.Account.Enter(t.Context(), done.SignUp.Account, account.Entrance{Via: account.ByLink})
	if err != nil || p.Acting != account.Enterprise {
		t.Fatalf("%+v, %v", p, err)
	}
	return p
}

func parties(t *testing.T, a *apptest.App) []catalog.Party {
	t.Helper()
	ps, _, _, err := a.Shelf.Parties(t.Context(), apptest.Officer(), shelf.PartyFilter{}, shelf.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func TestAnEnterpriseSignsUpOnceReviewed(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	good := shelf.SignUpRequest{Name: "示例泵业有限公司", CreditCode: codeOf(t), Contact: "张三丰", Phone: "13800000001", Consent: "同意"}
	for key, change := range map[string]func(*shelf.SignUpRequest){
		"enterprise.fit.code":    func(r *shelf.SignUpRequest) { r.CreditCode = "91999999MA0000000Z" },
		"enterprise.fit.consent": func(r *shelf.SignUpRequest) { r.Consent = "" },
		"behalf.fit.owner":       func(r *shelf.SignUpRequest) { r.Name = " " },
		"behalf.fit.who":         func(r *shelf.SignUpRequest) { r.Contact = "" },
		"behalf.fit.phone":       func(r *shelf.SignUpRequest) { r.Phone = "微信" },
	} {
		bad := good
		change(&bad)
		_, err := a.Enterprises.Ask(ctx, account.Nobody(), bad)
		refusedWith(t, err, catalog.Invalid, key)
	}
	li := colleague("李老师")
	first, second := asked(t, a, good.Name), asked(t, a, good.Name)
	if _, err := a.Enterprises.Waiting(ctx, account.Nobody()); catalog.CodeOf(err) != catalog.Forbidden {
		t.Error(err)
	}
	list, err := a.Enterprises.Waiting(ctx, li)
	if err != nil || len(list) != 2 || list[0].Private.Phone != "138****01" {
		t.Fatalf("%+v, %v", list, err)
	}
	// Of several who accept at once one does.
	errs := make([]error, 6)
	var done shelf.Accepted
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range errs {
		all.Go(func() {
			got, err := a.Enterprises.Accept(ctx, li, first.ID, first.Version, shelf.Acceptance{})
			mu.Lock()
			defer mu.Unlock()
			if errs[i] = err; err == nil {
				done = got
			}
		})
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if catalog.CodeOf(err) != catalog.Conflict {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Fatalf("%d accept one sign-up", won)
	}
	other, err := a.Enterprises.Accept(ctx, li, second.ID, second.Version, shelf.Acceptance{})
	if err != nil || other.SignUp.Party != done.SignUp.Party || other.SignUp.Account == done.SignUp.Account {
		t.Errorf("the same party is made twice: %+v, %v", other, err)
	}
	if ps := parties(t, a); len(ps) != 1 || ps[0].CreditCode != good.CreditCode {
		t.Errorf("parties %+v", ps)
	}
	if p, _, err := a.Account.Redeem(ctx, done.Token, account.Entrance{}); err != nil || p.Acting != account.Enterprise {
		t.Errorf("the link lets in %+v, %v", p, err)
	}
	third := asked(t, a, good.Name)
	_, err = a.Enterprises.Refuse(ctx, li, third.ID, third.Version, " ")
	refusedWith(t, err, catalog.Invalid, "behalf.fit.reason")
	if no, err := a.Enterprises.Refuse(ctx, li, third.ID, third.Version, "查无此人"); err != nil || !no.Told {
		t.Error(no, err)
	}
	_, err = a.Enterprises.Accept(ctx, li, third.ID, third.Version+1, shelf.Acceptance{})
	refusedWith(t, err, catalog.Conflict, "enterprise.decided")
}

func TestASignUpIsLinkedToWhatTheCatalogueHas(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	name := "示例泵业有限公司"
	a.Import(t, apptest.File(intake.Parties, intake.Row{Title: name, Party: &catalog.Party{Kind: catalog.PartyEnterprise, Name: name}}))
	u := asked(t, a, name)
	list, err := a.Enterprises.Waiting(ctx, colleague("李老师"))
	if err != nil || len(list) != 1 || list[0].Known != nil || len(list[0].Named) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	_, err = a.Enterprises.Accept(ctx, colleague("李老师"), u.ID, u.Version, shelf.Acceptance{Like: "P-NOSUCHPARTY"})
	refusedWith(t, err, catalog.Conflict, "enterprise.moved")
	done, err := a.Enterprises.Accept(ctx, colleague("李老师"), u.ID, u.Version, shelf.Acceptance{Like: list[0].Named[0].Code})
	if err != nil || done.SignUp.Party != list[0].Named[0].ID {
		t.Fatal(done, err)
	}
	// A list that names the code means the same party from now on.
	b := a.Import(t, apptest.File(intake.Parties, intake.Row{Title: name, Party: &catalog.Party{Kind: catalog.PartyEnterprise, Name: name, CreditCode: codeOf(t)}}))
	if b.Counts.New != 0 || len(parties(t, a)) != 1 {
		t.Errorf("%+v; parties %+v", b.Counts, parties(t, a))
	}
}

func TestAnEnterpriseHandlesItsOwnNeeds(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	li, wang := colleague("李老师"), colleague("王老师")
	u := asked(t, a, "江州示例泵业有限公司")
	done, err := a.Enterprises.Accept(ctx, li, u.ID, u.Version, shelf.Acceptance{})
	if err != nil {
		t.Fatal(err)
	}
	own := enters(t, a, done)
	stranger := colleague("别家")
	stranger.Acting = account.Enterprise

	entered := pasted(t, a, li) // for this very enterprise
	reply := shelf.Reply{Title: "阀门卡死", Text: "冬天打不开", Public: true, Consent: "可以公开"}
	bad := reply
	bad.Public = false
	_, err = a.Enterprises.Post(ctx, own, bad, shelf.Form{})
	refusedWith(t, err, catalog.Invalid, "enterprise.fit.public")
	bad = reply
	bad.Text = "打13800000001"
	_, err = a.Enterprises.Post(ctx, own, bad, shelf.Form{})
	refusedWith(t, err, catalog.Invalid, "behalf.fit.phone_in_text")
	n, err := a.Enterprises.Post(ctx, own, reply, shelf.Form{Contact: "张三丰", Phone: "13800000001"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Enterprises.Post(ctx, stranger, reply, shelf.Form{}); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("an account of no enterprise posts: %v", err)
	}
	_, ns, err := a.Enterprises.Own(ctx, own)
	if err != nil || len(ns) != 2 {
		t.Fatalf("%+v, %v", ns, err)
	}
	for _, x := range ns {
		if x.Contact.Phone != "138****01" || x.Entered.By.Anybody() {
			t.Errorf("%+v", x)
		}
	}
	for _, code := range []string{n.Code, entered.Need.Code} {
		if got, err := a.Shelf.Need(ctx, own, code); err != nil || got.OwnerName == "" {
			t.Errorf("the owner does not see %s: %v", code, err)
		}
		if _, err := a.Shelf.Need(ctx, stranger, code); catalog.CodeOf(err) != catalog.NotFound {
			t.Errorf("another enterprise sees %s: %v", code, err)
		}
	}
	now, err := a.Shelf.Need(ctx, own, n.Code)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Match.ForOwner(ctx, own, now, 5); err != nil {
		t.Error(err)
	}
	if _, _, err := a.Match.ForOwner(ctx, stranger, now, 5); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("another enterprise sees the matches: %v", err)
	}
	if _, err := a.Match.ForNeed(ctx, own, now, 5, 0); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("an enterprise sees what the office does: %v", err)
	}
	if out := publish(t, a, wang, n.Code); out.Done != 1 {
		t.Errorf("%+v", out)
	}
	now, _ = a.Shelf.Need(ctx, own, n.Code)
	if err := a.Enterprises.TakeBack(ctx, own, n.Code, now.Version-1); catalog.CodeOf(err) != catalog.Conflict {
		t.Error(err)
	}
	if err := a.Enterprises.TakeBack(ctx, stranger, n.Code, now.Version); err == nil {
		t.Error("another enterprise takes it back")
	}
	if err := a.Enterprises.TakeBack(ctx, own, n.Code, now.Version); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Shelf.Need(ctx, account.Nobody(), n.Code); catalog.CodeOf(err) != catalog.NotFound {
		t.Error("it is public still")
	}
}

// A school of the name, or an enterprise that has another code, is nobody that a
// sign-up could be.
func TestASignUpIsNotOfferedWhatItCannotBe(t *testing.T) {
	const name = "江州示例泵业有限公司"
	for _, party := range []catalog.Party{{Kind: catalog.PartyUnit, Name: name}, {Kind: catalog.PartyEnterprise, Name: name, CreditCode: otherCode(t)}} {
		a := apptest.New(t)
		a.Import(t, apptest.File(intake.Parties, intake.Row{Title: name, Party: &party}))
		if n := len(parties(t, a)); n != 1 {
			t.Fatalf("%d parties", n)
		}
		asked(t, a, name)
		list, err := a.Enterprises.Waiting(t.Context(), colleague("李老师"))
		if err != nil || len(list) != 1 || list[0].Known != nil || len(list[0].Named) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	}
}

// What an enterprise may not do, it may not in another role, with the needs of
// another enterprise, or with words that are kept nowhere.
func TestWhatAnEnterpriseMayNot(t *testing.T) {
	a, ctx := apptest.New(t), t.Context()
	li := colleague("李老师")
	reply := shelf.Reply{Title: "阀门卡死", Text: "冬天打不开", Public: true, Consent: "可以公开"}
	accepted := func(name, code string) account.Principal {
		t.Helper()
		u, err := a.Enterprises.Ask(ctx, account.Nobody(), shelf.SignUpRequest{Name: name, CreditCode: code, Contact: "张三丰", Phone: "13800000001", Consent: "同意"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Enterprises.Accept(ctx, li, u.ID, u.Version+1, shelf.Acceptance{}); catalog.CodeOf(err) != catalog.Conflict {
			t.Errorf("a version that nobody saw is accepted: %v", err)
		}
		done, err := a.Enterprises.Accept(ctx, li, u.ID, u.Version, shelf.Acceptance{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Enterprises.Refuse(ctx, li, u.ID, u.Version+1, "晚了"); catalog.CodeOf(err) != catalog.Conflict {
			t.Errorf("what was accepted is refused: %v", err)
		}
		return enters(t, a, done)
	}
	own, rival := accepted("江州示例泵业有限公司", codeOf(t)), accepted("江州示例阀门有限公司", otherCode(t))
	n, err := a.Enterprises.Post(ctx, own, reply, shelf.Form{Contact: "张三丰", Phone: "13800000001"})
	if err != nil {
		t.Fatal(err)
	}
	other := own
	other.Acting = account.Professor
	for what, err := range map[string]error{
		"sees":       func() error { _, _, err := a.Enterprises.Own(ctx, other); return err }(),
		"posts":      func() error { _, err := a.Enterprises.Post(ctx, other, reply, shelf.Form{}); return err }(),
		"takes back": a.Enterprises.TakeBack(ctx, other, n.Code, n.Version),
	} {
		if catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("in another role it %s: %v", what, err)
		}
	}
	refusedWith(t, a.Enterprises.TakeBack(ctx, rival, n.Code, 1), catalog.NotFound, "error.not_found")
	if err := a.Enterprises.TakeBack(ctx, own, n.Code, 1); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, a.Enterprises.TakeBack(ctx, own, n.Code, 2), catalog.Conflict, "shelf.left.state")
	secret := reply
	secret.Title, secret.Text = "另一件事", "密级：机密"
	_, err = a.Enterprises.Post(ctx, own, secret, shelf.Form{})
	refusedWith(t, err, catalog.Invalid, "behalf.fit.secret")
	long := reply
	long.Text = strings.Repeat("长", shelf.MostMessage+1)
	_, err = a.Enterprises.Post(ctx, own, long, shelf.Form{})
	refusedWith(t, err, catalog.Invalid, "behalf.fit.long")
	_, err = a.Enterprises.Ask(ctx, account.Nobody(), shelf.SignUpRequest{Name: "机密★ 某厂", CreditCode: codeOf(t), Contact: "张三丰", Phone: "13800000001", Consent: "同意"})
	refusedWith(t, err, catalog.Invalid, "behalf.fit.owner")
	_, err = a.Enterprises.Ask(ctx, account.Principal{Acting: "no such role"}, shelf.SignUpRequest{Name: "某厂"})
	refusedWith(t, err, catalog.Forbidden, "error.forbidden")
}

// otherCode is a credit code with a right check digit beside that of codeOf.
func otherCode(t *testing.T) string {
	t.Helper()
	for _, last := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if code, ok := catalog.CreditCode(creditCode[:16] + "3" + string(last)); ok {
			return code
		}
	}
	t.Fatal("no check digit fits")
	return ""
}
