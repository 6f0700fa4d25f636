package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
)

const guessLabel = "未经人工核实</small>"

// TestAnOfficerClassifies: what a result or a need lacks is guessed for the
// office alone, and only an officer says what is right.
func TestAnOfficerClassifies(t *testing.T) {
	s := newSite(t)
	s.put(intake.Results, apptest.ResultRow(catalog.Result{Title: "钢筋混凝土框架节点的抗震加固", Abstract: "混凝土框架节点抗震加固试验，用于桥梁与房屋。", Owners: []string{"示范大学"}}))
	s.put(intake.Needs, apptest.NeedRow(catalog.Need{Title: "配电网单相接地故障选线", Text: "配电网单相接地故障总是选错线路。", OwnerName: "某电力企业"}))
	officer := s.as(account.Officer)
	r, n := s.result("钢筋"), s.need()
	for _, x := range []struct {
		path, guess string
		again       func() (catalog.By, []string)
	}{
		{"/results/" + r.Code, "土木工程", func() (catalog.By, []string) {
			r := s.result("钢筋")
			return r.DisciplinesBy, r.Disciplines
		}},
		{"/needs/" + n.Code, "电气工程", func() (catalog.By, []string) {
			n := s.need()
			return n.DisciplinesBy, n.Disciplines
		}},
	} {
		form := url.Values{"version": {"1"}, "field": {"discipline"}, "value": {x.guess}}
		for _, b := range []*browser{s.visitor(), s.as(account.System)} {
			b.post(x.path+"/classify", form).want(http.StatusForbidden)
		}
		officer.get(x.path).want(http.StatusOK).has(guessLabel, `value="`+x.guess+`"`, "采用", "改为…")
		for name, bad := range map[string]url.Values{"no version": {"field": {"discipline"}, "value": {x.guess}}, "no field": {"version": {"1"}, "value": {x.guess}},
			"an unknown discipline": {"version": {"1"}, "field": {"discipline"}, "value": {"炼金术"}}, "nothing": {"version": {"1"}, "field": {"theme"}}} {
			officer.post(x.path+"/classify", bad).want(http.StatusBadRequest)
			if _, got := x.again(); len(got) != 0 {
				t.Errorf("%s is saved", name)
			}
		}
		officer.post(x.path+"/classify", form).want(http.StatusSeeOther)
		by, got := x.again()
		if len(got) != 1 || got[0] != x.guess || by.Name == "" || by.At != noon.UnixMilli() {
			t.Errorf("%v by %+v", got, by)
		}
		officer.get(x.path).hasNot(`value="` + x.guess + `">采用`).has("由 " + by.Name + " 于 2023年4月7日")
		// The second officer chose on the page as it was before.
		officer.post(x.path+"/classify", url.Values{"version": {"1"}, "field": {"discipline"}, "other": {"数学"}}).want(http.StatusConflict).has("别人刚刚改过这一条", x.guess)
		if _, got := x.again(); got[0] != x.guess {
			t.Errorf("the first choice is lost: %v", got)
		}
		officer.post(x.path+"/classify", url.Values{"version": {"2"}, "field": {"theme"}, "other": {"city"}}).want(http.StatusSeeOther)
	}
	if r := s.result("钢筋"); len(r.Themes) != 1 || r.Themes[0] != catalog.City || !r.ThemesBy.Anybody() {
		t.Errorf("%+v", r)
	}
}

// TestAGuessIsNobodysBusiness: what the program guesses stands on no page that
// others see, and a label of something public needs its confirmation.
func TestAGuessIsNobodysBusiness(t *testing.T) {
	s := newSite(t)
	s.stock()
	r := s.result("轴承")
	path := "/results/" + r.Code
	officer := s.as(account.Officer)
	officer.get(path).has(guessLabel, "可公开确认：本条已公开")
	for _, b := range []*browser{s.visitor(), s.as(account.System)} {
		b.get(path).want(http.StatusOK).hasNot("系统判断", `id="classify"`)
		b.get(path+".json").hasNot("系统判断", "guess")
	}
	form := url.Values{"version": {strconv.FormatInt(r.Version, 10)}, "field": {"discipline"}, "other": {"机械工程"}}
	officer.post(path+"/classify", form).want(http.StatusBadRequest).has("请勾选「可公开确认」")
	form.Set("confirm", "1")
	officer.post(path+"/classify", form).want(http.StatusSeeOther)
	now := s.result("轴承")
	if !now.PublicConfirmed || now.State != catalog.ResultListed || len(now.Disciplines) != 1 {
		t.Errorf("it left the shelf: %+v", now)
	}
	s.visitor().get(path).has("机械工程").hasNot(now.DisciplinesBy.Name + " 于")
}

// TestAListToClassify: an officer works through what lacks something, and what
// is adopted is what stood there.
func TestAListToClassify(t *testing.T) {
	s := newSite(t)
	s.stock()
	s.put(intake.Results,
		apptest.ResultRow(catalog.Result{Title: "钢筋混凝土框架节点的抗震加固", Abstract: "混凝土框架节点抗震加固试验。", Owners: []string{"示范大学"}}),
		apptest.ResultRow(catalog.Result{Title: "zxcvb qwrtz", Abstract: "asdf", Owners: []string{"示范大学"}}))
	officer := s.as(account.Officer)
	officer.get("/").has("待归类成果", "/results?lack=theme&amp;lack=discipline", "待归类需求")
	for _, b := range []*browser{s.visitor(), s.as(account.System)} {
		b.get("/").hasNot("待归类")
		b.get("/results?lack=theme").want(http.StatusBadRequest)
		b.get("/results").hasNot("待归类", "缺学科")
		b.post("/results/classify", url.Values{"ref": {"x"}}).want(http.StatusForbidden)
		b.post("/needs/classify", url.Values{"ref": {"x"}}).want(http.StatusForbidden)
	}
	frame, bearing := s.result("钢筋"), s.result("轴承")
	officer.get("/results.csv?lack=theme").want(http.StatusOK).has("钢筋").hasNot("轴承")
	officer.get("/results/brochure?lack=theme").want(http.StatusOK)
	s.visitor().get("/results.csv?lack=theme").want(http.StatusBadRequest)
	list := officer.get("/results?lack=discipline").want(http.StatusOK).has("土木工程", "系统判断，把握较大，未经人工核实", "未归类。系统把握不足")
	ref := func(r catalog.Result) string { return r.ID.String() + "." + strconv.FormatInt(r.Version, 10) }
	list.has(`name="label" value="` + ref(frame) + `.土木工程"`)
	officer.get("/results?lack=theme").has("钢筋").hasNot("轴承")

	form := url.Values{"ref": {ref(frame), ref(bearing)}, "label": {ref(frame) + ".土木工程", ref(bearing) + ".机械工程"}}
	officer.post("/results/classify", form).want(http.StatusOK).has("已归类 1 项", "请勾选「可公开确认」", "继续归类")
	if r := s.result("钢筋"); len(r.Disciplines) != 1 || r.Disciplines[0] != "土木工程" || !r.DisciplinesBy.Anybody() {
		t.Errorf("%+v", r)
	}
	form.Set("confirm", "1")
	officer.post("/results/classify", form).want(http.StatusOK).has("已归类 1 项", "钢筋").hasNot("请勾选「可公开确认」")
	if r := s.result("轴承"); !r.PublicConfirmed || len(r.Disciplines) != 1 {
		t.Errorf("%+v", r)
	}
	form = url.Values{"ref": {ref(s.result("zxcvb"))}}
	officer.post("/results/classify", form).want(http.StatusBadRequest) // there was no guess
	form.Set("label", ref(s.result("zxcvb"))+".炼金术")
	officer.post("/results/classify", form).want(http.StatusBadRequest)
	s.visitor().get("/results?discipline="+url.QueryEscape("机械工程")).want(http.StatusOK).has("轴承", "学科").hasNot("混凝土配合比")
	officer.get("/results?discipline=" + url.QueryEscape("土木工程")).has("钢筋")
}

// TestTheEditShowsTheGuess: the form of an edit says what the program takes a
// thing for, and what is chosen there is somebody's word.
func TestTheEditShowsTheGuess(t *testing.T) {
	s := newSite(t)
	s.put(intake.Results, apptest.ResultRow(catalog.Result{Title: "钢筋混凝土框架节点的抗震加固", Abstract: "混凝土框架节点抗震加固试验。", Owners: []string{"示范大学"}}))
	officer := s.as(account.Officer)
	path := "/results/" + s.result("钢筋").Code + "/edit"
	form := officer.get(path).has("系统判断为「土木工程」：系统判断，把握较大，未经人工核实").filled()
	form.Set("discipline", "力学")
	form.Set("theme", "city")
	officer.post(path, form).want(http.StatusSeeOther)
	r := s.result("钢筋")
	if r.Disciplines[0] != "力学" || r.DisciplinesBy.Name == "" || r.ThemesBy.Name == "" {
		t.Errorf("%+v", r)
	}
	form = officer.get(path).hasNot("系统判断为").has(`<option value="力学" selected>`).filled()
	form.Set("discipline", "炼金术")
	officer.post(path, form)
	if r = s.result("钢筋"); r.Disciplines[0] != "力学" {
		t.Errorf("%+v", r)
	}
	form.Set("version", strconv.FormatInt(r.Version, 10))
	form.Set("discipline", "")
	officer.post(path, form).want(http.StatusSeeOther)
	if r = s.result("钢筋"); len(r.Disciplines) != 0 || r.DisciplinesBy.Anybody() || !r.ThemesBy.Anybody() {
		t.Errorf("%+v", r)
	}
}
