package web_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/process"
)

func TestAnybodySeesTheProcesses(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	b.get("/processes").want(http.StatusOK).has("流程", "对接单", `href="/processes/contact"`, "contact@3", "<svg")
	b.get("/processes/contact").want(http.StatusOK).has("进入保密协议", "可选", "3 个工作日", "成果办", "提醒日（必填）", "成熟度不够").
		hasNot("多次联系未回复", "本校的设定", "/change")
	b.get("/processes/loan").want(http.StatusNotFound).has("没有名为「loan」的流程")
	b.get("/processes/contact/change").want(http.StatusForbidden)
	b.post("/processes/contact/change", nil).want(http.StatusForbidden)
	s.as(account.System).get("/processes/contact/change").want(http.StatusForbidden)
	s.as(account.Officer).get("/processes/contact").want(http.StatusOK).has("多次联系未回复（仅成果办可见）", "本校的设定", "还没有设定")
}

var (
	inputTags = regexp.MustCompile(`<input[^>]*>`)
	attr      = func(name string) *regexp.Regexp { return regexp.MustCompile(name + `="([^"]*)"`) }
	nameOf    = attr("name")
	valueOf   = attr("value")
)

// asItStands is the form of a page as it stands.
func asItStands(page answer, action string) url.Values {
	at := strings.LastIndex(page.body, `action="`+action+`"`)
	v := url.Values{}
	for _, in := range inputTags.FindAllString(page.body[at:], -1) {
		name := nameOf.FindStringSubmatch(in)
		if name == nil || strings.Contains(in, "disabled") || strings.Contains(in, `type="checkbox"`) && !strings.Contains(in, "checked") {
			continue
		}
		value := ""
		if m := valueOf.FindStringSubmatch(in); m != nil {
			value = html.UnescapeString(m[1])
		}
		v.Add(name[1], value)
	}
	return v
}

func TestAnOfficerSettlesAProcess(t *testing.T) {
	s := newSite(t)
	b := s.as(account.Officer)
	const at = "/processes/contact/change"
	page := b.get(at).want(http.StatusOK).has("设定流程：对接单", "启用这一步", "增加一个原因", "必填（程序规定）")
	form := func(change ...string) url.Values {
		v := asItStands(page, at)
		v.Set("reason", "校长办公会第 3 号")
		v.Set("do", "preview")
		for i := 0; i < len(change); i += 2 {
			if change[i+1] == "" {
				v.Del(change[i])
			} else {
				v.Set(change[i], change[i+1])
			}
		}
		return v
	}
	b.post(at, form()).want(http.StatusOK).has("与", "有效的流程相同")
	change := []string{"on.secure", "", "r.drop.own_1.label_zh", "校内另有安排", "r.drop.own_1.label_en", "Other plans here", "r.drop.own_1.at", "5",
		"r.drop.own_1.office", "1", "r.drop.cost.shown", "", "f.meet.next.need", "1"}
	for _, bad := range []struct{ field, value, says string }{
		{"r.drop.own_1.label_en", "", "请同时填写中文和英文"},
		{"r.drop.own_1.code", "cost", "请换一个代码"},
		{"r.drop.own_1.asks", "900", "须在 0 到 100 之间"},
		{"f.meet.next.label_zh", "下一步怎么办", "要么中英文都写"},
		{"from", "2020-01-01", "不追溯"},
		{"from", "soon", "请写一个日期"},
		{"reason", " ", "请写理由或依据"},
	} {
		b.post(at, form(append(slices.Clone(change), bad.field, bad.value)...)).want(http.StatusBadRequest).has(bad.says, "校内另有安排")
	}
	preview := b.post(at, form(change...)).want(http.StatusOK).has("预览：尚未生效", "停用「进入保密协议」", "不再经过「保密协议」", "「放弃」增加原因「校内另有安排」",
		"「放弃」不再提供原因「价格或预期成本超出预算」", "「已约见」的「下一步」必填", "现有 0 件", "确认设定")
	b.get("/processes/contact").has("contact@3<").hasNot("校内另有安排")
	decide := url.Values{"do": {"decide"}}
	for _, name := range []string{"after", "overlay", "from", "reason"} {
		m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(preview.body)
		decide.Set(name, html.UnescapeString(m[1]))
	}
	b.post(at, decide).want(http.StatusSeeOther)
	b.get("/processes/contact?done=1").has("已设定", "contact@3/1", "校内另有安排（仅成果办可见）", "校长办公会第 3 号", "现行", "下一步（必填）").hasNot("进入保密协议</b>")
	s.visitor().get("/processes/contact").has("contact@3/1").hasNot("校内另有安排", "校长办公会")
	b.post(at, decide).want(http.StatusConflict).has("有人设定了这项流程", "校内另有安排")

	// What the form does not offer is refused as well.
	for _, o := range []process.Overlay{{Steps: []process.Settled{{Action: "sign", Off: true}}}, {Steps: []process.Settled{{Action: "sign", By: []process.Actor{"asker"}}}}} {
		typed, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		decide.Set("overlay", string(typed))
		decide.Set("after", "1")
		b.post(at, decide).want(http.StatusBadRequest).hasNot("process.overlay")
	}
	if !slices.ContainsFunc(s.entries(), func(v string) bool {
		return strings.HasPrefix(v, "process.set") && strings.Contains(v, "process:contact@3/1") && !strings.Contains(v, "另有安排") && !strings.Contains(v, "办公会")
	}) {
		t.Errorf("the journal lacks the setting: %q", s.entries())
	}
	page = b.get(at).want(http.StatusOK).has("校内另有安排", "已隐藏")
	b.post(at, form("on.secure", "1")).want(http.StatusOK).has("恢复「进入保密协议」", "恢复经过「保密协议」")
}

// A reason that stays with the office never reaches whoever asked, an added one
// is shown by its words.
func TestACaseFollowsTheSettledProcess(t *testing.T) {
	s := newSite(t)
	s.stock()
	officer := s.as(account.Officer)
	settle := func(o process.Overlay) {
		t.Helper()
		typed, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		page := officer.get("/processes/contact/change")
		officer.post("/processes/contact/change", url.Values{"do": {"decide"}, "overlay": {string(typed)}, "after": {after(t, page)}, "from": {s.rules.Today().String()}, "reason": {"试行"}}).
			want(http.StatusSeeOther)
	}
	var o process.Overlay
	if err := json.Unmarshal([]byte(`{"steps":[{"action":"meet","off":true},{"action":"drop","reasons":[
		{"code":"own_1","added":true,"office":true,"label":{"zh-CN":"校内另有安排","en":"Other plans here"}},
		{"code":"own_2","added":true,"label":{"zh-CN":"等待政策","en":"Waiting for a policy"}},{"code":"cost","hidden":true}]}]}`), &o); err != nil {
		t.Fatal(err)
	}
	settle(o)
	secret := s.asked()
	code := regexp.MustCompile(`20\d\d-DJ-\d+`).FindString(s.visitor().get("/contact/" + secret).body)
	officer.get("/contacts/"+code).want(http.StatusOK).has("校内另有安排（仅成果办可见）", "等待政策").hasNot(`value="meet"`, `value="cost"`)
	drop := func(reason string) url.Values {
		return url.Values{"version": {"1"}, "do": {"drop"}, "reason": {reason}}
	}
	officer.post("/contacts/"+code+"/move", url.Values{"version": {"1"}, "do": {"meet"}}).want(http.StatusBadRequest)
	officer.post("/contacts/"+code+"/move", drop("cost")).want(http.StatusBadRequest).has("请选择原因")
	officer.post("/contacts/"+code+"/move", drop("own_1")).want(http.StatusSeeOther)
	s.visitor().get("/contact/" + secret).has("本次不再继续").hasNot("校内另有安排")
	officer.get("/contacts/" + code).has("校内另有安排")

	other := s.asked()
	code = regexp.MustCompile(`20\d\d-DJ-\d+`).FindString(s.visitor().get("/contact/" + other).body)
	officer.post("/contacts/"+code+"/move", drop("own_2")).want(http.StatusSeeOther)
	settle(process.Overlay{}) // hidden now, and still shown
	s.visitor().get("/contact/" + other).has("等待政策")
	officer.get("/contacts/" + code).has("等待政策")
}

// Who takes a step is the university's to say, of several by name: from the day on
// the button is on the page of whoever it is, and their form is taken.
func TestWhoActsIsSettledOnThePage(t *testing.T) {
	s := newSite(t)
	s.stock()
	officer := s.as(account.Officer)
	const at = "/processes/contact/change"
	secret := s.asked()
	own, step := "/contact/"+secret, "/contact/"+secret+"/step"
	s.visitor().get(own).want(http.StatusOK).hasNot("记录进展", `value="talk"`)
	s.visitor().post(step, url.Values{"do": {"talk"}, "version": {"1"}}).want(http.StatusForbidden)
	form := asItStands(officer.get(at).want(http.StatusOK).has("提出人", "校外技术经理人"), at)
	form["by.talk"], form["by.drop"] = []string{"office", "asker"}, []string{"office", "asker"}
	form.Set("reason", "试行")
	form.Set("do", "preview")
	preview := officer.post(at, form).want(http.StatusOK).has("预览：尚未生效")
	decide := url.Values{"do": {"decide"}}
	for _, name := range []string{"after", "overlay", "from", "reason"} {
		decide.Set(name, html.UnescapeString(regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(preview.body)[1]))
	}
	officer.post(at, decide).want(http.StatusSeeOther)
	s.visitor().get(own).want(http.StatusOK).has("记录进展", `value="talk"`, `value="drop"`).hasNot(`value="meet"`, "下一步")
	s.visitor().post(step, url.Values{"do": {"drop"}, "version": {"1"}}).want(http.StatusBadRequest).has("请选择原因")
	s.visitor().post(step, url.Values{"do": {"talk"}, "version": {"1"}}).want(http.StatusSeeOther)
	s.visitor().post(step, url.Values{"do": {"talk"}, "version": {"1"}}).want(http.StatusConflict)
	code := regexp.MustCompile(`20\d\d-DJ-\d+`).FindString(s.visitor().get(own).has("技术交流").body)
	officer.get("/contacts/"+code).want(http.StatusOK).has("技术交流", "提出人")
}

// asked opens a case and returns the secret of its page.
func (s *site) asked() string {
	s.t.Helper()
	own := s.visitor().post("/results/"+s.result("轴承").Code+"/connect", connectForm()).want(http.StatusSeeOther).header.Get("Location")
	return strings.TrimPrefix(own, "/contact/")
}
