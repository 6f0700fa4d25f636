package catalog

import "slices"

// DisciplineGroup is a category with its disciplines, by their Chinese names:
// messages "discipline.group.<name>" and "discipline.<name>".
type DisciplineGroup struct {
	Name        string
	Disciplines []string
}

// disciplineGroups are the 67 disciplines in 13 categories that the CSL
// benchmark names (github.com/ydli-ai/CSL); the classifier knows the same.
var disciplineGroups = []DisciplineGroup{
	{"工学", []string{"材料科学与工程", "机械工程", "计算机科学与技术", "信息与通信工程", "电子科学与技术", "控制科学与工程", "电气工程", "光学工程",
		"化学/化学工程与技术", "动力工程及工程热物理", "环境科学与工程", "土木工程", "建筑学", "水利工程", "测绘科学与技术", "交通运输工程",
		"航空宇航科学与技术", "船舶与海洋工程", "核科学与技术", "兵器科学与技术", "冶金工程", "矿业工程", "石油与天然气工程", "力学",
		"食品科学与工程", "纺织科学与工程", "农业工程"}},
	{"理学", []string{"数学", "物理学", "天文学", "地理学", "地球物理学", "地质学/地质资源与地质工程", "大气科学", "海洋科学", "生物学/生物科学与工程"}},
	{"医学", []string{"基础医学/临床医学", "口腔医学", "公共卫生与预防医学", "中医学/中药学", "药学"}},
	{"农学", []string{"作物学", "园艺学", "农业资源利用", "植物保护", "畜牧学/兽医学", "林学/林业工程", "水产"}},
	{"管理学", []string{"工商管理", "公共管理", "农林经济管理", "图书馆、情报与档案管理"}},
	{"经济学", []string{"理论经济学", "应用经济学"}},
	{"法学", []string{"法学", "政治学", "社会学", "民族学"}},
	{"教育学", []string{"教育学", "心理学", "体育学"}},
	{"文学", []string{"中国语言文学", "新闻传播学"}},
	{"哲学", []string{"哲学"}},
	{"历史学", []string{"历史学"}},
	{"艺术学", []string{"艺术学"}},
	{"军事学", []string{"军事学"}},
}

// DisciplineGroups returns the categories with their disciplines, those of
// engineering first.
func DisciplineGroups() []DisciplineGroup {
	out := slices.Clone(disciplineGroups)
	for i := range out {
		out[i].Disciplines = slices.Clone(out[i].Disciplines)
	}
	return out
}

// KnownDiscipline reports whether the list has a discipline of that name.
func KnownDiscipline(name string) bool {
	return slices.ContainsFunc(disciplineGroups, func(g DisciplineGroup) bool { return slices.Contains(g.Disciplines, name) })
}
