package exchange

import (
	"slices"
	"strings"

	"datai/catalog"
	"datai/intake"

	"github.com/google/uuid"
)

// resultExport are the 27 columns of the template in its order, those of
// contacts empty, then what else a result or a patent has.
func resultExport() export[*catalog.Result] {
	texts := map[string]func(*catalog.Result) string{
		"成果权属人":  func(r *catalog.Result) string { return list(r.Owners, splitNames) },
		"成果名称":   func(r *catalog.Result) string { return r.Title },
		"关键词":    func(r *catalog.Result) string { return list(r.Keywords, splitAnyWords) },
		"成果完成时间": func(r *catalog.Result) string { return r.CompletedOn.String() },
		"资助情况":   func(r *catalog.Result) string { return r.Funding },
		"成果应用领域": func(r *catalog.Result) string { return r.Application },
		"成果获得方式": func(r *catalog.Result) string { return r.Origin },
		"技术成熟度":  func(r *catalog.Result) string { return r.Maturity.Written },
		"获奖情况":   func(r *catalog.Result) string { return r.Awards },
		"合作价格":   func(r *catalog.Result) string { return r.Price.Written },
		"合作方式":   func(r *catalog.Result) string { return wayNames(r.Ways) },
		"单位名称":   func(r *catalog.Result) string { return r.Organization },
		"地址":     func(r *catalog.Result) string { return r.Address },
		"知识产权形式": func(r *catalog.Result) string { return r.RightsAs },
		"成果简介":   func(r *catalog.Result) string { return r.Abstract },
		"技术指标":   func(r *catalog.Result) string { return r.IndicatorsAs },
		"商业分析":   func(r *catalog.Result) string { return r.Market },
		"成果图片":   func(r *catalog.Result) string { return r.Image },
		"成果视频":   func(r *catalog.Result) string { return r.Video },
		"备注":     func(r *catalog.Result) string { return r.Remarks },
	}
	e := export[*catalog.Result]{kind: intake.Results, extra: func(r *catalog.Result) map[string]string { return r.Extra }, sort: sortOf}
	e.columns = template(ResultColumns, texts)
	e.columns = append(e.columns,
		outColumn[*catalog.Result]{givenHeader, true, func(r *catalog.Result) string { return idOr(r.GivenID, r.Code) }},
		outColumn[*catalog.Result]{"一句话简介", false, func(r *catalog.Result) string { return r.Summary }},
		outColumn[*catalog.Result]{"权利要求", false, func(r *catalog.Result) string { return r.Claims }},
		outColumn[*catalog.Result]{"完成人", false, completersOf},
		outColumn[*catalog.Result]{"主题", false, func(r *catalog.Result) string { return themeNames(r.Themes, r.Application) }},
		outColumn[*catalog.Result]{"所属学科", false, func(r *catalog.Result) string { return strings.Join(r.Disciplines, ";") }},
		outColumn[*catalog.Result]{"条目种类", false, sortOf},
	)
	for _, c := range []struct {
		header string
		text   func(*patentLine) string
	}{
		{"申请号", func(p *patentLine) string { return p.Number }},
		{"专利类型", func(p *patentLine) string { return p.Right }},
		{"公开（公告）号", func(p *patentLine) string { return p.Published }},
		{"申请日", func(p *patentLine) string { return p.Filed }},
		{"授权公告日", func(p *patentLine) string { return p.Granted }},
		{"失效日", func(p *patentLine) string { return p.Expires }},
		{"法律状态", func(p *patentLine) string { return p.Status }},
		{"专利有效性", func(p *patentLine) string { return p.InForce }},
		{"发明人", func(p *patentLine) string { return list(p.Inventors, splitNames) }},
		{"IPC", func(p *patentLine) string { return list(p.IPC, splitClasses) }},
	} {
		e.columns = append(e.columns, outColumn[*catalog.Result]{c.header, false, func(r *catalog.Result) string {
			if r.Kind != catalog.KindPatent || len(r.Rights) == 0 {
				return ""
			}
			return c.text(lineOfRight(r.Rights[0]))
		}})
	}
	return e
}

// template are the columns of those headers; contacts have no text.
func template[T any](headers string, texts map[string]func(T) string) []outColumn[T] {
	var out []outColumn[T]
	for h := range strings.FieldsSeq(headers) {
		out = append(out, outColumn[T]{h, true, texts[h]})
	}
	return out
}

// patentWord is 条目种类 of a patent.
const patentWord = "专利"

func sortOf(r *catalog.Result) string {
	if r.Kind == catalog.KindPatent {
		return patentWord
	}
	return ""
}

func noSort[T any](T) string { return "" }

func completersOf(r *catalog.Result) string {
	if r.Kind == catalog.KindPatent { // they are its inventors
		return ""
	}
	return list(completerTexts(r.Completers), func(s string) []string {
		people, _ := peopleIn(splitPeople(s))
		return completerTexts(people)
	})
}

func completerTexts(people []catalog.Completer) []string {
	var out []string
	for _, c := range people {
		out = append(out, withShare(c))
	}
	return out
}

// themeNames are the themes where an import would not read the same out of the
// field of use.
func themeNames(themes []catalog.Theme, written string) string {
	if slices.Equal(themes, catalog.ThemesIn(written)) {
		return ""
	}
	var out []string
	for _, t := range themes {
		out = append(out, t.Name())
	}
	return strings.Join(out, ";")
}

// wayNames are the ways in the words of the law.
func wayNames(ways []catalog.Way) string {
	names := map[catalog.Way]string{catalog.WayOwn: "自行投资实施", catalog.WayTransfer: "转让", catalog.WayLicence: "许可",
		catalog.WayCooperate: "合作实施", catalog.WayEquity: "作价投资", catalog.WayOther: "其他协商方式"}
	var out []string
	for _, w := range ways {
		out = append(out, names[w])
	}
	return strings.Join(out, ";")
}

// needExport are the 21 columns of the template in its order, those of
// contacts empty.
func needExport() export[*catalog.Need] {
	texts := map[string]func(*catalog.Need) string{
		"技术需求名称": func(n *catalog.Need) string { return n.Title },
		"关键字":    func(n *catalog.Need) string { return list(n.Keywords, splitAnyWords) },
		"有效期":    func(n *catalog.Need) string { return n.Until.String() },
		"需求领域":   func(n *catalog.Need) string { return n.Field },
		"需求类别":   func(n *catalog.Need) string { return n.Category },
		"合作方式":   func(n *catalog.Need) string { return n.WaysAs },
		"合作价格":   func(n *catalog.Need) string { return n.Budget.Written },
		"意向合作单位": func(n *catalog.Need) string { return n.WishParty },
		"意向合作专家": func(n *catalog.Need) string { return n.WishExpert },
		"需求详情":   func(n *catalog.Need) string { return n.Text },
		"技术指标":   func(n *catalog.Need) string { return n.IndicatorsAs },
		"图片":     func(n *catalog.Need) string { return n.Image },
		"视频":     func(n *catalog.Need) string { return n.Video },
		"单位名称":   func(n *catalog.Need) string { return n.OwnerName },
		"地址":     func(n *catalog.Need) string { return n.Address },
	}
	e := export[*catalog.Need]{kind: intake.Needs, extra: func(n *catalog.Need) map[string]string { return n.Extra }, sort: noSort[*catalog.Need]}
	e.columns = append(template(NeedColumns, texts),
		outColumn[*catalog.Need]{givenHeader, true, func(n *catalog.Need) string { return idOr(n.GivenID, n.Code) }},
		outColumn[*catalog.Need]{"主题", false, func(n *catalog.Need) string { return themeNames(n.Themes, n.Field) }},
		outColumn[*catalog.Need]{"所属学科", false, func(n *catalog.Need) string { return strings.Join(n.Disciplines, ";") }},
		outColumn[*catalog.Need]{header: "备注"})
	return e
}

// partyExport names the one before a party by before.
func partyExport(before map[uuid.UUID]string) export[*catalog.Party] {
	words := map[catalog.PartyKind]string{catalog.PartyEnterprise: "企业", catalog.PartyUniversity: "高校", catalog.PartyUnit: "校内单位", catalog.PartyAgency: "机构", catalog.PartyOther: "其他"}
	return export[*catalog.Party]{kind: intake.Parties, extra: func(p *catalog.Party) map[string]string { return p.Extra }, sort: noSort[*catalog.Party], columns: []outColumn[*catalog.Party]{
		{"单位名称", true, func(p *catalog.Party) string { return p.Name }},
		{"统一社会信用代码", true, func(p *catalog.Party) string { return p.CreditCode }},
		{"类型", true, func(p *catalog.Party) string { return words[p.Kind] }},
		{"单位性质", true, func(p *catalog.Party) string { return p.Nature }},
		{"所属行业", true, func(p *catalog.Party) string { return p.Industry }},
		{"所在地", true, func(p *catalog.Party) string { return p.Region }},
		{"简介", true, func(p *catalog.Party) string { return p.Intro }},
		{"招聘岗位", true, func(p *catalog.Party) string { return p.Jobs }},
		{"上级或前身", true, func(p *catalog.Party) string { return before[p.PredecessorID] }},
		{"起始日期", true, func(p *catalog.Party) string { return p.From.String() }},
		{"终止日期", true, func(p *catalog.Party) string { return p.Until.String() }},
		{header: "地址"}, {header: "备注"}, {header: "编号"},
	}}
}

func personExport() export[*catalog.Person] {
	return export[*catalog.Person]{kind: intake.People, extra: func(p *catalog.Person) map[string]string { return p.Extra }, sort: noSort[*catalog.Person], columns: []outColumn[*catalog.Person]{
		{"姓名", true, func(p *catalog.Person) string { return p.Name }},
		{"工号", true, func(p *catalog.Person) string { return p.StaffNo }},
		{"ORCID", true, func(p *catalog.Person) string { return p.ORCID }},
		{"所在单位", true, func(p *catalog.Person) string { return p.Unit }},
		{"职称", true, func(p *catalog.Person) string { return p.Title }},
		{"研究方向", true, func(p *catalog.Person) string { return list(p.Interests, splitInterests) }},
		{header: "编号"}, {header: "地址"}, {header: "备注"},
	}}
}
