package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"

	"datai/catalog"
	"datai/shelf"
	"datai/web/ui"
)

// The page of the owner of a proxy entry: reached by a one-time link, on a
// phone, without an account.

// How often an address may open or send the page: a hall is one address, and a
// secret of 128 bits is not guessed in any case.
const confirmPerMinute, confirmBurst = 60, 120

// confirmHeld refuses who asks too often.
func (p *Pages) confirmHeld(c *visit) error {
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	wait := p.confirms.Take(comesFrom(c.r))
	if wait == 0 {
		return nil
	}
	c.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	c.draw(problem{status: http.StatusTooManyRequests, title: c.v.T("problem.title.unavailable"), text: c.v.T("behalf.too_many"), steps: nil})
	return errHeld
}

// errHeld says that the answer has been given.
var errHeld = errors.New("web: held back")

// held is the answer of a handler that may have been held back.
func held(err error) error {
	if errors.Is(err, errHeld) {
		return nil
	}
	return err
}

// confirmForm shows what will be public, and uses nothing up: programs look at
// links before people do.
func (p *Pages) confirmForm(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	secret := c.r.PathValue("secret")
	a, err := p.Proxy.Asked(c.ctx(), secret)
	if err != nil {
		return err
	}
	return p.showConfirm(c, http.StatusOK, ui.Confirm{Ask: a, Secret: secret, Reply: shelf.ReplyOf(a.Need)})
}

func (p *Pages) showConfirm(c *visit, status int, f ui.Confirm) error {
	c.v.Path, c.unkept = shelf.ConfirmPath(f.Secret), true
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("behalf.confirm_title"), Quiet: true}, ui.ConfirmPage(c.v, f)))
}

// confirm takes the owner's yes or no. What does not fit comes back in the form,
// and the link goes on working.
func (p *Pages) confirm(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	secret := c.r.PathValue("secret")
	a, err := p.Proxy.Asked(c.ctx(), secret)
	if err != nil {
		return err
	}
	if err := c.readForm(formMax); err != nil {
		return err
	}
	in := form{c.r.PostForm}
	version, err := strconv.ParseInt(in.values.Get("version"), 10, 64)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	f := ui.Confirm{Ask: a, Secret: secret, Reason: catalog.Clean(in.values.Get("reason"))}
	f.Reply = shelf.Reply{Owner: in.typed("owner"), Title: in.typed("title"), Text: in.values.Get("text"), Indicators: in.values.Get("indicators"),
		Budget: in.typed("budget"), Who: in.typed("who"), ShowOwner: in.values.Get("show_owner") == "1", Public: in.values.Get("public") == "1"}
	if in.values.Get("consent") == "1" && f.Reply.Public {
		f.Reply.Consent = c.v.T("behalf.public_words") + " " + c.v.T("behalf.consent_words", "office", c.v.OfficeName())
	}
	// Who is gone when the answer comes has answered all the same.
	ctx := context.WithoutCancel(c.ctx())
	done := shelf.MatchesPath(secret)
	if in.values.Get("act") == "refuse" {
		done = "/c/refused"
		err = p.Proxy.Decline(ctx, secret, f.Reply.Who, f.Reason)
	} else {
		var ok bool
		if f.Reply.Until, ok = in.date("until"); !ok {
			err = catalog.Refuse(catalog.Invalid, "shelf.edit.date")
		} else {
			err = p.Proxy.Confirm(ctx, secret, version, f.Reply)
		}
	}
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Invalid || e.Code == catalog.Conflict) {
		if e.Key == "behalf.fit.secret" || e.Code == catalog.Conflict {
			if f.Ask, err = p.Proxy.Asked(c.ctx(), secret); err != nil {
				return err
			}
			f.Reply = shelf.ReplyOf(f.Ask.Need)
		}
		f.Refusing = in.values.Get("act") == "refuse"
		f.Problem = c.v.Lang.SayArgs(e.Key, e.Args)
		return p.showConfirm(c, statuses[e.Code], f)
	}
	if err != nil {
		return err
	}
	return c.redirect(done)
}

func (p *Pages) confirmRefused(c *visit) error {
	return c.show(ui.Head{Title: c.v.T("behalf.refused"), Quiet: true}, ui.EntryRefusedPage(c.v))
}
