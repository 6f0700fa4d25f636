package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/wording"

	"github.com/google/go-cmp/cmp"
)

func TestAListOfWhoIsThereIsReadFromAFileAsAWhole(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"staff.csv":   "工号,姓名,状态\nT1,沈若川,在职\nT2,罗静姝,退休\n",
		"staff.json":  `{"people": [{"number": "T1"}, {"number": "T2", "left": true}]}`,
		"broken.json": `{"people": [{"number": "T1"}, `,
		"none.csv":    "工号,姓名,状态\nT1,沈若川,在职\n,无号的人,在职\n",
		"state.csv":   "工号,姓名,状态\nT1,沈若川,在职\nT2,罗静姝,云游\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []account.Member{{Number: "T1"}, {Number: "T2", Left: true}}
	for name, refusal := range map[string]string{
		"staff.csv": "", "staff.json": "", "broken.json": "sources.presence_unclear", "none.csv": "roster.mend_first",
		"state.csv": "roster.mend_first", "missing.json": "sources.presence_unclear",
	} {
		var said bytes.Buffer
		got, err := members(env{stderr: &said}, wording.Chinese, filepath.Join(dir, name))
		if e, _ := err.(*catalog.Error); refusal != "" && (e == nil || e.Key != refusal || got != nil) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if refusal == "" && (err != nil || !cmp.Equal(got, want)) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if refusal == "roster.mend_first" && !bytes.Contains(said.Bytes(), []byte("第 3 行")) {
			t.Errorf("%s: no row is named: %s", name, said.String())
		}
	}
}
