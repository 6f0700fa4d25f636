package web

import (
	"net/http"
	"strconv"

	"datai/catalog"
	"datai/inbox"
	"datai/web/ui"

	"github.com/google/uuid"
)

func (p *Pages) receivers(c *visit) error {
	return p.showReceivers(c, http.StatusOK, ui.Receivers{New: inbox.NewReceiver{Kind: inbox.WeCom, Events: inbox.Events()}, Tried: c.r.URL.Query().Get("tried") == "1"})
}

func (p *Pages) showReceivers(c *visit, status int, rs ui.Receivers) error {
	c.v.Path = "/receivers"
	var err error
	if rs.List, rs.States, err = p.Inbox.Receivers(c.ctx(), c.v.Who); err != nil {
		return err
	}
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("receivers.title"), Quiet: true}, ui.ReceiversPage(c.v, rs)))
}

// addReceiver adds a receiver; the secret of a webhook is shown on this answer
// alone. What does not fit comes back in the form, without the secret.
func (p *Pages) addReceiver(c *visit) error {
	if err := c.readForm(formMax); err != nil {
		return err
	}
	form := c.r.PostForm
	rs := ui.Receivers{New: inbox.NewReceiver{Kind: inbox.ReceiverKind(form.Get("kind")), Name: form.Get("name"), URL: form.Get("url"),
		Secret: form.Get("secret"), Events: form["events"]}}
	r, err := p.Inbox.AddReceiver(c.ctx(), c.v.Who, rs.New)
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
		pr := c.problem(err)
		rs.Problem, rs.New.Secret = pr.text, ""
		return p.showReceivers(c, pr.status, rs)
	}
	if err != nil {
		return err
	}
	if r.Kind != inbox.Webhook {
		return c.redirect("/receivers")
	}
	return p.showReceivers(c, http.StatusOK, ui.Receivers{New: inbox.NewReceiver{Kind: inbox.WeCom, Events: inbox.Events()}, Secret: r.Target.Secret})
}

// changeReceiver does what a button beside a receiver says.
func (p *Pages) changeReceiver(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	do := c.r.PostFormValue("do")
	if do == "try" {
		if err := p.Inbox.Try(c.ctx(), c.v.Who, id); err != nil {
			return err
		}
		return c.redirect("/receivers?tried=1")
	}
	version, err := strconv.ParseInt(c.r.PostFormValue("version"), 10, 64)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	switch do {
	case "pause", "resume":
		err = p.Inbox.Pause(c.ctx(), c.v.Who, id, version, do == "pause")
	case "remove":
		err = p.Inbox.Remove(c.ctx(), c.v.Who, id)
	case "rotate":
		secret, err := p.Inbox.Rotate(c.ctx(), c.v.Who, id, version)
		if err != nil {
			return err
		}
		return p.showReceivers(c, http.StatusOK, ui.Receivers{New: inbox.NewReceiver{Kind: inbox.WeCom, Events: inbox.Events()}, Secret: secret})
	default:
		err = catalog.Refuse(catalog.Invalid, "error.form")
	}
	if err != nil {
		return err
	}
	return c.redirect("/receivers")
}
