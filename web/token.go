package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"

	"github.com/google/uuid"
)

// tokenDays are the lives that the form offers.
var tokenDays = []int{30, 90, 180, account.TokenDays}

func (p *Pages) tokens(c *visit) error {
	return p.showTokens(c, http.StatusOK, ui.Tokens{New: account.NewToken{Role: c.v.Who.Acting, Days: tokenDays[1]}})
}

func (p *Pages) showTokens(c *visit, status int, t ui.Tokens) error {
	c.v.Path = "/me/tokens"
	var err error
	if t.List, err = p.Account.Tokens(c.ctx(), c.v.Who); err != nil {
		return err
	}
	t.Days = tokenDays
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("tokens.title"), Quiet: true}, ui.TokensPage(c.v, t)))
}

// addToken makes a token and shows its secret, on this answer alone. What does
// not fit comes back in the form.
func (p *Pages) addToken(c *visit) error {
	if err := c.readForm(formMax); err != nil {
		return err
	}
	days, err := strconv.Atoi(c.r.PostForm.Get("days"))
	if err != nil || !slices.Contains(tokenDays, days) {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	t := ui.Tokens{New: account.NewToken{Name: c.r.PostForm.Get("name"), Role: account.Role(c.r.PostForm.Get("role")),
		Write: c.r.PostForm.Get("scope") == "write", Days: days}}
	secret, _, err := p.Account.IssueToken(context.WithoutCancel(c.ctx()), c.v.Who, t.New)
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
		pr := c.problem(err)
		t.Problem = pr.text
		return p.showTokens(c, pr.status, t)
	}
	if err != nil {
		return err
	}
	t.Secret = secret
	return p.showTokens(c, http.StatusOK, t)
}

func (p *Pages) revokeToken(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	if err := p.Account.RevokeToken(c.ctx(), c.v.Who, id); err != nil {
		return err
	}
	return c.redirect("/me/tokens")
}
