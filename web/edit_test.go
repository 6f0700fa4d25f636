package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
)

var (
	inputs = regexp.MustCompile(`<input[^>]*type="(?:text|hidden)"[^>]*name="([a-z_]+)" value="([^"]*)"|<input type="hidden" name="(version)" value="(\d+)"`)
	areas  = regexp.MustCompile(`(?s)<textarea[^>]*name="([a-z_]+)"[^>]*>(.*?)</textarea>`)
	boxes  = regexp.MustCompile(`<input type="checkbox" name="([a-z_]+)" value="([^"]*)" checked`)
)

// filled is the form of a page as a browser would send it back.
func (a answer) filled() url.Values {
	out := url.Values{}
	for _, m := range inputs.FindAllStringSubmatch(a.body, -1) {
		name, value := m[1]+m[3], m[2]+m[4]
		out.Set(name, html.UnescapeString(value))
	}
	for _, m := range areas.FindAllStringSubmatch(a.body, -1) {
		out.Set(m[1], strings.ReplaceAll(html.UnescapeString(m[2]), "\n", "\r\n"))
	}
	for _, m := range boxes.FindAllStringSubmatch(a.body, -1) {
		out.Add(m[1], html.UnescapeString(m[2]))
	}
	return out
}

func TestAResultIsEditedByHand(t *testing.T) {
	s := newSite(t)
	s.stock()
	before := s.result("轴承")
	path := "/results/" + before.Code + "/edit"
	officer := s.as(account.Officer)
	for _, b := range []*browser{s.visitor(), s.as(account.System)} {
		b.get(path).want(http.StatusForbidden)
		b.post(path, url.Values{"version": {"1"}}).want(http.StatusForbidden)
	}
	officer.get("/results/" + before.Code).has(path)

	// What is sent back as it was changes nothing.
	form := officer.get(path).want(http.StatusOK).has("这一条已公开").filled()
	officer.post(path, form).want(http.StatusSeeOther)
	if now := s.result("轴承"); now.Version != before.Version || fmt.Sprint(now) != fmt.Sprint(before) {
		t.Fatalf("%+v\nwant %+v", now, before)
	}

	// What only the office sees leaves it on the shelf.
	form.Set("price", "120万元")
	form.Set("remarks", "改过的备注")
	officer.post(path, form).want(http.StatusSeeOther)
	now := s.result("轴承")
	if now.Price.Max != 120_000_000 || now.Remarks != "改过的备注" || !now.PublicConfirmed || now.State != catalog.ResultListed {
		t.Errorf("%+v", now)
	}

	// Somebody else was faster: what was typed is still there.
	form.Set("summary", "给风机厂")
	officer.post(path, form).want(http.StatusConflict).has("有人已于", "给风机厂")
	if s.result("轴承").Summary != "" {
		t.Error("an edit of another version is saved")
	}

	// Public words wait for a new confirmation.
	form = officer.get(path).filled()
	form.Set("summary", "给风机厂：提前 2 周报轴承故障")
	form.Set("indicators", "误报率≤3.8%")
	form.Set("people", "沈若川；新来的人")
	officer.post(path, form).want(http.StatusOK).has("待重新确认")
	now = s.result("轴承")
	if now.PublicConfirmed || now.State != catalog.ResultReview || len(now.Indicators) != 1 || len(now.Completers) != 2 || now.Contact.Phone == "" {
		t.Errorf("%+v", now)
	}
	s.visitor().get("/results/" + before.Code).want(http.StatusNotFound)

	form = officer.get(path).filled()
	form.Set("completed", "去年")
	officer.post(path, form).want(http.StatusBadRequest).has("日期请写成", "去年")
	form.Set("completed", "2024-05")
	form.Set("title", " ")
	officer.post(path, form).want(http.StatusBadRequest).has("请填写名称")
	officer.post(path, url.Values{}).want(http.StatusBadRequest)
}

func TestANeedIsEditedByHand(t *testing.T) {
	s := newSite(t)
	s.stock()
	before := s.need()
	path := "/needs/" + before.Code + "/edit"
	officer := s.as(account.Officer)
	s.visitor().get(path).want(http.StatusForbidden)
	form := officer.get(path).filled()
	officer.post(path, form).want(http.StatusSeeOther)
	if now := s.need(); now.Version != before.Version {
		t.Errorf("nothing was changed, and it is version %d", now.Version)
	}
	form.Set("owner", "另一家企业")
	officer.post(path, form).want(http.StatusSeeOther)
	if now := s.need(); now.OwnerName != "另一家企业" || !now.PublicConfirmed {
		t.Errorf("%+v", now)
	}
	form = officer.get(path).filled()
	form.Set("until", "2024-05-01")
	officer.post(path, form).want(http.StatusOK).has("待重新确认")
	if now := s.need(); now.Until != (catalog.Date{Year: 2024, Month: 5, Day: 1}) || now.State != catalog.NeedReview {
		t.Errorf("%+v", now)
	}
}

// An older sheet that comes again does not write over what an officer changed
// on the page, unless the officer says so.
func TestAnOlderSheetAsksBeforeItWritesOverThePage(t *testing.T) {
	s := newSite(t)
	officer := s.as(account.Officer)
	older := []byte("成果名称,成果简介\n耐磨涂层,表里的旧简介\n")
	officer.post(staged(t, officer, officer.upload("results", "a.csv", older))+"/apply", nil).want(http.StatusSeeOther)
	r := s.result("耐磨涂层")
	form := officer.get("/results/" + r.Code + "/edit").want(http.StatusOK)
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(form.body)[1]
	officer.post("/results/"+r.Code+"/edit", url.Values{"version": {version}, "title": {"耐磨涂层"}, "abstract": {"页面上的新简介"}}).want(http.StatusSeeOther)

	at := staged(t, officer, officer.upload("results", "b.csv", older))
	officer.get(at).has("有 1 行的内容在页面上改过", "改为以文件为准", "成果简介", "李老师", "页面：页面上的新简介；文件：表里的旧简介", "无变化")
	s.visitor().post(at+"/edited", url.Values{"take": {"file"}}).want(http.StatusForbidden)
	officer.post(at+"/edited", url.Values{"take": {"both"}}).want(http.StatusBadRequest)
	officer.post(at+"/edited", url.Values{"take": {"file"}}).want(http.StatusSeeOther)
	officer.get(at).has("以文件为准，页面上改的会被覆盖", "改为保留页面上的", "写入 1 行")
	officer.post(at+"/edited", url.Values{"take": {"page"}}).want(http.StatusSeeOther)
	officer.get(at).has("改为以文件为准")
	if got := s.result("耐磨涂层").Abstract; got != "页面上的新简介" {
		t.Errorf("%q before anything was written", got)
	}
	officer.post(at+"/edited", url.Values{"take": {"file"}}).want(http.StatusSeeOther)
	officer.post(at+"/apply", nil).want(http.StatusSeeOther)
	if got := s.result("耐磨涂层").Abstract; got != "表里的旧简介" {
		t.Errorf("%q", got)
	}
}
