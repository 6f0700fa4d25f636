package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"testing"
	"time"

	"datai/account"
	"datai/contact"
	"datai/store"
)

// A form that was opened in time and sent after the deadline says so, and gives
// back every word.
func TestAFormThatIsSentTooLateLosesNothing(t *testing.T) {
	s := newSite(t)
	s.stock()
	r := s.result("轴承")
	ctx := t.Context()
	code := regexp.MustCompile(`20\d\d-DJ-\d+`).FindString(s.visitor().get("/contact/" + s.asked()).body)
	_, li := s.member(account.Officer)
	out, err := s.contact.Invite(ctx, li, code, 1, contact.Asking{Name: r.Completers[0].Name, Reach: "13800000078"})
	if err != nil {
		t.Fatal(err)
	}
	b, at := s.visitor(), contact.ProfessorPath(out.Secret)
	b.get(at).want(http.StatusOK).has(`name="opened"`)
	if err := s.db.Write(ctx, func(tx *store.Tx) error { // the deadline comes
		c, err := tx.CaseByCode(ctx, code)
		if err != nil {
			return err
		}
		c.Professor.ExpiresAt = noon.UnixMilli()
		if err := tx.SaveCase(ctx, c); err != nil {
			return err
		}
		return tx.EndCaseLinks(ctx, c.ID, contact.Invitation, c.Professor.ExpiresAt)
	}); err != nil {
		t.Fatal(err)
	}
	opened := strconv.FormatInt(noon.Add(-2*time.Minute).UnixMilli(), 10)
	b.post(at, url.Values{"act": {"decline"}, "reason": {"p_field"}, "text": {"希望收到轴承润滑方向"}, "opened": {opened}}).want(http.StatusConflict).
		has("已于 12:00 截止。您 11:58 开始填写", "没有保存", "不是我的方向", "希望收到轴承润滑方向", "重新发送链接")
	b.post(at, url.Values{"act": {"agree"}, "consent": {"1"}, "name": {"沈若川"}, "unit": {"机械学院"}, "reach": {"13900000001"}, "opened": {"x"}}).want(http.StatusConflict).
		has("已于 12:00 截止", "沈若川", "机械学院", "13900000001")
	if c, err := s.contact.Case(ctx, li, code); err != nil || c.Version != 3 || c.Professor.State != contact.Asked {
		t.Errorf("%+v, %v", c.Professor, err)
	}
	b.get(at).want(http.StatusNotFound)
}
