package web_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/gate"
	"datai/intake"
	"datai/shelf"
	"datai/store"
	"datai/web"
	"datai/web/api"

	"github.com/google/uuid"
)

// member is somebody who has this one role, signed in by the pages.
func (s *site) member(role account.Role) (*browser, account.Principal) {
	s.t.Helper()
	b := s.visitor()
	if role == account.Visitor {
		return b, account.Nobody()
	}
	p := account.Principal{ID: uuid.NewSHA1(uuid.Nil, []byte(role)), Name: "某" + string(role), Roles: []account.Role{role}, Acting: role}
	if err := store.For[account.Tx](s.db).Write(context.Background(), func(tx account.Tx) error {
		_, ok, err := tx.Account(context.Background(), p.ID)
		if err != nil || ok {
			return err
		}
		return tx.AddAccount(context.Background(), account.Account{ID: p.ID, Name: p.Name, Roles: p.Roles, Version: 1})
	}); err != nil {
		s.t.Fatal(err)
	}
	b.post("/enter/"+s.linkFor(p.Name), nil).want(http.StatusSeeOther)
	return b, p
}

func (s *site) linkFor(name string) string {
	s.t.Helper()
	token, err := s.account.IssueLink(context.Background(), console, name)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// filled is a site on which every address of the table leads to something.
type filled struct {
	*site
	codes map[string]string // by the pattern, or by the noun before {code}, {id}, …
	own   string            // address of a page that one holds the secret of
	given string            // code of a case that was given to the external manager; codes has one that was not
}

func fill(t *testing.T) *filled {
	t.Helper()
	s := newSite(t, func(c *web.Config) { c.Outside = anybody() })
	ctx := context.Background()
	s.stock()
	s.addSource("https://cas.example.edu.cn/cas")
	s.put(intake.Parties, intake.Row{Title: "机械学院", Party: &catalog.Party{Kind: catalog.PartyUnit, Name: "机械学院"}},
		intake.Row{Title: "某水泥厂", Party: &catalog.Party{Kind: catalog.PartyEnterprise, Name: "某水泥厂", Contact: catalog.Contact{Phone: "13900000002"}}})
	s.put(intake.People, intake.Row{Title: "沈若川", Person: &catalog.Person{StaffNo: "T0001", Name: "沈若川", Unit: "机械学院"}})
	units, _, _, err := s.shelf.Parties(ctx, account.Nobody(), shelf.PartyFilter{}, shelf.Page{Limit: 1})
	if err != nil || len(units) != 1 {
		t.Fatal(units, err)
	}
	enterprises, _, _, err := s.shelf.Parties(ctx, console, shelf.PartyFilter{Kinds: []catalog.PartyKind{catalog.PartyEnterprise}}, shelf.Page{Limit: 1})
	if err != nil || len(enterprises) != 1 {
		t.Fatal(enterprises, err)
	}
	people, _, _, err := s.shelf.People(ctx, console, shelf.PersonFilter{}, shelf.Page{Limit: 1})
	if err != nil || len(people) != 1 {
		t.Fatal(people, err)
	}
	r := s.result("轴承")
	if out, err := s.shelf.Attribute(ctx, console, people[0].Code, []shelf.Ref{{ID: r.ID, Version: r.Version}}, true); err != nil || out.Done != 1 {
		t.Fatal(out, err)
	}
	need := s.need().Code
	officer, _ := s.member(account.Officer)
	_, manager := s.member(account.Manager)
	f := &filled{site: s}
	var cases []string
	for range 2 {
		c, secret, err := s.contact.Ask(ctx, account.Nobody(), r.Code, contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000077",
			Purpose: "试用", Source: contact.FromListing, Consent: "同意"})
		if err != nil {
			t.Fatal(err)
		}
		cases, f.own = append(cases, c.Code), secret
	}
	if err := s.contact.Assign(ctx, console, cases[0], 1, manager.ID); err != nil {
		t.Fatal(err)
	}
	f.given = cases[0]
	batch := staged(t, officer, officer.upload("results", "自制.csv", []byte("叫什么,讲什么\n一项自制表里的成果,它的说明\n")))
	refused := staged(t, officer, officer.upload("results", "成果.csv", []byte(sheet)))
	if err := s.db.Sequence(ctx); err != nil { // a checkpoint
		t.Fatal(err)
	}
	round := officer.post("/batch", url.Values{"k": {"5"}, "for": {"office"}, "needs": {"open"}}).want(http.StatusSeeOther).header.Get("Location")
	for strings.Contains(officer.part(round).body, "hx-trigger") { // each answer takes the time that it takes
	}
	drop := officer.drop("results", sent{"", "甲.csv", "成果名称\n甲\n"}, sent{"", "乙.csv", "成果名称\n乙\n"}).want(http.StatusSeeOther).header.Get("Location")
	read(t, officer, drop)
	_, member := s.member(account.Enterprise)
	if err := s.db.Write(ctx, func(tx *store.Tx) error { return tx.JoinParty(ctx, member.ID, enterprises[0].ID) }); err != nil {
		t.Fatal(err)
	}
	_, zhou := s.member(account.Clerk)
	d, err := s.proxy.Paste(ctx, zhou, wechat)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := s.proxy.Enter(ctx, zhou, d.Form, shelf.Ref{}, false)
	if err != nil {
		t.Fatal(err)
	}
	s.put(intake.Results, intake.Row{Title: "污泥干化", Result: &catalog.Result{Kind: catalog.KindResult, Title: "污泥干化", Abstract: "污泥干化。", Completers: []catalog.Completer{{Name: "穆若澜"}}, Organization: "环境学院"}})
	links, _, err := s.gate.Ask(ctx, console, gate.Filter{Unit: "环境学院"}, false)
	if err != nil || len(links) != 1 {
		t.Fatal(links, err)
	}
	questions := links[0].Secret
	_, expert := s.member(account.Reviewer)
	sent := gate.Choice{Purpose: "roadshow", Until: catalog.Date{Year: 2023, Month: 4, Day: 20}, Reviewers: []uuid.UUID{expert.ID}}
	for _, name := range []string{"方知行", "柳听泉二"} {
		id := uuid.New()
		if err := store.For[account.Tx](s.db).Write(ctx, func(tx account.Tx) error {
			return tx.AddAccount(ctx, account.Account{ID: id, Name: name, Roles: []account.Role{account.Reviewer}, Version: 1})
		}); err != nil {
			t.Fatal(err)
		}
		sent.Reviewers = append(sent.Reviewers, id)
	}
	sludge := s.result("污泥干化")
	if err := s.gate.Choose(ctx, console, sludge.Code, sludge.Version, 0, sent); err != nil {
		t.Fatal(err)
	}
	reviews, err := s.gate.Reviews(ctx, expert)
	if err != nil || len(reviews) != 1 {
		t.Fatal(reviews, err)
	}
	// A need that was confirmed on a phone, with a match that the office checked.
	d2, err := s.proxy.Paste(ctx, zhou, wechat)
	if err != nil {
		t.Fatal(err)
	}
	d2.Form.Title = "第二项"
	confirmed, err := s.proxy.Enter(ctx, zhou, d2.Form, shelf.Ref{}, false)
	if err != nil {
		t.Fatal(err)
	}
	reply := shelf.ReplyOf(confirmed.Need)
	reply.Who, reply.Public, reply.Consent = "张三丰", true, "同意"
	if err := s.proxy.Confirm(ctx, confirmed.Secret, confirmed.Need.Version, reply); err != nil {
		t.Fatal(err)
	}
	_, li := s.member(account.Officer)
	n, err := s.shelf.Need(ctx, li, confirmed.Need.Code)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.match.CheckMatch(ctx, li, n, r.Code, s.result("轴承").Version, ""); err != nil {
		t.Fatal(err)
	}
	// A professor who is asked, and a question how it goes.
	third, _, err := s.contact.Ask(ctx, account.Nobody(), r.Code, contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000077",
		Purpose: "试用", Source: contact.FromListing, Consent: "同意"})
	if err != nil {
		t.Fatal(err)
	}
	invited, err := s.contact.Invite(ctx, console, third.Code, 1, contact.Asking{Name: r.Completers[0].Name, Reach: "13800000078"})
	if err != nil {
		t.Fatal(err)
	}
	going := base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef"))
	if err := s.db.Write(ctx, func(tx *store.Tx) error {
		c, err := tx.CaseByCode(ctx, third.Code)
		if err != nil {
			return err
		}
		return tx.AddCaseLink(ctx, contact.Link{Hash: sha256.Sum256([]byte(going)), Case: c.ID, Kind: contact.Progress, Side: contact.Asker, MadeAt: 1, ExpiresAt: 4e12})
	}); err != nil {
		t.Fatal(err)
	}
	f.codes = map[string]string{
		"fits": confirmed.Secret, "connect": r.Code, "p": invited.Secret, "g": going, "inquiries": invited.Secret, "contact-progress": going,
		"sign-ups": uuid.NewString(), "c": asked.Secret, "GET /api/v1/needs/{code}/confirmation": asked.Need.Code,
		"results": r.Code, "needs": need, "parties": units[0].Code, "people": people[0].Code, "s": r.Code, "gate": r.Code, "q": questions, "reviews": reviews[0].Round.ID.String(),
		"contacts": cases[1], "contact": f.own, "import": strings.TrimPrefix(batch, "/import/"), "imports": strings.TrimPrefix(batch, "/import/"),
		"drops": strings.TrimPrefix(drop, "/drops/"), "batch": strings.TrimPrefix(round, "/batch/"), "language": "en", "sitemap": "results-1.xml",
		"exports": "results", "matches": r.Code, "tasks": uuid.NewString(), "tokens": uuid.NewString(), "passkeys": uuid.NewString(), "addresses": uuid.NewString(), "sessions": uuid.NewString(), "inbox": uuid.NewString(), "receivers": uuid.NewString(), "rules": "contact-answer", "processes": "contact", "assets": "none.js",
		"with": "campus", "notices": uuid.NewString(), "sign-in-sources": "campus",
		"documents": s.sentDocument("contact", f.given), "papers": s.sentDocument("gate", r.Code), "drafts": "note", "answers": uuid.NewString(), "GET /api/v1/gate/{code}/review": sludge.Code, "consents": uuid.NewString(), "known": uuid.NewString(), "account-conflicts": uuid.NewString(), "join": uuid.NewString(),
		"accounts":                  uuid.NewSHA1(uuid.Nil, []byte(account.Manager)).String(),
		ownInquiry:                  third.Code,
		"GET /parties/{code}/needs": enterprises[0].Code, "GET /api/v1/parties/{code}/unlinked-needs": enterprises[0].Code,
		"GET /import/{id}/refused": strings.TrimPrefix(refused, "/import/"),
	}
	return f
}

// anybody is an identity provider that lets a student in, whoever comes back.
func anybody() web.Outside {
	return web.Outside{
		Begin: func(context.Context, account.Source, string, bool) (string, string, error) {
			return "https://cas.example.edu.cn/cas/login", "away", nil
		},
		Return: func(context.Context, account.Source, string, url.Values) (account.Assertion, string, bool, error) {
			return account.Assertion{Subject: "S1", Once: uuid.NewString(), Attributes: map[string][]string{"user": {"S1"}, "cn": {"柳听泉"}, "type": {"student"}}}, "/", false, nil
		},
		Ended: func(context.Context, account.Source, url.Values) (account.Ending, error) {
			return account.Ending{Session: "ST-1"}, nil
		},
		Leave: func(account.Source) string { return "" },
	}
}

// ownInquiry is answered to the professor who was asked alone.
const ownInquiry = "GET /api/v1/me/inquiries/{code}"

// askedIs makes p the professor who was asked in a case.
func (f *filled) askedIs(t *testing.T, code string, p account.Principal) {
	t.Helper()
	if err := f.db.Write(t.Context(), func(tx *store.Tx) error {
		c, err := tx.CaseByCode(t.Context(), code)
		if err != nil {
			return err
		}
		c.Professor.Account = p.ID
		return tx.SaveCase(t.Context(), c)
	}); err != nil {
		t.Fatal(err)
	}
}

var placeholder = regexp.MustCompile(`/([a-z-]+)/\{[a-z]+\}`)

// address is a request for the route by p, who may have been given a case.
func (f *filled) address(t *testing.T, rt account.Route, p account.Principal) (method, path string) {
	t.Helper()
	method, path, ok := strings.Cut(rt.Pattern, " ")
	if !ok { // what no other route takes
		return http.MethodGet, "/nowhere"
	}
	path = strings.TrimSuffix(path, "{$}")
	path = placeholder.ReplaceAllStringFunc(path, func(part string) string {
		noun := placeholder.FindStringSubmatch(part)[1]
		code := cmp.Or(f.codes[rt.Pattern], f.codes[noun])
		if noun == "contacts" && p.Reach(rt.Do) == account.Assigned {
			code = f.given
		}
		if noun == "documents" && !p.May(account.HandleContacts) { // of a result at the gate, for who reads the office's
			code = f.codes["papers"]
		}
		if noun == "enter" {
			code = f.linkFor(cmp.Or(p.Name, "李老师"))
		}
		if rt.Pattern == ownInquiry {
			f.askedIs(t, code, p)
		}
		if code == "" {
			t.Fatalf("%s: the test knows nothing to put after /%s/", rt.Pattern, noun)
		}
		return "/" + noun + "/" + code
	})
	if q := queries[rt.Pattern]; q != "" {
		path += "?" + strings.NewReplacer("R1", f.codes["results"], "R2", f.result("混凝土").Code).Replace(q)
	}
	return method, path
}

// queries are what an address needs beside its path.
var queries = map[string]string{"GET /needs/{code}/compare": "result=R1&result=R2"}

// forms are what an address needs to be fulfilled. What is not here is sent an
// empty form: the guard comes before it is read.
func forms(rt account.Route, p account.Principal) url.Values {
	if rt.Pattern == "POST /me/role" {
		return url.Values{"role": {string(p.Acting)}}
	}
	return nil
}

// may is what the answer to a request says of the guard: whether it let it
// through. For somebody signed in forbidden is 403; a program without a session
// is told 401.
func may(a answer) bool {
	return a.status != http.StatusForbidden && a.status != http.StatusUnauthorized
}

// Every route that is served, in every role and in none, is answered as the
// permission table says. The routes are those that the server itself is made
// of; there is no list of exceptions. What pages show leads only where the
// viewer may go.
func TestEveryRouteInEveryRole(t *testing.T) {
	f := fill(t)
	routes := f.pages.Routes()
	if len(routes) < 100 {
		t.Fatalf("%d routes", len(routes))
	}
	known := http.NewServeMux()
	do := map[string]account.Permission{}
	for _, rt := range routes {
		if account.KindOf(rt.Do) == "" {
			t.Errorf("%s takes a permission that does not exist: %q", rt.Pattern, rt.Do)
		}
		known.Handle(rt.Pattern, http.NotFoundHandler())
		do[rt.Pattern] = rt.Do
	}
	slices.SortStableFunc(routes, func(a, b account.Route) int { // look first, change afterwards
		return cmp.Compare(b2i(!strings.HasPrefix(a.Pattern, "GET ")), b2i(!strings.HasPrefix(b.Pattern, "GET ")))
	})
	asked := 0
	for i, role := range account.Roles() {
		b, p := f.member(role)
		for _, rt := range routes {
			method, path := f.address(t, rt, p)
			r := b.request(method, path, strings.NewReader(forms(rt, p).Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-From", fmt.Sprintf("192.0.2.%d:1234", i)) // no address asks for all of it within a minute
			if strings.HasPrefix(path, api.Prefix) {
				r.Header.Set("Content-Type", "application/json")
			}
			a := b.do(r)
			asked++
			switch {
			case may(a) != p.May(rt.Do):
				t.Errorf("%s as %s: status %d, but the table says %v (%s)", rt.Pattern, role, a.status, p.May(rt.Do), rt.Do)
			case a.status >= http.StatusInternalServerError:
				t.Errorf("%s as %s: status %d", rt.Pattern, role, a.status)
			case may(a) && method == http.MethodGet && path != "/nowhere" && !strings.HasPrefix(path, "/assets/") && a.status >= http.StatusBadRequest:
				t.Errorf("%s as %s: %s is answered with %d", rt.Pattern, role, path, a.status)
			case p.Reach(rt.Do) == account.Assigned && strings.Contains(rt.Pattern, "{code}"):
				other := strings.Replace(path, f.given, f.codes["contacts"], 1)
				if a := b.do(b.request(method, other, strings.NewReader("version=1"))); a.status == http.StatusOK || a.status == http.StatusSeeOther {
					t.Errorf("%s as %s: a case of somebody else is answered with %d", rt.Pattern, role, a.status)
				}
			}
			if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && may(a) {
				for _, to := range leads(a.body) {
					req := b.request(to.method, to.path, nil)
					if _, pattern := known.Handler(req); !p.May(do[pattern]) {
						t.Errorf("%s as %s shows %s %s, which takes %s", rt.Pattern, role, to.method, to.path, do[pattern])
					}
				}
			}
			if rt.Pattern == "POST /sign-out" || rt.Pattern == "POST /api/v1/me/sessions/end" || rt.Pattern == "GET /sign-in/with/{source}/return" || strings.HasPrefix(rt.Pattern, "POST /enter") {
				b, _ = f.member(role)
			}
		}
	}
	if want := len(routes) * len(account.Roles()); asked != want {
		t.Errorf("%d requests of %d", asked, want)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// lead is a way that a page offers.
type lead struct{ method, path string }

var (
	linked    = regexp.MustCompile(`<a [^>]*?href="(/[^"]*)"`)
	submitted = regexp.MustCompile(`<form [^>]*>`)
	method    = regexp.MustCompile(`method="(\w+)"`)
	action    = regexp.MustCompile(`[ :]action="(/[^"]*)"`)
	otherwise = regexp.MustCompile(`formaction="(/[^"]*)"`)
)

// leads are the links and forms of a page that stay on the site.
func leads(page string) []lead {
	var out []lead
	for _, m := range linked.FindAllStringSubmatch(page, -1) {
		out = append(out, lead{http.MethodGet, html.UnescapeString(m[1])})
	}
	for _, form := range submitted.FindAllString(page, -1) {
		if to := action.FindStringSubmatch(form); to != nil {
			how := http.MethodGet
			if m := method.FindStringSubmatch(form); m != nil {
				how = strings.ToUpper(m[1])
			}
			out = append(out, lead{how, html.UnescapeString(to[1])})
		}
	}
	for _, m := range otherwise.FindAllStringSubmatch(page, -1) {
		out = append(out, lead{http.MethodPost, html.UnescapeString(m[1])})
	}
	return out
}
