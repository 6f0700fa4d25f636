package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
	"datai/journal"
)

// told delivers what the outbox holds to the inboxes.
func (s *site) told() {
	s.t.Helper()
	ms, err := s.db.LeaseMessages(s.t.Context(), journal.NoticeKind, 1<<60, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range ms {
		if err := s.inbox.Deliver(s.t.Context(), m); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestTheOfficeIsToldOfANewCase(t *testing.T) {
	s := newSite(t)
	s.stock()
	officer := s.as(account.Officer)
	if page := officer.get("/inbox").body; !strings.Contains(page, "没有等您办的事。") || strings.Contains(officer.get("/").body, `class="n"`) {
		t.Errorf("an empty inbox: %s", page)
	}
	code := s.result("轴承").Code
	if a := s.visitor().post("/results/"+code+"/connect", url.Values{"name": {"罗静姝"}, "organisation": {"示例轴承"}, "reach": {"13800000001"}, "purpose": {"试用"}, "consent": {"1"}, "source": {"listing"}}); a.status != 200 && a.status != 303 {
		t.Fatal(a.status, a.body)
	}
	s.told()
	if page := officer.get("/inbox").body; !strings.Contains(page, "首次答复") || !strings.Contains(page, "等您办 1 件") || strings.Contains(page, "没有等您办的事") {
		t.Errorf("the list of what waits: %s", page)
	}
	page := officer.get("/inbox").body
	if !strings.Contains(page, "新的对接请求 2023-DJ-0001") || strings.Contains(page, "13800000001") || strings.Contains(page, "罗静姝") {
		t.Errorf("%s", page)
	}
	if !strings.Contains(officer.get("/").body, `<span class="n">1`) {
		t.Error("the head of the page does not count it")
	}
	if other := s.as(account.System); strings.Contains(other.get("/inbox").body, "2023-DJ-0001") || strings.Contains(other.get("/").body, `<span class="n">1`) {
		t.Error("an administrator reads what the office is told")
	}
	action := regexp.MustCompile(`/inbox/[0-9a-f-]{36}`).FindString(page)
	if a := s.as(account.System).post(action, nil); a.status != 404 {
		t.Errorf("an administrator opens it: %d", a.status)
	}
	if a := officer.post(action, nil); a.status != 303 || a.header.Get("Location") != "/contacts/2023-DJ-0001" {
		t.Errorf("%d to %q", a.status, a.header.Get("Location"))
	}
	if strings.Contains(officer.get("/").body, `<span class="n">`) {
		t.Error("what was opened is unread")
	}
	for _, bad := range []string{"x", "1.x.1", "1.2.3.4"} {
		if a := officer.get("/inbox?todo=" + bad); a.status != 400 {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
	if a := officer.post("/me/notices", url.Values{"mail": {"once"}, "lang": {"en"}}); a.status != 303 {
		t.Fatal(a.status)
	}
	if page := officer.get("/me/notices?saved=1").body; !strings.Contains(page, `value="once" checked`) || strings.Contains(page, `name="sms" value="1" checked`) || !strings.Contains(page, `value="en" checked`) {
		t.Errorf("%s", page)
	}
}
