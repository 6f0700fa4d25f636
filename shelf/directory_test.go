package shelf_test

import (
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/shelf"
)

func person(name, unit, staff string) intake.Row {
	return intake.Row{Title: name, Person: &catalog.Person{Name: name, Unit: unit, StaffNo: staff}}
}

func party(kind catalog.PartyKind, name, before string) intake.Row {
	return intake.Row{Title: name, Party: &catalog.Party{Name: name, Kind: kind, Contact: catalog.Contact{Phone: "13800000009"}}, Predecessor: before}
}

func people(t *testing.T, a *apptest.App, p account.Principal) []catalog.Person {
	t.Helper()
	ps, _, _, err := a.Shelf.People(t.Context(), p, shelf.PersonFilter{}, shelf.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// TestANameIsNobody: two people of one name are told apart by the office, and
// a visitor learns of who stands behind something public, and of nobody else.
func TestANameIsNobody(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.People, person("沈若川", "机械学院", "1001"), person("沈若川", "材料学院", "1002")))
	row := result("甲")
	row.Result.Completers = []catalog.Completer{{Name: "沈若川"}, {Name: "罗静姝"}}
	a.Import(t, apptest.File(intake.Results, row))
	a.PublishResults(t)
	if got := people(t, a, account.Nobody()); len(got) != 0 {
		t.Fatalf("a name made somebody: %+v", got)
	}
	all := people(t, a, apptest.Officer())
	if len(all) != 2 {
		t.Fatal(all)
	}
	first, second := all[0], all[1]
	if _, err := a.Shelf.Person(t.Context(), account.Nobody(), first.Code); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("a visitor learns of somebody who stands behind nothing: %v", err)
	}
	if _, err := a.Shelf.Attribute(t.Context(), account.Principal{Acting: account.System}, first.Code, refs(a.AllResults(t)), true); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("an administrator attributes: %v", err)
	}
	out, err := a.Shelf.Attribute(t.Context(), apptest.Officer(), first.Code, refs(a.AllResults(t)), true)
	if err != nil || out.Done != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if r := a.AllResults(t)[0]; !r.PublicConfirmed || r.State != catalog.ResultListed {
		t.Errorf("it left the shelf: %+v", r)
	}
	got := people(t, a, account.Nobody())
	if len(got) != 1 || got[0].ID != first.ID || got[0].StaffNo != "" {
		t.Errorf("a visitor sees %+v", got)
	}
	if out, err := a.Shelf.Attribute(t.Context(), apptest.Officer(), second.Code, refs(a.AllResults(t)), true); err != nil || out.Done != 0 || len(out.Left) != 1 {
		t.Errorf("two people are one completer: %+v, %v", out, err)
	}
	// The next sheet names the same people, and they are the same.
	if b := a.Import(t, apptest.File(intake.Results, row)); b.Counts.Unchanged != 1 {
		t.Errorf("the same sheet again: %+v", b.Counts)
	}
	if out, err := a.Shelf.Attribute(t.Context(), apptest.Officer(), first.Code, refs(a.AllResults(t)), false); err != nil || out.Done != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	if got := people(t, a, account.Nobody()); len(got) != 0 {
		t.Errorf("still public: %+v", got)
	}
}

func TestVisitorsSeeUnitsAndNoEnterprise(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Parties, party(catalog.PartyUnit, "冶金系", "")))
	a.Import(t, apptest.File(intake.Parties, party(catalog.PartyUnit, "材料学院", "冶金系"), party(catalog.PartyEnterprise, "示例企业", ""), party(catalog.PartyUniversity, "示范大学", "")))
	a.Import(t, apptest.File(intake.Needs, need("裂缝", catalog.Date{})))
	list := func(p account.Principal) map[string]catalog.Party {
		ps, _, counts, err := a.Shelf.Parties(t.Context(), p, shelf.PartyFilter{}, shelf.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		by, n := map[string]catalog.Party{}, 0
		for _, x := range ps {
			by[x.Name] = x
		}
		for _, c := range counts {
			n += c
		}
		if n != len(ps) {
			t.Errorf("%d are counted, %d are shown", n, len(ps))
		}
		return by
	}
	office, public := list(apptest.Officer()), list(account.Nobody())
	if len(office) != 4 || len(public) != 3 || public["示例企业"].Name != "" || public["材料学院"].Contact.Phone != "" {
		t.Fatalf("office %v, public %v", office, public)
	}
	if _, _, _, err := a.Shelf.Parties(t.Context(), account.Nobody(), shelf.PartyFilter{Kinds: []catalog.PartyKind{catalog.PartyEnterprise}}, shelf.Page{}); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("a visitor asks for enterprises: %v", err)
	}
	if _, err := a.Shelf.Party(t.Context(), account.Nobody(), office["示例企业"].Code); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("a visitor sees an enterprise: %v", err)
	}
	school, err := a.Shelf.Party(t.Context(), account.Nobody(), office["材料学院"].Code)
	if err != nil || len(school.Before) != 1 || school.Before[0].Name != "冶金系" || school.Before[0].Contact.Phone != "" {
		t.Errorf("%+v, %v", school, err)
	}
	old, err := a.Shelf.Party(t.Context(), account.Nobody(), office["冶金系"].Code)
	if err != nil || len(old.After) != 1 || old.After[0].Name != "材料学院" {
		t.Errorf("%+v, %v", old, err)
	}
	firm, err := a.Shelf.Party(t.Context(), apptest.Officer(), office["示例企业"].Code)
	if err != nil || len(firm.Needs) != 1 || firm.Needs[0].Title != "裂缝" || firm.Contact.Phone != "138****09" {
		t.Errorf("%+v, %v", firm, err)
	}
	if c, err := a.Shelf.PartyContact(t.Context(), apptest.Officer(), firm.Code); err != nil || c.Phone != "13800000009" {
		t.Errorf("%+v, %v", c, err)
	}
}
