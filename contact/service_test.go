package contact_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/inbox"
	"datai/intake"
	"datai/internal/apptest"
	"datai/process"
	"datai/store"

	"github.com/google/uuid"
)

var console = account.Principal{Name: "console", Roles: []account.Role{account.Console}, Acting: account.Console}

func request() contact.Request {
	return contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "138 0000 0001", Purpose: "想试用两台", Mode: catalog.WayLicence,
		Source: contact.FromListing, Consent: "同意"}
}

// shelf is an application with one result on the shelf, whose code it returns.
func shelf(t *testing.T) (*apptest.App, string) {
	t.Helper()
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{Title: "轴承故障识别", Abstract: "给风机用户。"})))
	a.PublishResults(t)
	return a, a.AllResults(t)[0].Code
}

func ask(t *testing.T, a *apptest.App, code string) (contact.Case, string) {
	t.Helper()
	c, secret, err := a.Contact.Ask(t.Context(), account.Nobody(), code, request())
	if err != nil {
		t.Fatal(err)
	}
	return c, secret
}

func TestAskingOpensACase(t *testing.T) {
	a, code := shelf(t)
	c, secret := ask(t, a, code)
	second, other := ask(t, a, code)
	if c.Code != "2026-DJ-0001" || second.Code != "2026-DJ-0002" || secret == other || len(secret) != 43 {
		t.Errorf("%s, %s, %q", c.Code, second.Code, secret)
	}
	own, err := a.Contact.Own(t.Context(), secret)
	if err != nil || own.Code != c.Code || own.State != contact.Waiting || own.Private != (contact.Private{}) {
		t.Errorf("%+v, %v", own, err)
	}
	// A Tuesday at nine: the three working days end on Friday at 17:00.
	if due := time.UnixMilli(own.DueAt).In(a.Clock.Now().Location()); due.Format("2006-01-02 15:04") != "2026-04-10 17:00" || own.Due != "" || !strings.Contains(own.Rules, "contact-answer") {
		t.Errorf("due %v %q by %q", due, own.Due, own.Rules)
	}
	seen, err := a.Contact.Case(t.Context(), apptest.Officer(), c.Code)
	if err != nil || seen.Private.Contact.Phone == "" || strings.Contains(seen.Private.Contact.Phone, "0000") {
		t.Errorf("%+v, %v", seen.Private.Contact, err)
	}
	full, err := a.Contact.Disclose(t.Context(), apptest.Officer(), c.Code)
	if err != nil || full.Private.Contact.Phone != "138 0000 0001" || full.Private.Purpose != "想试用两台" {
		t.Errorf("%+v, %v", full.Private, err)
	}
	for _, bad := range []string{"", secret[:42], secret + "A", strings.Repeat("A", 43)} {
		if _, err := a.Contact.Own(t.Context(), bad); catalog.CodeOf(err) != catalog.NotFound {
			t.Errorf("Own(%q): %v", bad, err)
		}
	}
}

// The day itself does not count, nor do days off; past five in the evening is
// the same day. The holidays of 2027 are not published yet.
func TestThreeWorkingDays(t *testing.T) {
	for asked, want := range map[string]string{
		"2026-04-10 09:00": "2026-04-15 17:00", "2026-04-11 23:59": "2026-04-15 17:00", "2026-04-12 00:00": "2026-04-15 17:00",
		"2026-04-13 18:30": "2026-04-16 17:00", "2026-09-30 12:00": "2026-10-10 17:00", "2026-12-30 12:00": "2027-01-04 17:00",
	} {
		a, code := shelf(t)
		at, err := time.ParseInLocation("2006-01-02 15:04", asked, a.Clock.Now().Location())
		if err != nil {
			t.Fatal(err)
		}
		a.Clock.Advance(at.Sub(a.Clock.Now()))
		c, _ := ask(t, a, code)
		if got := time.UnixMilli(c.DueAt).In(at.Location()).Format("2006-01-02 15:04"); got != want {
			t.Errorf("asked %s: due %s, want %s", asked, got, want)
		}
		if (c.Due == contact.DueProvisional) != strings.HasPrefix(want, "2027") {
			t.Errorf("asked %s: %q", asked, c.Due)
		}
	}
}

func TestWhatDoesNotFitIsNotTaken(t *testing.T) {
	a, code := shelf(t)
	for what, change := range map[string]func(*contact.Request){
		"no name": func(r *contact.Request) { r.Name = " \x00" }, "a long name": func(r *contact.Request) { r.Name = strings.Repeat("名", 41) },
		"no organisation": func(r *contact.Request) { r.Organisation = "" }, "no purpose": func(r *contact.Request) { r.Purpose = "\n" },
		"a long purpose": func(r *contact.Request) { r.Purpose = strings.Repeat("长", 1001) }, "no consent": func(r *contact.Request) { r.Consent = "" },
		"no reach": func(r *contact.Request) { r.Reach = "" }, "no number": func(r *contact.Request) { r.Reach = "微信联系" },
		"half an address": func(r *contact.Request) { r.Reach = "a@b" }, "an unknown mode": func(r *contact.Request) { r.Mode = "gift" },
		"an unknown source": func(r *contact.Request) { r.Source = "spam" },
	} {
		r := request()
		change(&r)
		if _, _, err := a.Contact.Ask(t.Context(), account.Nobody(), code, r); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	r := request()
	r.Reach = "li@example.com"
	if c, _, err := a.Contact.Ask(t.Context(), account.Nobody(), code, r); err != nil || c.Private.Contact.Email != "li@example.com" || c.Code != "2026-DJ-0001" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := a.Shelf.WithdrawResults(t.Context(), apptest.Officer(), a.Refs(t), "重复"); err != nil {
		t.Fatal(err)
	}
	for _, who := range []account.Principal{account.Nobody(), apptest.Officer()} {
		if _, _, err := a.Contact.Ask(t.Context(), who, code, request()); catalog.CodeOf(err) != catalog.NotFound {
			t.Errorf("what is not public can be asked for: %v", err)
		}
	}
}

func TestAPartyOfThatVeryNameIsKnown(t *testing.T) {
	a, code := shelf(t)
	if c, _ := ask(t, a, code); c.Party != uuid.Nil {
		t.Errorf("an unknown party is %v", c.Party)
	}
	a.Import(t, apptest.File(intake.Parties, intake.Row{Title: "示例轴承", Party: &catalog.Party{Kind: catalog.PartyEnterprise, Name: "示例轴承"}}))
	if c, _ := ask(t, a, code); c.Party == uuid.Nil {
		t.Error("the party is not known")
	}
}

func TestANeedThatOneMayNotSeeIsNoReason(t *testing.T) {
	a, code := shelf(t)
	a.Import(t, apptest.File(intake.Needs, apptest.NeedRow(catalog.Need{Title: "轴承抱死", Text: "风机轴承抱死", OwnerName: "某厂"})))
	r := request()
	r.Source, r.Need = contact.FromMatch, a.AllNeeds(t)[0].Code
	if _, _, err := a.Contact.Ask(t.Context(), account.Nobody(), code, r); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("%v", err)
	}
	if c, _, err := a.Contact.Ask(t.Context(), apptest.Officer(), code, r); err != nil || c.Need != r.Need || c.Source != contact.FromMatch {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestWithdrawingErasesForGood(t *testing.T) {
	a, code := shelf(t)
	c, secret := ask(t, a, code)
	for range 2 {
		if err := a.Contact.Withdraw(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	full, err := a.Contact.Disclose(t.Context(), apptest.Officer(), c.Code)
	if err != nil || full.Private != (contact.Private{}) || full.State != contact.Withdrawn || full.ErasedAt == 0 || full.Version != 2 {
		t.Errorf("%+v, %v", full, err)
	}
	if err := a.Contact.Move(t.Context(), apptest.Officer(), c.Code, 2, contact.Move{Do: contact.Meet}); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("a withdrawn case goes on: %v", err)
	}
}

// reach brings a new case to a state and returns its version there.
func reach(t *testing.T, a *apptest.App, code, secret string, to contact.State) int64 {
	t.Helper()
	day := catalog.Date{Year: 2026, Month: 4, Day: 20}
	way := map[contact.State][]contact.Move{
		contact.Met: {{Do: contact.Meet}}, contact.Talking: {{Do: contact.Talk}}, contact.Secrecy: {{Do: contact.Meet}, {Do: contact.Secure}},
		contact.Offer: {{Do: contact.Talk}, {Do: contact.Quote}}, contact.Contract: {{Do: contact.Talk}, {Do: contact.Draft}},
		contact.Signed: {{Do: contact.Talk}, {Do: contact.Draft}, {Do: contact.Sign}},
		contact.Paused: {{Do: contact.Pause, Remind: day}}, contact.Dropped: {{Do: contact.Drop, Reason: "maturity"}},
	}
	version := int64(1)
	for _, m := range way[to] {
		if err := a.Contact.Move(t.Context(), apptest.Officer(), code, version, m); err != nil {
			t.Fatalf("on the way to %s: %s: %v", to, m.Do, err)
		}
		version++
	}
	if to == contact.Withdrawn {
		if err := a.Contact.Withdraw(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		version++
	}
	return version
}

// Every step from every state goes where the definition says, or is refused as
// one that is out of turn; the timeline replays to where the case stands.
func TestWhereACaseMayGo(t *testing.T) {
	if err := contact.Definition.Check(); err != nil {
		t.Fatal(err)
	}
	day := catalog.Date{Year: 2026, Month: 4, Day: 20}
	for _, from := range contact.States() {
		for _, do := range contact.Actions() {
			a, code := shelf(t)
			c, secret := ask(t, a, code)
			version := reach(t, a, c.Code, secret, from)
			m := contact.Move{Do: do, Next: "带样品"}
			switch do {
			case contact.Pause:
				m.Remind = day
			case contact.Drop:
				m.Reason = "maturity"
			default:
			}
			err := a.Contact.Move(t.Context(), apptest.Officer(), c.Code, version, m)
			step, may := contact.Definition.Step(do, from)
			if (err == nil) != may || (err != nil && catalog.CodeOf(err) != catalog.Conflict) {
				t.Errorf("%s from %s: %v", do, from, err)
			}
			want := from
			if may && step.To != "" {
				want = step.To
			}
			now, err := a.Contact.Case(t.Context(), apptest.Officer(), c.Code)
			if err != nil || now.State != want {
				t.Errorf("%s from %s leads to %s, want %s; %v", do, from, now.State, want, err)
			}
			events, _, err := a.Contact.Timeline(t.Context(), apptest.Officer(), c.Code)
			if err != nil {
				t.Fatal(err)
			}
			if replayed, err := contact.Definition.Replay(events); err != nil || replayed != now.State {
				t.Errorf("%s from %s: replay gives %s, %v; the case stands in %s", do, from, replayed, err, now.State)
			}
		}
	}
}

// What falls due is told once, by whichever server comes first, also when it
// fell due while none was running; whoever moved the case on is not reminded.
func TestWhatIsDueIsToldOnce(t *testing.T) {
	a, code := shelf(t)
	c, _ := ask(t, a, code)
	moved, _ := ask(t, a, code)
	ctx := t.Context()
	if err := a.Contact.Move(ctx, apptest.Officer(), moved.Code, 1, contact.Move{Do: contact.Meet}); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Contact.Fire(ctx); err != nil || n != 0 {
		t.Errorf("%d are due at once, %v", n, err)
	}
	a.Clock.Advance(9 * 24 * time.Hour)
	fired := make(chan int, 4)
	for range cap(fired) {
		go func() {
			n, err := a.Contact.Fire(context.WithoutCancel(ctx))
			if err != nil {
				t.Error(err)
			}
			fired <- n
		}()
	}
	total := 0
	for range cap(fired) {
		total += <-fired
	}
	if total != 1 {
		t.Errorf("%d timers were taken, want 1", total)
	}
	events, _, err := a.Contact.Timeline(ctx, apptest.Officer(), c.Code)
	if err != nil || len(events) != 1 || events[0].Taken.Action != contact.Late || events[0].Taken.By != process.Clock {
		t.Errorf("%+v, %v", events, err)
	}
	// The reminder is no change of the case: a form that was open meanwhile counts.
	if err := a.Contact.Move(ctx, apptest.Officer(), c.Code, 1, contact.Move{Do: contact.Note, Next: "打电话", Remind: catalog.Date{Year: 2026, Month: 5, Day: 20}}); err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(60 * 24 * time.Hour)
	// The reminder, and both cases are asked how they go 30 days after the opening.
	if n, err := a.Contact.Fire(ctx); err != nil || n != 3 {
		t.Errorf("the reminder: %d, %v", n, err)
	}
}

func TestMovesDemandWhatBelongsToThem(t *testing.T) {
	a, code := shelf(t)
	c, secret := ask(t, a, code)
	officer := apptest.Officer()
	for what, m := range map[string]contact.Move{
		"a pause without a day": {Do: contact.Pause}, "a day that has passed": {Do: contact.Pause, Remind: catalog.Date{Year: 2026, Month: 4, Day: 6}},
		"a month":   {Do: contact.Pause, Remind: catalog.Date{Year: 2026, Month: 5}},
		"no reason": {Do: contact.Drop}, "an unknown reason": {Do: contact.Drop, Reason: "bored"},
		"no word on which": {Do: contact.Drop, Reason: "spec_gap"}, "too few words": {Do: contact.Drop, Reason: "other", Text: "九个字九个字九个字"},
		"a long note": {Do: contact.Meet, Next: strings.Repeat("长", 501)},
	} {
		if err := a.Contact.Move(t.Context(), officer, c.Code, 1, m); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := a.Contact.Move(t.Context(), officer, c.Code, 9, contact.Move{Do: contact.Meet}); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("another version: %v", err)
	}
	if err := a.Contact.Move(t.Context(), officer, c.Code, 1, contact.Move{Do: contact.Drop, Reason: "conduct", Text: "内部说明"}); err != nil {
		t.Fatal(err)
	}
	own, err := a.Contact.Own(t.Context(), secret)
	if err != nil || own.Reason != "" || own.Private.Text != "" || own.State != contact.Dropped {
		t.Errorf("whoever asked reads the office's reason: %+v, %v", own, err)
	}
}

func TestACaseIsGivenToAnOfficer(t *testing.T) {
	a, code := shelf(t)
	c, _ := ask(t, a, code)
	if _, err := a.Account.IssueLink(t.Context(), console, "李老师"); err != nil {
		t.Fatal(err)
	}
	officers, err := a.Contact.Officers(t.Context(), apptest.Officer())
	if err != nil || len(officers) != 1 {
		t.Fatalf("%+v, %v", officers, err)
	}
	if err := a.Contact.Assign(t.Context(), apptest.Officer(), c.Code, 1, uuid.New()); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("nobody: %v", err)
	}
	if err := a.Contact.Assign(t.Context(), apptest.Officer(), c.Code, 1, officers[0].ID); err != nil {
		t.Fatal(err)
	}
	mine, _, err := a.Contact.Cases(t.Context(), apptest.Officer(), contact.Query{Filter: contact.Filter{Officer: officers[0].ID}}, contact.Page{})
	if err != nil || len(mine) != 1 || mine[0].Private != (contact.Private{}) {
		t.Errorf("%+v, %v", mine, err)
	}
}

// Whoever may not handle cases at all learns nothing about one; nor does an
// external technology manager about one that was given to somebody else.
func TestWhoHandlesCases(t *testing.T) {
	a, code := shelf(t)
	c, _ := ask(t, a, code)
	for _, role := range account.Roles() {
		p := account.Principal{ID: uuid.New(), Acting: role}
		ctx := t.Context()
		_, oneErr := a.Contact.Case(ctx, p, c.Code)
		_, fullErr := a.Contact.Disclose(ctx, p, c.Code)
		list, _, listErr := a.Contact.Cases(ctx, p, contact.Query{}, contact.Page{})
		counts, countErr := a.Contact.Counts(ctx, p)
		_, officersErr := a.Contact.Officers(ctx, p)
		moveErr := a.Contact.Move(ctx, p, c.Code, 0, contact.Move{Do: contact.Note})
		assignErr := a.Contact.Assign(ctx, p, c.Code, 0, uuid.Nil)
		for i, err := range []error{oneErr, fullErr, listErr, countErr, officersErr, moveErr} {
			if forbidden := catalog.CodeOf(err) == catalog.Forbidden; forbidden == p.May(account.HandleContacts) {
				t.Errorf("%s, number %d: %v", role, i, err)
			}
		}
		if forbidden := catalog.CodeOf(assignErr) == catalog.Forbidden; forbidden == p.May(account.AssignContacts) {
			t.Errorf("%s gives a case to somebody: %v", role, assignErr)
		}
		if p.Reach(account.HandleContacts) == account.Assigned {
			for i, err := range []error{oneErr, fullErr, moveErr} {
				if catalog.CodeOf(err) != catalog.NotFound {
					t.Errorf("%s, the case of somebody else, number %d: %v", role, i, err)
				}
			}
			if len(list) > 0 || counts[contact.Waiting] > 0 {
				t.Errorf("%s sees %d cases of others, counts %v", role, len(list), counts)
			}
		}
	}
}

func TestAnExternalManagerHandlesWhatWasGiven(t *testing.T) {
	a, code := shelf(t)
	c, _ := ask(t, a, code)
	other, _ := ask(t, a, code)
	ctx := t.Context()
	m := account.Principal{ID: uuid.New(), Name: "周顾问", Roles: []account.Role{account.Manager}, Acting: account.Manager}
	if err := store.For[account.Tx](a.DB).Write(ctx, func(tx account.Tx) error {
		return tx.AddAccount(ctx, account.Account{ID: m.ID, Name: m.Name, Roles: m.Roles, Version: 1})
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.Contact.Assign(ctx, apptest.Officer(), c.Code, 1, m.ID); err != nil {
		t.Fatal(err)
	}
	list, _, err := a.Contact.Cases(ctx, m, contact.Query{Filter: contact.Filter{Officer: uuid.New()}}, contact.Page{})
	if err != nil || len(list) != 1 || list[0].Code != c.Code {
		t.Errorf("%+v, %v", list, err)
	}
	if counts, err := a.Contact.Counts(ctx, m); err != nil || counts[contact.Waiting] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	whole, err := a.Contact.Disclose(ctx, m, c.Code)
	if err != nil || whole.Private.Contact.Phone != "138 0000 0001" {
		t.Errorf("%+v, %v", whole.Private.Contact, err)
	}
	if err := a.Contact.Move(ctx, m, c.Code, 2, contact.Move{Do: contact.Meet, Next: "周四见面"}); err != nil {
		t.Error(err)
	}
	if _, err := a.Contact.Case(ctx, m, other.Code); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("another's case: %v", err)
	}
	if err := a.Contact.Assign(ctx, m, c.Code, 3, m.ID); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a manager gives a case away: %v", err)
	}
	if names, err := a.Contact.Officers(ctx, m); err != nil || len(names) != 1 || names[0].ID != m.ID {
		t.Errorf("%+v, %v", names, err)
	}
}

// What is asked on a case is in somebody's list from the moment it is opened,
// for as long as the office has something to do, and with whom the case is.
func TestACaseIsInSomebodysList(t *testing.T) {
	a, code := shelf(t)
	ctx := t.Context()
	add := func(name string, role account.Role) account.Principal {
		p := account.Principal{ID: uuid.New(), Name: name, Roles: []account.Role{role}, Acting: role}
		if err := store.For[account.Tx](a.DB).Write(ctx, func(tx account.Tx) error {
			return tx.AddAccount(ctx, account.Account{ID: p.ID, Name: p.Name, Roles: p.Roles, Version: 1})
		}); err != nil {
			t.Fatal(err)
		}
		return p
	}
	li, zhou, firm := add("李老师", account.Officer), add("周顾问", account.Manager), add("企业甲", account.Enterprise)
	todo := func(p account.Principal) inbox.Todo {
		t.Helper()
		out, err := a.Inbox.Todo(ctx, p, inbox.TaskPage{})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	c, _, err := a.Contact.Ask(ctx, firm, code, request())
	if err != nil {
		t.Fatal(err)
	}
	if got := todo(li); len(got.List) != 1 || got.List[0].What != "answer" || got.List[0].Code != c.Code || got.List[0].DueAt != c.DueAt || got.Counts != (inbox.TaskCounts{All: 1}) {
		t.Errorf("the office: %+v", got)
	}
	if got := todo(firm); len(got.List) != 0 || got.Begun != 1 || len(got.Elsewhere) != 1 || got.Elsewhere[0].Role != string(account.Officer) {
		t.Errorf("whoever asked: %+v", got)
	}
	if got := todo(zhou); len(got.List) != 0 {
		t.Errorf("a manager to whom nothing was given: %+v", got)
	}
	if err := a.Contact.Assign(ctx, apptest.Officer(), c.Code, 1, zhou.ID); err != nil {
		t.Fatal(err)
	}
	if got := todo(zhou); len(got.List) != 1 || got.Counts.Own != 1 {
		t.Errorf("the manager: %+v", got)
	}
	if got := todo(li); len(got.List) != 0 {
		t.Errorf("the office, when somebody else has it: %+v", got)
	}
	if got := todo(firm); len(got.Elsewhere) != 1 || got.Elsewhere[0].Name != zhou.Name {
		t.Errorf("whoever asked: %+v", got)
	}
	a.Clock.Advance(30 * 24 * time.Hour)
	if got := todo(zhou); got.Counts.Overdue != 1 {
		t.Errorf("a month later: %+v", got.Counts)
	}
	for version, m := range []contact.Move{{Do: contact.Meet}, {Do: contact.Drop, Reason: "maturity"}} {
		if err := a.Contact.Move(ctx, zhou, c.Code, int64(version)+2, m); err != nil {
			t.Fatal(err)
		}
		want := 1 - version
		if got := todo(zhou); len(got.List) != want || want == 1 && got.List[0].What != "follow" {
			t.Errorf("after %s: %+v", m.Do, got.List)
		}
	}
}

// TestWhoAskedUnderTheirAccountWithdrawsThere: the consent is kept with the words
// and ends with what the case has of them; nobody else ends it.
func TestWhoAskedUnderTheirAccountWithdrawsThere(t *testing.T) {
	a, code := shelf(t)
	ctx := t.Context()
	who, err := a.Account.Add(ctx, console, "王老师", []account.Role{account.Professor})
	if err != nil {
		t.Fatal(err)
	}
	other, err := a.Account.Add(ctx, console, "李老师", []account.Role{account.Professor})
	if err != nil {
		t.Fatal(err)
	}
	me := account.Principal{ID: who.ID, Name: who.Name, Roles: who.Roles, Acting: account.Professor}
	c, _, err := a.Contact.Ask(ctx, me, code, request())
	if err != nil {
		t.Fatal(err)
	}
	ask(t, a, code) // a visitor's, who has no account
	list, err := a.Account.Consents(ctx, me)
	if err != nil || len(list) != 1 || list[0].Thing != c.ID || list[0].Words != "同意" || list[0].Version == "" || list[0].EndedAt != 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	stranger := account.Principal{ID: other.ID, Name: other.Name, Roles: other.Roles, Acting: account.Professor}
	if err := a.Contact.WithdrawOwn(ctx, stranger, list[0]); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("somebody else: %v", err)
	}
	if err := a.Contact.WithdrawOwn(ctx, me, list[0]); err != nil {
		t.Fatal(err)
	}
	seen, err := a.Contact.Case(ctx, apptest.Officer(), c.Code)
	if err != nil || seen.ErasedAt == 0 || seen.Private != (contact.Private{}) {
		t.Errorf("%+v, %v", seen, err)
	}
	if list, err = a.Account.Consents(ctx, me); err != nil || list[0].EndedAt == 0 {
		t.Errorf("%+v, %v", list, err)
	}
}
