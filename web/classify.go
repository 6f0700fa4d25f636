package web

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"datai/account"
	"datai/catalog"
	"datai/shelf"
)

// readLabel reads the form by which an officer says what a thing is about: the
// guess that is adopted, or another value; public says that it may be public.
func readLabel(c *visit) (l shelf.Label, public bool, err error) {
	if !c.v.Who.May(account.Classify) {
		return l, false, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if err := fitCode(c.r.PathValue("code")); err != nil {
		return l, false, err
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	if err := c.r.ParseForm(); err != nil {
		return l, false, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	f := c.r.PostForm
	if l.Version, err = strconv.ParseInt(f.Get("version"), 10, 64); err != nil {
		return l, false, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	value := cmp.Or(f.Get("value"), f.Get("other"))
	switch f.Get("field") {
	case "theme":
		l.Theme = catalog.Theme(value)
	case "discipline":
		l.Discipline = value
	default:
		return l, false, catalog.Refuse(catalog.Invalid, "error.form")
	}
	return l, f.Get("confirm") == "1", nil
}

func (p *Pages) classifyResult(c *visit) error {
	l, public, err := readLabel(c)
	if err != nil {
		return err
	}
	r, err := p.Shelf.Result(c.ctx(), c.v.Who, c.r.PathValue("code"))
	if err != nil {
		return err
	}
	l.ID = r.ID
	refusal, err := unlabelled(p.Shelf.ClassifyResults(c.ctx(), c.v.Who, []shelf.Label{l}, public))
	if err != nil {
		return err
	}
	c.v.Nav, c.v.Path = "results", "/results/"+r.Code
	if refusal == nil {
		return c.redirect(c.v.Path + "#classify")
	}
	if r, err = p.Shelf.Result(c.ctx(), c.v.Who, r.Code); err != nil {
		return err
	}
	return p.showResult(c, r, false, refusal)
}

func (p *Pages) classifyNeed(c *visit) error {
	l, public, err := readLabel(c)
	if err != nil {
		return err
	}
	n, err := p.needCoded(c, c.r.PathValue("code"))
	if err != nil {
		return err
	}
	l.ID = n.ID
	refusal, err := unlabelled(p.Shelf.ClassifyNeeds(c.ctx(), c.v.Who, []shelf.Label{l}, public))
	if err != nil {
		return err
	}
	c.v.Nav, c.v.Path = "needs", "/needs/"+n.Code
	if refusal == nil {
		return c.redirect(c.v.Path + "#classify")
	}
	if n, err = p.needCoded(c, n.Code); err != nil {
		return err
	}
	return p.showNeed(c, n, false, refusal)
}

// unlabelled is why a label of one thing was not saved, nil if it was.
func unlabelled(o shelf.Outcome, err error) (*catalog.Error, error) {
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Invalid || e.Code == catalog.Conflict) {
		return e, nil
	}
	switch {
	case err != nil || o.Done == 1:
		return nil, err
	case len(o.Left) == 0:
		return nil, catalog.Refuse(catalog.NotFound, "error.not_found")
	case o.Left[0].Err.Code == catalog.Conflict:
		return catalog.Refuse(catalog.Conflict, "classify.moved"), nil
	}
	return o.Left[0].Err, nil
}

// refusedOn is the status of a page and what it says of a form that was not
// saved; nil is none.
func (c *visit) refusedOn(refusal *catalog.Error) (int, string) {
	if refusal == nil {
		return http.StatusOK, ""
	}
	return statuses[refusal.Code], c.v.Lang.SayArgs(refusal.Key, refusal.Args)
}
