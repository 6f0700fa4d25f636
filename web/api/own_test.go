package api_test

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/inbox"
	"datai/intake"
	"datai/internal/apptest"
	"datai/journal"
	"datai/shelf"
	"datai/store"

	"github.com/google/uuid"
)

// nobodysCode has a right check digit and a registration office that does not
// exist.
func nobodysCode() (code string) {
	for _, last := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if c, ok := catalog.CreditCode("91999999MA0000002" + string(last)); ok {
			code = c
		}
	}
	return code
}

func (s *server) signUp(name string) shelf.SignUp {
	s.t.Helper()
	u, err := s.Enterprises.Ask(s.t.Context(), account.Nobody(), shelf.SignUpRequest{Name: name, CreditCode: nobodysCode(), Contact: "罗静姝", Phone: "13800000001", Consent: "同意"})
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// enterprise is the party that the samples bring.
func (s *server) enterprise() catalog.Party {
	s.t.Helper()
	ps, _, _, err := s.Shelf.Parties(s.t.Context(), as(account.Officer), shelf.PartyFilter{Q: "示例轴承"}, pageOfOne)
	if err != nil || len(ps) != 1 {
		s.t.Fatal(ps, err)
	}
	return ps[0]
}

// joins makes the account of the enterprise's role one of that party.
func (s *server) joins() {
	s.t.Helper()
	party := s.enterprise().ID
	if err := s.DB.Write(s.t.Context(), func(tx *store.Tx) error { return tx.JoinParty(s.t.Context(), as(account.Enterprise).ID, party) }); err != nil {
		s.t.Fatal(err)
	}
}

// noticed puts a notice into somebody's inbox.
func (s *server) noticed(who account.Principal, title string) uuid.UUID {
	s.t.Helper()
	n := inbox.Notice{ID: uuid.Must(uuid.NewV7()), Account: who.ID, Template: "presence_stopped", At: s.Clock.Now().UnixMilli(),
		Body: inbox.Body{Vars: map[string]string{"source": title, "n": "6", "total": "9"}, Path: "/sign-in-sources/campus"}}
	if err := s.DB.Write(s.t.Context(), func(tx *store.Tx) error { return tx.AddNotice(s.t.Context(), n) }); err != nil {
		s.t.Fatal(err)
	}
	return n.ID
}

// ownSamples are what somebody does with what is their own.
func (s *server) ownSamples() map[string]func(account.Principal) sample {
	first := func(path string) func(account.Principal) sample {
		return func(account.Principal) sample { return sample{path: path} }
	}
	return map[string]func(account.Principal) sample{
		"get-me": first("/me"), "list-sessions": first("/me/sessions"), "end-sessions": first("/me/sessions/end"),
		"end-session": func(who account.Principal) sample {
			id := uuid.New()
			if who.Acting == account.Console { // which has no account, and ends anybody's
				who = as(account.Officer)
			}
			if who.May(account.OwnAccount) {
				_, in, err := s.Account.Enter(s.t.Context(), who.ID, account.Entrance{Via: account.ByLink})
				if err != nil {
					s.t.Fatal(err)
				}
				id = in.ID
			}
			return sample{path: "/me/sessions/" + id.String() + "/end"}
		},
		"list-notices": first("/me/notices?limit=1"),
		"list-tasks":   first("/me/tasks?limit=1"),
		"count-tasks":  first("/me/tasks/count"),
		"read-notice": func(who account.Principal) sample {
			id := uuid.New()
			if who.May(account.OwnNotices) {
				id = s.noticed(who, "campus")
			}
			return sample{path: "/me/notices/" + id.String() + "/read"}
		},
		"read-notices": func(account.Principal) sample {
			return sample{path: "/me/notices/read", body: map[string]any{"until": s.Clock.Now()}}
		},
		"get-notice-setting": first("/me/notice-setting"),
		"set-notice-setting": func(account.Principal) sample {
			return sample{path: "/me/notice-setting", body: map[string]any{"mail": "once", "sms": false, "language": "en"}, tag: "*"}
		},
	}
}

// enterpriseSamples are what enterprises do, and the office with them.
func (s *server) enterpriseSamples() map[string]func(account.Principal) sample {
	first := func(path string) func(account.Principal) sample {
		return func(account.Principal) sample { return sample{path: path} }
	}
	party := s.enterprise()
	decided := func(act string, body map[string]any) func(account.Principal) sample {
		return func(account.Principal) sample {
			return sample{path: "/enterprises/sign-ups/" + s.signUp(uuid.NewString()).ID.String() + "/" + act, body: body, tag: "1"}
		}
	}
	posted := func() map[string]any {
		return map[string]any{"title": uuid.NewString(), "text": "泵漏", "contact": "罗静姝", "phone": "13800000001", "public": true}
	}
	return map[string]func(account.Principal) sample{
		"sign-up-enterprise": func(account.Principal) sample {
			return sample{path: "/enterprises/sign-ups", body: map[string]any{"name": uuid.NewString(), "creditCode": nobodysCode(), "contact": "罗静姝", "phone": "13800000001", "consent": true}}
		},
		"list-sign-ups":  first("/enterprises/sign-ups"),
		"accept-sign-up": decided("accept", map[string]any{}), "refuse-sign-up": decided("refuse", map[string]any{"reason": "查无此企业"}),
		"list-unlinked-needs": first("/parties/" + party.Code + "/unlinked-needs"),
		"link-needs": func(account.Principal) sample {
			title := uuid.NewString()
			s.Import(s.t, apptest.File(intake.Needs, apptest.NeedRow(catalog.Need{Title: title, Text: "漏", OwnerName: party.Name})))
			for _, n := range s.AllNeeds(s.t) {
				if n.Title == title {
					return sample{path: "/parties/" + party.Code + "/unlinked-needs", body: map[string]any{"needs": []any{map[string]any{"id": n.ID, "version": n.Version}}}}
				}
			}
			return sample{}
		},
		"list-own-needs": first("/me/needs"),
		"post-need":      func(account.Principal) sample { return sample{path: "/me/needs", body: posted()} },
		"take-back-need": func(who account.Principal) sample {
			code := "N-2222222222"
			if who.May(account.OwnNeeds) {
				n, err := s.Enterprises.Post(s.t.Context(), who, shelf.Reply{Title: uuid.NewString(), Text: "泵漏", Public: true, Consent: "可以公开"}, shelf.Form{})
				if err != nil {
					s.t.Fatal(err)
				}
				code = n.Code
			}
			return sample{path: "/me/needs/" + code + "/withdraw", tag: "1"}
		},
	}
}

func setup() map[string]any {
	return map[string]any{"kind": "oidc", "title": "统一身份认证", "titleEn": "Campus", "address": "https://idp.example.edu.cn", "client": "datai", "secret": "hush-hush",
		"attributes": map[string]any{"name": "name", "numbers": []string{"number"}, "otherwise": "student"}}
}

// sourceSamples are what whoever manages sign-in does.
func (s *server) sourceSamples() map[string]func(account.Principal) sample {
	added := func() string {
		name := "s" + uuid.NewString()[:8]
		if _, err := s.Account.SaveSource(s.t.Context(), as(account.Security), account.Source{Name: name, SourceSetup: account.SourceSetup{Kind: account.OIDC, Title: "统一身份认证", TitleEn: "Campus",
			Address: "https://idp.example.edu.cn", Client: "datai", Map: account.AttributeMap{Name: "name", Numbers: []string{"number"}, Otherwise: account.Student}}}); err != nil {
			s.t.Fatal(err)
		}
		return name
	}
	return map[string]func(account.Principal) sample{
		"list-sources": func(account.Principal) sample { return sample{path: "/sign-in-sources"} },
		"get-source":   func(account.Principal) sample { return sample{path: "/sign-in-sources/" + added()} },
		"add-source": func(account.Principal) sample {
			body := setup()
			body["name"] = "a" + uuid.NewString()[:8]
			return sample{path: "/sign-in-sources", body: body}
		},
		"change-source": func(account.Principal) sample {
			return sample{path: "/sign-in-sources/" + added(), body: setup(), tag: "1"}
		},
		"allow-leavers": func(account.Principal) sample {
			name := added()
			src, err := s.Account.Source(s.t.Context(), name)
			if err != nil {
				s.t.Fatal(err)
			}
			if err := s.DB.Write(s.t.Context(), func(tx *store.Tx) error {
				return tx.SetPresence(s.t.Context(), account.Presence{SourceID: src.ID, State: account.PresenceStopped, Gone: 6, Total: 9})
			}); err != nil {
				s.t.Fatal(err)
			}
			return sample{path: "/sign-in-sources/" + name + "/leavers", body: map[string]any{"count": 6}}
		},
	}
}

func TestAProgramReadsItsInboxInPages(t *testing.T) {
	s := newServer(t)
	s.people()
	li := as(account.Officer)
	for i := range 5 {
		s.noticed(li, "c"+strconv.Itoa(i))
		s.Clock.Advance(time.Minute)
	}
	s.noticed(as(account.System), "another's")
	var titles []string
	next := "/me/notices?limit=2"
	for next != "" {
		var page struct {
			Items []struct{ Title, URL string }
			Next  string
		}
		s.call(li, "GET", next, nil, "Accept-Language", "en").want(200).hasNot("another's").read(&page)
		for _, n := range page.Items {
			titles = append(titles, n.Title)
			if n.URL != "https://tt.example.edu.cn/sign-in-sources/campus" {
				t.Errorf("leads to %q", n.URL)
			}
		}
		if next = page.Next; next != "" {
			next = "/me/notices?limit=2&after=" + next
		}
	}
	if len(titles) != 5 || titles[0] != "The list of c4 would disable 6 accounts and was stopped" {
		t.Errorf("%q", titles)
	}
	s.call(li, "GET", "/me", nil).want(200).has(`"unread":5`, `"acting":"officer"`)
	s.call(li, "POST", "/me/notices/"+s.noticed(as(account.System), "x").String()+"/read", nil).problem(404, "not_found")
	s.call(li, "POST", "/me/notices/read", map[string]any{"until": s.Clock.Now().Add(-150 * time.Second)}).want(200).has(`"count":3`)
	s.call(li, "GET", "/me", nil).want(200).has(`"unread":2`)
	s.call(li, "GET", "/me/notices?after=x", nil).problem(400, "invalid")

	tag := s.call(li, "GET", "/me/notice-setting", nil).want(200).has(`"mail":"digest"`).header.Get("ETag")
	once := map[string]any{"mail": "once", "sms": true, "language": "en"}
	s.call(li, "PUT", "/me/notice-setting", once).problem(428, "if_match")
	s.call(li, "PUT", "/me/notice-setting", once, "If-Match", `"old"`).problem(412, "stale")
	s.call(li, "PUT", "/me/notice-setting", map[string]any{"mail": "never", "sms": true, "language": "en"}, "If-Match", tag).problem(400, "invalid")
	s.call(li, "PUT", "/me/notice-setting", once, "If-Match", tag).want(200).has(`"mail":"once"`)
	s.call(li, "PUT", "/me/notice-setting", once, "If-Match", tag).problem(412, "stale")
}

func TestAProgramEndsSignIns(t *testing.T) {
	s := newServer(t)
	s.people()
	enter := func(r account.Role) string {
		t.Helper()
		_, in, err := s.Account.Enter(t.Context(), as(r).ID, account.Entrance{Via: account.ByLink, Address: "192.0.2.0/24", Agent: "Chrome · Windows"})
		if err != nil {
			t.Fatal(err)
		}
		return in.ID.String()
	}
	mine, hers := enter(account.Officer), enter(account.Professor)
	li := as(account.Officer)
	s.call(li, "GET", "/me/sessions", nil).want(200).has(mine, "192.0.2.0/24").hasNot(hers)
	s.call(li, "POST", "/me/sessions/"+hers+"/end", nil).problem(404, "not_found")
	s.call(li, "POST", "/me/sessions/"+mine+"/end", nil).want(204)
	s.call(li, "GET", "/me/sessions", nil).want(200).hasNot(mine)
	mine = enter(account.Officer)
	s.call(li, "POST", "/me/sessions/end", nil).want(204)
	s.call(li, "GET", "/me/sessions", nil).want(200).hasNot(mine)
	s.call(as(account.Professor), "GET", "/me/sessions", nil).want(200).has(hers)
}

func TestAProgramReviewsEnterprises(t *testing.T) {
	s := newServer(t)
	s.people()
	li := as(account.Officer)
	s.Import(t, apptest.File(intake.Needs, apptest.NeedRow(catalog.Need{Title: "泵漏", Text: "漏", OwnerName: "示例 泵业"})))
	body := map[string]any{"name": "示例泵业", "creditCode": nobodysCode(), "contact": "罗静姝", "phone": "13800000001", "consent": true}
	for field, bad := range map[string]any{"creditCode": "91999999MA0000000Z", "consent": false, "phone": "微信", "name": ""} {
		x := map[string]any{}
		for k, v := range body {
			x[k] = v
		}
		x[field] = bad
		s.call(account.Nobody(), "POST", "/enterprises/sign-ups", x).problem(400, "invalid")
	}
	s.call(account.Nobody(), "POST", "/enterprises/sign-ups", body).want(202)
	var waiting struct {
		Items []struct {
			ID      string
			Version int64
			Needs   []struct {
				ID      string
				Version int64
			}
		}
	}
	s.call(li, "GET", "/enterprises/sign-ups", nil).want(200).has("示例泵业").hasNot(secrets...).read(&waiting)
	if len(waiting.Items) != 1 || len(waiting.Items[0].Needs) != 1 {
		t.Fatalf("%+v", waiting)
	}
	u := waiting.Items[0]
	at := "/enterprises/sign-ups/" + u.ID
	chosen := map[string]any{"needs": u.Needs}
	s.call(li, "POST", at+"/accept", chosen).problem(428, "if_match")
	s.call(li, "POST", at+"/accept", chosen, "If-Match", "7").problem(409, "conflict")
	s.call(li, "POST", at+"/refuse", map[string]any{}, "If-Match", "1").problem(400, "invalid")
	s.call(li, "POST", at+"/accept", map[string]any{"needs": []any{map[string]any{"id": "x", "version": 1}}}, "If-Match", "1").problem(400, "invalid")
	done := s.call(li, "POST", at+"/accept", chosen, "If-Match", "1").want(200).has("https://tt.example.edu.cn/enter/", `"needs":1`, `"told":true`)
	if done.header.Get("Cache-Control") != "no-store" {
		t.Error("the way in may be kept")
	}
	s.call(li, "POST", at+"/accept", chosen, "If-Match", "1").problem(409, "conflict")
	list, err := s.Enterprises.Waiting(t.Context(), li)
	if err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestTheSecretOfASourceIsNeverRead(t *testing.T) {
	s := newServer(t)
	s.people()
	zhao := as(account.Security)
	body := setup()
	body["name"] = "campus"
	made := s.call(zhao, "POST", "/sign-in-sources", body).want(201).has(`"returnUrl":"https://tt.example.edu.cn/sign-in/with/campus/return"`).hasNot("hush-hush")
	s.call(zhao, "POST", "/sign-in-sources", body).problem(409, "conflict")
	s.call(zhao, "GET", "/sign-in-sources", nil).want(200).has("campus").hasNot("hush-hush")
	change := setup()
	change["title"], change["secret"] = "校内登录", ""
	s.call(zhao, "PUT", "/sign-in-sources/campus", change).problem(428, "if_match")
	s.call(zhao, "PUT", "/sign-in-sources/campus", change, "If-Match", `"9"`).problem(412, "stale")
	s.call(zhao, "PUT", "/sign-in-sources/campus", change, "If-Match", made.header.Get("ETag")).want(200).has("校内登录", `"version":2`)
	if src, err := s.Account.Source(t.Context(), "campus"); err != nil || src.Secret != "hush-hush" {
		t.Errorf("%q, %v", src.Secret, err)
	}
	change["address"] = "http://idp.example.edu.cn"
	s.call(zhao, "PUT", "/sign-in-sources/campus", change, "If-Match", "2").problem(400, "invalid")
	s.call(zhao, "GET", "/sign-in-sources/nowhere", nil).problem(404, "not_found")
}

func TestAProgramTakesAListOfPeople(t *testing.T) {
	s := newServer(t)
	s.people()
	boss := as(account.System)
	send := func(query, body string) response {
		return s.call(boss, "POST", "/accounts/lists?name="+url.QueryEscape("沈若川")+query, body, "Content-Type", "application/octet-stream", "Accept-Language", "en")
	}
	send("", "T0001").want(200).has(`"dry":true`, `"new":1`, `"row":3`).hasNot(`"T1"`)
	s.call(boss, "GET", "/accounts?q="+url.QueryEscape("沈若川"), nil).want(200).hasNot("沈若川")
	send("&dry=false", "T0001").want(200).has(`"dry":false`, `"new":1`)
	send("&dry=false", "T0001").want(200).has(`"unchanged":1`)
	s.call(boss, "GET", "/accounts?q="+url.QueryEscape("沈若川"), nil).want(200).has("沈若川")
	send("", "").problem(400, "invalid")
	s.call(boss, "POST", "/accounts/lists", "x", "Content-Type", "application/octet-stream").problem(400, "invalid")
}

// personSamples are what people do with what they agreed to, with their addresses
// and accounts, and what administrators do with two accounts of one person.
func (s *server) personSamples() map[string]func(account.Principal) sample {
	s.t.Helper()
	ctx := s.t.Context()
	first := func(path string) func(account.Principal) sample {
		return func(account.Principal) sample { return sample{path: path} }
	}
	mine := func(who account.Principal, do func(tx *store.Tx, id uuid.UUID) error) uuid.UUID {
		id := uuid.Must(uuid.NewV7())
		if who.May(account.OwnAccount) && who.Acting != account.Console {
			if err := s.DB.Write(ctx, func(tx *store.Tx) error { return do(tx, id) }); err != nil {
				s.t.Fatal(err)
			}
		}
		return id
	}
	// One goes for each that comes: nobody has more than three.
	bare := func(who account.Principal) {
		mine(who, func(tx *store.Tx, _ uuid.UUID) error {
			have, err := tx.Identities(ctx, who.ID)
			for _, i := range have {
				if _, err := tx.RemoveIdentity(ctx, i.ID); err != nil {
					return err
				}
			}
			return err
		})
	}
	mail := func() string { return strings.ToLower(uuid.NewString()) + "@example.edu.cn" }
	two := func() (ids [2]uuid.UUID) {
		for i := range ids {
			x, err := s.Account.Add(ctx, console, uuid.NewString(), []account.Role{account.Student})
			if err == nil {
				_, _, err = s.Account.Enter(ctx, x.ID, account.Entrance{Via: account.ByLink})
			}
			if err != nil {
				s.t.Fatal(err)
			}
			ids[i] = x.ID
		}
		return ids
	}
	return map[string]func(account.Principal) sample{
		"list-consents": first("/me/consents"), "list-addresses": first("/me/addresses"), "list-conflicts": first("/account-conflicts"),
		"close-account": first("/me/close"),
		"withdraw-consent": func(who account.Principal) sample {
			id := mine(who, func(tx *store.Tx, id uuid.UUID) error {
				return tx.AddConsent(ctx, account.Consent{ID: id, AccountID: who.ID, Purpose: account.ConsentShare, Words: "同意", Version: "v1"})
			})
			return sample{path: "/me/consents/" + id.String() + "/withdraw"}
		},
		"ask-address": func(who account.Principal) sample {
			bare(who)
			s.Clock.Advance(4 * time.Minute) // within the limits of codes
			return sample{path: "/me/addresses", body: map[string]any{"kind": "email", "value": mail()}}
		},
		"add-address": func(who account.Principal) sample {
			bare(who)
			s.Clock.Advance(4 * time.Minute)
			value, digits, id := mail(), "000000", uuid.New()
			if who.May(account.OwnAccount) && who.Acting != account.Console {
				var err error
				if id, _, err = s.Passwords.AskAddress(ctx, who, account.ByEmail, value, "zh-CN", "10.0.0.1"); err != nil {
					s.t.Fatal(err)
				}
				ms, err := s.DB.LeaseMessages(ctx, journal.NoticeKind, s.Clock.Now().UnixMilli(), 10_000)
				if err != nil {
					s.t.Fatal(err)
				}
				for _, m := range ms {
					var n journal.Notice
					if err := json.Unmarshal(m.Payload, &n); err != nil {
						s.t.Fatal(err)
					}
					if n.Email == value {
						digits = n.Vars["code"]
					}
				}
			}
			return sample{path: "/me/addresses/confirm", body: map[string]any{"code": id, "kind": "email", "value": value, "digits": digits}}
		},
		"remove-address": func(who account.Principal) sample {
			id := mine(who, func(tx *store.Tx, id uuid.UUID) error {
				if err := tx.AddIdentity(ctx, account.Identity{ID: uuid.New(), AccountID: who.ID, Provider: account.ByEmail, Value: mail()}); err != nil {
					return err
				}
				return tx.AddIdentity(ctx, account.Identity{ID: id, AccountID: who.ID, Provider: account.ByEmail, Value: mail()})
			})
			return sample{path: "/me/addresses/" + id.String() + "/remove"}
		},
		"part-accounts": func(account.Principal) sample {
			ids, id := two(), uuid.Must(uuid.NewV7())
			if err := s.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.AddConflict(ctx, account.Conflict{ID: id, One: ids[0], Other: ids[1], Kind: account.ConflictName})
				return err
			}); err != nil {
				s.t.Fatal(err)
			}
			return sample{path: "/account-conflicts/" + id.String() + "/apart"}
		},
		"propose-join": func(account.Principal) sample {
			ids := two()
			return sample{path: "/account-joins", body: map[string]any{"keep": ids[0], "gone": ids[1]}}
		},
		"send-invitation": func(who account.Principal) sample {
			roles := []account.Role{account.Professor}
			if who.May(account.ConfirmRoles) {
				roles = append(roles, account.Officer) // whom the security administrator invites
			}
			x, err := s.Account.Add(ctx, console, uuid.NewString(), roles)
			if err == nil {
				err = s.DB.Write(ctx, func(tx *store.Tx) error {
					return tx.AddIdentity(ctx, account.Identity{ID: uuid.New(), AccountID: x.ID, Provider: account.ByEmail, Value: mail()})
				})
			}
			if err != nil {
				s.t.Fatal(err)
			}
			return sample{path: "/accounts/" + x.ID.String() + "/send-invitation"}
		},
	}
}

// TestNoTokenClosesAnAccount: it takes a session that is minutes old.
func TestNoTokenClosesAnAccount(t *testing.T) {
	s := newServer(t)
	s.people()
	who := as(account.Professor)
	var c struct {
		Closed bool
		Drafts int
	}
	s.call(who, "POST", "/me/close", nil).want(200).read(&c)
	if c.Closed {
		t.Error("asking closes the account")
	}
	s.call(who, "POST", "/me/close?dry=false", nil).problem(403, "forbidden")
	_, in, err := s.Account.Enter(t.Context(), who.ID, account.Entrance{Via: account.ByLink})
	if err != nil {
		t.Fatal(err)
	}
	s.in = in
	s.Clock.Advance(account.Fresh + time.Minute)
	s.call(who, "POST", "/me/close?dry=false", nil).problem(403, "forbidden")
	if _, s.in, err = s.Account.Enter(t.Context(), who.ID, account.Entrance{Via: account.ByLink}); err != nil {
		t.Fatal(err)
	}
	s.call(who, "POST", "/me/close?dry=false", nil).want(200).read(&c)
	if x, _, err := s.Account.Account(t.Context(), console, who.ID); err != nil || !c.Closed || !account.Closed(x.Name) {
		t.Errorf("%+v, %+v, %v", c, x, err)
	}
}
