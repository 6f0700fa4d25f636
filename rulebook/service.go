package rulebook

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/rules"
	"datai/work"
)

// Bounds of what is decided.
const (
	reasonMost = 200 // characters
	nameMost   = 30
	runMost    = 120 // days off or worked on in one decision
	aheadMost  = 800 // days from today to what may be decided
)

// Service is the use cases of rules.
type Service struct {
	db   work.Unit[Tx]
	base *rules.Book
	now  func() time.Time
	rand io.Reader
}

// NewService makes the service; base is the book as it was delivered.
func NewService(db work.Unit[Tx], base *rules.Book, now func() time.Time, rand io.Reader) *Service {
	return &Service{db: db, base: base, now: now, rand: rand}
}

// Today is the day in Shanghai.
func (s *Service) Today() rules.Day { return rules.DayOf(s.now()) }

// Book is all rules with what the university decided.
func (s *Service) Book(ctx context.Context) (book *rules.Book, err error) {
	err = s.db.Read(ctx, func(tx Tx) error {
		o, err := tx.RuleOverlay(ctx)
		book = s.base.With(o)
		return err
	})
	return book, err
}

// Decisions lists what was decided, in order, with who did.
func (s *Service) Decisions(ctx context.Context, p account.Principal) (all []Decision, err error) {
	if !p.May(account.ManageRules) {
		return nil, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		all, err = tx.RuleDecisions(ctx)
		return err
	})
	return all, err
}

// Last is the number of the last decision, 0 if there is none.
func (s *Service) Last(ctx context.Context) (n int64, err error) {
	err = s.db.Read(ctx, func(tx Tx) error {
		all, err := tx.RuleDecisions(ctx)
		n = int64(len(all))
		return err
	})
	return n, err
}

// Refused is err as something that a person can act on, where the rules could
// not answer: a region, a key or a day about which nothing is recorded.
func Refused(err error) error {
	if unknown, ok := errors.AsType[*rules.UnknownError](err); ok {
		switch unknown.What {
		case "region":
			return catalog.Refuse(catalog.NotFound, "rules.unknown.region", "region", unknown.Name).Because(err)
		case "date":
			return catalog.Refuse(catalog.NotFound, "rules.unknown.date", "day", unknown.Name).Because(err)
		}
		return catalog.Refuse(catalog.NotFound, "rules.unknown.key", "key", unknown.Name).Because(err)
	}
	return err
}

// Proposal is what somebody wants to decide. After is the number of the last
// decision that they saw: another one since then is a conflict.
type Proposal struct {
	Value *rules.Own
	Days  *Days
	After int64
}

// Preview is what would come of a proposal.
type Preview struct {
	Before, After rules.Rule // the rule on the day from which it would count; for a value
	Sooner, Later rules.Deadline
	Sample        rules.Day // a term that begins at 9:00 of this day is the example; none where the rule is no term
	Book          *rules.Book
}

// Preview says what would come of a proposal, and changes nothing. A value
// that the law does not allow is refused with a *rules.BoundError as its cause.
func (s *Service) Preview(ctx context.Context, p account.Principal, pr Proposal) (v Preview, err error) {
	if !p.May(account.ManageRules) {
		return v, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	today := s.Today()
	err = s.db.Read(ctx, func(tx Tx) error {
		v, err = s.judge(ctx, tx, pr, today)
		return err
	})
	return v, err
}

// Decide makes a decision.
func (s *Service) Decide(ctx context.Context, p account.Principal, pr Proposal) error {
	if !p.May(account.ManageRules) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	today := rules.DayOf(now)
	verb := "rule.value"
	if pr.Days != nil {
		verb = "rule.days"
	}
	entry, err := journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), verb, "rule")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		v, err := s.judge(ctx, tx, pr, today)
		if err != nil {
			return err
		}
		d := Decision{Number: pr.After + 1, At: now.UnixMilli(), By: p.ID, Value: pr.Value, Days: pr.Days}
		if err := tx.AddRuleDecision(ctx, d); err != nil {
			if catalog.CodeOf(err) == catalog.Conflict {
				return catalog.Refuse(catalog.Conflict, "rules.fit.changed").Because(err)
			}
			return err
		}
		entry := entry
		entry.Body = body(d, v)
		return tx.Append(ctx, entry)
	})
}

// body is a decision for the journal: codes and numbers, not the words of whoever
// decided.
func body(d Decision, v Preview) map[string]string {
	out := map[string]string{"number": strconv.FormatInt(d.Number, 10)}
	if d.Days != nil {
		out["from"], out["to"], out["kind"] = d.Days.From.String(), d.Days.To.String(), string(d.Days.Kind)
		out["version"] = v.Book.Calendar().Version()
		return out
	}
	out["key"], out["from"], out["value"], out["version"] = d.Value.Key, d.Value.From.String(), "", v.After.Version
	if d.Value.Value != nil {
		out["value"] = d.Value.Value.String()
	}
	return out
}

// judge refuses what may not be decided and says what would come of the rest.
func (s *Service) judge(ctx context.Context, tx Tx, pr Proposal, today rules.Day) (v Preview, err error) {
	decisions, err := tx.RuleDecisions(ctx)
	if err != nil {
		return v, err
	}
	if int64(len(decisions)) != pr.After {
		return v, catalog.Refuse(catalog.Conflict, "rules.fit.changed")
	}
	old := s.base.With(Overlay(decisions))
	v.Book = s.base.With(Overlay(append(decisions, Decision{Value: pr.Value, Days: pr.Days})))
	switch {
	case pr.Days != nil && pr.Value == nil:
		return v, pr.Days.fit(today)
	case pr.Days != nil || pr.Value == nil:
		return v, catalog.Refuse(catalog.Invalid, "error.form")
	}
	own := pr.Value
	own.Reason = catalog.Clean(own.Reason)
	if err := fitDecision(own.Reason, own.From, today); err != nil {
		return v, err
	}
	before, err := old.At(own.From)
	if err != nil {
		return v, Refused(err)
	}
	if err := s.base.Permit(before.Region().Code, *own); err != nil {
		if bound, ok := errors.AsType[*rules.BoundError](err); ok {
			return v, catalog.Refuse(catalog.Invalid, "rules.fit.bound").Because(bound)
		}
		return v, Refused(err)
	}
	after, err := v.Book.At(own.From)
	if err != nil {
		return v, Refused(err)
	}
	if v.Before, err = before.Rule(own.Key); err != nil {
		return v, Refused(err)
	}
	if v.After, err = after.Rule(own.Key); err != nil {
		return v, Refused(err)
	}
	if !v.After.Value.Term() {
		return v, nil
	}
	v.Sample = own.From
	begin := v.Sample.Begin().Add(9 * time.Hour)
	if v.Sooner, err = before.Deadline(begin, own.Key); err != nil {
		return v, err
	}
	v.Later, err = after.Deadline(begin, own.Key)
	return v, err
}

// fitDecision refuses a decision without a clear reason or from a day on that is
// past or too far ahead.
func fitDecision(reason string, from, today rules.Day) error {
	switch {
	case reason == "" || utf8.RuneCountInString(reason) > reasonMost:
		return catalog.Refuse(catalog.Invalid, "rules.fit.reason", "most", strconv.Itoa(reasonMost))
	case from < today:
		return catalog.Refuse(catalog.Invalid, "rules.fit.past", "today", today.String())
	case from > today+aheadMost:
		return catalog.Refuse(catalog.Invalid, "rules.fit.far", "last", (today + aheadMost).String())
	}
	return nil
}

// fit refuses days that may not be decided. What is past stays as it was.
func (d *Days) fit(today rules.Day) error {
	d.Name = catalog.Clean(d.Name)
	switch {
	case d.Kind != Off && d.Kind != Work && d.Kind != Public:
		return catalog.Refuse(catalog.Invalid, "error.form")
	case d.Name == "" || utf8.RuneCountInString(d.Name) > nameMost:
		return catalog.Refuse(catalog.Invalid, "rules.fit.name", "most", strconv.Itoa(nameMost))
	case d.From < today:
		return catalog.Refuse(catalog.Invalid, "rules.fit.past", "today", today.String())
	case d.To < d.From || d.To-d.From >= runMost:
		return catalog.Refuse(catalog.Invalid, "rules.fit.run", "most", strconv.Itoa(runMost))
	case d.To > today+aheadMost:
		return catalog.Refuse(catalog.Invalid, "rules.fit.far", "last", (today + aheadMost).String())
	}
	return nil
}
