package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"datai/account"
)

// in signs somebody in to the account of that name.
func (s *site) in(name string) *browser {
	s.t.Helper()
	token, err := s.account.IssueLink(s.t.Context(), console, name)
	if err != nil {
		s.t.Fatal(err)
	}
	b := s.visitor()
	b.post("/enter/"+token, nil).want(http.StatusSeeOther)
	return b
}

// TestSomebodyJoinsTheirTwoAccounts with the code of one in the other; the page
// says what becomes of each and that it cannot be undone.
func TestSomebodyJoinsTheirTwoAccounts(t *testing.T) {
	s := newSite(t)
	for name, role := range map[string]account.Role{"沈若川": account.Professor, "沈若川2": account.Student} {
		if _, err := s.account.Add(t.Context(), console, name, []account.Role{role}); err != nil {
			t.Fatal(err)
		}
	}
	one, other := s.in("沈若川"), s.in("沈若川2")
	one.get("/me").want(http.StatusOK).has(`href="/me/join"`)
	page := one.post("/me/join", url.Values{"do": {"begin"}}).want(http.StatusOK).has("只显示这一次")
	code := regexp.MustCompile(`<code id="secret">([^<]+)</code>`).FindStringSubmatch(page.body)[1]
	one.post("/me/join", url.Values{"code": {code}}).want(http.StatusBadRequest).has("还在原来的账号里")
	page = other.post("/me/join", url.Values{"code": {code}}).want(http.StatusOK).has("不能撤销", "保留哪一个", "沈若川2")
	at := regexp.MustCompile(`/me/join/[0-9a-f-]{36}`).FindString(page.body)
	other.post(at, url.Values{"do": {"agree"}}).want(http.StatusBadRequest).has("请先勾选")
	keep := regexp.MustCompile(`name="keep" value="([0-9a-f-]{36})" checked`).FindStringSubmatch(page.body)[1]
	if to := other.post(at, url.Values{"do": {"agree"}, "sure": {"1"}, "keep": {keep}}).want(http.StatusSeeOther).header.Get("Location"); to != "/accounts-joined" {
		t.Errorf("sent to %s", to)
	}
	other.get("/accounts-joined").want(http.StatusOK).has("账号已合并")
	one.get("/me").want(http.StatusForbidden)
	other.get("/me").want(http.StatusForbidden)
	s.in("沈若川").get("/me").want(http.StatusOK).has("教师", "学生")
	boss, _ := s.member(account.System)
	boss.get("/accounts").want(http.StatusOK).has("已注销用户")
}

// TestAdministratorsSeeTwoAccountsSideBySide, masked and in counts; the system
// administrator looks, the security administrator decides, the owner is asked.
func TestAdministratorsSeeTwoAccountsSideBySide(t *testing.T) {
	s := newSite(t)
	for _, number := range []string{"T1", "T2"} {
		l := account.Listed{Row: 2, Number: number, Name: "沈若川", Category: account.Staff, Says: account.Says{Phone: true}}
		if number == "T1" {
			l.Phone = "13800000001"
		}
		if _, err := s.account.Roster(t.Context(), console, func(yield func(account.Listed, error) bool) { yield(l, nil) }, account.RosterOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s.in("沈若川")
	boss, _ := s.member(account.System)
	guard, _ := s.member(account.Security)
	boss.get("/accounts").has(`href="/account-conflicts"`)
	boss.get("/account-conflicts").want(http.StatusOK).has("姓名相同", "138****01", "由安全管理员处理").hasNot("13800000001", `value="apart"`)
	page := guard.get("/account-conflicts").want(http.StatusOK).has("是两个人", "向本人提出合并", "沈若川（T2）")
	keep := regexp.MustCompile(`name="keep" value="([0-9a-f-]{36})"`).FindAllStringSubmatch(page.body, -1)
	boss.post("/account-conflicts", url.Values{"do": {"propose"}, "keep": {keep[0][1]}, "gone": {keep[1][1]}}).want(http.StatusForbidden)
	guard.post("/account-conflicts", url.Values{"do": {"propose"}, "keep": {keep[0][1]}, "gone": {keep[1][1]}}).want(http.StatusSeeOther)
	guard.get("/account-conflicts").has("等待确认").hasNot("向本人提出合并，")
	owner := s.in("沈若川")
	page = owner.get("/me/join").want(http.StatusOK).has("等待您确认的合并", "将保留「沈若川」")
	at := regexp.MustCompile(`/me/join/[0-9a-f-]{36}`).FindString(page.body)
	owner.post(at, url.Values{"do": {"refuse"}}).want(http.StatusOK).has("已取消")
	id := regexp.MustCompile(`name="conflict" value="([0-9a-f-]{36})"`).FindStringSubmatch(guard.get("/account-conflicts").body)[1]
	guard.post("/account-conflicts", url.Values{"do": {"apart"}, "conflict": {id}}).want(http.StatusSeeOther)
	guard.get("/account-conflicts?saved=apart").has("已标记为两个人", "目前没有需要处理")
}
