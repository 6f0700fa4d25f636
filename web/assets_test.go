package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	built "datai/web/assets"
)

func TestWithoutAssetsPagesNameNone(t *testing.T) {
	for name, dist := range map[string]fstest.MapFS{
		"nothing built": {"dist/README.md": {Data: []byte("x")}},
		"half built":    {"dist/manifest.json": {Data: []byte(`{"main.css":"main-X.css"}`)}},
		"spoilt":        {"dist/manifest.json": {Data: []byte(`{`)}},
	} {
		if a := loadAssets(dist); a.url("main.css") != "" || len(a.files) != 0 {
			t.Errorf("%s: %v", name, a.names)
		}
	}
}

func TestAssetsAreKeptForGood(t *testing.T) {
	style := strings.Repeat("body{color:red}", 100)
	p := &Pages{assets: loadAssets(fstest.MapFS{
		"dist/manifest.json": {Data: []byte(`{"main.css":"main-ABC.css"}`)}, "dist/main-ABC.css": {Data: []byte(style)}})}
	ask := func(name string, header ...string) *http.Response {
		r := httptest.NewRequest("GET", "/assets/"+name, nil)
		r.SetPathValue("name", name)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		p.asset(w, r)
		res := w.Result()
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	res := ask("main-ABC.css", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(z); err != nil || string(body) != style {
		t.Errorf("%q, %v", body, err)
	}
	if !strings.Contains(res.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/css") || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("headers: %v", res.Header)
	}
	if res := ask("main-ABC.css", "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", res.StatusCode)
	}
	if res := ask("manifest.json"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a file that no page names: %d", res.StatusCode)
	}
}

// What is built keeps to its budget; where nothing is built, nothing is heavy.
func TestAssetsKeepToTheirBudgets(t *testing.T) {
	a := loadAssets(built.Files)
	for name, most := range map[string]int{"main.css": 20 << 10, "main.js": 35 << 10} {
		if n := len(a.files[a.names[name]].small); n > most {
			t.Errorf("%s has %d bytes, the budget is %d", name, n, most)
		}
	}
}
