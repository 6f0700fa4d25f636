package exchange

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"datai/catalog"
	"datai/intake"
)

func sheetFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]intake.Kind{
		"成果名称,成果简介,单位名称,技术成熟度\n甲,乙,丙,中试\n":             intake.Results,
		"名称,简介,完成人\n甲,乙,丙\n":                           intake.Results,
		"某某办公室的表\n技术需求名称,需求详情,单位名称,电话\n甲,乙,丙,丁\n":      intake.Needs,
		"序号,标题,申请号,申请日,发明人,摘要\n1,甲,x,2020-01-01,乙,丙\n": intake.Patents,
		"单位名称,统一社会信用代码,所属行业,联系人\n甲,乙,丙,丁\n":            intake.Parties,
		"姓名,工号,所在学院\n甲,1,丙\n":                          intake.People,
		"x,y\n1,2\n": intake.Results,
	} {
		if got, err := Recognise(sheetFile(t, text), "a.csv", Limits{}); err != nil || got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestOpenRemembered(t *testing.T) {
	nothing := func(intake.Kind, string) (map[string]string, error) {
		return nil, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	known := func(kind intake.Kind, layout string) (map[string]string, error) {
		if kind != intake.Results || layout == "" {
			t.Errorf("asked for %q of %s", layout, kind)
		}
		return map[string]string{"叫什么": "title", "讲什么": "abstract"}, nil
	}
	path := sheetFile(t, "叫什么,讲什么\n甲,乙\n")
	if _, err := OpenRemembered(path, "a.csv", intake.Results, Options{}, nothing); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("headers that nobody knows: %v", err)
	}
	f, err := OpenRemembered(path, "a.csv", "", Options{}, known)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for row, err := range f.Rows {
		if err != nil || row.Result == nil || row.Result.Title != "甲" || row.Result.Abstract != "乙" {
			t.Errorf("%+v, %v", row, err)
		}
	}
	if notes := f.Notes(); len(notes) == 0 || notes[0].Key != "import.note.remembered" {
		t.Errorf("notes %v", notes)
	}
	broken := errors.New("broken")
	if _, err := OpenRemembered(path, "a.csv", intake.Results, Options{}, func(intake.Kind, string) (map[string]string, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("a store that fails: %v", err)
	}
}
