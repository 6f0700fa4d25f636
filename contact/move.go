package contact

import (
	"context"
	"slices"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"
)

// How a case moves on: by whoever handles it, and by the two sides where the
// university lets them.

// Move is what somebody does with a case: the step, what comes next, the day on
// which it is due, and why the case is dropped.
type Move struct {
	Do     process.Action
	Next   string
	Remind catalog.Date
	Reason string
	Text   string
}

// Move moves a case, in the version that was seen.
func (s *Service) Move(ctx context.Context, p account.Principal, code string, version int64, m Move) error {
	return s.office(ctx, p, account.HandleContacts, "contact.move", code, version, func(tx Tx, c *Case, d draft) (step, error) {
		documents, err := tx.FormDocuments(ctx, p.ID, c.ID, m.Do)
		if err != nil {
			return step{}, err
		}
		done, err := m.take(c, d, As(p), documents)
		if err == nil {
			c.Calls, c.Private.Call = "", "" // whatever was asked, the office has acted
		}
		return done, err
	})
}

// MoveOwn takes a step of whoever asked, at the address of their page, where the
// university lets them.
func (s *Service) MoveOwn(ctx context.Context, secret string, m Move) error {
	link, err := hashOf(secret, pageBytes)
	if err != nil {
		return err
	}
	return s.side(ctx, account.Nobody(), asker, m, func(ctx context.Context, tx Tx, _ draft) (Case, error) { return ownCase(ctx, tx, link) })
}

// MoveInvited takes a step of a professor who is willing, likewise.
func (s *Service) MoveInvited(ctx context.Context, door Door, m Move) error {
	return s.side(ctx, door.Who, professor, m, func(ctx context.Context, tx Tx, _ draft) (Case, error) {
		c, l, err := door.invited(ctx, tx)
		if err == nil && (c.Professor.AskedAt != l.MadeAt || c.Professor.State != Willing) {
			err = catalog.Refuse(catalog.NotFound, "cases.link_late")
		}
		return c, err
	})
}

// side takes a step of one of the two sides, and tells who handles the case. Two
// who act at once are kept apart by the state: the office may have noted something
// since they looked, which does not make their word wrong.
func (s *Service) side(ctx context.Context, p account.Principal, as []process.Actor, m Move, which func(context.Context, Tx, draft) (Case, error)) error {
	return s.change(ctx, p, "contact.move", which, func(tx Tx, c *Case, d draft) (step, error) {
		noted := c.Private.Next
		done, err := m.take(c, d, as, nil)
		if err != nil {
			return step{}, err
		}
		if c.Private.Next == "" {
			c.Private.Next = noted // the office's own
		}
		n := c.notice("case_stepped")
		n.Urgent = true
		return done, tell(ctx, tx, n, d.notice[0], d.at())
	})
}

// remindAt is when the day of a reminder ends, unix ms.
func (d draft) remindAt(on catalog.Date) (int64, error) {
	r, err := d.set.Rule(ruleClose)
	if err != nil {
		return 0, err
	}
	return time.Date(on.Year, time.Month(on.Month), on.Day, 0, int(r.Value.Amount), 0, 0, d.now.Location()).UnixMilli(), nil
}

// take is what the step comes to for the case.
func (m Move) take(c *Case, d draft, as []process.Actor, documents process.Attached) (step, error) {
	m.Next, m.Text = catalog.Clean(m.Next), catalog.Clean(m.Text)
	if !slices.Contains(Actions(), m.Do) {
		return step{}, catalog.Refuse(catalog.Invalid, "error.form")
	}
	form := process.Move{Action: m.Do, As: as, Reason: m.Reason, Text: m.Text, Values: map[string]string{"next": m.Next}, Documents: documents.Counts()}
	facts := process.Facts{"now": strconv.FormatInt(d.at(), 10)}
	if !m.Remind.IsZero() && m.Do != Drop {
		if !m.Remind.Valid() || m.Remind.Day == 0 {
			return step{}, catalog.Refuse(catalog.Invalid, "cases.fit.remind")
		}
		form.Values["remind"] = m.Remind.String()
		at, err := d.remindAt(m.Remind)
		if err != nil {
			return step{}, err
		}
		facts["remind_at"] = strconv.FormatInt(at, 10)
	}
	taken, err := d.take(*c, form, facts)
	if err != nil {
		return step{}, err
	}
	moved := c.State != taken.To
	c.State, c.Private.Next = taken.To, m.Next
	switch {
	case m.Do == Drop:
		c.Reason, c.Private.Text, c.DueAt = m.Reason, m.Text, NeverDue
	case facts["remind_at"] != "":
		c.DueAt, c.Due = facts.Int("remind_at"), ""
	case moved:
		c.DueAt, c.Due = NeverDue, ""
	}
	if !Open(c.State) {
		c.DueAt, c.Due = NeverDue, ""
	}
	body := map[string]string{"do": string(m.Do), "from": string(taken.From), "to": string(taken.To)}
	if m.Reason != "" {
		body["reason"] = m.Reason
	}
	if len(documents) > 0 {
		body[journal.Documents] = documents.String()
	}
	return step{taken, body}, nil
}
