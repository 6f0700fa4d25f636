package gate

import (
	"slices"
	"strconv"

	"datai/catalog"
	"datai/process"
)

// State is where a result stands at the gate.
type State = process.State

// States of SM1 as far as the gate goes, with those of SM2b between waiting and
// listed. What may be shown to whom the state of the catalogue says, never this
// one.
const (
	Draft      State = "draft"      // 草稿
	Disclosed  State = "disclosed"  // 披露待审
	Registered State = "registered" // 登记
	Waiting    State = "waiting"    // 待上架审
	Scoring    State = "scoring"    // 外审中
	Held       State = "held"       // 暂缓, by an outside review
	Listed     State = "listed"     // 上架
	Returned   State = "returned"   // 整改, with a reason
	Off        State = "off"        // 下架
	Sealed     State = "sealed"     // 涉密封存
)

// Who somebody is to a result at the gate.
const (
	Office    process.Actor = "office"
	Completer process.Actor = "completer" // who made it, by a link
	Catalogue process.Actor = "catalogue" // what was done to the result beside the gate: imported, edited, withdrawn
)

// Steps.
const (
	Admit    process.Action = "admit"    // a list brought it: it was disclosed elsewhere
	Disclose process.Action = "disclose" // with its team
	Register process.Action = "register" // from a day on
	Date     process.Action = "date"     // say since when it is registered
	Look     process.Action = "look"     // an officer looked at questions and lets them be
	Submit   process.Action = "submit"
	List     process.Action = "list" // onto the shelf
	Return   process.Action = "return"
	Reply    process.Action = "reply" // a completer answered by link
	Resubmit process.Action = "resubmit"
	Choose   process.Action = "choose" // for an outside review
	Pass     process.Action = "pass"   // the scores let it through
	Hold     process.Action = "hold"
	Reject   process.Action = "reject"
	Stop     process.Action = "stop"  // the outside review is called off
	Lapse    process.Action = "lapse" // it ended with too few scores
	Resume   process.Action = "resume"
	TakeOff  process.Action = "take_off"
	Expire   process.Action = "expire"
	Relist   process.Action = "relist"
	Idle     process.Action = "idle" // a year since registration, not exploited
	Seal     process.Action = "seal"
	Shown    process.Action = "shown"    // the catalogue has it on the shelf
	Gone     process.Action = "gone"     // and no longer
	Reworded process.Action = "reworded" // other public words: back to waiting
)

// sentBack are the reasons for which a result is sent back at the gate (wording,
// sent back at the gate); 疑似涉密 ends in Seal, too.
var sentBack = []process.Reason{
	{Code: "missing", Asks: 1}, {Code: "unmeasurable", Asks: 1}, {Code: "duplicate", Asks: 1}, {Code: "title"}, {Code: "unconfirmed"}, {Code: "exaggerated"},
	{Code: "personal"}, {Code: "secret"}, {Code: "no_technology"}, {Code: "picture"},
}

// off are the reasons for which a result leaves the shelf: 失效 and 到期 (SM1), a
// wish of its completers, words that are wrong.
var off = []process.Reason{{Code: "void"}, {Code: "expired"}, {Code: "wish"}, {Code: "wrong", Asks: 1}}

// going are the states that are not over.
var going = []State{Draft, Disclosed, Registered, Waiting, Scoring, Held, Listed, Returned, Off}

func but(states ...State) []State {
	return slices.DeleteFunc(slices.Clone(going), func(s State) bool { return slices.Contains(states, s) })
}

var (
	office  = []process.Actor{Office}
	clock   = []process.Actor{process.Clock}
	itself  = []process.Actor{Catalogue}
	sinceOn = process.Field{Name: "on", Kind: process.Day, Need: "gate.fit.on"}
)

// files is a field for the files of a step. None is asked for: papers are often
// signed by hand and filed elsewhere.
func files(name string) process.Field {
	return process.Field{Name: name, Kind: process.Document, Most: 5}
}

// Timers: the one-year clock of R10 and the end of the listing are two clocks,
// each of its own.
const (
	TimerIdle    = "idle"
	TimerListing = "listing"
	TimerScores  = "scores" // the deadline of an outside review
)

// Definition is the process of a result at the gate.
var Definition = &process.Definition{
	Kind: "gate", Texts: "gate.", Version: 3, Start: Draft,
	States: []process.Stand{
		{Name: Draft, Waits: Completer}, {Name: Disclosed, Waits: Office}, {Name: Registered, Waits: Office}, {Name: Waiting, Waits: Office},
		{Name: Scoring, Side: true, Optional: true}, {Name: Held, Waits: Completer, Side: true, Optional: true}, {Name: Listed}, {Name: Returned, Waits: Completer, Side: true},
		{Name: Off, Waits: Office, Side: true}, {Name: Sealed, Side: true, Final: true},
	},
	Steps: []process.Step{
		{Action: Disclose, From: []State{Draft}, To: Disclosed, By: office, Fields: []process.Field{files("disclosure")}, Guards: []process.Guard{team}},
		{Action: Register, From: []State{Disclosed}, To: Registered, By: office, Fields: []process.Field{sinceOn, files("papers")}, Guards: []process.Guard{noSecret, notOwn, notEntered, past}},
		{Action: Date, From: but(Draft, Disclosed), By: office, Fields: []process.Field{sinceOn}, Guards: []process.Guard{past}},
		{Action: Submit, From: []State{Registered}, To: Waiting, By: office},
		{Action: List, From: []State{Waiting}, To: Listed, By: office, Quiet: true, Guards: []process.Guard{confirmed, filed, told, answered, scored, notOwn, notEntered}},
		{Action: Look, From: but(Listed, Off), By: office, Quiet: true},
		{Action: Choose, From: []State{Waiting}, To: Scoring, By: office, Quiet: true, Guards: []process.Guard{filed}, Optional: true},
		{Action: Return, From: []State{Disclosed, Registered, Waiting, Held}, To: Returned, By: office, Reasons: sentBack, Fields: []process.Field{files("marked")}},
		{Action: Resubmit, From: []State{Returned}, To: Waiting, By: office, Fields: []process.Field{files("mended")}},
		{Action: Resume, From: []State{Held}, To: Waiting, By: office, Fields: []process.Field{files("supplement")}},
		{Action: Stop, From: []State{Scoring}, To: Waiting, By: office, Quiet: true},
		{Action: TakeOff, From: []State{Listed}, To: Off, By: office, Reasons: off, Fields: []process.Field{files("grounds")}},
		{Action: Relist, From: []State{Off}, To: Waiting, By: office},
		{Action: Seal, From: going, To: Sealed, By: office, Guards: []process.Guard{sure}, Fields: []process.Field{{Name: "sure", Kind: process.YesNo, Need: "gate.fit.sure"}}},
		{Action: Admit, From: []State{Draft}, To: Waiting, By: itself, Quiet: true},
		{Action: Reply, From: but(Listed, Off), By: []process.Actor{Completer}, Quiet: true},
		{Action: Pass, From: []State{Scoring}, To: Waiting, By: clock, Quiet: true, Guards: []process.Guard{verdict("pass")}},
		{Action: Hold, From: []State{Scoring}, To: Held, By: clock, Quiet: true, Guards: []process.Guard{verdict("hold")}},
		{Action: Reject, From: []State{Scoring}, To: Returned, By: clock, Quiet: true, Guards: []process.Guard{verdict("reject")}},
		{Action: Lapse, From: []State{Scoring}, To: Waiting, By: clock, Quiet: true},
		{Action: Expire, From: []State{Listed}, To: Off, By: clock, Quiet: true},
		{Action: Idle, From: but(Draft, Disclosed), By: clock, Quiet: true},
		{Action: Shown, From: but(Listed), To: Listed, By: itself, Quiet: true},
		{Action: Gone, From: but(Off), To: Off, By: itself, Quiet: true},
		{Action: Reworded, From: []State{Listed, Off}, To: Waiting, By: itself, Quiet: true},
	},
	Timers: []process.Timer{{Name: TimerIdle, In: but(Draft, Disclosed), Action: Idle, Rule: keyIdle}, {Name: TimerListing, In: []State{Listed}, Action: Expire, Rule: "result-valid"}},
}

// Facts of the guards: "people" and "shares" (parts per million) of the team,
// "confirmed" (1: 可公开确认 by whoever lists), "unfiled", "told" (1: a text
// says what it is), "open" (the code of a question that holds it), "secret"
// (1: words of what may be under limits that nobody has looked at), "own" (1:
// the result is the officer's), "entered" (1: the officer entered it for
// somebody), "unscored" (1: the last outside review did not let it through), "on" and "now"
// (unix ms), "sure", "verdict".
func refuseIf(name, clause, fact, value, text string) process.Guard {
	return process.Guard{Name: name, Clause: clause, Check: func(f process.Facts) *process.Refusal {
		if f[fact] == value {
			return process.Refuse(text)
		}
		return nil
	}}
}

var (
	confirmed  = refuseIf("confirmed", "", "confirmed", "", "bulk.confirm_required")
	filed      = refuseIf("filed", "", "unfiled", "1", "shelf.left.unfiled")
	told       = refuseIf("told", "", "told", "", "shelf.left.no_abstract")
	notOwn     = refuseIf("not_own", "", "own", "1", "gate.left.own")
	notEntered = refuseIf("not_entered", "", "entered", "1", "gate.left.entered")
	scored     = refuseIf("scored", "SM2b", "unscored", "1", "gate.left.verdict")
	noSecret   = refuseIf("no_secret", "SM1", "secret", "1", "gate.left.secret")
	answered   = process.Guard{Name: "answered", Clause: "SM2b", Check: func(f process.Facts) *process.Refusal {
		if f["open"] != "" {
			return process.Refuse("gate.left.open", "question", f["open"])
		}
		return nil
	}}
	past = process.Guard{Name: "past", Clause: "R10", Check: func(f process.Facts) *process.Refusal {
		if f.Int("on") > f.Int("now") {
			return process.Refuse("gate.left.future").About("on")
		}
		return nil
	}}
	sure = process.Guard{Name: "sure", Check: func(f process.Facts) *process.Refusal {
		if f["sure"] != "1" {
			return process.Refuse("gate.fit.sure").About("sure")
		}
		return nil
	}}
	team = process.Guard{Name: "team", Clause: "SM1", Check: func(f process.Facts) *process.Refusal {
		switch {
		case f.Int("people") == 0:
			return process.Refuse("gate.left.people")
		case f.Int("shares") != 0 && f.Int("shares") != int64(catalog.WholePPM):
			return process.Refuse("gate.left.shares")
		}
		return nil
	}}
)

// verdict lets only what the scores say through.
func verdict(want string) process.Guard {
	return process.Guard{Name: "verdict", Clause: "SM2b", Check: func(f process.Facts) *process.Refusal {
		if f["verdict"] != want {
			return process.Refuse("gate.left.verdict")
		}
		return nil
	}}
}

// teamFacts are what is known of the people who made a result.
func teamFacts(r *catalog.Result) process.Facts {
	people, shares := 0, int64(0)
	for _, c := range r.Completers {
		if c.Name != "" {
			people++
		}
		shares += int64(c.Share)
	}
	return process.Facts{"people": strconv.Itoa(people), "shares": strconv.FormatInt(shares, 10)}
}

// States lists every state in the order people meet them.
func States() []State {
	var out []State
	for _, s := range Definition.States {
		out = append(out, s.Name)
	}
	return out
}

// Reasons lists the reasons of a step in the order people meet them.
func Reasons(do process.Action) []process.Reason {
	for _, x := range Definition.Steps {
		if x.Action == do {
			return slices.Clone(x.Reasons)
		}
	}
	return nil
}

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

// caughtUp is the step that the catalogue took while the gate did not look: the
// catalogue is the truth of what is public. "" if both agree.
func caughtUp(s State, r *catalog.Result) process.Action {
	shown := r.State.OnShelf() && r.PublicConfirmed || r.State == catalog.ResultExclusive || r.State == catalog.ResultTransferred
	gone := r.State == catalog.ResultWithdrawn || r.State == catalog.ResultExpired
	switch {
	case s == Sealed:
		return ""
	case shown && s != Listed:
		return Shown
	case gone && s != Off:
		return Gone
	case !shown && !gone && (s == Listed || s == Off):
		return Reworded
	case s == Draft && r.State != catalog.ResultDraft:
		return Admit
	}
	return ""
}

// standing is where a result stands that may have no case yet.
func standing(s State, r *catalog.Result) State {
	if s == "" {
		s = Draft
	}
	for do := caughtUp(s, r); do != ""; do = caughtUp(s, r) {
		x, ok := Definition.Step(do, s)
		if !ok {
			break
		}
		s = x.To
	}
	return s
}
