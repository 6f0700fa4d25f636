package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/process"
	"datai/rulebook"
	"datai/rules"
	"datai/web/ui"
)

// The pages of processes, and the form by which an officer settles one.

func (p *Pages) processes(c *visit) error {
	list, err := p.Processes.All(c.ctx())
	if err != nil {
		return err
	}
	c.v.Nav = "rules"
	c.canonical("/processes")
	return c.show(ui.Head{Title: c.v.T("processes.title"), Gist: c.v.T("processes.text")}, ui.ProcessesPage(c.v, list))
}

func (p *Pages) process(c *visit) (err error) {
	kind := c.r.PathValue("kind")
	o := ui.ProcessPage{May: c.v.Who.May(account.ManageRules), Done: c.r.URL.Query().Get("done") == "1"}
	if o.D, err = p.Processes.InForce(c.ctx(), kind, p.Processes.Today()); err != nil {
		return err
	}
	if o.Book, err = p.Rules.Book(c.ctx()); err != nil {
		return err
	}
	if o.Set, err = o.Book.At(p.Rules.Today()); err != nil {
		return rulebook.Refused(err)
	}
	if o.May {
		if o.Settings, err = p.Processes.Settings(c.ctx(), c.v.Who, kind); err != nil {
			return err
		}
	}
	c.v.Nav = "rules"
	head := ui.Head{Title: ui.ProcessWord(c.v.Lang, o.D, "title", ""), Quiet: o.Done}
	if !o.Done {
		c.canonical("/processes/" + kind)
	}
	return c.show(head, ui.ProcessOnePage(c.v, o))
}

// processForm is the form of a process with what was settled last.
func (p *Pages) processForm(c *visit) (f ui.ProcessForm, err error) {
	kind := c.r.PathValue("kind")
	if f.D, err = p.Processes.Delivered(kind); err != nil {
		return f, err
	}
	if f.Now, err = p.Processes.InForce(c.ctx(), kind, p.Processes.Today()); err != nil {
		return f, err
	}
	all, err := p.Processes.Settings(c.ctx(), c.v.Who, kind)
	if err != nil {
		return f, err
	}
	f.After, f.From = int64(len(all)), p.Processes.Today().String()
	if len(all) > 0 {
		f.Overlay = all[len(all)-1].Overlay
	}
	return f, nil
}

func (p *Pages) changeProcess(c *visit) error {
	f, err := p.processForm(c)
	if err != nil {
		return err
	}
	return p.showProcessForm(c, http.StatusOK, f)
}

func (p *Pages) showProcessForm(c *visit, status int, f ui.ProcessForm) error {
	c.v.Nav = "rules"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("processes.change"), Quiet: true}, ui.ProcessChangePage(c.v, f)))
}

// decideProcess previews a setting or decides it; what does not fit comes back
// in the form.
func (p *Pages) decideProcess(c *visit) error {
	f, err := p.processForm(c)
	if err != nil {
		return err
	}
	if err := c.readForm(4 * formMax); err != nil {
		return err
	}
	form := c.r.PostForm
	f.From, f.Reason = form.Get("from"), form.Get("reason")
	if typed := form.Get("overlay"); typed != "" { // as it was previewed
		f.Overlay = process.Overlay{}
		err = json.Unmarshal([]byte(typed), &f.Overlay)
	} else {
		f.Overlay, err = settled(f.D, form)
	}
	pr := rulebook.ProcessProposal{Kind: f.D.Kind, Overlay: f.Overlay, Reason: f.Reason}
	if err == nil {
		pr.After, err = strconv.ParseInt(form.Get("after"), 10, 64)
	}
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	if pr.From, err = rules.ParseDay(f.From); err != nil {
		err = catalog.Refuse(catalog.Invalid, "rules.fit.day").Because(err)
	} else if form.Get("do") == "decide" {
		if err = p.Processes.Decide(context.WithoutCancel(c.ctx()), c.v.Who, pr); err == nil {
			return c.redirect("/processes/" + f.D.Kind + "?done=1")
		}
	} else {
		var preview rulebook.ProcessPreview
		if preview, err = p.Processes.Preview(c.ctx(), c.v.Who, pr); err == nil {
			typed, err := json.Marshal(preview.Overlay)
			if err != nil {
				return err
			}
			f.Preview, f.Overlay, f.Typed = &preview, preview.Overlay, string(typed)
			return p.showProcessForm(c, http.StatusOK, f)
		}
	}
	if code := catalog.CodeOf(err); code != catalog.Invalid && code != catalog.Conflict {
		return err
	}
	shown := c.problem(err)
	f.Problem = shown.text
	if refused, ok := errors.AsType[*process.Refusal](err); ok {
		f.Problem = ui.ProcessProblem(c.v.Lang, f.Now, refused)
	}
	return p.showProcessForm(c, shown.status, f)
}

// settled reads what a form settles about a process. What stands there as it was
// delivered is not settled.
func settled(d *process.Definition, form url.Values) (o process.Overlay, err error) {
	var done []process.Action
	for _, x := range d.Steps {
		if slices.Contains(done, x.Action) || !ui.Settleable(x) {
			continue
		}
		done = append(done, x.Action)
		a := string(x.Action)
		s := process.Settled{Action: x.Action, Off: x.Optional && form.Get("on."+a) == ""}
		if choices := x.Choices(); len(choices) > 1 {
			by := slices.DeleteFunc(choices, func(who process.Actor) bool { return !slices.Contains(form["by."+a], string(who)) })
			if len(by) == 0 {
				by = []process.Actor{""} // nobody, which is refused
			}
			if !slices.Equal(by, slices.DeleteFunc(x.Choices(), func(who process.Actor) bool { return !slices.Contains(x.By, who) })) {
				s.By = by
			}
		}
		if s.Reasons, err = settledReasons(x, form); err != nil {
			return o, err
		}
		for _, y := range x.Fields {
			at := "f." + a + "." + y.Name + "."
			s.Fields = append(s.Fields, process.SettledField{Name: y.Name, Required: y.Need == "" && form.Get(at+"need") != "",
				Label: typedWords(form, at, "label"), Hint: typedWords(form, at, "hint")})
		}
		o.Steps = append(o.Steps, s)
	}
	return o, nil
}

func typedWords(form url.Values, at, what string) rules.Text {
	return rules.Text{Chinese: strings.TrimSpace(form.Get(at + what + "_zh")), English: strings.TrimSpace(form.Get(at + what + "_en"))}
}

// settledReasons reads the reasons of a step; none if they are as delivered.
func settledReasons(x process.Step, form url.Values) ([]process.SettledReason, error) {
	type row struct {
		process.SettledReason
		at int
	}
	var rows []row
	other := false
	for _, code := range form["reasons."+string(x.Action)] {
		at := "r." + string(x.Action) + "." + code + "."
		r := row{SettledReason: process.SettledReason{Code: code, Label: typedWords(form, at, "label"), Added: form.Get(at+"added") != ""}}
		if own := strings.TrimSpace(form.Get(at + "code")); own != "" { // one that is filled in
			if r.Label == (rules.Text{}) {
				continue
			}
			r.Code = own
		} else {
			r.Hidden = form.Get(at+"shown") == ""
		}
		var err error
		if r.at, err = strconv.Atoi(cmp.Or(strings.TrimSpace(form.Get(at+"at")), "9999")); err != nil {
			return nil, err
		}
		if r.Added {
			if r.Asks, err = strconv.Atoi(cmp.Or(strings.TrimSpace(form.Get(at+"asks")), "0")); err != nil {
				return nil, err
			}
			r.Office = form.Get(at+"office") != ""
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	out := make([]process.SettledReason, len(rows))
	for i, r := range rows {
		out[i] = r.SettledReason
		other = other || r.SettledReason != process.SettledReason{Code: r.Code} || i >= len(x.Reasons) || x.Reasons[i].Code != r.Code
	}
	if !other {
		return nil, nil
	}
	return out, nil
}
