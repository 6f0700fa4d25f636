package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
)

// before brings a result that waits at the gate; at is its page.
func (s *site) before(title string) (at string) {
	s.t.Helper()
	s.put(intake.Results, intake.Row{Title: title, Result: &catalog.Result{Kind: catalog.KindResult, Title: title, Abstract: title + "。",
		Completers: []catalog.Completer{{Name: "穆若澜"}}, Organization: "环境学院"}})
	return "/gate/" + s.result(title).Code
}

// gateStep is the form of a step at the gate, in the versions of result and case
// together.
func gateStep(do string, seen int, more ...string) url.Values {
	f := url.Values{"do": {do}, "version": {strconv.Itoa(seen)}, "opened": {"1"}}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

// A step of the gate keeps what was typed for whoever typed it, and nobody's words
// are lost where somebody else was first.
func TestAFormOfTheGateKeepsItsDraft(t *testing.T) {
	s := newSite(t)
	at := s.before("污泥干化")
	li, wang := s.as(account.Officer), s.named("王老师")
	li.get(at).want(http.StatusOK).has(`data-draft="`+at+`/draft`, `id="step-return"`, `name="version" value="1"`, "原因和说明会给完成人看")
	kept := li.post(at+"/draft?at=0&state=waiting", gateStep("return", 1, "reason", "unmeasurable", "text", "误报率怎么测")).want(http.StatusSeeOther)
	if to := kept.header.Get("Location"); to != at+"?at=0&state=waiting#step-return" {
		t.Errorf("it goes on at %s", to)
	}
	li.get(at).has("误报率怎么测</textarea>", `<option value="unmeasurable" selected>`, "存为草稿，尚未提交", "丢弃草稿")
	wang.get(at).hasNot("误报率怎么测")

	// a script saves by itself, and hears that the result was edited meanwhile
	auto := func(b *browser, f url.Values) answer {
		r := b.request("POST", at+"/draft", strings.NewReader(f.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "application/json")
		return b.do(r)
	}
	auto(li, gateStep("return", 1, "reason", "unmeasurable", "text", "误报率如何测定")).want(http.StatusOK).has(`"changed":false`)
	auto(li, gateStep("return", 0, "text", "误报率如何测定")).want(http.StatusOK).has(`"changed":true`)

	// what says that it is classified is neither kept nor shown again
	auto(li, gateStep("return", 1, "text", "本项目密级：机密")).want(http.StatusBadRequest)
	li.post(at+"/move", gateStep("return", 1, "reason", "unmeasurable", "text", "本项目密级：机密")).want(http.StatusBadRequest).hasNot("本项目密级")
	li.get(at).has("误报率如何测定</textarea>").hasNot("本项目密级")

	// what a guard refuses comes back in the form, at its field
	li.post(at+"/move", gateStep("date", 1, "on", "2023-05-01")).want(http.StatusConflict).has(`value="2023-05-01"`, `id="date-on-fault"`).hasNot("已留存为草稿")
	li.post(at+"/move", gateStep("seal", 1, "sure", "no")).want(http.StatusBadRequest).has(`id="seal-sure-fault"`)

	wang.post(at+"/move", gateStep("return", 1, "reason", "missing", "text", "缺指标")).want(http.StatusSeeOther)
	li.post(at+"/move", gateStep("return", 1, "reason", "unmeasurable", "text", "误报率如何测定？")).want(http.StatusConflict).has("王老师已于", "办结此步，您的意见已留存为草稿", "误报率如何测定？")
	li.get(at).has("误报率如何测定？", "没有提交，现在已不能这样办理").has("整改")
	wang.get(at).hasNot("误报率")
	li.post(at+"/draft", gateStep("return", 1, "discard", "1")).want(http.StatusSeeOther)
	li.get(at).hasNot("误报率")
	for name, f := range map[string]url.Values{"a step without a form": gateStep("list", 2), "no step": gateStep("", 2), "no version": {"do": {"return"}}} {
		if a := li.post(at+"/draft", f); a.status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
	manager, _ := s.member(account.Manager)
	manager.post(at+"/draft", gateStep("return", 1)).want(http.StatusForbidden)
}

// A file goes with a step of the gate; who may see the result there may fetch it
// then, and before nobody but who put it in. The pack of the gate has it, a seal
// forgets it.
func TestADocumentGoesWithAStepOfTheGate(t *testing.T) {
	s := newSite(t)
	at := s.before("污泥干化")
	li, wang := s.as(account.Officer), s.named("王老师")
	discipline, _ := s.member(account.Discipline)
	manager, _ := s.member(account.Manager)
	reviewer, _ := s.member(account.Reviewer)
	li.get(at).has(`accept=".pdf,`, "严禁上传、处理国家秘密和工作秘密")

	li.sendFile(at+"/draft", gateStep("return", 1, "reason", "title"), "marked", "批注.pdf", []byte(pdf)).want(http.StatusSeeOther)
	first := documentAt.FindString(li.get(at).has("批注.pdf").body)
	wang.get(at).hasNot("批注.pdf")
	for _, b := range []*browser{wang, discipline} {
		b.get(first).want(http.StatusNotFound)
	}
	for _, b := range []*browser{s.visitor(), reviewer} {
		b.get(first).want(http.StatusForbidden)
	}
	li.sendFile(at+"/draft", gateStep("return", 1), "marked", "批注.docx", []byte(pdf)).want(http.StatusBadRequest).has("文件内容与扩展名 .docx 不符")
	r := li.request("POST", at+"/draft", unread{t})
	r.ContentLength = 2 << 30
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	r.Header.Set("Expect", "100-continue")
	li.do(r).want(http.StatusBadRequest).has("文件超过")

	li.post(at+"/move", gateStep("return", 1, "reason", "title")).want(http.StatusSeeOther)
	if got := documentAt.FindString(wang.get(at).has("批注.pdf").body); got != first {
		t.Errorf("the document stands at %q", got)
	}
	for _, b := range []*browser{li, wang, discipline} {
		if got := b.get(first).want(http.StatusOK); got.body != pdf {
			t.Errorf("%q", got.body)
		}
	}
	manager.get(first).want(http.StatusForbidden) // no case of theirs
	li.get(at).has(`action="`+at+`/pack"`, "下载证据包")
	if files := unzipped(t, li.post(at+"/pack", nil).want(http.StatusOK).body); !strings.Contains(files["document-list.json"], "批注.pdf") || files["review-list.json"] == "" {
		t.Errorf("the pack lists %s", files["document-list.json"])
	}
	manager.post(at+"/pack", nil).want(http.StatusForbidden)

	li.sendFile(at+"/draft", gateStep("resubmit", 2), "mended", "整改.pdf", []byte(pdf+"%")).want(http.StatusSeeOther)
	wang.post(at+"/move", gateStep("seal", 2, "sure", "yes")).want(http.StatusSeeOther)
	li.get(first).want(http.StatusNotFound)
	if page := li.get(at).want(http.StatusOK); documentAt.MatchString(page.body) {
		t.Error("a sealed result shows documents")
	}
	if err := s.db.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := s.db.VerifyJournal(t.Context(), ""); err != nil || len(r.Faults) > 0 {
		t.Error(r, err)
	}
}
