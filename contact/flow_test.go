package contact_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/intake"
	"datai/internal/apptest"
	"datai/journal"
	"datai/process"
	"datai/store"

	"github.com/google/uuid"
)

// stocked is an application with a result of a professor with a staff number and
// an account, and a need with a telephone.
func stocked(t *testing.T) (a *apptest.App, result, need string, professor account.Principal) {
	t.Helper()
	a = apptest.New(t)
	ctx := t.Context()
	a.Import(t, apptest.File(intake.People, intake.Row{Title: "沈若川", Person: &catalog.Person{StaffNo: "T0001", Name: "沈若川", Unit: "机械学院"}}))
	a.Import(t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{Kind: catalog.KindResult, Title: "轴承故障识别", Abstract: "给风机用户。", Organization: "机械学院",
		Ways: []catalog.Way{catalog.WayLicence}, Completers: []catalog.Completer{{Name: "沈若川", Unit: "机械学院"}, {Name: "柳听泉"}}})))
	a.PublishResults(t)
	r := a.AllResults(t)[0]
	a.Import(t, apptest.File(intake.Needs, apptest.NeedRow(catalog.Need{Title: "轴承抱死", Text: "风机轴承抱死", OwnerName: "示例风机厂",
		Contact: catalog.Contact{Name: "罗静姝", Phone: "13800000009"}})))
	professor = account.Principal{ID: uuid.New(), Name: "沈若川", Roles: []account.Role{account.Professor}, Acting: account.Professor}
	if err := a.DB.Write(ctx, func(tx *store.Tx) error {
		people, err := tx.PeopleNamed(ctx, []string{"沈若川"})
		if err != nil || len(people) != 1 {
			t.Fatal(people, err)
		}
		r.Completers[0].PersonID = people[0].ID
		if err := tx.SaveResult(ctx, r); err != nil {
			return err
		}
		if err := tx.AddAccount(ctx, account.Account{ID: professor.ID, Name: professor.Name, Roles: professor.Roles, Version: 1}); err != nil {
			return err
		}
		return tx.AddIdentity(ctx, account.Identity{ID: uuid.New(), AccountID: professor.ID, Provider: account.ByNumber, Value: "T0001"})
	}); err != nil {
		t.Fatal(err)
	}
	return a, r.Code, a.AllNeeds(t)[0].Code, professor
}

// sent are the payloads of the messages that wait, and takes them away.
func sent(t *testing.T, a *apptest.App) string {
	t.Helper()
	ms, err := a.DB.LeaseMessages(t.Context(), journal.NoticeKind, 1<<60, 100)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range ms {
		all = append(all, string(m.Payload))
	}
	return strings.Join(all, "\n")
}

func mustBe(t *testing.T, what string, err error, code catalog.Code, key string) {
	t.Helper()
	var got *catalog.Error
	if e, ok := err.(*catalog.Error); ok {
		got = e
	}
	if got == nil || got.Code != code || key != "" && got.Key != key {
		t.Errorf("%s: %v, want %s %s", what, err, code, key)
	}
}

var ask4 = contact.Asking{Name: "沈若川", Reach: "13900000001", Send: true}

func willing() contact.Reply {
	return contact.Reply{Willing: true, Name: "沈若川", Unit: "机械学院", Consent: "同意提供给 示例轴承"}
}

// What the office enters for somebody goes nowhere before they agree: nobody
// consents for another, silence is never consent.
func TestNothingGoesOnWithoutTheConsentOfWhoeverAsks(t *testing.T) {
	a, result, need, _ := stocked(t)
	ctx := t.Context()
	officer := apptest.Officer()
	out, err := a.Contact.Open(ctx, officer, contact.Request{Need: need, Result: result, Source: contact.FromBooth, Purpose: "想试用"}, true)
	if err != nil || !out.Told || out.Case.Agreed() || !out.Case.Entered || strings.Contains(out.Case.Private.Contact.Phone, "0000009") {
		t.Fatalf("%+v, %v", out, err)
	}
	if mail := sent(t, a); !strings.Contains(mail, "case_confirm") || !strings.Contains(mail, "13800000009") || !strings.Contains(mail, contact.PagePath(out.Secret)) {
		t.Errorf("sent: %s", mail)
	}
	code := out.Case.Code
	for _, do := range []process.Action{contact.Meet, contact.Talk} {
		mustBe(t, string(do), a.Contact.Move(ctx, officer, code, 1, contact.Move{Do: do}), catalog.Invalid, "cases.fit.unconfirmed")
	}
	_, err = a.Contact.Invite(ctx, officer, code, 1, ask4)
	mustBe(t, "invite", err, catalog.Invalid, "cases.fit.unconfirmed")
	own, err := a.Contact.Own(ctx, out.Secret)
	if err != nil || own.Shown.Name != "罗静姝" || strings.Contains(own.Shown.Phone, "0000009") || own.Purpose != "想试用" {
		t.Errorf("%+v, %v", own, err)
	}
	mustBe(t, "no tick", a.Contact.Confirm(ctx, out.Secret, "", ""), catalog.Invalid, "cases.fit.consent")

	// The link expires; a new one ends it.
	a.Clock.Advance(8 * 24 * time.Hour)
	mustBe(t, "late", a.Contact.Confirm(ctx, out.Secret, "同意", ""), catalog.NotFound, "cases.confirm_late")
	if own, err := a.Contact.Own(ctx, out.Secret); err != nil || own.Agreed() {
		t.Errorf("a late yes: %+v, %v", own.Case, err)
	}
	again, err := a.Contact.Renew(ctx, officer, code, 1, false)
	if err != nil || again.Secret == out.Secret {
		t.Fatal(again, err)
	}
	mustBe(t, "the link before", a.Contact.Confirm(ctx, out.Secret, "同意", ""), catalog.NotFound, "cases.no_link")
	for range 2 { // a double tap
		if err := a.Contact.Confirm(ctx, again.Secret, "同意", "也告诉老师"); err != nil {
			t.Fatal(err)
		}
	}
	c, err := a.Contact.Case(ctx, officer, code)
	if err != nil || c.ConsentHow != contact.ByLink || c.Version != 3 || !c.Pass.Stands() || c.Pass.Version == "" || c.DueAt <= a.Clock.Now().UnixMilli() {
		t.Errorf("%+v, %v", c, err)
	}
	events, _, err := a.Contact.Timeline(ctx, officer, code)
	if err != nil || len(events) != 2 || events[1].Taken.By != contact.Asker {
		t.Errorf("%+v, %v", events, err)
	}
	_, err = a.Contact.Renew(ctx, officer, code, 3, false)
	mustBe(t, "a link after the yes", err, catalog.Conflict, "cases.confirmed_already")
	if err := a.Contact.Move(ctx, officer, code, 3, contact.Move{Do: contact.Meet}); err != nil {
		t.Error(err)
	}
	if list, err := registered(t, a, c.ID); err != nil || len(list) != 2 {
		t.Errorf("the register of consents: %+v, %v", list, err)
	}
}

func registered(t *testing.T, a *apptest.App, id uuid.UUID) (list []account.Consent, err error) {
	t.Helper()
	err = a.DB.Read(t.Context(), func(tx *store.Tx) error {
		list, err = tx.ConsentsOn(t.Context(), id)
		return err
	})
	return list, err
}

// A case may have a need and no result, until one is chosen; what stands with the
// need counts as its owner's consent.
func TestACaseMayBeginWithANeed(t *testing.T) {
	a, result, need, _ := stocked(t)
	ctx := t.Context()
	officer := apptest.Officer()
	if err := a.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.NeedByCode(ctx, need)
		if err != nil {
			return err
		}
		n.Entered.Answer = catalog.Answer{State: catalog.AnswerConfirmed, At: 5, How: catalog.ByLink, Consent: "同意对接"}
		return tx.SaveNeed(ctx, n)
	}); err != nil {
		t.Fatal(err)
	}
	out, err := a.Contact.Open(ctx, officer, contact.Request{Need: need, Source: contact.FromProxy, Purpose: "找方案"}, false)
	c := out.Case
	if err != nil || !c.Agreed() || c.ConsentHow != contact.WithNeed || c.ConsentAt != 5 || c.ResultCode != "" || c.Title != "轴承抱死" || c.NeedTitle != "轴承抱死" || c.Private.Contact.PartyName != "示例风机厂" {
		t.Fatalf("%+v, %v", c, err)
	}
	mustBe(t, "no such result", a.Contact.Choose(ctx, officer, c.Code, 1, "R-NONE"), catalog.Invalid, "cases.fit.code")
	if err := a.Contact.Choose(ctx, officer, c.Code, 1, result); err != nil {
		t.Fatal(err)
	}
	mustBe(t, "a second result", a.Contact.Choose(ctx, officer, c.Code, 2, result), catalog.Conflict, "cases.chosen_already")
	now, err := a.Contact.Case(ctx, officer, c.Code)
	if err != nil || now.ResultCode != result || now.Unit != "机械学院" || now.Title != "轴承故障识别" {
		t.Errorf("%+v, %v", now, err)
	}
	found, _, err := a.Contact.Cases(ctx, officer, contact.Query{Filter: contact.Filter{Unit: "机械学院", Find: " 轴承 抱死 "}}, contact.Page{})
	if err != nil || len(found) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	for what, r := range map[string]contact.Request{
		"nothing":        {Source: contact.FromProxy, Purpose: "x"},
		"no purpose":     {Need: need, Source: contact.FromProxy},
		"an odd source":  {Need: need, Source: "spam", Purpose: "x"},
		"half a contact": {Need: need, Source: contact.FromProxy, Purpose: "x", Name: "罗静姝"},
	} {
		if _, err := a.Contact.Open(ctx, officer, r, false); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := a.Contact.Open(ctx, account.Nobody(), contact.Request{Need: need, Source: contact.FromProxy, Purpose: "x"}, false); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a visitor: %v", err)
	}
}

// Only after a professor's consent whoever asked knows who it is; taking it back
// takes that away.
func TestAProfessorAnswersByALink(t *testing.T) {
	a, result, _, professor := stocked(t)
	ctx := t.Context()
	officer := apptest.Officer()
	c, secret := ask(t, a, result)
	who, err := a.Contact.Candidates(ctx, officer, c.Code)
	if err != nil || len(who) != 2 || !who[0].Account || who[1].Account {
		t.Fatalf("%+v, %v", who, err)
	}
	_, err = a.Contact.Invite(ctx, officer, c.Code, 1, contact.Asking{Name: "不相干"})
	mustBe(t, "somebody else", err, catalog.Invalid, "cases.fit.completer")
	_, err = a.Contact.Invite(ctx, officer, c.Code, 1, contact.Asking{Name: "沈若川", Send: true})
	mustBe(t, "nowhere to send it", err, catalog.Invalid, "cases.fit.no_reach")
	sent(t, a)
	out, err := a.Contact.Invite(ctx, officer, c.Code, 1, ask4)
	if err != nil || !out.Told || !out.Account {
		t.Fatalf("%+v, %v", out, err)
	}
	if mail := sent(t, a); strings.Count(mail, "case_invited") != 2 || !strings.Contains(mail, "13900000001") || strings.Contains(mail, "罗静姝") {
		t.Errorf("sent: %s", mail)
	}
	if _, err := a.Contact.Invite(ctx, officer, c.Code, 1, ask4); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("two officers at once: %v", err)
	}
	door := contact.Door{Secret: out.Secret, Who: account.Nobody()}
	for range 2 { // looking uses nothing up
		q, err := a.Contact.Inquiry(ctx, door)
		if err != nil || q.State != contact.Asked || q.Organisation != "示例轴承" || q.Purpose != "想试用两台" || !q.Asker.Empty() || q.Self.Phone != "139****01" || !slices.Contains(q.Ways, catalog.WayLicence) || len(q.Reasons) == 0 {
			t.Errorf("%+v, %v", q, err)
		}
	}
	own := func() contact.Own {
		t.Helper()
		o, err := a.Contact.Own(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := own(); !o.Answerer.Empty() {
		t.Errorf("before the answer: %+v", o.Answerer)
	}
	for what, change := range map[string]func(*contact.Reply){
		"no consent": func(r *contact.Reply) { r.Consent = "" }, "no name": func(r *contact.Reply) { r.Name = " " }, "no unit": func(r *contact.Reply) { r.Unit = "" },
		"a bad number": func(r *contact.Reply) { r.Reach = "微信" },
		"no reason":    func(r *contact.Reply) { *r = contact.Reply{} }, "a reason without its word": func(r *contact.Reply) { *r = contact.Reply{Reason: "p_target"} },
		"a reason of the other side": func(r *contact.Reply) { *r = contact.Reply{Reason: "budget"} },
	} {
		r := willing()
		change(&r)
		if err := a.Contact.Answer(ctx, door, r); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	for range 2 { // a double tap
		if err := a.Contact.Answer(ctx, door, willing()); err != nil {
			t.Fatal(err)
		}
	}
	mustBe(t, "another answer", a.Contact.Answer(ctx, door, contact.Reply{Reason: "p_busy"}), catalog.Conflict, "cases.answered_already")
	o := own()
	if o.Answerer.Name != "沈若川" || o.Answerer.Phone != "13900000001" || o.Answerer.PartyName != "机械学院" {
		t.Errorf("after it: %+v", o.Answerer)
	}
	if got := o.Professor.Consent; !got.Stands() || got.Text != "同意提供给 示例轴承" || got.Version == "" || got.How != contact.ByLink {
		t.Errorf("consent %+v", got)
	}
	_, err = a.Contact.Invite(ctx, officer, c.Code, 3, contact.Asking{Name: "柳听泉"})
	mustBe(t, "another after the yes", err, catalog.Conflict, "cases.willing_already")
	for range 2 {
		if err := a.Contact.Retract(ctx, door); err != nil {
			t.Fatal(err)
		}
	}
	if o := own(); !o.Answerer.Empty() || o.Professor.Consent.EndedAt == 0 {
		t.Errorf("after it was taken back: %+v", o)
	}
	full, err := a.Contact.Disclose(ctx, officer, c.Code)
	if err != nil || full.Private.Professor.Phone != "" {
		t.Errorf("the office keeps the number: %+v, %v", full.Private.Professor, err)
	}
	if list, err := registered(t, a, c.ID); err != nil || !slices.ContainsFunc(list, func(x account.Consent) bool {
		return x.Purpose == account.ConsentShare && x.EndedAt > 0 && x.AccountID == professor.ID
	}) {
		t.Errorf("the register of consents: %+v, %v", list, err)
	}
	events, _, err := a.Contact.Timeline(ctx, officer, c.Code)
	if err != nil {
		t.Fatal(err)
	}
	if state, err := contact.Definition.Replay(events); err != nil || state != contact.Waiting || len(events) != 3 {
		t.Errorf("%d events lead to %s, %v", len(events), state, err)
	}
}

// Expired, guessed and overtaken links say so, and change nothing; who is signed
// in answers for themselves alone.
func TestLinksThatAreOver(t *testing.T) {
	a, result, _, professor := stocked(t)
	ctx := t.Context()
	officer := apptest.Officer()
	c, secret := ask(t, a, result)
	first, err := a.Contact.Invite(ctx, officer, c.Code, 1, ask4)
	if err != nil {
		t.Fatal(err)
	}
	for _, guess := range []string{"", "x", strings.Repeat("A", 22), secret} {
		_, err := a.Contact.Inquiry(ctx, contact.Door{Secret: guess, Who: account.Nobody()})
		if guess == "" { // nobody is signed in
			mustBe(t, "nobody", err, catalog.NotFound, "")
			continue
		}
		mustBe(t, guess, err, catalog.NotFound, "cases.no_link")
		mustBe(t, guess, a.Contact.Answer(ctx, contact.Door{Secret: guess, Who: account.Nobody()}, willing()), catalog.NotFound, "cases.no_link")
	}
	stranger := account.Principal{ID: uuid.New(), Acting: account.Professor}
	_, err = a.Contact.Inquiry(ctx, contact.Door{Who: stranger, Code: c.Code})
	mustBe(t, "somebody else", err, catalog.NotFound, "error.not_found")
	if q, err := a.Contact.Inquiry(ctx, contact.Door{Who: professor, Code: c.Code}); err != nil || q.State != contact.Asked {
		t.Errorf("signed in: %+v, %v", q, err)
	}
	if _, err := a.Contact.Invite(ctx, officer, c.Code, 2, contact.Asking{Name: "柳听泉", Reach: "liu@example.com"}); err != nil {
		t.Fatal(err)
	}
	overtaken := contact.Door{Secret: first.Secret, Who: account.Nobody()}
	_, err = a.Contact.Inquiry(ctx, overtaken)
	mustBe(t, "overtaken", err, catalog.NotFound, "cases.link_late")
	mustBe(t, "overtaken", a.Contact.Answer(ctx, overtaken, willing()), catalog.NotFound, "cases.link_late")
	third, err := a.Contact.Invite(ctx, officer, c.Code, 3, ask4)
	if err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(-48 * time.Hour) // a clock that is set back makes nothing expire
	late := contact.Door{Secret: third.Secret, Who: account.Nobody()}
	if _, err := a.Contact.Inquiry(ctx, late); err != nil {
		t.Error(err)
	}
	a.Clock.Advance(10 * 24 * time.Hour)
	mustBe(t, "expired", a.Contact.Answer(ctx, late, willing()), catalog.Conflict, "process.late")
	_, err = a.Contact.Inquiry(ctx, late)
	mustBe(t, "expired", err, catalog.NotFound, "cases.link_late")
	if now, err := a.Contact.Case(ctx, officer, c.Code); err != nil || now.Professor.State != contact.Asked || now.Version != 4 {
		t.Errorf("%+v, %v", now.Professor, err)
	}
}

// asking are the secrets of the links that were sent to say how a case goes.
func asking(t *testing.T, a *apptest.App) (out []string) {
	t.Helper()
	for _, line := range strings.Split(sent(t, a), "\n") {
		if _, rest, ok := strings.Cut(line, `"path":"/g/`); ok {
			secret, _, _ := strings.Cut(rest, `"`)
			out = append(out, secret)
		}
	}
	return out
}

// Both sides are asked how it goes, once, also by a server that was down for long
// or beside another; an answer counts once.
func TestBothSidesAreAskedHowItGoes(t *testing.T) {
	a, result, _, _ := stocked(t)
	ctx := t.Context()
	officer := apptest.Officer()
	c, own := ask(t, a, result)
	out, err := a.Contact.Invite(ctx, officer, c.Code, 1, ask4)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Contact.Answer(ctx, contact.Door{Secret: out.Secret, Who: account.Nobody()}, willing()); err != nil {
		t.Fatal(err)
	}
	sent(t, a)
	fire := func() {
		t.Helper()
		done := make(chan error, 3)
		for range cap(done) {
			go func() {
				_, err := a.Contact.Fire(context.WithoutCancel(ctx))
				done <- err
			}()
		}
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	a.Clock.Advance(200 * 24 * time.Hour) // the server was down: four questions are due at once
	fire()
	links := asking(t, a)
	if len(links) != 2 {
		t.Fatalf("%d links, want one for each side", len(links))
	}
	a.Clock.Advance(-24 * time.Hour)
	fire()
	if again := asking(t, a); len(again) != 0 {
		t.Errorf("a clock that was set back asks again: %v", again)
	}
	a.Clock.Advance(24 * time.Hour)
	if o, err := a.Contact.Own(ctx, own); err != nil || o.InquiredAt == 0 {
		t.Errorf("the own page does not ask: %+v, %v", o.InquiredAt, err)
	}
	mustBe(t, "no such answer", a.Contact.Tell(ctx, links[0], "great", "", ""), catalog.Invalid, "cases.fit.going")
	mustBe(t, "no reason", a.Contact.Tell(ctx, links[1], contact.Over, "", ""), catalog.Invalid, "")
	for range 2 {
		if err := a.Contact.Tell(ctx, links[0], contact.Help, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	mustBe(t, "another answer", a.Contact.Tell(ctx, links[0], contact.Fine, "", ""), catalog.Conflict, "cases.answered_already")
	mustBe(t, "the own page, answered by the link", a.Contact.Tell(ctx, own, contact.Fine, "", ""), catalog.Conflict, "cases.answered_already")
	count := func(do process.Action) (n int) {
		t.Helper()
		events, _, err := a.Contact.Timeline(ctx, officer, c.Code)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Taken.Action == do {
				n++
			}
		}
		return n
	}
	if count(contact.Report) != 1 || count(contact.Inquire) != 1 {
		t.Errorf("%d answers to %d questions", count(contact.Report), count(contact.Inquire))
	}
	now, err := a.Contact.Case(ctx, officer, c.Code)
	if err != nil || now.Calls != contact.Coordinate {
		t.Errorf("%+v, %v", now.Calls, err)
	}
	if err := a.Contact.Tell(ctx, links[1], contact.Over, "p_funds", ""); err != nil {
		t.Fatal(err)
	}
	if now, err = a.Contact.Case(ctx, officer, c.Code); err != nil || now.Calls != contact.Ended || now.State != contact.Waiting || count(contact.Leave) != 1 {
		t.Errorf("%s %s, %v", now.Calls, now.State, err)
	}
	if err := a.Contact.Move(ctx, officer, c.Code, now.Version, contact.Move{Do: contact.Note, Next: "电话核实"}); err != nil {
		t.Fatal(err)
	}
	if now, err = a.Contact.Case(ctx, officer, c.Code); err != nil || now.Calls != "" {
		t.Errorf("after the office acted: %q, %v", now.Calls, err)
	}
	_, err = a.Contact.Going(ctx, strings.Repeat("A", 22))
	mustBe(t, "guessed", err, catalog.NotFound, "cases.no_link")
	a.Clock.Advance(40 * 24 * time.Hour)
	if g, err := a.Contact.Going(ctx, links[0]); err != nil || g.Answer != contact.Help {
		t.Errorf("a used link says what was answered: %+v, %v", g, err)
	}
}

// A case that is over asks nobody; after the signature it asks three times.
func TestWhenNobodyIsAsked(t *testing.T) {
	a, result, need, _ := stocked(t)
	ctx := t.Context()
	officer := apptest.Officer()
	dropped, _ := ask(t, a, result)
	if err := a.Contact.Move(ctx, officer, dropped.Code, 1, contact.Move{Do: contact.Drop, Reason: "maturity"}); err != nil {
		t.Fatal(err)
	}
	withdrawn, secret := ask(t, a, result)
	if err := a.Contact.Withdraw(ctx, secret); err != nil {
		t.Fatal(err)
	}
	entered, err := a.Contact.Open(ctx, officer, contact.Request{Need: need, Source: contact.FromProxy, Purpose: "x"}, false) // never agreed to
	if err != nil {
		t.Fatal(err)
	}
	signed, signedSecret := ask(t, a, result)
	reach(t, a, signed.Code, signedSecret, contact.Signed)
	sent(t, a)
	asked := 0
	for range 60 {
		a.Clock.Advance(7 * 24 * time.Hour)
		if _, err := a.Contact.Fire(ctx); err != nil {
			t.Fatal(err)
		}
		asked += len(asking(t, a))
	}
	if asked != 3 {
		t.Errorf("asked %d times, want 3 after the signature", asked)
	}
	for _, code := range []string{dropped.Code, withdrawn.Code, entered.Case.Code} {
		events, _, err := a.Contact.Timeline(ctx, officer, code)
		if err != nil || slices.ContainsFunc(events, func(e process.Event) bool { return e.Taken.Action == contact.Inquire }) {
			t.Errorf("%s: %+v, %v", code, events, err)
		}
	}
}

// The list finds what is due and what is stuck; the table is masked, and whole
// only for a reason that stands in the journal.
func TestTheListAndItsTable(t *testing.T) {
	a, result, _, _ := stocked(t)
	ctx := t.Context()
	officer := apptest.Officer()
	old, _ := ask(t, a, result)
	if err := a.Contact.Move(ctx, officer, old.Code, 1, contact.Move{Do: contact.Talk}); err != nil {
		t.Fatal(err)
	}
	find := func(q contact.Query) (codes []string) {
		t.Helper()
		found, _, err := a.Contact.Cases(ctx, officer, q, contact.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			codes = append(codes, c.Code)
		}
		return codes
	}
	a.Clock.Advance(13 * 24 * time.Hour) // Monday: nine working days
	if got := find(contact.Query{OnlyStuck: true}); len(got) != 0 {
		t.Errorf("stuck after nine working days: %v", got)
	}
	a.Clock.Advance(2 * 24 * time.Hour)
	fresh, _ := ask(t, a, result)
	if got := find(contact.Query{OnlyStuck: true}); !slices.Equal(got, []string{old.Code}) {
		t.Errorf("stuck: %v", got)
	}
	a.Clock.Advance(30 * 24 * time.Hour)
	if got := find(contact.Query{OnlyDue: true}); !slices.Equal(got, []string{fresh.Code}) {
		t.Errorf("due: %v", got)
	}
	table := func(why string) (out []contact.Intent, err error) {
		err = a.Contact.Intents(ctx, officer, contact.Query{Filter: contact.Filter{States: contact.States()}}, why, func(x *contact.Intent) error {
			out = append(out, *x)
			return nil
		})
		return out, err
	}
	rows, err := table("")
	if err != nil || len(rows) != 2 || rows[0].Kind != "result" || strings.Contains(rows[0].Private.Contact.Phone, "0000001") {
		t.Errorf("%+v, %v", rows, err)
	}
	for _, why := range []string{"x", "打 13800000001", strings.Repeat("长", 201)} {
		_, err := table(why)
		mustBe(t, why, err, catalog.Invalid, "cases.fit.why")
	}
	if rows, err = table("对接会通知"); err != nil || rows[0].Private.Contact.Phone != "138 0000 0001" {
		t.Errorf("%+v, %v", rows, err)
	}
	manager := account.Principal{ID: uuid.New(), Acting: account.Manager}
	if err := a.Contact.Intents(ctx, manager, contact.Query{}, "对接会通知", func(*contact.Intent) error { return nil }); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a manager: %v", err)
	}
}
