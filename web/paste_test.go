package web_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/web"
)

// named signs in a second officer.
func (s *site) named(name string) *browser {
	s.t.Helper()
	token, err := s.account.IssueLink(context.Background(), console, name)
	if err != nil {
		s.t.Fatal(err)
	}
	b := s.visitor()
	b.post("/enter/"+token, nil).want(http.StatusSeeOther)
	return b
}

func (a answer) first(pattern string) string {
	a.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(a.body)
	if m == nil {
		a.t.Fatalf("%s: nothing like %s in %s", a.what, pattern, a.body)
	}
	return html.UnescapeString(m[1])
}

// fields are the values of the form of a draft.
func (a answer) fields(names ...string) url.Values {
	a.t.Helper()
	out := url.Values{}
	for _, n := range names {
		if m := regexp.MustCompile(`name="` + n + `"[^>]* value="([^"]*)"`).FindStringSubmatch(a.body); m != nil {
			out.Set(n, html.UnescapeString(m[1]))
		} else if m := regexp.MustCompile(`(?s)<textarea[^>]* name="` + n + `"[^>]*>(.*?)</textarea>`).FindStringSubmatch(a.body); m != nil {
			out.Set(n, html.UnescapeString(m[1]))
		} else {
			a.t.Fatalf("%s: no field %s", a.what, n)
		}
	}
	return out
}

var draftFields = []string{"draft", "version", "title", "text", "indicators", "until", "owner", "contact", "phone", "landline", "email", "budget"}

const wechat = "王老师您好[抱拳]\n我是江州示例泵业有限公司的张总 138 0000 0001\n化工泵的机械密封老是漏，三个月就得换一次😂\n要求寿命≥8000小时\n预算50-80万，9月底前要"

// drafted pastes the message and returns the page of the draft.
func drafted(b *browser, text string) answer {
	at := b.post("/needs/paste", url.Values{"message": {text}}).want(http.StatusSeeOther).header.Get("Location")
	return b.get(at).want(http.StatusOK)
}

func with(form url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for k, v := range form {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

func TestANeedIsPastedConfirmedOnAPhoneAndOpenedByAnother(t *testing.T) {
	s := newSite(t)
	li, wang, phone := s.as(account.Officer), s.named("王老师"), s.visitor()
	li.get("/").has(`href="/needs/paste"`)
	phone.get("/").hasNot(`href="/needs/paste"`)
	phone.get("/needs/paste").want(http.StatusForbidden)
	phone.post("/needs/paste", url.Values{"message": {wechat}}).want(http.StatusForbidden)

	page := drafted(li, wechat).has("江州示例泵业有限公司", `value="13800000001"`, "机器读出", "读作：50–80 万元").hasNot("😂", "抱拳", "138 0000")
	form := page.fields(draftFields...)
	if form.Get("until") != "2023-09-30" || form.Get("budget") != "50-80万" || !strings.Contains(form.Get("indicators"), "8000") {
		t.Errorf("read: %v", form)
	}
	// A question is asked, answered, the next one skipped.
	page.has("卡在哪一步", "后面还有")
	next := li.post("/needs/paste", with(form, "act", "answer", "question", "step", "answer", "每台停机 4 小时")).want(http.StatusSeeOther).header.Get("Location")
	page = li.get(strings.TrimSuffix(next, "#question")).has("每台停机 4 小时", "用在什么设备")
	form = page.fields(draftFields...)
	li.post("/needs/paste", with(form, "act", "skip", "question", "scene")).want(http.StatusSeeOther)
	li.get("/needs/paste").has("江州示例泵业有限公司", "我的草稿")
	wang.get("/needs/paste").hasNot("江州示例泵业有限公司")
	at := "/needs/paste?draft=" + form.Get("draft")
	wang.get(at).want(http.StatusNotFound)
	form = li.get(at).fields(draftFields...)

	li.post("/needs/paste", with(form, "act", "enter", "text", "打 138-0000-0001")).want(http.StatusBadRequest).has("请移到联系人栏")
	form = li.get(at).fields(draftFields...)
	form.Set("text", "化工泵的机械密封老是漏，三个月就得换一次。")
	asked := li.post("/needs/paste", with(form, "act", "enter")).want(http.StatusOK).has("前有效，未确认不公开", "只显示这一次")
	link := asked.first(`https?://[^/ ]+(/c/[A-Za-z0-9_-]{22})`)
	code := asked.first(`(N-[0-9A-Z]{10})`)
	if again := li.post("/needs/paste", with(form, "act", "enter")); again.status != http.StatusSeeOther || again.header.Get("Location") != "/needs/"+code {
		t.Errorf("a second click: %d %s", again.status, again.header.Get("Location"))
	}

	nowhere := func() {
		t.Helper()
		phone.get("/needs/" + code).want(http.StatusNotFound)
		phone.get("/needs/" + code + ".json").want(http.StatusNotFound)
		phone.get("/api/v1/needs/" + code).want(http.StatusNotFound)
		for _, path := range []string{"/needs", "/needs.csv", "/needs?q=" + url.QueryEscape("机械密封"), "/sitemap/1.xml", "/sitemap.xml", "/ask?q=" + url.QueryEscape("机械密封漏"), "/", "/api/v1/needs"} {
			phone.get(path).hasNot(code, "机械密封老是漏")
		}
	}
	nowhere()
	office := wang.get("/needs/"+code).want(http.StatusOK).has("代录", "李老师", "未确认，不公开", "138****01").hasNot("13800000001")
	office.first(`name="version" value="(1)"`)
	ref := wang.get("/needs?state=draft").first(`value="([0-9a-f-]{36}\.\d+)"`)
	wang.post("/needs/publish", url.Values{"ref": {ref}, "confirm": {"1"}}).has("企业尚未确认")

	// The owner, on a phone, without an account. Looking uses nothing up.
	for range 2 {
		look := phone.get(link).want(http.StatusOK).has("将公开", "不公开", "机械密封", "138****01", "50-80万", `name="robots" content="noindex"`).hasNot("13800000001", "李老师")
		if regexp.MustCompile(`type="checkbox"[^>]*checked`).MatchString(look.body) {
			t.Error("something is ticked already")
		}
		if look.header.Get("Referrer-Policy") != "no-referrer" || look.header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", look.header)
		}
	}
	form = phone.get(link).fields("version", "title", "text", "indicators", "until", "owner", "budget")
	yes := with(form, "act", "confirm", "who", "张三丰", "public", "1", "consent", "1")
	phone.post(link, with(yes, "public", "")).want(http.StatusBadRequest).has("请勾选")
	phone.post(link, with(yes, "consent", "")).want(http.StatusBadRequest).has("请勾选")
	phone.post(link, with(yes, "text", "联系 a@example.com")).want(http.StatusBadRequest).has("请移到联系人栏", "a@example.com")
	phone.post(link, with(yes, "text", "这是机密")).want(http.StatusBadRequest).has("未保存").hasNot("这是机密")
	fits := phone.post(link, with(yes, "title", "机械密封<b>耐磨</b>")).want(http.StatusSeeOther).header.Get("Location")
	for _, bad := range []string{link, "/c/AAAAAAAAAAAAAAAAAAAAAA", "/c/x"} {
		phone.get(bad).want(http.StatusNotFound).has("这个链接已失效")
		phone.post(bad, yes).want(http.StatusNotFound).has("这个链接已失效")
	}
	phone.get(fits).want(http.StatusOK).has("已确认", "与您的需求相关的成果").hasNot("13800000001")
	nowhere()

	// Another opens it, never who entered it.
	ref = wang.get("/needs?state=review").first(`value="([0-9a-f-]{36}\.\d+)"`)
	li.post("/needs/publish", url.Values{"ref": {ref}, "confirm": {"1"}}).has("须由另一位同事审核")
	nowhere()
	wang.post("/needs/publish", url.Values{"ref": {ref}, "confirm": {"1"}}).want(http.StatusOK)
	phone.get("/needs/"+code).want(http.StatusOK).has("代录", "机械密封&lt;b&gt;耐磨").hasNot("李老师", "张三丰", "江州示例泵业", "50-80", "138****01")
	wang.get("/needs/"+code).has("张三丰", "通过链接确认", "李老师")
	wang.get("/needs/"+code+".json").hasNot("张三丰", "13800000001")
	log := s.log.String()
	for _, secret := range []string{link, "13800000001", "张三丰"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestMessagesThatAreNotTaken(t *testing.T) {
	s := newSite(t)
	li := s.as(account.Officer)
	li.post("/needs/paste", url.Values{"message": {"泵漏（秘密★5年）"}}).want(http.StatusBadRequest).has("未保存").hasNot("秘密★")
	li.post("/needs/paste", url.Values{"message": {""}}).want(http.StatusBadRequest).has("请粘贴")
	li.post("/needs/paste", url.Values{"message": {strings.Repeat("漏", 20_001)}}).want(http.StatusBadRequest).has("太长")
	li.post("/needs/paste", url.Values{"message": {strings.Repeat("泵", 10<<20/3)}}).want(http.StatusBadRequest).has("太长")
	if strings.Contains(li.get("/needs/paste").body, "我的草稿") {
		t.Error("what was refused is kept")
	}
	page := drafted(li, "\u202e泵\x00漏<script>alert(1)</script>，1380000\x000001找小张").hasNot("<script>alert", "\u202e", "\x00")
	if form := page.fields(draftFields...); form.Get("phone") != "13800000001" {
		t.Errorf("%v", form)
	}
	several := drafted(li, "1、电镀废水里的镍去不干净\n2、污泥含水率太高\n示例电镀厂 13800000002").has("这里有 2 个难题")
	li.post("/needs/paste", with(several.fields(draftFields...), "act", "split")).want(http.StatusSeeOther)
	li.get("/needs/paste").has("电镀废水里的镍去不干净", "污泥含水率太高")
	drafts := li.get("/needs/paste")
	one := li.get(drafts.first(`href="(/needs/paste\?draft=[^"]+)"`)).fields(draftFields...)
	li.post("/needs/paste", with(one, "act", "drop")).want(http.StatusSeeOther)
	li.post("/needs/paste", with(one, "act", "save")).want(http.StatusNotFound)
}

func TestAnOwnerRefusesAndAnOfficerNotesACall(t *testing.T) {
	s := newSite(t)
	li, phone := s.as(account.Officer), s.visitor()
	form := drafted(li, wechat).fields(draftFields...)
	asked := li.post("/needs/paste", with(form, "act", "enter")).want(http.StatusOK)
	link, code := asked.first(`(/c/[A-Za-z0-9_-]{22})`), asked.first(`(N-[0-9A-Z]{10})`)
	phone.post(link, url.Values{"version": {"1"}, "act": {"refuse"}}).want(http.StatusBadRequest).has("请写明不同意的原因")
	phone.post(link, url.Values{"version": {"1"}, "act": {"refuse"}, "reason": {"还没立项"}}).want(http.StatusSeeOther)
	page := li.get("/needs/"+code).has("企业不同意发布", "还没立项")
	version := page.first(`name="version" value="(\d+)"`)
	li.post("/needs/"+code+"/owner-called", url.Values{"version": {version}, "who": {"张三丰"}, "on": {"2023-04-07"}}).want(http.StatusBadRequest)
	li.post("/needs/"+code+"/owner-called", url.Values{"version": {version}, "who": {"张三丰"}, "on": {"2023-04-07"}, "public": {"1"}}).want(http.StatusSeeOther)
	li.get("/needs/"+code).has("电话确认", "张三丰 于 2023年4月7日")
	phone.post("/needs/"+code+"/owner-called", url.Values{"version": {version}}).want(http.StatusForbidden)
}

func TestWhoOpensLinksTooOftenIsHeldBack(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Now = func() time.Time { return noon } })
	b, heldBack := s.visitor(), 0
	for range 130 {
		if a := b.get("/c/AAAAAAAAAAAAAAAAAAAAAA"); a.status == http.StatusTooManyRequests {
			a.has("请一分钟后再试")
			heldBack++
		}
	}
	if heldBack != 10 {
		t.Errorf("%d of 130 are held back", heldBack)
	}
}
