package api_test

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"testing"

	"datai/web/api"

	"github.com/danielgtaylor/huma/v2"
)

func TestTheCommittedDocumentIsTheServedOne(t *testing.T) {
	s := newServer(t)
	committed, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if served := s.call(as(""), "GET", "/openapi.json", nil).want(200).body; !bytes.Equal(served, committed) {
		t.Error("docs/openapi.json is not the document that is served; write it anew: go run ./cmd/datai openapi > docs/openapi.json")
	}
	if yaml := s.call(as(""), "GET", "/openapi.yaml", nil).want(200); !bytes.HasPrefix(yaml.body, []byte("components:")) || yaml.header.Get("Content-Type") != "application/openapi+yaml" {
		t.Errorf("%q: %.60s", yaml.header.Get("Content-Type"), yaml.body)
	}
}

// each calls fn for every operation of the document.
func (s *server) each(fn func(method, path string, op *huma.Operation)) {
	for path, item := range s.api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete,
			"PATCH": item.Patch, "HEAD": item.Head, "OPTIONS": item.Options} {
			if op != nil {
				fn(method, path, op)
			}
		}
	}
}

func TestEveryOperationIsExplained(t *testing.T) {
	s := newServer(t)
	n := 0
	s.each(func(method, path string, op *huma.Operation) {
		n++
		if op.OperationID == "" || op.Summary == "" || op.Summary == "api.op."+op.OperationID {
			t.Errorf("%s %s: %q, %q", method, path, op.OperationID, op.Summary)
		}
		for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
			if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == name[1] }) {
				t.Errorf("%s: {%s} of the path is no parameter", op.OperationID, name[1])
			}
		}
		for _, p := range op.Parameters {
			if p.Description == "" || p.Description == "api.param."+p.Name {
				t.Errorf("%s: parameter %s is not explained", op.OperationID, p.Name)
			}
		}
		for _, key := range []string{"x-permission", "x-scope"} {
			if text, ok := op.Extensions[key].(string); !ok || text == "" {
				t.Errorf("%s lacks %s", op.OperationID, key)
			}
		}
		if len(op.Tags) != 1 || !slices.Contains(api.Tags(), op.Tags[0]) {
			t.Errorf("%s: no page shows the group %v", op.OperationID, op.Tags)
		}
		if method == "GET" && op.Extensions["x-scope"] != "read" {
			t.Errorf("%s reads and needs %v", op.OperationID, op.Extensions["x-scope"])
		}
		if !slices.Contains([]string{"GET", "PUT", "POST", "DELETE"}, method) {
			t.Errorf("%s %s: no test calls this method", method, path)
		}
	})
	if n == 0 {
		t.Error("the document is empty")
	}
}
