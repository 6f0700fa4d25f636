package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/rulebook"
	"datai/rules"
	"datai/web/ui"
)

// Rule is a rule as it is in force in a region on a day.
type Rule struct {
	Key        string    `json:"key"`
	Number     string    `json:"rule,omitempty"`
	Name       RuleText  `json:"name"`
	Says       RuleText  `json:"says"`
	Value      RuleValue `json:"value"`
	Bound      string    `json:"bound" enum:"min,max,fixed,free"`
	From       string    `json:"from" format:"date"`
	Until      string    `json:"until,omitempty"`
	Region     string    `json:"region"`
	Source     string    `json:"source"`
	Article    string    `json:"article"`
	URL        string    `json:"url,omitempty"`
	Back       bool      `json:"back,omitempty"`
	Optional   bool      `json:"optional,omitempty"`
	Unverified bool      `json:"unverified,omitempty"`
	Own        bool      `json:"own,omitempty"`
	Version    string    `json:"version"`
}

// RuleText is a text in both languages.
type RuleText struct {
	Chinese string `json:"zh-CN"`
	English string `json:"en"`
}

// RuleValue is an amount with its unit, or a choice.
type RuleValue struct {
	Amount int64  `json:"amount"`
	Unit   string `json:"unit" enum:"day,workday,month,year,ppm,count,fen,minute,choice"`
	Choice string `json:"choice,omitempty"`
}

// RuleSet is the rules of a day and a region, with the version of the calendar.
type RuleSet struct {
	On       string `json:"on" format:"date"`
	Region   string `json:"region"`
	Calendar string `json:"calendar"`
	Years    []int  `json:"years"` // whose public holidays are known
	Rules    []Rule `json:"rules"`
}

type listRules struct {
	On     string `query:"on" format:"date" maxLength:"10"`
	Region string `query:"region" maxLength:"6"`
}

func (a *API) rules() {
	add(a, operation{id: "list-rules", method: http.MethodGet, path: "/rules", tag: "rules", do: account.SeePublic},
		func(ctx context.Context, _ caller, in *listRules) (*tagged[RuleSet], error) {
			set, book, err := a.ruleSet(ctx, in)
			if err != nil {
				return nil, rulebook.Refused(err)
			}
			return tag(0, RuleSetOf(set, book))
		})
	add(a, operation{id: "get-rule", method: http.MethodGet, path: "/rules/{key}", tag: "rules", do: account.SeePublic},
		func(ctx context.Context, _ caller, in *keyed) (*tagged[Rule], error) {
			return a.getRule(ctx, in.Key, in.On)
		})
	add(a, operation{id: "preview-rule", method: http.MethodPost, path: "/rules/{key}/preview", tag: "rules", do: account.ManageRules, write: true},
		func(ctx context.Context, c caller, in *decideRule) (*struct{ Body RulePreview }, error) {
			pr, err := in.proposal()
			if err != nil {
				return nil, err
			}
			v, err := a.Rules.Preview(ctx, c.who, pr)
			if err != nil {
				return nil, a.undecided(ctx, c, err)
			}
			out := RulePreview{Before: ruleOf(v.Before), After: ruleOf(v.After)}
			if v.Sample != 0 {
				out.Sample, out.DueBefore, out.DueAfter = v.Sample.String(), maybe(v.Sooner.At.UnixMilli()), maybe(v.Later.At.UnixMilli())
			}
			return &struct{ Body RulePreview }{out}, nil
		})
	add(a, operation{id: "decide-rule", method: http.MethodPost, path: "/rules/{key}", tag: "rules", do: account.ManageRules, write: true},
		func(ctx context.Context, c caller, in *decideRule) (*tagged[Rule], error) {
			pr, err := in.proposal()
			if err != nil {
				return nil, err
			}
			if err := a.Rules.Decide(ctx, c.who, pr); err != nil {
				return nil, a.undecided(ctx, c, err)
			}
			return a.getRule(ctx, in.Key, in.Body.From)
		})
}

type keyed struct {
	Key string `path:"key" maxLength:"40"`
	On  string `query:"on" format:"date" maxLength:"10"`
}

// Deciding is a value that a university decides for a rule from a day on; without
// one the rule itself is in force again.
type Deciding struct {
	From   string     `json:"from" format:"date"`
	Reason string     `json:"reason" minLength:"1" maxLength:"200"`
	Value  *RuleValue `json:"value,omitempty"`
}

type decideRule struct {
	Key string `path:"key" maxLength:"40"`
	Versioned
	Body Deciding
}

// RulePreview is a rule before and after a decision, and when a term that begins
// at 9:00 of a sample day would end.
type RulePreview struct {
	Before    Rule       `json:"before"`
	After     Rule       `json:"after"`
	Sample    string     `json:"sample,omitempty"`
	DueBefore *time.Time `json:"dueBefore,omitempty"`
	DueAfter  *time.Time `json:"dueAfter,omitempty"`
}

// proposal is what is to be decided; the version that was read is the number of
// the last decision and one.
func (in decideRule) proposal() (pr rulebook.Proposal, err error) {
	version, err := in.version()
	if err != nil {
		return pr, err
	}
	own := rules.Own{Key: in.Key, Reason: in.Body.Reason}
	if own.From, err = rules.ParseDay(in.Body.From); err != nil {
		return pr, catalog.Refuse(catalog.Invalid, "rules.fit.day").Because(err)
	}
	if v := in.Body.Value; v != nil {
		own.Value = &rules.Value{Amount: v.Amount, Unit: rules.Unit(v.Unit), Choice: v.Choice}
	}
	return rulebook.Proposal{Value: &own, After: version - 1}, nil
}

// undecided is why a decision was refused, with the rule that it is looser than.
func (a *API) undecided(ctx context.Context, c caller, err error) error {
	if e, ok := err.(*catalog.Error); ok && e.Key == "rules.fit.changed" { //nolint:errorlint // a refusal comes bare
		return errStale
	}
	bound, ok := errors.AsType[*rules.BoundError](err)
	if !ok {
		return err
	}
	book, berr := a.Rules.Book(ctx)
	if berr != nil {
		return berr
	}
	return catalog.Refuse(catalog.Invalid, "api.said", "text", ui.BeyondRule(c.lang, book, bound)).Because(err)
}

// getRule is a rule where the university is, on a day or today.
func (a *API) getRule(ctx context.Context, key, on string) (*tagged[Rule], error) {
	set, _, err := a.ruleSet(ctx, &listRules{On: on})
	if err != nil {
		return nil, rulebook.Refused(err)
	}
	r, err := set.Rule(key)
	if err != nil {
		return nil, rulebook.Refused(err)
	}
	last, err := a.Rules.Last(ctx)
	if err != nil {
		return nil, err
	}
	return tag(last+1, ruleOf(r))
}

func (a *API) ruleSet(ctx context.Context, in *listRules) (set rules.Set, book *rules.Book, err error) {
	if book, err = a.Rules.Book(ctx); err != nil {
		return set, nil, err
	}
	on := a.Rules.Today()
	if in.On != "" {
		if on, err = rules.ParseDay(in.On); err != nil {
			return set, nil, &rules.UnknownError{What: "date", Name: in.On}
		}
	}
	if in.Region != "" {
		set, err = book.In(in.Region, on)
	} else {
		set, err = book.At(on)
	}
	return set, book, err
}

// RuleSetOf is a set as programs read it.
func RuleSetOf(set rules.Set, book *rules.Book) RuleSet {
	out := RuleSet{On: set.On().String(), Region: set.Region().Code, Calendar: book.Calendar().Version(), Years: []int{}, Rules: []Rule{}}
	for _, y := range book.Calendar().Years() {
		out.Years = append(out.Years, y.Year)
	}
	for _, r := range set.Rules() {
		out.Rules = append(out.Rules, ruleOf(r))
	}
	return out
}

func ruleOf(r rules.Rule) Rule {
	from := r.From
	if r.Own != nil {
		from = r.Own.From
	}
	return Rule{Key: r.Key, Number: r.Number, Name: RuleText(r.Name), Says: RuleText(r.Says),
		Value: RuleValue{r.Value.Amount, string(r.Value.Unit), r.Value.Choice}, Bound: string(r.Bound),
		From: from.String(), Until: r.Until.String(), Region: r.Region, Source: r.Source.Name.Chinese, Article: r.Article, URL: r.Source.URL,
		Back: r.Back, Optional: r.Optional, Unverified: r.Unverified, Own: r.Own != nil, Version: r.Version}
}
