package contact

import (
	"context"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"
)

// How it goes: both sides are asked every quarter while a case runs, and some
// time after it was opened and after it was signed. One tap answers.

// quarterly is the timer that comes again.
const quarterly = "progress"

// followUps are the timers that come once after an event, with the rules that
// say when.
var followUps = [3]struct{ name, rule string }{
	{"follow-first", "contact-follow-first"}, {"follow-second", "contact-follow-second"}, {"follow-third", "contact-follow-third"},
}

// alarms are the timers that a change sets or takes away. was is the case
// before it, nil for a new one.
func (c Case) alarms(was *Case, d draft) ([]process.Alarm, error) {
	var out []process.Alarm
	set := func(name string, at int64) { out = append(out, process.Alarm{Case: c.ID, Timer: name, At: at}) }
	if was == nil || was.DueAt != c.DueAt {
		set("due", c.DueAt)
	}
	began := c.Agreed() && (was == nil || !was.Agreed())
	signed := c.State == Signed && was != nil && was.State != Signed
	runs := Open(c.State) || c.State == Signed
	switch {
	case began:
		at, err := d.after("contact-progress")
		if err != nil {
			return nil, err
		}
		set(quarterly, at)
	case was != nil && Open(was.State) && !Open(c.State):
		set(quarterly, NeverDue)
	}
	for _, f := range followUps {
		switch {
		case began || signed:
			at, err := d.after(f.rule)
			if err != nil {
				return nil, err
			}
			set(f.name, at)
		case was != nil && !runs && (Open(was.State) || was.State == Signed) || c.ErasedAt > 0:
			set(f.name, NeverDue)
		}
	}
	return out, nil
}

// after is when the term of a rule is over that begins now, unix ms.
func (d draft) after(rule string) (int64, error) {
	end, err := d.set.Deadline(d.now, rule)
	return end.At.UnixMilli(), err
}

// inquire asks both sides how it goes. Nobody is asked again while a question is
// open, so that a server that was down for long asks once.
func (s *Service) inquire(ctx context.Context, t process.Alarm) error {
	d, err := s.draft(ctx, account.Principal{}, "contact.inquire")
	if err != nil {
		return err
	}
	next, err := d.after("contact-progress")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		c, err := tx.LockCase(ctx, t.Case)
		if err != nil {
			return err
		}
		if err := tx.TakeAlarm(ctx, t); err != nil {
			return err
		}
		if t.Timer == quarterly && Open(c.State) {
			if err := tx.SetAlarm(ctx, Definition.Kind, process.Alarm{Case: c.ID, Timer: quarterly, At: next}); err != nil {
				return err
			}
		}
		if c.ErasedAt > 0 || !c.Agreed() {
			return nil
		}
		asked := false
		for i, side := range []process.Actor{Asker, Professor} {
			to := c.Private.Contact
			if side == Professor {
				if to = c.Private.Professor; !c.Known() {
					continue
				}
			}
			if !d.process.May(Report, c.State, []process.Actor{side}) { // the university does not ask them
				continue
			}
			last, ok, err := tx.LastCaseLink(ctx, c.ID, Progress, side)
			if err != nil {
				return err
			}
			if ok && last.Live(d.at()) {
				continue
			}
			if err := s.inquireOf(ctx, tx, c, side, to, i, d); err != nil {
				return err
			}
			asked = true
		}
		if !asked {
			return nil
		}
		taken, err := d.take(c, process.Move{Action: Inquire, As: []process.Actor{process.Clock}}, process.Facts{"timer": t.Timer, "due_at": strconv.FormatInt(t.At, 10)})
		if err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, c.ID, process.Event{At: d.at(), Taken: taken}); err != nil {
			return err
		}
		e := d.entry
		e.Subject, e.Body = c.ID, map[string]string{"code": c.Code, "timer": t.Timer}
		return tx.Append(ctx, e)
	})
}

// progressLife is how long an answer is waited for.
const progressLife = 30 * 24 * time.Hour

func (s *Service) inquireOf(ctx context.Context, tx Tx, c Case, side process.Actor, to catalog.Contact, i int, d draft) error {
	l := Link{Hash: d.links[i].hash, Case: c.ID, Kind: Progress, Side: side, MadeAt: d.at(), ExpiresAt: d.now.Add(progressLife).UnixMilli()}
	if err := tx.AddCaseLink(ctx, l); err != nil {
		return err
	}
	_, err := send(ctx, tx, to, journal.Notice{Template: "case_progress", Vars: map[string]string{"title": c.Title}, Path: ProgressPath(d.links[i].text), Deadline: l.ExpiresAt, Urgent: true},
		d.notice[i], d.at())
	return err
}

// ProgressPath is the path of the page to which the link leads.
func ProgressPath(secret string) string { return "/g/" + secret }

// How a case goes.
const (
	Fine    = "fine"             // 进展正常
	Help    = string(Coordinate) // 需协调
	Resting = "resting"          // 已暂停
	Over    = string(Ended)      // 已终止, with a reason
)

// Goings lists the answers in the order people meet them.
func Goings() []string { return []string{Fine, Help, Resting, Over} }

// Going is what somebody is asked.
type Going struct {
	Case       Case // without what only the office reads
	Side       process.Actor
	Reasons    []process.Reason    // of the side that is asked, for that it has ended
	Process    *process.Definition // in force
	Answer     string              // "" while it is asked
	AnsweredAt int64
	ExpiresAt  int64
}

// asked is the case and the link to which an address leads: one that was sent,
// or the page of whoever asked.
func asked(ctx context.Context, tx Tx, secret string) (c Case, l Link, err error) {
	if page, err := hashOf(secret, pageBytes); err == nil {
		if c, err = ownCase(ctx, tx, page); err != nil {
			return Case{}, l, err
		}
		l, ok, err := tx.LastCaseLink(ctx, c.ID, Progress, Asker)
		if err == nil && !ok {
			err = catalog.Refuse(catalog.NotFound, "cases.link_late")
		}
		return c, l, err
	}
	hash, err := hashOf(secret, linkBytes)
	if err != nil {
		return Case{}, l, err
	}
	l, err = tx.CaseLinkByHash(ctx, hash)
	if catalog.CodeOf(err) == catalog.NotFound || err == nil && l.Kind != Progress {
		err = catalog.Refuse(catalog.NotFound, "cases.no_link")
	}
	if err != nil {
		return Case{}, l, err
	}
	c, err = tx.CaseByID(ctx, l.Case)
	return c, l, err
}

// Going is what stands behind such an address. Looking uses nothing up.
func (s *Service) Going(ctx context.Context, secret string) (g Going, err error) {
	d, err := s.process(ctx)
	if err != nil {
		return Going{}, err
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		c, l, err := asked(ctx, tx, secret)
		if err != nil {
			return err
		}
		if l.UsedAt == 0 && !l.Live(now) {
			return catalog.Refuse(catalog.NotFound, "cases.link_late")
		}
		do := End
		if l.Side == Professor {
			do = Leave
		}
		step, _ := d.Step(do, c.State)
		g = Going{Case: c.own(d).Case, Side: l.Side, Reasons: offered(step.Reasons), Process: d, Answer: l.Answer, AnsweredAt: l.UsedAt, ExpiresAt: l.ExpiresAt}
		return nil
	})
	return g, err
}

// Tell takes the answer. Of two answers by one link the first counts; the same
// one again changes nothing.
func (s *Service) Tell(ctx context.Context, secret, answer, reason, text string) error {
	text = catalog.Clean(text)
	var link Link
	return s.change(ctx, account.Nobody(), "contact.progress", func(ctx context.Context, tx Tx, _ draft) (c Case, err error) {
		c, link, err = asked(ctx, tx, secret)
		return c, err
	}, func(tx Tx, c *Case, d draft) (step, error) {
		switch {
		case link.UsedAt > 0 && link.Answer == answer: // a second tap
			return step{}, nil
		case link.UsedAt > 0:
			return step{}, catalog.Refuse(catalog.Conflict, "cases.answered_already")
		case !Open(c.State) && c.State != Signed:
			return step{}, catalog.Refuse(catalog.NotFound, "cases.link_late")
		}
		move := process.Move{As: []process.Actor{link.Side}}
		switch answer {
		case Fine, Help, Resting:
			move.Action = Report
		case Over:
			if move.Action, move.Reason, move.Text = End, reason, text; link.Side == Professor {
				move.Action = Leave
			}
		default:
			return step{}, catalog.Refuse(catalog.Invalid, "cases.fit.going")
		}
		facts := link.facts(d.at())
		facts["answer"] = answer
		taken, err := d.take(*c, move, facts)
		if err != nil {
			return step{}, err
		}
		if ok, err := tx.UseCaseLink(ctx, link.Hash, d.at(), answer); err != nil || !ok {
			if err == nil {
				err = catalog.Refuse(catalog.Conflict, "cases.answered_already")
			}
			return step{}, err
		}
		body := map[string]string{"answer": answer, "side": string(link.Side)}
		if answer == Help || answer == Over {
			c.Calls, c.Private.Call = Call(answer), text
			n := c.notice("case_" + answer)
			n.Urgent = true
			if err := tell(ctx, tx, n, d.notice[0], d.at()); err != nil {
				return step{}, err
			}
		}
		if answer == Over {
			body["reason"] = reason
		}
		return step{taken, body}, nil
	})
}
