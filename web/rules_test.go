package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/store"
)

func TestAnybodySeesTheRules(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	b.get("/rules").want(http.StatusOK).has("协议定价公示期", "15 天", "原文待核", "中华人民共和国促进科技成果转化法", "50%", "17:00", "R3", "notice-price@2017-01-01/").
		hasNot("/rules/notice-price", "一年未实施转化的时钟", "本校的决定")
	b.get("/rules?region=CN-BJ&on=2023-04-07").want(http.StatusOK).has("一年未实施转化的时钟", "70%", "提前 20 个工作日", "2023 年工作日历", "国办发明电〔2022〕16号", "2023年5月6日")
	b.get("/rules?region=CN-BJ&on=2019-06-01").want(http.StatusOK).has("2019 年的放假安排尚未收录", "即将变化", "2020年1月1日").hasNot(`id="exploit-clock"`)
	b.get("/rules?on=1950-01-01").want(http.StatusOK).has("这一天没有收录任何规则")
	b.get("/rules?on=31.2.2026").want(http.StatusOK).has("不是日期", "31.2.2026")
	b.get("/rules?region=CN-XX").want(http.StatusNotFound).has("没有收录「CN-XX」的规则")
	b.get("/rules/contact-answer").want(http.StatusForbidden)
	b.post("/rules/contact-answer", nil).want(http.StatusForbidden)
}

var seen = regexp.MustCompile(`name="after" value="(\d+)"`)

// after is the number of the last decision that a page knows.
func after(t *testing.T, page answer) string {
	t.Helper()
	m := seen.FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("no number in %s", page.body)
	}
	return m[1]
}

func TestAnOfficerDecidesARule(t *testing.T) {
	s := newSite(t)
	b := s.as(account.Officer)
	today := s.rules.Today().String()
	page := b.get("/rules/notice-price").want(http.StatusOK).has("现行", "15 天", "学校只能更严")
	form := func(change ...string) url.Values {
		v := url.Values{"after": {after(t, page)}, "amount": {"20"}, "unit": {"workday"}, "from": {today}, "reason": {"校长办公会第 3 号"}, "do": {"preview"}}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	for _, bad := range []struct{ field, value, says string }{
		{"amount", "14", "不得低于 15 天"},
		{"amount", "zwanzig", "请写一个数值"},
		{"unit", "month", "不得低于 15 天"},
		{"from", "2020-01-01", "不追溯"},
		{"from", "2199-01-01", "最晚可以设定到"},
		{"from", "soon", "请写一个日期"},
		{"reason", " ", "请写理由或依据"},
		{"reason", strings.Repeat("长", 201), "不超过 200 字"},
	} {
		for _, do := range []string{"preview", "decide"} {
			b.post("/rules/notice-price", form(bad.field, bad.value, "do", do)).want(http.StatusBadRequest).has(bad.says)
		}
	}
	b.get("/rules").hasNot("本校自定</span>")
	b.post("/rules/notice-price", form()).want(http.StatusOK).has("尚未生效", "15 天 → 20 个工作日", "确认设定", "例：")
	b.get("/rules").hasNot("本校自定</span>") // a preview decides nothing
	b.post("/rules/notice-price", form("do", "decide")).want(http.StatusSeeOther)
	b.get("/rules?done=1").has("已设定", "20 个工作日", "本校自定", "校长办公会第 3 号", "notice-price@"+today+"/", "本校的决定")
	b.post("/rules/notice-price", form("do", "decide", "amount", "25")).want(http.StatusConflict).has("有人设定了别的规则", "25")
	s.visitor().get("/rules").has("20 个工作日").hasNot("本校的决定")
	page = b.get("/rules/notice-price")
	b.post("/rules/notice-price", form("do", "decide", "back", "1", "reason", "恢复")).want(http.StatusSeeOther)
	b.get("/rules").hasNot("本校自定</span>")
	page = b.get("/rules/patent-term-design").want(http.StatusOK)
	b.post("/rules/patent-term-design", form("amount", "16", "unit", "year")).want(http.StatusBadRequest).has("不可更改")
	b.get("/rules/no-such").want(http.StatusNotFound).has("没有名为「no-such」的规则")
	entries := s.entries()
	if !slices.ContainsFunc(entries, func(v string) bool {
		return strings.HasPrefix(v, "rule.value") && strings.Contains(v, "value:20 workday") && strings.Contains(v, "key:notice-price")
	}) {
		t.Errorf("the journal lacks the decision: %q", entries)
	}
	for _, v := range entries {
		if strings.Contains(v, "办公会") {
			t.Errorf("the journal holds a reason: %s", v)
		}
	}
}

func TestValuesOfEveryKind(t *testing.T) {
	s := newSite(t)
	b := s.as(account.Officer)
	today := s.rules.Today().String()
	for _, e := range []struct {
		key    string
		form   url.Values
		status int
		shown  string
	}{
		{"reward-transfer", url.Values{"amount": {"72.5"}, "unit": {"ppm"}}, http.StatusSeeOther, "72.5%"},
		{"reward-transfer", url.Values{"amount": {"49.99"}, "unit": {"ppm"}}, http.StatusBadRequest, ""},
		{"reward-transfer", url.Values{"amount": {"72.00005"}, "unit": {"ppm"}}, http.StatusBadRequest, ""},
		{"deadline-close", url.Values{"amount": {"24:00"}, "unit": {"minute"}}, http.StatusSeeOther, "24:00"},
		{"deadline-close", url.Values{"amount": {"17"}, "unit": {"minute"}}, http.StatusBadRequest, ""},
		{"deadline-close", url.Values{"amount": {"24:01"}, "unit": {"minute"}}, http.StatusBadRequest, ""},
		{"count-first", url.Values{"choice": {"next_workday"}}, http.StatusSeeOther, "自下一个工作日起算"},
		{"count-first", url.Values{"choice": {"yesterday"}}, http.StatusBadRequest, ""},
		{"office-region", url.Values{"choice": {"CN-BJ"}}, http.StatusSeeOther, "一年未实施转化的时钟"},
	} {
		page := b.get("/rules/" + e.key).want(http.StatusOK)
		e.form.Set("after", after(t, page))
		e.form.Set("from", today)
		e.form.Set("reason", "试行")
		e.form.Set("do", "decide")
		b.post("/rules/"+e.key, e.form).want(e.status)
		if e.shown != "" {
			b.get("/rules").has(e.shown)
		}
	}
}

func TestAnOfficerDecidesDays(t *testing.T) {
	s := newSite(t)
	b := s.as(account.Officer)
	today := s.rules.Today()
	for today.Weekday() != 1 {
		today++
	}
	from, to := (today + 7).String(), (today + 9).String() // Monday to Wednesday of a week without holidays
	page := b.get("/rules/calendar").want(http.StatusOK).has("自定的休息日")
	form := func(change ...string) url.Values {
		v := url.Values{"after": {after(t, page)}, "from": {from}, "to": {to}, "kind": {"off"}, "name": {"校庆"}, "do": {"preview"}}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	for _, bad := range []struct{ field, value, says string }{
		{"from", "2020-01-01", "不追溯"},
		{"to", today.String(), "最后一天不能早于第一天"},
		{"to", "x", "请写一个日期"},
		{"name", "", "请写名称"},
		{"kind", "half", "表单"},
	} {
		b.post("/rules/calendar", form(bad.field, bad.value)).want(http.StatusBadRequest).has(bad.says)
	}
	b.post("/rules/calendar", form()).want(http.StatusOK).has("其中 3 天与现在不同", "确认设定")
	b.post("/rules/calendar", form("do", "decide")).want(http.StatusSeeOther)
	b.get("/rules?year="+from[:4]).has("校庆", "休息")
	b.post("/rules/calendar", form("do", "decide")).want(http.StatusConflict)
	page = b.get("/rules/calendar")
	b.post("/rules/calendar", form("do", "decide", "kind", "public", "from", to, "name", "校庆缩短")).want(http.StatusSeeOther)
	book, err := s.rules.Book(t.Context())
	if err != nil || len(book.Calendar().OwnDays()) != 2 {
		t.Errorf("own days: %v, %v", book.Calendar().OwnDays(), err)
	}
	s.as(account.System).get("/rules/calendar").want(http.StatusForbidden)
}

// entries are the entries of the journal with what they hold.
func (s *site) entries() []string {
	s.t.Helper()
	var out []string
	if err := s.db.Sequence(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if err := s.db.Read(s.t.Context(), func(tx *store.Tx) error {
		all, err := tx.EntriesAfter(s.t.Context(), 0, 1000)
		for _, e := range all {
			out = append(out, fmt.Sprint(e.Verb, e.Body))
		}
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return out
}
