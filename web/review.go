package web

import (
	"net/http"
	"strconv"
	"time"

	"datai/catalog"
	"datai/gate"
	"datai/web/ui"

	"github.com/google/uuid"
)

// Outside reviews: the office sends a result there, reviewers score it.

const reviewDays = 10 // until when scores are proposed to be taken (E)

func (p *Pages) reviewForm(c *visit) error {
	return p.showReviewForm(c, http.StatusOK, ui.ReviewForm{Until: c.v.Now.AddDate(0, 0, reviewDays).Format(time.DateOnly)})
}

func (p *Pages) showReviewForm(c *visit, status int, f ui.ReviewForm) error {
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return err
	}
	var err error
	if f.View, err = p.Gate.View(c.ctx(), c.v.Who, code); err != nil {
		return err
	}
	if f.Candidates, err = p.Gate.Candidates(c.ctx(), c.v.Who, code); err != nil {
		return err
	}
	if f.Limits, err = p.Gate.Limits(c.ctx()); err != nil {
		return err
	}
	c.v.Nav, c.v.Path = "gate", "/gate/"+code+"/review"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("gate.review.choose"), Quiet: true}, ui.ReviewFormPage(c.v, f)))
}

func (p *Pages) sendToReview(c *visit) error {
	version, of, err := p.gateForm(c)
	if err != nil {
		return err
	}
	in := form{c.r.PostForm}
	ch := gate.Choice{Purpose: in.values.Get("purpose")}
	for _, text := range in.values["reviewer"] {
		id, err := uuid.Parse(text)
		if err != nil {
			return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
		}
		ch.Reviewers = append(ch.Reviewers, id)
	}
	var ok bool
	if ch.Until, ok = in.date("until"); !ok {
		err = catalog.Refuse(catalog.Invalid, "gate.fit.until")
	} else {
		err = p.Gate.Choose(c.ctx(), c.v.Who, c.r.PathValue("code"), version, of, ch)
	}
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
		pr := c.problem(err)
		return p.showReviewForm(c, pr.status, ui.ReviewForm{Until: in.values.Get("until"), Purpose: ch.Purpose, Chosen: in.values["reviewer"], Problem: pr.text})
	}
	if err != nil {
		return err
	}
	return c.redirect("/gate/" + c.r.PathValue("code") + "?did=move")
}

func (p *Pages) stopReview(c *visit) error {
	version, of, err := p.gateForm(c)
	if err != nil {
		return err
	}
	return p.gateActed(c, p.Gate.Stop(c.ctx(), c.v.Who, c.r.PathValue("code"), version, of), "move")
}

func (p *Pages) reviews(c *visit) error {
	list, err := p.Gate.Reviews(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	c.v.Nav = "reviews"
	return c.show(ui.Head{Title: c.v.T("gate.reviews"), Quiet: true}, ui.ReviewsPage(c.v, list))
}

func (p *Pages) review(c *visit) error { return p.showReview(c, http.StatusOK, ui.ReviewSheet{}) }

// reviewID is the round of the address; another text is no round.
func reviewID(c *visit) (uuid.UUID, error) {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return id, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return id, nil
}

func (p *Pages) showReview(c *visit, status int, s ui.ReviewSheet) error {
	id, err := reviewID(c)
	if err != nil {
		return err
	}
	if s.Review, err = p.Gate.Review(c.ctx(), c.v.Who, id); err != nil {
		return err
	}
	c.v.Nav, c.v.Path = "reviews", gate.ReviewPath(id)
	return c.render(status, ui.Page(c.v, ui.Head{Title: s.Result.Title, Quiet: true}, ui.ReviewPage(c.v, s)))
}

// reviewed shows the sheet again with what has to be mended, or what became of
// it.
func (p *Pages) reviewed(c *visit, id uuid.UUID, s ui.ReviewSheet, err error) error {
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
		pr := c.problem(err)
		s.Problem = pr.text
		return p.showReview(c, pr.status, s)
	}
	if err != nil {
		return err
	}
	return c.redirect(gate.ReviewPath(id))
}

func (p *Pages) scoreReview(c *visit) error {
	id, err := p.reviewPost(c)
	if err != nil {
		return err
	}
	s := ui.ReviewSheet{Comment: c.r.PostForm.Get("comment")}
	begun, _ := strconv.ParseInt(c.r.PostForm.Get("begun"), 10, 64) // only said again
	var scores []int
	for _, name := range gate.Criteria() {
		text := c.r.PostForm.Get(name)
		s.Scores = append(s.Scores, text)
		if n, err := strconv.Atoi(text); err == nil {
			scores = append(scores, n)
		}
	}
	return p.reviewed(c, id, s, p.Gate.Score(c.ctx(), c.v.Who, id, scores, s.Comment, begun))
}

func (p *Pages) refuseReview(c *visit) error {
	id, err := p.reviewPost(c)
	if err != nil {
		return err
	}
	s := ui.ReviewSheet{Reason: c.r.PostForm.Get("reason"), Text: c.r.PostForm.Get("text"), Refuse: true}
	return p.reviewed(c, id, s, p.Gate.Decline(c.ctx(), c.v.Who, id, s.Reason, s.Text))
}

func (p *Pages) reviewPost(c *visit) (uuid.UUID, error) {
	id, err := reviewID(c)
	if err != nil {
		return id, err
	}
	if err := c.readForm(wordsMax); err != nil {
		return id, err
	}
	return id, nil
}
