package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
	"datai/rulebook"
	"datai/rules"
	"datai/shelf"
	"datai/wording"
)

func connectForm() url.Values {
	return url.Values{"name": {"罗静姝"}, "organisation": {"示例轴承"}, "reach": {"13800000077"}, "purpose": {"想试用两台"}, "mode": {"licence"},
		"source": {"listing"}, "need": {""}, "website": {""}, "consent": {"1"}}
}

var personal = []string{"罗静姝", "13800000077", "示例轴承有限", "想试用两台"}

func TestAskingToBeBroughtTogether(t *testing.T) {
	s := newSite(t)
	s.stock()
	r := s.result("轴承")
	at := "/results/" + r.Code + "/connect"
	b := s.visitor()
	b.get("/results/"+r.Code).has(`href="`+at+`"`, "我要对接")
	form := b.get(at).want(http.StatusOK).has("同意将我的姓名", `name="website"`, "不需要登录")
	if regexp.MustCompile(`name="consent"[^>]*checked`).MatchString(form.body) {
		t.Error("the consent is ticked already")
	}
	own := b.post(at, connectForm()).want(http.StatusSeeOther).header.Get("Location")
	if !regexp.MustCompile(`^/contact/[A-Za-z0-9_-]{43}$`).MatchString(own) {
		t.Fatalf("the page of the case is %q", own)
	}
	page := s.visitor().get(own).want(http.StatusOK).has("已送成果办，预计 3 个工作日内答复，即 2023年4月12日 (周三) 17:00 前；编号 2023-DJ-0001", "2023年4月12日 (周三) 17:00", "撤回").hasNot(personal...)
	if got := page.header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy: %q", got)
	}
	s.visitor().get("/contact/" + strings.Repeat("A", 43)).want(http.StatusNotFound)
	s.visitor().get("/contact/x").want(http.StatusNotFound)

	// the office
	o := s.as(account.Officer)
	o.get("/contacts").want(http.StatusOK).has("2023-DJ-0001", "待响应", "尚未指派").hasNot(personal...)
	// The table of intents has a column for whom to call; the number is masked.
	o.get("/contacts.csv").want(http.StatusOK).has("2023-DJ-0001", r.Code, "罗静姝", "138****77").hasNot("13800000077")
	one := o.get("/contacts/2023-DJ-0001").want(http.StatusOK).has("罗静姝", "138****77", "想试用两台").hasNot("13800000077")
	o.post("/contacts/2023-DJ-0001", nil).want(http.StatusOK).has("13800000077")
	officer := regexp.MustCompile(`<option value="([0-9a-f-]{36})"`).FindStringSubmatch(one.body)
	if officer == nil {
		t.Fatal("nobody to give the case to")
	}
	o.post("/contacts/2023-DJ-0001/assign", url.Values{"version": {"1"}, "officer": {officer[1]}}).want(http.StatusSeeOther)
	o.post("/contacts/2023-DJ-0001/assign", url.Values{"version": {"1"}, "officer": {officer[1]}}).want(http.StatusConflict).has("有人改过")
	o.post("/contacts/2023-DJ-0001/move", url.Values{"version": {"2"}, "do": {"pause"}}).want(http.StatusBadRequest).has("提醒日")
	o.post("/contacts/2023-DJ-0001/move", url.Values{"version": {"2"}, "do": {"meet"}, "next": {"带样品来"}}).want(http.StatusSeeOther)
	o.get("/contacts").has("李老师", "已约见")
	s.visitor().get(own).has("已与您约见").hasNot("带样品来", "李老师")

	// taken back: erased for good
	b.post(own, nil).want(http.StatusSeeOther)
	b.get(own).want(http.StatusOK).has("已撤回", "已从系统中删除")
	o.get("/contacts/2023-DJ-0001").want(http.StatusOK).hasNot(personal...).has("按本人要求删除")
	log := s.log.String()
	for _, secret := range append(personal, own) {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestWhatDoesNotFitComesBackInTheForm(t *testing.T) {
	s := newSite(t)
	s.stock()
	at := "/results/" + s.result("轴承").Code + "/connect"
	for field, value := range map[string]string{"name": "", "organisation": " ", "reach": "微信", "purpose": strings.Repeat("长", 1001), "consent": "", "website": "http://spam.example"} {
		b := s.visitor()
		b.get(at)
		form := connectForm()
		form.Set(field, value)
		a := b.post(at, form).want(http.StatusBadRequest).has(`role="alert"`)
		if field != "name" {
			a.has(`value="罗静姝"`)
		}
	}
	s.as(account.Officer).get("/contacts").has("没有这样的对接单")
	s.visitor().get("/results/" + s.result("涂层").Code + "/connect").want(http.StatusNotFound)
	s.visitor().post("/results/"+s.result("涂层").Code+"/connect", connectForm()).want(http.StatusNotFound)
}

func TestWhoAsksTooOftenWaits(t *testing.T) {
	s := newSite(t)
	s.stock()
	at := "/results/" + s.result("轴承").Code + "/connect"
	phone := s.visitor()
	phone.get(at)
	for range 6 {
		phone.post(at, connectForm()).want(http.StatusSeeOther)
	}
	a := phone.post(at, connectForm()).want(http.StatusTooManyRequests).has("过于频繁", `value="罗静姝"`)
	if a.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
	}
	other := s.visitor() // in the same hall
	other.get(at)
	other.post(at, connectForm()).want(http.StatusSeeOther)
	bare := 0
	for range 25 {
		if s.visitor().post(at, connectForm()).status == http.StatusSeeOther {
			bare++
		}
	}
	if bare != 20 {
		t.Errorf("without a cookie %d got through, want 20", bare)
	}
}

func TestAMatchOfANeedIsRemembered(t *testing.T) {
	s := newSite(t)
	s.stock()
	r, n := s.result("轴承"), s.need()
	o := s.as(account.Officer)
	o.get("/needs/" + n.Code).has("/results/" + r.Code + "/connect?via=match&amp;need=" + n.Code)
	o.get("/results/"+r.Code+"/connect?via=match&need="+n.Code).want(http.StatusOK).has(`name="source" value="match"`, `name="need" value="`+n.Code+`"`)
	form := connectForm()
	form.Set("source", "match")
	form.Set("need", n.Code)
	o.post("/results/"+r.Code+"/connect", form).want(http.StatusSeeOther)
	o.get("/contacts/2023-DJ-0001").has(n.Code, "匹配")
	if _, err := s.shelf.WithdrawNeeds(context.Background(), console, []shelf.Ref{{ID: n.ID, Version: n.Version}}, "重复"); err != nil {
		t.Fatal(err)
	}
	s.visitor().post("/results/"+r.Code+"/connect", form).want(http.StatusNotFound)
}

// Whatever is wrong with the form of a step, all that was typed comes back in
// it, and what has to be mended stands at its field.
func TestARefusedStepComesBackAsItWas(t *testing.T) {
	s := newSite(t)
	s.stock()
	at := "/results/" + s.result("轴承").Code + "/connect"
	b := s.visitor()
	b.get(at)
	b.post(at, connectForm()).want(http.StatusSeeOther)
	o := s.as(account.Officer)
	page := o.get("/contacts/2023-DJ-0001").want(http.StatusOK).has(`id="step-pause"`, `id="step-drop"`, "技术指标达不到要求（须说明）", "其他（须说明，不少于 10 个字）", "沟通或诚信问题（仅成果办可见）")
	page.hasNot(`<details class="card" name="step" id="step-pause" open>`, "aria-invalid")
	step := func(version string, fields url.Values) url.Values {
		fields.Set("version", version)
		return fields
	}
	for _, x := range []struct {
		form   url.Values
		status int
		has    []string
	}{
		{url.Values{"do": {"pause"}, "next": {"等样品"}, "remind": {""}}, http.StatusBadRequest,
			[]string{`id="step-pause" open`, "等样品</textarea>", "“提醒日”：暂缓需要填写提醒日。", `aria-invalid="true"`, `id="pause-remind-fault"`}},
		{url.Values{"do": {"pause"}, "next": {"等样品"}, "remind": {"明天"}}, http.StatusBadRequest, []string{"等样品</textarea>", `value="明天"`, "日期不对"}},
		{url.Values{"do": {"pause"}, "next": {"等样品"}, "remind": {"2020-01-01"}}, http.StatusBadRequest, []string{"等样品</textarea>", `value="2020-01-01"`, "提醒日须为今天或以后的日期"}},
		{url.Values{"do": {"drop"}, "next": {"归档"}, "reason": {"other"}, "text": {"太短"}}, http.StatusBadRequest,
			[]string{`id="step-drop" open`, "归档</textarea>", "太短</textarea>", `<option value="other" selected>`, "至少 10 个字"}},
		{url.Values{"do": {"drop"}, "next": {strings.Repeat("长", 501)}, "reason": {""}}, http.StatusBadRequest,
			[]string{"“原因”：请选择原因。另有 1 处也需要修改", "文字过长，最多 500 个字", strings.Repeat("长", 501) + "</textarea>"}},
		{url.Values{"do": {"burn"}}, http.StatusBadRequest, []string{`role="alert"`}},
	} {
		o.post("/contacts/2023-DJ-0001/move", step("1", x.form)).want(x.status).has(x.has...)
	}
	o.post("/contacts/2023-DJ-0001/move", step("9", url.Values{"do": {"meet"}, "next": {"周四带样品"}})).want(http.StatusConflict).has("您的意见已留存为草稿", `id="step-meet" open`, "周四带样品</textarea>")
	o.post("/contacts/2023-DJ-0001/move", step("1", url.Values{"do": {"meet"}, "next": {"周四带样品"}})).want(http.StatusSeeOther)
	o.get("/contacts/2023-DJ-0001").has("已约见", "周四带样品")
}

// The term within which somebody is answered is that of the rule in force when
// they asked, and the day on which it ends is the calendar's.
func TestWithinWhichTermSomebodyIsAnswered(t *testing.T) {
	s := newSite(t)
	s.stock()
	first := "/contact/" + s.asked()
	s.visitor().get(first).has("预计 3 个工作日内答复，即 ")
	s.visitor().get("/enterprises/sign-up/done").has("预计 3 个工作日内电话答复您，即 ")
	_, li := s.member(account.Officer)
	for i, key := range []string{"contact-answer", "signup-answer"} {
		own := rules.Own{Key: key, From: s.rules.Today(), Value: &rules.Value{Amount: int64(5 + i), Unit: rules.Workdays}, Reason: "试行"}
		if err := s.rules.Decide(t.Context(), li, rulebook.Proposal{Value: &own, After: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	second := "/contact/" + s.asked()
	by := func(days int64) string {
		book, err := s.rules.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		set, err := book.At(s.rules.Today())
		if err != nil {
			t.Fatal(err)
		}
		end, err := set.End(noon, rules.Value{Amount: days, Unit: rules.Workdays})
		if err != nil {
			t.Fatal(err)
		}
		return wording.Chinese.Moment(end.At)
	}
	s.visitor().get(second).has("预计 5 个工作日内答复，即 " + by(5)).hasNot("3 个工作日")
	s.visitor().get(first).has(by(3)).hasNot("5 个工作日") // was promised another day
	s.visitor().get("/enterprises/sign-up/done").has("预计 6 个工作日内电话答复您，即 " + by(6))
	code := regexp.MustCompile(`20\d\d-DJ-\d+`).FindString(s.visitor().get(second).body)
	s.as(account.Officer).post("/contacts/"+code+"/move", url.Values{"version": {"1"}, "do": {"note"}, "remind": {"2099-01-05"}}).want(http.StatusSeeOther)
	s.visitor().get(second).has("2099").hasNot("个工作日") // the office named a day
}
