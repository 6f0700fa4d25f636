package ui

import (
	"cmp"
	"net/url"
	"strings"

	"datai/catalog"
	"datai/contact"
	"datai/process"
	"datai/rules"

	"github.com/google/uuid"
)

// Cases is a list of cases.
type Cases struct {
	List     []contact.Case
	Counts   map[contact.State]int
	Officers map[uuid.UUID]string
	Units    []string
	Query    url.Values // how the list is narrowed
	Paged    bool
	Next     string // where it goes on, "" at its end
}

// href is the list, narrowed in one way differently.
func (l Cases) href(name, value string) string {
	q := url.Values{}
	for k, v := range l.Query {
		q[k] = v
	}
	if q.Del(name); value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return "/contacts"
	}
	return "/contacts?" + q.Encode()
}

// file is the list as it is narrowed, as a file.
func (l Cases) file(path string) string {
	if len(l.Query) == 0 {
		return path
	}
	return path + "?" + l.Query.Encode()
}

// caseTabs are the ways to narrow the list: mine, due, stuck, and each state.
func (v View) caseTabs(l Cases) []Choice {
	open, any := 0, 0
	for s, n := range l.Counts {
		if any += n; contact.Open(s) {
			open += n
		}
	}
	state := l.Query.Get("state")
	chosen := state != "" || l.Query.Has("mine") || l.Query.Has("due") || l.Query.Has("stuck")
	out := []Choice{{Text: v.T("cases.open"), Href: "/contacts", N: open, On: !chosen}}
	for _, x := range []struct{ name, key string }{{"mine", "cases.mine"}, {"due", "cases.due_now"}, {"stuck", "cases.stuck"}} {
		out = append(out, Choice{Text: v.T(x.key), Href: "/contacts?" + x.name + "=1", N: -1, On: l.Query.Has(x.name)})
	}
	for _, s := range contact.States() {
		out = append(out, Choice{Text: v.T("cases.state." + string(s)), Href: "/contacts?state=" + string(s), N: l.Counts[s], On: state == string(s)})
	}
	return append(out, Choice{Text: v.T("cases.any"), Href: "/contacts?state=any", N: any, On: state == "any"})
}

// consented is what somebody agreed to, when and how.
func (v View) consented(at int64, how contact.How, text string, ended int64) string {
	said := v.T("cases.consented_text", "at", v.moment(at), "text", text)
	if how != contact.ByPage {
		said += " · " + v.T("cases.how."+string(how))
	}
	if ended > 0 {
		said += " · " + v.T("cases.consent_ended", "at", v.moment(ended))
	}
	return said
}

// candidate is somebody who can be asked.
func (v View) candidate(c contact.Candidate) string {
	parts := []string{c.Name}
	if c.Unit != "" {
		parts = append(parts, c.Unit)
	}
	if c.Account {
		parts = append(parts, v.T("cases.pro.has_account"))
	}
	return strings.Join(parts, " · ")
}

func needLine(c contact.Case) string { return cmp.Or(c.NeedTitle, c.Need) }

// personLine is the person's name where the case is about nothing else.
func personLine(c contact.Case) string {
	if c.ResultCode == "" && c.Need == "" {
		return c.Title
	}
	return c.Person
}

// reachOf is how somebody is reached, in one line.
func reachOf(c catalog.Contact) string { return cmp.Or(c.Phone, c.Email) }

// SentText says to whoever asked that the office has it, within which term they
// are answered by the rule, zero if none is promised, and until when that is.
func (v View) SentText(c contact.Case, term rules.Value) string {
	until := v.by(c.DueAt, c.Due == contact.DueProvisional)
	switch {
	case c.DueAt == contact.NeverDue:
		return v.T("cases.sent_only", "code", c.Code)
	case term.Unit == "":
		return v.T("cases.sent_until", "code", c.Code, "until", until)
	}
	return v.T("cases.sent", "code", c.Code, "term", v.RuleValue(nil, term), "until", until)
}

// by is a time by which something is due, and that it was reckoned without
// holidays.
func (v View) by(at int64, provisional bool) string {
	if provisional {
		return v.T("cases.due_provisional", "at", v.moment(at))
	}
	return v.moment(at)
}

// dueLine is when the next thing is due, and that it was reckoned without
// holidays.
func (v View) dueLine(c contact.Case) string {
	if c.DueAt == contact.NeverDue {
		return ""
	}
	return v.by(c.DueAt, c.Due == contact.DueProvisional)
}

func (v View) caseLine(c contact.Case, officer string) string {
	parts := []string{v.moment(c.CreatedAt)}
	if due := v.dueLine(c); due != "" {
		parts = append(parts, v.T("cases.due")+" "+due)
	}
	if officer == "" {
		officer = v.T("cases.officer_none")
	}
	return strings.Join(append(parts, officer), " · ")
}

// ownReason is why a case does not go on, as whoever asked reads it.
func (v View) ownReason(d *process.Definition, c contact.Case) string {
	if c.Reason == "" {
		return v.T("cases.reason_office")
	}
	return v.caseReason(d, c.Reason)
}

// caseReason is the reason with that code in words, also one that is no longer
// offered.
func (v View) caseReason(d *process.Definition, code string) string {
	return CaseReason(v.Lang, d, code)
}

// reasonOption is a reason to choose, with a mark where only the office reads it.
func (v View) reasonOption(d *process.Definition, r process.Reason) string {
	text := ReasonWord(v.Lang, d, r)
	if r.Office {
		text += v.T("cases.reason_mark")
	}
	return text
}

// steps are the forms by which the office moves the case on.
func (o OfficeCase) steps() Steps {
	return Steps{Process: o.D, State: o.Case.State, As: o.As, Post: "/contacts/" + o.Case.Code + "/move",
		Version: o.Case.Version, Begun: map[string]string{"next": o.Case.Private.Next}, Filled: o.Filled, Refused: o.Refused,
		Draft: "/contacts/" + o.Case.Code + "/draft", Forms: o.Forms, MaxDocument: o.MaxDocument}
}

// may reports whether whoever looks may take a step that has no form of its own.
func (o OfficeCase) may(do process.Action) bool { return o.D.May(do, o.Case.State, o.As) }

// steps are those that the university lets whoever asked take.
func (c OwnCase) steps() Steps {
	return Steps{Process: c.D, State: c.State, As: []process.Actor{contact.Asker}, Bare: true, Post: contact.PagePath(c.Secret) + "/step",
		Version: c.Version, Filled: c.Filled, Refused: c.Refused}
}

// steps are those that the university lets a professor take who is willing.
func (q Inquiry) steps() Steps {
	return Steps{Process: q.Process, State: q.Case.State, As: []process.Actor{contact.Professor}, Bare: true, Post: q.Path + "/step",
		Version: q.Case.Version, Filled: q.Filled, Refused: q.Refused}
}

// doer is who took a step: a name, the clock, or whoever asked.
func (o OfficeCase) doer(v View, e process.Event) string {
	switch e.Taken.By {
	case process.Clock:
		return v.T("cases.by_clock")
	case contact.Asker:
		return v.T("cases.by_asker")
	case contact.Professor:
		return v.T("cases.by_professor")
	}
	return v.account(e, o.Names)
}

// account is who took a step with an account, by name or else by role.
func (v View) account(e process.Event, names map[uuid.UUID]string) string {
	return cmp.Or(v.Called(names[e.Who]), v.T("role."+e.Role))
}

// happened is what a step was, and why.
func (v View) happened(d *process.Definition, e process.Event) string {
	text := v.T(d.Texts + "did." + string(e.Taken.Action))
	if answer := e.Taken.Facts["answer"]; answer != "" && e.Taken.Action == contact.Report {
		text = v.T("cases.did_because", "did", text, "reason", v.T("cases.going."+answer))
	}
	if e.Taken.Reason != "" {
		text = v.T("cases.did_because", "did", text, "reason", v.caseReason(d, e.Taken.Reason))
	}
	return text
}
