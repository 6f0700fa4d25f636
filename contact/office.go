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

	"github.com/google/uuid"
)

// What the office does with a case.

// masked hides the numbers of both sides.
func (c Case) masked() Case {
	c.Private.Contact, c.Private.Professor = c.Private.Contact.Masked(), c.Private.Professor.Masked()
	return c
}

// Case is the case with that code for the office, contacts masked.
func (s *Service) Case(ctx context.Context, p account.Principal, code string) (c Case, err error) {
	if err := may(p, account.HandleContacts); err != nil {
		return Case{}, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		c, err = handled(ctx, tx, p, account.HandleContacts, code)
		return err
	})
	return c.masked(), err
}

// Seen is what the forms of the case with that code need to know of it.
func (s *Service) Seen(ctx context.Context, p account.Principal, code string) (process.Seen, error) {
	d, err := s.process(ctx)
	if err != nil {
		return process.Seen{}, err
	}
	c, err := s.Case(ctx, p, code)
	return process.Seen{ID: c.ID, Process: d, Version: c.Version, State: c.State, As: office}, err
}

// Disclose is the case with its contacts in full; that p asked for it stands in
// the journal.
func (s *Service) Disclose(ctx context.Context, p account.Principal, code string) (c Case, err error) {
	if err := may(p, account.HandleContacts); err != nil {
		return Case{}, err
	}
	d, err := s.draft(ctx, p, "disclose.contact")
	if err != nil {
		return Case{}, err
	}
	err = s.db.Write(ctx, func(tx Tx) (err error) {
		if c, err = handled(ctx, tx, p, account.HandleContacts, code); err != nil {
			return err
		}
		e := d.entry
		e.Subject = c.ID
		return tx.Append(ctx, e)
	})
	return c, err
}

// Assign gives a case, in the version that was seen, to an officer or to an
// external technology manager (跟进专员).
func (s *Service) Assign(ctx context.Context, p account.Principal, code string, version int64, officer uuid.UUID) error {
	return s.office(ctx, p, account.AssignContacts, "contact.assign", code, version, func(tx Tx, c *Case, d draft) (step, error) {
		taken, err := d.take(*c, process.Move{Action: Assign, As: office}, nil)
		if err != nil {
			return step{}, err
		}
		a, ok, err := tx.Account(ctx, officer)
		if err != nil {
			return step{}, err
		}
		if !ok || a.Disabled || !slices.ContainsFunc(account.With(account.HandleContacts), func(r account.Role) bool { return slices.Contains(a.Roles, r) }) {
			return step{}, catalog.Refuse(catalog.Invalid, "cases.no_officer")
		}
		if c.Officer = a.ID; c.Officer != p.ID {
			if err := tell(ctx, tx, c.notice("case_assigned"), d.notice[0], d.at()); err != nil {
				return step{}, err
			}
		}
		return step{taken, map[string]string{"officer": a.ID.String()}}, nil
	})
}

// Move is what an officer does with a case: the step, what comes next, the day
// on which it is due, and why the case is dropped.
type Move struct {
	Do     process.Action
	Next   string
	Remind catalog.Date
	Reason string
	Text   string
}

// Move moves a case, in the version that was seen.
func (s *Service) Move(ctx context.Context, p account.Principal, code string, version int64, m Move) error {
	m.Next, m.Text = catalog.Clean(m.Next), catalog.Clean(m.Text)
	return s.office(ctx, p, account.HandleContacts, "contact.move", code, version, func(tx Tx, c *Case, d draft) (step, error) {
		documents, err := tx.FormDocuments(ctx, p.ID, c.ID, m.Do)
		if err != nil {
			return step{}, err
		}
		form := process.Move{Action: m.Do, As: office, Reason: m.Reason, Text: m.Text, Values: map[string]string{"next": m.Next}, Documents: documents.Counts()}
		facts := process.Facts{"now": strconv.FormatInt(d.at(), 10)}
		if !m.Remind.IsZero() && m.Do != Drop {
			if !m.Remind.Valid() || m.Remind.Day == 0 {
				return step{}, catalog.Refuse(catalog.Invalid, "cases.fit.remind")
			}
			form.Values["remind"] = m.Remind.String()
			facts["remind_at"] = strconv.FormatInt(remindAt(m.Remind, d.now.Location()), 10)
		}
		taken, err := d.take(*c, form, facts)
		if err != nil {
			return step{}, err
		}
		moved := c.State != taken.To
		c.State, c.Private.Next = taken.To, m.Next
		c.Calls, c.Private.Call = "", "" // whatever was asked, the office has acted
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
	})
}

// Choose says which public result a case is about, where none was chosen.
func (s *Service) Choose(ctx context.Context, p account.Principal, code string, version int64, result string) error {
	return s.office(ctx, p, account.HandleContacts, "contact.choose", code, version, func(tx Tx, c *Case, d draft) (step, error) {
		taken, err := d.take(*c, process.Move{Action: Choose, As: office}, nil)
		if err != nil {
			return step{}, err
		}
		r, err := tx.ResultByCode(ctx, result)
		switch {
		case err != nil && catalog.CodeOf(err) != catalog.NotFound:
			return step{}, err
		case err != nil || !r.Public(d.at()):
			return step{}, catalog.Refuse(catalog.Invalid, "cases.fit.code")
		case c.ResultCode != "":
			return step{}, catalog.Refuse(catalog.Conflict, "cases.chosen_already")
		}
		c.Result, c.ResultCode, c.Title, c.Unit = r.ID, r.Code, r.Title, r.Unit()
		return step{taken, map[string]string{"result": r.Code}}, nil
	})
}

func remindAt(d catalog.Date, zone *time.Location) int64 {
	return time.Date(d.Year, time.Month(d.Month), d.Day, dueHour, 0, 0, 0, zone).UnixMilli()
}

// Timeline is what has happened to a case, the first first, and the names of
// the accounts in it.
func (s *Service) Timeline(ctx context.Context, p account.Principal, code string) (es []process.Event, names map[uuid.UUID]string, err error) {
	if err := may(p, account.HandleContacts); err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		c, err := handled(ctx, tx, p, account.HandleContacts, code)
		if err != nil {
			return err
		}
		if es, err = tx.Events(ctx, c.ID); err != nil {
			return err
		}
		names, err = account.Names(ctx, tx.Account, process.Doers(es))
		return err
	})
	return es, names, err
}
