package contact

import (
	"context"
	"slices"

	"datai/account"
	"datai/process"

	"github.com/google/uuid"
)

// What is asked on a case, and of whom (待办).

// setTasks says what is asked on a case from now on, by the process in force.
func setTasks(ctx context.Context, tx Tx, c Case, d *process.Definition) error {
	as := office
	if c.Officer != uuid.Nil {
		a, _, err := tx.Account(ctx, c.Officer)
		if err != nil {
			return err
		}
		if slices.Contains(a.Roles, account.Manager) && !slices.ContainsFunc(a.Roles, func(r account.Role) bool {
			return account.Principal{Acting: r}.Reach(account.HandleContacts) == account.Any
		}) {
			as = []process.Actor{Manager}
		}
	}
	return tx.SetTasks(ctx, c.ID, c.tasks(d, as))
}

// tasks are what is asked on the case: of whoever handles it and is to it what as
// says; of the office too, where the next step is not theirs; of the professor who
// was asked, or whom the next step waits for, and who has an account.
func (c Case) tasks(d *process.Definition, as []process.Actor) (ts []process.Task) {
	t := process.Task{Kind: Definition.Kind, Case: c.ID, Code: c.Code, Title: c.Title, Path: "/contacts/" + c.Code, State: c.State, What: "follow",
		Account: c.Officer, Do: string(account.HandleContacts), DueAt: c.DueAt, From: c.By, Under: d.Stamp()}
	if c.Officer == uuid.Nil {
		t.Role = string(account.Officer)
	}
	theirs := d.Onward(c.State, as)
	switch {
	case !c.Agreed():
		t.What, theirs = "confirm", d.May(Renew, c.State, as)
	case c.State == Waiting:
		t.What = "answer"
	case c.State == Paused:
		t.What = "resume"
	}
	if Open(c.State) {
		handed := slices.Contains(as, Manager) && !theirs // to the office, in a case that a manager has
		if !handed || len(d.Open(c.State, as)) > 0 {
			ts = append(ts, t)
		}
		if handed {
			o := t
			o.Account, o.Role, o.What = uuid.Nil, string(account.Officer), "office"
			ts = append(ts, o)
		}
	}
	if c.Calls != "" && (Open(c.State) || c.State == Signed) {
		t.What, t.DueAt = string(c.Calls), NeverDue
		ts = append(ts, t)
	}
	if c.Professor.Account != uuid.Nil && Open(c.State) {
		t.Account, t.Role, t.Do, t.Path = c.Professor.Account, "", "", InvitedPath(c.Code)
		switch {
		case c.Professor.State == Asked:
			t.What, t.DueAt = "invited", c.Professor.ExpiresAt
			ts = append(ts, t)
		case c.Professor.State == Willing && d.Onward(c.State, professor) && !d.Onward(c.State, handlers):
			t.What, t.DueAt = "record", NeverDue
			ts = append(ts, t)
		}
	}
	return ts
}

// retask sets again what is asked on cases where that was decided under another
// setting: from the day of a new one whoever acts finds it in their list. It goes
// once through the cases, so that two servers whose clocks differ come to an end.
func (s *Service) retask(ctx context.Context) error {
	d, err := s.process(ctx)
	if err != nil {
		return err
	}
	var after uuid.UUID
	for {
		var ids []uuid.UUID
		if err := s.db.Read(ctx, func(tx Tx) (err error) {
			ids, err = tx.CasesTaskedOtherwise(ctx, Definition.Kind, d.Stamp(), after, fireStep)
			return err
		}); err != nil || len(ids) == 0 {
			return err
		}
		if err := s.db.Write(ctx, func(tx Tx) error {
			for _, id := range ids {
				c, err := tx.LockCase(ctx, id)
				if err != nil {
					return err
				}
				if err := setTasks(ctx, tx, c, d); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}
