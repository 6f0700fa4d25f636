package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/inbox"
	"datai/process"
	"datai/shelf"
	"datai/web/ui"
)

// The pages behind the links of a case: the professor who is asked, and both
// sides when they are asked how it goes; and those of an enterprise that has just
// confirmed a need. All of them on a phone, without an account.

// door is how a professor came: by a link, or signed in.
func (c *visit) door() contact.Door {
	if secret := c.r.PathValue("secret"); secret != "" {
		return contact.Door{Secret: secret, Who: account.Nobody()}
	}
	return contact.Door{Who: c.v.Who, Code: c.r.PathValue("code")}
}

// ownInquiries is what is asked of a professor who is signed in: the case that
// the address names, else those that wait for an answer.
func (p *Pages) ownInquiries(c *visit) error {
	if code := c.r.URL.Query().Get("case"); code != "" {
		if err := fitCode(code); err != nil {
			return err
		}
		c.r.SetPathValue("code", code)
		return p.showInquiry(c, http.StatusOK, ui.Inquiry{}, "")
	}
	var waiting []process.Task
	for page := (inbox.TaskPage{Limit: 200}); page.Limit > 0; {
		t, err := p.Inbox.Todo(c.ctx(), c.v.Who, page)
		if err != nil {
			return err
		}
		for _, x := range t.List {
			if x.Kind == contact.Definition.Kind && x.What == "invited" {
				waiting = append(waiting, x)
			}
		}
		page = t.Next
	}
	c.v.Nav, c.v.Path = "inbox", "/me/inquiries"
	return c.show(ui.Head{Title: c.v.T("cases.pro.title"), Quiet: true}, ui.InquiriesPage(c.v, waiting))
}

func (p *Pages) inquiry(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	return p.showInquiry(c, http.StatusOK, ui.Inquiry{}, "")
}

func (p *Pages) showInquiry(c *visit, status int, f ui.Inquiry, problem string) error {
	door := c.door()
	q, err := p.Contact.Inquiry(c.ctx(), door)
	if err != nil {
		return err
	}
	f.Inquiry, f.Problem = q, problem
	if f.Path = contact.ProfessorPath(door.Secret); door.Secret == "" {
		f.Path = "/me/inquiries/" + door.Code
	}
	if status == http.StatusOK {
		f.Reply = contact.Reply{Name: q.Self.Name, Unit: q.Self.PartyName}
	}
	c.v.Path, c.unkept = f.Path, true
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("cases.pro.title"), Quiet: true}, ui.InquiryPage(c.v, f)))
}

// answerInquiry takes the professor's yes or no. What does not fit comes back in
// the form, and the link goes on working.
func (p *Pages) answerInquiry(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	if err := c.readForm(wordsMax); err != nil {
		return err
	}
	door := c.door()
	in := form{c.r.PostForm}
	r := contact.Reply{Willing: in.values.Get("act") == "agree", Name: in.typed("name"), Unit: in.typed("unit"), Reach: in.typed("reach"), Reason: in.values.Get("reason"), Text: in.values.Get("text")}
	ctx := context.WithoutCancel(c.ctx())
	typed := [][2]string{{"cases.name", r.Name}, {"cases.pro.unit", r.Unit}, {"cases.reach", r.Reach}, {"cases.why_text", r.Text}}
	var err error
	switch in.values.Get("act") {
	case "agree", "decline":
		if in.values.Get("consent") == "1" {
			q, err := p.Contact.Inquiry(c.ctx(), door)
			if deadline, late := tooLate(err); late {
				return p.showLate(c, deadline, r.Reason, typed)
			}
			if err != nil {
				return err
			}
			r.Consent = c.v.T("cases.pro.consent", "organisation", q.Organisation)
		}
		err = p.Contact.Answer(ctx, door, r)
	case "retract":
		err = p.Contact.Retract(ctx, door)
	default:
		err = catalog.Refuse(catalog.Invalid, "error.form")
	}
	if deadline, late := tooLate(err); late {
		return p.showLate(c, deadline, r.Reason, typed)
	}
	var e *catalog.Error
	if errors.As(err, &e) && (e.Code == catalog.Invalid || e.Code == catalog.Conflict) {
		pr := c.problem(err)
		return p.showInquiry(c, pr.status, ui.Inquiry{Reply: r, Declining: !r.Willing}, pr.text)
	}
	if err != nil {
		return err
	}
	return c.redirect(pathOf(door))
}

// pathOf is the page behind a professor's door.
func pathOf(door contact.Door) string {
	if door.Secret == "" {
		return contact.InvitedPath(door.Code)
	}
	return contact.ProfessorPath(door.Secret)
}

// stepInvited is a step that the university lets a professor take who is willing.
func (p *Pages) stepInvited(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	door := c.door()
	s, err := c.sideStep(func(ctx context.Context, m contact.Move) error { return p.Contact.MoveInvited(ctx, door, m) })
	if err != nil {
		return err
	}
	if s.status != 0 {
		return p.showInquiry(c, s.status, ui.Inquiry{Filled: s.filled, Refused: s.refused}, s.problem)
	}
	return c.redirect(pathOf(door))
}

// tooLate is the deadline (unix ms) that has passed, if that is what an error
// says.
func tooLate(err error) (deadline int64, late bool) {
	r, ok := errors.AsType[*process.Refusal](err)
	if !ok || r.Why != process.TooLate {
		return 0, false
	}
	return r.Deadline, true
}

// showLate gives back what somebody without an account typed into a form whose
// deadline passed while it was open: nothing is kept of it here, since they agreed
// to nothing, and nothing is lost. typed are labels and values.
func (p *Pages) showLate(c *visit, deadline int64, reason string, typed [][2]string) error {
	d, err := p.Contact.Process(c.ctx())
	if err != nil {
		return err
	}
	begun, err := strconv.ParseInt(c.r.PostForm.Get("opened"), 10, 64)
	if now := c.v.Now.UnixMilli(); err != nil || begun <= 0 || begun > now { // is only shown, and to whoever sent it
		begun = now
	}
	var lines []string
	if r, known := d.Reason(reason); known {
		lines = append(lines, ui.ReasonWord(c.v.Lang, d, r))
	}
	for _, x := range typed {
		if x[1] != "" {
			lines = append(lines, c.v.T("process.form.typed", "field", c.v.T(x[0]), "value", x[1]))
		}
	}
	c.unkept = true
	return c.render(http.StatusConflict, ui.Page(c.v, ui.Head{Title: c.v.T("process.late_title"), Quiet: true}, ui.LatePage(c.v, deadline, begun, strings.Join(lines, "\n"))))
}

func (p *Pages) going(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	return p.showGoing(c, http.StatusOK, ui.Going{})
}

func (p *Pages) showGoing(c *visit, status int, f ui.Going) error {
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	f.Secret = c.r.PathValue("secret")
	var err error
	if f.Going, err = p.Contact.Going(c.ctx(), f.Secret); err != nil {
		return err
	}
	c.v.Path, c.unkept = contact.ProgressPath(f.Secret), true
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("cases.going.title"), Quiet: true}, ui.GoingPage(c.v, f)))
}

// tellGoing takes the answer. That it has ended is asked for with a reason.
func (p *Pages) tellGoing(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	if err := c.readForm(wordsMax); err != nil {
		return err
	}
	in, secret := c.r.PostForm, c.r.PathValue("secret")
	f := ui.Going{Ending: in.Get("answer") == contact.Over, Reason: in.Get("reason"), Text: in.Get("text")}
	if f.Ending && !in.Has("reason") {
		return p.showGoing(c, http.StatusOK, f)
	}
	err := p.Contact.Tell(context.WithoutCancel(c.ctx()), secret, in.Get("answer"), f.Reason, f.Text)
	if deadline, late := tooLate(err); late {
		return p.showLate(c, deadline, f.Reason, [][2]string{{"cases.why_text", f.Text}})
	}
	var e *catalog.Error
	if errors.As(err, &e) && (e.Code == catalog.Invalid || e.Code == catalog.Conflict) {
		pr := c.problem(err)
		f.Problem = pr.text
		return p.showGoing(c, pr.status, f)
	}
	if err != nil {
		return err
	}
	return c.redirect(contact.ProgressPath(secret))
}

// ownerMatches are the results that fit a need whose owner has just confirmed it
// by a link, those that the office has checked.
const ownerHits = 5

func (p *Pages) ownerNeed(c *visit) (ui.OwnerNeed, error) {
	secret := c.r.PathValue("secret")
	n, err := p.Proxy.Confirmed(c.ctx(), secret)
	if err != nil {
		return ui.OwnerNeed{}, err
	}
	c.v.Path, c.unkept = shelf.MatchesPath(secret), true
	f := ui.OwnerNeed{Need: n, Secret: secret}
	f.Matches, f.Waiting, err = p.Match.ForConfirmed(c.ctx(), n, ownerHits)
	return f, err
}

func (p *Pages) ownerMatches(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	f, err := p.ownerNeed(c)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, ui.Page(c.v, ui.Head{Title: c.v.T("behalf.done"), Quiet: true}, ui.OwnerNeedPage(c.v, f)))
}

// ownerConnect is 「我要对接」 there, with what is known of the enterprise: it says
// what for, and agrees.
func (p *Pages) ownerConnect(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	f, err := p.ownerNeed(c)
	if err != nil {
		return err
	}
	code := c.r.PathValue("code")
	chosen, ok := f.Choose(code)
	if !ok {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	show := func(status int, o ui.OwnerConnect) error {
		return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("cases.ask"), Quiet: true}, ui.OwnerConnectPage(c.v, o)))
	}
	o := ui.OwnerConnect{OwnerNeed: f, Result: chosen, Request: contact.Request{Purpose: f.Need.Title}}
	if c.r.Method != http.MethodPost {
		p.markDevice(c)
		return show(http.StatusOK, o)
	}
	if err := c.readForm(wordsMax); err != nil {
		return err
	}
	o.Request.Purpose, o.Request.Mode = c.r.PostForm.Get("purpose"), catalog.Way(c.r.PostForm.Get("mode"))
	p.consents(c, &o.Request)
	var status int
	if o.Problem, status = p.tooOften(c); o.Problem != "" {
		return show(status, o)
	}
	_, secret, err := p.Contact.AskOwner(context.WithoutCancel(c.ctx()), f.Need.Code, code, o.Request)
	if catalog.CodeOf(err) == catalog.Invalid {
		pr := c.problem(err)
		o.Problem = pr.text
		return show(pr.status, o)
	}
	if err != nil {
		return err
	}
	return c.redirect(contact.PagePath(secret))
}
