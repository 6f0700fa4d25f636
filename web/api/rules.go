package api

import (
	"context"
	"net/http"

	"datai/account"
	"datai/rulebook"
	"datai/rules"
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
		from := r.From
		if r.Own != nil {
			from = r.Own.From
		}
		out.Rules = append(out.Rules, Rule{Key: r.Key, Number: r.Number, Name: RuleText(r.Name), Says: RuleText(r.Says),
			Value: RuleValue{r.Value.Amount, string(r.Value.Unit), r.Value.Choice}, Bound: string(r.Bound),
			From: from.String(), Until: r.Until.String(), Region: r.Region, Source: r.Source.Name.Chinese, Article: r.Article, URL: r.Source.URL,
			Back: r.Back, Optional: r.Optional, Unverified: r.Unverified, Own: r.Own != nil, Version: r.Version})
	}
	return out
}
