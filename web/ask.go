package web

import (
	"slices"
	"strings"

	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
	"datai/web/ui"
)

const (
	askMin     = 2    // characters below which there is nothing to look for
	askMost    = 4000 // characters of a question that are read
	askHits    = 10
	askNeeds   = 3
	askExperts = 3
	marksMax   = 50 // marks of useful and not useful that one address may carry
)

// ask answers a question in free text. Marks travel in the address: nothing is
// kept of what somebody asks.
func (p *Pages) ask(c *visit) error {
	a := ui.Answers{Form: askForm(c)}
	a.Notice = questionNotice(&a.Form)
	if a.Form.Q != "" && a.Notice != "ask.too_short" {
		if err := p.answer(c, &a); err != nil {
			return err
		}
	}
	if c.partial() {
		return c.render(200, ui.AnswersPart(c.v, a))
	}
	return c.show(ui.Head{Title: c.v.T("ask.title"), Quiet: true}, ui.AskPage(c.v, a))
}

func askForm(c *visit) ui.AskForm {
	q := c.r.URL.Query()
	return ui.AskForm{Q: catalog.Clean(q.Get("q")), Useful: marks(q["useful"]), NotUseful: marks(q["not"]), Themes: themesOf(q["theme"]),
		Terms: terms(q["term"]), Struck: terms(q["no"])}
}

// marks are the codes that somebody marked, each once.
func marks(in []string) []string {
	var out []string
	for _, code := range in {
		if code = strings.TrimSpace(code); code != "" && len(code) <= 100 && !strings.ContainsRune(code, 0) && !slices.Contains(out, code) && len(out) < marksMax {
			out = append(out, strings.ToValidUTF8(code, ""))
		}
	}
	return out
}

// terms are the technical terms in an address, each once.
func terms(in []string) []string {
	var out []string
	for _, t := range in {
		if t = matchmaker.CleanTerm(t); t != "" && !slices.Contains(out, t) && len(out) < marksMax {
			out = append(out, t)
		}
	}
	return out
}

// themesOf are the themes named in an address; what is none is left out.
func themesOf(in []string) []catalog.Theme {
	var out []catalog.Theme
	for _, t := range catalog.Themes() {
		if slices.Contains(in, string(t)) {
			out = append(out, t)
		}
	}
	return out
}

// questionNotice is the key of what there is to say about a question, which it
// shortens if it is longer than what is read.
func questionNotice(f *ui.AskForm) string {
	rs := []rune(f.Q)
	switch {
	case len(rs) > askMost:
		f.Q = string(rs[:askMost])
		return "ask.too_long"
	case f.Q != "" && len([]rune(catalog.Fold(f.Q))) < askMin:
		return "ask.too_short"
	}
	return ""
}

func (p *Pages) answer(c *visit, a *ui.Answers) error {
	found, err := p.Match.Ask(c.ctx(), c.v.Who, matchmaker.Question{Text: a.Form.Q, Useful: a.Form.Useful, NotUseful: a.Form.NotUseful,
		Themes: a.Form.Themes, K: askHits, Experts: askExperts,
		Terms: a.Form.Terms, Struck: a.Form.Struck, Chips: true})
	if err != nil {
		return err
	}
	a.Who, a.Chips = found.Experts, found.Chips
	a.Found = matchmaker.Worth(found.Matches, match.LabelWeak)
	needs, err := p.Match.Ask(c.ctx(), c.v.Who, matchmaker.Question{Text: a.Form.Q, Kinds: []match.Kind{match.KindNeed}, K: askNeeds})
	if err != nil {
		return err
	}
	a.Needs = matchmaker.Worth(needs.Matches, match.LabelPossible)
	return nil
}
