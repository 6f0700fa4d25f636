package contact

import (
	"context"
	"slices"

	"datai/account"
	"datai/catalog"
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
	return process.Seen{ID: c.ID, Process: d, Version: c.Version, State: c.State, As: As(p)}, err
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
		taken, err := d.take(*c, process.Move{Action: Assign, As: As(p)}, nil)
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

// Choose says which public result a case is about, where none was chosen.
func (s *Service) Choose(ctx context.Context, p account.Principal, code string, version int64, result string) error {
	return s.office(ctx, p, account.HandleContacts, "contact.choose", code, version, func(tx Tx, c *Case, d draft) (step, error) {
		taken, err := d.take(*c, process.Move{Action: Choose, As: As(p)}, nil)
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
