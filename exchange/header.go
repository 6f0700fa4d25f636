package exchange

import (
	"slices"
	"strings"

	"datai/catalog"
	"datai/intake"
)

// field is what a column is about. The codes are stable: they name messages
// "field.<code>" and stand in stored batches.
type field string

const (
	fOrdinal     field = "ordinal" // counts rows, is not kept
	fSecrecy     field = "secrecy"
	fDerived     field = "derived" // in our own exports, worked out anew at import
	fDropped     field = "dropped" // personal data that has no place: is not kept
	fID          field = "id"
	fTitle       field = "title"
	fSummary     field = "summary"
	fAbstract    field = "abstract"
	fText        field = "text"
	fKeywords    field = "keywords"
	fClaims      field = "claims"
	fOwners      field = "owners"
	fOwnerTel    field = "owner_tel"
	fCompleters  field = "completers"
	fCompleted   field = "completed"
	fFunding     field = "funding"
	fApplication field = "application"
	fTheme       field = "theme"
	fDiscipline  field = "discipline"
	fOrigin      field = "origin"
	fMaturity    field = "maturity"
	fAwards      field = "awards"
	fPrice       field = "price"
	fWays        field = "ways"
	fUnit        field = "organization"
	fAddress     field = "address"
	fLegalRep    field = "legal_rep"
	fContact     field = "contact"
	fPhone       field = "phone"
	fLandline    field = "landline"
	fEmail       field = "email"
	fRights      field = "rights"
	fIndicators  field = "indicators"
	fMarket      field = "market"
	fImage       field = "image"
	fVideo       field = "video"
	fRemarks     field = "remarks"
	fUntil       field = "until"
	fCategory    field = "category"
	fWishParty   field = "wish_party"
	fWishExpert  field = "wish_expert"
	fNumber      field = "number"
	fPublished   field = "published"
	fFiled       field = "filed"
	fGranted     field = "granted"
	fExpires     field = "expires"
	fPatentKind  field = "patent_kind"
	fApplicants  field = "applicants"
	fInventors   field = "inventors"
	fStatus      field = "status"
	fForce       field = "in_force"
	fIPCMain     field = "ipc_main"
	fIPC         field = "ipc"
	fCreditCode  field = "credit_code"
	fNature      field = "nature"
	fIndustry    field = "industry"
	fRegion      field = "region"
	fIntro       field = "intro"
	fJobs        field = "jobs"
	fKind        field = "kind"
	fStaffNo     field = "staff_no"
	fORCID       field = "orcid"
	fPosition    field = "position"
	fInterests   field = "interests"
	fPartyKind   field = "party_kind"
	fPredecessor field = "predecessor"
	fFrom        field = "from"
	fTo          field = "to"
)

// many reports whether several columns may be about the same.
func (f field) many() bool { return f == fSecrecy || f == fDerived || f == fDropped }

// personal reports whether the field is encrypted or not kept.
func (f field) personal() bool {
	switch f {
	case fContact, fPhone, fLandline, fEmail, fLegalRep, fOwnerTel, fDropped:
		return true
	}
	return false
}

// day reports whether the field is a date.
func (f field) day() bool {
	switch f {
	case fCompleted, fUntil, fFiled, fGranted, fExpires, fFrom, fTo:
		return true
	}
	return false
}

// headers are the columns that one kind of file may have.
type headers struct {
	required field
	name     string // of the required column as its template has it, for people
	known    map[string]field
	names    map[field]string // of every field as its template has it
	mapped   map[string]field // by a person, by header
	preset   *preset          // that was asked for
}

type synonyms struct {
	field field
	words string // apart by spaces; the first is the one of the template
}

// common columns of every kind. The template words are those of the 27 and 21
// columns of [S43] and of the campus system of 2025 [S86].
var commonWords = []synonyms{
	{fOrdinal, "序号 序 行号 no"},
	{fDerived, "kind 不接收原因"},
	{fSecrecy, "密级 保密级别 保密等级 涉密等级 涉密级别 是否涉密 涉密 涉密情况 定密 classification secrecy"},
	{fID, "编号 编码 id 唯一编号"},
	{fAddress, "地址 单位地址 通讯地址 联系地址 详细地址 address"},
	{fLegalRep, "法人 法定代表人 法人代表"},
	{fContact, "联系人 联系人姓名 业务联系人 对接人"},
	{fPhone, "手机号码 手机 手机号 联系电话 电话 联系人电话 联系人手机 联系手机 移动电话 联系方式 电话号码"},
	{fLandline, "座机 固定电话 办公电话 座机号码"},
	{fEmail, "电子邮箱 邮箱 电子邮件 email 联系邮箱 邮箱地址"},
	{fImage, "图片 成果图片 需求图片 image"},
	{fVideo, "视频 成果视频 需求视频 video"},
	{fRemarks, "备注 说明 remarks"},
}

// resultWords are the columns of [S43] and, as far as they fit, of [S86].
var resultWords = []synonyms{
	{fTitle, "成果名称 名称 科技成果名称 项目名称 技术名称 成果题目 成果标题 标题 题名 题目 项目成果名称 title"},
	{fID, "成果编号 成果编码 登记号 登记编号 成果登记号"},
	{fSummary, "一句话简介 一句话介绍 成果亮点 summary"},
	{fAbstract, "成果简介 简介 摘要 成果介绍 成果描述 成果概述 技术简介 项目简介 内容简介 成果内容 详细介绍 abstract"},
	{fKeywords, "关键词 关键字 标签 keywords"},
	{fClaims, "权利要求 权利要求书 主权项 claims"},
	{fOwners, "成果权属人 权属人 成果所有人 权利人 权属单位 owners"},
	{fOwnerTel, "权属人联系电话 权属人电话"},
	{fCompleters, "完成人 成果完成人 主要完成人 负责人 项目负责人 成果负责人 团队负责人 completers"},
	{fCompleted, "成果完成时间 完成时间 完成日期 成果完成日期 completed"},
	{fFunding, "资助情况 依托项目 资助项目 基金资助 项目来源 funding"},
	{fApplication, "成果应用领域 应用领域 技术领域 所属领域 领域 应用行业 application"},
	{fTheme, "主题 themes"},
	{fDiscipline, "所属学科 学科 学科分类 学科领域 disciplines"},
	{fOrigin, "成果获得方式 获得方式 成果来源 origin"},
	{fMaturity, "技术成熟度 成熟度 成熟程度 成果成熟度 技术就绪度 技术成熟度等级 trl maturity"},
	{fAwards, "获奖情况 评价或获奖 获奖 成果获奖情况 awards"},
	{fPrice, "合作价格 拟交易价格 交易价格 价格 意向价格 转化价格 转让价格 报价 price"},
	{fWays, "合作方式 转化方式 拟转化方式 拟合作方式 合作模式 交易方式 ways"},
	{fUnit, "单位名称 所属学院 学院 部门 所在单位 完成单位 成果完成单位 所属单位 依托单位 院系 所在学院 所属部门 单位 organization"},
	{fRights, "知识产权形式 知识产权 知识产权情况 知识产权类型 专利情况 专利号 专利 rights"},
	{fIndicators, "技术指标 主要技术指标 性能指标 关键指标 主要指标 指标 indicators"},
	{fMarket, "商业分析 市场分析 市场前景 效益分析 经济效益 应用前景 market"},

	// By these our own export tells a patent among the results.
	{fKind, "条目种类 kind"}, {fNumber, "申请号 applicationnumber"}, {fPatentKind, "专利类型 right"}, {fPublished, "公开（公告）号 published"}, {fFiled, "申请日 filed"},
	{fGranted, "授权公告日 granted"}, {fExpires, "失效日 expires"}, {fStatus, "法律状态 status"}, {fForce, "专利有效性 inforce"}, {fInventors, "发明人 inventors"}, {fIPC, "IPC"},
}

// needWords are the 21 columns of [S43].
var needWords = []synonyms{
	{fTitle, "技术需求名称 需求名称 需求题目 需求标题 榜题 榜单名称 难题名称 名称 标题 项目名称 title"},
	{fID, "需求编号 需求编码 榜单编号"},
	{fText, "需求详情 需求描述 需求内容 详细需求 难题与现状 需求说明 技术需求描述 技术需求内容 需求简介 text"},
	{fKeywords, "关键字 关键词 keywords"},
	{fUntil, "有效期 有效期至 有效期限 截止日期 截止时间 揭榜截止 until"},
	{fApplication, "需求领域 所属领域 技术领域 领域 行业领域 field"},
	{fTheme, "主题 themes"},
	{fDiscipline, "所属学科 学科 学科分类 学科领域 disciplines"},
	{fCategory, "需求类别 需求类型 类别 category"},
	{fWays, "合作方式 拟合作方式 合作模式 ways"},
	{fPrice, "合作价格 出资 出资金额 预算 投入预算 拟投入资金 意向价格 价格 悬赏金额 榜单金额 budget"},
	{fWishParty, "意向合作单位 wishparty"},
	{fWishExpert, "意向合作专家 wishexpert"},
	{fIndicators, "技术指标 考核指标 主要技术指标 性能指标 指标 indicators"},
	{fOwners, "单位名称 企业名称 需求单位 发榜单位 需求方 公司名称 所属企业 需求企业 owner"},
}

// patentWords are the exports of incoPat [S95], of the CNIPA style [S99] and of
// PatSnap [S97].
var patentWords = []synonyms{
	{fTitle, "标题 名称 发明名称 专利名称 专利标题 patsnap专利标题 成果名称 title"},
	{fID, "id"},
	{fAbstract, "摘要 abstract"},
	{fClaims, "主权项 权利要求 首项权利要求 首权 权利要求书 claims"},
	{fKeywords, "关键词 关键字 keywords"},
	{fNumber, "申请号 专利申请号 专利号 applicationnumber"},
	{fFiled, "申请日 申请日期 filingdate"},
	{fPublished, "公开（公告）号 公开号 公告号 授权公告号"},
	{fGranted, "授权公告日 授权日 授权日期"},
	{fExpires, "失效日 届满日 专利届满日 到期日"},
	{fPatentKind, "专利类型 专利类别"},
	{fApplicants, "申请人 申请专利权人 原始申请专利权人"},
	{fOwners, "当前权利人 当前申请专利权人 标当前申请专利权人 专利权人 当前专利权人"},
	{fInventors, "发明人 发明设计人"},
	{fStatus, "当前法律状态 法律状态事件 法律状态 简单法律状态"},
	{fForce, "专利有效性 有效性"},
	{fIPCMain, "IPC主分类 主分类号 ipc主分类号"},
	{fIPC, "IPC 分类号 ipc分类号"},
	{fUnit, "所属学院 学院 院系 organization"},
	{fMaturity, "技术成熟度 成熟度"},
	{fWays, "合作方式 转化方式"},
	{fPrice, "合作价格 拟交易价格"},
	{fApplication, "应用领域 技术领域"},
	{fTheme, "主题 themes"},
	{fDiscipline, "所属学科 学科 disciplines"},
}

// partyWords are the employers of a job fair ([S104], [S105]) and what a list
// of enterprises has.
var partyWords = []synonyms{
	{fTitle, "企业名称 单位名称 公司名称 用人单位 用人单位名称 名称 name"},
	{fCreditCode, "统一社会信用代码 社会信用代码 信用代码 组织机构代码 统一信用代码 机构代码"},
	{fNature, "单位性质 企业性质 单位类型 企业类型 性质"},
	{fIndustry, "所属行业 行业 行业类别 单位行业"},
	{fRegion, "所在地 所在地区 地区 所在城市 注册地 单位所在地"},
	{fIntro, "简介 企业简介 单位简介 公司简介 企业介绍"},
	{fJobs, "招聘岗位 岗位 招聘职位 岗位需求 需求岗位"},
	{fPartyKind, "类型 类别 单位类别 机构类型 机构类别"},
	{fPredecessor, "上级或前身 前身 前身单位 原单位 原单位名称 原名称 predecessor"},
	{fFrom, "起始日期 开始日期 启用日期 成立日期 设立日期 起始时间"},
	{fTo, "终止日期 结束日期 停用日期 撤销日期 终止时间"},
}

// personWords are what a list of staff has. What reaches a person at home or
// at work has no place in it and is not kept.
var personWords = []synonyms{
	{fTitle, "姓名 教师姓名 专家姓名 人员姓名 名字 name"},
	{fStaffNo, "工号 职工号 教工号 教职工号 人员编号 职工编号 staffno"},
	{fORCID, "orcid orcidid orcid号"},
	{fUnit, "所在单位 单位 学院 部门 单位名称 所属单位 所在学院 所属学院 所在部门 所属部门 院系 organization"},
	{fPosition, "职称 专业技术职务 技术职称 职称职务"},
	{fInterests, "研究方向 研究领域 主要研究方向 研究兴趣 interests"},
	{fDropped, "联系人 联系人姓名 业务联系人 对接人 法人 法定代表人 法人代表"},
}

func wordsOf(kind intake.Kind) ([]synonyms, error) {
	switch kind {
	case intake.Results:
		return resultWords, nil
	case intake.Needs:
		return needWords, nil
	case intake.Patents:
		return patentWords, nil
	case intake.Parties:
		return partyWords, nil
	case intake.People:
		return personWords, nil
	case rosterKind:
		return rosterWords, nil
	}
	return nil, catalog.Refuse(catalog.Invalid, "import.unknown_kind", "kind", string(kind))
}

func headersOf(kind intake.Kind) (headers, error) {
	var h headers
	own, err := wordsOf(kind)
	if err != nil {
		return h, err
	}
	h.required, h.known = fTitle, map[string]field{}
	h.names = map[field]string{}
	for _, s := range append(slices.Clone(own), commonWords...) {
		if h.names[s.field] == "" {
			h.names[s.field], _, _ = strings.Cut(s.words, " ")
		}
	}
	h.name = h.names[fTitle]
	h.learn(commonWords)
	h.learn(own) // a kind's own words win
	if kind == intake.People {
		for w, f := range h.known {
			if f == fPhone || f == fLandline || f == fEmail {
				h.known[w] = fDropped
			}
		}
	}
	return h, nil
}

func (h *headers) learn(table []synonyms) {
	for _, s := range table {
		for w := range strings.FieldsSeq(s.words) {
			h.known[catalog.Fold(w)] = s.field
		}
	}
}

// take adds to h what o says, unless it says what cannot be.
func (h *headers) take(kind intake.Kind, o Options) error {
	if o.Preset != "" {
		p, err := presetNamed(kind, o.Preset)
		if err != nil {
			return err
		}
		h.preset = p
		h.learn(p.own)
	}
	fields := Fields(kind)
	h.mapped = map[string]field{}
	for header, code := range o.Mapping {
		if code != "" && !slices.Contains(fields, code) {
			return catalog.Refuse(catalog.Invalid, "import.unknown_field", "field", short(code, 20))
		}
		h.mapped[header] = field(code)
	}
	return nil
}

// Fields are the codes of what a column of a file of that kind may be about, in
// the order of its template; message "field."+code names each. "dropped" is a
// column that is not kept.
func Fields(kind intake.Kind) []string {
	own, err := wordsOf(kind)
	if err != nil {
		return nil
	}
	var out []string
	for _, s := range append(slices.Clone(own), append(slices.Clone(commonWords), synonyms{fDropped, ""})...) {
		if s.field != fDerived && s.field != fKind && !(kind == intake.People && s.field.personal() && s.field != fDropped) && !slices.Contains(out, string(s.field)) {
			out = append(out, string(s.field))
		}
	}
	return out
}

// find tells what a header is about; ok is false for one that nobody knows.
func (h headers) find(header string) (field, bool) {
	f := h.understand(headerText(header), header)
	return f, f != ""
}

// understand is what the column of that name is about whose header is written
// so: what a person says it is, as far as a person may say.
func (h headers) understand(name, written string) field {
	f, _ := h.native(written)
	m, ok := h.mapped[name]
	if !ok || f == fSecrecy {
		return f
	}
	p, personal := personalField(written)
	switch {
	case f.personal():
		p = f
	case !personal:
		return m
	}
	if p != fDropped && m.personal() {
		return m
	}
	return p
}

// native is what a header says by itself. Headers drift: brackets of both
// widths, notes and units in them, asterisks, numbers before and spaces within.
func (h headers) native(header string) (field, bool) {
	if strings.HasPrefix(header, KeptPrefix) {
		return secrecyField(header)
	}
	header = simplified(header)
	for _, form := range forms(header) {
		if f, ok := h.known[form]; ok {
			return f, true
		}
	}
	return secrecyField(header)
}

// plain reports whether a header is known as it stands, but for a note that it
// is in Chinese.
func (h headers) plain(header string) bool {
	if _, mapped := h.mapped[header]; mapped {
		return true
	}
	folded := catalog.Fold(simplified(header))
	_, ok := h.known[folded]
	_, inChinese := h.known[strings.TrimSuffix(folded, "中文")]
	return ok || inChinese
}

// secrecyField finds columns on grades of secrecy, whatever else they say.
func secrecyField(header string) (field, bool) {
	folded := catalog.Fold(simplified(header))
	if len(folded) < 60 && (strings.Contains(folded, "密级") || strings.Contains(folded, "涉密") || strings.Contains(folded, "定密")) {
		return fSecrecy, true
	}
	return "", false
}

// forms are the ways to read a header, the most literal first.
func forms(header string) []string {
	folded := catalog.Fold(header)
	bare := catalog.Fold(withoutBrackets(header))
	out := []string{folded, bare}
	for _, s := range []string{folded, bare} {
		for _, mark := range []string{"必填项", "选填项", "非必填", "必填", "选填"} {
			s = strings.TrimSuffix(strings.TrimPrefix(s, mark), mark)
		}
		s = strings.TrimLeft(s, "0123456789")
		out = append(out, s)
		for _, u := range []string{"单位万元", "万元", "元"} {
			if t, ok := strings.CutSuffix(s, u); ok {
				out = append(out, t)
				break
			}
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// withoutBrackets drops bracketed notes: 标题 (中文), 合作价格【万元】.
func withoutBrackets(s string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch r {
		case '(', '（', '[', '【', '〔':
			depth++
			return -1
		case ')', '）', ']', '】', '〕':
			depth = max(depth-1, 0)
			return -1
		}
		if depth > 0 {
			return -1
		}
		return r
	}, s)
}

// personalWords are found in headers of columns that hold personal data under
// another name than the known ones. They have a place in Contact or none: other
// columns are kept in the clear.
var personalWords = []struct {
	word  string
	field field
}{
	{"手机", fPhone}, {"邮箱", fEmail}, {"email", fEmail}, {"电话", fLandline}, {"座机", fLandline},
	{"联系方式", fPhone}, {"微信", fDropped}, {"qq", fDropped}, {"身份证", fDropped}, {"证件号", fDropped}, {"护照", fDropped},
}

func personalField(header string) (field, bool) {
	folded := catalog.Fold(simplified(header))
	for _, p := range personalWords {
		if strings.Contains(folded, p.word) {
			return p.field, true
		}
	}
	return "", false
}

// wrong refuses a file without the columns it needs and names what it has.
func (h headers) wrong(found []string) error {
	for i := range found {
		if classifiedText(found[i]) {
			return catalog.Refuse(catalog.Invalid, "import.classified")
		}
	}
	return unusable("columns", "found", enough(found), "needed", h.name)
}
