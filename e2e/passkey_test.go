package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// named starts a server under a name: under a number there are no passkeys.
func named(t *testing.T) *server {
	t.Helper()
	s, stop, err := startServer(filepath.Join(t.TempDir(), "named"), "--addr", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// device gives the tab a device that holds passkeys and whose owner agrees.
func (p *page) device() webauthn.AuthenticatorID {
	p.t.Helper()
	call(p, webauthn.Enable, webauthn.EnableParams{})
	return call(p, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}}).AuthenticatorID
}

// TestAPasskeyLetsItsOwnerIn adds a passkey, signs in by it without a name, and
// finds it worth nothing once it was removed.
func TestAPasskeyLetsItsOwnerIn(t *testing.T) {
	s := named(t)
	p := s.open(t, plain)
	device := p.device()
	p.visit(s.enterLink(t, "办公室")[len(s.url):])
	p.leave("main form button")
	p.visit("/me/passkeys")
	p.wants("还没有通行密钥")
	p.leave("pass-key form button")
	p.wants("尚未使用")
	if held := call(p, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: device}).Credentials; len(held) != 1 || !held[0].IsResidentCredential {
		t.Fatalf("the device holds %d passkeys", len(held))
	}
	// The same device makes no second one for the same account.
	p.click("pass-key form button")
	p.until("a reason", `document.querySelector("pass-key [role=alert]").innerText.includes("可能已经添加过")`)

	p.visit("/me")
	p.leave("form[action='/sign-out'] button")
	p.visit("/me")
	p.wants("登录")
	p.visit("/sign-in")
	p.leave("pass-key form button")
	p.visit("/me/passkeys")
	p.wants("最近使用")
	axe := must(os.ReadFile(filepath.Join("..", "web", "assets", "node_modules", "axe-core", "axe.min.js")))(t)
	for _, lang := range []string{"en", "zh-CN"} {
		for _, at := range []string{"/sign-in", "/me/passkeys"} {
			p.visit("/language/" + lang)
			p.visit(at)
			noKeyShows(t, p)
			js[chromedp.Void](p, string(axe))
			for _, l := range looks(lang) {
				p.see(l)
				noViolation(t, p, l)
				noOverflow(t, p, l)
				picture(t, p, "passkeys"+strings.ReplaceAll(at, "/", "-"), l)
			}
		}
	}
	p.leave(".rows form button")
	p.wants("还没有通行密钥")
	p.visit("/me")
	p.leave("form[action='/sign-out'] button")
	p.visit("/sign-in")
	p.leave("pass-key form button")
	p.wants("通行密钥没有被接受")
}
