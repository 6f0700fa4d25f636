package api_test

import (
	"bytes"
	"context"
	"datai/exchange"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/shelf"
	"datai/store"
	"datai/web/api"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// server is the interface on an application of its own. Each answer that it
// gives is held against the OpenAPI document.
type server struct {
	*apptest.App
	t      *testing.T
	api    *api.API
	schema *jsonschema.Compiler
	who    account.Principal // whom the session lets in
	in     account.SignIn
	from   int // the last byte of the address that asks
	log    *bytes.Buffer
}

func newServer(t *testing.T, change ...func(*api.Config)) *server {
	t.Helper()
	s := &server{App: apptest.New(t), t: t, who: account.Nobody(), log: &bytes.Buffer{}}
	c := api.Config{Intents: exchange.WriteIntents, Shelf: s.Shelf, Inbox: s.Inbox, Rules: s.Rules, Processes: s.Processes, Match: s.Match, Account: s.Account,
		Address:   func(r *http.Request) string { return r.RemoteAddr },
		Session:   func(context.Context) (account.Principal, account.SignIn, error) { return s.who, s.in, nil },
		Passwords: s.Passwords, Ways: func() []account.Provider { return []account.Provider{account.ByEmail, account.ByPhone} },
		Every:   func() []account.Route { return nil },
		Seen:    func(context.Context, string, account.Principal) {},
		BaseURL: &url.URL{Scheme: "https", Host: "tt.example.edu.cn"}, Now: s.Clock.Now,
		Logger: slog.New(slog.NewTextHandler(s.log, nil))}
	c.Gate, c.Forms, c.Evidence, c.WritePack = s.Gate, s.Document, s.Evidence, exchange.WritePack
	c.Intake, c.Contact, c.Proxy, c.Enterprises, c.Files = s.Intake, s.Contact, s.Proxy, s.Enterprises, s.files()
	for _, f := range change {
		f(&c)
	}
	s.api = api.New(c)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.api.Document()))
	if err != nil {
		t.Fatal(err)
	}
	s.schema = jsonschema.NewCompiler()
	s.schema.AssertFormat()
	if err := s.schema.AddResource(documentURL, doc); err != nil {
		t.Fatal(err)
	}
	return s
}

const documentURL = "https://tt.example.edu.cn/openapi.json"

func as(r account.Role) account.Principal {
	if r == account.Visitor {
		return account.Nobody()
	}
	return account.Principal{ID: uuid.NewSHA1(uuid.Nil, []byte(r)), Name: string(r), Roles: []account.Role{r}, Acting: r}
}

// people makes an account of each role, that of as.
func (s *server) people() {
	s.t.Helper()
	if err := store.For[account.Tx](s.DB).Write(s.t.Context(), func(tx account.Tx) error {
		for _, r := range account.Assignable() {
			if err := tx.AddAccount(s.t.Context(), account.Account{ID: as(r).ID, Name: as(r).Name, Roles: as(r).Roles, Version: 1}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
}

// response is an answer of the server.
type response struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

// call sends a request as who; body is marshalled unless it is a string or
// nil. Pairs are names and values of headers.
func (s *server) call(who account.Principal, method, path string, body any, pairs ...string) response {
	s.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req := httptest.NewRequestWithContext(s.t.Context(), method, api.Prefix+path, r)
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		req.Header.Set(pairs[i], pairs[i+1])
	}
	s.who, req.RemoteAddr = who, fmt.Sprintf("192.0.2.%d:1234", s.from%256)
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "0123456789abcdef")
	s.api.ServeHTTP(w, req)
	out := response{s.t, method + " " + path, w.Code, w.Header(), w.Body.Bytes()}
	s.conforms(req, out)
	return out
}

// conforms holds an answer against what the document says of its operation.
func (s *server) conforms(r *http.Request, res response) {
	s.t.Helper()
	kind, _, _ := strings.Cut(res.header.Get("Content-Type"), ";")
	if kind == "application/problem+json" {
		s.fits(res, "#/components/schemas/Problem")
		return
	}
	template, op := s.operation(r)
	if op == nil || res.status == http.StatusNotModified {
		return
	}
	declared, ok := op.Responses[fmt.Sprint(res.status)]
	if !ok {
		s.t.Errorf("%s: status %d is not in the document", res.what, res.status)
		return
	}
	if len(res.body) == 0 {
		return
	}
	if declared.Content[kind] == nil {
		s.t.Errorf("%s: the document does not have %q", res.what, kind)
		return
	}
	if kind == "application/json" {
		s.fits(res, fmt.Sprintf("#/paths/%s/%s/responses/%d/content/%s/schema", strings.ReplaceAll(template, "/", "~1"),
			strings.ToLower(r.Method), res.status, strings.ReplaceAll(kind, "/", "~1")))
	}
}

func (s *server) fits(res response, pointer string) {
	s.t.Helper()
	schema, err := s.schema.Compile(documentURL + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer))
	if err != nil {
		s.t.Fatalf("%s: %v", pointer, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(res.body))
	if err != nil {
		s.t.Errorf("%s: %v\n%s", res.what, err, res.body)
		return
	}
	if err := schema.Validate(value); err != nil {
		s.t.Errorf("%s: the answer is not as the document says: %v\n%s", res.what, err, res.body)
	}
}

// want demands a status.
func (r response) want(status int) response {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: status %d, want %d\n%s", r.what, r.status, status, r.body)
	}
	return r
}

// problem demands a problem with that status and code, and returns it.
func (r response) problem(status int, code string) api.Problem {
	r.t.Helper()
	r.want(status)
	var p api.Problem
	r.read(&p)
	if p.Code != code || p.Status != status || p.RequestID != "0123456789abcdef" || p.Type != "/api#problem-"+code || p.Title == "" || p.Detail == "" {
		r.t.Errorf("%s: problem %+v, want %s", r.what, p, code)
	}
	return p
}

func (r response) read(into any) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil {
		r.t.Fatalf("%s: %v\n%s", r.what, err, r.body)
	}
}

func (r response) has(parts ...string) response {
	r.t.Helper()
	for _, p := range parts {
		if !bytes.Contains(r.body, []byte(p)) {
			r.t.Errorf("%s lacks %q:\n%s", r.what, p, r.body)
		}
	}
	return r
}

func (r response) hasNot(parts ...string) response {
	r.t.Helper()
	for _, p := range parts {
		if bytes.Contains(r.body, []byte(p)) {
			r.t.Errorf("%s has %q:\n%s", r.what, p, r.body)
		}
	}
	return r
}

func bearing() catalog.Result {
	return catalog.Result{GivenID: "a1", Kind: catalog.KindResult, Title: "变转速工况下滚动轴承早期故障的在线识别",
		Abstract: "给风机、减速机用户：装一枚振动探头，提前 2 周指出滚珠、内圈或外圈故障，误报率 3.8%。",
		Keywords: []string{"滚动轴承", "故障诊断"}, Themes: []catalog.Theme{catalog.Equipment}, Organization: "机械学院",
		Owners: []string{"示范大学", "示例轴承研究所"}, Completers: []catalog.Completer{{Name: "沈若川", Share: catalog.WholePPM}},
		Indicators: []catalog.Indicator{{Name: "误报率", Cmp: catalog.Le, Value: 3.8, Unit: "%"}}, IndicatorsAs: "误报率 3.8%",
		Rights:   []catalog.Right{{Kind: catalog.RightInvention, Number: "201910100148.5", InForce: true, Holders: []string{"示范大学"}}},
		Maturity: catalog.MaturityFrom("TRL 7"), Ways: []catalog.Way{catalog.WayLicence}, CompletedOn: catalog.Date{Year: 2022, Month: 3},
		Price: catalog.Price{Written: "80万元", Min: 80_000_000, Max: 80_000_000}, Remarks: "内部备注一则",
		Contact: catalog.Contact{Name: "罗静姝", Phone: "13800000001"}}
}

func stoppage() catalog.Need {
	return catalog.Need{GivenID: "n1", Title: "风机、减速机轴承故障提前判断", Text: "水泥厂的大风机经常突然抱死停机，想提前知道轴承哪里坏了，误报率低于 5%。",
		Themes: []catalog.Theme{catalog.Equipment}, OwnerName: "某水泥厂", Budget: catalog.Price{Written: "50-80万元", Min: 50_000_000, Max: 80_000_000},
		WishExpert: "沈若川", Contact: catalog.Contact{Phone: "13900000002"}}
}

// stock puts a result and a need on the shelf and leaves a result and a need
// in review.
func (s *server) stock() (result, hidden catalog.Result, need, secret catalog.Need) {
	s.t.Helper()
	s.Import(s.t, apptest.File(intake.Results, apptest.ResultRow(bearing())))
	s.Import(s.t, apptest.File(intake.Needs, apptest.NeedRow(stoppage())))
	s.PublishResults(s.t)
	s.PublishNeeds(s.t)
	h, n := bearing(), stoppage()
	h.GivenID, h.Title, h.Rights, h.RightsAs = "a2", "尚未公开的耐磨涂层", nil, "发明专利"
	h.Owners, h.IndicatorsAs = nil, "误报率≤2%"
	n.GivenID, n.Title = "n2", "尚未公开的需求"
	s.Import(s.t, apptest.File(intake.Results, apptest.ResultRow(h)))
	s.Import(s.t, apptest.File(intake.Needs, apptest.NeedRow(n)))
	for _, r := range s.AllResults(s.t) {
		if r.Title == h.Title {
			hidden = r
		} else {
			result = r
		}
	}
	for _, x := range s.AllNeeds(s.t) {
		if x.Title == n.Title {
			secret = x
		} else {
			need = x
		}
	}
	return result, hidden, need, secret
}

var pageOfOne = shelf.Page{Limit: 1}

var secrets = []string{"13800000001", "13900000002", "罗静姝"}

func TestNobodyIsToldWhatIsTheOffices(t *testing.T) {
	s := newServer(t)
	result, hidden, need, secret := s.stock()
	for _, role := range account.Roles() {
		office := as(role).May(account.SeeOffice)
		r := s.call(as(role), "GET", "/results/"+result.Code, nil).want(200).has(result.Title, `"level":7`).hasNot(secrets...)
		n := s.call(as(role), "GET", "/needs/"+need.Code, nil).want(200).has(need.Title).hasNot(secrets...)
		rs := s.call(as(role), "GET", "/results", nil).want(200).has(result.Code).hasNot(secrets...)
		ns := s.call(as(role), "GET", "/needs", nil).want(200).has(need.Code).hasNot(secrets...)
		if office {
			r.has("内部备注一则", `"minFen":80000000`)
			n.has("某水泥厂", "50-80万元")
			rs.has(hidden.Code)
			ns.has(secret.Code)
			s.call(as(role), "GET", "/results/"+hidden.Code, nil).want(200)
			s.call(as(role), "GET", "/results?state=review", nil).want(200).has(hidden.Code).hasNot(result.Code)
			continue
		}
		r.hasNot("内部备注一则", "80万元", `"office"`)
		n.hasNot("某水泥厂", "50-80万元", "沈若川", `"office"`)
		rs.hasNot(hidden.Code, "内部备注一则")
		ns.hasNot(secret.Code, "某水泥厂")
		s.call(as(role), "GET", "/results/"+hidden.Code, nil).problem(404, "not_found")
		s.call(as(role), "GET", "/needs/"+secret.Code, nil).problem(404, "not_found")
		s.call(as(role), "GET", "/results?state=review", nil).problem(400, "invalid")
	}
}

func TestEnterprisesAndStaffNumbersAreTheOffices(t *testing.T) {
	s := newServer(t)
	s.samples() // brings an enterprise, a unit and a person
	nobody, officer := account.Nobody(), as(account.Officer)
	s.call(nobody, "GET", "/parties", nil).want(200).has("机械学院").hasNot("示例轴承")
	s.call(officer, "GET", "/parties", nil).want(200).has("机械学院", "示例轴承")
	s.call(nobody, "GET", "/parties?kind=enterprise", nil).problem(400, "invalid")
	s.call(nobody, "GET", "/people", nil).want(200).has("沈若川").hasNot("T0001")
	s.call(officer, "GET", "/people?unit=%E6%9C%BA%E6%A2%B0%E5%AD%A6%E9%99%A2", nil).want(200).has("沈若川", "T0001")
}

func TestProblemsAreInTheCallersLanguage(t *testing.T) {
	s := newServer(t)
	zh := s.call(account.Nobody(), "GET", "/results/R-2222222222", nil).problem(404, "not_found")
	en := s.call(account.Nobody(), "GET", "/results/R-2222222222", nil, "Accept-Language", "en-GB,en;q=0.9").problem(404, "not_found")
	if !strings.Contains(zh.Detail, "找不到") || !strings.Contains(en.Detail, "code") || zh.Title == en.Title {
		t.Errorf("%+v\n%+v", zh, en)
	}
	bad := s.call(account.Nobody(), "GET", "/results?theme=x&trl=0&limit=1000&kind=thing&foo=1", nil).problem(400, "invalid")
	if len(bad.Errors) != 1 || bad.Errors[0].Location != "query.foo" || !strings.Contains(bad.Errors[0].Message, "没有这个名称") {
		t.Errorf("%+v", bad)
	}
	bad = s.call(account.Nobody(), "GET", "/results?theme=x&trl=0&limit=1000&kind=thing&sort=13800000001", nil, "Accept-Language", "en").problem(400, "invalid")
	if len(bad.Errors) != 5 {
		t.Fatalf("%+v", bad.Errors)
	}
	for _, d := range bad.Errors {
		if strings.Contains(d.Message, "expected") || strings.Contains(d.Message, "not as the document") || strings.Contains(d.Message, "13800000001") {
			t.Errorf("%+v is not ours", d)
		}
	}
	s.call(account.Nobody(), "GET", "/nothing", nil).problem(404, "not_found")
	no := s.call(account.Nobody(), "POST", "/results", nil)
	no.problem(405, "method")
	if no.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow: %q", no.header.Get("Allow"))
	}
	for _, path := range []string{"/results/%00", "/needs/%ff%fe", "/results/" + strings.Repeat("x", 5000), "/results/..%2f..%2fetc"} {
		if res := s.call(account.Nobody(), "GET", path, nil); res.status != 404 && res.status != 400 {
			t.Errorf("%s: %d", path, res.status)
		}
	}
}

func TestFaultsAreToldWithoutTheirCause(t *testing.T) {
	s := newServer(t, func(c *api.Config) {
		c.Session = func(context.Context) (account.Principal, account.SignIn, error) {
			return account.Nobody(), account.SignIn{}, errors.New("disk on fire")
		}
	})
	s.call(account.Nobody(), "GET", "/results", nil).hasNot("disk").problem(500, "internal")
	if !strings.Contains(s.log.String(), "disk on fire") {
		t.Error("the log does not hold the cause")
	}
}

func TestWhoHasItAlreadyIsTold(t *testing.T) {
	s := newServer(t)
	result, _, _, _ := s.stock()
	for _, path := range []string{"/results/" + result.Code, "/results", "/needs", "/openapi.json", "/openapi.yaml"} {
		first := s.call(account.Nobody(), "GET", path, nil).want(200)
		tag := first.header.Get("ETag")
		if tag == "" || first.header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s: ETag %q, Cache-Control %q", path, tag, first.header.Get("Cache-Control"))
		}
		for _, have := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
			again := s.call(account.Nobody(), "GET", path, nil, "If-None-Match", have).want(304)
			if len(again.body) > 0 || again.header.Get("ETag") != tag {
				t.Errorf("%s: 304 with body %q and tag %q", path, again.body, again.header.Get("ETag"))
			}
		}
		s.call(account.Nobody(), "GET", path, nil, "If-None-Match", `"x"`).want(200)
	}
	public := s.call(account.Nobody(), "GET", "/results/"+result.Code, nil).header.Get("ETag")
	office := s.call(as(account.Officer), "GET", "/results/"+result.Code, nil).header.Get("ETag")
	if public == office {
		t.Error("what the office sees has the tag of what everybody sees")
	}
	if got := s.call(account.Nobody(), "GET", "/results/R-2222222222", nil).header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a problem may be kept: %q", got)
	}
}

func TestPagesHoldEveryThingOnce(t *testing.T) {
	s := newServer(t)
	var rows []intake.Row
	for i := range 7 {
		r := bearing()
		r.GivenID, r.Title, r.Rights = fmt.Sprint("p", i), fmt.Sprint("第", i, "项成果"), nil
		rows = append(rows, apptest.ResultRow(r))
	}
	s.Import(t, apptest.File(intake.Results, rows...))
	s.PublishResults(t)
	for _, sort := range []string{"newest", "title"} {
		seen := map[string]int{}
		path := "/results?limit=3&theme=equipment&sort=" + sort
		for pages := 0; path != ""; pages++ {
			res := s.call(account.Nobody(), "GET", path, nil).want(200)
			var page struct {
				Items []api.Result
				Next  string
			}
			res.read(&page)
			for _, r := range page.Items {
				seen[r.Code]++
			}
			link := res.header.Get("Link")
			if (page.Next == "") != (link == "") || pages > 3 {
				t.Fatalf("page %d: next %q, Link %q", pages, page.Next, link)
			}
			path = ""
			if link != "" {
				address, rel, _ := strings.Cut(strings.TrimPrefix(link, "<"+api.Prefix), ">")
				if rel != `; rel="next"` {
					t.Fatalf("Link: %s", link)
				}
				path = address
			}
		}
		if len(seen) != 7 {
			t.Errorf("%s: %v", sort, seen)
		}
		for code, n := range seen {
			if n != 1 {
				t.Errorf("%s: %s was shown %d times", sort, code, n)
			}
		}
	}
	var first struct{ Next string }
	s.call(account.Nobody(), "GET", "/results?limit=3", nil).read(&first)
	for _, other := range []string{"/results?theme=equipment&after=", "/results?sort=title&after=", "/needs?after=", "/results?trl=2&after="} {
		s.call(account.Nobody(), "GET", other+first.Next, nil).problem(400, "invalid")
	}
	for _, bad := range []string{"x", "e30", "%00", first.Next + "A"} {
		s.call(account.Nobody(), "GET", "/results?after="+bad, nil).problem(400, "invalid")
	}
}

// operation is the operation of the document that a request asks for, with the
// template of its path; nil if there is none.
func (s *server) operation(r *http.Request) (template string, op *huma.Operation) {
	mux := http.NewServeMux()
	for path, item := range s.api.OpenAPI().Paths {
		for method, o := range map[string]*huma.Operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete} {
			if o != nil {
				mux.HandleFunc(method+" "+api.Prefix+path, func(http.ResponseWriter, *http.Request) { template, op = path, o })
			}
		}
	}
	mux.ServeHTTP(httptest.NewRecorder(), r.Clone(context.Background()))
	return template, op
}
