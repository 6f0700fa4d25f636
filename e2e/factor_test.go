package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datai/internal/totptest"

	"github.com/chromedp/chromedp"
)

// TestASecondFactorFromTheInvitationToTheLostPhone sets an authenticator program
// up, signs in by password and code, and once without the telephone.
func TestASecondFactorFromTheInvitationToTheLostPhone(t *testing.T) {
	s := site.desk
	const phrase = "滚动 轴承 早上好"
	axe := string(must(os.ReadFile(filepath.Join("..", "web", "assets", "node_modules", "axe-core", "axe.min.js")))(t))
	p := s.open(t, plain)
	seen := func(name string) {
		t.Helper()
		noKeyShows(t, p)
		js[chromedp.Void](p, axe)
		for _, l := range looks("zh-CN") {
			p.see(l)
			noViolation(t, p, l)
			noOverflow(t, p, l)
			picture(t, p, name, l)
		}
		p.see(plain)
	}
	fill := func(field, text string) { p.do(chromedp.SendKeys(chromedp.CSS(field), text, chromedp.NodeVisible)) }

	s.command(t, "user", "add", "苏验真", "--role", "officer")
	link := strings.TrimSpace(s.command(t, "user", "invite", "苏验真", "--base-url", s.url))
	p.visit(strings.TrimPrefix(link, s.url) + "?password=1")
	p.leave("main form button")
	p.wants("还没有设置")
	seen("factor-none")
	p.leave(`form[action="/me/authenticator/begin"] button`)
	secret := js[string](p, `document.querySelector("#secret").innerText`)
	seen("authenticator")
	fill("#code", "12345")
	p.leave(`form[action="/me/authenticator"] button`)
	p.wants("验证码不正确")
	fill("#code", totptest.Code(secret, time.Now()))
	p.leave(`form[action="/me/authenticator"] button`)
	p.wants("离开本页后不再显示")
	recovery := js[string](p, `document.querySelector(".codes code").innerText`)
	seen("recovery-codes")
	p.visit("/me/security")
	p.wants("还剩 10 个恢复码")
	seen("security-with-factor")
	fill("#password", phrase)
	fill("#again", phrase)
	p.leave(`form[action="/me/security"] button`)

	signIn := func(code string) {
		t.Helper()
		p.visit("/me")
		p.leave(`form[action="/sign-out"] button`)
		p.visit("/sign-in")
		fill("#name", "苏验真")
		fill("#password", phrase)
		p.leave(`form[action="/sign-in"] button`)
		p.wants("两步验证")
		p.visit("/import")
		p.wants("请先完成两步验证")
		p.visit("/sign-in/factor?back=/import")
		fill("#code", code)
		p.leave(`form[action="/sign-in/factor"] button`)
	}
	signIn(totptest.Code(secret, time.Now().Add(30*time.Second))) // that of the setting up was taken
	if at := p.path(); at != "/import" {
		t.Errorf("one comes to %s", at)
	}
	signIn(recovery)
	if at := p.path(); at != "/import" {
		t.Errorf("by a recovery code one comes to %s", at)
	}
	p.visit("/me")
	p.leave(`form[action="/sign-out"] button`)
	p.visit("/sign-in")
	fill("#name", "苏验真")
	fill("#password", phrase)
	p.leave(`form[action="/sign-in"] button`)
	fill("#code", recovery)
	p.leave(`form[action="/sign-in/factor"] button`)
	p.wants("恢复码不正确或已用过")
	seen("factor-wrong")
}
