package gate_test

import (
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/gate"
	"datai/internal/apptest"
)

// askAll makes the links for everything that something holds.
func askAll(t *testing.T, a *apptest.App, send bool) []gate.Sent {
	t.Helper()
	sent, _, err := a.Gate.Ask(t.Context(), apptest.Officer(), gate.Filter{}, send)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func open(t *testing.T, a *apptest.App, secret string) gate.Page {
	t.Helper()
	pg, err := a.Gate.Open(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return pg
}

func of(c catalog.Contact, more func(*catalog.Result)) func(*catalog.Result) {
	return func(r *catalog.Result) {
		r.Contact = c
		if more != nil {
			more(r)
		}
	}
}

// One link goes to each professor for all of their results; two of one name and
// school with two numbers are two.
func TestOneLinkForEachProfessor(t *testing.T) {
	a := apptest.New(t)
	shen, other := catalog.Contact{Name: "沈若川", Phone: "13900000001"}, catalog.Contact{Name: "沈若川", Phone: "13900000002"}
	ask := func(r *catalog.Result) { r.RightsAs = "" }
	bring(t, a, titled("轴承监测", of(shen, ask)), titled("隧道渗水定位", of(shen, ask)), titled("焊缝检测", of(other, ask)), titled("催化剂回收", of(shen, nil)),
		titled("污泥干化", of(catalog.Contact{Name: "穆若澜", Email: "mu@example.edu.cn"}, ask)), titled("盾构刀具寿命", func(r *catalog.Result) { r.RightsAs, r.Completers = "", nil }))
	sent, left, err := a.Gate.Ask(t.Context(), apptest.Officer(), gate.Filter{}, true)
	if err != nil || len(sent) != 3 || left != 1 {
		t.Fatalf("%+v, %d, %v", sent, left, err)
	}
	by := map[string]int{}
	secrets := map[string]bool{}
	for _, s := range sent {
		by[s.By] += s.Results
		secrets[s.Secret] = true
	}
	if by["sms"] != 3 || by["mail"] != 1 || len(secrets) != 3 {
		t.Errorf("%v", by)
	}
	if _, _, err := a.Gate.Ask(t.Context(), account.Nobody(), gate.Filter{}, false); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("by anybody: %v", err)
	}
	if _, _, err := a.Gate.Ask(t.Context(), apptest.Officer(), gate.Filter{Question: gate.AskPhone}, false); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("of nobody: %v", err)
	}
}

// Three questions at a time; what fills an empty field is in, with its source;
// what would change something waits; what is skipped is not asked again.
func TestAnsweringByLink(t *testing.T) {
	a := apptest.New(t)
	r := bring(t, a, titled("轴承监测", of(catalog.Contact{Name: "沈若川", Phone: "13900000001"}, func(r *catalog.Result) {
		r.Summary, r.RightsAs, r.Indicators = "", "", nil
		r.Abstract = "性能先进。监测轴承。"
		r.Owners = []string{"某大学", "某公司"}
	})))["轴承监测"]
	secret := askAll(t, a, false)[0].Secret
	pg := open(t, a, secret)
	var asked []string
	for _, n := range pg.Next {
		asked = append(asked, string(n.Code))
		if n.Result.Contact != (catalog.Contact{}) || n.Result.Remarks != "" {
			t.Errorf("the page knows more than it may: %+v", n.Result)
		}
	}
	if strings.Join(asked, " ") != "rights owners vague" || pg.Left != 1 {
		t.Fatalf("%v, %d more", asked, pg.Left)
	}
	give := func(gs ...gate.Given) error {
		for i := range gs {
			gs[i].Result = r.Code
		}
		return a.Gate.Reply(t.Context(), secret, gs)
	}
	for _, bad := range []gate.Given{{Code: gate.AskRights, Text: "maybe"}, {Code: gate.AskVague, Text: "打 13900000009"}, {Code: gate.AskRights, Text: "filed", More: "201910100148.6"},
		{Code: gate.AskVague, Text: strings.Repeat("长", 501)}, {Code: gate.AskUnit, Text: "机械学院"}, {Code: gate.AskOwners, Text: "密级：机密"}} {
		if err := give(bad); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := give(gate.Given{Code: gate.AskRights, Text: "filed", More: "201910100148.5"}, gate.Given{Code: gate.AskOwners, Text: "某公司已书面同意"}, gate.Given{Code: gate.AskVague, Text: "误报率 ≤2%"}); err != nil {
		t.Fatal(err)
	}
	v := view(t, a, r.Code)
	if v.Result.RightsAs != "已申请专利 201910100148.5" || v.Case.State != gate.Waiting {
		t.Errorf("%+v", v.Result.RightsAs)
	}
	answers, err := a.Gate.Answers(t.Context(), apptest.Officer(), r.ID)
	if err != nil || len(answers) != 3 || answers[0].State != gate.Filled || answers[0].Value.Name != "沈若川" || answers[1].State != gate.Proposed || answers[2].State != gate.Filled {
		t.Fatalf("%+v, %v", answers, err)
	}
	pg = open(t, a, secret)
	if len(pg.Next) != 1 || pg.Next[0].Code != gate.AskSummary {
		t.Fatalf("%+v", pg.Next)
	}
	if err := give(gate.Given{Code: gate.AskSummary, Text: "国内首创的监测"}); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("a boast: %v", err)
	}
	if err := give(gate.Given{Code: gate.AskSummary, Text: "给风电场，误报低于 2%"}); err != nil {
		t.Fatal(err)
	}
	v = view(t, a, r.Code)
	if v.Result.Summary != "给风电场，误报低于 2%" || len(v.Result.Indicators) != 1 {
		t.Errorf("%+v", v.Result)
	}
	// The confirmation counts for the words that stand there.
	pg = open(t, a, secret)
	if len(pg.Next) != 0 || len(pg.Confirm) != 1 {
		t.Fatalf("%+v", pg)
	}
	if err := a.Gate.Agree(t.Context(), secret, []string{r.Code}, ""); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("without words: %v", err)
	}
	if err := a.Gate.Agree(t.Context(), secret, []string{r.Code}, says); err != nil {
		t.Fatal(err)
	}
	if v = view(t, a, r.Code); !v.SaidStill || v.Result.PublicConfirmed {
		t.Errorf("%+v", v.Case)
	}
	if _, err := a.Gate.Open(t.Context(), secret); keyOf(err) != "gate.link.done" {
		t.Errorf("a link that is done: %v", err)
	}
	// An officer decides on the note, once.
	ps, err := a.Gate.Proposals(t.Context(), apptest.Officer(), 10)
	if err != nil || len(ps) != 1 {
		t.Fatalf("%+v, %v", ps, err)
	}
	if err := a.Gate.Decide(t.Context(), apptest.Officer(), ps[0].ID, true); err != nil {
		t.Fatal(err)
	}
	if err := a.Gate.Decide(t.Context(), apptest.Officer(), ps[0].ID, false); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("decided twice: %v", err)
	}
	es, _, err := a.Gate.Timeline(t.Context(), apptest.Officer(), v.Case.ID)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := gate.Definition.Replay(es); err != nil || at != gate.Waiting {
		t.Errorf("replayed to %s: %v", at, err)
	}
}

// Not filed protects at once; evidence never looks better without an officer.
func TestWhatAnAnswerMayDo(t *testing.T) {
	a := apptest.New(t)
	bring(t, a, titled("轴承监测", of(catalog.Contact{Name: "沈若川"}, func(r *catalog.Result) { r.RightsAs, r.Maturity.Evidence, r.Summary = "", nil, "" })))
	code := byTitle(t, a)["轴承监测"].Code
	secret := askAll(t, a, false)[0].Secret
	if err := a.Gate.Reply(t.Context(), secret, []gate.Given{{Result: code, Code: gate.AskRights, Text: "not_yet"}, {Result: code, Code: gate.AskEvidence, Text: "have"}, {Result: code, Code: gate.AskSummary}}); err != nil {
		t.Fatal(err)
	}
	v := view(t, a, code)
	if !v.Result.Unfiled || len(v.Result.Maturity.Evidence) != 0 {
		t.Errorf("%+v", v.Result)
	}
	if pg := open(t, a, secret); len(pg.Next) != 1 || pg.Next[0].Code != gate.AskUnfiled {
		t.Errorf("what was skipped is asked again, or nothing of the filing: %+v", pg.Next)
	}
	if pg := open(t, a, secret); len(pg.Confirm) != 0 || pg.Withheld != 1 {
		t.Errorf("what is not filed may not be confirmed: %+v", pg)
	}
	ps, err := a.Gate.Proposals(t.Context(), apptest.Officer(), 10)
	if err != nil || len(ps) != 1 || ps[0].Code != gate.AskEvidence {
		t.Fatalf("%+v, %v", ps, err)
	}
	if err := a.Gate.Decide(t.Context(), apptest.Officer(), ps[0].ID, true); err != nil {
		t.Fatal(err)
	}
	if v = view(t, a, code); len(v.Result.Maturity.Evidence) != 1 {
		t.Errorf("%+v", v.Result.Maturity)
	}
}

func TestLinksEnd(t *testing.T) {
	a := apptest.New(t)
	bring(t, a, titled("轴承监测", of(catalog.Contact{Name: "沈若川"}, func(r *catalog.Result) { r.RightsAs = "" })))
	key := func(secret string) string {
		_, err := a.Gate.Open(t.Context(), secret)
		return keyOf(err)
	}
	first := askAll(t, a, false)[0].Secret
	if key(first) != "" || key("") != "gate.link.none" || key(strings.Repeat("B", 21)+first[21:]) != "gate.link.none" || key(strings.Repeat("A", 22)) != "gate.link.none" {
		t.Errorf("%q %q %q", key(first), key(""), key(strings.Repeat("A", 22)))
	}
	second := askAll(t, a, false)[0].Secret
	if key(first) != "gate.link.newer" || key(second) != "" {
		t.Errorf("%q, %q", key(first), key(second))
	}
	a.Clock.Advance(gate.LinkLife - time.Minute)
	if key(second) != "" {
		t.Error("it ends too early")
	}
	a.Clock.Advance(time.Minute)
	if key(second) != "gate.link.expired" {
		t.Errorf("%q", key(second))
	}
	if err := a.Gate.Reply(t.Context(), second, []gate.Given{{Result: byTitle(t, a)["轴承监测"].Code, Code: gate.AskRights, Text: "filed"}}); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("an expired link answers: %v", err)
	}
}
