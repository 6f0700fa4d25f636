package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"datai/account"
	"datai/intake"
	"datai/web"
)

const sheet = "成果名称,成果简介,成果应用领域,密级\n" +
	"耐磨涂层,给掘进机刀具,先进材料,\n" +
	"涉及敏感的内容,不可保存的正文,先进材料,内部\n" +
	",没有名称,先进材料,\n"

// staged waits until a file has been read and returns the page of its import.
func staged(t *testing.T, b *browser, a answer) string {
	t.Helper()
	a.want(http.StatusSeeOther)
	at := a.header.Get("Location")
	for range 1000 {
		page := b.get(at)
		if !strings.Contains(page.body, "正在读取") {
			return at
		}
	}
	t.Fatal("the file is not read to its end")
	return ""
}

func TestImportFromFileToShelf(t *testing.T) {
	s := newSite(t)
	officer := s.as(account.Officer)
	officer.get("/import").has("严禁上传、处理国家秘密和工作秘密", `enctype="multipart/form-data"`)
	at := staged(t, officer, officer.upload("results", "../../etc/成果.csv", []byte(sheet)))
	page := officer.get(at).has("成果.csv", "检查完毕，尚未写入", "写入 1 行", "第 3 行", "第 4 行", "密级", "成果名称").hasNot("不可保存的正文", "涉及敏感的内容", "../")
	page.has(`aria-current="true"`)
	officer.get(at+"?fate=new").has("耐磨涂层", "第 2 行")
	if n := len(s.results()); n != 0 {
		t.Fatalf("%d results before anything was written", n)
	}
	if n := s.uploadsLeft(); n != 0 {
		t.Errorf("%d uploads are left on the disk", n)
	}
	officer.post(at+"/apply", nil).want(http.StatusSeeOther)
	officer.get(at).has("已写入 1 行", `href="/gate"`)
	officer.post(at+"/apply", nil).want(http.StatusConflict)
	s.visitor().get("/results").hasNot("耐磨涂层")
	officer.get("/results?state=review").has("耐磨涂层")
	officer.get("/import").has("成果.csv", "已写入")
}

func TestImportCanBeCancelled(t *testing.T) {
	s := newSite(t)
	officer := s.as(account.Officer)
	at := staged(t, officer, officer.upload("results", "a.csv", []byte(sheet)))
	officer.post(at+"/cancel", nil).want(http.StatusSeeOther)
	officer.get(at).has("已取消")
	officer.post(at+"/apply", nil).want(http.StatusConflict)
	if n := len(s.results()); n != 0 {
		t.Errorf("%d results were written", n)
	}
}

func TestUploadsThatCannotBeRead(t *testing.T) {
	s := newSite(t)
	officer := s.as(account.Officer)
	for name, c := range map[string]struct {
		kind, file string
		content    []byte
	}{
		"empty":         {"results", "a.csv", nil},
		"too large":     {"results", "a.csv", bytes.Repeat([]byte("成果名称\n"), 1<<17)},
		"far too large": {"results", "a.csv", bytes.Repeat([]byte("成果名称\n"), 1<<19)},
		"a picture":     {"results", "a.xlsx", []byte("\x89PNG\r\n\x1a\n0000")},
		"no kind":       {"", "a.csv", []byte(sheet)},
		"other kind":    {"people", "a.csv", []byte(sheet)},
		"no name":       {"results", "", []byte(sheet)},
		"only headers":  {"results", "a.csv", []byte("成果名称,成果简介\n")},
	} {
		t.Run(name, func(t *testing.T) {
			a := officer.upload(c.kind, c.file, c.content)
			if a.status == http.StatusSeeOther { // found out while it was read
				officer.get(staged(t, officer, a)).has("无法使用，没有写入任何内容")
			} else {
				a.want(http.StatusBadRequest).has(`role="alert"`, `type="file"`)
			}
			if n := s.uploadsLeft(); n != 0 {
				t.Errorf("%d uploads are left on the disk", n)
			}
		})
	}
	if n := len(s.results()); n != 0 {
		t.Errorf("%d results were written", n)
	}
}

// slow is a file that gives a row each time it is told to.
func slow(next <-chan struct{}) intake.File {
	return intake.File{Name: "slow.csv", Kind: intake.Results, Rows: func(yield func(intake.Row, error) bool) {
		n := 1
		for range next {
			n++
			r := concrete()
			r.GivenID = strings.Repeat("x", n)
			if !yield(intake.Row{N: n, Title: r.Title, Result: &r}, nil) {
				return
			}
		}
	}}
}

func TestProgressIsShownAndReadingCanBeCancelled(t *testing.T) {
	next := make(chan struct{})
	s := newSite(t, func(c *web.Config) {
		c.Open = func(context.Context, account.Principal, string, string, intake.Kind) (intake.File, io.Closer, error) {
			return slow(next), io.NopCloser(nil), nil
		}
	})
	officer := s.as(account.Officer)
	a := officer.upload("results", "slow.csv", []byte("x")).want(http.StatusSeeOther)
	at := a.header.Get("Location")
	officer.get(at).has("正在读取", `http-equiv="refresh"`, `hx-trigger="every 1s"`)
	if n := s.uploadsLeft(); n != 0 {
		t.Errorf("%d uploads have a name on the disk, want none even while they are read", n)
	}
	for range 500 { // one chunk
		next <- struct{}{}
	}
	for range 1000 {
		if strings.Contains(officer.part(at).body, "已读 500 行，可用 500 行，不接收 0 行") {
			break
		}
	}
	officer.part(at).has("已读 500 行").hasNot("<html")
	go func() { // the reader looks up when a row comes
		for {
			select {
			case next <- struct{}{}:
			case <-t.Context().Done():
				return
			}
		}
	}()
	officer.post(at+"/cancel", nil).want(http.StatusSeeOther)
	officer.get(at).has("已取消").hasNot("every 1s")
	if n := s.uploadsLeft(); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
}

func TestOnlyTwoFilesAreReadAtATime(t *testing.T) {
	next := make(chan struct{})
	s := newSite(t, func(c *web.Config) {
		c.Open = func(context.Context, account.Principal, string, string, intake.Kind) (intake.File, io.Closer, error) {
			return slow(next), io.NopCloser(nil), nil
		}
	})
	t.Cleanup(sync.OnceFunc(func() { close(next) }))
	officer := s.as(account.Officer)
	for range 2 {
		officer.upload("results", "a.csv", []byte("x")).want(http.StatusSeeOther)
	}
	third := officer.upload("results", "c.csv", []byte("x")).want(http.StatusSeeOther).header.Get("Location")
	officer.get(third).has("前面的文件读完就开始", `hx-trigger="every 1s"`, "c.csv")
	officer.post(third+"/cancel", nil).want(http.StatusSeeOther)
	officer.get(third).has("已取消")
}

// What cannot be read is refused at once, whether its turn has come or not.
func TestAFileThatCannotBeReadIsRefusedWhateverIsBeingRead(t *testing.T) {
	next := make(chan struct{})
	s := newSite(t, func(c *web.Config) {
		open := c.Open
		c.Open = func(ctx context.Context, who account.Principal, path, name string, kind intake.Kind) (intake.File, io.Closer, error) {
			if name == "slow.csv" {
				return slow(next), io.NopCloser(nil), nil
			}
			return open(ctx, who, path, name, kind)
		}
	})
	t.Cleanup(sync.OnceFunc(func() { close(next) }))
	officer := s.as(account.Officer)
	form := tokenForm("同步")
	form.Set("scope", "write")
	program := s.visitor()
	program.header.Set("Authorization", "Bearer "+secretShown.FindString(officer.post("/me/tokens", form).want(http.StatusOK).body))
	for busy := range 4 {
		send := func(text string) answer {
			r := program.request("POST", "/api/v1/imports?kind=results&name=x.csv", strings.NewReader(text))
			r.Header.Set("Content-Type", "application/octet-stream")
			return program.do(r)
		}
		send("这不是表格\n").want(http.StatusBadRequest).has("没有找到「成果名称」一列")
		officer.get(officer.upload("results", "x.csv", []byte("这不是表格\n")).want(http.StatusSeeOther).header.Get("Location")).has("无法使用，没有写入任何内容")
		if busy >= 2 {
			send(sheet).want(http.StatusCreated).has(`"state":"waiting"`)
		}
		officer.upload("results", "slow.csv", []byte("x")).want(http.StatusSeeOther)
	}
}

func TestAParserThatPanicsEndsOneImportOnly(t *testing.T) {
	for name, open := range map[string]func() intake.File{
		"opening": func() intake.File { panic("hostile") },
		"reading": func() intake.File {
			return intake.File{Name: "a", Kind: intake.Results, Rows: func(func(intake.Row, error) bool) { panic("hostile") }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(c *web.Config) {
				c.Open = func(context.Context, account.Principal, string, string, intake.Kind) (intake.File, io.Closer, error) {
					return open(), io.NopCloser(nil), nil
				}
			})
			officer := s.as(account.Officer)
			a := officer.upload("results", "a.csv", []byte("x"))
			if a.status == http.StatusSeeOther {
				officer.get(staged(t, officer, a)).has("没有写入任何内容")
			} else {
				a.want(http.StatusBadRequest).has("无法读取")
			}
			if s.uploadsLeft() != 0 || !strings.Contains(s.log.String(), "hostile") {
				t.Errorf("%d uploads are left; log:\n%s", s.uploadsLeft(), s.log.String())
			}
			officer.get("/import").want(http.StatusOK)
		})
	}
}

func TestNamesOfFilesAreOnlyShown(t *testing.T) {
	s := newSite(t)
	officer := s.as(account.Officer)
	for sent, shown := range map[string]string{
		`D:\sheets\成果.csv`: "<h1>成果.csv</h1>", "../../x.csv": "<h1>x.csv</h1>", "a<b>.csv": "a&lt;b&gt;.csv", strings.Repeat("长", 300) + ".csv": ".csv",
	} {
		at := staged(t, officer, officer.upload("results", sent, []byte(sheet)))
		officer.get(at).has(shown).hasNot(`D:\`, "../", "<b>.csv", strings.Repeat("长", 200))
	}
}

func TestNotesOnTheFileAreShown(t *testing.T) {
	s := newSite(t, func(c *web.Config) {
		c.Open = func(context.Context, account.Principal, string, string, intake.Kind) (intake.File, io.Closer, error) {
			next := make(chan struct{}, 1)
			next <- struct{}{}
			close(next)
			f := slow(next)
			f.Notes = func() []intake.Issue { return []intake.Issue{{Column: "第二张表", Key: "import.row.empty"}} }
			return f, io.NopCloser(nil), nil
		}
	})
	officer := s.as(account.Officer)
	officer.get(staged(t, officer, officer.upload("results", "a.csv", []byte("x")))).has("第二张表", "没有可用内容")
}

func TestClosingEndsWhatIsRead(t *testing.T) {
	next := make(chan struct{}, 1)
	s := newSite(t, func(c *web.Config) {
		c.Open = func(context.Context, account.Principal, string, string, intake.Kind) (intake.File, io.Closer, error) {
			return slow(next), io.NopCloser(nil), nil
		}
	})
	officer := s.as(account.Officer)
	officer.upload("results", "a.csv", []byte("x")).want(http.StatusSeeOther)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.pages.Close(ended); err == nil {
		t.Error("Close did not wait for a file that is being read")
	}
	next <- struct{}{}
	if err := s.pages.Close(context.Background()); err != nil {
		t.Error(err)
	}
	batches, err := s.intake.Batches(context.Background(), console)
	if err != nil || len(batches) != 1 || batches[0].State != intake.Interrupted {
		t.Errorf("imports: %+v, %v", batches, err)
	}
	officer.upload("results", "a.csv", []byte("x")).want(http.StatusServiceUnavailable)
}

func TestRowsOfAnImportArePaged(t *testing.T) {
	s := newSite(t)
	var b strings.Builder
	b.WriteString("成果名称,成果简介\n")
	for i := range 250 {
		fmt.Fprintf(&b, "成果第 %d 项,简介\n", i)
	}
	officer := s.as(account.Officer)
	at := staged(t, officer, officer.upload("results", "a.csv", []byte(b.String())))
	officer.get(at+"?fate=new").has("第 2 行", "第 101 行", "after=101").hasNot("第 102 行")
	officer.get(at+"?fate=new&after=201").has("第 251 行").hasNot("第 201 行", `rel="next"`)
	for _, bad := range []string{"?fate=x", "?fate=new&after=-1", "?after=x"} {
		officer.get(at + bad).want(http.StatusBadRequest)
	}
}
