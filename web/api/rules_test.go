package api_test

import (
	"testing"

	"datai/account"
)

func TestRulesForPrograms(t *testing.T) {
	s := newServer(t)
	for _, who := range []account.Principal{account.Nobody(), as(account.Officer)} {
		s.call(who, "GET", "/rules", nil).want(200).has(`"on":"2026-04-07"`, `"region":"CN"`, `"key":"notice-price"`, `"unit":"day"`, `"calendar":"calendar@2026/`)
	}
	s.call(account.Nobody(), "GET", "/rules?on=2023-04-07&region=CN-BJ", nil).want(200).has(`"key":"exploit-clock"`, `"on":"2023-04-07"`)
	s.call(account.Nobody(), "GET", "/rules?region=CN-XX", nil).problem(404, "not_found")
	s.call(account.Nobody(), "GET", "/rules?on=2023-02-30", nil).problem(400, "invalid")
	s.call(account.Nobody(), "GET", "/rules?colour=red", nil).problem(400, "invalid")
}
