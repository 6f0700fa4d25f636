package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"

	"github.com/google/uuid"
)

// The own e-mail addresses and telephones.

func (p *Pages) addresses(c *visit) error {
	return p.showAddresses(c, http.StatusOK, ui.Addresses{Saved: c.r.URL.Query().Get("saved") == "1"})
}

func (p *Pages) showAddresses(c *visit, status int, a ui.Addresses) (err error) {
	if a.List, err = p.Account.Addresses(c.ctx(), c.v.Who); err != nil {
		return err
	}
	a.Ways = p.ways()
	c.v.Path = "/me/addresses"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("addresses.title"), Quiet: true}, ui.AddressesPage(c.v, a)))
}

// addressed shows the page after a form; what was wrong stands in it.
func (p *Pages) addressed(c *visit, a ui.Addresses, err error) error {
	switch catalog.CodeOf(err) {
	case catalog.Invalid, catalog.Conflict, catalog.Unavailable:
		pr := c.problem(err)
		a.Problem = pr.text
		return p.showAddresses(c, pr.status, a)
	}
	if err != nil {
		return err
	}
	return c.redirect("/me/addresses?saved=1")
}

// askAddress sends a code and asks for it. The address is not kept until it is
// confirmed: the form holds it.
func (p *Pages) askAddress(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	a := ui.Addresses{Kind: account.Provider(c.r.PostForm.Get("kind")), Value: strings.TrimSpace(c.r.PostForm.Get("value"))}
	if !slices.Contains(p.ways(), a.Kind) {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	id, value, err := p.Passwords.AskAddress(context.WithoutCancel(c.ctx()), c.v.Who, a.Kind, a.Value, string(c.v.Lang), comesFrom(c.r))
	if err != nil {
		return p.addressed(c, a, err)
	}
	a.ID, a.Value = id.String(), value
	return p.showAddresses(c, http.StatusOK, a)
}

func (p *Pages) addAddress(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	f := c.r.PostForm
	a := ui.Addresses{ID: f.Get("c"), Kind: account.Provider(f.Get("kind")), Value: f.Get("value")}
	id, err := uuid.Parse(a.ID)
	if err != nil || !slices.Contains(p.ways(), a.Kind) {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	err = p.Passwords.AddAddress(context.WithoutCancel(c.ctx()), c.v.Who, id, a.Kind, a.Value, onlyDigits(f.Get("code")))
	return p.addressed(c, a, err)
}

func (p *Pages) removeAddress(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "addresses.not_found")
	}
	return p.addressed(c, ui.Addresses{}, p.Account.RemoveAddress(context.WithoutCancel(c.ctx()), c.v.Who, id, p.ways()...))
}
