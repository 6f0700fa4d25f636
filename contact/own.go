package contact

import (
	"context"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/process"
	"datai/rules"

	"github.com/google/uuid"
)

// What whoever asked sees and does, at an address that nobody guesses.

// Own is a case as whoever asked sees it: without what only the office reads.
type Own struct {
	Case
	// Answerer is the professor's name and number, empty without their consent.
	Answerer catalog.Contact
	// Shown is who asked, the number masked, where the office entered it and the
	// consent is asked for.
	Shown catalog.Contact
	// What the office wrote that somebody asked for, likewise.
	Purpose string
	// Term is within which the first answer was promised, zero where none is, or
	// where the office has named a day of its own since.
	Term rules.Value
	// InquiredAt is when it was last asked how it goes, 0 if nothing is asked now.
	InquiredAt int64
}

// Own is the case to which a secret leads.
func (s *Service) Own(ctx context.Context, secret string) (o Own, err error) {
	link, err := hashOf(secret, pageBytes)
	if err != nil {
		return Own{}, err
	}
	d, err := s.process(ctx)
	if err != nil {
		return Own{}, err
	}
	book, err := s.book(ctx)
	if err != nil {
		return Own{}, err
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		c, err := ownCase(ctx, tx, link)
		if err != nil {
			return err
		}
		if o = c.own(d); !c.Agreed() {
			o.Shown, o.Purpose = c.Private.Contact.Masked(), c.Private.Purpose
		}
		o.Term = c.term(book)
		l, ok, err := tx.LastCaseLink(ctx, c.ID, Progress, Asker)
		if ok && l.Live(now) {
			o.InquiredAt = l.MadeAt
		}
		return err
	})
	return o, err
}

// term is within which the first answer to a case is due: by the rule that was in
// force when whoever asked agreed, zero if its deadline is not the one that counts.
func (c Case) term(book *rules.Book) rules.Value {
	if c.State != Waiting || !c.Agreed() {
		return rules.Value{}
	}
	since := time.UnixMilli(c.ConsentAt).In(rules.Shanghai())
	set, err := book.At(rules.DayOf(since))
	if err != nil {
		return rules.Value{}
	}
	r, err := set.Rule(ruleAnswer)
	if err != nil {
		return rules.Value{}
	}
	if end, err := set.Deadline(since, ruleAnswer); err != nil || end.At.UnixMilli() != c.DueAt {
		return rules.Value{}
	}
	return r.Value
}

// Promise is that term for a case that was opened now.
func (s *Service) Promise(ctx context.Context, c Case) (rules.Value, error) {
	book, err := s.book(ctx)
	if err != nil {
		return rules.Value{}, err
	}
	return c.term(book), nil
}

// ownCase is the case to which the address of its page leads.
func ownCase(ctx context.Context, tx Tx, link [32]byte) (Case, error) {
	c, err := tx.CaseByLink(ctx, link)
	if catalog.CodeOf(err) == catalog.NotFound {
		err = catalog.Refuse(catalog.NotFound, "cases.no_link")
	}
	return c, err
}

// own takes away what only the office reads.
func (c Case) own(d *process.Definition) Own {
	o := Own{Case: c}
	if c.Known() {
		o.Answerer = c.Private.Professor
	}
	o.Private, o.Professor.Reason, o.Calls = Private{}, "", ""
	if r, known := d.Reason(c.Reason); !known || r.Office { // one that nobody knows is not for the other side either
		o.Reason = ""
	}
	return o
}

// Confirm is the yes of whoever asked to a case that the office entered: the
// words that were agreed to, and, if not empty, those by which the professor gets
// name and number. A second yes changes nothing.
func (s *Service) Confirm(ctx context.Context, secret, words, pass string) error {
	link, err := hashOf(secret, pageBytes)
	if err != nil {
		return err
	}
	if words == "" {
		return catalog.Refuse(catalog.Invalid, "cases.fit.consent")
	}
	return s.change(ctx, account.Nobody(), "contact.confirm", func(ctx context.Context, tx Tx, _ draft) (Case, error) { return ownCase(ctx, tx, link) },
		func(tx Tx, c *Case, d draft) (step, error) {
			switch {
			case c.Agreed():
				return step{}, nil
			case d.at() >= c.ConfirmBy:
				return step{}, catalog.Refuse(catalog.NotFound, "cases.confirm_late")
			}
			taken, err := d.take(*c, process.Move{Action: Confirm, As: asker}, nil)
			if err != nil {
				return step{}, err
			}
			c.agree(words, pass, d.at(), ByLink)
			if err := d.keep(ctx, tx, *c); err != nil {
				return step{}, err
			}
			if c.State == Waiting {
				if err := c.answerBy(d); err != nil {
					return step{}, err
				}
			}
			n := c.notice("case_confirmed")
			n.Deadline, n.Urgent = c.DueAt, true
			return step{taken, map[string]string{"rules": c.Rules}}, tell(ctx, tx, n, d.notice[0], d.at())
		})
}

// Withdraw takes back the consent: the private part is erased, for good. It
// may be asked for in every state, also of a case that was never agreed to.
func (s *Service) Withdraw(ctx context.Context, secret string) error {
	link, err := hashOf(secret, pageBytes)
	if err != nil {
		return err
	}
	return s.withdraw(ctx, account.Nobody(), func(ctx context.Context, tx Tx, _ draft) (Case, error) { return ownCase(ctx, tx, link) })
}

// WithdrawOwn takes back what p agreed to about a case under their own account,
// in the register of consents: whoever asked withdraws, or hides name and number
// from the professor; the professor retracts.
func (s *Service) WithdrawOwn(ctx context.Context, p account.Principal, given account.Consent) error {
	if !p.May(account.OwnAccount) || p.ID == uuid.Nil {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	which := func(ctx context.Context, tx Tx, _ draft) (Case, error) {
		kept, err := tx.ConsentsOn(ctx, given.Thing)
		if err == nil && !slices.ContainsFunc(kept, func(c account.Consent) bool { return c.ID == given.ID && c.AccountID == p.ID }) {
			err = catalog.Refuse(catalog.NotFound, "cases.no_link")
		}
		if err != nil {
			return Case{}, err
		}
		return tx.LockCase(ctx, given.Thing)
	}
	switch given.Purpose {
	case account.ConsentAsk:
		return s.withdraw(ctx, p, which)
	case account.ConsentPass:
		return s.hide(ctx, p, which)
	default:
		return s.retract(ctx, p, which, func(Case) bool { return true })
	}
}

// Hide takes back that the professor gets the name and number of whoever asked; the
// case goes on. A second time changes nothing.
func (s *Service) Hide(ctx context.Context, secret string) error {
	link, err := hashOf(secret, pageBytes)
	if err != nil {
		return err
	}
	return s.hide(ctx, account.Nobody(), func(ctx context.Context, tx Tx, _ draft) (Case, error) { return ownCase(ctx, tx, link) })
}

func (s *Service) hide(ctx context.Context, p account.Principal, which func(context.Context, Tx, draft) (Case, error)) error {
	return s.change(ctx, p, "contact.hide", which, func(tx Tx, c *Case, d draft) (step, error) {
		if !c.Pass.Stands() {
			return step{}, nil
		}
		taken, err := d.take(*c, process.Move{Action: Hide, As: asker}, nil)
		if err != nil {
			return step{}, err
		}
		c.Pass.EndedAt = d.at()
		return step{taken, map[string]string{}}, endConsents(ctx, tx, c.ID, d.at(), account.ConsentPass)
	})
}

func (s *Service) withdraw(ctx context.Context, p account.Principal, which func(context.Context, Tx, draft) (Case, error)) error {
	return s.change(ctx, p, "contact.withdraw", which,
		func(tx Tx, c *Case, d draft) (step, error) {
			if c.ErasedAt > 0 {
				return step{}, nil
			}
			do := Erase
			if Open(c.State) {
				do = Withdraw
			}
			taken, err := d.take(*c, process.Move{Action: do, As: asker}, nil)
			if err != nil {
				return step{}, err
			}
			c.State, c.DueAt, c.Private, c.ErasedAt, c.ConfirmBy, c.Calls = taken.To, NeverDue, Private{}, d.at(), 0, ""
			if c.Pass.Stands() {
				c.Pass.EndedAt = d.at()
			}
			if c.Professor.Consent.Stands() {
				c.Professor.Consent.EndedAt = d.at()
			}
			if err := endConsents(ctx, tx, c.ID, d.at(), account.ConsentAsk, account.ConsentPass, account.ConsentShare); err != nil {
				return step{}, err
			}
			if err := tx.EndCaseLinks(ctx, c.ID, "", d.at()); err != nil {
				return step{}, err
			}
			return step{taken, map[string]string{"state": string(c.State)}}, tell(ctx, tx, c.notice("case_withdrawn"), d.notice[0], d.at())
		})
}
