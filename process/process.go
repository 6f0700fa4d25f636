// Package process says how a case moves: which states there are, who may take
// which step from where, what a step asks for, and what refuses it.
//
// A Definition is a literal in a capability. It is pure: a guard gets facts
// that the capability loaded inside its transaction, and never a database or a
// clock. What was decided on is kept with the decision, so a replay follows the
// events and evaluates nothing again.
package process

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/rules"

	"github.com/google/uuid"
)

// State is where a case stands.
type State string

// Action names a step that somebody takes.
type Action string

// Actor is what somebody is to a case: "office", "asker", a reviewer. The
// capability says which of them a principal is.
type Actor string

// Clock is the actor of timers.
const Clock Actor = "clock"

// Definition is one process. The texts that people meet are messages that begin
// with Texts: "<texts>state.<state>", "<texts>do.<action>", "<texts>did.<action>",
// "<texts>reason.<code>", and those of fields, which Field names.
type Definition struct {
	Kind    string // of its cases, such as "contact"
	Texts   string // what the keys of its messages begin with, such as "cases."
	Version int    // rises with every change of states or steps; a case keeps the one it began under
	Setting int64  // number of what the university settled, 0 = as delivered
	Start   State
	States  []Stand // in the order in which people meet them
	Steps   []Step
	Timers  []Timer
}

// Stand is a state and what is true in it.
type Stand struct {
	Name  State
	Waits Actor // whose turn it is; "" if nobody's
	Final bool  // no step leaves it
	Side  bool  // beside the main line: paused, given up

	Optional bool // may be skipped where the steps to it are switched off
	Skipped  bool // they are: no case comes there any more
}

// Step is one way on.
type Step struct {
	Action  Action
	From    []State
	To      State // "" = the case stays where it is
	By      []Actor
	Among   []Actor  // whom else a university may let take it
	Reasons []Reason // one of them must be given; none = no reason is asked for
	Fields  []Field
	Guards  []Guard
	Quiet   bool // has no form of its own: a link, a timer or another page takes it

	Optional bool // a university may switch it off
}

// Reason is why a step is taken that somebody may not like.
type Reason struct {
	Code string // message "<texts>reason.<code>"; stable, never deleted
	Asks int    // characters of text that it demands at least, 0 = none
	// Office keeps the reason with the office: the other side reads that it does
	// not go on.
	Office bool

	Label  rules.Text // in place of the message, where the university has words of its own
	Hidden bool       // not chosen any more
	Added  bool       // by the university
}

// Guard refuses a step on facts.
type Guard struct {
	Name   string
	Clause string // the rule that it enforces, "" if it is none of a law's
	Check  func(Facts) *Refusal
}

// Facts are what a guard is asked about. They are stored with the decision, so
// they name no person and hold no secret.
type Facts map[string]string

// Int is the fact of that name as a number, 0 if it is none.
func (f Facts) Int(name string) int64 {
	n, err := strconv.ParseInt(f[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Timer is something that happens by itself once a time has passed while a case
// stands in one of some states. The capability reckons when.
type Timer struct {
	Name   string
	In     []State
	Action Action // by Clock
	Rule   string // key of the rule that says how long, "" if somebody sets the day
}

// Refusal says why a step is not taken. Text is the key of a message, Args its
// variables in pairs.
type Refusal struct {
	Why    Why
	Guard  string // that refused, "" if none did
	Clause string
	Text   string
	Args   []string
	Faults []Fault // of a form that is unfit; Text is that of the first
	// Deadline is when it was too late, unix ms; of TooLate alone.
	Deadline int64
}

// Why sorts refusals by what whoever asked can do about them.
type Why string

// What is in the way.
const (
	WrongState Why = "state" // somebody else was first, or it is over
	NotYours   Why = "actor"
	Unfit      Why = "unfit" // the form has to be mended
	Guarded    Why = "guard"
	TooLate    Why = "late" // a deadline has passed
)

func (r *Refusal) Error() string {
	return "process: refused (" + string(r.Why) + "): " + r.Text + " " + strings.Join(r.Args, " ")
}

// Refuse is what a guard returns: the key of a message and its variables in
// pairs.
func Refuse(text string, args ...string) *Refusal {
	return &Refusal{Why: Guarded, Text: text, Args: args}
}

// RefuseLate is what a guard returns after a deadline (unix ms). What was filled
// in is kept as a draft, and the page says so.
func RefuseLate(deadline int64) *Refusal {
	return &Refusal{Why: TooLate, Text: "process.late", Deadline: deadline}
}

// About says which field of the form the refusal is about.
func (r *Refusal) About(field string) *Refusal {
	r.Faults = []Fault{{field, r.Text, r.Args}}
	return r
}

// Seen is a case of a process as somebody who may see it sees it.
type Seen struct {
	ID      uuid.UUID
	Process *Definition // in force
	Version int64
	State   State
	As      []Actor // what they are to it
}

// Move is what somebody wants to do.
type Move struct {
	Action Action
	As     []Actor // what they are to the case
	Reason string
	Text   string            // beside the reason
	Values map[string]string // of the fields
	// Documents is how many documents each document field has; the capability
	// counts them in its transaction.
	Documents map[string]int
}

// Taken is a step that was taken, as the journal and the timeline keep it.
type Taken struct {
	Action Action
	By     Actor // under which of the roles of whoever did it
	From   State
	To     State
	Reason string
	Facts  Facts
	Under  string // Stamp of the definition
}

// NeverDue is the due time of a case on which nothing is due; it sorts last.
const NeverDue = int64(1) << 60

// Alarm is a timer that is set for a case.
type Alarm struct {
	Case  uuid.UUID
	Timer string
	At    int64 // unix ms; NeverDue takes it away
}

// Fire hands each timer that is due to fire and returns how many it took: of two
// servers one takes each, which a Conflict tells the other.
func Fire(due []Alarm, fire func(Alarm) error) (fired int, err error) {
	for _, a := range due {
		switch err := fire(a); {
		case err == nil:
			fired++
		case catalog.CodeOf(err) != catalog.Conflict:
			return fired, err
		}
	}
	return fired, nil
}

// Event is a step of a case's timeline.
type Event struct {
	N     int // from 1
	At    int64
	Who   uuid.UUID // zero: somebody without an account, or the clock
	Role  string    // the acting role
	Taken Taken
}

// Doers are the accounts that took the steps of a timeline; the clock and whoever
// has none are the zero id.
func Doers(es []Event) []uuid.UUID {
	ids := make([]uuid.UUID, len(es))
	for i, e := range es {
		ids[i] = e.Who
	}
	return ids
}

// Stand is the state of that name.
func (d *Definition) Stand(s State) (Stand, bool) {
	i := slices.IndexFunc(d.States, func(x Stand) bool { return x.Name == s })
	if i < 0 {
		return Stand{}, false
	}
	return d.States[i], true
}

// Stamp is the version under which a step is taken: contact@1, or contact@1/3
// where the third setting of the university is in force.
func (d *Definition) Stamp() string {
	if d.Setting == 0 {
		return fmt.Sprintf("%s@%d", d.Kind, d.Version)
	}
	return fmt.Sprintf("%s@%d/%d", d.Kind, d.Version, d.Setting)
}

// Final reports whether no step leaves s.
func (d *Definition) Final(s State) bool {
	x, ok := d.Stand(s)
	return ok && x.Final
}

// Step is the step by which action leaves s.
func (d *Definition) Step(action Action, s State) (Step, bool) {
	i := slices.IndexFunc(d.Steps, func(x Step) bool { return x.Action == action && slices.Contains(x.From, s) })
	if i < 0 {
		return Step{}, false
	}
	return d.Steps[i], true
}

// Fields are the fields of the steps of that name.
func (d *Definition) Fields(action Action) (fields []Field) {
	for _, x := range d.Steps {
		if x.Action == action {
			fields = append(fields, x.Fields...)
		}
	}
	return fields
}

// Open lists the steps that have a form and that one of the actors may take
// from s, in the order of the definition.
func (d *Definition) Open(s State, as []Actor) []Step {
	var out []Step
	for _, x := range d.Steps {
		if !x.Quiet && slices.Contains(x.From, s) && x.actor(as) != "" {
			out = append(out, x)
		}
	}
	return out
}

// May reports whether one of the actors may take the action from s.
func (d *Definition) May(a Action, s State, as []Actor) bool {
	x, ok := d.Step(a, s)
	return ok && x.actor(as) != ""
}

// Onward reports whether one of the actors may take a step from s that leads on
// along the main line.
func (d *Definition) Onward(s State, as []Actor) bool {
	return slices.ContainsFunc(d.Open(s, as), func(x Step) bool {
		to, ok := d.Stand(x.To)
		return ok && !to.Side
	})
}

// actor is the first of as who may take the step.
func (x Step) actor(as []Actor) Actor {
	i := slices.IndexFunc(as, func(a Actor) bool { return slices.Contains(x.By, a) })
	if i < 0 {
		return ""
	}
	return as[i]
}

// Take says what comes of a move from state s, or why nothing does.
func (d *Definition) Take(s State, m Move, f Facts) (Taken, *Refusal) {
	if !slices.ContainsFunc(d.Steps, func(x Step) bool { return x.Action == m.Action }) {
		return Taken{}, &Refusal{Why: Unfit, Text: "error.form"}
	}
	x, ok := d.Step(m.Action, s)
	if !ok {
		text := "process.no_way"
		if d.Final(s) {
			text = "process.closed"
		}
		return Taken{}, &Refusal{Why: WrongState, Text: text}
	}
	by := x.actor(m.As)
	if by == "" {
		return Taken{}, &Refusal{Why: NotYours, Text: "error.forbidden"}
	}
	if r := x.Fit(m); r != nil {
		return Taken{}, r
	}
	for _, g := range x.Guards {
		if r := g.Check(f); r != nil {
			r.Guard, r.Clause = g.Name, g.Clause
			return Taken{}, r
		}
	}
	to := x.To
	if to == "" {
		to = s
	}
	return Taken{Action: m.Action, By: by, From: s, To: to, Reason: m.Reason, Facts: f, Under: d.Stamp()}, nil
}

// Replay is the state to which the events lead from the start. It fails at an
// event that does not follow from the one before.
func (d *Definition) Replay(events []Event) (State, error) {
	s := d.Start
	for i, e := range events {
		if e.N != i+1 || e.Taken.From != s {
			return s, fmt.Errorf("process: %s: event %d leaves %q, the case stood in %q", d.Kind, e.N, e.Taken.From, s)
		}
		x, ok := d.Step(e.Taken.Action, s)
		to := x.To
		if to == "" {
			to = s
		}
		if !ok || to != e.Taken.To || !slices.Contains(x.By, e.Taken.By) && !slices.Contains(x.Among, e.Taken.By) {
			return s, fmt.Errorf("process: %s: event %d: no step %q by %q leads from %q to %q", d.Kind, e.N, e.Taken.Action, e.Taken.By, s, e.Taken.To)
		}
		s = to
	}
	return s, nil
}

// Check says what is wrong with a definition: a name that is used and not
// defined, a state that no case reaches, one that no case leaves although it is
// not final, a step that nobody may take, two steps of one action from one
// state, a timer whose step the clock may not take.
func (d *Definition) Check() error {
	known := func(s State) bool { _, ok := d.Stand(s); return ok }
	if !known(d.Start) {
		return fmt.Errorf("process: %s begins in the unknown state %q", d.Kind, d.Start)
	}
	for i, s := range d.States {
		if slices.ContainsFunc(d.States[:i], func(x Stand) bool { return x.Name == s.Name }) {
			return fmt.Errorf("process: %s has the state %q twice", d.Kind, s.Name)
		}
	}
	seen := map[string]bool{}
	for _, x := range d.Steps {
		if x.To != "" && !known(x.To) || len(x.From) == 0 || len(x.By) == 0 {
			return fmt.Errorf("process: %s: step %q leads to %q from %v by %v", d.Kind, x.Action, x.To, x.From, x.By)
		}
		if err := x.check(d.Kind); err != nil {
			return err
		}
		for _, s := range x.From {
			key := string(x.Action) + " from " + string(s)
			switch final := d.Final(s); {
			case !known(s):
				return fmt.Errorf("process: %s: step %q leaves the unknown state %q", d.Kind, x.Action, s)
			case seen[key]:
				return fmt.Errorf("process: %s has two steps %s", d.Kind, key)
			case final && x.To != "" && x.To != s:
				return fmt.Errorf("process: %s: step %q leaves the final state %q", d.Kind, x.Action, s)
			}
			seen[key] = true
		}
	}
	for _, t := range d.Timers {
		for _, s := range t.In {
			if x, ok := d.Step(t.Action, s); !ok || !slices.Contains(x.By, Clock) {
				return fmt.Errorf("process: %s: timer %q takes %q from %q, which the clock may not", d.Kind, t.Name, t.Action, s)
			}
		}
	}
	return d.connected()
}

// connected looks for states that are never reached and for dead ends: from
// every state some final one must be reachable.
func (d *Definition) connected() error {
	switch s, reached := d.lost(); {
	case s == "":
		return nil
	case reached:
		return fmt.Errorf("process: %s: no way leads from %q to an end", d.Kind, s)
	default:
		return fmt.Errorf("process: %s never reaches the state %q", d.Kind, s)
	}
}

// reached are the states to which some way leads from the start.
func (d *Definition) reached() map[State]bool {
	return d.spread(map[State]bool{d.Start: true}, func(from, to State) (State, State) { return from, to })
}

// lost is the first state that is not reached, or from which no way leads to an
// end; "" if there is none.
func (d *Definition) lost() (s State, reached bool) {
	there := d.reached()
	ends := map[State]bool{}
	for _, s := range d.States {
		if s.Final {
			ends[s.Name] = true
		}
	}
	ending := d.spread(ends, func(from, to State) (State, State) { return to, from })
	for _, s := range d.States {
		if !there[s.Name] && !s.Skipped {
			return s.Name, false
		}
		if !ending[s.Name] {
			return s.Name, true
		}
	}
	return "", false
}

// spread adds to the set what the steps lead to from it, until nothing is new.
func (d *Definition) spread(set map[State]bool, way func(from, to State) (State, State)) map[State]bool {
	for grew := true; grew; {
		grew = false
		for _, x := range d.Steps {
			for _, s := range x.From {
				if x.To == "" {
					continue
				}
				if a, b := way(s, x.To); set[a] && !set[b] {
					set[b], grew = true, true
				}
			}
		}
	}
	return set
}
