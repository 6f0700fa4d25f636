package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/document"
	"datai/evidence"
	"datai/exchange"
	"datai/gate"
	"datai/inbox"
	"datai/intake"
	"datai/journal"
	"datai/match"
	"datai/matchmaker"
	"datai/rulebook"
	"datai/rules"
	"datai/shelf"
	"datai/signin"
	"datai/store"
	"datai/store/storetest"
	"datai/web"
	"datai/web/ui"
	"datai/wording"

	"github.com/alexedwards/scs/v2"
)

// site is a running server on an empty SQLite database, with the services
// behind it.
type site struct {
	t           *testing.T
	db          *store.DB
	url         string
	pages       *web.Pages
	log         *logged
	uploads     string
	intake      *intake.Service
	shelf       *shelf.Service
	match       *matchmaker.Service
	account     *account.Service
	contact     *contact.Service
	document    *document.Service
	inbox       *inbox.Service
	rules       *rulebook.Service
	processes   *rulebook.Processes
	proxy       *shelf.Proxy
	enterprises *shelf.Enterprises
	gate        *gate.Service

	passwords *account.Passwords
}

// logged keeps what the server logs.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var console = account.Principal{Name: "console", Roles: []account.Role{account.Console}, Acting: account.Console}

// noon is when the tests happen: a Friday.
var noon = time.Date(2023, 4, 7, 12, 0, 0, 0, time.FixedZone("CST", 8*3600))

func newSite(t *testing.T, change ...func(*web.Config)) *site {
	t.Helper()
	ctx := context.Background()
	s := &site{t: t, log: &logged{}, uploads: filepath.Join(t.TempDir(), "uploads")}
	now := func() time.Time { return noon }
	logger := slog.New(slog.NewTextHandler(s.log, nil))
	path := filepath.Join(t.TempDir(), "datai.db")
	storetest.Blank(t, path)
	db, err := store.Open(ctx, store.Config{Path: path, Key: [32]byte{1}, Now: now, Rand: rand.Reader, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	s.db = db
	base, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	s.rules = rulebook.NewService(store.For[rulebook.Tx](db), base, now, rand.Reader)
	s.intake = intake.NewService(store.For[intake.Tx](db), now, rand.Reader)
	s.shelf = shelf.NewService(store.For[shelf.Tx](db), now, rand.Reader, s.rules.Book)
	s.match = matchmaker.NewService(store.For[matchmaker.Tx](db), now, rand.Reader, match.Options{})
	s.account = account.NewService(store.For[account.Tx](db), now, rand.Reader)
	s.enterprises = shelf.NewEnterprises(store.For[shelf.EnterpriseTx](db), now, rand.Reader, exchange.MessageReader(), s.rules.Book)
	s.proxy = shelf.NewProxy(store.For[shelf.ProxyTx](db), now, rand.Reader, exchange.MessageReader(), s.rules.Book)
	hasher := signin.NewHasher(signin.Cost{Memory: 64, Time: 1, Lanes: 1})
	s.passwords = account.NewPasswords(s.account, account.Hashing{Hash: hasher.Hash, Check: hasher.Check, Common: signin.Common})
	s.inbox = inbox.NewService(store.For[inbox.Tx](db), now, rand.Reader)
	s.processes = rulebook.NewProcesses(store.For[rulebook.ProcessTx](db), now, rand.Reader, gate.Definition, contact.Definition)
	s.contact = contact.NewService(store.For[contact.Tx](db), now, rand.Reader, s.rules.Book, s.processes.Of(contact.Definition.Kind))
	s.gate = gate.NewService(store.For[gate.Tx](db), now, rand.Reader, s.rules.Book, s.processes.Of(gate.Definition.Kind), gate.Reader{Indicators: exchange.ReadIndicators, Secret: exchange.MessageReader().Secret})
	s.document = document.NewService(store.For[document.Tx](db), now, rand.Reader, exchange.LookDocument, exchange.MessageReader().Secret, map[string]document.Find{
		contact.Definition.Kind: s.contact.Seen,
		gate.Definition.Kind:    s.gate.Seen,
	})
	s.inbox.Channels = inbox.Channels{Mail: true, SMS: true}
	db.OnCommit(func(ctx context.Context, changes []journal.Change) {
		if err := s.match.Changed(ctx, changes); err != nil {
			t.Error(err)
		}
	})
	proven := evidence.NewService(store.For[evidence.Tx](db), now, rand.Reader)
	proven.Seal = db.Seal // as the program does: the clock of the tests stands still
	c := web.Config{
		Intake: s.intake, Shelf: s.shelf, Match: s.match, Account: s.account, Passwords: s.passwords, Contact: s.contact, Gate: s.gate, Document: s.document, Inbox: s.inbox, Proxy: s.proxy, Rules: s.rules, Processes: s.processes, Enterprises: s.enterprises, Sessions: db,
		Evidence: proven, WritePack: exchange.WritePack,
		Export: func(_ context.Context, w io.Writer, _ account.Principal, kind intake.Kind, format string) error {
			_, err := io.WriteString(w, string(kind)+format)
			return err
		},
		WriteReport: func(w io.Writer, l wording.Lang, zone *time.Location, r matchmaker.Report) error {
			return exchange.WriteReport(w, l, exchange.ReportPlace{Zone: zone, URL: func(path string) string {
				return (&url.URL{Scheme: "https", Host: "tt.example.edu.cn"}).JoinPath(path).String()
			}}, r)
		},
		Open: func(ctx context.Context, who account.Principal, path, name string, kind intake.Kind) (intake.File, io.Closer, error) {
			f, err := exchange.OpenRemembered(path, name, kind, exchange.Options{}, func(kind intake.Kind, layout string) (map[string]string, error) {
				m, err := s.intake.Mapping(ctx, who, kind, layout)
				return m.Fields, err
			})
			if err != nil {
				return intake.File{}, nil, err
			}
			return f.File, f, nil
		},
		Write: web.Writers{Results: exchange.WriteResults, Needs: exchange.WriteNeeds, Parties: exchange.WriteParties, People: exchange.WritePeople, Intents: exchange.WriteIntents},
		Preview: func(path, name string, kind intake.Kind, n int) (ui.Sample, error) {
			sample, err := exchange.Preview(path, name, kind, exchange.Options{}, n)
			if err != nil {
				return ui.Sample{}, err
			}
			return ui.Sample{Layout: sample.Layout, Columns: sample.Columns, Rows: sample.Rows}, nil
		},
		OpenRoster: func(path, name string) (web.RosterFile, error) {
			list, err := exchange.OpenRoster(path, name, noon.Location(), exchange.Options{})
			if err != nil {
				return web.RosterFile{}, err
			}
			return web.RosterFile{Rows: list.Rows, Format: list.Format, WriteRefused: list.WriteRefused, Close: list.Close}, nil
		},
		WritePermissions: exchange.WritePermissions,
		Fields:           exchange.Fields, SecretName: exchange.SecretName,
		Refused: func(ctx context.Context, who account.Principal, _ wording.Lang, w io.Writer, b intake.Batch) error {
			return exchange.WriteRefused(w, b.Format, b.Columns, func(yield func(exchange.RefusedRow, error) bool) {
				if err := s.intake.EachRefused(ctx, who, b.ID, func(r intake.StagedRow) error {
					yield(exchange.RefusedRow{Cells: r.Cells, Reason: r.Issues[0].Key}, nil)
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		},
		Read:      web.Readers{Price: exchange.ReadPrice, Indicators: exchange.ReadIndicators},
		Site:      web.Site{Name: "示范大学", NameEn: "Demo University", Office: "成果办", OfficeEn: "Office"},
		BaseURL:   &url.URL{Scheme: "https", Host: "tt.example.edu.cn"},
		UploadDir: s.uploads, MaxUpload: 1 << 20, Now: now, Logger: logger,
	}
	for _, f := range change {
		f(&c)
	}
	s.pages = web.New(c)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Header.Get("X-From"); from != "" { // a test may come from anywhere
			r.RemoteAddr = from
		}
		s.pages.ServeHTTP(w, r)
	}))
	s.url = srv.URL
	t.Cleanup(func() {
		srv.Close()
		if err := s.pages.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// put brings rows into the catalogue the way a file does.
func (s *site) put(kind intake.Kind, rows ...intake.Row) {
	s.t.Helper()
	f := intake.File{Name: "test.csv", Kind: kind, Rows: func(yield func(intake.Row, error) bool) {
		for i, r := range rows {
			r.N = i + 2
			if !yield(r, nil) {
				return
			}
		}
	}}
	b, err := s.intake.Stage(context.Background(), console, f, nil)
	if err == nil {
		_, err = s.intake.Apply(context.Background(), console, b.ID)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func bearing() catalog.Result {
	return catalog.Result{GivenID: "a1", Kind: catalog.KindResult, Title: "变转速工况下滚动轴承早期故障的在线识别",
		Abstract: "给风机、减速机用户：装一枚振动探头，提前 2 周指出滚珠、内圈或外圈故障，误报率 3.8%。强噪声与变速时仍可用。",
		Keywords: []string{"滚动轴承", "故障诊断", "变转速"}, Themes: []catalog.Theme{catalog.Equipment},
		Organization: "机械学院", Owners: []string{"示范大学", "示例轴承研究所"}, Completers: []catalog.Completer{{Name: "沈若川"}},
		Maturity: catalog.MaturityFrom("TRL 7"), Ways: []catalog.Way{catalog.WayLicence},
		Price: catalog.Price{Written: "80万元", Min: 80_000_000, Max: 80_000_000}, Contact: catalog.Contact{Name: "罗静姝", Phone: "13800000001"},
		Remarks: "内部备注一则"}
}

func concrete() catalog.Result {
	return catalog.Result{GivenID: "a2", Kind: catalog.KindResult, Title: "低温不开裂的再生骨料混凝土配合比",
		Abstract: "给北方构件厂：零下 10 ℃ 施工不掺防冻剂，28 天强度不低于 C40，再生骨料掺量六成。",
		Keywords: []string{"混凝土", "低温"}, Themes: []catalog.Theme{catalog.City}, Organization: "城建学部", Maturity: catalog.MaturityFrom("中试")}
}

func stoppage() catalog.Need {
	return catalog.Need{GivenID: "n1", Title: "风机、减速机轴承故障提前判断", Text: "水泥厂的大风机、减速机经常突然抱死停机，想提前知道轴承哪里坏了，误报率低于 5%。",
		Themes: []catalog.Theme{catalog.Equipment}, OwnerName: "某水泥厂", Budget: catalog.Price{Written: "50-80万元", Min: 50_000_000, Max: 80_000_000},
		Contact: catalog.Contact{Phone: "13900000002"}}
}

// stock puts two results and a need into the catalogue and on the shelf, and
// leaves one more result in review.
func (s *site) stock() {
	s.t.Helper()
	r1, r2, n := bearing(), concrete(), stoppage()
	s.put(intake.Results, intake.Row{Title: r1.Title, Result: &r1}, intake.Row{Title: r2.Title, Result: &r2})
	s.put(intake.Needs, intake.Row{Title: n.Title, Need: &n})
	s.publish()
	hidden := concrete()
	hidden.GivenID, hidden.Title = "a3", "尚未公开的耐磨涂层"
	s.put(intake.Results, intake.Row{Title: hidden.Title, Result: &hidden})
}

func (s *site) publish() {
	s.t.Helper()
	ctx := context.Background()
	var refs []shelf.Ref
	for _, r := range s.results() {
		refs = append(refs, shelf.Ref{ID: r.ID, Version: r.Version})
	}
	if _, err := s.shelf.PublishResults(ctx, console, refs); err != nil {
		s.t.Fatal(err)
	}
	n := s.need()
	if _, err := s.shelf.PublishNeeds(ctx, console, []shelf.Ref{{ID: n.ID, Version: n.Version}}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) results() []catalog.Result {
	s.t.Helper()
	rs, _, err := s.shelf.Results(context.Background(), console, shelf.Filter{}, shelf.Page{Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	return rs
}

func (s *site) result(title string) catalog.Result {
	s.t.Helper()
	for _, r := range s.results() {
		if strings.Contains(r.Title, title) {
			return r
		}
	}
	s.t.Fatalf("no result named %s", title)
	return catalog.Result{}
}

func (s *site) need() catalog.Need {
	s.t.Helper()
	ns, _, err := s.shelf.Needs(context.Background(), console, shelf.Filter{}, shelf.Page{Limit: 100})
	if err != nil || len(ns) == 0 {
		s.t.Fatalf("needs: %d, %v", len(ns), err)
	}
	return ns[0]
}

// browser is somebody with a cookie jar who does not follow redirects.
type browser struct {
	s      *site
	client *http.Client
	header http.Header
}

func (s *site) visitor() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s: s, header: http.Header{}, client: &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as signs somebody in who acts in the role.
func (s *site) as(role account.Role) *browser {
	s.t.Helper()
	b := s.visitor()
	if role == account.Visitor {
		return b
	}
	b.post("/enter/"+s.link(), nil).want(http.StatusSeeOther)
	b.post("/me/role", url.Values{"role": {string(role)}}).want(http.StatusSeeOther)
	return b
}

func (s *site) link() string {
	s.t.Helper()
	token, err := s.account.IssueLink(context.Background(), console, "李老师")
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// answer is what came back.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

func (b *browser) do(r *http.Request) answer {
	b.s.t.Helper()
	for k, v := range b.header {
		r.Header[k] = v
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	return answer{b.s.t, r.Method + " " + r.URL.Path, res.StatusCode, res.Header, string(body)}
}

func (b *browser) request(method, path string, body io.Reader) *http.Request {
	b.s.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, b.s.url+path, body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	return r
}

func (b *browser) get(path string) answer {
	b.s.t.Helper()
	return b.do(b.request("GET", path, nil))
}

// part asks the way the script does.
func (b *browser) part(path string) answer {
	b.s.t.Helper()
	r := b.request("GET", path, nil)
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Request-Type", "partial")
	return b.do(r)
}

func (b *browser) post(path string, form url.Values) answer {
	b.s.t.Helper()
	r := b.request("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) upload(kind, name string, content []byte) answer {
	b.s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("kind", kind); err != nil {
		b.s.t.Fatal(err)
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		b.s.t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		b.s.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		b.s.t.Fatal(err)
	}
	r := b.request("POST", "/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: status %d, want %d", a.what, a.status, status)
	}
	return a
}

func (a answer) has(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("%s: the page lacks %q", a.what, text)
		}
	}
	return a
}

func (a answer) hasNot(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.t.Errorf("%s: the page holds %q", a.what, text)
		}
	}
	return a
}

// uploadsLeft are the files that are still in the folder of uploads.
func (s *site) uploadsLeft() int {
	entries, err := os.ReadDir(s.uploads)
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	return len(entries)
}

// brokenSessions is a session store whose every use ends in fail.
type brokenSessions struct{ fail func() error }

var _ scs.Store = brokenSessions{}

func (b brokenSessions) Find(string) ([]byte, bool, error)      { return nil, false, b.fail() }
func (b brokenSessions) Commit(string, []byte, time.Time) error { return b.fail() }
func (b brokenSessions) Delete(string) error                    { return b.fail() }
