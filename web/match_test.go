package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
)

func TestTermsOfANeed(t *testing.T) {
	s := newSite(t)
	s.stock()
	n := s.need()
	at := "/needs/" + n.Code
	officer := s.as(account.Officer)
	officer.get(at).has("换成技术术语再找")
	officer.post(at+"/terms", url.Values{"term": {"包络谱"}, "say": {"accepted"}}).want(http.StatusSeeOther)
	officer.post(at+"/terms", url.Values{"term": {"滚动轴承"}, "say": {"struck"}}).want(http.StatusSeeOther)
	officer.get(at).has("去掉</span> 包络谱", "恢复</span> 滚动轴承").hasNot("加入</span> 滚动轴承")
	officer.post(at+"/terms", url.Values{"term": {"长"}, "say": {"accepted"}}).want(http.StatusBadRequest).has("术语要 2 到 40 个字", "去掉</span> 包络谱", "<html")
	officer.header.Set("HX-Request-Type", "partial")
	officer.post(at+"/terms", url.Values{"term": {"包络谱"}, "say": {""}}).want(http.StatusOK).hasNot("<html", "去掉</span> 包络谱")
	officer.post(at+"/terms", url.Values{"term": {"长"}, "say": {"accepted"}}).want(http.StatusBadRequest).has("术语要 2 到 40 个字").hasNot("<html")
	s.visitor().get(at).hasNot("滚动轴承", "换成技术术语再找")
}

func TestTermsOfAQuestionStandInTheAddress(t *testing.T) {
	s := newSite(t)
	s.stock()
	page := s.visitor().get("/ask?q=" + url.QueryEscape(trouble) + "&term=" + url.QueryEscape("故障诊断") + "&no=" + url.QueryEscape("变转速") + "&term=x")
	page.want(http.StatusOK).has("去掉</span> 故障诊断", "恢复</span> 变转速").hasNot("加入</span> 变转速", "term=x")
	if m := regexp.MustCompile(`href="([^"]+)"[^>]*><span class="sr">去掉</span> 故障诊断`).FindStringSubmatch(page.body); m == nil ||
		strings.Contains(m[1], url.QueryEscape("故障诊断")) || !strings.Contains(m[1], "no="+url.QueryEscape("变转速")) {
		t.Errorf("the link that removes the term: %q", m)
	}
}

func TestWordsBesideAReason(t *testing.T) {
	s := newSite(t)
	s.stock()
	r, n := s.result("轴承"), s.need()
	at := "/needs/" + n.Code
	officer := s.as(account.Officer)
	officer.post(at+"/feedback", url.Values{"result": {r.Code}, "say": {"not_useful:other_object"}, "text": {""}}).
		want(http.StatusBadRequest).has("请写明是什么对象不同", "说明原因")
	officer.post(at+"/feedback", url.Values{"result": {r.Code}, "say": {"not_useful:other_object"}, "text": {"要的是滑动轴承"}}).want(http.StatusSeeOther)
	officer.get(at).has("对象不同（材料、物种、设备）——要的是滑动轴承")
}

func TestTasks(t *testing.T) {
	s := newSite(t)
	s.stock()
	r, n := s.result("轴承"), s.need()
	officer := s.as(account.Officer)
	officer.get("/tasks").want(http.StatusOK).has("没有未办的事")
	officer.post("/needs/"+n.Code+"/feedback", url.Values{"result": {r.Code}, "say": {"task:unreachable"}}).want(http.StatusSeeOther)
	open := officer.get("/tasks").has("团队联系不上", r.Title, n.Title, "李老师")
	m := regexp.MustCompile(`action="(/tasks/[^"]+)"`).FindStringSubmatch(open.body)
	if m == nil {
		t.Fatal("no form to finish the task")
	}
	s.visitor().post(m[1], url.Values{"do": {"done"}}).want(http.StatusForbidden)
	officer.post(m[1], url.Values{"do": {"done"}}).want(http.StatusSeeOther)
	officer.get("/tasks").hasNot(r.Title)
	officer.get("/tasks?state=done").has(r.Title, "李老师 办结")
	officer.post(m[1], url.Values{"do": {"done"}}).want(http.StatusConflict)
	officer.post(m[1], url.Values{"do": {"reopen"}}).want(http.StatusSeeOther)
	officer.get("/tasks").has(r.Title)
	officer.post("/tasks/x", nil).want(http.StatusNotFound)
}
