package exchange

import (
	"regexp"
	"strings"

	"datai/catalog"
)

// rightWords name kinds of rights as 知识产权形式 and 专利类型 write them, the
// more special first.
var rightWords = []struct {
	word string
	kind catalog.RightKind
}{
	{"实用新型", catalog.RightUtility}, {"外观", catalog.RightDesign}, {"发明", catalog.RightInvention},
	{"软件著作", catalog.RightSoftware}, {"软著", catalog.RightSoftware}, {"计算机软件", catalog.RightSoftware},
	{"技术秘密", catalog.RightSecret}, {"专有技术", catalog.RightSecret}, {"商业秘密", catalog.RightSecret},
	{"布图", catalog.RightLayout}, {"植物新品种", catalog.RightVariety}, {"品种权", catalog.RightVariety}, {"著作权", catalog.RightSoftware},
	{"专利", catalog.RightOther},
}

func kindIn(s string) (catalog.RightKind, bool) {
	for _, w := range rightWords {
		if strings.Contains(s, w.word) {
			return w.kind, true
		}
	}
	return "", false
}

var (
	// numbers are application numbers, with or without dot and check digit; a
	// letter behind the digits makes a publication number of it.
	numbers   = regexp.MustCompile(`(?i)(?:ZL|CN)\s*\d(?:\s?\d){6,12}(?:\s*\.\s*[\dX])?[A-WYZ]?|\b\d{12}\.[\dX]|\b\d{8}\.[\dX]`)
	softwares = regexp.MustCompile(`(?i)\d{4}SR[A-Z]?\d{6,7}`)

	someDate   = `(\d{4}(?:[-./年]\d{1,2}(?:[-./月]\d{1,2}日?|月)?|年)|\d{8})`
	dateBefore = regexp.MustCompile(someDate + `\s*(授权|到期|届满|失效|申请)`)
	dateAfter  = regexp.MustCompile(`(授权公告日|授权日期|授权日|授权|到期日|到期|届满日|有效期至|失效日|申请日期|申请日|申请)\s*[:：为于是]?\s*` + someDate)

	statusWords = regexp.MustCompile(`实质审查|实审中?|已?授权|已?登记|已?受理|已?公开|有效|失效|终止|届满|驳回|撤回|放弃|无效`)
	overWords   = regexp.MustCompile(`失效|终止|届满|驳回|撤回|放弃|无效|未授权|未缴|避免重复`)
	inForce     = regexp.MustCompile(`授权|有效|登记|维持|恢复|部分无效`)
	// unfiledWords say that the technical details are not yet filed as a patent:
	// publishing them may cost their novelty (never-rule 2).
	unfiledWords = regexp.MustCompile(`未申请|未提交|未申报|(拟|待|准备|计划)申请`)

	clauseMarks = regexp.MustCompile(`[;；\n]+`)
	itemMarks   = regexp.MustCompile(`[、,，/+]|和|及|与`)
)

const maxRights = 50

// rightsIn reads 知识产权形式: kinds, application numbers, registration
// numbers, and the dates and states written beside them. wrong are numbers
// whose check digit does not fit.
func rightsIn(s string) (rights []catalog.Right, wrong []string) {
	for _, clause := range clauseMarks.Split(s, -1) {
		r, w := rightsInClause(clause)
		rights, wrong = append(rights, r...), append(wrong, w...)
	}
	if len(rights) > maxRights {
		rights = rights[:maxRights]
	}
	return rights, wrong
}

func rightsInClause(s string) (rights []catalog.Right, wrong []string) {
	found := numbers.FindAllStringIndex(s, -1)
	if len(found) == 0 {
		return rightsByWord(s), nil
	}
	for i, at := range found {
		end := len(s)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		written, about := s[at[0]:at[1]], s[at[1]:end]
		if last := written[len(written)-1]; last >= 'A' && last != 'X' {
			if len(rights) > 0 && rights[len(rights)-1].Published == "" {
				rights[len(rights)-1].Published = strings.Join(strings.Fields(written), "")
			}
			continue
		}
		number, ok := catalog.PatentNumber(written)
		if !ok {
			wrong = append(wrong, written)
			continue
		}
		r := catalog.Right{Kind: catalog.PatentKind(number), Number: number}
		describe(&r, about)
		rights = append(rights, r)
	}
	if len(rights) == 0 { // what kind it is stays true though no number is
		rights = rightsByWord(s)
	}
	return rights, wrong
}

// rightsByWord reads a clause without application numbers.
func rightsByWord(s string) []catalog.Right {
	var out []catalog.Right
	if found := softwares.FindAllString(s, -1); len(found) > 0 {
		for _, n := range found {
			r := catalog.Right{Kind: catalog.RightSoftware, Number: strings.ToUpper(n)}
			describe(&r, s)
			out = append(out, r)
		}
		return out
	}
	for _, item := range itemMarks.Split(s, -1) {
		if kind, ok := kindIn(item); ok {
			r := catalog.Right{Kind: kind}
			describe(&r, item)
			out = append(out, r)
		}
	}
	return out
}

// describe takes the state and the dates of r from the words beside it.
func describe(r *catalog.Right, s string) {
	r.Status = statusWords.FindString(s)
	r.InForce = inForce.MatchString(r.Status) && !overWords.MatchString(s)
	set := func(word, written string) {
		d, ok := parseDate(written, false)
		switch {
		case !ok:
		case strings.HasPrefix(word, "授权"):
			r.GrantedOn = d
		case strings.HasPrefix(word, "申请"):
			r.FiledOn = d
		default:
			r.ExpiresOn = d
		}
	}
	for _, m := range dateAfter.FindAllStringSubmatch(s, -1) {
		set(m[1], m[2])
	}
	for _, m := range dateBefore.FindAllStringSubmatch(s, -1) {
		set(m[2], m[1])
	}
}

// simpleStates and fullStates are the codes of PatSnap [S98] in words, as
// 简单法律状态 and as other columns have them. 11 to 20 are ways to end, which
// the source does not tell apart.
var (
	simpleStates = map[string]string{"0": "失效", "1": "有效", "2": "审中", "220": "PCT", "221": "PCT", "999": "未确认"}
	fullStates   = map[string]string{"1": "公开", "2": "实审", "3": "授权", "8": "避免重复授权", "21": "恢复", "22": "终止", "23": "部分无效", "24": "申请终止", "30": "放弃"}
)

var codePattern = regexp.MustCompile(`^\d{1,3}$`)

// stateInWords is a legal state, in words if header and s are of PatSnap.
func stateInWords(header, s string) string {
	codes := fullStates
	if h := simplified(header); strings.Contains(h, "简单") || strings.Contains(h, "有效性") {
		codes = simpleStates
	}
	switch {
	case !codePattern.MatchString(s):
		return s
	case codes[s] != "":
		return codes[s]
	}
	return "代码" + s
}

// statusInForce reads whether a patent is in force from 专利有效性, else from
// its legal state.
func statusInForce(validity, status string) bool {
	for _, s := range []string{validity, status} {
		if s = strings.TrimSpace(s); s != "" {
			return inForce.MatchString(s) && !overWords.MatchString(strings.ReplaceAll(s, "部分无效", ""))
		}
	}
	return false
}

// foreign numbers carry no Chinese check digit.
var foreign = regexp.MustCompile(`(?i)^(PCT|WO|US|EP|JP|KR|DE|GB|FR|TW|HK|MO|AU|CA|RU|IN|SG|BR)[\s/A-Z0-9.,-]{4,30}$`)

// applicationNumber reads 申请号 of a patent.
func applicationNumber(written string) (string, bool) {
	if n, ok := catalog.PatentNumber(written); ok {
		return n, true
	}
	s := strings.TrimSpace(narrow(written))
	return strings.ToUpper(s), foreign.MatchString(s)
}
