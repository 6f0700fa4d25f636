package storetest

import (
	"slices"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/inbox"
	"datai/process"
	"datai/rulebook"
	"datai/rules"
	"datai/store"
)

// whoActs moves steps of a case from one actor to another from a day on: before
// that day who took them goes on to, from that day the other does, and what is
// asked of whom follows within a minute.
func whoActs(t *testing.T, db *store.DB) {
	ctx := t.Context()
	at := time.Date(2026, 4, 7, 9, 0, 0, 0, rules.Shanghai()) // a Tuesday
	now := func() time.Time { return at }
	_, processes, cases := contactCases(t, db, now)
	person := func(name string, role account.Role) account.Principal {
		p := account.Principal{ID: newID(t), Name: name, Roles: []account.Role{role}, Acting: role}
		write(ctx, t, db, func(tx *store.Tx) error {
			return tx.AddAccount(ctx, account.Account{ID: p.ID, Name: name, Roles: p.Roles, Version: 1})
		})
		return p
	}
	officer, manager := person("李老师", account.Officer), person("周顾问", account.Manager)
	r := newResult(t, "热泵")
	r.State, r.PublicConfirmed, r.ExpiresAt = catalog.ResultListed, true, at.AddDate(1, 0, 0).UnixMilli()
	r.Completers = []catalog.Completer{{Name: "沈若川", Unit: "机械学院"}}
	put(ctx, t, db, r)
	c, page, err := cases.Ask(ctx, account.Nobody(), r.Code, contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000001", Purpose: "试用",
		Source: contact.FromListing, Consent: "同意"})
	if err != nil {
		t.Fatal(err)
	}
	if err := cases.Assign(ctx, officer, c.Code, 1, manager.ID); err != nil {
		t.Fatal(err)
	}
	version := int64(2)
	does := func(who string, err error, code catalog.Code) {
		t.Helper()
		if catalog.CodeOf(err) != code || code == "" && err != nil {
			t.Errorf("%s: %v, want %q", who, err, code)
		}
		if err == nil {
			version++
		}
	}
	move := func(p account.Principal, do process.Action) error {
		return cases.Move(ctx, p, c.Code, version, contact.Move{Do: do})
	}
	offered := func(who string, want bool, do process.Action, as ...process.Actor) {
		t.Helper()
		d, err := cases.Process(ctx)
		if err != nil {
			t.Fatal(err)
		}
		is, err := cases.Case(ctx, officer, c.Code)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(d.Open(is.State, as), func(x process.Step) bool { return x.Action == do }); got != want {
			t.Errorf("%s offers %q: %v, want %v", who, do, got, want)
		}
	}
	todo := func(p account.Principal, want ...string) {
		t.Helper()
		if _, err := cases.Fire(ctx); err != nil {
			t.Fatal(err)
		}
		var got []string
		read(ctx, t, db, func(tx *store.Tx) error {
			list, _, err := tx.TasksFor(ctx, inbox.Waiter{Account: p.ID, Role: string(p.Acting), May: []string{string(account.HandleContacts)}}, inbox.TaskPage{})
			for _, x := range list {
				got = append(got, x.What)
			}
			return err
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s is asked for %v, want %v", p.Name, got, want)
		}
	}

	// From tomorrow a manager does not arrange meetings or talks, whoever asked does;
	// agreements, offers and the question to a professor are the office's.
	keep := []process.Actor{contact.Office, contact.Asker}
	if err := processes.Decide(ctx, officer, rulebook.ProcessProposal{Kind: "contact", From: processes.Today() + 1, Reason: "试行", Overlay: process.Overlay{Steps: []process.Settled{
		{Action: contact.Meet, By: keep}, {Action: contact.Talk, By: keep}, {Action: contact.Invite, By: keep[:1]},
		{Action: contact.Secure, By: keep[:1]}, {Action: contact.Quote, By: keep[:1]}}}}); err != nil {
		t.Fatal(err)
	}
	todo(manager, "answer")
	todo(officer)
	offered("the manager's page", true, contact.Talk, contact.Manager)
	offered("the page of whoever asked", false, contact.Talk, contact.Asker)
	does("whoever asked, before the day", cases.MoveOwn(ctx, page, contact.Move{Do: contact.Talk}), catalog.Forbidden)
	does("the manager, before the day", move(manager, contact.Meet), "")
	if _, err := cases.Invite(ctx, manager, c.Code, version, contact.Asking{Name: "沈若川", Reach: "13900000001"}); err != nil {
		t.Error(err)
	}
	version++

	at = at.AddDate(0, 0, 1)
	todo(manager, "follow")
	todo(officer, "office")
	offered("the manager's page", false, contact.Talk, contact.Manager)
	offered("the page of whoever asked", true, contact.Talk, contact.Asker)
	does("the manager, from the day", move(manager, contact.Talk), catalog.Forbidden)
	does("the manager notes", move(manager, contact.Note), "")
	_, err = cases.Invite(ctx, manager, c.Code, version, contact.Asking{Name: "沈若川", Reach: "13900000001"})
	does("the manager asks a professor", err, catalog.Forbidden)
	does("a step that is not theirs", cases.MoveOwn(ctx, page, contact.Move{Do: contact.Drop, Reason: "cost"}), catalog.Forbidden)
	does("whoever asked, from the day", cases.MoveOwn(ctx, page, contact.Move{Do: contact.Talk}), "")
	does("whoever asked, once more", cases.MoveOwn(ctx, page, contact.Move{Do: contact.Talk}), catalog.Conflict)
	todo(manager, "follow") // what comes after is the manager's again
	todo(officer)

	events, _, err := cases.Timeline(ctx, officer, c.Code)
	if err != nil || len(events) != 5 || events[4].Taken.By != contact.Asker || events[4].Taken.Under != contact.Definition.Stamp()+"/1" || events[1].Taken.Under != contact.Definition.Stamp() {
		t.Errorf("%+v, %v", events, err)
	}
	if s, err := contact.Definition.Replay(events); err != nil || s != contact.Talking {
		t.Errorf("replayed to %q, %v", s, err)
	}
}
