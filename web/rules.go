package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/rulebook"
	"datai/rules"
	"datai/web/ui"
)

// The page of the rules in force, and the forms by which an officer decides.

// rules shows the rules of a day and a region. What is no day is answered with
// the rules of today and a word.
func (p *Pages) rules(c *visit) error {
	book, err := p.Rules.Book(c.ctx())
	if err != nil {
		return err
	}
	q := c.r.URL.Query()
	r := ui.Rules{Book: book, Today: p.Rules.Today(), May: c.v.Who.May(account.ManageRules), Done: q.Get("done") == "1"}
	r.On = r.Today
	if typed := strings.TrimSpace(q.Get("on")); typed != "" {
		if r.On, err = rules.ParseDay(typed); err != nil {
			r.On, r.Typed = r.Today, typed
		}
	}
	here, err := book.At(r.On)
	if err != nil {
		return rulebook.Refused(err)
	}
	r.Set, r.Here = here, here.Region()
	if region := q.Get("region"); region != "" {
		if r.Set, err = book.In(region, r.On); err != nil {
			return rulebook.Refused(err)
		}
	}
	r.Year = r.On.Year()
	if year, err := strconv.Atoi(q.Get("year")); err == nil && year >= 1900 && year < 2200 {
		r.Year = year
	}
	if r.May {
		if r.Decisions, err = p.Rules.Decisions(c.ctx(), c.v.Who); err != nil {
			return err
		}
	}
	c.v.Nav = "rules"
	head := ui.Head{Title: c.v.T("rules.title"), Gist: c.v.T("rules.gist")}
	if len(q) == 0 {
		c.canonical("/rules")
	} else {
		head.Quiet = true
	}
	return c.show(head, ui.RulesPage(c.v, r))
}

// ruleForm is the form of a rule with what is in force today.
func (p *Pages) ruleForm(c *visit) (f ui.RuleForm, err error) {
	if f.Book, err = p.Rules.Book(c.ctx()); err != nil {
		return f, err
	}
	set, err := f.Book.At(p.Rules.Today())
	if err != nil {
		return f, rulebook.Refused(err)
	}
	if f.Rule, err = set.Rule(c.r.PathValue("key")); err != nil {
		return f, rulebook.Refused(err)
	}
	f.After, err = p.lastDecision(c)
	f.Unit, f.Choice, f.Amount = f.Rule.Value.Unit, f.Rule.Value.Choice, typedAmount(f.Rule.Value)
	f.From = p.Rules.Today().String()
	return f, err
}

// lastDecision is the number of the last decision.
func (p *Pages) lastDecision(c *visit) (int64, error) {
	all, err := p.Rules.Decisions(c.ctx(), c.v.Who)
	return int64(len(all)), err
}

func (p *Pages) changeRule(c *visit) error {
	f, err := p.ruleForm(c)
	if err != nil {
		return err
	}
	return p.showRuleForm(c, http.StatusOK, f)
}

func (p *Pages) showRuleForm(c *visit, status int, f ui.RuleForm) error {
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("rules.change"), Quiet: true}, ui.RuleChangePage(c.v, f)))
}

// decideRule previews a value or decides it; what does not fit comes back in the
// form.
func (p *Pages) decideRule(c *visit) error {
	f, err := p.ruleForm(c)
	if err != nil {
		return err
	}
	if err := c.readForm(formMax); err != nil {
		return err
	}
	form := c.r.PostForm
	f.Amount, f.Unit, f.Choice = strings.TrimSpace(form.Get("amount")), rules.Unit(form.Get("unit")), form.Get("choice")
	f.Back, f.From, f.Reason = form.Get("back") != "", form.Get("from"), form.Get("reason")
	pr, err := proposed(f)
	if err == nil {
		if pr.After, err = strconv.ParseInt(form.Get("after"), 10, 64); err != nil {
			return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
		}
		if form.Get("do") == "decide" {
			if err = p.Rules.Decide(context.WithoutCancel(c.ctx()), c.v.Who, pr); err == nil {
				return c.redirect("/rules?done=1")
			}
		} else {
			var preview rulebook.Preview
			if preview, err = p.Rules.Preview(c.ctx(), c.v.Who, pr); err == nil {
				f.Preview = &preview
				return p.showRuleForm(c, http.StatusOK, f)
			}
		}
	}
	if code := catalog.CodeOf(err); code != catalog.Invalid && code != catalog.Conflict {
		return err
	}
	shown := c.problem(err)
	f.Problem = shown.text
	if bound, ok := errors.AsType[*rules.BoundError](err); ok {
		f.Problem = ui.BeyondRule(c.v.Lang, f.Book, bound)
	}
	return p.showRuleForm(c, shown.status, f)
}

// proposed reads what a form of a rule proposes.
func proposed(f ui.RuleForm) (pr rulebook.Proposal, err error) {
	own := rules.Own{Key: f.Rule.Key, Reason: f.Reason}
	if own.From, err = rules.ParseDay(f.From); err != nil {
		return pr, catalog.Refuse(catalog.Invalid, "rules.fit.day").Because(err)
	}
	if !f.Back {
		value, err := typedValue(f)
		if err != nil {
			return pr, err
		}
		own.Value = &value
	}
	return rulebook.Proposal{Value: &own}, nil
}

func typedValue(f ui.RuleForm) (rules.Value, error) {
	if f.Rule.Value.Unit == rules.Choice {
		return rules.Value{Unit: rules.Choice, Choice: f.Choice}, nil
	}
	v := rules.Value{Unit: f.Unit}
	var hour, minute int64
	var err error
	switch f.Unit {
	case rules.Minute:
		if _, err = fmt.Sscanf(f.Amount+"\n", "%d:%d\n", &hour, &minute); err == nil && (hour < 0 || hour > 24 || minute < 0 || minute > 59) {
			err = errors.New("no hour of the day")
		}
		v.Amount = 60*hour + minute
	case rules.PPM:
		v.Amount, err = scaled(strings.TrimSuffix(f.Amount, "%"), 10_000)
	case rules.Fen:
		v.Amount, err = scaled(f.Amount, 100)
	default:
		v.Amount, err = strconv.ParseInt(f.Amount, 10, 64)
	}
	if err != nil {
		return v, catalog.Refuse(catalog.Invalid, "rules.fit.amount").Because(err)
	}
	return v, nil
}

// scaled is a decimal number times scale, which must be whole.
func scaled(text string, scale float64) (int64, error) {
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0, err
	}
	x *= scale
	if n := math.Round(x); math.Abs(n-x) < 1e-6 && math.Abs(n) < 1e15 {
		return int64(n), nil
	}
	return 0, fmt.Errorf("%q has too many places", text)
}

// typedAmount is an amount as it is typed.
func typedAmount(v rules.Value) string {
	switch v.Unit {
	case rules.Choice:
		return ""
	case rules.Minute:
		return ui.ClockOf(v.Amount)
	case rules.PPM:
		return strconv.FormatFloat(float64(v.Amount)/10_000, 'f', -1, 64)
	case rules.Fen:
		return strconv.FormatFloat(float64(v.Amount)/100, 'f', -1, 64)
	}
	return strconv.FormatInt(v.Amount, 10)
}

func (p *Pages) changeDays(c *visit) (err error) {
	f := ui.DaysForm{Kind: rulebook.Off}
	if f.After, err = p.lastDecision(c); err != nil {
		return err
	}
	return p.showDaysForm(c, http.StatusOK, f)
}

func (p *Pages) showDaysForm(c *visit, status int, f ui.DaysForm) error {
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("rules.days_change"), Quiet: true}, ui.DaysChangePage(c.v, f)))
}

// decideDays previews own days or decides them.
func (p *Pages) decideDays(c *visit) error {
	if err := c.readForm(formMax); err != nil {
		return err
	}
	form := c.r.PostForm
	f := ui.DaysForm{From: form.Get("from"), To: form.Get("to"), Kind: rulebook.DayKind(form.Get("kind")), Name: form.Get("name")}
	after, err := strconv.ParseInt(form.Get("after"), 10, 64)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	if f.After, err = p.lastDecision(c); err != nil {
		return err
	}
	f.Days = rulebook.Days{Kind: f.Kind, Name: f.Name}
	var bad error
	if f.Days.From, bad = rules.ParseDay(f.From); bad == nil {
		f.Days.To, bad = rules.ParseDay(f.To)
	}
	if bad != nil {
		err = catalog.Refuse(catalog.Invalid, "rules.fit.day").Because(bad)
	} else if form.Get("do") == "decide" {
		if err = p.Rules.Decide(context.WithoutCancel(c.ctx()), c.v.Who, rulebook.Proposal{Days: &f.Days, After: after}); err == nil {
			return c.redirect("/rules?done=1&year=" + strconv.Itoa(f.Days.From.Year()))
		}
	} else {
		var preview rulebook.Preview
		if preview, err = p.Rules.Preview(c.ctx(), c.v.Who, rulebook.Proposal{Days: &f.Days, After: after}); err == nil {
			f.Preview = &preview
			if f.Moved, err = p.moved(c, f.Days, preview.Book); err == nil {
				return p.showDaysForm(c, http.StatusOK, f)
			}
		}
	}
	if code := catalog.CodeOf(err); code != catalog.Invalid && code != catalog.Conflict {
		return err
	}
	shown := c.problem(err)
	f.Problem = shown.text
	return p.showDaysForm(c, shown.status, f)
}

// moved are the days that are worked on in one book and off in the other.
func (p *Pages) moved(c *visit, d rulebook.Days, then *rules.Book) ([]rules.Day, error) {
	now, err := p.Rules.Book(c.ctx())
	if err != nil {
		return nil, err
	}
	var out []rules.Day
	for day := d.From; day <= d.To; day++ {
		if now.Calendar().Works(day) != then.Calendar().Works(day) {
			out = append(out, day)
		}
	}
	return out, nil
}
