package web

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
)

const (
	sessionSignIn = "signin"
	sessionRole   = "role"
)

// newSessions does without scs.New, which starts a goroutine for a store in
// memory that nobody would use or could stop.
func (p *Pages) newSessions() *scs.SessionManager {
	return &scs.SessionManager{
		Store: p.Sessions, Codec: scs.GobCodec{}, IdleTimeout: account.SignInIdle, Lifetime: account.SignInLife,
		HashTokenInStore: true, // who reads the database cannot use the sessions in it
		Cookie:           scs.SessionCookie{Name: "datai", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.Secure},
		ErrorFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			p.refuse(w, r, catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err))
		},
	}
}

// principal is who the session belongs to, as the account is now, and the
// sign-in: who was disabled, or signed out elsewhere, is nobody.
func (p *Pages) principal(ctx context.Context) (account.Principal, account.SignIn, error) {
	id, err := uuid.Parse(p.sessions.GetString(ctx, sessionSignIn))
	if err != nil {
		return account.Nobody(), account.SignIn{}, nil //nolint:nilerr // a session without a sign-in is a visitor's, not a fault
	}
	who, in, err := p.Account.Present(ctx, id)
	if err != nil {
		return account.Nobody(), account.SignIn{}, catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err)
	}
	if role := account.Role(p.sessions.GetString(ctx, sessionRole)); slices.Contains(who.Roles, role) {
		who.Acting = role
	}
	return who, in, nil
}

// letIn makes the session of this visit that of a sign-in and goes on to a page
// of ours, by way of the one that asks for a second factor where that is due.
// Every way of signing in ends here.
func (p *Pages) letIn(c *visit, who account.Principal, in account.SignIn, next string) error {
	if c.in.ID != uuid.Nil { // it is another one from now on
		if err := p.Account.EndSignIn(c.ctx(), c.v.Who, c.in.ID); err != nil {
			return err
		}
	}
	// A new token: one that somebody planted before knows nothing of this.
	if err := p.renewToken(c); err != nil {
		return err
	}
	p.sessions.Put(c.ctx(), sessionSignIn, in.ID.String())
	p.sessions.Put(c.ctx(), sessionRole, string(who.Acting))
	if who.Acting == account.Unproven {
		next = address(factorPath, url.Values{"back": {next}})
	}
	return c.redirect(next)
}

// entrance says where a visit comes from, as far as a list of sign-ins needs it.
func (c *visit) entrance() account.Entrance {
	return account.Entrance{Address: shortAddress(c.r.RemoteAddr), Agent: agent(c.r.UserAgent())}
}

// shortAddress is the network that an address is in: the first 24 bits of an
// IPv4 address, 48 of an IPv6 one. That is enough to know a place again.
func shortAddress(remote string) string {
	from, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	bits := 24
	if from.Addr().Unmap().Is6() {
		bits = 48
	}
	net, err := from.Addr().Unmap().WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return net.String()
}

// agent is the browser and the system that a User-Agent names, such as
// "Chrome · Windows", "" where it names none that is known. Browsers name
// others beside themselves, so the order matters.
func agent(header string) string {
	var found []string
	for _, names := range [][][2]string{
		{{"MicroMessenger", "WeChat"}, {"DingTalk", "DingTalk"}, {"Lark", "Feishu"}, {"Edg", "Edge"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}},
		{{"HarmonyOS", "HarmonyOS"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}},
	} {
		for _, n := range names {
			if strings.Contains(header, n[0]) {
				found = append(found, n[1])
				break
			}
		}
	}
	return strings.Join(found, " · ")
}

// enterForm shows a button and touches nothing: programs that look at links
// before people do must not use them up.
func (p *Pages) enterForm(c *visit) error {
	return c.show(ui.Head{Title: c.v.T("enter.title"), Quiet: true}, ui.EnterPage(c.v, enterPath(c)))
}

// enterPath is the address of a one-time link, with what it is for.
func enterPath(c *visit) string {
	if c.r.URL.Query().Get("password") == "1" {
		return account.ResetPath(c.r.PathValue("token"))
	}
	return "/enter/" + c.r.PathValue("token")
}

func (p *Pages) enter(c *visit) error {
	who, in, err := p.Account.Redeem(c.ctx(), c.r.PathValue("token"), c.entrance())
	if err != nil {
		return err
	}
	if c.r.URL.Query().Get("password") == "1" {
		return p.letIn(c, who, in, "/me/security")
	}
	return p.letIn(c, who, in, "/")
}

func (p *Pages) signOut(c *visit) error {
	next := "/"
	if c.in.ID != uuid.Nil {
		next = left(c.in)
		if err := p.Account.EndSignIn(c.ctx(), c.v.Who, c.in.ID); err != nil {
			return err
		}
	}
	if err := p.sessions.Destroy(c.ctx()); err != nil {
		return catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err)
	}
	return c.redirect(next)
}

func (p *Pages) me(c *visit) error {
	return c.show(ui.Head{Title: c.v.Who.Name, Quiet: true}, ui.MePage(c.v))
}

// role changes the role somebody acts in, to another one they have.
func (p *Pages) role(c *visit) error {
	role := account.Role(c.r.PostFormValue("role"))
	if !slices.Contains(c.v.Who.Roles, role) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if err := p.renewToken(c); err != nil {
		return err
	}
	p.sessions.Put(c.ctx(), sessionRole, string(role))
	return c.redirect("/me")
}
