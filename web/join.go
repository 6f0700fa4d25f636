package web

import (
	"context"
	"net/http"

	"datai/catalog"
	"datai/web/ui"

	"github.com/google/uuid"
)

// Two accounts of one person: what administrators see of them, and what their
// owner says.

func (p *Pages) conflicts(c *visit) error { return p.showConflicts(c, http.StatusOK, "") }

func (p *Pages) showConflicts(c *visit, status int, problem string) error {
	list, total, err := p.Account.Conflicts(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	c.v.Nav, c.v.Path = "accounts", "/account-conflicts"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("conflicts.title"), Quiet: true},
		ui.ConflictsPage(c.v, ui.Conflicts{List: list, Total: total, Problem: problem, Saved: c.r.URL.Query().Get("saved")})))
}

// decideConflict says that two accounts are two people, or asks their owner
// whether they are one.
func (p *Pages) decideConflict(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	f := c.r.PostForm
	saved := "apart"
	var err error
	if f.Get("do") == "apart" {
		var id uuid.UUID
		if id, err = uuid.Parse(f.Get("conflict")); err != nil {
			return catalog.Refuse(catalog.Invalid, "error.form")
		}
		err = p.Account.Apart(context.WithoutCancel(c.ctx()), c.v.Who, id)
	} else {
		keep, err1 := uuid.Parse(f.Get("keep"))
		gone, err2 := uuid.Parse(f.Get("gone"))
		if err1 != nil || err2 != nil {
			return catalog.Refuse(catalog.Invalid, "error.form")
		}
		saved = "proposed"
		_, err = p.Account.ProposeJoin(context.WithoutCancel(c.ctx()), c.v.Who, keep, gone)
	}
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
		pr := c.problem(err)
		return p.showConflicts(c, pr.status, pr.text)
	}
	if err != nil {
		return err
	}
	return c.redirect("/account-conflicts?saved=" + saved)
}

func (p *Pages) joins(c *visit) error { return p.showJoins(c, http.StatusOK, ui.Joins{}) }

func (p *Pages) showJoins(c *visit, status int, x ui.Joins) (err error) {
	if x.List, err = p.Account.Joins(c.ctx(), c.v.Who); err != nil {
		return err
	}
	c.v.Path = "/me/join"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("joins.title"), Quiet: true}, ui.JoinsPage(c.v, x)))
}

// joined shows the page after a form about a join; what was wrong stands in it.
func (p *Pages) joined(c *visit, x ui.Joins, err error) error {
	switch catalog.CodeOf(err) {
	case catalog.Invalid, catalog.Conflict, catalog.NotFound:
		pr := c.problem(err)
		return p.showJoins(c, pr.status, ui.Joins{Problem: pr.text})
	}
	if err != nil {
		return err
	}
	return p.showJoins(c, http.StatusOK, x)
}

// beginJoin shows the code of the first half, on this answer alone, or takes it
// in the other account.
func (p *Pages) beginJoin(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	if c.r.PostForm.Get("do") == "begin" {
		code, err := p.Account.BeginJoin(context.WithoutCancel(c.ctx()), c.v.Who, c.in)
		return p.joined(c, ui.Joins{Code: code}, err)
	}
	return p.joined(c, ui.Joins{}, p.Account.TakeJoin(context.WithoutCancel(c.ctx()), c.v.Who, c.in, c.r.PostForm.Get("code")))
}

// agreeJoin is the word of one owner. With that of the other the accounts are one
// and nobody is signed in any more.
func (p *Pages) agreeJoin(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	f := c.r.PostForm
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "joins.not_found")
	}
	if f.Get("do") == "refuse" {
		return p.joined(c, ui.Joins{Refused: true}, p.Account.RefuseJoin(context.WithoutCancel(c.ctx()), c.v.Who, id))
	}
	if f.Get("sure") == "" {
		return p.joined(c, ui.Joins{}, catalog.Refuse(catalog.Invalid, "joins.tick"))
	}
	keep, err := uuid.Parse(f.Get("keep"))
	if err != nil {
		keep = uuid.Nil
	}
	done, err := p.Account.AgreeJoin(context.WithoutCancel(c.ctx()), c.v.Who, c.in, id, keep)
	if err != nil || !done {
		return p.joined(c, ui.Joins{Agreed: true}, err)
	}
	if err := p.sessions.Destroy(c.ctx()); err != nil {
		return catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err)
	}
	return c.redirect("/accounts-joined")
}

func (p *Pages) accountsJoined(c *visit) error {
	return c.show(ui.Head{Title: c.v.T("joins.done"), Quiet: true}, ui.JoinedPage(c.v))
}
