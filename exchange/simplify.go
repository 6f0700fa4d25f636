package exchange

import "strings"

// traditional are the characters of headers and of grades of secrecy that
// traditional writing has another sign for, each before its simplified form.
// Texts stay as they are written; only for recognising they are read so.
const traditional = "萬万與与專专業业書书產产價价會会關关興兴冊册況况別别務务動动區区單单發发號号啟启員员團团國国圖图場场備备獎奖學学對对屆届屬属" +
	"崗岗師师開开態态擬拟護护報报數数時时術术機机權权條条來来構构標标濟济滿满點点狀状現现電电碼码種种稱称簽签簡简類类級级細细織织終终" +
	"經经結结統统緒绪編编職职聯联繫系係系獲获視视讓让訊讯記记許许設设證证評评識识詞词話话詳详說说請请負负責责質质資资賞赏轉转郵邮鏈链" +
	"銷销鍵键門门間间隊队難难項项預预領领頻频題题額额應应優优當当實实審审網网辦办劃划計计絕绝內内祕秘廠厂歷历驗验創创體体範范圍围總总"

var simplifiedOf = func() map[rune]rune {
	out := map[rune]rune{}
	var from rune
	for _, r := range traditional {
		if from == 0 {
			from = r
			continue
		}
		out[from], from = r, 0
	}
	return out
}()

// simplified is s with the characters of traditional in simplified writing.
func simplified(s string) string {
	return strings.Map(func(r rune) rune {
		if to, ok := simplifiedOf[r]; ok {
			return to
		}
		return r
	}, s)
}
