package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"datai/catalog"
	"datai/gate"
	"datai/process"
	"datai/shelf"
	"datai/web/ui"

	"github.com/google/uuid"
)

// The gate as the office sees it: what stands before the shelf, and one result
// of it.

const gatePage = 200

// gateFilter reads which results are asked for.
func gateFilter(q url.Values) (gate.Filter, error) {
	bad := catalog.Refuse(catalog.Invalid, "error.filter")
	f := gate.Filter{Question: gate.Code(q.Get("question")), Unit: q.Get("unit"), Find: q.Get("find")}
	if f.Question != "" && f.Question != gate.AskNothing && !f.Question.Known() {
		return f, bad
	}
	for _, text := range []string{f.Unit, f.Find} {
		if len(text) > valueMost || catalog.Clean(text) != text {
			return f, bad
		}
	}
	if state := gate.State(q.Get("state")); state != "" {
		if !slices.Contains(gate.States(), state) {
			return f, bad
		}
		f.States = []gate.State{state}
	}
	if batch := q.Get("batch"); batch != "" {
		id, err := uuid.Parse(batch)
		if err != nil {
			return f, bad
		}
		f.Batch = id
	}
	return f, nil
}

// place is a number of an address, 0 if there is none.
func place(q url.Values, name string) (int, error) {
	text := q.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1<<30 {
		return 0, catalog.Refuse(catalog.Invalid, "error.filter")
	}
	return n, nil
}

func (p *Pages) gateList(c *visit) error {
	q := c.r.URL.Query()
	f, err := gateFilter(q)
	if err != nil {
		return err
	}
	if f.Skip, err = place(q, "skip"); err != nil {
		return err
	}
	f.Limit = gatePage
	l, err := p.Gate.Before(c.ctx(), c.v.Who, f)
	if err != nil {
		return err
	}
	out := ui.GateList{Listing: l, Filter: f, Ticked: q.Get("tick") == "all"}
	turn := func(skip int) string {
		at, _ := url.Parse(ui.GateHref(f))
		v := at.Query()
		if skip > 0 {
			v.Set("skip", strconv.Itoa(skip))
		}
		return address("/gate", v)
	}
	if f.Skip > 0 {
		out.Prev = turn(max(0, f.Skip-gatePage))
	}
	if l.Total > f.Skip+len(l.Items) {
		out.Next = turn(f.Skip + gatePage)
	}
	c.v.Nav = "gate"
	return c.show(ui.Head{Title: c.v.T("gate.title"), Quiet: true}, ui.GatePage(c.v, out))
}

// gateRefs reads what was ticked: id, version of the result, version of its case.
func gateRefs(c *visit) ([]gate.Ref, error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	bad := catalog.Refuse(catalog.Invalid, "error.form")
	if err := c.r.ParseForm(); err != nil {
		return nil, bad.Because(err)
	}
	var refs []gate.Ref
	for _, text := range c.r.PostForm["ref"] {
		parts := strings.Split(text, ".")
		if len(parts) != 3 {
			return nil, bad
		}
		id, err := uuid.Parse(parts[0])
		version, verr := strconv.ParseInt(parts[1], 10, 64)
		of, cerr := strconv.ParseInt(parts[2], 10, 64)
		if err != nil || verr != nil || cerr != nil {
			return nil, bad
		}
		refs = append(refs, gate.Ref{ID: id, Version: version, Case: of})
	}
	if len(refs) == 0 {
		return nil, catalog.Refuse(catalog.Invalid, "shelf.none_chosen")
	}
	return refs, nil
}

func (p *Pages) gateListAll(c *visit) error {
	refs, err := gateRefs(c)
	if err != nil {
		return err
	}
	if err := confirmed(c); err != nil {
		return err
	}
	out, err := p.Gate.List(c.ctx(), c.v.Who, refs, c.v.T("bulk.confirm.results"))
	done := shelf.Outcome{Done: out.Done}
	for _, l := range out.Left {
		done.Left = append(done.Left, shelf.Left{ID: l.ID, Title: l.Title, Err: p.leftOpen(c, l.Err)})
	}
	return c.outcome(done, err, "/gate", "published")
}

// leftOpen names the question that holds a result by its words.
func (p *Pages) leftOpen(c *visit, e *catalog.Error) *catalog.Error {
	if q := e.Args["question"]; q != "" {
		return catalog.Refuse(e.Code, e.Key, "question", c.v.T("gate.short."+q))
	}
	return e
}

func (p *Pages) gateIdle(c *visit) error {
	x := ui.GateIdle{}
	var err error
	if x.List, x.Recorded, err = p.Gate.Idle(c.ctx(), c.v.Who, gate.IdleAhead, bulkSize); err != nil {
		return err
	}
	c.v.Nav = "gate"
	return c.show(ui.Head{Title: c.v.T("gate.idle_title"), Quiet: true}, ui.GateIdlePage(c.v, x))
}

func (p *Pages) gateResult(c *visit) error { return p.showGate(c, http.StatusOK, ui.GateView{}) }

// showGate shows the result on the page g, of which it fills in the rest.
func (p *Pages) showGate(c *visit, status int, g ui.GateView) error {
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return err
	}
	q := c.r.URL.Query()
	f, err := gateFilter(q)
	if err != nil {
		return err
	}
	at, err := place(q, "at")
	if err != nil {
		return err
	}
	g.At, g.MaxDocument = at, p.MaxDocument
	if g.View, err = p.Gate.View(c.ctx(), c.v.Who, code); err != nil {
		return err
	}
	g.List.Filter = f
	if q.Get("at") != "" {
		f.Limit = 1
		if g.List.Listing, err = p.Gate.Before(c.ctx(), c.v.Who, f); err != nil {
			return err
		}
	}
	if did := q.Get("did"); slices.Contains([]string{"list", "move", "clear"}, did) {
		g.Moved = c.v.T("gate.moved." + did)
	}
	if g.Case.Version > 0 {
		if g.Events, g.Names, err = p.Gate.Timeline(c.ctx(), c.v.Who, g.Case.ID); err != nil {
			return err
		}
	}
	if g.Case.Round != uuid.Nil {
		if g.Round, err = p.Gate.Round(c.ctx(), c.v.Who, g.Case.Round); err != nil {
			return err
		}
	}
	if g.Forms, err = p.Document.Forms(c.ctx(), c.v.Who, gate.Definition.Kind, code); err != nil && c.v.Who.ID != uuid.Nil {
		return err
	}
	if g.Answers, err = p.Gate.Answers(c.ctx(), c.v.Who, g.Result.ID); err != nil {
		return err
	}
	c.v.Nav, c.v.Path = "gate", "/gate/"+code
	return c.render(status, ui.Page(c.v, ui.Head{Title: g.Result.Title, Quiet: true}, ui.GateResultPage(c.v, g)))
}

// gateForm reads a form about one result: the versions that were seen.
func (p *Pages) gateForm(c *visit) (version, caseVersion int64, err error) {
	if err := fitCode(c.r.PathValue("code")); err != nil {
		return 0, 0, err
	}
	if err := c.readForm(wordsMax); err != nil {
		return 0, 0, err
	}
	version, err = strconv.ParseInt(c.r.PostForm.Get("version"), 10, 64)
	if err == nil {
		caseVersion, err = strconv.ParseInt(c.r.PostForm.Get("case"), 10, 64)
	}
	if err != nil {
		return 0, 0, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	return version, caseVersion, nil
}

// gateActed goes on after a form about a result: to the same one, or to the one
// that has taken its place in the list. What was wrong stands above the form.
func (p *Pages) gateActed(c *visit, err error, did string) error {
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
		pr := c.problem(err)
		if e, ok := errors.AsType[*catalog.Error](err); ok {
			e = p.leftOpen(c, e)
			pr.text = c.v.Lang.SayArgs(e.Key, e.Args)
		}
		return p.showGate(c, pr.status, ui.GateView{Problem: pr.text})
	}
	if err != nil {
		return err
	}
	return p.gateNext(c, did, 0)
}

// gateNext goes to the result that stands further places behind the one at which
// somebody was, to the list if there is none.
func (p *Pages) gateNext(c *visit, did string, further int) error {
	q := c.r.URL.Query()
	f, err := gateFilter(q)
	if err != nil {
		return err
	}
	at, err := place(q, "at")
	if err != nil {
		return err
	}
	code := c.r.PathValue("code")
	if q.Get("at") == "" {
		return c.redirect("/gate/" + code + "?did=" + did)
	}
	f.Skip, f.Limit = at+further, 1
	l, err := p.Gate.Before(c.ctx(), c.v.Who, f)
	if err != nil {
		return err
	}
	if len(l.Items) == 0 {
		return c.redirect(ui.GateHref(f))
	}
	to, _ := url.Parse(ui.GateHref(f))
	v := to.Query()
	v.Set("at", strconv.Itoa(f.Skip))
	if did != "" {
		v.Set("did", did)
	}
	return c.redirect(address("/gate/"+l.Items[0].Code, v))
}

func (p *Pages) gateSkip(c *visit) error {
	if err := fitCode(c.r.PathValue("code")); err != nil {
		return err
	}
	return p.gateNext(c, "", 1)
}

func clears(c *visit) []gate.Code {
	var out []gate.Code
	for _, q := range c.r.PostForm["clear"] {
		out = append(out, gate.Code(q))
	}
	return out
}

func (p *Pages) gateCheck(c *visit) error {
	version, of, err := p.gateForm(c)
	if err != nil {
		return err
	}
	says := ""
	if c.r.PostForm.Get("confirm") == "1" {
		says = c.v.T("gate.confirm")
	}
	return p.gateActed(c, p.Gate.Check(c.ctx(), c.v.Who, c.r.PathValue("code"), version, of, clears(c), says), "list")
}

func (p *Pages) gateClear(c *visit) error {
	version, of, err := p.gateForm(c)
	if err != nil {
		return err
	}
	return p.gateActed(c, p.Gate.Clear(c.ctx(), c.v.Who, c.r.PathValue("code"), version, of, clears(c)), "clear")
}

// gateBy takes the step of a form.
func (p *Pages) gateBy(c *visit, code string, f *stepForm) error {
	m := gate.Move{Do: f.move.Action, Reason: f.move.Reason, Text: f.move.Text, Sure: f.move.Values["sure"] == process.Yes}
	if day := f.move.Values["on"]; day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return unfit(process.Refuse("process.fit.day").About("on"))
		}
		m.On = catalog.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
	}
	return p.Gate.Move(c.ctx(), c.v.Who, code, f.version, m)
}

func (p *Pages) gateMoved(c *visit) error { return p.gateNext(c, "move", 0) }

// showGateStepped shows the result with a form that came back.
func (p *Pages) showGateStepped(c *visit, s stepped) error {
	return p.showGate(c, s.status, ui.GateView{Problem: s.problem, Filled: s.filled, Refused: s.refused})
}
