package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"datai/account"
	"datai/wording"

	"github.com/danielgtaylor/huma/v2"
)

// Tags lists the groups of operations in the order in which they are shown.
func Tags() []string {
	return []string{"results", "needs", "match", "parties", "imports", "gate", "contacts", "rules", "processes", "enterprises", "accounts", "me", "sources", "receivers"}
}

// document is the OpenAPI document as it is served.
type description struct{ json, yaml []byte }

// describe finishes the document: parameters are explained in one place, as
// most operations share them.
func (a *API) describe() description {
	doc := a.huma.OpenAPI()
	for _, path := range doc.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Put, path.Post, path.Delete} {
			if op == nil {
				continue
			}
			for _, p := range op.Parameters {
				p.Description = wording.English.Say("api.param." + p.Name)
			}
		}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Errorf("api: the document cannot be written: %w", err)) // the same in every process, so a test would see it
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		panic(fmt.Errorf("api: the document cannot be written: %w", err))
	}
	indented.WriteByte('\n')
	yaml, err := doc.YAML()
	if err != nil {
		panic(fmt.Errorf("api: the document cannot be written: %w", err))
	}
	return description{json: indented.Bytes(), yaml: yaml}
}

// Document is the OpenAPI document, in JSON.
func (a *API) Document() []byte { return a.described.json }

// DocumentYAML is the same in YAML.
func (a *API) DocumentYAML() []byte { return a.described.yaml }

// The document is for everybody.
const (
	documentJSON = "GET " + Prefix + "/openapi.json"
	documentYAML = "GET " + Prefix + "/openapi.yaml"
)

// Routes lists every operation with the permission that it takes, in the order
// of their addresses, and the document.
func (a *API) Routes() []account.Route {
	doc := a.huma.OpenAPI()
	var out []account.Route
	for _, at := range slices.Sorted(maps.Keys(doc.Paths)) {
		path := doc.Paths[at]
		for _, op := range []*huma.Operation{path.Get, path.Put, path.Post, path.Delete} {
			if op != nil {
				out = append(out, account.Route{Pattern: op.Method + " " + Prefix + at, Do: account.Permission(fmt.Sprint(op.Extensions[PermissionKey]))})
			}
		}
	}
	return append(out, account.Route{Pattern: documentJSON, Do: account.SeePublic}, account.Route{Pattern: documentYAML, Do: account.SeePublic})
}

// OpenAPI is the document as data; nobody may change it.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

func (a *API) openAPI(contentType string, body []byte) http.HandlerFunc {
	t, err := tag(0, string(body))
	if err != nil {
		panic(err) // a text
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("ETag", t.ETag)
		_, _ = w.Write(body) // the reader may have left
	}
}
