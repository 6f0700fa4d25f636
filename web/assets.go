package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
)

// assets are the built styles and scripts. Their names carry a hash of what
// they hold, so a browser keeps them for good.
type assets struct {
	names map[string]string // as pages call them → as they are called
	files map[string]asset
}

type asset struct {
	contentType  string
	plain, small []byte // as it is, and gzipped
}

// loadAssets reads what has been built into dist; nothing at all is fine: pages
// work without.
func loadAssets(built fs.FS) assets {
	var a assets
	raw, err := fs.ReadFile(built, "dist/manifest.json")
	if err != nil || json.Unmarshal(raw, &a.names) != nil {
		return assets{}
	}
	a.files = make(map[string]asset, len(a.names))
	for _, name := range a.names {
		body, err := fs.ReadFile(built, "dist/"+name)
		if err != nil {
			return assets{}
		}
		a.files[name] = asset{mime.TypeByExtension(path.Ext(name)), body, shrink(body)}
	}
	return a
}

// shrink gzips as small as it goes; writing to memory does not fail.
func shrink(body []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}

// url is the address of an asset, "" if it was not built.
func (a assets) url(name string) string {
	if hashed, ok := a.names[name]; ok {
		return "/assets/" + hashed
	}
	return ""
}

func (p *Pages) asset(w http.ResponseWriter, r *http.Request) {
	note(r.Context()).route = r.Pattern
	name := r.PathValue("name")
	f, ok := p.assets.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+name+`"`)
	h.Add("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == `"`+name+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if acceptsGzip(r) && f.small != nil {
		body = f.small
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the reader may have left
}
