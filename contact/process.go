package contact

import (
	"slices"

	"datai/account"
	"datai/process"
)

// State is where a case stands.
type State = process.State

// States of a case.
const (
	Waiting   State = "waiting"   // 待响应
	Met       State = "met"       // 已约见
	Talking   State = "talking"   // 技术交流
	Secrecy   State = "secrecy"   // 保密协议
	Offer     State = "offer"     // 方案/报价
	Contract  State = "contract"  // 合同流转
	Signed    State = "signed"    // 已签约
	Paused    State = "paused"    // 暂缓, with a day on which it is taken up again
	Dropped   State = "dropped"   // 放弃, with a reason
	Withdrawn State = "withdrawn" // 已撤回, by whoever asked
)

// Who somebody is to a case.
const (
	Office    process.Actor = "office"    // who handles cases
	Manager   process.Actor = "manager"   // outside the university, to whom the case was given
	Asker     process.Actor = "asker"     // who has the address of its page
	Professor process.Actor = "professor" // who was asked about it
)

// Steps of a case.
const (
	Note     process.Action = "note"
	Meet     process.Action = "meet"
	Talk     process.Action = "talk"
	Secure   process.Action = "secure"
	Quote    process.Action = "quote"
	Draft    process.Action = "draft"
	Sign     process.Action = "sign"
	Pause    process.Action = "pause"
	Drop     process.Action = "drop"
	Assign   process.Action = "assign"
	Withdraw process.Action = "withdraw"
	Erase    process.Action = "erase"
	Late     process.Action = "late"
	Confirm  process.Action = "confirm" // what the office entered for whoever asks
	Renew    process.Action = "renew"   // the link to confirm by
	Choose   process.Action = "choose"  // the result, where none was
	Invite   process.Action = "invite"  // a professor
	Agree    process.Action = "agree"
	Decline  process.Action = "decline"
	Hide     process.Action = "hide"    // name and number of whoever asked from the professor
	Retract  process.Action = "retract" // the consent that whoever asked knows name and number
	Inquire  process.Action = "inquire" // how it goes
	Report   process.Action = "report"  // that it goes on, needs the office, or rests
	End      process.Action = "end"     // that it has ended, by whoever asked
	Leave    process.Action = "leave"   // that it has ended, by the professor
)

// reasons are those for which an enterprise declines a result (design, list of
// reasons): an officer notes which it was.
var reasons = []process.Reason{
	{Code: "spec_gap", Asks: 1}, {Code: "scene", Asks: 1}, {Code: "maturity"}, {Code: "evidence", Asks: 1}, {Code: "cost"}, {Code: "ip_terms"},
	{Code: "timeline"}, {Code: "delivery"}, {Code: "have_other"}, {Code: "self_solved"}, {Code: "budget"}, {Code: "plan_changed"},
	{Code: "compliance"}, {Code: "known"}, {Code: "no_reply", Office: true}, {Code: "conduct", Office: true}, {Code: "other", Asks: 10},
}

// declines are the reasons for which a professor declines an invitation (design,
// list of reasons).
var declines = []process.Reason{
	{Code: "p_field", Asks: 1}, {Code: "p_busy"}, {Code: "p_target", Asks: 1}, {Code: "p_funds"}, {Code: "p_ip"},
	{Code: "p_engaged", Office: true}, {Code: "p_colleague", Asks: 1}, {Code: "p_fewer"}, {Code: "p_never"},
}

// going are the states in which the office has something to do.
var going = []State{Waiting, Met, Talking, Secrecy, Offer, Contract, Paused}

// Definition is the process of a case: the main line from the first word to the
// signature, over which an office may pass faster, since not every case needs a
// meeting or a secrecy agreement; nothing is signed that was not drafted.
//
// Who handles a case takes its steps. A university may keep some to its own
// office, such as the signature in a case that it gave to a manager outside, and
// may let the two sides record what they know first: that they have met, that
// they talk, that whoever asked does not go on. Consents are never among the
// choices: nobody consents for another.
var Definition = &process.Definition{
	Kind: "contact", Texts: "cases.", Version: 3, Start: Waiting,
	States: []process.Stand{
		{Name: Waiting, Waits: Office}, {Name: Met, Waits: Office, Optional: true}, {Name: Talking, Waits: Office}, {Name: Secrecy, Waits: Office, Optional: true},
		{Name: Offer, Waits: Office, Optional: true}, {Name: Contract, Waits: Office}, {Name: Signed, Final: true},
		{Name: Paused, Waits: Office, Side: true, Optional: true}, {Name: Dropped, Side: true, Final: true}, {Name: Withdrawn, Side: true, Final: true},
	},
	Steps: []process.Step{
		{Action: Note, From: going, By: handlers, Fields: next, Guards: ahead},
		{Action: Meet, From: []State{Waiting, Paused}, To: Met, By: handlers, Among: sides, Fields: next, Guards: on, Optional: true},
		{Action: Talk, From: []State{Waiting, Met, Paused}, To: Talking, By: handlers, Among: sides, Fields: next, Guards: on},
		{Action: Secure, From: []State{Met, Talking, Paused}, To: Secrecy, By: handlers, Fields: with("agreement"), Guards: on, Optional: true},
		{Action: Quote, From: []State{Met, Talking, Secrecy, Paused}, To: Offer, By: handlers, Fields: with("offer"), Guards: on, Optional: true},
		{Action: Draft, From: []State{Talking, Secrecy, Offer, Paused}, To: Contract, By: handlers, Fields: with("contract"), Guards: on},
		{Action: Sign, From: []State{Contract}, To: Signed, By: handlers, Fields: with("signed"), Guards: on},
		{Action: Pause, From: []State{Waiting, Met, Talking, Secrecy, Offer, Contract}, To: Paused, By: handlers, Fields: untilDay, Guards: ahead, Optional: true},
		{Action: Drop, From: going, To: Dropped, By: handlers, Among: asker, Reasons: reasons, Fields: next[:1]},
		{Action: Assign, From: going, By: office, Quiet: true},
		{Action: Confirm, From: going, By: asker, Quiet: true},
		{Action: Renew, From: going, By: handlers, Quiet: true},
		{Action: Choose, From: going, By: handlers, Quiet: true},
		{Action: Invite, From: going, By: handlers, Guards: on[:1], Quiet: true},
		{Action: Agree, From: going, By: professor, Guards: inTime, Quiet: true},
		{Action: Decline, From: going, By: professor, Reasons: declines, Guards: inTime, Quiet: true},
		{Action: Hide, From: append(slices.Clip(going), Signed, Dropped), By: asker, Quiet: true},
		{Action: Retract, From: append(slices.Clip(going), Signed, Dropped, Withdrawn), By: professor, Quiet: true},
		{Action: Inquire, From: running, By: []process.Actor{process.Clock}, Quiet: true},
		{Action: Report, From: running, By: sides, Guards: inTime, Quiet: true},
		{Action: End, From: running, By: asker, Reasons: reasons, Guards: inTime, Quiet: true},
		{Action: Leave, From: running, By: professor, Reasons: declines, Guards: inTime, Quiet: true},
		{Action: Withdraw, From: going, To: Withdrawn, By: asker, Quiet: true},
		{Action: Erase, From: []State{Signed, Dropped}, By: asker, Quiet: true},
		{Action: Late, From: going, By: []process.Actor{process.Clock}, Quiet: true},
	},
	Timers: []process.Timer{{Name: "due", In: going, Action: Late, Rule: ruleAnswer}, {Name: quarterly, In: going, Action: Inquire, Rule: "contact-progress"},
		{Name: followUps[0].name, In: running, Action: Inquire, Rule: followUps[0].rule}, {Name: followUps[1].name, In: running, Action: Inquire, Rule: followUps[1].rule},
		{Name: followUps[2].name, In: running, Action: Inquire, Rule: followUps[2].rule}},
}

// running are the states in which somebody is asked how it goes.
var running = append(slices.Clip(going), Signed)

var (
	office    = []process.Actor{Office}
	handlers  = []process.Actor{Office, Manager}
	sides     = []process.Actor{Asker, Professor}
	asker     = []process.Actor{Asker}
	professor = []process.Actor{Professor}
	next      = []process.Field{{Name: "next", Kind: process.Text, Most: mostNote}, {Name: "remind", Kind: process.Day}}
	untilDay  = []process.Field{next[0], {Name: "remind", Kind: process.Day, Need: "cases.fit.remind_required"}}
	// on refuses what goes on with somebody who has not agreed to it: silence is
	// never consent. Fact "agreed": "1".
	on = []process.Guard{{Name: "agreed", Check: func(f process.Facts) *process.Refusal {
		if f["agreed"] != "1" {
			return process.Refuse("cases.fit.unconfirmed")
		}
		return nil
	}}, ahead[0]}
	// inTime refuses an answer after the link by which it was asked for has ended:
	// facts "until" and "now", unix ms.
	inTime = []process.Guard{{Name: "in_time", Check: func(f process.Facts) *process.Refusal {
		if f.Int("now") >= f.Int("until") {
			return process.RefuseLate(f.Int("until"))
		}
		return nil
	}}}
	// ahead refuses a reminder in the past: facts "remind_at" and "now", unix ms.
	ahead = []process.Guard{{Name: "remind_ahead", Check: func(f process.Facts) *process.Refusal {
		if f["remind_at"] != "" && f.Int("remind_at") < f.Int("now") {
			return process.Refuse("cases.fit.remind").About("remind")
		}
		return nil
	}}}
)

// with are the fields of a step with which documents may come. None is asked for:
// papers are often signed by hand and filed elsewhere.
func with(documents string) []process.Field {
	return append(slices.Clone(next), process.Field{Name: documents, Kind: process.Document, Most: 5})
}

// As is what somebody who handles cases is to one.
func As(p account.Principal) []process.Actor {
	switch p.Reach(account.HandleContacts) {
	case account.Any:
		return office
	case account.Assigned:
		return []process.Actor{Manager}
	}
	return nil
}

// States lists every state in the order people meet them.
func States() []State {
	var out []State
	for _, s := range Definition.States {
		out = append(out, s.Name)
	}
	return out
}

// Open reports whether the office still has something to do.
func Open(s State) bool { return slices.Contains(going, s) }

// Actions lists the steps that an officer takes by a form.
func Actions() []process.Action {
	var out []process.Action
	for _, x := range Definition.Steps {
		if !x.Quiet {
			out = append(out, x.Action)
		}
	}
	return out
}

// offered are the reasons that can be chosen.
func offered(list []process.Reason) []process.Reason {
	return slices.DeleteFunc(slices.Clone(list), func(r process.Reason) bool { return r.Hidden })
}
