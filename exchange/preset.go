package exchange

import (
	"slices"
	"strings"

	"datai/catalog"
	"datai/intake"
)

// preset is a template or an export of a system that many offices use. words
// are the headers that tell it; least is how many of them must be there to
// recognise it. needs are the columns without which a file is not of the
// preset, each by all its headers, apart by spaces. own says what headers mean
// in files of the preset, before what they mean anywhere else.
type preset struct {
	name  string
	kind  intake.Kind
	words string
	least int
	needs []string
	own   []synonyms
}

// The 27 and 21 columns are those of [S43]. The exports are those of incoPat
// [S95], with 标题 or 标题 (中文) by the version, and both forms of its owner as
// tools that read its exports list them (标准化当前权利人); of PatSnap [S97],
// whose 简单法律状态 tells whether a patent is in force and whose 法律状态/事件
// says the state; and of the CNIPA style [S99], that of the labels of CNIPR,
// which write 申请（专利）号 and 国别省市代码 as well.
var presets = []preset{
	{name: "result-27", kind: intake.Results, words: ResultColumns, least: 18},
	{name: "need-21", kind: intake.Needs, words: NeedColumns, least: 14},
	{name: "incopat", kind: intake.Patents, words: "链接到incoPat 合享价值度 国民经济分类 当前权利人 转让次数 受让人 许可次数 被许可人 当前法律状态 公开国别 专利有效性", least: 3,
		needs: []string{"标题 标题中文", "申请号", "申请人 当前权利人 标准化当前权利人"},
		own: []synonyms{
			{fTitle, "标题 标题中文"}, {fAbstract, "摘要 摘要中文"}, {fClaims, "首项权利要求"}, {fOwners, "当前权利人 标准化当前权利人"}, {fApplicants, "申请人"},
			{fNumber, "申请号"}, {fFiled, "申请日"}, {fPublished, "公开公告号"}, {fGranted, "授权公告日"}, {fExpires, "失效日"}, {fPatentKind, "专利类型"},
			{fInventors, "发明人"}, {fStatus, "当前法律状态"}, {fForce, "专利有效性"}, {fIPCMain, "IPC主分类"}, {fIPC, "IPC"}}},
	{name: "patsnap", kind: intake.Patents, words: "Patsnap专利标题 [标]当前申请(专利权)人 [标]原始申请(专利权)人 简单法律状态 Patsnap同族专利申请数量", least: 1,
		needs: []string{"标题 Patsnap专利标题 标题(译)(简体中文)", "申请号 公开(公告)号"},
		own: []synonyms{
			{fTitle, "标题"}, {fAbstract, "摘要"}, {fNumber, "申请号"}, {fFiled, "申请日"}, {fPublished, "公开公告号"}, {fGranted, "授权日"}, {fExpires, "失效日"},
			{fPatentKind, "专利类型"}, {fOwners, "标当前申请专利权人 当前申请专利权人"}, {fApplicants, "标原始申请专利权人 原始申请专利权人"},
			{fInventors, "发明人"}, {fStatus, "法律状态事件"}, {fForce, "简单法律状态"}, {fIPCMain, "IPC主分类号"}, {fIPC, "IPC分类号"}}},
	{name: "cnipa", kind: intake.Patents, words: "申请（专利权）人 发明（设计）人 主分类号 分类号 主权项 国省代码 国别省市代码 分案原申请号", least: 3,
		needs: []string{"名称", "申请号 申请专利号 专利号", "申请专利权人"},
		own: []synonyms{
			{fTitle, "名称"}, {fAbstract, "摘要"}, {fClaims, "主权项"}, {fNumber, "申请号 申请专利号 专利号"}, {fFiled, "申请日"}, {fPublished, "公开公告号"},
			{fOwners, "申请专利权人"}, {fInventors, "发明设计人"}, {fIPCMain, "主分类号"}, {fIPC, "分类号"}}},
}

// presetNamed is the preset of that name for a kind of files; cnipr is another
// name of cnipa.
func presetNamed(kind intake.Kind, name string) (*preset, error) {
	if name == "cnipr" {
		name = "cnipa"
	}
	for i := range presets {
		if presets[i].kind == kind && presets[i].name == name {
			return &presets[i], nil
		}
	}
	return nil, catalog.Refuse(catalog.Invalid, "import.unknown_preset", "preset", short(name, 20), "known", strings.Join(Presets(kind), ", "))
}

// ResultColumns are the headers of the template of results, in its order.
const ResultColumns = "成果权属人 权属人联系电话 成果名称 关键词 成果完成时间 资助情况 成果应用领域 成果获得方式 技术成熟度 获奖情况 合作价格 合作方式 单位名称 " +
	"地址 法人 联系人 手机号码 座机 电子邮箱 知识产权形式 成果简介 技术指标 商业分析 成果图片 成果视频 备注 活动id"

// NeedColumns are the headers of the template of needs, in its order.
const NeedColumns = "技术需求名称 关键字 有效期 需求领域 需求类别 合作方式 合作价格 意向合作单位 意向合作专家 需求详情 技术指标 图片 视频 单位名称 " +
	"地址 法人 联系人 电话 座机 邮箱 活动id"

// Presets are the names of the presets of one kind of files.
func Presets(kind intake.Kind) []string {
	var out []string
	for _, p := range presets {
		if p.kind == kind {
			out = append(out, p.name)
		}
	}
	return out
}

// presetOf is the preset that was asked for, else the first whose columns are there.
func (r *reader) presetOf(columns []intake.Column) string {
	if r.headers.preset != nil {
		return r.headers.preset.name
	}
	folded := foldedHeaders(columns)
	for _, p := range presets {
		if p.kind == r.kind && len(p.marks(folded, true)) >= p.least {
			return p.name
		}
	}
	return ""
}

func foldedHeaders(columns []intake.Column) (folded []string) {
	for _, c := range columns {
		folded = append(folded, forms(c.Header)...)
	}
	return folded
}

// marks are the words of the preset that are there, or that are not.
func (p *preset) marks(folded []string, there bool) (out []string) {
	for w := range strings.FieldsSeq(p.words) {
		if slices.Contains(folded, catalog.Fold(w)) == there {
			out = append(out, w)
		}
	}
	return out
}

// fits refuses a file that is not of the preset that was asked for, and says
// which columns are expected and which are there.
func (r *reader) fits() error {
	p := r.headers.preset
	if p == nil {
		return nil
	}
	folded := foldedHeaders(r.columns())
	var lacks []string
	for _, need := range p.needs {
		names := strings.Fields(need)
		if !slices.ContainsFunc(names, func(n string) bool { return slices.Contains(folded, catalog.Fold(n)) }) {
			lacks = append(lacks, strings.Join(names, "/"))
		}
	}
	least := 1 // who says which system it is may have left most of its columns out
	if p.needs == nil {
		least = p.least
	}
	if len(p.marks(folded, true)) < least {
		lacks = append(lacks, p.marks(folded, false)...)
	}
	if len(lacks) == 0 {
		return nil
	}
	var found []string
	for _, c := range r.columns() {
		if !classifiedText(c.Header) {
			found = append(found, c.Header)
		}
	}
	return r.unfit(lacks, enough(found))
}

func (r *reader) unfit(lacks []string, found string) error {
	return unusable("preset", "preset", r.headers.preset.name, "lacks", enough(lacks), "found", found, "known", strings.Join(Presets(r.kind), ", "))
}

// enough names the first of some headers.
func enough(headers []string) string {
	const most = 12
	var out []string
	for i, h := range headers {
		if i == most {
			out = append(out, "…")
			break
		}
		out = append(out, short(h, 20))
	}
	return strings.Join(out, "、")
}
