// Package ui draws the pages: components in templ, and the small functions
// that turn things of the catalogue into what people read. It decides nothing:
// what a viewer may not see never comes here.
package ui

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/wording"

	"github.com/a-h/templ"
)

// Site names the installation.
type Site struct {
	Name, NameEn     string // of the university, as it heads the pages
	Office, OfficeEn string // of the office that runs it
	Contact          string // where the office is reached, as text
}

// View is what every page needs to know about who looks at it and how.
type View struct {
	Lang      wording.Lang
	Site      Site
	Who       account.Principal
	Unread    func() int // counts the notices in the inbox, for whoever draws it
	Nav       string     // which entry of the navigation the page belongs to
	Path      string     // path and query of the page itself
	CSS, JS   string     // addresses of the assets; empty when none were built
	Now       time.Time
	RequestID string
	Canonical string // absolute address, "" where a search engine has no business
}

// T is the text of a key. Names of closed accounts in it are said in its language.
func (v View) T(key string, pairs ...string) string {
	for i := 1; i < len(pairs); i += 2 {
		if account.Closed(pairs[i]) {
			pairs = slices.Clone(pairs) // they are the caller's
			pairs[i] = v.Called(pairs[i])
		}
	}
	return v.Lang.Say(key, pairs...)
}

// Count is a number with its thousands separated.
func (v View) Count(n int) string { return v.Lang.Count(n) }

// SiteName heads every page.
func (v View) SiteName() string { return v.either(v.Site.Name, v.Site.NameEn) }

// OfficeName is the office's name.
func (v View) OfficeName() string { return v.either(v.Site.Office, v.Site.OfficeEn) }

func (v View) either(zh, en string) string {
	if v.Lang == wording.English && en != "" {
		return en
	}
	return zh
}

// Office reports whether the viewer belongs to the office.
func (v View) Office() bool { return v.Who.May(account.SeeOffice) }

// other is the language that the page can be switched to.
func (v View) other() wording.Lang {
	if v.Lang == wording.English {
		return wording.Chinese
	}
	return wording.English
}

func (v View) switchURL() string {
	return "/language/" + string(v.other()) + "?back=" + url.QueryEscape(v.Path)
}

// langOf is the language of a text of the catalogue where it differs from the
// page's, "" where the reader's software need not be told.
func (v View) langOf(text string) string {
	if v.Lang == wording.Chinese {
		return ""
	}
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			return string(wording.Chinese)
		}
	}
	return ""
}

// langAttr is langOf as an attribute of an element.
func (v View) langAttr(text string) templ.Attributes {
	if l := v.langOf(text); l != "" {
		return templ.Attributes{"lang": l}
	}
	return nil
}

// day is a date of the catalogue.
func (v View) day(d catalog.Date) string { return v.Lang.Day(d.Year, d.Month, d.Day) }

// span is the time from one date until another, either of which may be open.
func (v View) span(from, until catalog.Date) string {
	switch {
	case from.IsZero() && until.IsZero():
		return ""
	case until.IsZero():
		return v.T("span.from", "from", v.day(from))
	case from.IsZero():
		return v.T("span.until", "until", v.day(until))
	}
	return v.T("span.both", "from", v.day(from), "until", v.day(until))
}

// lapsed reports whether a listing has ended by now.
func (v View) lapsed(expires int64) bool { return expires > 0 && expires <= v.Now.UnixMilli() }

// at is an instant, unix milliseconds, in the zone of the office.
func (v View) at(ms int64) time.Time { return time.UnixMilli(ms).In(v.Now.Location()) }

func (v View) moment(ms int64) string { return v.Lang.Moment(v.at(ms)) }

func (v View) date(ms int64) string { return v.Lang.Date(v.at(ms)) }

// Clock is a time as people say it: that of the day today, with the day otherwise.
func (v View) Clock(ms int64) string {
	if at := v.at(ms); at.Format(time.DateOnly) == v.Now.Format(time.DateOnly) {
		return at.Format("15:04")
	}
	return v.moment(ms)
}

// List joins texts the way the language does.
func (v View) List(parts []string) string { return v.list(parts) }

func (v View) list(parts []string) string { return strings.Join(parts, v.T("list.comma")) }

// themes are the names of themes.
func (v View) themes(ts []catalog.Theme) []string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = v.T("theme." + string(t))
	}
	return out
}

// clip shortens a text to n characters, at a sentence's end where one is near.
func clip(s string, n int) string {
	if len(s) <= n { // no more characters than bytes
		return s
	}
	runes, ends := 0, 0 // characters so far, and where the last sentence ends that is long enough
	for at, r := range s {
		if runes == n {
			if ends > 0 {
				return s[:ends]
			}
			return s[:at] + "…"
		}
		if runes++; runes > n*2/3 && strings.ContainsRune("。；;!！?？\n", r) {
			ends = at + utf8.RuneLen(r)
		}
	}
	return s
}

// paragraphs cuts a text at its line ends.
func paragraphs(s string) []string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// works reports whether somebody has more ways to go than visitors do.
func (v View) works() bool {
	return v.Office() || slices.ContainsFunc([]account.Permission{account.HandleContacts, account.EnterForOthers, account.OwnNeeds, account.SeeAccounts, account.SeeJournal, account.SeePermissions}, v.Who.May)
}
