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
	"datai/matchmaker"
	"datai/shelf"
	"datai/web/ui"
)

// Editing a listing by hand. What is not in the form stays as it is.

// Readers understand what people write as an import would.
type Readers struct {
	Price      func(written string) catalog.Price
	Indicators func(written string) []catalog.Indicator
}

const (
	lineMost = 2000    // characters of a line
	textMost = 100_000 // and of a text
)

// form is what was sent. What was shown and sent back as it was stays what it
// is, with blanks and separators of its own.
type form struct{ values url.Values }

// text sets a text.
func (f form) text(name string, to *string) bool {
	return put(to, cutAt(catalog.Clean(f.values.Get(name)), textMost), catalog.Clean(*to))
}

// line sets a text of one line; it reports whether that changed it.
func (f form) line(name string, to *string) bool {
	return put(to, f.typed(name), catalog.CleanLine(*to))
}

func put(to *string, sent, shown string) bool {
	if sent == shown {
		return false
	}
	*to = sent
	return true
}

func (f form) typed(name string) string {
	return cutAt(catalog.CleanLine(f.values.Get(name)), lineMost)
}

func cutAt(s string, n int) string {
	if rs := []rune(s); len(rs) > n {
		return string(rs[:n])
	}
	return s
}

const between = "；" // between words of a line, as shown

// words sets the parts of a line between separators, each once.
func (f form) words(name string, to *[]string) {
	if sent := split(f.typed(name)); !slices.Equal(sent, split(catalog.CleanLine(strings.Join(*to, between)))) {
		*to = sent
	}
}

func split(line string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(";；,，、", r) }) {
		if w = strings.TrimSpace(w); w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// ticked sets those of the known values that were ticked, in their order.
func ticked[S ~string](f form, name string, known []S, to *[]S) {
	var sent, was []S
	for _, k := range known {
		if slices.Contains(f.values[name], string(k)) {
			sent = append(sent, k)
		}
		if slices.Contains(*to, k) {
			was = append(was, k)
		}
	}
	if !slices.Equal(sent, was) {
		*to = sent
	}
}

// discipline sets what was chosen from the list of disciplines.
func (f form) discipline(to *[]string) {
	sent, ok := f.values["discipline"]
	if !ok || sent[0] == strings.Join(*to, between) || sent[0] != "" && !catalog.KnownDiscipline(sent[0]) {
		return
	}
	if *to = nil; sent[0] != "" {
		*to = []string{sent[0]}
	}
}

// date is a day, a month or a year; ok is false for what is none.
func (f form) date(name string) (d catalog.Date, ok bool) {
	s := f.typed(name)
	if s == "" {
		return d, true
	}
	for _, layout := range []string{"2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			d = catalog.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
			if layout != "2006-01-02" {
				d.Day = 0
			}
			if layout == "2006" {
				d.Month = 0
			}
			return d, d.Valid()
		}
	}
	return d, false
}

func evidenceCodes() []string {
	var out []string
	for level := 1; level <= 9; level++ {
		if code := catalog.EvidenceFor(level); !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// readEdit reads the form of an edit and the version that it was made on.
func readEdit(c *visit) (form, int64, error) {
	if err := c.readForm(formMax); err != nil {
		return form{}, 0, err
	}
	version, err := strconv.ParseInt(c.r.PostForm.Get("version"), 10, 64)
	if err != nil {
		return form{}, 0, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	return form{c.r.PostForm}, version, nil
}

func (p *Pages) editResultForm(c *visit) error {
	r, err := p.resultToEdit(c)
	if err != nil {
		return err
	}
	return c.showEdit(http.StatusOK, resultFields(c, r, p.Match.GuessResult(c.v.Who, r)), ui.Edit{Path: "/results/" + r.Code, Title: r.Title, Version: r.Version, Public: r.PublicConfirmed})
}

func (p *Pages) resultToEdit(c *visit) (catalog.Result, error) {
	c.v.Nav = "results"
	if err := fitCode(c.r.PathValue("code")); err != nil {
		return catalog.Result{}, err
	}
	return p.Shelf.Result(c.ctx(), c.v.Who, c.r.PathValue("code"))
}

func (p *Pages) editResult(c *visit) error {
	f, version, err := readEdit(c)
	if err != nil {
		return err
	}
	now, err := p.resultToEdit(c)
	if err != nil {
		return err
	}
	completed, ok := f.date("completed")
	change := func(r *catalog.Result) { p.changeResult(f, completed, r) }
	var done shelf.Edited
	if !ok {
		err = catalog.Refuse(catalog.Invalid, "shelf.edit.date")
	} else {
		done, err = p.Shelf.EditResult(c.ctx(), c.v.Who, now.Code, version, change)
	}
	if err != nil {
		typed := now
		change(&typed)
		return c.editAgain(err, resultFields(c, typed, p.Match.GuessResult(c.v.Who, typed)), ui.Edit{Path: "/results/" + now.Code, Title: now.Title, Version: now.Version, Public: now.PublicConfirmed}, now.UpdatedAt, f, "completed")
	}
	return c.showEdited(done, "/results/"+now.Code, now.Title)
}

func (p *Pages) changeResult(f form, completed catalog.Date, r *catalog.Result) {
	f.line("title", &r.Title)
	f.line("summary", &r.Summary)
	f.text("abstract", &r.Abstract)
	f.words("keywords", &r.Keywords)
	if f.text("indicators", &r.IndicatorsAs) {
		r.Indicators = p.Read.Indicators(r.IndicatorsAs)
	}
	if f.line("maturity", &r.Maturity.Written) {
		r.Maturity = catalog.MaturityFrom(r.Maturity.Written)
	}
	ticked(f, "evidence", evidenceCodes(), &r.Maturity.Evidence)
	ticked(f, "theme", catalog.Themes(), &r.Themes)
	f.discipline(&r.Disciplines)
	f.line("application", &r.Application)
	ticked(f, "way", catalog.Ways(), &r.Ways)
	f.line("organization", &r.Organization)
	f.words("owners", &r.Owners)
	people := names(r.Completers)
	if f.words("people", &people); !slices.Equal(people, names(r.Completers)) {
		r.Completers = completers(r.Completers, people)
	}
	r.CompletedOn = completed
	f.line("funding", &r.Funding)
	f.line("origin", &r.Origin)
	f.line("awards", &r.Awards)
	f.text("market", &r.Market)
	if f.line("price", &r.Price.Written) {
		r.Price = p.Read.Price(r.Price.Written)
	}
	f.text("remarks", &r.Remarks)
}

func names(completers []catalog.Completer) []string {
	var out []string
	for _, c := range completers {
		out = append(out, c.Name)
	}
	return out
}

// completers are the people of these names; who stood there before keeps what
// is known of them.
func completers(old []catalog.Completer, names []string) []catalog.Completer {
	var out []catalog.Completer
	for _, name := range names {
		c := catalog.Completer{Name: name}
		if i := slices.IndexFunc(old, func(o catalog.Completer) bool { return o.Name == name }); i >= 0 {
			c = old[i]
		}
		out = append(out, c)
	}
	if len(out) != len(old) { // shares are of the whole team
		for i := range out {
			out[i].Share = 0
		}
	}
	return out
}

func resultFields(c *visit, r catalog.Result, guess matchmaker.Guesses) []ui.EditField {
	return []ui.EditField{
		{Name: "title", Label: c.v.T("edit.title"), Value: r.Title, Required: true},
		{Name: "summary", Label: c.v.T("edit.summary"), Value: r.Summary},
		{Name: "abstract", Label: c.v.T("edit.abstract"), Value: r.Abstract, Rows: 8},
		{Name: "keywords", Label: c.v.T("edit.keywords"), Value: strings.Join(r.Keywords, between)},
		{Name: "indicators", Label: c.v.T("edit.indicators"), Value: r.IndicatorsAs, Rows: 5},
		{Name: "maturity", Label: c.v.T("edit.maturity"), Value: r.Maturity.Written},
		{Name: "evidence", Label: c.v.T("edit.evidence"), Choices: choices(c, "evidence.", evidenceCodes(), r.Maturity.Evidence)},
		{Name: "theme", Label: c.v.T("list.theme"), Choices: choices(c, "theme.", stateNames(catalog.Themes()), stateNames(r.Themes)), Hint: c.v.Guessed(guess.Theme)},
		{Name: "discipline", Label: c.v.T("classify.discipline"), Value: strings.Join(r.Disciplines, between), Discipline: true, Hint: c.v.Guessed(guess.Discipline)},
		{Name: "application", Label: c.v.T("result.application"), Value: r.Application},
		{Name: "way", Label: c.v.T("list.way"), Choices: choices(c, "way.", stateNames(catalog.Ways()), stateNames(r.Ways))},
		{Name: "organization", Label: c.v.T("list.unit"), Value: r.Organization},
		{Name: "owners", Label: c.v.T("edit.owners"), Value: strings.Join(r.Owners, between)},
		{Name: "people", Label: c.v.T("edit.people"), Value: strings.Join(names(r.Completers), between)},
		{Name: "completed", Label: c.v.T("edit.completed"), Value: r.CompletedOn.String()},
		{Name: "funding", Label: c.v.T("result.funding"), Value: r.Funding},
		{Name: "origin", Label: c.v.T("result.origin"), Value: r.Origin},
		{Name: "awards", Label: c.v.T("result.awards"), Value: r.Awards},
		{Name: "market", Label: c.v.T("result.market"), Value: r.Market, Rows: 4},
		{Name: "price", Label: c.v.T("edit.price"), Value: r.Price.Written, Office: true},
		{Name: "remarks", Label: c.v.T("edit.remarks"), Value: r.Remarks, Rows: 3, Office: true},
	}
}

func choices(c *visit, label string, all, on []string) []ui.Choice {
	out := make([]ui.Choice, len(all))
	for i, v := range all {
		out[i] = ui.Choice{Text: c.v.T(label + v), Href: v, On: slices.Contains(on, v)}
	}
	return out
}

func (p *Pages) editNeedForm(c *visit) error {
	n, err := p.needToEdit(c)
	if err != nil {
		return err
	}
	return c.showEdit(http.StatusOK, needFields(c, n, p.Match.GuessNeed(c.v.Who, n)), ui.Edit{Path: "/needs/" + n.Code, Title: n.Title, Version: n.Version, Public: n.PublicConfirmed})
}

func (p *Pages) needToEdit(c *visit) (catalog.Need, error) {
	c.v.Nav = "needs"
	return p.needCoded(c, c.r.PathValue("code"))
}

func (p *Pages) editNeed(c *visit) error {
	f, version, err := readEdit(c)
	if err != nil {
		return err
	}
	now, err := p.needToEdit(c)
	if err != nil {
		return err
	}
	until, ok := f.date("until")
	change := func(n *catalog.Need) { p.changeNeed(f, until, n) }
	var done shelf.Edited
	if !ok {
		err = catalog.Refuse(catalog.Invalid, "shelf.edit.date")
	} else {
		done, err = p.Shelf.EditNeed(c.ctx(), c.v.Who, now.Code, version, change)
	}
	if err != nil {
		typed := now
		change(&typed)
		return c.editAgain(err, needFields(c, typed, p.Match.GuessNeed(c.v.Who, typed)), ui.Edit{Path: "/needs/" + now.Code, Title: now.Title, Version: now.Version, Public: now.PublicConfirmed}, now.UpdatedAt, f, "until")
	}
	return c.showEdited(done, "/needs/"+now.Code, now.Title)
}

func (p *Pages) changeNeed(f form, until catalog.Date, n *catalog.Need) {
	f.line("title", &n.Title)
	f.text("text", &n.Text)
	f.words("keywords", &n.Keywords)
	if f.text("indicators", &n.IndicatorsAs) {
		n.Indicators = p.Read.Indicators(n.IndicatorsAs)
	}
	ticked(f, "theme", catalog.Themes(), &n.Themes)
	f.discipline(&n.Disciplines)
	f.line("field", &n.Field)
	f.line("category", &n.Category)
	if f.line("ways", &n.WaysAs) {
		n.Ways = catalog.WaysIn(n.WaysAs)
	}
	n.Until = until
	f.line("owner", &n.OwnerName)
	if f.line("budget", &n.Budget.Written) {
		n.Budget = p.Read.Price(n.Budget.Written)
	}
	f.line("wish_party", &n.WishParty)
	f.line("wish_expert", &n.WishExpert)
}

func needFields(c *visit, n catalog.Need, guess matchmaker.Guesses) []ui.EditField {
	return []ui.EditField{
		{Name: "title", Label: c.v.T("edit.title"), Value: n.Title, Required: true},
		{Name: "text", Label: c.v.T("edit.text"), Value: n.Text, Rows: 8},
		{Name: "keywords", Label: c.v.T("edit.keywords"), Value: strings.Join(n.Keywords, between)},
		{Name: "indicators", Label: c.v.T("edit.indicators"), Value: n.IndicatorsAs, Rows: 5},
		{Name: "theme", Label: c.v.T("list.theme"), Choices: choices(c, "theme.", stateNames(catalog.Themes()), stateNames(n.Themes)), Hint: c.v.Guessed(guess.Theme)},
		{Name: "discipline", Label: c.v.T("classify.discipline"), Value: strings.Join(n.Disciplines, between), Discipline: true, Hint: c.v.Guessed(guess.Discipline)},
		{Name: "field", Label: c.v.T("need.field"), Value: n.Field},
		{Name: "category", Label: c.v.T("need.category"), Value: n.Category},
		{Name: "ways", Label: c.v.T("need.ways"), Value: n.WaysAs},
		{Name: "until", Label: c.v.T("edit.until"), Value: n.Until.String()},
		{Name: "owner", Label: c.v.T("need.owner"), Value: n.OwnerName, Office: true},
		{Name: "budget", Label: c.v.T("need.budget"), Value: n.Budget.Written, Office: true},
		{Name: "wish_party", Label: c.v.T("need.wish_party"), Value: n.WishParty, Office: true},
		{Name: "wish_expert", Label: c.v.T("need.wish_expert"), Value: n.WishExpert, Office: true},
	}
}

func (c *visit) showEdit(status int, fields []ui.EditField, e ui.Edit) error {
	e.Fields = fields
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("edit.page"), Quiet: true}, ui.EditPage(c.v, e)))
}

// editAgain shows what was typed once more, with the reason why it is not
// saved. Somebody else's change is named with its time; saved again, what was
// typed stands over it.
func (c *visit) editAgain(err error, fields []ui.EditField, e ui.Edit, changed int64, f form, date string) error {
	refusal, ok := errors.AsType[*catalog.Error](err)
	if !ok || refusal.Code != catalog.Conflict && refusal.Code != catalog.Invalid {
		return err
	}
	for i := range fields {
		if fields[i].Name == date {
			fields[i].Value = f.typed(date)
		}
	}
	e.Problem = c.v.Lang.SayArgs(refusal.Key, refusal.Args)
	if refusal.Code == catalog.Conflict {
		e.Problem = c.v.T("edit.conflict", "at", c.v.Lang.Moment(time.UnixMilli(changed).In(c.v.Now.Location())))
	}
	return c.showEdit(statuses[refusal.Code], fields, e)
}

func (c *visit) showEdited(done shelf.Edited, path, title string) error {
	if !done.Reconfirm {
		return c.redirect(path)
	}
	return c.show(ui.Head{Title: c.v.T("edit.page"), Quiet: true}, ui.EditedPage(c.v, path, title))
}
