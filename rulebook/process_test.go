package rulebook_test

import (
	"errors"
	"sync"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/gate"
	"datai/internal/apptest"
	"datai/process"
	"datai/rulebook"
	"datai/rules"

	"github.com/google/uuid"
)

func setting(a *apptest.App, steps ...process.Settled) rulebook.ProcessProposal {
	return rulebook.ProcessProposal{Kind: "contact", From: a.Processes.Today(), Reason: "试行", Overlay: process.Overlay{Steps: steps}}
}

var plans = rules.Text{Chinese: "校内另有安排", English: "Other plans here"}

// asked opens a case on a result that is public.
func asked(t *testing.T, a *apptest.App) contact.Case {
	t.Helper()
	if len(a.AllResults(t)) == 0 {
		a.Import(t, apptest.File("results", apptest.ResultRow(catalog.Result{Title: "热泵", Abstract: "供暖"})))
		a.PublishResults(t)
	}
	c, _, err := a.Contact.Ask(t.Context(), account.Nobody(), a.AllResults(t)[0].Code, contact.Request{Name: "罗静姝", Organisation: "示例轴承",
		Reach: "13800000001", Purpose: "试用", Source: contact.FromListing, Consent: "同意"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestASettingIsInForceFromItsDay(t *testing.T) {
	a := apptest.New(t)
	officer := apptest.Officer()
	c := asked(t, a)
	pr := setting(a, process.Settled{Action: contact.Meet, Off: true},
		process.Settled{Action: contact.Drop, Reasons: []process.SettledReason{{Code: "own_1", Added: true, Label: plans, Office: true}, {Code: "cost", Hidden: true}}})
	pr.From++
	v, err := a.Processes.Preview(t.Context(), officer, pr)
	if err != nil || v.Open != 1 || len(v.Differences) != 5 || v.Before.Setting != 0 {
		t.Fatalf("%d open, %+v, %v", v.Open, v.Differences, err)
	}
	if last, err := a.Processes.Last(t.Context(), "contact"); last != 0 || err != nil {
		t.Errorf("a preview decides: %d, %v", last, err)
	}
	if err := a.Processes.Decide(t.Context(), officer, pr); err != nil {
		t.Fatal(err)
	}
	move := func(m contact.Move, version int64) error {
		return a.Contact.Move(t.Context(), officer, c.Code, version, m)
	}
	if err := move(contact.Move{Do: contact.Drop, Reason: "own_1"}, 1); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("a reason of tomorrow: %v", err)
	}
	a.Clock.Advance(24 * 3600e9)
	if err := move(contact.Move{Do: contact.Meet}, 1); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("a step that is off: %v", err)
	}
	if err := move(contact.Move{Do: contact.Drop, Reason: "cost"}, 1); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("a reason that is hidden: %v", err)
	}
	if err := move(contact.Move{Do: contact.Drop, Reason: "own_1"}, 1); err != nil {
		t.Error(err)
	}
	es, _, err := a.Contact.Timeline(t.Context(), officer, c.Code)
	if err != nil || len(es) != 1 || es[0].Taken.Under != contact.Definition.Stamp()+"/1" || es[0].Taken.Reason != "own_1" {
		t.Errorf("%+v, %v", es, err)
	}
	if s, err := contact.Definition.Replay(es); s != contact.Dropped || err != nil {
		t.Errorf("replay gives %q, %v", s, err)
	}

	// Taken back, what was added stays known to the cases that used it.
	back := setting(a)
	back.After = 1
	if err := a.Processes.Decide(t.Context(), officer, back); err != nil {
		t.Fatal(err)
	}
	d, err := a.Contact.Process(t.Context())
	if r, known := d.Reason("own_1"); err != nil || !known || !r.Hidden || r.Label != plans || d.Stamp() != contact.Definition.Stamp()+"/2" {
		t.Errorf("%+v under %s, %v", r, d.Stamp(), err)
	}
	if _, on := d.Step(contact.Meet, contact.Waiting); !on {
		t.Error("a step stays off")
	}
	was, err := a.Processes.InForce(t.Context(), "contact", a.Processes.Today()-1)
	if err != nil || was.Setting != 0 {
		t.Errorf("yesterday %s was in force, %v", was.Stamp(), err)
	}
}

func TestWhoMaySettle(t *testing.T) {
	a := apptest.New(t)
	for _, role := range account.Roles() {
		p := account.Principal{Acting: role, Roles: []account.Role{role}, ID: uuid.New()}
		pr := setting(a, process.Settled{Action: contact.Secure, Off: true})
		_, err := a.Processes.Preview(t.Context(), p, pr)
		if may := p.May(account.ManageRules); (err == nil) != may {
			t.Errorf("%s previews: %v", role, err)
		}
		if p.May(account.ManageRules) {
			continue
		}
		if err := a.Processes.Decide(t.Context(), p, pr); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s decides: %v", role, err)
		}
		if _, err := a.Processes.Settings(t.Context(), p, "contact"); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s sees who decided: %v", role, err)
		}
	}
}

func TestWhatAProcessDoesNotAllowIsNotSettled(t *testing.T) {
	a := apptest.New(t)
	for name, pr := range map[string]rulebook.ProcessProposal{
		"signing off":    setting(a, process.Settled{Action: contact.Sign, Off: true}),
		"another's step": setting(a, process.Settled{Action: contact.Sign, By: []process.Actor{contact.Asker}}),
	} {
		err := a.Processes.Decide(t.Context(), apptest.Officer(), pr)
		if _, ok := errors.AsType[*process.Refusal](err); !ok || catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*rulebook.ProcessProposal){
		"no reason": func(pr *rulebook.ProcessProposal) { pr.Reason = " " },
		"yesterday": func(pr *rulebook.ProcessProposal) { pr.From-- },
		"far":       func(pr *rulebook.ProcessProposal) { pr.From += 900 },
		"unseen":    func(pr *rulebook.ProcessProposal) { pr.After = 3 },
		"unknown":   func(pr *rulebook.ProcessProposal) { pr.Kind = "loan" },
	} {
		pr := setting(a, process.Settled{Action: contact.Secure, Off: true})
		spoil(&pr)
		if err := a.Processes.Decide(t.Context(), apptest.Officer(), pr); catalog.CodeOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if last, err := a.Processes.Last(t.Context(), "contact"); last != 0 || err != nil {
		t.Errorf("%d settings stand: %v", last, err)
	}
}

func TestTwoOfficersSettleAtOnce(t *testing.T) {
	a := apptest.New(t)
	var wait sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wait.Go(func() {
			errs[i] = a.Processes.Decide(t.Context(), apptest.Officer(), setting(a, process.Settled{Action: contact.Secure, Off: true}))
		})
	}
	wait.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if catalog.CodeOf(err) != catalog.Conflict {
			t.Error(err)
		}
	}
	if last, err := a.Processes.Last(t.Context(), "contact"); made != 1 || last != 1 || err != nil {
		t.Errorf("%d settled, %d stand: %v", made, last, err)
	}
}

// The gate offers what was settled about its process, too.
func TestTheGateFollowsItsSetting(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File("results", apptest.ResultRow(catalog.Result{Title: "热泵", Abstract: "供暖"})))
	pr := setting(a, process.Settled{Action: gate.Choose, Off: true},
		process.Settled{Action: gate.Return, Reasons: []process.SettledReason{{Code: "own_1", Added: true, Label: plans}, {Code: "picture", Hidden: true}}})
	pr.Kind = "gate"
	if err := a.Processes.Decide(t.Context(), apptest.Officer(), pr); err != nil {
		t.Fatal(err)
	}
	v, err := a.Gate.View(t.Context(), apptest.Officer(), a.AllResults(t)[0].Code)
	if err != nil || v.Process.Stamp() != gate.Definition.Stamp()+"/1" {
		t.Fatalf("%s, %v", v.Process.Stamp(), err)
	}
	for _, s := range v.Process.States {
		if skipped := s.Name == gate.Scoring || s.Name == gate.Held; s.Skipped != skipped {
			t.Errorf("%s is skipped: %v", s.Name, s.Skipped)
		}
	}
	for _, x := range v.Process.Open(v.Case.State, v.As) {
		if offered := x.Offered(); x.Action == gate.Return && (offered[0].Code != "own_1" || len(offered) != len(x.Reasons)-1) {
			t.Errorf("offered are %+v", offered)
		}
	}
}
