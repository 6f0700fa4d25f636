package ui

import (
	"cmp"
	"strings"
	"time"

	"datai/contact"
	"datai/process"

	"github.com/google/uuid"
)

// Cases is a list of cases.
type Cases struct {
	List     []contact.Case
	Counts   map[contact.State]int
	Officers map[uuid.UUID]string
	State    contact.State // "" = the open ones
	Mine     bool
	Paged    bool
	Next     string
}

// caseTabs are the ways to narrow the list.
func (v View) caseTabs(l Cases) []Choice {
	open := 0
	for s, n := range l.Counts {
		if contact.Open(s) {
			open += n
		}
	}
	out := []Choice{{Text: v.T("cases.open"), Href: "/contacts", N: open, On: l.State == "" && !l.Mine}}
	for _, s := range contact.States() {
		out = append(out, Choice{Text: v.T("cases.state." + string(s)), Href: "/contacts?state=" + string(s), N: l.Counts[s], On: l.State == s})
	}
	return out
}

func (l Cases) fileHref() string {
	if l.State != "" {
		return "/contacts.csv?state=" + string(l.State)
	}
	return "/contacts.csv"
}

// dueLine is when the next thing is due, and that it was reckoned without
// holidays.
func (v View) dueLine(c contact.Case) string {
	switch {
	case c.DueAt == contact.NeverDue:
		return ""
	case c.Due == contact.DueProvisional:
		return v.T("cases.due_provisional", "at", v.moment(c.DueAt))
	}
	return v.moment(c.DueAt)
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
	if r, known := d.Reason(code); known {
		return ReasonWord(v.Lang, d, r)
	}
	return code
}

// steps are the forms by which the office moves the case on.
func (o OfficeCase) steps() Steps {
	return Steps{Process: o.D, State: o.Case.State, As: []process.Actor{contact.Office}, Post: "/contacts/" + o.Case.Code + "/move",
		Version: o.Case.Version, Begun: map[string]string{"next": o.Case.Private.Next}, Filled: o.Filled, Refused: o.Refused,
		Draft: "/contacts/" + o.Case.Code + "/draft", Forms: o.Forms, MaxDocument: o.MaxDocument}
}

// CaseColumns head the table of cases.
func CaseColumns(v View) []string {
	var out []string
	for _, key := range []string{"cases.code", "cases.state", "cases.result_code", "cases.result", "cases.need", "cases.source", "cases.mode",
		"cases.asked", "cases.due", "cases.overdue", "cases.officer_who", "cases.why"} {
		out = append(out, v.T(key))
	}
	return out
}

// CaseCells is a row of it: nothing of whoever asked. A title that begins like
// a formula would be run by the program that opens the table.
func CaseCells(v View, d *process.Definition, c contact.Case, officer string) []string {
	due, why, mode, title := "", "", "", c.Title
	if c.DueAt != contact.NeverDue {
		due = v.at(c.DueAt).Format(time.DateTime)
	}
	if c.Reason != "" {
		why = v.caseReason(d, c.Reason)
	}
	if c.Mode != "" {
		mode = v.T("way." + string(c.Mode))
	}
	if strings.ContainsAny(title[:min(1, len(title))], "=+-@\t") {
		title = "'" + title
	}
	return []string{c.Code, v.T("cases.state." + string(c.State)), c.ResultCode, title, c.Need, v.T("cases.source." + string(c.Source)), mode,
		v.at(c.CreatedAt).Format(time.DateTime), due, v.yesNo(c.Overdue(v.Now.UnixMilli())), officer, why}
}

// doer is who took a step: a name, the clock, or whoever asked.
func (o OfficeCase) doer(v View, e process.Event) string {
	switch e.Taken.By {
	case process.Clock:
		return v.T("cases.by_clock")
	case contact.Asker:
		return v.T("cases.by_asker")
	}
	return cmp.Or(v.Called(o.Names[e.Who]), v.T("role."+e.Role))
}

// happened is what a step was, and why.
func (v View) happened(d *process.Definition, e process.Event) string {
	text := v.T("cases.did." + string(e.Taken.Action))
	if e.Taken.Reason != "" {
		text = v.T("cases.did_because", "did", text, "reason", v.caseReason(d, e.Taken.Reason))
	}
	return text
}
