package web

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"
)

// The pages on which sign-in by identity providers is set up.

func (p *Pages) signInSources(c *visit) error {
	list, err := p.Account.Sources(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	rule, err := p.Account.RuleForFactors(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	return c.show(ui.Head{Title: c.v.T("sources.title"), Quiet: true}, ui.SourcesPage(c.v, list, rule))
}

// newSource shows an empty form with what most providers have in common.
func (p *Pages) newSource(c *visit) error {
	src := account.Source{SourceSetup: account.SourceSetup{Kind: account.SourceKinds()[0], NoPassword: true, Presence: account.PresenceSetup{Minutes: account.PresenceMinutes, Part: account.PresencePart}, Map: account.AttributeMap{Numbers: []string{"user"}}}}
	return p.showSource(c, http.StatusOK, ui.SourceForm{Source: src})
}

func (p *Pages) source(c *visit) error {
	src, err := p.Account.Source(c.ctx(), c.r.PathValue("source"))
	if err != nil {
		return err
	}
	return p.showSource(c, http.StatusOK, ui.SourceForm{Source: src, Saved: c.r.FormValue("saved") != ""})
}

func (p *Pages) showSource(c *visit, status int, f ui.SourceForm) error {
	f.HasSecret, f.HasPresenceKey, f.Secrets = f.Secret != "", f.PresenceKey != "", account.Secrets{}
	if f.Presence.Address == "" {
		f.Presence.Minutes, f.Presence.Part = cmp.Or(f.Presence.Minutes, account.PresenceMinutes), cmp.Or(f.Presence.Part, account.PresencePart)
	}
	title := c.v.T("sources.new")
	if f.Version > 0 {
		var err error
		if f.List, err = p.Account.PresenceOf(c.ctx(), c.v.Who, f.Name); err != nil {
			return err
		}
		f.Return = p.absolute(outsidePath + f.Name + "/return")
		title = f.Title
	}
	return c.render(status, ui.Page(c.v, ui.Head{Title: title, Quiet: true}, ui.SourcePage(c.v, f)))
}

// saveSource adds or changes a source; what does not fit comes back in the form.
func (p *Pages) saveSource(c *visit) error {
	if err := c.readForm(formMax); err != nil {
		return err
	}
	src := sourceOf(c.r)
	if _, err := p.Account.SaveSource(context.WithoutCancel(c.ctx()), c.v.Who, src); err != nil {
		if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
			pr := c.problem(err)
			return p.showSource(c, pr.status, ui.SourceForm{Source: src, Problem: pr.text})
		}
		return err
	}
	return c.redirect("/sign-in-sources/" + src.Name + "?saved=1")
}

// letLeave lets a list that was stopped put out who left.
func (p *Pages) letLeave(c *visit) error {
	many, err := strconv.Atoi(c.r.PostFormValue("count"))
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	name := c.r.PathValue("source")
	if err := p.Account.AllowLeavers(context.WithoutCancel(c.ctx()), c.v.Who, name, many); err != nil {
		return err
	}
	return c.redirect("/sign-in-sources/" + name)
}

// number is a whole number that was typed, -1 if it is none.
func number(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return -1
	}
	return n
}

// sourceOf reads the form of a source.
func sourceOf(r *http.Request) account.Source {
	f := func(name string) string { return r.PostForm.Get(name) }
	version, _ := strconv.ParseInt(f("version"), 10, 64) // what is no number adds, and is refused if it is there
	src := account.Source{Name: strings.TrimSpace(f("name")), Version: version, Disabled: f("disabled") != "", Secrets: account.Secrets{Secret: f("secret"), PresenceKey: f("presence_key")},
		SourceSetup: account.SourceSetup{Kind: account.SourceKind(f("kind")), Title: f("title"), TitleEn: f("title_en"), Address: f("address"), Client: f("client"), Scopes: strings.Fields(f("scopes")),
			Presence: account.PresenceSetup{Address: f("presence_address"), Minutes: number(f("presence_minutes")), Part: number(f("presence_part"))},
			Known:    f("admit") == "known", NoPassword: f("no_password") != "",
			Map: account.AttributeMap{Numbers: listed(f("map_numbers")), Name: f("map_name"), Email: f("map_email"), Phone: f("map_phone"), Unit: f("map_unit"), Kind: f("map_kind"),
				Staff: listed(f("map_staff")), Student: listed(f("map_student")), Otherwise: account.Role(f("otherwise")),
				Strong: f("map_strong"), StrongIs: listed(f("map_strong_is"))}}}
	if name := r.PathValue("source"); name != "" {
		src.Name = name
	}
	return src
}

// listed are the values of a field that holds several, separated by commas of
// either writing.
func listed(text string) []string {
	var out []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(",，;；、\n", r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// trySource sends the administrator to the source to see what comes back.
func (p *Pages) trySource(c *visit) error {
	src, err := p.Account.Source(c.ctx(), c.r.PathValue("source"))
	if err != nil {
		return err
	}
	return p.setOutFor(c, src, "", true)
}

// tried shows what a source said and what it would become, to the administrator
// who asked; nobody is let in.
func (p *Pages) tried(c *visit, src account.Source, a account.Assertion, err error) error {
	if refusal := allow(c.v.Who, account.ManageSources); refusal != nil {
		return refusal
	}
	t := ui.Trial{Source: src, Assertion: a}
	if err == nil {
		t.Claims, err = src.Map.Read(a)
	}
	if err != nil {
		t.Problem = c.problem(err).text
		p.Logger.InfoContext(c.ctx(), "a source was tried in vain", "request", c.v.RequestID, "source", src.Name, "err", err)
	}
	return c.show(ui.Head{Title: c.v.T("sources.tried"), Quiet: true}, ui.TrialPage(c.v, t))
}
