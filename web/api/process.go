package api

import (
	"context"
	"errors"
	"net/http"

	"datai/account"
	"datai/catalog"
	"datai/process"
	"datai/rulebook"
	"datai/rules"
	"datai/web/ui"
	"datai/wording"
)

// Process is a process as it is in force on a day.
type Process struct {
	Kind    string         `json:"kind"`
	Version string         `json:"version"`
	Name    RuleText       `json:"name"`
	States  []ProcessState `json:"states"`
	Steps   []ProcessStep  `json:"steps"`
	Timers  []ProcessTimer `json:"timers"`
}

// ProcessState is a state of a process.
type ProcessState struct {
	Code     string   `json:"code"`
	Name     RuleText `json:"name"`
	Turn     string   `json:"turn,omitempty"` // whose it is
	Final    bool     `json:"final,omitempty"`
	Optional bool     `json:"optional,omitempty"`
	Skipped  bool     `json:"skipped,omitempty"`
}

// ProcessStep is a step of a process.
type ProcessStep struct {
	Action   string          `json:"action"`
	Name     RuleText        `json:"name"`
	From     []string        `json:"from"`
	To       string          `json:"to,omitempty"` // none: the case stays
	By       []string        `json:"by"`
	Optional bool            `json:"optional,omitempty"`
	Reasons  []ProcessReason `json:"reasons,omitempty"`
	Fields   []ProcessField  `json:"fields,omitempty"`
}

// ProcessReason is a reason that may be given for a step.
type ProcessReason struct {
	Code   string   `json:"code"`
	Name   RuleText `json:"name"`
	Asks   int      `json:"asks,omitempty"` // characters of text at least
	Office bool     `json:"office,omitempty"`
}

// ProcessField is a field that a step asks for.
type ProcessField struct {
	Name     string   `json:"name"`
	Label    RuleText `json:"label"`
	Required bool     `json:"required,omitempty"`
}

// ProcessTimer is what happens by itself.
type ProcessTimer struct {
	Name   string   `json:"name"`
	In     []string `json:"in"`
	Action string   `json:"action"`
	Rule   string   `json:"rule,omitempty"`
}

// SettingPreview is what would come of a setting.
type SettingPreview struct {
	Before      string              `json:"before"`
	After       Process             `json:"after"`
	Differences []ProcessDifference `json:"differences"`
	Open        int                 `json:"open"`
}

// ProcessDifference is one thing in which a process differs.
type ProcessDifference struct {
	What   string `json:"what"`
	Action string `json:"action,omitempty"`
	Name   string `json:"name,omitempty"`
	Text   string `json:"text"`
}

// Settling is what a university settles about a process.
type Settling struct {
	From    string          `json:"from" format:"date"`
	Reason  string          `json:"reason" minLength:"1" maxLength:"200"`
	Overlay process.Overlay `json:"overlay"`
}

type oneProcess struct {
	Kind string `path:"kind" maxLength:"30"`
	On   string `query:"on" format:"date" maxLength:"10"`
}

type settleProcess struct {
	Kind string `path:"kind" maxLength:"30"`
	Versioned
	Body Settling
}

func (a *API) processes() {
	add(a, operation{id: "list-processes", method: http.MethodGet, path: "/processes", tag: "processes", do: account.SeePublic},
		func(ctx context.Context, c caller, _ *struct{}) (*tagged[list[Process]], error) {
			all, err := a.Processes.All(ctx)
			if err != nil {
				return nil, err
			}
			out := list[Process]{Items: []Process{}}
			for _, d := range all {
				out.Items = append(out.Items, ProcessOf(d, c.who.May(account.ManageRules)))
			}
			return tag(0, out)
		})
	add(a, operation{id: "get-process", method: http.MethodGet, path: "/processes/{kind}", tag: "processes", do: account.SeePublic},
		func(ctx context.Context, c caller, in *oneProcess) (*tagged[Process], error) {
			return a.getProcess(ctx, c, *in)
		})
	add(a, operation{id: "preview-process", method: http.MethodPost, path: "/processes/{kind}/preview", tag: "processes", do: account.ManageRules, write: true},
		func(ctx context.Context, c caller, in *settleProcess) (*struct{ Body SettingPreview }, error) {
			pr, err := in.proposal()
			if err != nil {
				return nil, err
			}
			v, err := a.Processes.Preview(ctx, c.who, pr)
			if err != nil {
				return nil, a.unsettled(ctx, c, in.Kind, err)
			}
			out := SettingPreview{Before: v.Before.Stamp(), After: ProcessOf(v.After, true), Differences: []ProcessDifference{}, Open: v.Open}
			for _, x := range v.Differences {
				out.Differences = append(out.Differences, ProcessDifference{What: string(x.What), Action: string(x.Action), Name: x.Name,
					Text: ui.View{Lang: c.lang}.Difference(v.After, x)})
			}
			return &struct{ Body SettingPreview }{out}, nil
		})
	add(a, operation{id: "settle-process", method: http.MethodPost, path: "/processes/{kind}", tag: "processes", do: account.ManageRules, write: true},
		func(ctx context.Context, c caller, in *settleProcess) (*tagged[Process], error) {
			pr, err := in.proposal()
			if err != nil {
				return nil, err
			}
			if err := a.Processes.Decide(ctx, c.who, pr); err != nil {
				return nil, a.unsettled(ctx, c, in.Kind, err)
			}
			return a.getProcess(ctx, c, oneProcess{Kind: in.Kind, On: in.Body.From})
		})
}

// proposal is what is to be settled; the version that was read is the number of
// the last setting and one.
func (in settleProcess) proposal() (pr rulebook.ProcessProposal, err error) {
	version, err := in.version()
	if err != nil {
		return pr, err
	}
	from, err := rules.ParseDay(in.Body.From)
	if err != nil {
		return pr, catalog.Refuse(catalog.Invalid, "rules.fit.day").Because(err)
	}
	return rulebook.ProcessProposal{Kind: in.Kind, From: from, Overlay: in.Body.Overlay, Reason: in.Body.Reason, After: version - 1}, nil
}

// unsettled is why a setting was refused, in the words of the process.
func (a *API) unsettled(ctx context.Context, c caller, kind string, err error) error {
	if e, ok := err.(*catalog.Error); ok && e.Key == "processes.fit.changed" { //nolint:errorlint // a refusal comes bare
		return errStale
	}
	refused, ok := errors.AsType[*process.Refusal](err)
	if !ok {
		return err
	}
	d, derr := a.Processes.InForce(ctx, kind, a.Processes.Today())
	if derr != nil {
		return derr
	}
	return catalog.Refuse(catalog.Invalid, "api.said", "text", ui.ProcessProblem(c.lang, d, refused)).Because(err)
}

func (a *API) getProcess(ctx context.Context, c caller, in oneProcess) (_ *tagged[Process], err error) {
	on := a.Processes.Today()
	if in.On != "" {
		if on, err = rules.ParseDay(in.On); err != nil {
			return nil, catalog.Refuse(catalog.Invalid, "rules.fit.day").Because(err)
		}
	}
	d, err := a.Processes.InForce(ctx, in.Kind, on)
	if err != nil {
		return nil, err
	}
	last, err := a.Processes.Last(ctx, in.Kind)
	if err != nil {
		return nil, err
	}
	return tag(last+1, ProcessOf(d, c.who.May(account.ManageRules)))
}

func bothWords(say func(wording.Lang) string) RuleText {
	return RuleText{say(wording.Chinese), say(wording.English)}
}

// ProcessOf is a process as programs read it. Which reasons stay with the office
// only the office reads.
func ProcessOf(d *process.Definition, office bool) Process {
	word := func(what, code string) RuleText {
		return bothWords(func(l wording.Lang) string { return ui.ProcessWord(l, d, what, code) })
	}
	out := Process{Kind: d.Kind, Version: d.Stamp(), Name: word("title", ""), States: []ProcessState{}, Steps: []ProcessStep{}, Timers: []ProcessTimer{}}
	for _, s := range d.States {
		out.States = append(out.States, ProcessState{Code: string(s.Name), Name: word("state", string(s.Name)), Turn: string(s.Waits), Final: s.Final,
			Optional: s.Optional, Skipped: s.Skipped})
	}
	for _, x := range d.Steps {
		step := ProcessStep{Action: string(x.Action), Name: word("do", string(x.Action)), From: converted[string](x.From), To: string(x.To),
			By: converted[string](x.By), Optional: x.Optional}
		for _, r := range x.Offered() {
			if !r.Office || office {
				step.Reasons = append(step.Reasons, ProcessReason{Code: r.Code, Asks: r.Asks, Office: r.Office,
					Name: bothWords(func(l wording.Lang) string { return ui.ReasonWord(l, d, r) })})
			}
		}
		for _, f := range x.Fields {
			step.Fields = append(step.Fields, ProcessField{Name: f.Name, Required: f.Need != "",
				Label: bothWords(func(l wording.Lang) string { return ui.FieldWord(l, d, f) })})
		}
		out.Steps = append(out.Steps, step)
	}
	for _, t := range d.Timers {
		out.Timers = append(out.Timers, ProcessTimer{Name: t.Name, In: converted[string](t.In), Action: string(t.Action), Rule: t.Rule})
	}
	return out
}
