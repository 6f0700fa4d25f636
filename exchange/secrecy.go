package exchange

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"datai/catalog"
)

// Never-rule 1: what is classified or internal is not stored, not even for a
// preview. These functions decide; callers then drop the row or the file and
// quote nothing of it.

// openGrades are the folded values of 密级 that mean none.
var openGrades = map[string]bool{
	"": true, "公开": true, "公开级": true, "可公开": true, "非密": true, "非涉密": true, "不涉密": true, "未涉密": true, "无密级": true,
	"无": true, "否": true, "不定密": true, "no": true, "none": true, "public": true, "false": true, "非密级": true, "无涉密": true,
}

// grades are the values that may be named when a row is refused; any other
// text in that column may be part of what must not be kept.
var grades = map[string]bool{
	"内部": true, "秘密": true, "机密": true, "绝密": true, "工作秘密": true, "内部资料": true, "内部公开": true, "涉密": true, "是": true,
	"秘密级": true, "机密级": true, "绝密级": true, "国家秘密": true, "商业秘密": true,
}

// telling are grades that tell by themselves, in whatever column they stand.
// 技术秘密 and 商业秘密 are kinds of rights and none of them.
var telling = map[string]bool{
	"秘密": true, "机密": true, "绝密": true, "秘密级": true, "机密级": true, "绝密级": true, "工作秘密": true, "国家秘密": true,
	"涉密": true, "内部资料": true,
}

// tellsSecret reports whether a cell of a column that nobody knows, or of any
// other, is nothing but a grade.
func tellsSecret(text string, unknown bool) bool {
	if len(text) > 40 { // no grade is that long
		return false
	}
	folded := gradeOf.ReplaceAllString(catalog.Fold(simplified(text)), "$4")
	return telling[folded] || (unknown && folded == "内部")
}

// gradeOf parts a grade from what announces it and from its term: 密级:秘密★5年.
var gradeOf = regexp.MustCompile(`^((保密|涉密)?(密级|级别|等级))?(.+?)(\d{1,3}(年|个月|月)?|长期)?$`)

// classifiedName reports whether the name of a file or sheet, or what stands
// above a header, says that it is classified: in words, by a mark, or by a
// grade that stands for itself.
func classifiedName(s string) bool {
	return classifiedText(s) || slices.ContainsFunc(strings.FieldsFunc(catalog.Clean(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '★' && r != '☆'
	}), func(part string) bool { return tellsSecret(part, true) })
}

// classified reports whether a value of 密级 refuses the row, and what of the
// value may be told.
func classified(value string) (refused bool, tell string) {
	folded := catalog.Fold(simplified(value))
	if openGrades[folded] {
		return false, ""
	}
	if grades[folded] {
		return true, folded
	}
	return true, ""
}

const secretWord = `(涉密|(国家|工作)?秘密|机密|绝密|内部资料|内部文件)(信息|内容|事项|资料|成果|数据)?` //nolint:gosec // G101: words that say a text is secret, no credentials

var (
	secretWords = regexp.MustCompile(secretWord + `|密级:?内部`)
	// innocent are turns of phrase that hold such a word and mean another thing
	// or the opposite: a technical secret is a kind of right, 有机密封 is a
	// material, and sheets warn against filling in what is classified.
	innocent = regexp.MustCompile(`技术秘密|商业秘密|机密合面|机密[码封集度钥闭排织布植]|秘密[码钥]|` +
		`(非|不|未|无)(属于|属|含有|含|包含|涉及|存在)?` + secretWord + `|` +
		`(严禁|禁止|请勿|切勿|勿|不得|不应|不要|不能|不可)(上传|填写|填报|填|录入|包含|含有|含|涉及|出现|提交|处理|传输|存储|报送|发布|任何|有|在|本表|中|、|和|或|及){1,6}` +
		secretWord + `([、和及或与,]` + secretWord + `)*`)
	// marked is a grade set before or after a title: 【机密】…, …(秘密★5年).
	marked = regexp.MustCompile(`[\[【((〔<《](绝密|机密|秘密|内部|内部资料|工作秘密)(级)?([★☆][^\])】)〕>》]{0,8})?[\])】)〕>》]|(绝密|机密|秘密)[★☆]`)
)

// classifiedText reports whether the name or heading of a sheet or file says
// that it is classified.
func classifiedText(s string) bool {
	s = strings.Join(strings.Fields(simplified(narrow(catalog.Clean(s)))), "")
	return secretWords.MatchString(innocent.ReplaceAllString(s, "")) || marked.MatchString(s)
}

// markedTitle reports whether a title carries the mark of a grade.
func markedTitle(s string) bool {
	return marked.MatchString(strings.Join(strings.Fields(simplified(narrow(catalog.Clean(s)))), ""))
}

// narrow turns full-width signs and letters into half-width ones.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFEE0
		case r == 0x3000:
			return ' '
		}
		return r
	}, s)
}
