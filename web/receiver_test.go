package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
)

func TestAnAdministratorSetsUpReceivers(t *testing.T) {
	s := newSite(t)
	b := s.as(account.System)
	b.get("/receivers").want(http.StatusOK).has("还没有接收方")
	form := func(change ...string) url.Values {
		v := url.Values{"kind": {"webhook"}, "name": {"校内系统"}, "url": {"https://hooks.example.org/x?key=geheim"}, "events": {"result.listed"}}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	b.post("/receivers", form("url", "gopher://x")).want(http.StatusBadRequest).has("https://", "校内系统")
	b.post("/receivers", form("events", "all")).want(http.StatusBadRequest).has("至少选一件")
	made := b.post("/receivers", form()).want(http.StatusOK).has("whsec_", "密钥只显示这一次")
	b.post("/receivers", form("secret", "SECgeheim")).want(http.StatusConflict).has("已有名为").hasNot("SECgeheim")
	page := b.get("/receivers").want(http.StatusOK).has("校内系统", "hooks.example.org").hasNot("whsec_", "geheim")
	at := regexp.MustCompile(`/receivers/[0-9a-f-]{36}`).FindString(page.body)
	first := regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`).FindString(strings.ReplaceAll(made.body, "&#43;", "+"))
	b.post(at, url.Values{"do": {"try"}}).want(http.StatusSeeOther)
	b.get("/receivers?tried=1").has("等待 1")
	next := b.post(at, url.Values{"do": {"rotate"}, "version": {"1"}}).want(http.StatusOK).has("whsec_")
	if first == "" || strings.Contains(strings.ReplaceAll(next.body, "&#43;", "+"), first) {
		t.Errorf("the secret %q stays", first)
	}
	b.post(at, url.Values{"do": {"pause"}, "version": {"1"}}).want(http.StatusConflict)
	b.post(at, url.Values{"do": {"pause"}, "version": {"2"}}).want(http.StatusSeeOther)
	b.get("/receivers").has("已暂停")
	b.post(at, url.Values{"do": {"resume"}, "version": {"3"}}).want(http.StatusSeeOther)
	b.post(at, url.Values{"do": {"explode"}, "version": {"4"}}).want(http.StatusBadRequest)
	b.post(at, url.Values{"do": {"remove"}}).want(http.StatusBadRequest)
	b.post(at, url.Values{"do": {"remove"}, "version": {"4"}}).want(http.StatusSeeOther)
	b.post(at, url.Values{"do": {"remove"}, "version": {"4"}}).want(http.StatusNotFound)
	if log := s.log.String(); strings.Contains(log, "geheim") || strings.Contains(log, "whsec_") {
		t.Error("the log holds a secret")
	}
}
