package ui

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/wording"
)

// maturity says how near to use a result is, with what the claim rests on:
// 「自报 TRL 7，暂无用户试用报告」. A level that the catalogue has read out of a
// word is named as such. backed is false for a claim without its evidence.
func (v View) maturity(m catalog.Maturity) (text string, backed bool) {
	if m.Level == 0 {
		if m.Written != "" {
			return v.T("maturity.written", "written", m.Written), false
		}
		return v.T("maturity.unstated"), false
	}
	level := strconv.Itoa(m.Level)
	need := catalog.EvidenceFor(m.Level)
	evidence := v.T("evidence." + need)
	switch {
	case slices.Contains(m.Evidence, need):
		return v.T("maturity.backed", "level", level, "evidence", evidence), true
	case m.Inferred:
		return v.T("maturity.inferred", "level", level, "written", m.Written, "evidence", evidence), false
	}
	return v.T("maturity.claimed", "level", level, "evidence", evidence), false
}

// level is the short form for chips: TRL 6, or nothing.
func level(m catalog.Maturity) string {
	if m.Level == 0 {
		return ""
	}
	return "TRL " + strconv.Itoa(m.Level)
}

// rightsLine sums rights up: 「有效发明专利 2 件，最早 2038 年到期」.
func (v View) rightsLine(r catalog.Result) string {
	if len(r.Rights) == 0 {
		return r.RightsAs
	}
	var parts []string
	for _, kind := range catalog.RightKinds() {
		inForce, rest := 0, 0
		for _, right := range r.Rights {
			switch {
			case right.Kind != kind:
			case right.InForce:
				inForce++
			default:
				rest++
			}
		}
		name := v.T("right." + string(kind))
		if inForce > 0 {
			parts = append(parts, v.T("rights.in_force", "right", name, "n", strconv.Itoa(inForce)))
		}
		if rest > 0 {
			key := "rights.plain"
			if isPatent(kind) {
				key = "rights.other"
			}
			parts = append(parts, v.T(key, "right", name, "n", strconv.Itoa(rest)))
		}
	}
	line := v.list(parts)
	if year := firstExpiry(r.Rights); year > 0 {
		line += v.T("rights.first_expiry", "year", strconv.Itoa(year))
	}
	return line
}

// firstExpiry is the year in which the first right in force ends, 0 if none is
// known to.
func firstExpiry(rights []catalog.Right) int {
	year := 0
	for _, r := range rights {
		if r.InForce && !r.ExpiresOn.IsZero() && (year == 0 || r.ExpiresOn.Year < year) {
			year = r.ExpiresOn.Year
		}
	}
	return year
}

// isPatent reports whether a right of this kind is granted and can lapse.
func isPatent(k catalog.RightKind) bool {
	return k == catalog.RightInvention || k == catalog.RightUtility || k == catalog.RightDesign
}

// patents counts the patents among rights, and those in force.
func patents(rights []catalog.Right) (all, inForce int) {
	for _, r := range rights {
		if isPatent(r.Kind) {
			all++
			if r.InForce {
				inForce++
			}
		}
	}
	return all, inForce
}

// coOwned counts the rights that others hold too (R17).
func coOwned(rights []catalog.Right) int {
	n := 0
	for _, r := range rights {
		if r.CoOwned() {
			n++
		}
	}
	return n
}

func (v View) ways(ws []catalog.Way) []string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = v.T("way." + string(w))
	}
	return out
}

// price is an amount the way people say it and, for the hover, exactly.
func (v View) price(p catalog.Price) (said, exact string) {
	switch {
	case p.Max > 0:
		said, exact = v.Lang.Money(int64(p.Min), int64(p.Max))
		if p.Negotiable {
			said = v.T("money.or_negotiable", "amount", said)
		}
	case p.Negotiable:
		said = v.T("money.negotiable")
	default:
		said = p.Written
	}
	return said, exact
}

// number is a value without a float's dust.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// amount is a value with its unit, close up where it is a sign.
func amount(x float64, unit string) string {
	if unit == "" || unit == "%" || unit == "‰" || unit == "°" {
		return number(x) + unit
	}
	return number(x) + " " + unit
}

var cmpSigns = map[catalog.Cmp]string{catalog.Ge: "≥", catalog.Gt: ">", catalog.Le: "≤", catalog.Lt: "<"}

// indicator is the value of an indicator: ≥3000 次.
func indicator(i catalog.Indicator) string {
	switch {
	case i.Cmp == catalog.Range && i.Value == -i.High:
		return "±" + amount(i.High, i.Unit)
	case i.Cmp == catalog.Range:
		return number(i.Value) + "–" + amount(i.High, i.Unit)
	}
	return cmpSigns[i.Cmp] + amount(i.Value, i.Unit)
}

// names are the people behind a result, in order.
func names(cs []catalog.Completer) []string {
	out := make([]string, 0, len(cs))
	for _, c := range cs {
		if c.Name != "" {
			out = append(out, c.Name)
		}
	}
	return out
}

// gist is what a card says about a result in a sentence or two.
func gist(r catalog.Result) string {
	if r.Summary != "" {
		return r.Summary
	}
	return strings.TrimSpace(strings.ReplaceAll(clip(r.Abstract, 96), "\n", " "))
}

// Gist is gist, in one line, for whoever shows a link to the page.
func Gist(r catalog.Result) string { return clip(strings.ReplaceAll(gist(r), "\n", " "), 120) }

// NeedGist is the same of a need.
func NeedGist(n catalog.Need) string { return clip(strings.ReplaceAll(n.Text, "\n", " "), 120) }

// ResultMessage is a public result as people pass it on in a chat, in Chinese
// whatever the page speaks: 【科技成果】名称|做什么|成熟度|合作方式|链接.
func ResultMessage(r catalog.Result, link string) string {
	zh := View{Lang: wording.Chinese}
	parts := []string{zh.T("share.result", "title", r.Title), Gist(r), level(r.Maturity), zh.rightsLine(r)}
	if len(r.Ways) > 0 {
		parts = append(parts, zh.T("result.willing", "ways", zh.list(zh.ways(r.Ways))))
	}
	parts = append(parts, zh.unit(r), zh.T("share.link", "link", link))
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "｜")
}

// listOf is the list that the page of a thing belongs to.
func listOf(path string) string { return path[:strings.LastIndex(path, "/")] }

// unit is whose a result is: the school, else the owners.
func (v View) unit(r catalog.Result) string {
	if r.Organization != "" {
		return r.Organization
	}
	return v.list(r.Owners)
}

// codes are the themes' codes, for addresses.
func codes(ts []catalog.Theme) []string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = string(t)
	}
	return out
}

func (v View) evidence(list []string) []string {
	out := make([]string, len(list))
	for i, e := range list {
		if out[i] = e; v.Lang.Has("evidence." + e) {
			out[i] = v.T("evidence." + e)
		}
	}
	return out
}

func (v View) yesNo(b bool) string {
	if b {
		return v.T("yes")
	}
	return v.T("no")
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// needTitle is a need's title, or the beginning of its text.
func needTitle(n catalog.Need) string {
	if n.Title != "" {
		return n.Title
	}
	return clip(n.Text, 30)
}
