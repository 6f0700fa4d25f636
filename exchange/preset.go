package exchange

import (
	"slices"
	"strings"

	"datai/catalog"
	"datai/intake"
)

// preset is a template or an export of a system that many offices use. words
// are the headers that tell it; least is how many of them must be there.
type preset struct {
	name  string
	kind  intake.Kind
	words string
	least int
}

// The 27 and 21 columns are those of [S43], the exports those of incoPat [S95],
// PatSnap [S97] and the CNIPA style [S99].
var presets = []preset{
	{"result-27", intake.Results, ResultColumns, 18},
	{"need-21", intake.Needs, NeedColumns, 14},
	{"incopat", intake.Patents, "链接到incoPat 合享价值度 国民经济分类 当前权利人 转让次数 受让人 许可次数 被许可人 当前法律状态 公开国别 专利有效性", 3},
	{"patsnap", intake.Patents, "Patsnap专利标题 [标]当前申请(专利权)人 [标]原始申请(专利权)人 简单法律状态", 1},
	{"cnipa", intake.Patents, "申请（专利权）人 发明（设计）人 主分类号 分类号 主权项 国省代码 分案原申请号", 3},
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
	if r.preset != "" {
		return r.preset
	}
	var folded []string
	for _, c := range columns {
		folded = append(folded, forms(c.Header)...)
	}
	for _, p := range presets {
		if p.kind != r.kind {
			continue
		}
		n := 0
		for w := range strings.FieldsSeq(p.words) {
			if slices.Contains(folded, catalog.Fold(w)) {
				n++
			}
		}
		if n >= p.least {
			return p.name
		}
	}
	return ""
}
