package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/matchmaker"
	"datai/shelf"
	"datai/web/ui"
)

// readLabel reads the form by which an officer says what a thing is about: the
// guess that is adopted, or another value; public says that it may be public.
func readLabel(c *visit) (l shelf.Label, public bool, err error) {
	if err := fitCode(c.r.PathValue("code")); err != nil {
		return l, false, err
	}
	if err := c.readForm(formMax); err != nil {
		return l, false, err
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

// guesses are the things of a list with the guesses about what the list is of.
// It reads the texts of one page; the surest stand first on it.
func (p *Pages) guesses(c *visit, lack []string, found matchmaker.Listed) []ui.Sort {
	var out []ui.Sort
	add := func(s ui.Sort, g matchmaker.Guesses) {
		if g.Theme != nil && slices.Contains(lack, matchmaker.LackTheme) {
			s.Guesses = append(s.Guesses, g.Theme)
		}
		if g.Discipline != nil && slices.Contains(lack, matchmaker.LackDiscipline) {
			s.Guesses = append(s.Guesses, g.Discipline)
		}
		out = append(out, s)
	}
	for _, r := range found.Results {
		add(ui.Sort{ID: r.ID.String(), Version: r.Version, Path: "/results/" + r.Code, Title: r.Title, Public: r.PublicConfirmed}, p.Match.GuessResult(c.v.Who, r))
	}
	for _, n := range found.Needs {
		add(ui.Sort{ID: n.ID.String(), Version: n.Version, Path: "/needs/" + n.Code, Title: cmp.Or(n.Title, n.Code), Public: n.PublicConfirmed}, p.Match.GuessNeed(c.v.Who, n))
	}
	slices.SortStableFunc(out, func(a, b ui.Sort) int { return worth(b) - worth(a) })
	return out
}

// worth puts the surest guesses first.
func worth(s ui.Sort) int {
	most := 0
	for _, g := range s.Guesses {
		if g.Sure == matchmaker.SureMuch {
			return 2
		}
		most = 1
	}
	return most
}

func (p *Pages) adoptResults(c *visit) error {
	labels, err := readLabels(c)
	if err != nil {
		return err
	}
	out, err := p.Shelf.ClassifyResults(c.ctx(), c.v.Who, labels, c.r.PostFormValue("confirm") == "1")
	return c.outcome(out, err, "/results", "classified")
}

func (p *Pages) adoptNeeds(c *visit) error {
	labels, err := readLabels(c)
	if err != nil {
		return err
	}
	out, err := p.Shelf.ClassifyNeeds(c.ctx(), c.v.Who, labels, c.r.PostFormValue("confirm") == "1")
	return c.outcome(out, err, "/needs", "classified")
}

// readLabels reads the ticked boxes of a list and the guesses that stood
// beside them: what is adopted is what the officer saw.
func readLabels(c *visit) ([]shelf.Label, error) {
	refs, err := readRefs(c)
	if err != nil {
		return nil, err
	}
	labels := make([]shelf.Label, len(refs))
	for i, r := range refs {
		labels[i].Ref = r
		for _, text := range c.r.PostForm["label"] {
			value, ok := strings.CutPrefix(text, r.ID.String()+"."+strconv.FormatInt(r.Version, 10)+".")
			switch {
			case !ok:
			case catalog.KnownTheme(catalog.Theme(value)):
				labels[i].Theme = catalog.Theme(value)
			default:
				labels[i].Discipline = value
			}
		}
	}
	return labels, nil
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
