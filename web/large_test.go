package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
)

// flood is a body of which nobody has to hold more than a piece.
type flood struct {
	io.Reader
	read int64
}

func (f *flood) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	f.read += int64(n)
	return n, err
}

// row repeats one row of a sheet.
type row struct{ at int }

func (r *row) Read(b []byte) (int, error) {
	const text = "成果名称,一段很长的说明\n"
	for i := range b {
		b[i] = text[r.at%len(text)]
		r.at++
	}
	return len(b), nil
}

// A file of 2 GB is refused as soon as it is larger than may be, whether its
// length is told or not: no more of it is read than fits, nothing of it stays on
// the disk, and whoever sent it is told in words.
func TestAFileOfTwoGigabytesIsRefusedBeforeItIsRead(t *testing.T) {
	s := newSite(t) // which takes 1 MB
	cookies := func(b *browser) []*http.Cookie {
		at, err := url.Parse(s.url)
		if err != nil {
			t.Fatal(err)
		}
		return b.client.Jar.Cookies(at)
	}
	admin, _ := s.member(account.System)
	officer := s.as(account.Officer)
	const size = 2 << 30
	form := func(kind string) (string, string) {
		return "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\n" + kind + "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"大.csv\"\r\n\r\n", "multipart/form-data; boundary=b"
	}
	for name, c := range map[string]struct {
		who    *browser
		path   string
		status int
		says   string
	}{
		"page":                {officer, "/import", http.StatusBadRequest, "文件超过 1 MB，没有保存"},
		"people":              {admin, "/accounts/import", http.StatusBadRequest, "文件超过 1 MB，没有保存"},
		"people by interface": {admin, "/api/v1/accounts/lists?name=a.csv", http.StatusBadRequest, "文件超过 1 MB，没有保存"},
		"interface":           {officer, "/api/v1/imports?kind=results&name=a.csv", http.StatusBadRequest, "文件超过 1 MB，没有保存"},
	} {
		for _, told := range []bool{true, false} {
			begin, kind := form("results")
			if strings.HasSuffix(name, "interface") {
				begin, kind = "", "application/octet-stream"
			}
			body := &flood{Reader: io.LimitReader(io.MultiReader(strings.NewReader(begin), &row{}), size)}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, s.url+c.path, body)
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.ContentLength = -1
			if told {
				r.ContentLength = size
			}
			for _, cookie := range cookies(c.who) {
				r.AddCookie(cookie)
			}
			w := httptest.NewRecorder()
			s.pages.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%s, length told %v: %d\n%.300s", name, told, w.Code, regexp.MustCompile(`(?s)<p[^>]*role="alert".*?</p>|^[{].*`).FindString(w.Body.String()))
			}
			if body.read > 16<<20 {
				t.Errorf("%s, length told %v: %d bytes were read", name, told, body.read)
			}
			if n := s.uploadsLeft(); n != 0 {
				t.Errorf("%s, length told %v: %d uploads are left on the disk", name, told, n)
			}
		}
	}
	officer.get("/import").want(http.StatusOK)
	if n := len(s.results()); n != 0 {
		t.Errorf("%d results were written", n)
	}
}
