package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"datai/account"
)

func TestTheOfficeRenewsWhatEnds(t *testing.T) {
	s := newSite(t)
	s.stock()
	for _, b := range []*browser{s.visitor(), s.as(account.System)} {
		b.get("/expiring").want(http.StatusForbidden)
		b.post("/results/renew", url.Values{"ref": {"x"}}).want(http.StatusForbidden)
		b.post("/needs/renew", url.Values{"ref": {"x"}}).want(http.StatusForbidden)
		b.get("/").hasNot("等您处理")
	}
	officer := s.as(account.Officer)
	officer.get("/").has("等您处理", `href="/gate"`, `href="/expiring?what=results&amp;due=lapsed"`)
	officer.get("/expiring").has("7 天内到期", "这里没有要续期的条目")
	officer.get("/expiring?due=x").want(http.StatusBadRequest)
	officer.get("/expiring?what=x").want(http.StatusBadRequest)
	r := regexp.MustCompile(`name="ref" value="([^"]+)"`).FindStringSubmatch(officer.get("/results?state=listed").body)
	officer.post("/results/renew", url.Values{"ref": {r[1]}}).want(http.StatusOK).has("已续期 1 项")
	officer.post("/results/renew", url.Values{"ref": {r[1]}}).want(http.StatusOK).has("请重新核对")
	officer.post("/results/renew", nil).want(http.StatusBadRequest).has("没有勾选")
}
