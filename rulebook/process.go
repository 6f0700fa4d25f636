package rulebook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"
	"datai/rules"
	"datai/work"

	"github.com/google/uuid"
)

// Setting is what the university settled about a process from a day on, as a
// whole: it stands in place of the settings before it. Its number is its place
// in the order of those of its process, from 1 without a gap.
type Setting struct {
	Kind    string
	Number  int64
	From    rules.Day
	Overlay process.Overlay
	Reason  string
	At      int64 // unix ms
	By      uuid.UUID
	ByName  string // of the account; empty for the command line
}

// ProcessTx is what the settings of processes need of the store.
type ProcessTx interface {
	// ProcessSettings lists the settings of a process in their order.
	ProcessSettings(ctx context.Context, kind string) ([]Setting, error)
	// AddProcessSetting adds a setting; Conflict if its number is taken.
	AddProcessSetting(ctx context.Context, s Setting) error
	// CasesByState counts the cases of a process.
	CasesByState(ctx context.Context, kind string) (map[process.State]int, error)
	Append(ctx context.Context, e journal.Entry) error
}

// Processes is the use cases of the settings of processes.
type Processes struct {
	db   work.Unit[ProcessTx]
	base []*process.Definition
	now  func() time.Time
	rand io.Reader
}

// NewProcesses makes the service; base are the processes as they were delivered.
func NewProcesses(db work.Unit[ProcessTx], now func() time.Time, rand io.Reader, base ...*process.Definition) *Processes {
	return &Processes{db: db, base: base, now: now, rand: rand}
}

// Today is the day in Shanghai.
func (s *Processes) Today() rules.Day { return rules.DayOf(s.now()) }

// Delivered is the process of that kind as it was delivered; NotFound.
func (s *Processes) Delivered(kind string) (*process.Definition, error) {
	for _, d := range s.base {
		if d.Kind == kind {
			return d, nil
		}
	}
	return nil, catalog.Refuse(catalog.NotFound, "processes.unknown", "kind", kind)
}

// All lists the processes as they are in force today.
func (s *Processes) All(ctx context.Context) (out []*process.Definition, err error) {
	for _, base := range s.base {
		d, err := s.InForce(ctx, base.Kind, s.Today())
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// Of is a function that gives the process of that kind as it is in force when it
// is called.
func (s *Processes) Of(kind string) func(context.Context) (*process.Definition, error) {
	return func(ctx context.Context) (*process.Definition, error) { return s.InForce(ctx, kind, s.Today()) }
}

// InForce is the process of that kind as it is in force on a day; NotFound.
func (s *Processes) InForce(ctx context.Context, kind string, on rules.Day) (d *process.Definition, err error) {
	base, err := s.Delivered(kind)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx ProcessTx) error {
		all, err := tx.ProcessSettings(ctx, kind)
		d, _ = inForce(base, all, on)
		return err
	})
	return d, err
}

// inForce is what is in force on a day: of settings from the same day the later
// one. A setting that no longer fits what a later version of the program
// delivers is not in force; why is returned, and reasons that it added are kept
// for the cases that used them.
func inForce(base *process.Definition, all []Setting, on rules.Day) (d *process.Definition, why error) {
	var found Setting
	for _, x := range all {
		if x.From <= on && x.From >= found.From {
			found = x
		}
	}
	d, why = base.With(kept(all, found.Overlay))
	if why == nil {
		d.Setting = found.Number
		return d, nil
	}
	if d, err := base.With(kept(all, process.Overlay{})); err == nil {
		return d, why
	}
	return base, why
}

// kept is an overlay with every reason that any setting added.
func kept(all []Setting, o process.Overlay) process.Overlay {
	for _, x := range all {
		o = o.Keep(x.Overlay)
	}
	return o
}

// Settings lists what was settled about a process, in order, with who did.
func (s *Processes) Settings(ctx context.Context, p account.Principal, kind string) (all []Setting, err error) {
	if !p.May(account.ManageRules) {
		return nil, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if _, err := s.Delivered(kind); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx ProcessTx) (err error) {
		all, err = tx.ProcessSettings(ctx, kind)
		return err
	})
	return all, err
}

// Last is the number of the last setting of a process, 0 if there is none.
func (s *Processes) Last(ctx context.Context, kind string) (n int64, err error) {
	err = s.db.Read(ctx, func(tx ProcessTx) error {
		all, err := tx.ProcessSettings(ctx, kind)
		n = int64(len(all))
		return err
	})
	return n, err
}

// ProcessProposal is what somebody wants to settle. After is the number of the
// last setting that they saw: another one since then is a conflict.
type ProcessProposal struct {
	Kind    string
	From    rules.Day
	Overlay process.Overlay
	Reason  string
	After   int64
}

// ProcessPreview is what would come of a proposal.
type ProcessPreview struct {
	Before, After *process.Definition // on the day from which it would count
	Differences   []process.Difference
	Open          int // cases that stand where something differs
	Overlay       process.Overlay
}

// Preview says what would come of a proposal, and changes nothing. One that the
// process does not allow is refused with a *process.Refusal as its cause.
func (s *Processes) Preview(ctx context.Context, p account.Principal, pr ProcessProposal) (v ProcessPreview, err error) {
	if !p.May(account.ManageRules) {
		return v, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	today := s.Today()
	err = s.db.Read(ctx, func(tx ProcessTx) error {
		v, err = s.judge(ctx, tx, &pr, today)
		return err
	})
	return v, err
}

// Decide settles a process.
func (s *Processes) Decide(ctx context.Context, p account.Principal, pr ProcessProposal) error {
	if !p.May(account.ManageRules) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	entry, err := journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), "process.set", "rule")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx ProcessTx) error {
		pr := pr
		v, err := s.judge(ctx, tx, &pr, rules.DayOf(now))
		if err != nil {
			return err
		}
		set := Setting{Kind: pr.Kind, Number: pr.After + 1, From: pr.From, Overlay: v.Overlay, Reason: pr.Reason, At: now.UnixMilli(), By: p.ID}
		if err := tx.AddProcessSetting(ctx, set); err != nil {
			if catalog.CodeOf(err) == catalog.Conflict {
				return catalog.Refuse(catalog.Conflict, "processes.fit.changed").Because(err)
			}
			return err
		}
		digest, err := set.digest()
		if err != nil {
			return err
		}
		e := entry
		e.Body = map[string]string{"process": v.After.Stamp(), "from": set.From.String(), "digest": digest, "differences": strconv.Itoa(len(v.Differences))}
		return tx.Append(ctx, e)
	})
}

// digest proves what was settled without the words that somebody typed.
func (s Setting) digest() (string, error) {
	text, err := json.Marshal(s.Overlay)
	if err != nil {
		return "", fmt.Errorf("rulebook: setting: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}

// judge refuses what may not be settled and says what would come of the rest.
func (s *Processes) judge(ctx context.Context, tx ProcessTx, pr *ProcessProposal, today rules.Day) (v ProcessPreview, err error) {
	base, err := s.Delivered(pr.Kind)
	if err != nil {
		return v, err
	}
	all, err := tx.ProcessSettings(ctx, pr.Kind)
	if err != nil {
		return v, err
	}
	if int64(len(all)) != pr.After {
		return v, catalog.Refuse(catalog.Conflict, "processes.fit.changed")
	}
	pr.Reason = catalog.Clean(pr.Reason)
	if err := fitDecision(pr.Reason, pr.From, today); err != nil {
		return v, err
	}
	v.Overlay = kept(all, cleaned(pr.Overlay))
	v.Before, _ = inForce(base, all, pr.From)
	if v.After, err = base.With(v.Overlay); err != nil {
		return v, refusedSetting(err)
	}
	v.After.Setting = pr.After + 1
	v.Differences = v.Before.Differences(v.After)
	cases, err := tx.CasesByState(ctx, pr.Kind)
	for _, state := range v.Before.Touched(v.After) {
		v.Open += cases[state]
	}
	return v, err
}

// refusedSetting is why a process does not allow a setting, for a person.
func refusedSetting(err error) error {
	if r, ok := err.(*process.Refusal); ok { //nolint:errorlint // With returns it bare
		return catalog.Refuse(catalog.Invalid, r.Text, r.Args...).Because(r)
	}
	return err
}

// cleaned is an overlay whose typed words are clean lines and that does not say
// what is as delivered anyway.
func cleaned(o process.Overlay) process.Overlay {
	var out process.Overlay
	line := func(t rules.Text) rules.Text {
		return rules.Text{Chinese: catalog.CleanLine(t.Chinese), English: catalog.CleanLine(t.English)}
	}
	for _, s := range o.Steps {
		s.Reasons, s.Fields = slices.Clone(s.Reasons), slices.Clone(s.Fields)
		for i := range s.Reasons {
			s.Reasons[i].Label = line(s.Reasons[i].Label)
		}
		for i := range s.Fields {
			s.Fields[i].Label, s.Fields[i].Hint = line(s.Fields[i].Label), line(s.Fields[i].Hint)
		}
		s.Fields = slices.DeleteFunc(s.Fields, func(f process.SettledField) bool {
			return f == process.SettledField{Name: f.Name}
		})
		if s.Off || len(s.By)+len(s.Reasons)+len(s.Fields) > 0 {
			out.Steps = append(out.Steps, s)
		}
	}
	return out
}

// Fault is a setting that is not in force because the program has changed.
type Fault struct {
	Process *process.Definition
	Why     error
}

// Check lists the settings that do not fit the processes as they are delivered
// now.
func (s *Processes) Check(ctx context.Context) (out []Fault, err error) {
	err = s.db.Read(ctx, func(tx ProcessTx) error {
		out = nil
		for _, base := range s.base {
			all, err := tx.ProcessSettings(ctx, base.Kind)
			if err != nil {
				return err
			}
			if _, why := inForce(base, all, s.Today()); why != nil {
				out = append(out, Fault{base, why})
			}
		}
		return nil
	})
	return out, err
}
