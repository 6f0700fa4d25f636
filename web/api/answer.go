package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/shelf"

	"github.com/google/uuid"
)

// answer completes the headers of an answer, and says 304 to whoever has it
// already.
type answer struct {
	http.ResponseWriter
	r       *http.Request
	begun   bool
	dropped bool
}

func (w *answer) WriteHeader(status int) {
	if w.begun {
		return
	}
	w.begun = true
	h := w.Header()
	h.Add("Vary", "Authorization, Cookie, Accept-Language")
	tag := h.Get("ETag")
	switch {
	case tag == "" || status != http.StatusOK:
		h.Set("Cache-Control", "no-store")
	default:
		h.Set("Cache-Control", "private, no-cache")
		if w.r.Method == http.MethodGet && matches(w.r.Header.Get("If-None-Match"), tag) {
			w.dropped = true
			h.Del("Content-Type")
			status = http.StatusNotModified
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answer) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.dropped {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// matches reports whether a list of entity tags names tag.
func matches(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

// tagged is a body with its entity tag.
type tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// tag makes the entity tag of a body: its version, if it has one, and a digest
// of what this caller sees of it, which differs by role and with time.
func tag[T any](version int64, body T) (*tagged[T], error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	digest := hex.EncodeToString(sum[:8])
	if version > 0 {
		digest = strconv.FormatInt(version, 10) + "-" + digest
	}
	return &tagged[T]{ETag: `"` + digest + `"`, Body: body}, nil
}

// Versioned is what a write demands: the version that was read.
type Versioned struct {
	IfMatch string `header:"If-Match"`
}

// version is the version that If-Match names, as an entity tag of an answer or
// as the bare number.
func (v Versioned) version() (int64, error) {
	if v.IfMatch == "" {
		return 0, refused{status: http.StatusPreconditionRequired, code: codeMatch, err: catalog.Refuse(catalog.Invalid, "api.if_match")}
	}
	number, _, _ := strings.Cut(strings.Trim(strings.TrimPrefix(strings.TrimSpace(v.IfMatch), "W/"), `"`), "-")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 {
		return 0, errStale
	}
	return n, nil
}

var errStale = refused{status: http.StatusPreconditionFailed, code: codeStale, err: catalog.Refuse(catalog.Conflict, "shelf.left.changed")}

// list is one page of things.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// listed is a page with its entity tag and the address of the page after it.
type listed[T any] struct {
	ETag string `header:"ETag"`
	Link string `header:"Link"`
	Body list[T]
}

// Paging is which page of a list is asked for.
type Paging struct {
	After string `query:"after" maxLength:"1000"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// cursor is where a list goes on. Filter is a digest of the filter: a cursor
// of another list would leave rows out without a word.
type cursor struct {
	Key    string    `json:"k"`
	ID     uuid.UUID `json:"i"`
	Filter string    `json:"f"`
}

var errCursor = catalog.Refuse(catalog.Invalid, "api.cursor")

// page reads the cursor of a list with that name and filter.
func (p Paging) page(name string, filter any) (shelf.Page, error) {
	page := shelf.Page{Limit: p.Limit}
	if p.After == "" {
		return page, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.After)
	if err != nil {
		return page, errCursor
	}
	var c cursor
	if err := json.Unmarshal(raw, &c); err != nil || c.Filter != digestOf(name, filter) || catalog.Clean(c.Key) != strings.TrimSpace(c.Key) {
		return page, errCursor
	}
	page.SortKey, page.ID = c.Key, c.ID
	return page, nil
}

func digestOf(name string, filter any) string {
	b, err := json.Marshal(filter)
	if err != nil {
		panic(err) // a filter is texts and numbers
	}
	sum := sha256.Sum256(append([]byte(name+"\n"), b...))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// pageOf is the answer with one page of a list, of which query is how it was
// asked for.
func pageOf[T any](name string, filter any, items []T, next shelf.Page, query url.Values) (*listed[T], error) {
	out := &listed[T]{Body: list[T]{Items: items}}
	if next.Limit > 0 {
		raw, err := json.Marshal(cursor{Key: next.SortKey, ID: next.ID, Filter: digestOf(name, filter)})
		if err != nil {
			return nil, err
		}
		out.Body.Next = base64.RawURLEncoding.EncodeToString(raw)
		query.Set("after", out.Body.Next)
		query.Set("limit", strconv.Itoa(next.Limit))
		out.Link = "<" + Prefix + "/" + name + "?" + query.Encode() + `>; rel="next"`
	}
	t, err := tag(0, out.Body)
	if err != nil {
		return nil, err
	}
	out.ETag = t.ETag
	return out, nil
}
