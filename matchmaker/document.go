package matchmaker

import (
	"strconv"
	"strings"

	"datai/catalog"
	"datai/match"
)

// Prefixes of tags. The first ones are the facets that answers count; lists
// count more of them.
const (
	themeTag = "theme:"
	trlTag   = "trl:"
	stateTag = "state:"
	kindTag  = "kind:"
	rightTag = "right:"
	wayTag   = "way:"
	unitTag  = "unit:"
	fieldTag = "discipline:"
	lackTag  = "lack:"  // what nobody has said yet, which is for the office
	priceTag = "price:" // whether a price is known, which is for the office
)

const everybody = match.AudPublic | match.AudSignedIn | match.AudParty | match.AudOffice

func audience(public bool) match.Audience {
	if public {
		return everybody
	}
	return match.AudOffice
}

// resultDoc is what the index knows of a result. Contact, price and remarks
// never enter it.
func resultDoc(r *catalog.Result, now int64, sortKey string) match.Doc {
	tags := append(themeTags(r.Themes), stateTag+string(r.Standing()), kindTag+string(r.Kind), priceTag+known(r.Price))
	tags = appendClass(tags, r.Themes, r.Disciplines)
	if r.Maturity.Level > 0 {
		tags = append(tags, trlTag+strconv.Itoa(r.Maturity.Level))
	}
	for _, right := range r.Rights {
		tags = append(tags, rightTag+string(right.Kind))
	}
	for _, w := range r.Ways {
		tags = append(tags, wayTag+string(w))
	}
	if r.Unit() != "" {
		tags = append(tags, unitTag+r.Unit())
	}
	return match.Doc{
		ID: r.ID.String(), Kind: match.KindResult, Title: r.Title, Keywords: r.Keywords,
		Abstract: paragraphs(r.Summary, r.Abstract, r.IndicatorsAs, r.Market),
		Claims:   r.Claims, Tags: tags, Indicators: indicators(r.Indicators),
		Audience: audience(r.Public(now)), Time: r.UpdatedAt, Until: r.ExpiresAt,
		Key: sortKey, Level: uint8(r.Maturity.Level),
	}
}

// known says what is known of a price, and nothing of the price.
func known(p catalog.Price) string {
	switch {
	case p.Max > 0:
		return "known"
	case p.Negotiable:
		return "negotiable"
	}
	return "unknown"
}

// needDoc is what the index knows of a need; its owner never enters it.
func needDoc(n *catalog.Need, now int64, sortKey string) match.Doc {
	tags := append(themeTags(n.Themes), stateTag+string(n.State), priceTag+known(n.Budget))
	tags = appendClass(tags, n.Themes, n.Disciplines)
	for _, w := range n.Ways {
		tags = append(tags, wayTag+string(w))
	}
	return match.Doc{
		ID: n.ID.String(), Kind: match.KindNeed, Title: n.Title, Keywords: n.Keywords,
		Abstract: paragraphs(n.Text, n.IndicatorsAs), Tags: tags, Indicators: indicators(n.Indicators),
		Audience: audience(n.Public(now)), Time: n.UpdatedAt, Until: n.ExpiresAt, Key: sortKey,
	}
}

func partyDoc(p *catalog.Party) match.Doc {
	return match.Doc{
		ID: p.ID.String(), Kind: match.KindParty, Title: p.Name,
		Abstract: paragraphs(p.Industry, p.Intro), Audience: match.AudOffice, Time: p.UpdatedAt,
	}
}

// personDoc is what the index knows of a person. Staff number, ORCID and
// columns that nobody knew never enter it.
func personDoc(p *catalog.Person) match.Doc {
	return match.Doc{
		ID: p.ID.String(), Kind: match.KindPerson, Title: p.Name, Keywords: p.Interests,
		Abstract: paragraphs(p.Unit, p.Title), Audience: match.AudOffice, Time: p.UpdatedAt,
	}
}

func themeTags(ts []catalog.Theme) []string {
	out := make([]string, 0, len(ts)+3)
	for _, t := range ts {
		out = append(out, themeTag+string(t))
	}
	return out
}

// What a thing may lack, as values of the facet "lack".
const (
	LackTheme      = "theme"
	LackDiscipline = "discipline"
)

func appendClass(tags []string, themes []catalog.Theme, disciplines []string) []string {
	if len(themes) == 0 {
		tags = append(tags, lackTag+LackTheme)
	}
	if len(disciplines) == 0 {
		tags = append(tags, lackTag+LackDiscipline)
	}
	for _, d := range disciplines {
		tags = append(tags, fieldTag+d)
	}
	return tags
}

func paragraphs(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n")
}

// comparisons pairs the catalogue's comparisons with the engine's.
var comparisons = map[catalog.Cmp]match.Cmp{
	catalog.Eq: match.CmpEqual, catalog.Ge: match.CmpAtLeast, catalog.Gt: match.CmpMore,
	catalog.Le: match.CmpAtMost, catalog.Lt: match.CmpLess, catalog.Range: match.CmpRange,
}

func indicators(in []catalog.Indicator) []match.Indicator {
	out := make([]match.Indicator, 0, len(in))
	for _, i := range in {
		cmp, ok := comparisons[i.Cmp]
		if !ok {
			continue
		}
		out = append(out, match.Indicator{Name: i.Name, Cmp: cmp, Value: i.Value, High: i.High, Unit: i.Unit, Method: i.Method})
	}
	return out
}
