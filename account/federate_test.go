package account_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// guard is who sets sign-in up.
func guard() account.Principal {
	return account.Principal{Name: "guard", Roles: []account.Role{account.Security}, Acting: account.Security}
}

func campus() account.Source {
	return account.Source{Name: "campus", SourceSetup: account.SourceSetup{Kind: account.CAS, Title: "统一身份认证", TitleEn: "Campus sign-in",
		Address: "https://cas.example.edu.cn/cas", NoPassword: true, Map: account.AttributeMap{Numbers: []string{"user", "student"}, Name: "cn", Email: "mail", Phone: "mobile", Unit: "ou",
			Kind: "type", Staff: []string{"staff", "教职工"}, Student: []string{"student"}, Strong: "amr", StrongIs: []string{"otp"}}}}
}

// setUp saves a source and returns it as it is kept.
func setUp(t *testing.T, a *apptest.App, src account.Source) account.Source {
	t.Helper()
	if _, err := a.Account.SaveSource(t.Context(), guard(), src); err != nil {
		t.Fatal(err)
	}
	src, err := a.Account.Source(t.Context(), src.Name)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// said is an assertion about a user: what is said of attributes is name, value, …
func said(user string, pairs ...string) account.Assertion {
	as := account.Assertion{Subject: user, Session: "ST-" + uuid.NewString(), Attributes: map[string][]string{"user": {user}, "cn": {"沈若川"}, "type": {"staff"}}}
	as.Once = as.Session
	set := map[string]bool{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if !set[pairs[i]] {
			as.Attributes[pairs[i]], set[pairs[i]] = nil, true
		}
		as.Attributes[pairs[i]] = append(as.Attributes[pairs[i]], pairs[i+1])
	}
	return as
}

func wantKey(t *testing.T, err error, key string) {
	t.Helper()
	if e, ok := errors.AsType[*catalog.Error](err); !ok || e.Key != key {
		t.Errorf("%v, want %s", err, key)
	}
}

// identities are those of an account, as "provider value".
func identities(t *testing.T, a *apptest.App, id uuid.UUID) (out []string) {
	t.Helper()
	if err := store.For[account.Tx](a.DB).Read(t.Context(), func(tx account.Tx) error {
		list, err := tx.Identities(t.Context(), id)
		for _, i := range list {
			out = append(out, string(i.Provider)+" "+i.Value)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestAFirstSignInMakesTheAccount(t *testing.T) {
	a := apptest.New(t)
	src := setUp(t, a, campus())
	as := said("T2010033", "mail", "Shen@example.edu.cn", "mobile", "138 0013 8000", "student", "S2003007", "amr", "pwd", "amr", "otp", "role", "officer", "ou", "机械学院")
	who, in, err := a.Account.Federate(t.Context(), src, as, account.Entrance{Agent: "Edge · Windows"})
	if err != nil {
		t.Fatal(err)
	}
	if who.Name != "沈若川" || !slices.Equal(who.Roles, []account.Role{account.Professor}) || in.Via != "cas:campus" || !in.Strong || in.Agent == "" {
		t.Errorf("%+v by %+v", who, in)
	}
	want := []string{"cas:campus T2010033", "email shen@example.edu.cn", "number S2003007", "number T2010033", "phone 13800138000"}
	if diff := cmp.Diff(want, identities(t, a, who.ID)); diff != "" {
		t.Errorf("identities (-want +got):\n%s", diff)
	}
	if made, _, err := a.Account.Known(t.Context(), account.ByNumber, "S2003007"); err != nil || made.Unit != "机械学院" {
		t.Errorf("%+v, %v", made, err)
	}
	again, in, err := a.Account.Federate(t.Context(), src, said("T2010033"), account.Entrance{})
	if err != nil || again.ID != who.ID || in.Strong {
		t.Errorf("the second time: %+v, %+v, %v", again, in, err)
	}
	// The ticket is of the first time.
	_, _, err = a.Account.Federate(t.Context(), src, as, account.Entrance{})
	wantKey(t, err, "federation.replay")
	// Another of that name is somebody else.
	other, _, err := a.Account.Federate(t.Context(), src, said("T2011044", "mail", "shen@example.edu.cn"), account.Entrance{})
	if err != nil || other.ID == who.ID || other.Name != "沈若川（1044）" {
		t.Errorf("of the same name: %+v, %v", other, err)
	}
	if diff := cmp.Diff([]string{"cas:campus T2011044", "number T2011044"}, identities(t, a, other.ID)); diff != "" {
		t.Errorf("an address of somebody else was taken (-want +got):\n%s", diff)
	}
}

func TestWhoAnAssertionIs(t *testing.T) {
	a := apptest.New(t)
	src := setUp(t, a, campus())
	in := func(as account.Assertion) (account.Principal, error) {
		who, _, err := a.Account.Federate(t.Context(), src, as, account.Entrance{})
		return who, err
	}
	must := func(as account.Assertion) account.Principal {
		t.Helper()
		who, err := in(as)
		if err != nil {
			t.Fatal(err)
		}
		return who
	}
	staff, student := must(said("T1")), must(said("S1", "cn", "柳听泉", "type", "student"))
	if !slices.Equal(student.Roles, []account.Role{account.Student}) {
		t.Errorf("a student is %v", student.Roles)
	}
	// The source says that both numbers are of one person, but there are two accounts.
	_, err := in(said("T1", "student", "S1"))
	wantKey(t, err, "federation.other_number")
	_, err = in(said("X9", "user", "T1", "student", "S1"))
	wantKey(t, err, "federation.two_accounts")
	// The numbers of the linked account are gone, and another stands there.
	_, err = in(said("T1", "user", "T2"))
	wantKey(t, err, "federation.other_number")
	_, err = in(said("T1", "user", "S1"))
	wantKey(t, err, "federation.other_number")
	// An earlier account has one of the numbers: it gets the other, and the subject.
	if both := must(said("S7", "student", "T1")); both.ID != staff.ID {
		t.Error("a student number beside a known staff number made another account")
	}
	if again := must(said("S7")); again.ID != staff.ID {
		t.Error("the second subject is of another account")
	}
	if diff := cmp.Diff([]string{"cas:campus S7", "cas:campus T1", "number S7", "number T1"}, identities(t, a, staff.ID)); diff != "" {
		t.Errorf("identities (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"cas:campus S1", "number S1"}, identities(t, a, student.ID)); diff != "" {
		t.Errorf("a refused assertion changed something (-want +got):\n%s", diff)
	}
	if err := a.DB.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	refusals := 0
	entries, err := a.DB.Entries(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Verb == "account.federate_refused" {
			refusals++
			if body := strings.Join(append(slices.Collect(maps.Values(e.Body)), e.Verb), " "); strings.Contains(body, "T1") || strings.Contains(body, "沈") {
				t.Errorf("the journal holds a number or a name: %s", body)
			}
		}
	}
	if refusals != 4 {
		t.Errorf("%d refusals in the journal, want 4", refusals)
	}
}

func TestWhomASourceDoesNotLetIn(t *testing.T) {
	a := apptest.New(t)
	known := campus()
	known.Known = true
	src := setUp(t, a, known)
	in := func(src account.Source, as account.Assertion) error {
		_, _, err := a.Account.Federate(context.Background(), src, as, account.Entrance{})
		return err
	}
	wantKey(t, in(src, said("T1")), "federation.unknown")
	wantKey(t, in(src, said("T1", "user", " ")), "federation.no_number")
	wantKey(t, in(src, said("T1", "cn", "")), "federation.no_name")
	wantKey(t, in(src, said("T1", "type", "officer")), "federation.no_kind")
	wantKey(t, in(src, said("T1", "student", "1", "student", "2", "student", "3", "student", "4")), "federation.many_numbers")
	// Somebody of the list, by number.
	who := somebody(t, a, "王老师")
	if err := store.For[account.Tx](a.DB).Write(t.Context(), func(tx account.Tx) error {
		return tx.AddIdentity(t.Context(), account.Identity{ID: uuid.Must(uuid.NewV7()), AccountID: who.ID, Provider: account.ByNumber, Value: "T1"})
	}); err != nil {
		t.Fatal(err)
	}
	if allowed, err := a.Account.PasswordAllowed(t.Context(), who.ID); err != nil || allowed {
		t.Errorf("whom the source lets in may have a password: %v, %v", allowed, err)
	}
	if err := in(src, said("T1")); err != nil {
		t.Error(err)
	}
	src.Disabled = true
	wantKey(t, in(src, said("T1")), "federation.disabled_source")
	setUp(t, a, src)
	if allowed, err := a.Account.PasswordAllowed(t.Context(), who.ID); err != nil || !allowed {
		t.Errorf("while the source is off there is no password: %v, %v", allowed, err)
	}
}

func TestEndingsFromBehind(t *testing.T) {
	a := apptest.New(t)
	src := setUp(t, a, campus())
	var ins []account.SignIn
	var tickets []string
	for range 3 {
		as := said("T1")
		_, in, err := a.Account.Federate(t.Context(), src, as, account.Entrance{})
		if err != nil {
			t.Fatal(err)
		}
		ins, tickets = append(ins, in), append(tickets, as.Session)
	}
	other := src
	other.Name = "elsewhere"
	for _, c := range []struct {
		src  account.Source
		e    account.Ending
		want int
		left []bool
	}{
		{other, account.Ending{Session: tickets[0]}, 0, []bool{true, true, true}},
		{src, account.Ending{Session: tickets[0]}, 1, []bool{false, true, true}},
		{src, account.Ending{Session: tickets[0]}, 0, []bool{false, true, true}},
		{src, account.Ending{Subject: "T2"}, 0, []bool{false, true, true}},
		{src, account.Ending{}, 0, []bool{false, true, true}},
		{other, account.Ending{Subject: "T1"}, 0, []bool{false, true, true}},
		{src, account.Ending{Subject: "T1", Once: "j1"}, 2, []bool{false, false, false}},
	} {
		n, err := a.Account.EndFederated(t.Context(), c.src, c.e)
		if err != nil || n != c.want {
			t.Errorf("%+v ends %d, %v, want %d", c.e, n, err, c.want)
		}
		for i, in := range ins {
			if present(t, a, in) != c.left[i] {
				t.Errorf("after %+v sign-in %d lasts: %v", c.e, i, !c.left[i])
			}
		}
	}
	_, err := a.Account.EndFederated(t.Context(), src, account.Ending{Subject: "T1", Once: "j1"})
	wantKey(t, err, "federation.replay")
}

func TestSourcesAreTheSecurityAdministrators(t *testing.T) {
	a := apptest.New(t)
	for _, role := range account.Roles() {
		p := account.Principal{Roles: []account.Role{role}, Acting: role}
		_, err := a.Account.SaveSource(t.Context(), p, campus())
		if may := role == account.Security || role == account.Console; errors.Is(err, account.ErrForbidden) == may {
			t.Errorf("%s: %v", role, err)
		}
		if _, err := a.Account.Sources(t.Context(), p); errors.Is(err, account.ErrForbidden) == p.May(account.ManageSources) {
			t.Errorf("%s lists: %v", role, err)
		}
	}
	src, err := a.Account.Source(t.Context(), "campus")
	if err != nil {
		t.Fatal(err)
	}
	src.Secret = "s3cret"
	src = setUp(t, a, src)
	src.Secret, src.Title = "", "统一认证"
	if src = setUp(t, a, src); src.Secret != "s3cret" || src.Version != 3 || src.Title != "统一认证" {
		t.Errorf("an empty secret changed it: %+v", src)
	}
	moved := src
	moved.Secret, moved.Address = "", "https://sso.example.edu.cn/cas"
	if moved = setUp(t, a, moved); moved.Secret != "" {
		t.Error("the secret went along to another address")
	}
	src.Version = 2
	if _, err := a.Account.SaveSource(t.Context(), guard(), src); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("an old version: %v", err)
	}
	for _, list := range []func(context.Context) ([]account.Source, error){a.Account.OpenSources, func(ctx context.Context) ([]account.Source, error) { return a.Account.Sources(ctx, guard()) }} {
		if got, err := list(t.Context()); err != nil || len(got) != 1 || got[0].Secret != "" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for key, spoil := range map[string]func(*account.Source){
		"sources.bad.name":           func(s *account.Source) { s.Name = "Campus" },
		"sources.bad.kind":           func(s *account.Source) { s.Kind = "saml" },
		"sources.bad.title":          func(s *account.Source) { s.Title = " " },
		"sources.bad.address":        func(s *account.Source) { s.Address = "http://cas.example.edu.cn" },
		"sources.bad.name_attribute": func(s *account.Source) { s.Map.Name = "" },
		"sources.bad.numbers":        func(s *account.Source) { s.Map.Numbers = []string{"a", "b", "c", "d", "e"} },
		"sources.bad.roles":          func(s *account.Source) { s.Map.Otherwise = account.Officer },
		"sources.bad.strong":         func(s *account.Source) { s.Map.StrongIs = nil },
		"sources.bad.attribute":      func(s *account.Source) { s.Map.Staff = []string{strings.Repeat("x", 101)} },
		"sources.taken":              func(*account.Source) {},
	} {
		s := campus()
		spoil(&s)
		_, err := a.Account.SaveSource(t.Context(), guard(), s)
		wantKey(t, err, key)
	}
	for address, ok := range map[string]bool{"https://cas.example.edu.cn/cas/": true, "https://10.1.2.3/cas": true, "http://127.0.0.1:8081/cas": true, "http://10.1.2.3/cas": false,
		"https://u:p@cas.example.edu.cn": false, "https://cas.example.edu.cn/?x=1": false, "https://cas.example.edu.cn/#x": false, "ftp://cas.example.edu.cn": false,
		"cas.example.edu.cn": false, "https://": false, "javascript:alert(1)": false, "https://" + strings.Repeat("a", 300) + ".cn": false} {
		s := campus()
		s.Name, s.Address = "s"+uuid.NewString()[:8], address
		if _, err := a.Account.SaveSource(t.Context(), guard(), s); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
