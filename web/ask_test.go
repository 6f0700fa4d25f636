package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datai/account"
	"datai/match"
	"datai/matchmaker"
)

const trouble = "水泥厂的大风机、减速机经常突然抱死停机，想提前知道轴承哪里坏了，现场嘈杂、转速变化时也能用，误报率低于 5%"

func TestAnswersSayWhy(t *testing.T) {
	s := newSite(t)
	s.stock()
	r := s.result("轴承")
	path := "/ask?q=" + url.QueryEscape(trouble)
	a := s.visitor().get(path).want(http.StatusOK)
	if !strings.Contains(text(t, a.body), r.Title) {
		t.Error("the title is not there")
	}
	a.has("<html", `href="/results/`+r.Code+`"`, "以上由系统比对公开文字得出，未经人工核实", "<mark>", "需要核实", "不利因素", "有用", "不相关")
	s.visitor().part(path).want(http.StatusOK).has(r.Code, `class="matches"`).hasNot("<html", "<header class=\"top\"")
	a.has("也有企业提出相近的需求", s.need().Code)
}

func TestMarksTravelInTheAddress(t *testing.T) {
	s := newSite(t)
	s.stock()
	r := s.result("轴承")
	path := "/ask?q=" + url.QueryEscape(trouble)
	mark := "useful=" + r.Code
	s.visitor().get(path).has(mark, "not="+r.Code)
	marked := s.visitor().get(path + "&" + mark).want(http.StatusOK)
	marked.has("已标有用", "清除标记")
	if strings.Contains(strings.ReplaceAll(marked.body, "not="+r.Code, ""), `href="/ask?q=`+url.QueryEscape(trouble)+`&amp;`+mark+`"`) {
		t.Error("the link of a marked result marks it again instead of taking the mark away")
	}
}

func TestSilenceIsDesigned(t *testing.T) {
	s := newSite(t)
	s.stock()
	s.visitor().get("/ask?q="+url.QueryEscape("古代诗歌韵律与宋代瓷器鉴赏")).has("暂时没有找到合适的成果", "写清现象").hasNot("以上由系统比对")
	s.visitor().get("/results?q="+url.QueryEscape("古代诗歌韵律与宋代瓷器鉴赏")).has("没有符合条件的成果", "清除筛选")
}

func TestMatchesOfANeedAreTheOffices(t *testing.T) {
	s := newSite(t)
	s.stock()
	r, n := s.result("轴承"), s.need()
	s.visitor().get("/needs/"+n.Code).hasNot(r.Code, r.Title).has("用这段描述找成果")
	s.as(account.System).get("/needs/"+n.Code).hasNot(r.Code, r.Title)
	s.as(account.Officer).get("/needs/"+n.Code).has(r.Code, "说明原因", "只是用词相同，不是一个问题")
}

func TestFeedback(t *testing.T) {
	s := newSite(t)
	s.stock()
	r, n := s.result("轴承"), s.need()
	at := "/needs/" + n.Code
	officer := s.as(account.Officer)
	a := officer.post(at+"/feedback", url.Values{"result": {r.Code}, "verdict": {"useful"}}).want(http.StatusSeeOther)
	if got := a.header.Get("Location"); got != at+"#"+r.Code {
		t.Errorf("goes to %q", got)
	}
	officer.get(at).has("已标有用", "撤销")
	officer.post(at+"/feedback", url.Values{"result": {r.Code}, "say": {"task:too_early"}}).want(http.StatusSeeOther)
	officer.get(at).has("暂不合适：太早期", "不影响排序")
	officer.post(at+"/feedback", url.Values{"result": {r.Code}, "verdict": {""}}).want(http.StatusSeeOther)
	officer.get(at).hasNot("撤销")
	for _, form := range []url.Values{{"result": {r.Code}, "verdict": {"maybe"}}, {"result": {r.Code}, "say": {"useful:too_early"}}} {
		officer.post(at+"/feedback", form).want(http.StatusBadRequest)
	}
	officer.post(at+"/feedback", url.Values{"result": {"R-2222222222"}, "verdict": {"useful"}}).want(http.StatusNotFound)
	officer.post(at+"/feedback", url.Values{"result": {"a\x00"}, "verdict": {"useful"}}).want(http.StatusNotFound)

	script := s.as(account.Officer)
	script.header.Set("HX-Request-Type", "partial")
	script.post(at+"/feedback", url.Values{"result": {r.Code}, "verdict": {"useful"}}).want(http.StatusOK).has("已标有用").hasNot("<html")
}

// Nothing on a page may look like a percentage of fit: the only figures with a
// percent sign are those that people wrote.
func TestNoPercentageOfFit(t *testing.T) {
	s := newSite(t)
	s.stock()
	found, err := s.match.Ask(t.Context(), console, matchmaker.Question{Text: trouble, Kinds: []match.Kind{match.KindResult}})
	if err != nil || len(found.Matches) == 0 {
		t.Fatalf("%d answers, %v", len(found.Matches), err)
	}
	body := s.visitor().part("/ask?q=" + url.QueryEscape(trouble)).body
	for _, part := range strings.SplitAfter(text(t, body), "%") {
		if strings.HasSuffix(part, "%") && !strings.HasSuffix(part, "5%") && !strings.HasSuffix(part, "3.8%") {
			t.Errorf("a percentage that nobody wrote: …%s", part[max(0, len(part)-30):])
		}
	}
}
