package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
)

// sent is a file of a drop.
type sent struct{ kind, name, content string }

// drop brings several files at once.
func (b *browser) drop(kind string, files ...sent) answer {
	b.s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("kind", kind)
	for _, f := range files {
		if f.kind != "" {
			_ = form.WriteField("file-kind", f.kind)
		}
		w, err := form.CreateFormFile("file", f.name)
		if err != nil {
			b.s.t.Fatal(err)
		}
		_, _ = w.Write([]byte(f.content))
	}
	_ = form.Close()
	r := b.request("POST", "/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

// read waits until the files of a drop have been read and returns its page.
func read(t *testing.T, b *browser, at string) answer {
	t.Helper()
	for range 2000 {
		if page := b.get(at); !strings.Contains(page.body, "every 1s") {
			return page
		}
	}
	t.Fatal("the files are not read to their end")
	return answer{}
}

func TestADropOfSeveralFiles(t *testing.T) {
	s := newSite(t)
	officer := s.as(account.Officer)
	at := officer.drop("auto",
		sent{"", "成果.csv", sheet},
		sent{"", "需求/企业.csv", "技术需求名称,需求详情,单位名称\n裂缝,楼板裂了,示例企业\n"},
		sent{"", ".DS_Store", "x"}, sent{"", "~$成果.csv", "x"},
		sent{"", "空.csv", ""},
		sent{"", "机密成果汇总.csv", sheet},
		sent{"parties", "名单.csv", "名称,简介\n示例企业,做楼板\n"},
		sent{"", "自制.csv", "叫什么,讲什么\n一项自制表里的成果,说明\n"},
	).want(http.StatusSeeOther).header.Get("Location")
	if !strings.HasPrefix(at, "/drops/") {
		t.Fatalf("led to %s", at)
	}
	page := read(t, officer, at).has("一起导入的 6 个文件", "5 条中 3 条可用", "2 条各缺一些内容", "企业.csv", "名单.csv", "单位", "没有填写", "第 4 行",
		"文件是空的", "名称未保存", "文件未保存", "没有找到「成果名称」一列", "写入全部可用的 3 行").hasNot("DS_Store", "机密成果", "不可保存的正文")
	if n := s.uploadsLeft(); n != 0 {
		t.Errorf("%d uploads have a name on the disk", n)
	}
	if len(s.results()) != 0 {
		t.Fatal("something was written before anybody said so")
	}
	// Others may not look.
	s.visitor().get(at).want(http.StatusForbidden)
	s.visitor().post(at+"/apply", nil).want(http.StatusForbidden)

	// The refused rows of one file come back without the classified one.
	link := regexp.MustCompile(`/import/[^"]+/refused`).FindString(page.body)
	back := officer.get(link).want(http.StatusOK).has("成果名称,成果简介,成果应用领域,密级,不接收原因", "没有名称,先进材料").hasNot("不可保存的正文", "给掘进机刀具")
	if d := back.header.Get("Content-Disposition"); !strings.Contains(d, "attachment") || !strings.Contains(back.header.Get("Content-Type"), "csv") {
		t.Errorf("%s, %s", d, back.header.Get("Content-Type"))
	}

	officer.post(at+"/apply", nil).want(http.StatusSeeOther)
	officer.get(at).has("已写入 3 行", `href="/gate"`, "/needs?state=review")
	officer.post(at+"/apply", nil).want(http.StatusSeeOther) // nothing is left to write
	if n := len(s.results()); n != 1 {
		t.Errorf("%d results", n)
	}
}

func TestADropCanBeCancelled(t *testing.T) {
	s := newSite(t)
	officer := s.as(account.Officer)
	at := officer.drop("results", sent{"", "a.csv", sheet}, sent{"", "b.csv", sheet}).header.Get("Location")
	read(t, officer, at)
	officer.post(at+"/cancel", nil).want(http.StatusSeeOther)
	officer.get(at).has("没有写入任何内容")
	if len(s.results()) != 0 {
		t.Error("something was written")
	}
}

func TestTooManyFilesAreRefused(t *testing.T) {
	s := newSite(t)
	files := slices.Repeat([]sent{{"", "a.csv", "x"}}, 201)
	s.as(account.Officer).drop("results", files...).want(http.StatusBadRequest).has("最多 200 个文件")
	if bs, err := s.intake.Batches(t.Context(), console); err != nil || len(bs) != 0 {
		t.Errorf("%d imports, %v", len(bs), err)
	}
}

// columnsOf sends what somebody says of the columns of a batch.
func columnsOf(b *browser, at, layout string, pairs ...string) answer {
	form := url.Values{"kind": {"results"}, "layout": {layout}}
	for i := 0; i < len(pairs); i += 2 {
		form.Add("header", pairs[i])
		form.Add("field", pairs[i+1])
	}
	return b.post(at+"/columns", form)
}

func TestColumnsAreRememberedAndReadAgain(t *testing.T) {
	const own = "叫什么,讲什么,电话\n一项自制表里的成果,它的说明,13800000001\n"
	s := newSite(t)
	officer := s.as(account.Officer)
	at := staged(t, officer, officer.upload("results", "自制.csv", []byte(own)))
	officer.get(at).has("没有找到「成果名称」一列", at+"/columns")
	page := officer.get(at+"/columns").has("一项自制表里的成果", `name="field"`).hasNot("13800000001")
	layout := regexp.MustCompile(`name="layout" value="([^"]+)"`).FindStringSubmatch(page.body)[1]

	columnsOf(officer, at, layout, "叫什么", "abstract").want(http.StatusBadRequest).has("还没有一列是「名称」")
	columnsOf(officer, at, layout, "叫什么", "title", "讲什么", "title").want(http.StatusBadRequest).has("两列")
	columnsOf(officer, at, layout, "叫什么", "nonsense").want(http.StatusBadRequest)
	columnsOf(officer, at, "", "叫什么", "title").want(http.StatusBadRequest)
	next := columnsOf(officer, at, layout, "叫什么", "title", "讲什么", "abstract").want(http.StatusSeeOther)
	again := staged(t, officer, next)
	officer.get(again).has("将写入 1 行", "按上次的对应关系读取")
	officer.get(at).want(http.StatusSeeOther) // the new import took its place
	officer.post(again+"/apply", nil).want(http.StatusSeeOther)
	if r := s.result("自制表"); r.Abstract != "它的说明" {
		t.Errorf("%+v", r)
	}

	// The next file of the layout is read so at once; it can be changed and forgotten.
	officer.get(staged(t, officer, officer.upload("auto", "又一份.csv", []byte(strings.ReplaceAll(own, "一项", "另一项"))))).has("将写入 1 行", "按上次的对应关系读取")
	officer.get("/import").has("记住了 1 种表头")
	officer.get("/import/mappings").has("自制.csv", "叫什么", "讲什么")
	form := url.Values{"kind": {"results"}, "layout": {layout}, "version": {"7"}, "forget": {"1"}}
	officer.post("/import/mappings", form).want(http.StatusConflict)
	form.Set("version", "1")
	officer.post("/import/mappings", form).want(http.StatusSeeOther)
	officer.get("/import/mappings").has("还没有记住任何表头")
	s.visitor().get("/import/mappings").want(http.StatusForbidden)
}

// TestAFileWithClassifiedRowsIsLetGoAtOnce: it cannot be looked into once more.
func TestAFileWithClassifiedRowsIsLetGoAtOnce(t *testing.T) {
	s := newSite(t)
	officer := s.as(account.Officer)
	at := staged(t, officer, officer.upload("results", "a.csv", []byte(sheet)))
	officer.get(at+"/columns").has("服务器已不再保留这个文件").hasNot("给掘进机刀具", "不可保存的正文")
	clean := staged(t, officer, officer.upload("results", "b.csv", []byte("成果名称,成果简介\n干净的一项,说明\n")))
	officer.get(clean + "/columns").has("干净的一项")
	officer.post(clean+"/apply", nil)
	officer.get(clean + "/columns").has("服务器已不再保留这个文件")
}

func TestDuplicatesSideBySide(t *testing.T) {
	s := newSite(t)
	old := catalog.Result{Title: "隧道渗水分布式监测", Owners: []string{"甲大学"}, Abstract: "旧的说明", Kind: catalog.KindResult}
	s.put(intake.Results, intake.Row{Title: old.Title, Result: &old})
	officer := s.as(account.Officer)
	at := staged(t, officer, officer.upload("results", "a.csv", []byte("成果名称,成果权属人,成果简介\n隧道渗水分布式监测,乙学院,新的说明\n谁也不像的一项,乙学院,说明\n")))
	officer.get(at).has("有 1 行疑似与已有条目重复", "写入 1 行", at+"/alike")
	officer.get("/import").has("等您决定的疑似重复")
	officer.get("/").has(`href="` + at + `/alike" class=""><b>1</b><span>疑似重复待定`)
	s.visitor().get("/").hasNot("疑似重复待定")
	page := officer.get(at+"/alike").has("名称相同", "甲大学", "乙学院", `<mark>旧</mark>的说明`, `<mark>新</mark>的说明`, "同一项", "不同项", "稍后定", s.result("隧道").Code)
	pos := regexp.MustCompile(`name="row.(\d+)"`).FindStringSubmatch(page.body)[1]
	officer.post(at+"/alike", nil).want(http.StatusBadRequest).has("还没有选择")
	officer.post(at+"/alike", url.Values{"row." + pos: {"nonsense"}, "version." + pos: {"1"}}).want(http.StatusBadRequest)
	officer.post(at+"/alike", url.Values{"row." + pos: {"same"}, "version." + pos: {"9"}}).want(http.StatusSeeOther)
	officer.get(at + "/alike?moved=1").has("刚刚被改过")
	s.visitor().post(at+"/alike", url.Values{"row." + pos: {"same"}, "version." + pos: {"1"}}).want(http.StatusForbidden)
	officer.post(at+"/alike", url.Values{"row." + pos: {"same"}, "version." + pos: {"1"}}).want(http.StatusSeeOther)
	officer.get(at).has("写入 2 行").hasNot("疑似与已有条目重复")
	officer.post(at+"/apply", nil).want(http.StatusSeeOther)
	if rs := s.results(); len(rs) != 2 || s.result("隧道").Abstract != "新的说明" {
		t.Errorf("%+v", rs)
	}
}

func TestACatalogueThatMovedIsMendedOnThePage(t *testing.T) {
	s := newSite(t)
	officer := s.as(account.Officer)
	content := []byte("成果名称,成果简介\n同一个文件里的一项,说明\n")
	first := staged(t, officer, officer.upload("results", "a.csv", content))
	second := staged(t, officer, officer.upload("results", "a.csv", content))
	officer.post(first+"/apply", nil).want(http.StatusSeeOther)
	to := officer.post(second+"/apply", nil).want(http.StatusSeeOther).header.Get("Location")
	officer.get(to).has("检查之后目录有变动", second+"/recheck")
	officer.post(second+"/recheck", nil).want(http.StatusSeeOther)
	officer.get(second).has("将写入 0 行")
	if len(s.results()) != 1 {
		t.Error("the same thing twice")
	}
}
