package api_test

import (
	"slices"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/gate"
	"datai/intake"
	"datai/internal/apptest"
	"datai/process"
	"datai/rulebook"
	"datai/rules"
	"datai/store"

	"github.com/google/uuid"
)

// atGate brings a result to the gate and returns its code.
func (s *server) atGate(change func(*catalog.Result)) string {
	s.t.Helper()
	r := bearing()
	r.GivenID, r.Title, r.Rights = "", wordy(), nil // of its own, whoever has a right of that number
	r.RightsAs = "发明专利，已授权"
	change(&r)
	s.Import(s.t, apptest.File(intake.Results, apptest.ResultRow(r)))
	for _, x := range s.AllResults(s.t) {
		if x.Title == r.Title {
			return x.Code
		}
	}
	s.t.Fatal("the result is not there")
	return ""
}

// complete is a result that only a word of an officer keeps from the shelf.
func (s *server) complete() string { return s.atGate(func(*catalog.Result) {}) }

// answered is an answer that waits for an officer.
func (s *server) answered() string {
	s.t.Helper()
	ctx := s.t.Context()
	code := s.atGate(func(r *catalog.Result) {
		r.Contact, r.Maturity.Evidence = catalog.Contact{Name: wordy()}, nil
		r.Completers = []catalog.Completer{{Name: r.Contact.Name}}
	})
	sent, _, err := s.Gate.Ask(ctx, as(account.Officer), gate.Filter{}, false)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, x := range sent { // another's link passes over what it does not ask
		if err := s.Gate.Reply(ctx, x.Secret, []gate.Given{{Result: code, Code: gate.AskEvidence, Text: "have"}}); err != nil && catalog.CodeOf(err) != catalog.Invalid && catalog.CodeOf(err) != catalog.NotFound {
			s.t.Fatal(err)
		}
	}
	ps, err := s.Gate.Proposals(ctx, as(account.Officer), 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	if i := slices.IndexFunc(ps, func(p gate.Proposal) bool { return p.Result.Code == code }); i >= 0 {
		return ps[i].ID.String()
	}
	s.t.Fatal("nobody was asked")
	return ""
}

// TestAPersonChecksOneResultByProgram: the inner review takes the confirmation,
// the versions that were seen, and nobody's own result.
func TestAPersonChecksOneResultByProgram(t *testing.T) {
	s := newServer(t)
	s.people()
	code := s.complete()
	li := as(account.Officer)
	at := "/gate/" + code
	var now struct{ Ref, State string }
	s.call(li, "GET", at, nil).want(200).read(&now)
	body := func(confirm bool) map[string]any {
		return map[string]any{"ref": now.Ref, "confirm": confirm, "clear": []string{string(gate.AskOwners)}}
	}
	s.call(li, "POST", at+"/list", body(false)).problem(400, "invalid")
	s.call(as(account.Professor), "POST", at+"/list", body(true)).problem(403, "forbidden")
	own := li
	own.Name = bearing().Completers[0].Name
	s.call(li, "POST", at+"/list", map[string]any{"ref": now.Ref, "confirm": true}).problem(409, "conflict")
	s.call(own, "POST", at+"/list", body(true)).problem(409, "conflict")
	s.call(li, "POST", at+"/list", body(true)).want(200).has(`"state":"listed"`)
	s.call(li, "POST", at+"/list", body(true)).problem(409, "conflict")
	s.call(li, "GET", at+"/timeline", nil).want(200).has(`"do":"list"`, `"to":"listed"`)
}

// TestAPersonDecidesOnAnswersByProgram: once, and only who lists results.
func TestAPersonDecidesOnAnswersByProgram(t *testing.T) {
	s := newServer(t)
	s.people()
	li := as(account.Officer)
	at := "/gate/answers/" + s.answered() + "/decide"
	yes := map[string]any{"accept": true}
	s.call(as(account.Professor), "POST", at, yes).problem(403, "forbidden")
	own := li
	ps, err := s.Gate.Proposals(t.Context(), li, 10)
	if err != nil || len(ps) != 1 {
		t.Fatal(ps, err)
	}
	own.Name = ps[0].Result.Completers[0].Name
	s.call(own, "POST", at, yes).problem(409, "conflict")
	s.call(li, "POST", at, yes).want(204)
	if as, err := s.Gate.Answers(t.Context(), li, ps[0].Result.ID); err != nil || len(as) != 1 || as[0].State != gate.Accepted {
		t.Errorf("%+v, %v", as, err)
	}
	s.call(li, "POST", at, yes).problem(409, "conflict")
	s.call(li, "POST", "/gate/answers/"+uuid.NewString()+"/decide", yes).problem(404, "not_found")
	s.call(li, "GET", "/gate/answers", nil).want(200).has(`"items":[]`)
}

// TestAPersonReadsAContactByProgram: in full, with an entry; the timeline and the
// case itself say nothing of whoever asked.
func TestAPersonReadsAContactByProgram(t *testing.T) {
	s := newServer(t)
	s.people()
	result, _, _, _ := s.stock()
	li := as(account.Officer)
	c, _, err := s.Contact.Ask(t.Context(), account.Nobody(), result.Code, contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000001", Purpose: "试用", Source: contact.FromListing, Consent: "同意"})
	if err != nil {
		t.Fatal(err)
	}
	at := "/contacts/" + c.Code
	looked := func() (n int) {
		t.Helper()
		if err := s.DB.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.DB.Read(t.Context(), func(tx *store.Tx) error {
			es, err := tx.EntriesAfter(t.Context(), 0, 10000)
			for _, e := range es {
				if e.Verb == "disclose.contact" && e.Subject == c.ID {
					n++
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	s.call(as(account.Professor), "POST", at+"/disclose", nil).problem(403, "forbidden")
	s.call(as(account.Manager), "POST", at+"/disclose", nil).problem(404, "not_found")
	for _, path := range []string{at, at + "/timeline"} {
		s.call(li, "GET", path, nil).want(200).hasNot("13800000001", "罗静姝", "试用")
	}
	if looked() != 0 {
		t.Error("an entry without a look")
	}
	s.call(li, "POST", at+"/disclose", nil).want(200).has("13800000001", "罗静姝", "示例轴承")
	if looked() != 1 {
		t.Error("no entry of the look")
	}
	s.call(li, "POST", at+"/move", map[string]any{"do": "pause", "next": "等他回话", "remind": "2026-04-20"}, "If-Match", "1").want(200)
	s.call(li, "GET", at+"/timeline", nil).want(200).has(`"n":1`, `"do":"pause"`, `"to":"`).hasNot("13800000001", "罗静姝", "等他回话")
}

// TestAReasonOfTheUniversityIsTaken: the schema lets a reason through that was
// settled here, and the service refuses one that nobody settled.
func TestAReasonOfTheUniversityIsTaken(t *testing.T) {
	s := newServer(t)
	s.people()
	code := s.complete()
	li := as(account.Officer)
	if err := s.Processes.Decide(t.Context(), li, rulebook.ProcessProposal{Kind: gate.Definition.Kind, From: s.Processes.Today(), Reason: "试行",
		Overlay: process.Overlay{Steps: []process.Settled{{Action: gate.Return, Reasons: []process.SettledReason{{Code: "own_form", Added: true, Label: rules.Text{Chinese: "缺本校表格", English: "The form is missing"}}}}}}}); err != nil {
		t.Fatal(err)
	}
	var now struct{ Ref string }
	s.call(li, "GET", "/gate/"+code, nil).want(200).read(&now)
	move := func(reason string) map[string]any {
		return map[string]any{"ref": now.Ref, "do": "return", "reason": reason}
	}
	s.call(li, "POST", "/gate/"+code+"/move", move("nobodys")).problem(400, "invalid")
	s.call(li, "POST", "/gate/"+code+"/move", move("own_form")).want(200).has(`"reason":"own_form"`)
}
