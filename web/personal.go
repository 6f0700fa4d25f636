package web

import (
	"context"
	"encoding/json"
	"net/http"

	"datai/account"
	"datai/catalog"
	"datai/retention"
	"datai/web/ui"

	"github.com/google/uuid"
)

// What is kept about somebody, taking it out, and closing the account.

func (p *Pages) ownData(c *visit) error {
	c.v.Path = "/me/data"
	agreed, err := p.Account.Consents(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	terms, err := p.terms(c)
	if err != nil {
		return err
	}
	return c.show(ui.Head{Title: c.v.T("personal.title"), Quiet: true}, ui.PersonalPage(c.v, ui.Personal{Kinds: account.PersonalKinds(), Terms: terms, Consents: agreed}))
}

// terms are how long things are kept today, in words, by the rules that say so.
func (p *Pages) terms(c *visit) (map[string]string, error) {
	book, err := p.Rules.Book(c.ctx())
	if err != nil {
		return nil, err
	}
	set, err := book.At(p.Rules.Today())
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, k := range retention.Kinds() {
		r, err := set.Rule(k.Rule())
		if err != nil {
			return nil, err
		}
		out[k.Rule()] = c.v.RuleValue(book, r.Value)
	}
	return out, nil
}

// withdrawConsent withdraws one of one's own. What it let a case keep is erased
// with it.
func (p *Pages) withdrawConsent(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "consents.not_found")
	}
	given, err := p.Account.Consent(c.ctx(), c.v.Who, id)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.ctx())
	switch given.Purpose {
	case account.ConsentAsk, account.ConsentPass:
		err = p.Contact.WithdrawOwn(ctx, c.v.Who, given)
	case account.ConsentShare:
		if err = p.Contact.WithdrawOwn(ctx, c.v.Who, given); catalog.CodeOf(err) != catalog.NotFound { // else it is about no case
			break
		}
		fallthrough
	default:
		err = p.Account.WithdrawConsent(ctx, c.v.Who, id)
	}
	if err != nil {
		return err
	}
	return c.redirect("/me/data#consents")
}

// takeOwnData answers with everything as a file, which nobody keeps on the way.
func (p *Pages) takeOwnData(c *visit) error {
	d, err := p.Account.OwnData(c.ctx(), c.v.Who, c.in)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Disposition", `attachment; filename="my-data.json"`)
	return c.send(http.StatusOK, "application/json; charset=utf-8", text)
}

func (p *Pages) closeForm(c *visit) error { return p.showClose(c, http.StatusOK, "") }

func (p *Pages) showClose(c *visit, status int, problem string) error {
	d, err := p.Account.DutiesOf(c.ctx(), c.v.Who, c.v.Who.ID)
	if err != nil {
		return err
	}
	terms, err := p.terms(c)
	if err != nil {
		return err
	}
	c.v.Path = "/me/close"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("personal.close.title"), Quiet: true},
		ui.ClosePage(c.v, ui.Close{Kinds: account.PersonalKinds(), Terms: terms, Duties: d, Problem: problem})))
}

// closeOwn closes the account of whoever has said so with a tick.
func (p *Pages) closeOwn(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	var err error
	if c.r.PostForm.Get("sure") == "" {
		err = catalog.Refuse(catalog.Invalid, "personal.close.tick")
	} else {
		err = p.Account.CloseOwn(context.WithoutCancel(c.ctx()), c.v.Who, c.in)
	}
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
		pr := c.problem(err)
		return p.showClose(c, pr.status, pr.text)
	}
	if err != nil {
		return err
	}
	if err := p.sessions.Destroy(c.ctx()); err != nil {
		return catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err)
	}
	return c.redirect("/account-closed")
}

func (p *Pages) accountClosed(c *visit) error {
	return c.show(ui.Head{Title: c.v.T("personal.closed.title"), Quiet: true}, ui.ClosedPage(c.v))
}
