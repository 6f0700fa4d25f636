package contact

import (
	"context"
	"slices"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"

	"github.com/google/uuid"
)

// The professor's side: whether a completer of the result is willing. Only after
// that, and for as long as the consent stands, whoever asked sees who it is.

// Asking is whom the office asks, and how they are reached.
type Asking struct {
	Name  string // of a completer of the result, or of the person who was asked for
	Unit  string
	Reach string // a telephone number or an e-mail address; "": what stands with the result
	Send  bool   // by short message or e-mail; else the office hands the link over
}

// Candidate is somebody who can be asked.
type Candidate struct {
	Name    string
	Unit    string
	Person  uuid.UUID
	Account bool // finds it in the inbox
}

// Candidates are the completers of the result of a case and the person who was
// asked for.
func (s *Service) Candidates(ctx context.Context, p account.Principal, code string) (out []Candidate, err error) {
	if err := may(p, account.HandleContacts); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		c, err := handled(ctx, tx, p, account.HandleContacts, code)
		if err != nil {
			return err
		}
		out, _, err = candidates(ctx, tx, c)
		for i := range out {
			if err != nil {
				break
			}
			var id uuid.UUID
			id, err = accountOf(ctx, tx, out[i].Person)
			out[i].Account = id != uuid.Nil
		}
		return err
	})
	return out, err
}

// candidates are those who can be asked, and how the result says that they are
// reached.
func candidates(ctx context.Context, tx Tx, c Case) (out []Candidate, reach catalog.Contact, err error) {
	if c.ResultCode != "" {
		r, err := tx.ResultByCode(ctx, c.ResultCode)
		if err != nil {
			return nil, reach, err
		}
		for _, x := range r.Completers {
			unit := x.Unit
			if unit == "" {
				unit = r.Unit()
			}
			out = append(out, Candidate{Name: x.Name, Unit: unit, Person: x.PersonID})
		}
		reach = r.Contact
	}
	if c.Person != "" {
		p, err := tx.PersonByCode(ctx, c.Person)
		if err != nil {
			return nil, reach, err
		}
		if !slices.ContainsFunc(out, func(x Candidate) bool { return x.Person == p.ID }) {
			out = append(out, Candidate{Name: p.Name, Unit: p.Unit, Person: p.ID})
		}
	}
	return out, reach, nil
}

// accountOf is the account of a person: whoever has the staff number.
func accountOf(ctx context.Context, tx Tx, person uuid.UUID) (uuid.UUID, error) {
	if person == uuid.Nil {
		return uuid.Nil, nil
	}
	found, err := tx.People(ctx, []uuid.UUID{person})
	if err != nil || len(found) != 1 || found[0].StaffNo == "" {
		return uuid.Nil, err
	}
	number, err := account.Canonical(account.ByNumber, found[0].StaffNo)
	if err != nil {
		return uuid.Nil, nil //nolint:nilerr // a number that no account can have is nobody's
	}
	a, ok, err := tx.AccountOf(ctx, account.ByNumber, number)
	if err != nil || !ok || a.Disabled {
		return uuid.Nil, err
	}
	return a.ID, nil
}

// Invited is a link for a professor, which is told this once.
type Invited struct {
	Secret    string
	ExpiresAt int64 // unix ms
	Told      bool  // it is on its way
	Account   bool  // it is in the professor's inbox
}

// Invite asks a professor, for a case in the version that was seen; whoever was
// asked before is asked no longer.
func (s *Service) Invite(ctx context.Context, p account.Principal, code string, version int64, in Asking) (out Invited, err error) {
	in.Name, in.Unit, in.Reach = catalog.CleanLine(in.Name), catalog.CleanLine(in.Unit), catalog.CleanLine(in.Reach)
	if in.Reach != "" && !reachable(in.Reach) {
		return Invited{}, catalog.Refuse(catalog.Invalid, "cases.fit.reach")
	}
	err = s.office(ctx, p, account.HandleContacts, "contact.invite", code, version, func(tx Tx, c *Case, d draft) (step, error) {
		out = Invited{Secret: d.links[0].text, ExpiresAt: d.now.Add(linkLife).UnixMilli()}
		taken, err := d.take(*c, process.Move{Action: Invite, As: As(p)}, nil)
		if err != nil {
			return step{}, err
		}
		who, reach, err := candidates(ctx, tx, *c)
		if err != nil {
			return step{}, err
		}
		i := slices.IndexFunc(who, func(x Candidate) bool { return x.Name == in.Name })
		switch {
		case len(who) == 0 && !within(in.Name, MostName), len(who) > 0 && i < 0:
			return step{}, catalog.Refuse(catalog.Invalid, "cases.fit.completer")
		case c.Professor.State == Willing:
			return step{}, catalog.Refuse(catalog.Conflict, "cases.willing_already")
		}
		asked := Candidate{Name: in.Name, Unit: in.Unit}
		if i >= 0 {
			asked = who[i]
		}
		contact := contactOf(asked.Name, asked.Unit, in.Reach)
		if in.Reach == "" {
			contact.Phone, contact.Email = reach.Phone, reach.Email
			if contact.Phone == "" {
				contact.Phone = reach.OwnerTel
			}
		}
		c.Professor = Invitee{Person: asked.Person, State: Asked, AskedAt: d.at(), ExpiresAt: out.ExpiresAt}
		if c.Professor.Account, err = accountOf(ctx, tx, asked.Person); err != nil {
			return step{}, err
		}
		c.Private.Professor, c.Private.Answer = contact, ""
		if err := tx.EndCaseLinks(ctx, c.ID, Invitation, d.at()); err != nil {
			return step{}, err
		}
		if err := tx.AddCaseLink(ctx, Link{Hash: d.links[0].hash, Case: c.ID, Kind: Invitation, Side: Professor, MadeAt: d.at(), ExpiresAt: out.ExpiresAt}); err != nil {
			return step{}, err
		}
		told := journal.Notice{Template: "case_invited", Vars: map[string]string{"title": c.Title}, Path: ProfessorPath(out.Secret), Deadline: out.ExpiresAt, Urgent: true}
		if in.Send {
			if out.Told, err = send(ctx, tx, contact, told, d.notice[0], d.at()); err != nil {
				return step{}, err
			}
			if !out.Told {
				return step{}, catalog.Refuse(catalog.Invalid, "cases.fit.no_reach")
			}
		}
		if c.Professor.Account != uuid.Nil {
			out.Account = true
			told.Account, told.Path = c.Professor.Account, InvitedPath(c.Code)
			if err := tell(ctx, tx, told, d.notice[1], d.at()); err != nil {
				return step{}, err
			}
		}
		return step{taken, map[string]string{}}, nil
	})
	return out, err
}

// ProfessorPath is the path of the page to which a professor's link leads.
func ProfessorPath(secret string) string { return "/p/" + secret }

// InvitedPath is the path of that page for who is signed in.
func InvitedPath(code string) string { return "/me/inquiries?case=" + code }

// Door is how a professor, or whoever asked, comes to a case: by the secret of a
// link, or signed in.
type Door struct {
	Secret string
	Who    account.Principal
	Code   string // of the case, for who is signed in
}

func (d Door) how() How {
	if d.Secret == "" {
		return ByAccount
	}
	return ByLink
}

// invited is the case to which a professor's door leads, and the link of the
// invitation.
func (d Door) invited(ctx context.Context, tx Tx) (c Case, l Link, err error) {
	if d.Secret == "" {
		c, err = tx.CaseByCode(ctx, d.Code)
		if err == nil && (d.Who.ID == uuid.Nil || c.Professor.Account != d.Who.ID) {
			err = catalog.Refuse(catalog.NotFound, "error.not_found")
		}
		if err != nil {
			return Case{}, l, err
		}
		l, _, err = tx.LastCaseLink(ctx, c.ID, Invitation, Professor)
		return c, l, err
	}
	hash, err := hashOf(d.Secret, linkBytes)
	if err != nil {
		return Case{}, l, err
	}
	l, err = tx.CaseLinkByHash(ctx, hash)
	if catalog.CodeOf(err) == catalog.NotFound || err == nil && l.Kind != Invitation {
		err = catalog.Refuse(catalog.NotFound, "cases.no_link")
	}
	if err != nil {
		return Case{}, l, err
	}
	c, err = tx.CaseByID(ctx, l.Case)
	return c, l, err
}

// Inquiry is what a professor is asked, or has answered.
type Inquiry struct {
	Case         Case // without what only the office reads
	Organisation string
	Purpose      string
	Asker        catalog.Contact // empty without the consent of whoever asked
	Ways         []catalog.Way   // of the result
	Self         catalog.Contact // as the office knows the professor, numbers masked
	State        Answer          // of this invitation
	AnsweredAt   int64
	ExpiresAt    int64
	Reasons      []process.Reason    // for a no
	Process      *process.Definition // in force
}

// Inquiry is what stands behind a professor's door. Looking uses nothing up.
func (s *Service) Inquiry(ctx context.Context, d Door) (q Inquiry, err error) {
	def, err := s.process(ctx)
	if err != nil {
		return Inquiry{}, err
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		c, l, err := d.invited(ctx, tx)
		if err != nil {
			return err
		}
		q, err = inquiry(ctx, tx, c, l, now)
		step, _ := def.Step(Decline, c.State)
		q.Reasons, q.Process = offered(step.Reasons), def
		return err
	})
	return q, err
}

func inquiry(ctx context.Context, tx Tx, c Case, l Link, now int64) (q Inquiry, err error) {
	mine := c.Professor.AskedAt == l.MadeAt // else somebody else has been asked since
	q = Inquiry{State: Answer(l.Answer), AnsweredAt: l.UsedAt, ExpiresAt: l.ExpiresAt}
	switch {
	case mine && c.Professor.State != Asked:
		q.State, q.AnsweredAt = c.Professor.State, c.Professor.AnsweredAt
	case l.UsedAt == 0 && mine && Open(c.State) && now >= l.ExpiresAt && l.ExpiresAt == c.Professor.ExpiresAt:
		return Inquiry{}, catalog.Refuse(catalog.NotFound, "cases.link_late").Because(process.RefuseLate(l.ExpiresAt))
	case l.UsedAt == 0 && (!mine || now >= l.ExpiresAt || !Open(c.State)):
		return Inquiry{}, catalog.Refuse(catalog.NotFound, "cases.link_late")
	case l.UsedAt == 0:
		q.State = Asked
	}
	q.Organisation, q.Purpose = c.Private.Contact.PartyName, c.Private.Purpose
	if c.Pass.Stands() {
		q.Asker = c.Private.Contact
	}
	if mine {
		q.Self = c.Private.Professor.Masked()
	}
	if c.ResultCode != "" {
		r, err := tx.ResultByCode(ctx, c.ResultCode)
		if err != nil {
			return Inquiry{}, err
		}
		q.Ways = r.Ways
	}
	if q.State != Asked && q.State != Willing { // what is over is nobody's any more
		q.Organisation, q.Purpose, q.Asker = "", "", catalog.Contact{}
	}
	q.Case = c
	q.Case.Private, q.Case.Reason, q.Case.Calls = Private{}, "", ""
	return q, nil
}

// Reply is what a professor answers.
type Reply struct {
	Willing bool
	Name    string // of themselves
	Unit    string
	Reach   string // "": the number that the office has
	Consent string // the words that were agreed to
	Reason  string // of a no
	Text    string // beside it
}

// Answer takes a professor's yes or no. Of two answers by one link the first
// counts; the same one again changes nothing.
func (s *Service) Answer(ctx context.Context, door Door, r Reply) error {
	r.Name, r.Unit, r.Reach, r.Text = catalog.CleanLine(r.Name), catalog.CleanLine(r.Unit), catalog.CleanLine(r.Reach), catalog.Clean(r.Text)
	verb, state := "contact.decline", Declined
	if r.Willing {
		verb, state = "contact.agree", Willing
		switch {
		case !within(r.Name, MostName):
			return catalog.Refuse(catalog.Invalid, "cases.fit.name", "most", "40")
		case !within(r.Unit, MostOrganisation):
			return catalog.Refuse(catalog.Invalid, "cases.fit.organisation", "most", "80")
		case r.Reach != "" && !reachable(r.Reach):
			return catalog.Refuse(catalog.Invalid, "cases.fit.reach")
		case r.Consent == "":
			return catalog.Refuse(catalog.Invalid, "cases.fit.professor_consent")
		}
	}
	var link Link
	return s.change(ctx, door.Who, verb, func(ctx context.Context, tx Tx, _ draft) (c Case, err error) {
		c, link, err = door.invited(ctx, tx)
		return c, err
	}, func(tx Tx, c *Case, d draft) (step, error) {
		mine := c.Professor.AskedAt == link.MadeAt
		switch {
		case mine && c.Professor.State == state: // a second tap
			return step{}, nil
		case link.UsedAt > 0 || mine && c.Professor.State != Asked:
			return step{}, catalog.Refuse(catalog.Conflict, "cases.answered_already")
		case !mine || !Open(c.State) || link.ExpiresAt != c.Professor.ExpiresAt:
			return step{}, catalog.Refuse(catalog.NotFound, "cases.link_late")
		}
		move := process.Move{Action: Decline, As: []process.Actor{Professor}, Reason: r.Reason, Text: r.Text}
		if r.Willing {
			move = process.Move{Action: Agree, As: []process.Actor{Professor}}
		}
		taken, err := d.take(*c, move, link.facts(d.at()))
		if err != nil {
			return step{}, err
		}
		if ok, err := tx.UseCaseLink(ctx, link.Hash, d.at(), string(state)); err != nil || !ok {
			if err == nil {
				err = catalog.Refuse(catalog.Conflict, "cases.answered_already")
			}
			return step{}, err
		}
		c.Professor.State, c.Professor.AnsweredAt = state, d.at()
		body, template := map[string]string{}, "case_willing"
		if r.Willing {
			known := c.Private.Professor
			c.Private.Professor = contactOf(r.Name, r.Unit, r.Reach)
			if r.Reach == "" {
				c.Private.Professor.Phone, c.Private.Professor.Email = known.Phone, known.Email
			}
			if c.Private.Professor.Phone == "" && c.Private.Professor.Email == "" {
				return step{}, catalog.Refuse(catalog.Invalid, "cases.fit.reach")
			}
			c.Professor.Consent = agreed(r.Consent, d.at(), door.how())
			if err := d.register(ctx, tx, 0, account.Consent{AccountID: c.Professor.Account, Thing: c.ID, Purpose: account.ConsentShare, PartyID: c.Party,
				Party: c.Private.Contact.PartyName, Words: r.Consent, How: door.how().registered()}, d.at()); err != nil {
				return step{}, err
			}
			body["consent"] = c.Professor.Consent.Version
		} else {
			template = "case_declined"
			c.Professor.Reason, c.Private.Answer, c.Private.Professor = r.Reason, r.Text, catalog.Contact{Name: c.Private.Professor.Name, PartyName: c.Private.Professor.PartyName}
			body["reason"] = r.Reason
		}
		n := c.notice(template)
		n.Urgent = true
		return step{taken, body}, tell(ctx, tx, n, d.notice[0], d.at())
	})
}

// Retract takes a professor's consent back: whoever asked sees name and number no
// longer, and the office keeps no number. A second time changes nothing.
func (s *Service) Retract(ctx context.Context, door Door) error {
	var link Link
	return s.retract(ctx, door.Who, func(ctx context.Context, tx Tx, _ draft) (c Case, err error) {
		c, link, err = door.invited(ctx, tx)
		return c, err
	}, func(c Case) bool { return c.Professor.AskedAt == link.MadeAt })
}

// retract is Retract of the invitation that counts, if it is theirs.
func (s *Service) retract(ctx context.Context, p account.Principal, which func(context.Context, Tx, draft) (Case, error), theirs func(Case) bool) error {
	return s.change(ctx, p, "contact.retract", which, func(tx Tx, c *Case, d draft) (step, error) {
		if !theirs(*c) || c.Professor.State != Willing {
			return step{}, nil
		}
		taken, err := d.take(*c, process.Move{Action: Retract, As: []process.Actor{Professor}}, nil)
		if err != nil {
			return step{}, err
		}
		if err := endConsents(ctx, tx, c.ID, d.at(), account.ConsentShare); err != nil {
			return step{}, err
		}
		c.Professor.State = Retracted
		if c.Professor.Consent.Stands() {
			c.Professor.Consent.EndedAt = d.at()
		}
		c.Private.Professor = catalog.Contact{Name: c.Private.Professor.Name, PartyName: c.Private.Professor.PartyName}
		n := c.notice("case_retracted")
		n.Urgent = true
		return step{taken, map[string]string{}}, tell(ctx, tx, n, d.notice[0], d.at())
	})
}
