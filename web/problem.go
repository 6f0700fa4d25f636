package web

import (
	"context"
	"errors"
	"net/http"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"
)

// The one place that shows errors.

// problem is how an error is shown.
type problem struct {
	status      int
	title, text string
	steps       []ui.Step
}

var statuses = map[catalog.Code]int{
	catalog.Invalid: http.StatusBadRequest, catalog.NotFound: http.StatusNotFound, catalog.Conflict: http.StatusConflict,
	catalog.Forbidden: http.StatusForbidden, catalog.Unavailable: http.StatusServiceUnavailable,
}

// fail shows err and logs what an operator has to know of it.
func (c *visit) fail(err error) {
	pr := c.problem(err)
	switch {
	case c.r.Context().Err() != nil && errors.Is(err, context.Canceled):
		note(c.ctx()).gone = true
	case pr.status >= http.StatusInternalServerError:
		c.p.Logger.ErrorContext(c.ctx(), "request failed", "request", c.v.RequestID, "route", c.r.Pattern, "err", err)
	}
	c.draw(pr)
}

// draw draws the problem: a page, or where a script asked for a part, a part.
func (c *visit) draw(pr problem) {
	body := ui.ProblemPage(c.v, ui.Problem{Title: pr.title, Text: pr.text, Steps: pr.steps})
	if !c.partial() {
		c.v.Nav = ""
		body = ui.Page(c.v, ui.Head{Title: pr.title, Quiet: true}, body)
	}
	if err := c.render(pr.status, body); err != nil {
		http.Error(c.w, pr.text, pr.status)
	}
}

func (c *visit) problem(err error) problem {
	code, text := catalog.Code("internal"), c.v.T("problem.internal")
	e, known := errors.AsType[*catalog.Error](err)
	switch {
	case known:
		code, text = e.Code, c.v.Lang.SayArgs(e.Key, e.Args)
	case errors.Is(err, account.ErrForbidden):
		code, text = catalog.Forbidden, c.v.T("error.forbidden")
	case errors.Is(err, account.ErrLink):
		code, text = catalog.Forbidden, c.v.T("error.link")
	case errors.Is(err, context.DeadlineExceeded):
		code, text = catalog.Unavailable, c.v.T("error.unavailable")
	}
	status, ok := statuses[code]
	if !ok {
		code, status = "internal", http.StatusInternalServerError
	}
	return problem{status: status, title: c.v.T("problem.title." + string(code)), text: text, steps: c.steps(code)}
}

// steps are the ways on from an error.
func (c *visit) steps(code catalog.Code) []ui.Step {
	home := ui.Step{Text: c.v.T("problem.home"), Href: "/"}
	switch {
	case code == catalog.Forbidden && !c.v.Who.SignedIn():
		return []ui.Step{{Text: c.v.T("problem.sign_in"), Href: "/sign-in"}, home}
	case code == catalog.Forbidden && c.v.Who.Acting == account.Unproven:
		return []ui.Step{{Text: c.v.T("factor.title"), Href: factorPath}, home}
	case code == catalog.Forbidden:
		return []ui.Step{{Text: c.v.T("problem.role"), Href: "/me"}, home}
	case code == catalog.NotFound:
		return []ui.Step{{Text: c.v.T("problem.ask"), Href: "/"}, {Text: c.v.T("problem.browse"), Href: "/results"}}
	case code == catalog.Conflict || code == catalog.Invalid:
		if back := c.back(); back != "" {
			return []ui.Step{{Text: c.v.T("problem.back"), Href: back}, home}
		}
	}
	return []ui.Step{home}
}

// back is the page of ours that the request came from, "" if it is unknown.
func (c *visit) back() string {
	from, err := c.r.URL.Parse(c.r.Referer())
	if err != nil || from.Host != c.r.Host {
		return ""
	}
	return local(from.RequestURI())
}
