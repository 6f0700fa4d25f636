package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
)

var (
	partyLink  = regexp.MustCompile(`href="(/parties/P-\w+)"`)
	personLink = regexp.MustCompile(`href="(/people/H-\w+)"`)
)

// college puts a unit with its predecessor, an enterprise and two people of
// one name into the catalogue.
func (s *site) college() {
	s.t.Helper()
	unit := func(name, before string) intake.Row {
		return intake.Row{Title: name, Predecessor: before, Party: &catalog.Party{Kind: catalog.PartyUnit, Name: name, From: catalog.Date{Year: 2010}, Contact: catalog.Contact{Phone: "13800000009"}}}
	}
	s.put(intake.Parties, unit("机械系", ""))
	s.put(intake.Parties, unit("机械学院", "机械系"), intake.Row{Title: "某水泥厂", Party: &catalog.Party{Kind: catalog.PartyEnterprise, Name: "某水泥厂"}})
	s.put(intake.People, intake.Row{Title: "沈若川", Person: &catalog.Person{Name: "沈若川", Unit: "机械学院", Title: "教授", StaffNo: "10010"}},
		intake.Row{Title: "沈若川", Person: &catalog.Person{Name: "沈若川", Unit: "材料学院", StaffNo: "10020"}})
}

func TestPagesOfPartiesAndPeople(t *testing.T) {
	s := newSite(t)
	s.stock()
	s.college()
	visitor, officer, admin := s.visitor(), s.as(account.Officer), s.as(account.System)
	visitor.get("/people").has("还没有公开成果的完成人").hasNot("沈若川")
	list := visitor.get("/parties").has("机械学院", "机械系", "共 2 项").hasNot("水泥厂", "138")
	officer.get("/parties").has("某水泥厂", "共 3 项")
	officer.get("/parties?kind=enterprise").has("某水泥厂", "共 1 项").hasNot("机械学院")
	visitor.get("/parties?kind=enterprise").want(http.StatusBadRequest)
	officer.get("/parties?q=jixie").has("机械学院").hasNot("水泥厂")
	visitor.get("/parties?after=x").want(http.StatusBadRequest)

	firm := officer.get("/parties?kind=enterprise").link(partyLink)
	for _, b := range []*browser{visitor, admin} {
		b.get(firm).want(http.StatusNotFound)
		b.post(firm+"/contact", nil).want(http.StatusForbidden)
	}
	officer.get(firm).has("某水泥厂", s.need().Title)
	unit := regexp.MustCompile(`href="(/parties/P-\w+)">机械学院`).FindStringSubmatch(list.body)
	if unit == nil {
		t.Fatal("no link to the school")
	}
	visitor.get(unit[1]).has("机械系", "2010年起", s.result("轴承").Title, "成果 1 项").hasNot("13800000009", "138****09", "沈若川")
	officer.get(unit[1]).has("138****09", "沈若川")
	officer.post(unit[1]+"/contact", nil).has("13800000009")

	// The office says who it is; then anybody may see it.
	who := officer.get("/people?unit=" + url.QueryEscape("机械学院")).link(personLink)
	visitor.get(who).want(http.StatusNotFound)
	r := s.result("轴承")
	officer.get(who).has("完成人姓名为「沈若川」的成果", r.Title, "10010")
	form := url.Values{"ref": {fmt.Sprintf("%s.%d", r.ID, r.Version)}}
	visitor.post(who+"/results", form).want(http.StatusForbidden)
	admin.post(who+"/results", form).want(http.StatusForbidden)
	officer.post(who+"/results", form).want(http.StatusSeeOther)
	visitor.get(who).want(http.StatusOK).has("沈若川", "机械学院", r.Title).hasNot("10010", "确认是此人")
	visitor.get("/people").has("共 1 项", who)
	visitor.get("/results/" + r.Code).has(`<a href="` + who + `">沈若川</a>`)
	officer.post(who+"/results", form).want(http.StatusOK).has("请重新核对")
	visitor.get("/people/H-2222222222").want(http.StatusNotFound)
	visitor.get("/parties/P-2222222222").want(http.StatusNotFound)
}
