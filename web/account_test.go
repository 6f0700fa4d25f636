package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
	"datai/inbox"
)

var (
	accountLink = regexp.MustCompile(`href="(/accounts/[0-9a-f-]{36})"`)
	inviteShown = regexp.MustCompile(`https://tt\.example\.edu\.cn(/enter/[A-Za-z0-9_-]{43})`)
)

func TestAnAccountFromNothingToSignedOut(t *testing.T) {
	s := newSite(t)
	admin, _ := s.member(account.System)
	admin.get("/").has(`href="/accounts"`, "系统管理员")
	admin.get("/accounts").want(http.StatusOK).has("不能由同一账号兼任", "共 1 个账号")
	admin.post("/accounts", url.Values{"name": {"周顾问"}, "role": {"system", "audit"}}).want(http.StatusBadRequest).has("不同账号担任", `value="周顾问"`)
	admin.post("/accounts", url.Values{"name": {" "}}).want(http.StatusBadRequest).has("请填写名称")
	at := admin.post("/accounts", url.Values{"name": {"周顾问"}, "role": {"manager"}}).want(http.StatusSeeOther).header.Get("Location")
	admin.post("/accounts", url.Values{"name": {"周顾问"}}).want(http.StatusConflict).has("已有名为「周顾问」")
	admin.get("/accounts?q=zhougu").has("周顾问", "校外技术经理人", "尚未登录过").hasNot(">某system<")
	admin.get("/accounts?role=audit").has("没有符合条件的账号")
	for _, bad := range []string{"?role=king", "?state=x", "?after=x"} {
		admin.get("/accounts" + bad).want(http.StatusBadRequest)
	}
	if got := admin.get("/accounts.csv?role=manager").want(http.StatusOK).body; strings.Count(got, "\n") != 2 || !strings.Contains(got, "周顾问,校外技术经理人,可登录") {
		t.Errorf("the list as a file: %q", got)
	}

	shown := inviteShown.FindStringSubmatch(admin.post(at+"/invite", nil).want(http.StatusOK).has("只显示这一次").body)
	if shown == nil {
		t.Fatal("no link is shown")
	}
	admin.get(at).hasNot(shown[1])
	manager := s.visitor()
	manager.post(shown[1], nil).want(http.StatusSeeOther)
	manager.get("/contacts").want(http.StatusOK).has("校外技术经理人")
	manager.get("/accounts").want(http.StatusForbidden)
	admin.get(at).has("已有人登录过").hasNot(`action="` + at + `/invite"`)
	admin.post(at+"/invite", nil).want(http.StatusConflict)

	admin.post(at+"/roles", url.Values{"version": {"1"}, "role": {"manager", "professor"}}).want(http.StatusSeeOther)
	admin.post(at+"/roles", url.Values{"version": {"1"}, "role": {"officer"}}).want(http.StatusConflict)
	admin.post(at+"/roles", url.Values{"version": {"x"}}).want(http.StatusBadRequest)
	admin.get(at).has("教师")
	admin.post(at+"/state", url.Values{"version": {"2"}, "do": {"disable"}}).want(http.StatusSeeOther)
	manager.get("/contacts").want(http.StatusForbidden).has("请先登录")
	admin.get("/accounts?state=disabled").has("周顾问", "已停用")
	admin.post(at+"/state", url.Values{"version": {"3"}, "do": {"enable"}}).want(http.StatusSeeOther)
	manager.get("/contacts").want(http.StatusForbidden)

	own := accountLink.FindStringSubmatch(admin.get("/accounts?role=system").body)[1]
	admin.get(own).has("不能更改自己的账号").hasNot(`action="` + own)
	admin.post(own+"/roles", url.Values{"version": {"1"}, "role": {"officer"}}).want(http.StatusForbidden)
}

func TestAnOfficerTakesTwoAdministrators(t *testing.T) {
	s := newSite(t)
	admin, _ := s.member(account.System)
	security, _ := s.member(account.Security)
	at := admin.post("/accounts", url.Values{"name": {"沈若川"}, "role": {"officer", "professor"}}).want(http.StatusSeeOther).header.Get("Location")
	admin.get(at).has("待安全管理员确认的角色").hasNot(at+"/confirm", `action="`+at+`/invite"`)
	admin.post(at+"/confirm", url.Values{"version": {"1"}, "do": {"confirm"}}).want(http.StatusForbidden)
	admin.post(at+"/invite", nil).want(http.StatusConflict).has("还待安全管理员确认")
	security.get("/accounts?state=waiting").want(http.StatusOK).has("沈若川", "共 1 个账号")
	security.get(at).want(http.StatusOK).has(`action="`+at+`/confirm"`, "当面或电话").hasNot(`action="` + at + `/invite"`)
	security.post(at+"/confirm", url.Values{"version": {"x"}}).want(http.StatusBadRequest)
	security.post(at+"/confirm", url.Values{"version": {"1"}, "do": {"confirm"}}).want(http.StatusSeeOther)
	security.post(at+"/confirm", url.Values{"version": {"2"}, "do": {"confirm"}}).want(http.StatusConflict)
	admin.get(at).hasNot(`action="` + at + `/invite"`)
	admin.post(at+"/invite", nil).want(http.StatusConflict).has("由安全管理员邀请")
	if shown := inviteShown.FindStringSubmatch(security.post(at+"/invite", nil).want(http.StatusOK).body); shown == nil {
		t.Error("no link is shown")
	}
}

func TestOthersOfTheThreeAdministratorsLook(t *testing.T) {
	s := newSite(t)
	security, _ := s.member(account.Security)
	security.get("/accounts").want(http.StatusOK).has("由系统管理员办理").hasNot(`id="new-account"`)
	audit, _ := s.member(account.Audit)
	audit.get("/permissions").want(http.StatusOK).has("权限表", "指派给本人的", "GET /results/{code}/edit", "/api/v1/contacts/{code}/move")
	if book := audit.get("/permissions.xlsx").want(http.StatusOK); !strings.HasPrefix(book.body, "PK") {
		t.Errorf("the workbook begins with %q", book.body[:10])
	}
	audit.get("/permissions.csv").want(http.StatusOK).has("校外技术经理人,manager,办理对接单,contact.handle,对接单,指派给本人的")
	audit.get("/accounts").want(http.StatusForbidden)
}

func TestTheAuditorReadsTheJournalWithoutItsContents(t *testing.T) {
	s := newSite(t)
	s.stock()
	code := s.result("轴承").Code
	if _, err := s.shelf.ResultContact(t.Context(), console, code); err != nil {
		t.Fatal(err)
	}
	audit, who := s.member(account.Audit)
	audit.get("/journal").want(http.StatusOK).has("操作日志", "查看完整联系方式", "成果上架", "登录", who.Name).hasNot(code, "轴承", "13800000001")
	audit.get("/journal?who=" + url.QueryEscape(who.Name)).has("登录").hasNot("<b>成果上架</b>")
	audit.get("/journal?what=result.list&role=console&from=2023-04-07&till=2023-04-07").has("<b>成果上架</b>").hasNot("<b>登录</b>")
	audit.get("/journal?till=2023-04-06").has("没有符合条件的记录")
	for _, bad := range []string{"?from=x", "?role=king", "?after=x", "?after=1.x"} {
		audit.get("/journal" + bad).want(http.StatusBadRequest)
	}
	audit.get("/journal.csv?what=disclose.contact").want(http.StatusOK).has("查看完整联系方式,disclose.contact,result").hasNot("result.list")
	admin, _ := s.member(account.System)
	admin.get("/journal").want(http.StatusForbidden)
}

func (b *browser) roster(do, name, content string, fields ...string) answer {
	b.s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	w, err := form.CreateFormFile("file", name)
	if err != nil {
		b.s.t.Fatal(err)
	}
	_, _ = w.Write([]byte(content))
	_ = form.WriteField("do", do)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1])
	}
	_ = form.Close()
	r := b.request("POST", "/accounts/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

func TestAListOfPeopleIsLookedAtAndTaken(t *testing.T) {
	const list = "工号,姓名,单位,类别,手机,状态\nT1,沈若川,机械学院,教师,13800000001,在职\nT2,沈若川,城建学部,教师,,在职\nT3,罗静姝,机械学院,教师,138,在职\n"
	s := newSite(t)
	admin, _ := s.member(account.System)
	admin.get("/accounts").has(`href="/accounts/import"`)
	admin.get("/accounts/import").want(http.StatusOK).has("先检查，不写入")
	admin.roster("look", "名单.csv", list).want(http.StatusOK).has("名单.csv", "没有改动任何账号。新增 2", "第 4 行「手机」").hasNot("13800000001")
	admin.get("/accounts").hasNot("沈若川")
	admin.roster("take", "名单.csv", list).want(http.StatusOK).has("新增 2，更新 0")
	admin.get("/accounts").has("沈若川（T2）", "教师")
	admin.roster("take", "名单.csv", "工号,姓名\nT1,沈若川\n", "full", "1").has("沈若川（T2）（T2）", "未停用")
	admin.roster("take", "名单.csv", list, "leavers", "disable").want(http.StatusConflict).has("没有停用任何人")
	admin.roster("take", "名单.csv", "工号,姓名\nT1,沈若川\n", "leavers", "disable").has("已停用其中 1 个账号")
	admin.get("/accounts?state=disabled").has("沈若川（T2）")
	back := admin.roster("back", "名单.csv", list+"T4,涉密人员（秘密★10年）,机械学院,教师,1,在职\n").want(http.StatusOK)
	if kind := back.header.Get("Content-Disposition"); !strings.Contains(kind, "attachment") || !strings.HasPrefix(back.header.Get("Content-Type"), "text/csv") {
		t.Errorf("the refused rows come back as %q, %q", kind, back.header.Get("Content-Type"))
	}
	back.has("工号,姓名,单位,类别,手机,状态,不接收原因", "T3,罗静姝,机械学院,教师,138,在职,「手机」：").hasNot("T1,", "T4")
	admin.roster("back", "名单.csv", "工号,姓名\nT1,沈若川\n").want(http.StatusOK).has("无变化 1", "<h2")
	for name, content := range map[string]string{"a.csv": "", "b.csv": "姓名,单位\n沈若川,机械学院\n", "": "x"} {
		admin.roster("take", name, content).want(http.StatusBadRequest).has(`role="alert"`)
	}
	admin.post("/accounts/import", url.Values{}).want(http.StatusBadRequest)
	if n := s.uploadsLeft(); n != 0 {
		t.Errorf("%d uploads are left on the disk", n)
	}
}

func TestAnInvitationIsSentToItsOwner(t *testing.T) {
	s := newSite(t)
	s.inbox.Channels = inbox.Channels{Mail: true}
	admin, _ := s.member(account.System)
	admin.roster("take", "名单.csv", "工号,姓名,邮箱\nT1,沈若川,shen@example.edu.cn\nT2,罗静姝,\n").want(http.StatusOK)
	at := map[string]string{}
	for _, name := range []string{"沈若川", "罗静姝"} {
		at[name] = accountLink.FindStringSubmatch(admin.get("/accounts?q=" + url.QueryEscape(name)).body)[1]
	}
	admin.get(at["罗静姝"]).has("生成邀请链接").hasNot("发送邀请<")
	admin.post(at["罗静姝"]+"/invite", url.Values{"do": {"send"}}).want(http.StatusConflict).has("没有可用来发送邀请")
	admin.get(at["沈若川"]).has("发送邀请<")
	admin.post(at["沈若川"]+"/invite", url.Values{"do": {"send"}}).want(http.StatusOK).has("邀请已发往 ").hasNot("/enter/", "shen@example.edu.cn")
}
