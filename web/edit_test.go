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
