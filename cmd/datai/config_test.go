package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the reference of settings into docs/operations.md")

// TestReferenceOfSettings holds docs/operations.md to the struct of flags:
// go test ./cmd/datai -run Reference -update writes it.
func TestReferenceOfSettings(t *testing.T) {
	const (
		file = "../../docs/operations.md"
		from = "<!-- from here on written by: datai config --reference -->\n"
		to   = "<!-- to here -->\n"
	)
	var out, mistakes bytes.Buffer
	e := env{stdout: &out, stderr: &mistakes, getenv: func(string) string { return "" }, dir: t.TempDir()}
	if code := run(t.Context(), []string{"config", "--reference"}, e); code != exitOK {
		t.Fatalf("exit %d: %s", code, mistakes.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), from)
	written, after, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("%s has no place for the reference", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+from+out.String()+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(written, out.String()); diff != "" {
		t.Errorf("run go test ./cmd/datai -run Reference -update (-written +struct):\n%s", diff)
	}
}
