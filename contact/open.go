package contact

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"

	"github.com/google/uuid"
)

// How a case is opened: by whoever asks, or by the office for them.

// Request is what somebody fills in.
type Request struct {
	Name         string
	Organisation string
	Reach        string // a telephone number or an e-mail address
	Purpose      string
	Mode         catalog.Way // "" = open
	Source       Source
	Result       string // code of the result, "" while none is chosen
	Need         string // code of the need that it is for
	Person       string // code of the person who is asked for
	Consent      string // the words that were shown and agreed to; "" = not agreed
	Pass         string // likewise, that the professor gets name and number
}

// Most is how long each field may be, in characters.
const (
	MostName         = 40
	MostOrganisation = 80
	MostReach        = 100
	MostPurpose      = 1000
	mostNote         = 500
)

// fit cleans what is said and says what has to be mended.
func (r *Request) fit() error {
	r.Purpose = catalog.Clean(r.Purpose)
	switch {
	case !within(r.Purpose, MostPurpose):
		return catalog.Refuse(catalog.Invalid, "cases.fit.purpose", "most", strconv.Itoa(MostPurpose))
	case r.Mode != "" && !slices.Contains(catalog.Ways(), r.Mode), r.Result == "" && r.Need == "" && r.Person == "":
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	return nil
}

// fitContact cleans who asks and says what has to be mended.
func (r *Request) fitContact() error {
	r.Name, r.Organisation, r.Reach = catalog.CleanLine(r.Name), catalog.CleanLine(r.Organisation), catalog.CleanLine(r.Reach)
	switch {
	case !within(r.Name, MostName):
		return catalog.Refuse(catalog.Invalid, "cases.fit.name", "most", strconv.Itoa(MostName))
	case !within(r.Organisation, MostOrganisation):
		return catalog.Refuse(catalog.Invalid, "cases.fit.organisation", "most", strconv.Itoa(MostOrganisation))
	case !reachable(r.Reach):
		return catalog.Refuse(catalog.Invalid, "cases.fit.reach")
	}
	return nil
}

// Fit cleans the request of whoever asks and says what has to be mended.
func (r *Request) Fit() error {
	if err := r.fitContact(); err != nil {
		return err
	}
	if err := r.fit(); err != nil {
		return err
	}
	switch {
	case r.Source != FromMatch && r.Source != FromListing:
		return catalog.Refuse(catalog.Invalid, "error.form")
	case r.Consent == "":
		return catalog.Refuse(catalog.Invalid, "cases.fit.consent")
	}
	return nil
}

func within(s string, most int) bool { return s != "" && utf8.RuneCountInString(s) <= most }

func reachable(s string) bool {
	return within(s, MostReach) && (catalog.IsPhone(s) || catalog.IsEmail(s))
}

// contactOf is a person with one way to be reached.
func contactOf(name, organisation, reach string) catalog.Contact {
	c := catalog.Contact{Name: name, PartyName: organisation}
	if strings.Contains(reach, "@") {
		c.Email = reach
	} else {
		c.Phone = reach
	}
	return c
}

// Ask opens a case for whoever asks. What they may not see cannot be asked for.
// secret, 32 random bytes in base64url, is the way to its page: only its
// SHA-256 is kept.
func (s *Service) Ask(ctx context.Context, p account.Principal, code string, r Request) (c Case, secret string, err error) {
	if !p.May(account.AskContact) {
		return Case{}, "", catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	r.Result = code
	if err := r.Fit(); err != nil {
		return Case{}, "", err
	}
	o, err := s.opening(ctx, p, "contact.ask")
	if err != nil {
		return Case{}, "", err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		c, err = o.begin(ctx, tx, r, func(n catalog.Need) bool { return n.Public(o.at()) || p.May(account.SeeOffice) })
		if err != nil {
			return err
		}
		c.Private = Private{Contact: contactOf(r.Name, r.Organisation, r.Reach), Purpose: r.Purpose}
		c.agree(r.Consent, r.Pass, o.at(), ByPage)
		return o.add(ctx, tx, &c, true)
	})
	return c, o.page, err
}

// AskOwner opens a case for the owner of a need by a match of it: name and number
// are those of the need. The caller has seen that it is the owner who asks, who
// may ask for it before it is public.
func (s *Service) AskOwner(ctx context.Context, need, result string, r Request) (c Case, secret string, err error) {
	r.Need, r.Result, r.Source, r.Person = need, result, FromMatch, ""
	if err := r.fit(); err != nil {
		return Case{}, "", err
	}
	if r.Consent == "" {
		return Case{}, "", catalog.Refuse(catalog.Invalid, "cases.fit.consent")
	}
	o, err := s.opening(ctx, account.Nobody(), "contact.ask")
	if err != nil {
		return Case{}, "", err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		c, err = o.begin(ctx, tx, r, func(catalog.Need) bool { return true })
		if err != nil {
			return err
		}
		n, err := tx.NeedByCode(ctx, need)
		if err != nil {
			return err
		}
		if c.Private = (Private{Contact: ownerOf(n), Purpose: r.Purpose}); !c.reachable() {
			return catalog.Refuse(catalog.Invalid, "cases.fit.reach")
		}
		c.agree(r.Consent, r.Pass, o.at(), ByLink)
		return o.add(ctx, tx, &c, true)
	})
	return c, o.page, err
}

// ownerOf is who answers for a need.
func ownerOf(n catalog.Need) catalog.Contact {
	c := n.Contact
	if c.Phone == "" {
		c.Phone = c.Landline
	}
	return catalog.Contact{Name: c.Name, Phone: c.Phone, Email: c.Email, PartyName: n.OwnerName}
}

func (c Case) reachable() bool { return c.Private.Contact.Phone != "" || c.Private.Contact.Email != "" }

// Opened is a case that the office opened for somebody. Secret is the way to its
// page, which is told this once; the page asks for the consent if that is not
// recorded yet.
type Opened struct {
	Case   Case // the contact masked
	Secret string
	Told   bool // the link is on its way
}

// Open opens a case for somebody. With a need its owner is who asks, unless the
// request says otherwise; the consent is that which is recorded with the need, or
// is asked for by a link: nobody consents for another.
func (s *Service) Open(ctx context.Context, p account.Principal, r Request, sendLink bool) (out Opened, err error) {
	if err := may(p, account.AssignContacts); err != nil {
		return Opened{}, err
	}
	owner := r.Name == "" && r.Organisation == "" && r.Reach == ""
	if !owner {
		if err := r.fitContact(); err != nil {
			return Opened{}, err
		}
	}
	if err := r.fit(); err != nil {
		return Opened{}, err
	}
	if !slices.Contains(Sources(), r.Source) {
		return Opened{}, catalog.Refuse(catalog.Invalid, "error.form")
	}
	if owner && r.Need == "" {
		return Opened{}, catalog.Refuse(catalog.Invalid, "cases.fit.name", "most", strconv.Itoa(MostName))
	}
	o, err := s.opening(ctx, p, "contact.open")
	if err != nil {
		return Opened{}, err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		out = Opened{Secret: o.page}
		c, err := o.begin(ctx, tx, r, func(catalog.Need) bool { return true })
		if err != nil {
			return err
		}
		c.Entered, c.Private = true, Private{Contact: contactOf(r.Name, r.Organisation, r.Reach), Purpose: r.Purpose}
		if p.ID != uuid.Nil {
			c.Officer = p.ID
		}
		if owner {
			n, err := tx.NeedByCode(ctx, r.Need)
			if err != nil {
				return err
			}
			if c.Private.Contact = ownerOf(n); !c.reachable() {
				return catalog.Refuse(catalog.Invalid, "cases.fit.no_owner")
			}
			if a := n.Entered.Answer; a.State == catalog.AnswerConfirmed && a.Consent != "" {
				c.agree(a.Consent, "", a.At, WithNeed)
			}
		}
		if !c.Agreed() {
			c.ConfirmBy = o.now.Add(linkLife).UnixMilli()
			c.DueAt, c.Due = c.ConfirmBy, ""
		}
		if err := o.add(ctx, tx, &c, false); err != nil {
			return err
		}
		if sendLink {
			out.Told, err = o.sendPage(ctx, tx, c)
		}
		out.Case = c
		out.Case.Private.Contact = c.Private.Contact.Masked()
		return err
	})
	return out, err
}

// linkLife is how long a link works that somebody answers by.
const linkLife = 7 * 24 * time.Hour

// sendPage brings whoever asked the address of their page.
func (d draft) sendPage(ctx context.Context, tx Tx, c Case) (bool, error) {
	n := journal.Notice{Template: "case_page", Vars: map[string]string{"code": c.Code}, Path: PagePath(d.page), Urgent: true}
	if !c.Agreed() {
		n.Template, n.Vars, n.Deadline = "case_confirm", map[string]string{"title": c.Title}, c.ConfirmBy
	}
	return send(ctx, tx, c.Private.Contact, n, d.notice[1], d.at())
}

// PagePath is the path of the page of whoever asked.
func PagePath(secret string) string { return "/contact/" + secret }

// Renew makes a new address of the page of whoever asked, for a case that waits
// for their consent; the one before leads nowhere from now on.
func (s *Service) Renew(ctx context.Context, p account.Principal, code string, version int64, sendLink bool) (out Opened, err error) {
	err = s.office(ctx, p, account.HandleContacts, "contact.renew", code, version, func(tx Tx, c *Case, d draft) (step, error) {
		out = Opened{Secret: d.page}
		if c.Agreed() {
			return step{}, catalog.Refuse(catalog.Conflict, "cases.confirmed_already")
		}
		taken, err := d.take(*c, process.Move{Action: Renew, As: As(p)}, nil)
		if err != nil {
			return step{}, err
		}
		c.Link, c.ConfirmBy = d.pageHash, d.now.Add(linkLife).UnixMilli()
		c.DueAt, c.Due = c.ConfirmBy, ""
		if sendLink {
			if out.Told, err = d.sendPage(ctx, tx, *c); err != nil {
				return step{}, err
			}
		}
		out.Case = *c
		out.Case.Version++
		out.Case.Private.Contact = c.Private.Contact.Masked()
		return step{taken, map[string]string{}}, nil
	})
	return out, err
}

// agree notes what whoever asked agreed to.
func (c *Case) agree(words, pass string, at int64, how How) {
	c.Consent, c.ConsentAt, c.ConsentHow, c.ConfirmBy = words, at, how, 0
	if pass != "" {
		c.Pass = agreed(pass, at, how)
	}
}

// opening is what a new case is made of before the transaction.
type opening struct {
	draft
	id uuid.UUID
	by account.Principal
}

func (s *Service) opening(ctx context.Context, p account.Principal, verb string) (o opening, err error) {
	if o.draft, err = s.draft(ctx, p, verb); err != nil {
		return o, err
	}
	o.by = p
	o.id, err = uuid.NewV7FromReader(s.rand)
	return o, err
}

// begin is the case as it begins: what it is about. sees says whether whoever
// asks may see a need.
func (o opening) begin(ctx context.Context, tx Tx, r Request, sees func(catalog.Need) bool) (Case, error) {
	at := o.at()
	hidden := catalog.Refuse(catalog.NotFound, "error.not_found")
	c := Case{ID: o.id, Version: 1, State: Waiting, Source: r.Source, Mode: r.Mode, Definition: Definition.Version, By: o.by.ID, CreatedAt: at, UpdatedAt: at, Link: o.pageHash}
	if r.Person != "" {
		p, err := tx.PersonByCode(ctx, r.Person)
		if err != nil {
			return Case{}, err
		}
		c.Person, c.Title, c.Unit = p.Code, p.Name, p.Unit
	}
	if r.Need != "" {
		n, err := tx.NeedByCode(ctx, r.Need)
		if err != nil {
			return Case{}, err
		}
		if !sees(n) {
			return Case{}, hidden
		}
		c.Need, c.NeedTitle, c.Title = n.Code, n.Title, n.Title
	}
	if r.Result != "" {
		result, err := tx.ResultByCode(ctx, r.Result)
		if err != nil {
			return Case{}, err
		}
		if !result.Public(at) {
			return Case{}, hidden
		}
		c.Result, c.ResultCode, c.Title, c.Unit = result.ID, result.Code, result.Title, result.Unit()
	}
	return c, nil
}

// add writes a new case with everything that begins with it; the office is told
// where somebody asked.
func (o opening) add(ctx context.Context, tx Tx, c *Case, told bool) error {
	if org := c.Private.Contact.PartyName; org != "" {
		parties, err := tx.PartiesNamed(ctx, []string{org})
		if err != nil {
			return err
		}
		if len(parties) == 1 {
			c.Party = parties[0].ID
		}
	}
	if c.Agreed() {
		if err := c.answerBy(o.draft); err != nil {
			return err
		}
	}
	n, err := tx.NextCase(ctx, o.now.Year())
	if err != nil {
		return err
	}
	c.Code = fmt.Sprintf("%d-DJ-%04d", o.now.Year(), n)
	if err := tx.AddCase(ctx, *c); err != nil {
		return err
	}
	if err := o.keep(ctx, tx, *c); err != nil {
		return err
	}
	alarms, err := c.alarms(nil, o.draft)
	if err != nil {
		return err
	}
	if err := o.wait(ctx, tx, *c, alarms); err != nil {
		return err
	}
	e := o.entry
	e.Subject = c.ID
	e.Body = map[string]string{"code": c.Code, "source": string(c.Source), "rules": c.Rules}
	if c.Agreed() {
		e.Body["consent"] = agreed(c.Consent, 0, "").Version
	}
	for name, code := range map[string]string{"result": c.ResultCode, "need": c.Need, "person": c.Person} {
		if code != "" {
			e.Body[name] = code
		}
	}
	if err := tx.Append(ctx, e); err != nil || !told {
		return err
	}
	notice := c.notice("case_opened")
	notice.Deadline, notice.Urgent = c.DueAt, true
	return tell(ctx, tx, notice, o.notice[0], o.at())
}

// keep registers what whoever asked agreed to.
func (d draft) keep(ctx context.Context, tx Tx, c Case) error {
	if !c.Agreed() {
		return nil
	}
	by := c.By
	if c.Entered { // who typed it is not who agreed
		by = uuid.Nil
	}
	if err := d.register(ctx, tx, 0, account.Consent{AccountID: by, Thing: c.ID, Purpose: account.ConsentAsk, Words: c.Consent, How: c.ConsentHow.registered()}, c.ConsentAt); err != nil || !c.Pass.Stands() {
		return err
	}
	return d.register(ctx, tx, 1, account.Consent{AccountID: by, Thing: c.ID, Purpose: account.ConsentPass, Words: c.Pass.Text, How: c.Pass.How.registered()}, c.Pass.At)
}

// ruleAnswer says how long the first answer takes.
const ruleAnswer = "contact-answer"

// answerBy says when the first answer to what is asked now is due.
func (c *Case) answerBy(d draft) error {
	due, err := d.set.Deadline(d.now, ruleAnswer)
	if err != nil {
		return err
	}
	c.DueAt, c.Due, c.Rules = due.At.UnixMilli(), "", strings.Join(due.Versions, " ")
	if due.Provisional() {
		c.Due = DueProvisional
	}
	return nil
}
