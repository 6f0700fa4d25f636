package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// dropFiles are the messy sheets of testdata/drop.
func dropFiles(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", "drop"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		files = append(files, must(filepath.Abs(filepath.Join("testdata", "drop", e.Name())))(t))
	}
	return files
}

// TestAFolderOfMessySheets goes the whole way with several files at once: what
// each lacks, own columns, possible duplicates, one click, the shelf.
func TestAFolderOfMessySheets(t *testing.T) {
	p := site.desk.open(t, plain, site.desk.officer(t))
	p.visit("/import")
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), dropFiles(t)))
	p.until("the list of files", "document.querySelectorAll('[data-files] li').length === 6")
	look1(t, p, "chosen")
	p.leave("import-file form button[type=submit]")
	p.until("the end of the reading", "document.querySelector('form[action$=\"/apply\"]')")
	drop := p.path()

	// Kinds are recognised, what cannot be used says why, every lack has its rows.
	for _, want := range []string{"一起导入的 6 个文件", "需求", "专利", "11 条中 5 条可用", "成果名称", "没有填写", "第 3、6 行", "申请号", "校验位不对",
		"涉密或内部", "填表说明.txt", "土建学院-自制表.csv", "没有找到「成果名称」一列", "写入全部可用的 5 行", "疑似重复"} {
		p.wants(want)
	}
	if p.has("不该留下") {
		t.Error("a classified row is shown")
	}
	look1(t, p, "drop")

	// The home-made sheet: somebody says what its columns are, once.
	p.leave("a[href$='/columns']")
	p.wants("夯土墙含水的声波听诊")
	look1(t, p, "columns")
	for header, field := range map[string]string{"叫什么": "title", "谁做的": "completers", "干什么用": "abstract", "在哪个院": "organization"} {
		if !js[bool](p, `(() => { for (const r of document.querySelectorAll(".map tbody tr")) if (r.querySelector("th").innerText.trim() === `+quote(header)+`) { r.querySelector("select").value = `+quote(field)+`; return true } return false })()`) {
			t.Fatalf("no column %s", header)
		}
	}
	p.leave("form[action$='/columns'] button[type=submit].btn:not(.ghost)")
	p.until("the end of the reading", "document.querySelector('form[action$=\"/apply\"]')")
	p.wants("将写入 2 行")
	p.wants("按上次的对应关系读取")

	// Possible duplicates side by side.
	p.visit(drop)
	p.wants("13 条中 7 条可用")
	p.leave("a[href$='/alike']")
	p.wants("名称相同")
	p.wants("供水管网噪声相关检漏终端与漏点定位方法")
	if n := js[int](p, "document.querySelectorAll('.pair tr.differs mark').length"); n == 0 {
		t.Error("nothing that differs is marked")
	}
	look1(t, p, "alike")
	p.click(".pair:nth-of-type(1) input[value=same]")
	p.click(".pair:nth-of-type(2) input[value=apart]")
	p.leave(".alikes button[type=submit]")
	p.wants("将写入 2 行")

	// One click writes everything that can be used; the next step is in sight.
	p.visit(drop)
	p.wants("写入全部可用的 9 行")
	p.leave("form[action$='/apply'] button")
	p.wants("已写入 9 行")
	look1(t, p, "drop-applied")
	p.leave("a.btn[href='/gate']")
	for _, want := range []string{"雾凇霜膜的静电消除涂层", "夯土墙含水的声波听诊", "一种梯田渗流的浮标观测方法", "供水管网噪声相关检漏终端与漏点定位的方法"} {
		p.wants(want)
	}
	pass(p, "夯土墙含水的声波听诊")
	visitor := site.desk.open(t, plain)
	visitor.visit("/results?q=" + "夯土墙")
	visitor.wants("夯土墙含水的声波听诊")

	// The same layout again, in the terminal: read as last time. The same rows
	// again: nothing is asked.
	for _, file := range []string{"土建学院-自制表.csv", "二次报送.csv"} {
		out := site.desk.command(t, "import", "results", filepath.Join("testdata", "drop", file), "--json")
		if !strings.HasPrefix(out, `{"rows":2,"new":0,"changed":0,"unchanged":2,"refused":[]}`) {
			t.Errorf("%s again: %s", file, out)
		}
	}
	p.visit("/import/mappings")
	look1(t, p, "mappings")
	p.click(".mapping summary")
	p.wants("谁做的")
	p.leave(".mapping button[name=forget]")
	p.wants("还没有记住任何表头")
}

// look1 looks at the page in every size and theme, and where it stays what it is
// when it is loaded anew, in the other language too.
func look1(t *testing.T, p *page, name string) {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join("..", "web", "assets", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "zh-CN"} {
		if name == "chosen" && lang == "en" {
			continue
		}
		if name != "chosen" {
			call(p, network.SetCookie, network.SetCookieParams{Name: "lang", Value: lang, URL: p.at.url})
			p.visit(p.path())
			noKeyShows(t, p)
		}
		js[chromedp.Void](p, string(axe))
		for _, l := range looks(lang) {
			p.see(l)
			noViolation(t, p, l)
			noOverflow(t, p, l)
			picture(t, p, "import-"+name, l)
		}
	}
	p.see(plain)
}
