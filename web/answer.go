package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"datai/catalog"
	"datai/gate"
	"datai/web/ui"

	"github.com/google/uuid"
)

// What professors are asked by link, and what they answer.

// gateAsk makes the links for what a filter of the list lets through.
func (p *Pages) gateAsk(c *visit) error {
	if err := c.readForm(wordsMax); err != nil {
		return err
	}
	if c.r.PostForm.Get("act") != "ask" { // making links ends those of before
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	f, err := gateFilter(c.r.PostForm)
	if err != nil {
		return err
	}
	sent, left, err := p.Gate.Ask(context.WithoutCancel(c.ctx()), c.v.Who, f, c.r.PostForm.Get("send") == "1")
	if err != nil {
		return err
	}
	a := ui.AskedLinks{Sent: sent, Left: left}
	for _, s := range sent {
		a.Texts = append(a.Texts, c.v.T("gate.asked.text", "name", s.Name, "office", c.v.OfficeName(), "n", strconv.Itoa(s.Results),
			"link", p.absolute(gate.LinkPath(s.Secret)), "until", c.v.Lang.Date(c.v.Now.Add(gate.LinkLife))))
	}
	c.v.Nav, c.v.Path, c.unkept = "gate", "/gate", true
	return c.show(ui.Head{Title: c.v.T("gate.asked.head"), Quiet: true}, ui.GateAskedPage(c.v, a))
}

func (p *Pages) gateAnswers(c *visit) error { return p.showAnswers(c, http.StatusOK, "") }

func (p *Pages) showAnswers(c *visit, status int, problem string) error {
	list, err := p.Gate.Proposals(c.ctx(), c.v.Who, bulkSize)
	if err != nil {
		return err
	}
	c.v.Nav, c.v.Path = "gate", "/gate/answers"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("gate.answers"), Quiet: true}, ui.GateAnswersPage(c.v, ui.GateAnswers{List: list, Problem: problem})))
}

func (p *Pages) decideAnswer(c *visit) error {
	if err := c.readForm(wordsMax); err != nil {
		return err
	}
	id, err := uuid.Parse(c.r.PostForm.Get("id"))
	act := c.r.PostForm.Get("act")
	if err != nil || act != "accept" && act != "decline" {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	err = p.Gate.Decide(c.ctx(), c.v.Who, id, act == "accept")
	if code := catalog.CodeOf(err); code == catalog.Conflict || code == catalog.Invalid {
		pr := c.problem(err)
		return p.showAnswers(c, pr.status, pr.text)
	}
	if err != nil {
		return err
	}
	return c.redirect("/gate/answers")
}

// questions shows what comes next, and uses nothing up: programs look at links
// before people do.
func (p *Pages) questions(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	f := ui.Questions{Secret: c.r.PathValue("secret"), Saved: c.r.URL.Query().Get("saved") == "1"}
	var err error
	if f.Page, err = p.Gate.Open(c.ctx(), f.Secret); err != nil {
		return err
	}
	return p.showQuestions(c, http.StatusOK, f)
}

func (p *Pages) showQuestions(c *visit, status int, f ui.Questions) error {
	c.v.Path, c.unkept = gate.LinkPath(f.Secret), true
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("gate.q.head"), Quiet: true}, ui.QuestionsPage(c.v, f)))
}

// answerQuestions takes the answers of a page, or the confirmations. What does not fit
// comes back in the form.
func (p *Pages) answerQuestions(c *visit) error {
	if err := p.confirmHeld(c); err != nil {
		return held(err)
	}
	if err := c.readForm(formMax); err != nil {
		return err
	}
	f := ui.Questions{Secret: c.r.PathValue("secret")}
	var err error
	if f.Page, err = p.Gate.Open(c.ctx(), f.Secret); err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.ctx()) // who is gone when the answer comes has answered all the same
	if c.r.PostForm.Get("act") == "agree" {
		err = p.Gate.Agree(ctx, f.Secret, c.r.PostForm["public"], c.v.T("gate.q.agree_words"))
	} else {
		for _, n := range f.Next {
			f.Given = append(f.Given, gate.Given{Result: n.Result.Code, Code: n.Code, Text: c.r.PostForm.Get(ui.AnswerName(n.Result.Code, n.Code)),
				More: c.r.PostForm.Get(ui.MoreName(n.Result.Code, n.Code))})
			if f.Given[len(f.Given)-1].Text == n.Now && n.Form.Kind != gate.ByChoice { // what stands there is no answer
				f.Given[len(f.Given)-1].Text = ""
			}
		}
		err = p.Gate.Reply(ctx, f.Secret, f.Given)
	}
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Invalid || e.Code == catalog.Conflict) {
		f.Problem = c.v.Lang.SayArgs(e.Key, e.Args)
		if e.Key == "behalf.fit.secret" {
			f.Given = nil // it is not shown again, nor kept
		}
		return p.showQuestions(c, statuses[e.Code], f)
	}
	if err != nil {
		return err
	}
	after, err := p.Gate.Open(c.ctx(), f.Secret)
	if err != nil || len(after.Next) == 0 && len(after.Confirm) == 0 || c.r.PostForm.Get("act") == "agree" {
		return c.redirect("/q/done")
	}
	return c.redirect(gate.LinkPath(f.Secret) + "?saved=1")
}

func (p *Pages) answeredAll(c *visit) error {
	return c.show(ui.Head{Title: c.v.T("gate.q.done"), Quiet: true}, ui.AnsweredPage(c.v))
}
