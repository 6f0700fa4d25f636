package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
)

const (
	sessionIdle = 30 * time.Minute
	sessionLife = 12 * time.Hour

	sessionAccount = "account"
	sessionRole    = "role"
)

// newSessions does without scs.New, which starts a goroutine for a store in
// memory that nobody would use or could stop.
func (p *Pages) newSessions() *scs.SessionManager {
	return &scs.SessionManager{
		Store: p.Sessions, Codec: scs.GobCodec{}, IdleTimeout: sessionIdle, Lifetime: sessionLife,
		HashTokenInStore: true, // who reads the database cannot use the sessions in it
		Cookie:           scs.SessionCookie{Name: "datai", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.Secure},
		ErrorFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			p.refuse(w, r, catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err))
		},
	}
}

// principal is who the session belongs to, as the account is now: who was
// disabled meanwhile is nobody.
func (p *Pages) principal(ctx context.Context) (account.Principal, error) {
	id, err := uuid.Parse(p.sessions.GetString(ctx, sessionAccount))
	if err != nil {
		return account.Nobody(), nil //nolint:nilerr // a session without an account is a visitor's, not a fault
	}
	who, err := p.Account.Principal(ctx, id)
	if err != nil {
		return account.Nobody(), catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err)
	}
	if role := account.Role(p.sessions.GetString(ctx, sessionRole)); slices.Contains(who.Roles, role) {
		who.Acting = role
	}
	return who, nil
}

func (p *Pages) signIn(c *visit) error {
	return c.show(ui.Head{Title: c.v.T("signin.title"), Quiet: true}, ui.SignInPage(c.v))
}

// enterForm shows a button and touches nothing: programs that look at links
// before people do must not use them up.
func (p *Pages) enterForm(c *visit) error {
	return c.show(ui.Head{Title: c.v.T("enter.title"), Quiet: true}, ui.EnterPage(c.v, c.r.PathValue("token")))
}

func (p *Pages) enter(c *visit) error {
	who, err := p.Account.Redeem(c.ctx(), c.r.PathValue("token"))
	if err != nil {
		return err
	}
	// A new token: one that somebody planted before knows nothing of this.
	if err := p.sessions.RenewToken(c.ctx()); err != nil {
		return catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err)
	}
	p.sessions.Put(c.ctx(), sessionAccount, who.ID.String())
	p.sessions.Put(c.ctx(), sessionRole, string(who.Acting))
	return c.redirect("/")
}

func (p *Pages) signOut(c *visit) error {
	if err := p.sessions.Destroy(c.ctx()); err != nil {
		return catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err)
	}
	return c.redirect("/")
}

func (p *Pages) me(c *visit) error {
	if !c.v.Who.SignedIn() {
		return catalog.Refuse(catalog.Forbidden, "error.signed_out")
	}
	return c.show(ui.Head{Title: c.v.Who.Name, Quiet: true}, ui.MePage(c.v))
}

// role changes the role somebody acts in, to another one they have.
func (p *Pages) role(c *visit) error {
	role := account.Role(c.r.PostFormValue("role"))
	if !c.v.Who.SignedIn() || !slices.Contains(c.v.Who.Roles, role) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if err := p.sessions.RenewToken(c.ctx()); err != nil {
		return catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err)
	}
	p.sessions.Put(c.ctx(), sessionRole, string(role))
	return c.redirect("/me")
}
