package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"datai/account"
)

func TestSomebodyTakesTheirDataOutAndClosesTheAccount(t *testing.T) {
	s := newSite(t)
	b, p := s.member(account.Professor)
	boss, _ := s.member(account.System)
	b.get("/me").want(http.StatusOK).has(`href="/me/data"`)
	b.get("/me/data").want(http.StatusOK).has("保存至注销账号", "未满 14 周岁", `href="/me/close"`)
	got := b.post("/me/data", nil).want(http.StatusOK)
	var d account.Data
	if err := json.Unmarshal([]byte(got.body), &d); err != nil || d.Name != p.Name || d.Format != account.DataFormat {
		t.Errorf("%+v, %v", d, err)
	}
	if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Content-Disposition") != `attachment; filename="my-data.json"` {
		t.Errorf("the file comes as %v", got.header)
	}
	b.get("/me/close").want(http.StatusOK).has("将删除", "将保留", "仅显示「已注销用户」")
	b.post("/me/close", nil).want(http.StatusBadRequest).has("请先勾选")
	b.get("/me").want(http.StatusOK)
	if to := b.post("/me/close", url.Values{"sure": {"1"}}).want(http.StatusSeeOther).header.Get("Location"); to != "/account-closed" {
		t.Errorf("sent to %s", to)
	}
	b.get("/account-closed").want(http.StatusOK).has("账号已注销")
	b.get("/me").want(http.StatusForbidden)
	boss.get("/accounts").want(http.StatusOK).has("已注销用户").hasNot(p.Name)

	boss.post("/me/close", url.Values{"sure": {"1"}}).want(http.StatusConflict).has("最后一位系统管理员")
}

func TestWhatSomebodyAgreedToIsListedAndWithdrawn(t *testing.T) {
	s := newSite(t)
	s.stock()
	b, _ := s.member(account.Professor)
	b.get("/me/data").want(http.StatusOK).has("您没有给出过需要单独同意的授权")
	at := "/results/" + s.result("轴承").Code + "/connect"
	b.get(at)
	b.post(at, connectForm()).want(http.StatusSeeOther)
	page := b.get("/me/data").want(http.StatusOK).has("对接：联系方式提供给成果办", "本人在页面勾选", "可随时撤回")
	at = regexp.MustCompile(`/me/consents/[0-9a-f-]{36}/withdraw`).FindString(page.body)
	other, _ := s.member(account.Student)
	other.post(at, nil).want(http.StatusNotFound)
	b.post(at, nil).want(http.StatusSeeOther)
	b.get("/me/data").want(http.StatusOK).has("撤回").hasNot(at)
	s.as(account.Officer).get("/contacts?state=dropped").hasNot("罗静姝")
}

// TestAClosedAccountIsSaidInTheLanguageOfThePage wherever its name stands.
func TestAClosedAccountIsSaidInTheLanguageOfThePage(t *testing.T) {
	s := newSite(t)
	b, who := s.member(account.Officer)
	batch := staged(t, b, b.upload("results", "成果.csv", []byte(sheet)))
	b.post("/me/close", url.Values{"sure": {"1"}}).want(http.StatusSeeOther)
	other := s.as(account.Officer)
	for _, page := range []string{"/import", batch} {
		other.get(page).want(http.StatusOK).has(account.ClosedName).hasNot(who.Name)
	}
	other.header.Set("Accept-Language", "en")
	for _, page := range []string{"/import", batch} {
		other.get(page).want(http.StatusOK).has("Closed account").hasNot(account.ClosedName)
	}
}
