package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/document"
	"datai/store"
	"datai/web"

	"github.com/google/uuid"
)

// oneCase opens a case on a public result; officer is somebody who handles it.
func (s *site) oneCase() (path string, officer *browser) {
	s.t.Helper()
	s.stock()
	at := "/results/" + s.result("轴承").Code + "/connect"
	b := s.visitor()
	b.get(at)
	b.post(at, connectForm()).want(http.StatusSeeOther)
	return "/contacts/2023-DJ-0001", s.as(account.Officer)
}

func step(do, version, next string) url.Values {
	return url.Values{"do": {do}, "version": {version}, "next": {next}, "opened": {"1"}}
}

func TestADraftIsKeptUntilTheStepIsTaken(t *testing.T) {
	s := newSite(t)
	path, li := s.oneCase()
	wang := s.named("王老师")
	li.post(path+"/draft", step("meet", "1", "周四带样品来")).want(http.StatusSeeOther)
	li.get(path).has("周四带样品来</textarea>", `id="step-meet" open`, "存为草稿，尚未提交", "丢弃草稿")
	wang.get(path).hasNot("周四带样品来")

	// a script saves by itself and hears when
	r := li.request("POST", path+"/draft", strings.NewReader(step("meet", "1", "周五带样品来").Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	li.do(r).want(http.StatusOK).has(`"changed":false`, "存为草稿")
	li.get(path).has("周五带样品来</textarea>").hasNot("周四")

	li.post(path+"/draft", url.Values{"do": {"drop"}, "version": {"1"}, "reason": {"other"}, "text": {"还在想"}}).want(http.StatusSeeOther)
	li.get(path).has("还在想</textarea>", `<option value="other" selected>`)
	li.post(path+"/draft", url.Values{"do": {"drop"}, "version": {"1"}, "discard": {"1"}}).want(http.StatusSeeOther)
	li.get(path).hasNot("还在想")

	li.post(path+"/move", step("meet", "1", "周五带样品来")).want(http.StatusSeeOther)
	li.get(path).hasNot("尚未提交", "丢弃草稿")
	for name, form := range map[string]url.Values{"a step that is taken by no form": step("late", "1", "x"), "no step": step("", "1", "x"), "no version": step("meet", "", "x")} {
		if a := li.post(path+"/draft", form); a.status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
	li.post("/contacts/2023-DJ-9999/draft", step("meet", "1", "x")).want(http.StatusNotFound)
}

// Of two officers over one case the second keeps what was written, and reads who
// was first.
func TestWhoComesSecondKeepsTheDraft(t *testing.T) {
	s := newSite(t)
	path, li := s.oneCase()
	wang := s.named("王老师")
	li.post(path+"/move", step("meet", "1", "已打电话")).want(http.StatusSeeOther)
	refused := wang.post(path+"/move", step("meet", "1", "我想周一约见")).want(http.StatusConflict)
	if !regexp.MustCompile(`李老师已于 \d\d:\d\d 办结此步，您的意见已留存为草稿。`).MatchString(refused.body) {
		t.Errorf("the page does not say who was first")
	}
	refused.has("我想周一约见")
	wang.get(path).has("我想周一约见", "没有提交，现在已不能这样办理")
	li.get(path).hasNot("我想周一约见")
	wang.post(path+"/draft", url.Values{"do": {"meet"}, "version": {"1"}, "discard": {"1"}}).want(http.StatusSeeOther)
	wang.get(path).hasNot("我想周一约见")

	// a step that can still be taken comes back in its form, with the new version
	li.post(path+"/move", step("note", "2", "换了时间")).want(http.StatusSeeOther)
	wang.post(path+"/move", step("talk", "2", "带图纸")).want(http.StatusConflict).has("李老师已于", "改动了这件事（记了下一步）", "带图纸</textarea>", `name="version" value="3"`)
	wang.post(path+"/move", step("talk", "3", "带图纸")).want(http.StatusSeeOther)

	// the case is over: nobody's draft outlives it, but what comes later is kept
	wang.post(path+"/draft", step("quote", "4", "报价草稿")).want(http.StatusSeeOther)
	li.post(path+"/move", url.Values{"do": {"drop"}, "version": {"4"}, "reason": {"maturity"}}).want(http.StatusSeeOther)
	wang.get(path).hasNot("报价草稿")
	wang.post(path+"/move", step("quote", "4", "报价写好了")).want(http.StatusConflict).has("李老师已于", "报价写好了")
	wang.get(path).has("报价写好了")
}

const pdf = "%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"

// sendFile sends a form with a file as a browser does.
func (b *browser) sendFile(path string, fields url.Values, field, name string, content []byte) answer {
	b.s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key := range fields {
		if err := form.WriteField(key, fields.Get(key)); err != nil {
			b.s.t.Fatal(err)
		}
	}
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": field, "filename": name})}})
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		b.s.t.Fatal(err)
	}
	r := b.request("POST", path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

var documentAt = regexp.MustCompile(`/documents/[0-9a-f-]{36}`)

func TestADocumentGoesWithItsStep(t *testing.T) {
	s := newSite(t)
	path, li := s.oneCase()
	wang := s.named("王老师")
	li.post(path+"/move", step("talk", "1", "")).want(http.StatusSeeOther)
	li.get(path).has("严禁上传、处理国家秘密和工作秘密", `accept=".pdf,`, `enctype="multipart/form-data"`)

	li.sendFile(path+"/draft", step("secure", "2", "已寄出"), "agreement", "保密协议 v1.pdf", []byte(pdf)).want(http.StatusSeeOther)
	page := li.get(path).has("保密协议 v1.pdf", "已寄出</textarea>")
	first := documentAt.FindString(page.body)
	wang.get(path).hasNot("保密协议 v1.pdf")
	wang.get(first).want(http.StatusNotFound)
	s.visitor().get(first).want(http.StatusForbidden)
	got := li.get(first).want(http.StatusOK)
	if got.body != pdf || got.header.Get("Content-Type") != "application/pdf" || got.header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment; filename*=utf-8''") || got.header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%q %v", got.body, got.header)
	}

	// taken out and put in again, with the step itself
	li.post(path+"/draft", url.Values{"do": {"secure"}, "version": {"2"}, "next": {"已寄出"}, "remove": {strings.TrimPrefix(first, "/documents/")}}).want(http.StatusSeeOther)
	li.get(path).has("已寄出</textarea>").hasNot("保密协议 v1.pdf")
	li.get(first).want(http.StatusNotFound)
	li.sendFile(path+"/move", step("secure", "2", "已签回"), "agreement", `C:\fakepath\保密协议 v2.pdf`, []byte(pdf)).want(http.StatusSeeOther)

	page = wang.get(path).has("保密协议 v2.pdf", "已签回")
	second := documentAt.FindString(page.body)
	if got := wang.get(second).want(http.StatusOK); got.body != pdf {
		t.Errorf("%q", got.body)
	}
	li.post(path+"/draft", url.Values{"do": {"quote"}, "version": {"3"}, "remove": {strings.TrimPrefix(second, "/documents/")}}).want(http.StatusConflict).has("不能移除")

	// the pack has it, beside the entry that names its hash
	pack := li.post(path+"/pack", nil).want(http.StatusOK)
	z, err := zip.NewReader(strings.NewReader(pack.body), int64(len(pack.body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(pdf)))
	if files["documents/"+sum[:24]+".pdf"] != pdf {
		t.Errorf("the document is not in the pack: %d files", len(files))
	}
	for name, texts := range map[string][]string{"index.html": {"保密协议 v2.pdf", "documents/" + sum[:24] + ".pdf", sum, "documents&#34;:&#34;" + sum},
		"document-list.json": {sum, `"step": "secure"`}, "sha256sums.txt": {sum + "  documents/" + sum[:24] + ".pdf"}} {
		for _, text := range texts {
			if !strings.Contains(files[name], text) {
				t.Errorf("%s lacks %q", name, text)
			}
		}
	}
	if strings.Contains(s.log.String(), "保密协议") {
		t.Error("the log names a file")
	}
}

// sentDocument lays a document into the case of a kind with that code, as one that
// came with a step, and returns its id.
func (s *site) sentDocument(kind, code string) string {
	s.t.Helper()
	d := document.Document{ID: uuid.New(), Kind: kind, Case: uuid.New(), Code: code, Action: "secure", Field: "agreement", Event: 1, Account: uuid.New(),
		Name: "协议.pdf", Type: "pdf", Size: int64(len(pdf)), Hash: sha256.Sum256([]byte(pdf)), AddedAt: 1}
	if err := s.db.Write(s.t.Context(), func(tx *store.Tx) error {
		if err := tx.SavePart(s.t.Context(), d.Hash, 0, uuid.New(), 1, []byte(pdf)); err != nil {
			return err
		}
		return tx.AddDocument(s.t.Context(), d)
	}); err != nil {
		s.t.Fatal(err)
	}
	return d.ID.String()
}

func TestHostileDocuments(t *testing.T) {
	s := newSite(t, func(c *web.Config) {
		c.MaxDocument = 4 << 10
		c.SecretName = func(name string) bool { return strings.Contains(name, "机密") }
		c.Scan = func(_ context.Context, f *os.File) error {
			if text, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<20)); err == nil && bytes.Contains(text, []byte("EICAR")) {
				return catalog.Refuse(catalog.Invalid, "import.infected")
			}
			return nil
		}
	})
	path, li := s.oneCase()
	li.post(path+"/move", step("talk", "1", "")).want(http.StatusSeeOther)
	long := strings.Repeat("x", 300)
	for _, x := range []struct {
		what, name string
		content    string
		has        string
	}{
		{"another ending", "合同.exe", pdf, "不是可以接收的文件类型"},
		{"an archive", "合同.zip", "PK\x03\x04", "解压"},
		{"no ending", "合同", pdf, "不是可以接收的文件类型"},
		{"two endings", "合同.pdf.exe", pdf, "不是可以接收的文件类型"},
		{"written from right to left", "合同\u202Efdp.exe", pdf, "不是可以接收的文件类型"},
		{"a program called a document", "合同.pdf", "MZ\x90\x00", "文件内容与扩展名 .pdf 不符"},
		{"a page called a picture", "照片.png", "<script>alert(1)</script>", "文件内容与扩展名 .png 不符"},
		{"a document called a workbook", "报价.xlsx", pdf, "文件内容与扩展名 .xlsx 不符"},
		{"a zip called a document", "合同.docx", "PK\x03\x04" + long, "文件内容与扩展名 .docx 不符"},
		{"a compound file that is none", "合同.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + long, "文件内容与扩展名 .doc 不符"},
		{"an empty one", "合同.pdf", "", "是空文件"},
		{"a large one", "合同.pdf", pdf + strings.Repeat(" ", 4<<10), "文件超过"},
		{"an infected one", "合同.pdf", pdf + "EICAR", "病毒"},
		{"a secret one", "机密合同.pdf", pdf, "不接收涉密"},
	} {
		a := li.sendFile(path+"/draft", step("secure", "2", "不要丢"), "agreement", x.name, []byte(x.content))
		if a.want(http.StatusBadRequest).has(x.has, "不要丢</textarea>", `id="secure-agreement-fault"`); t.Failed() {
			t.Fatalf("%s: %s", x.what, x.name)
		}
	}
	if documentAt.MatchString(li.get(path).body) {
		t.Error("something that was refused is kept")
	}
	if s.uploadsLeft() > 0 {
		t.Error("an upload is left on the disk")
	}

	// names are shown as they end, and lead nowhere
	for name, shown := range map[string]string{`../../etc/passwd/合同.pdf`: "合同.pdf", `..\..\windows\合同 2.pdf`: "合同 2.pdf", "fdp\u202E.合同.pdf": "fdp.合同.pdf", "a\x00b\r\n.pdf": "ab .pdf"} {
		li.sendFile(path+"/draft", step("secure", "2", ""), "agreement", name, []byte(pdf)).want(http.StatusSeeOther)
		page := li.get(path).has(">"+shown+"</a>").hasNot("etc", "windows", "\u202E")
		li.post(path+"/draft", url.Values{"do": {"secure"}, "version": {"2"}, "remove": {strings.TrimPrefix(documentAt.FindString(page.body), "/documents/")}}).want(http.StatusSeeOther)
	}
	for range 5 {
		li.sendFile(path+"/draft", step("secure", "2", ""), "agreement", "合同.pdf", []byte(pdf)).want(http.StatusSeeOther)
	}
	li.sendFile(path+"/draft", step("secure", "2", ""), "agreement", "合同.pdf", []byte(pdf)).want(http.StatusBadRequest).has("文件过多，最多 5 个")
	li.sendFile(path+"/draft", step("secure", "2", ""), "next", "合同.pdf", []byte(pdf)).want(http.StatusBadRequest)
	li.sendFile(path+"/draft", step("sign", "2", ""), "signed", "合同.pdf", []byte(pdf)).want(http.StatusConflict).has("您的意见已留存为草稿")

	// what says that it is too large is refused before it is read
	r := li.request("POST", path+"/draft", unread{t})
	r.ContentLength = 2 << 30
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	r.Header.Set("Expect", "100-continue")
	li.do(r).want(http.StatusBadRequest).has("文件超过")
	// and so is what does not say it
	r = li.request("POST", path+"/draft", io.MultiReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"do\"\r\n\r\nsecure\r\n--b\r\nContent-Disposition: form-data; name=\"agreement\"; filename=\"a.pdf\"\r\n\r\n"), strings.NewReader(strings.Repeat("x", 300<<10))))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	li.do(r).want(http.StatusBadRequest)
}

// unread is a body that must not be asked for.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}
