package api_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/inbox"
	"datai/intake"
	"datai/internal/apptest"
	"datai/shelf"
	"datai/web/api"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

// files are stand-ins for what web and the program do with files.
func (s *server) files() api.Files {
	return api.Files{
		Upload: func(ctx context.Context, who account.Principal, kind intake.Kind, _ string, body io.Reader) (uuid.UUID, error) {
			text, err := io.ReadAll(body)
			if err != nil || len(text) == 0 {
				return uuid.Nil, catalog.Refuse(catalog.Invalid, "import.no_file")
			}
			r := bearing()
			r.GivenID, r.Title, r.Rights = string(text), string(text), nil
			b, err := s.Intake.Stage(ctx, who, apptest.File(kind, apptest.ResultRow(r), intake.Row{Issues: []intake.Issue{{Refusal: true, Column: "标题", Key: "import.refused.no_title"}}}), nil)
			return b.ID, err
		},
		Roster: func(ctx context.Context, who account.Principal, name string, body io.Reader, o account.RosterOptions) (account.Outcome, error) {
			text, err := io.ReadAll(body)
			if err != nil || len(text) == 0 {
				return account.Outcome{}, catalog.Refuse(catalog.Invalid, "import.no_file")
			}
			return s.Account.Roster(ctx, who, func(yield func(account.Listed, error) bool) {
				_ = yield(account.Listed{Row: 2, Number: string(text), Name: name, Category: account.Staff}, nil) &&
					yield(account.Listed{Row: 3, Number: "T1", Category: account.Staff}, nil)
			}, o)
		},
		Document: s.takeDocument,
		Stop:     func(context.Context, uuid.UUID) bool { return false },
		Export: func(ctx context.Context, w io.Writer, who account.Principal, _ intake.Kind, format string) error {
			return s.Shelf.EachResult(ctx, who, func(r *catalog.Result) error {
				_, err := fmt.Fprintln(w, format, r.Title)
				return err
			})
		},
	}
}

// sample is a request that an operation fulfils for whoever may ask.
type sample struct {
	path  string
	body  any
	tag   string // If-Match
	octet bool   // the body is a file
}

// samples make one request for each operation. Writes get things of their own,
// so that each can be fulfilled.
func (s *server) samples() map[string]func(account.Principal) sample {
	result, hidden, need, secret := s.stock()
	first := func(path string) func(account.Principal) sample {
		return func(account.Principal) sample { return sample{path: path} }
	}
	batch := func() string {
		id, err := s.files().Upload(s.t.Context(), as(account.Officer), intake.Results, "x.csv", strings.NewReader(uuid.NewString()))
		if err != nil {
			s.t.Fatal(err)
		}
		return id.String()
	}
	at := func(path string) string {
		return s.call(as(account.Officer), "GET", path, nil).want(200).header.Get("ETag")
	}
	s.Import(s.t, apptest.File(intake.Parties,
		intake.Row{Title: "示例轴承", Party: &catalog.Party{Kind: catalog.PartyEnterprise, Name: "示例轴承", Contact: catalog.Contact{Phone: "13800000001"}}},
		intake.Row{Title: "机械学院", Party: &catalog.Party{Kind: catalog.PartyUnit, Name: "机械学院", Contact: catalog.Contact{Phone: "13800000001"}}}))
	s.Import(s.t, apptest.File(intake.People, intake.Row{Title: "沈若川", Person: &catalog.Person{StaffNo: "T0001", Name: "沈若川", Unit: "机械学院"}}))
	units, _, _, err := s.Shelf.Parties(s.t.Context(), as(account.Visitor), shelf.PartyFilter{}, pageOfOne)
	if err != nil || len(units) != 1 {
		s.t.Fatal(units, err)
	}
	people, _, _, err := s.Shelf.People(s.t.Context(), as(account.Officer), shelf.PersonFilter{}, pageOfOne)
	if err != nil || len(people) != 1 {
		s.t.Fatal(people, err)
	}
	all := s.AllResults(s.t)
	for _, r := range all {
		if r.Code == result.Code {
			out, err := s.Shelf.Attribute(s.t.Context(), as(account.Officer), people[0].Code, []shelf.Ref{{ID: r.ID, Version: r.Version}}, true)
			if err != nil || out.Done != 1 {
				s.t.Fatal(out, err)
			}
		}
	}
	// A thing is published and withdrawn in turn.
	// anew sends a result that was taken off the shelf to the gate again.
	anew := func(path, code string) {
		if path != "/results" {
			return
		}
		var now struct{ Ref, State string }
		if s.call(as(account.Officer), "GET", "/gate/"+code, nil).want(200).read(&now); now.State == "off" {
			s.call(as(account.Officer), "POST", "/gate/"+code+"/move", map[string]any{"ref": now.Ref, "do": "relist"}).want(200)
		}
	}
	turn := func(path, code string, publish bool) func(account.Principal) sample {
		return func(account.Principal) sample {
			thing := path + "/" + code
			var now struct {
				Office struct{ PublicConfirmed bool }
			}
			s.call(as(account.Officer), "GET", thing, nil).want(200).read(&now)
			if now.Office.PublicConfirmed == publish {
				act, body := "/publish", any(map[string]any{"confirm": true})
				if publish {
					act, body = "/withdraw", map[string]any{"reason": "重复"}
				} else {
					anew(path, code)
				}
				s.call(as(account.Officer), "POST", thing+act, body, "If-Match", at(thing)).want(200)
			}
			if publish {
				anew(path, code)
				return sample{path: thing + "/publish", body: map[string]any{"confirm": true}, tag: at(thing)}
			}
			return sample{path: thing + "/withdraw", body: map[string]any{"reason": "重复"}, tag: at(thing)}
		}
	}
	// A proxy entry of who handles only the own ones, else of an officer.
	proxied := func(who account.Principal) string {
		if who.Reach(account.EnterForOthers) != account.Own {
			who = as(account.Officer)
		}
		f := shelf.Form{Owner: "示例泵业", Title: wordy(), Text: "泵漏", Contact: "张三丰"}
		asked, err := s.Proxy.Enter(s.t.Context(), who, f, shelf.Ref{}, false)
		if err != nil {
			s.t.Fatal(err)
		}
		return "/needs/" + asked.Need.Code + "/confirmation"
	}
	// A case, given to who handles only those that were given to them.
	// An account of somebody new, disabled or not.
	someone := func(do string) string {
		x, err := s.Account.Add(s.t.Context(), as(account.System), uuid.NewString(), nil)
		if err == nil && do == "disable" {
			err = s.Account.Disable(s.t.Context(), as(account.System), x.ID, 1)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		return x.ID.String()
	}
	// A webhook of its own; the one before it goes.
	var last uuid.UUID
	hook := func() string {
		if last != uuid.Nil {
			_ = s.Inbox.Remove(s.t.Context(), as(account.System), last) // may be gone already
		}
		r, err := s.Inbox.AddReceiver(s.t.Context(), as(account.System), inbox.NewReceiver{Kind: inbox.Webhook, Name: uuid.NewString(), URL: "https://hooks.example.org/x", Events: inbox.Events()})
		if err != nil {
			s.t.Fatal(err)
		}
		last = r.ID
		return r.ID.String()
	}
	opened := func(who account.Principal) (code, tag string) {
		c, _, err := s.Contact.Ask(s.t.Context(), account.Nobody(), result.Code, contact.Request{Name: "罗静姝", Organisation: "示例轴承",
			Reach: "13800000001", Purpose: "试用", Source: contact.FromListing, Consent: "同意"})
		if err != nil {
			s.t.Fatal(err)
		}
		if who.Reach(account.HandleContacts) != account.Assigned {
			return c.Code, "1"
		}
		if err := s.Contact.Assign(s.t.Context(), as(account.Officer), c.Code, 1, who.ID); err != nil {
			s.t.Fatal(err)
		}
		return c.Code, "2"
	}
	// A result that waits at the gate, without a text: it holds a question.
	waitingResult := func() string {
		title := wordy()
		s.Import(s.t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{Kind: catalog.KindResult, Title: title, Completers: []catalog.Completer{{Name: "穆若澜"}}})))
		for _, r := range s.AllResults(s.t) {
			if r.Title == title {
				return r.Code
			}
		}
		s.t.Fatal("the result is not there")
		return ""
	}
	gateRef := func(code string) string {
		var now struct{ Ref string }
		s.call(as(account.Officer), "GET", "/gate/"+code, nil).want(200).read(&now)
		return now.Ref
	}
	today := s.Rules.Today().String()
	deciding := map[string]any{"from": today, "reason": "试行", "value": map[string]any{"amount": 5, "unit": "workday"}}
	settling := map[string]any{"from": today, "reason": "试行", "overlay": map[string]any{"steps": []any{map[string]any{"action": "secure", "off": true}}}}
	question := map[string]any{"text": "风机轴承经常坏，想提前知道哪里坏了，误报低于5%", "experts": 3, "suggest": true}
	out := map[string]func(account.Principal) sample{
		"list-results": first("/results"), "get-result": first("/results/" + result.Code),
		"publish-result": turn("/results", hidden.Code, true), "withdraw-result": turn("/results", hidden.Code, false),
		"enter-need": func(account.Principal) sample {
			return sample{path: "/needs", body: map[string]any{"message": "示例泵业有限公司，泵漏，13800000001", "title": wordy()}}
		},
		"ask-owner": func(who account.Principal) sample {
			return sample{path: proxied(who), body: map[string]any{}, tag: "1"}
		},
		"get-confirmation": func(who account.Principal) sample { return sample{path: proxied(who)} },
		"list-needs":       first("/needs"), "get-need": first("/needs/" + need.Code),
		"open-need": turn("/needs", secret.Code, true), "withdraw-need": turn("/needs", secret.Code, false),
		"match":            func(account.Principal) sample { return sample{path: "/match", body: question} },
		"similar-results":  first("/results/" + result.Code + "/similar"),
		"needs-for-result": first("/results/" + result.Code + "/needs"),
		"match-need":       first("/needs/" + need.Code + "/matches?experts=3"),
		"give-feedback": func(account.Principal) sample {
			return sample{path: "/needs/" + need.Code + "/matches/" + result.Code + "/feedback", body: map[string]any{"verdict": "useful", "reason": "exact"}}
		},
		"take-back-feedback": first("/needs/" + need.Code + "/matches/" + result.Code + "/feedback"),
		"say-term": func(account.Principal) sample {
			return sample{path: "/needs/" + need.Code + "/terms", body: map[string]any{"term": "振动", "verdict": "accepted"}}
		},
		"forget-term":  first("/needs/" + need.Code + "/terms?term=%E6%8C%AF%E5%8A%A8"),
		"list-parties": first("/parties"), "get-party": first("/parties/" + units[0].Code),
		"list-people": first("/people"), "get-person": first("/people/" + people[0].Code),
		"ask-contact":   func(account.Principal) sample { return sample{path: "/contacts", body: contacting(result.Code)} },
		"list-contacts": first("/contacts"), "get-contact": func(who account.Principal) sample {
			code, _ := opened(who)
			return sample{path: "/contacts/" + code}
		},
		"assign-contact": func(account.Principal) sample {
			code, tag := opened(as(account.Officer))
			return sample{path: "/contacts/" + code + "/assign", body: map[string]any{"officer": "admin"}, tag: tag}
		},
		"move-contact": func(who account.Principal) sample {
			code, tag := opened(who)
			return sample{path: "/contacts/" + code + "/move", body: map[string]any{"do": "pause", "remind": "2026-04-20"}, tag: tag}
		},
		"list-gate": first("/gate?question=none&limit=5"), "get-gate": first("/gate/" + result.Code),
		"publish-gate": func(account.Principal) sample {
			code := waitingResult()
			return sample{path: "/gate/list", body: map[string]any{"confirm": true, "refs": []string{gateRef(code)}}}
		},
		"move-gate": func(account.Principal) sample {
			code := waitingResult()
			return sample{path: "/gate/" + code + "/move", body: map[string]any{"ref": gateRef(code), "do": "return", "reason": "unmeasurable", "text": "怎么测"}}
		},
		"ask-professors": func(account.Principal) sample {
			waitingResult()
			return sample{path: "/gate/ask", body: map[string]any{"send": false}}
		},
		"list-imports": first("/imports"),
		"upload": func(account.Principal) sample {
			return sample{path: "/imports?kind=results&name=x.csv", body: uuid.NewString(), octet: true}
		},
		"get-import":       func(account.Principal) sample { return sample{path: "/imports/" + batch()} },
		"list-import-rows": func(account.Principal) sample { return sample{path: "/imports/" + batch() + "/rows"} },
		"apply-import":     func(account.Principal) sample { return sample{path: "/imports/" + batch() + "/apply"} },
		"cancel-import":    func(account.Principal) sample { return sample{path: "/imports/" + batch() + "/cancel"} },
		"list-accounts":    first("/accounts?role=manager&limit=1"),
		"get-account":      first("/accounts/" + as(account.Student).ID.String()),
		"add-account": func(account.Principal) sample {
			return sample{path: "/accounts", body: map[string]any{"name": uuid.NewString(), "roles": []string{"officer"}}}
		},
		"set-roles": func(account.Principal) sample {
			return sample{path: "/accounts/" + someone("enable") + "/roles", body: map[string]any{"roles": []string{"legal"}}, tag: "1"}
		},
		"disable-account": func(account.Principal) sample {
			return sample{path: "/accounts/" + someone("enable") + "/disable", tag: "1"}
		},
		"enable-account": func(account.Principal) sample {
			return sample{path: "/accounts/" + someone("disable") + "/enable", tag: "2"}
		},
		"invite-account": func(account.Principal) sample { return sample{path: "/accounts/" + someone("enable") + "/invite"} },
		"list-receivers": first("/receivers"),
		"list-rules":     first("/rules?on=2023-04-07&region=CN-BJ"),
		"get-rule":       first("/rules/contact-answer"),
		"preview-rule": func(account.Principal) sample {
			return sample{path: "/rules/contact-answer/preview", body: deciding, tag: at("/rules/contact-answer")}
		},
		"decide-rule": func(account.Principal) sample {
			return sample{path: "/rules/contact-answer", body: deciding, tag: at("/rules/contact-answer")}
		},
		"list-processes": first("/processes"),
		"get-process":    first("/processes/contact"),
		"preview-process": func(account.Principal) sample {
			return sample{path: "/processes/contact/preview", body: settling, tag: at("/processes/contact")}
		},
		"settle-process": func(account.Principal) sample {
			return sample{path: "/processes/contact", body: settling, tag: at("/processes/contact")}
		},
		"add-receiver": func(account.Principal) sample {
			return sample{path: "/receivers", body: map[string]any{"kind": "webhook", "name": uuid.NewString(), "url": "https://hooks.example.org/x?key=1", "events": []string{"result.listed"}}}
		},
		"pause-receiver": func(account.Principal) sample {
			return sample{path: "/receivers/" + hook() + "/pause", body: map[string]any{"paused": true}, tag: "1"}
		},
		"rotate-receiver":  func(account.Principal) sample { return sample{path: "/receivers/" + hook() + "/rotate", tag: "1"} },
		"try-receiver":     func(account.Principal) sample { return sample{path: "/receivers/" + hook() + "/try"} },
		"remove-receiver":  func(account.Principal) sample { return sample{path: "/receivers/" + hook() + "/remove"} },
		"list-permissions": first("/permissions"),
		"list-journal":     first("/journal?what=account.add&from=2020-01-01T00:00:00Z&limit=1"),
		"export":           first("/exports/results?format=csv"),
	}
	maps.Copy(out, s.caseSamples(result.Code, need.Code, opened))
	maps.Copy(out, s.formSamples(result.Code, opened, waitingResult, gateRef))
	maps.Copy(out, s.ownSamples())
	maps.Copy(out, s.personSamples())
	maps.Copy(out, s.enterpriseSamples())
	maps.Copy(out, s.sourceSamples())
	out["take-people"] = func(account.Principal) sample {
		return sample{path: "/accounts/lists?name=a.csv&dry=false", body: uuid.NewString(), octet: true}
	}
	out["read-message"] = func(account.Principal) sample {
		return sample{path: "/needs/read", body: map[string]any{"message": "示例泵业有限公司，泵漏，13700000009"}}
	}
	out["note-call"] = func(who account.Principal) sample {
		return sample{path: proxied(who) + "/call", tag: "1", body: map[string]any{"who": "张三丰", "on": "2026-04-06", "public": true}}
	}
	return out
}

func contacting(result string) map[string]any {
	return map[string]any{"result": result, "name": "罗静姝", "organisation": "示例轴承", "reach": "13800000001", "purpose": "试用", "consent": true}
}

func TestAProgramBringsPeopleTogether(t *testing.T) {
	s := newServer(t)
	result, hidden, _, _ := s.stock()
	nobody := account.Nobody()
	for name, value := range map[string]any{"consent": false, "reach": "微信", "mode": "gift", "name": "", "result": hidden.Code} {
		body := contacting(result.Code)
		body[name] = value
		if res := s.call(nobody, "POST", "/contacts", body); res.status != 400 && res.status != 404 {
			t.Errorf("%s %v: %d", name, value, res.status)
		}
	}
	res := s.call(nobody, "POST", "/contacts", contacting(result.Code)).want(201).has("2026-DJ-0001", "https://tt.example.edu.cn/contact/", "3 个工作日").hasNot(secrets...)
	if res.header.Get("Cache-Control") != "no-store" {
		t.Error("the way to the page may be kept")
	}
	at := "/contacts/2026-DJ-0001"
	tag := s.call(as(account.Officer), "GET", at, nil).want(200).has(`"state":"waiting"`, `"overdue":false`).hasNot(append(secrets, "示例轴承\"")...).header.Get("ETag")
	move := map[string]any{"do": "drop", "reason": "maturity"}
	s.call(as(account.Officer), "POST", at+"/move", move).problem(428, "if_match")
	s.call(as(account.Officer), "POST", at+"/move", move, "If-Match", `"7"`).problem(412, "stale")
	s.call(as(account.Officer), "POST", at+"/move", map[string]any{"do": "drop"}, "If-Match", tag).problem(400, "invalid")
	s.call(as(account.Officer), "POST", at+"/move", move, "If-Match", tag).want(200).has(`"reason":"maturity"`)
	s.call(as(account.Officer), "GET", "/contacts?state=dropped", nil).want(200).has("2026-DJ-0001")
	s.call(as(account.Officer), "GET", "/contacts", nil).want(200).hasNot("2026-DJ-0001")
	held := 0
	for range 20 {
		if res := s.call(nobody, "POST", "/contacts", contacting(result.Code)); res.status == 429 {
			res.problem(429, "too_many")
			if res.header.Get("Retry-After") != "30" {
				t.Errorf("Retry-After: %q", res.header.Get("Retry-After"))
			}
			held++
		}
	}
	if held == 0 {
		t.Error("nobody is held back")
	}
}

// wordy is a title that no other thing has and that never looks like a telephone.
func wordy() string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'g' + r - '0'
		}
		return r
	}, uuid.NewString())
}

// TestWhoMayDoWhat asks for every operation in every role, without one, and
// with tokens. What the permission table allows is fulfilled; the rest is
// refused, before anything else is said.
func TestWhoMayDoWhat(t *testing.T) {
	s := newServer(t)
	s.people()
	samples := s.samples()
	s.joins()
	s.token(account.Officer, false) // makes admin, to whom a sample gives a case
	readers, writers := map[account.Role]string{}, map[account.Role]string{}
	holders := []account.Role{account.Officer, account.System, account.Security, account.Audit}
	for _, r := range holders {
		readers[r], writers[r] = s.tokenOf(string(r), r, false), s.tokenOf(string(r), r, true)
	}
	seen := 0
	s.each(func(method, _ string, op *huma.Operation) {
		make, ok := samples[op.OperationID]
		if !ok {
			t.Errorf("%s: no request of the kind in this test", op.OperationID)
			return
		}
		seen++
		// What has to be there already is nobody's at the command line, which has no account.
		accountless := slices.Contains([]string{"add-address", "remove-address", "withdraw-consent", "list-addresses"}, op.OperationID)
		do := account.Permission(op.Extensions[api.PermissionKey].(string))
		ask := func(who account.Principal, x sample, pairs ...string) response {
			s.from++
			if x.tag != "" {
				pairs = append(pairs, "If-Match", x.tag)
			}
			if x.octet {
				pairs = append(pairs, "Content-Type", "application/octet-stream")
			}
			r := s.call(who, method, x.path, x.body, pairs...)
			if op.OperationID == "disclose-contact" && r.status == http.StatusOK { // which is what it is for
				return r
			}
			return r.hasNot(secrets...)
		}
		send := func(who account.Principal, pairs ...string) response { return ask(who, make(who), pairs...) }
		fulfilled := func(r response, who string) {
			if r.status < 200 || r.status > 299 {
				t.Errorf("%s as %s: %d %s", op.OperationID, who, r.status, r.body)
			}
		}
		for _, role := range account.Roles() {
			if role == account.Console && accountless {
				continue
			}
			r := send(as(role))
			switch {
			case as(role).May(do):
				fulfilled(r, string(role))
				if as(role).Reach(do) == account.Assigned && !slices.Contains([]string{"/contacts", "/reviews"}, op.Path) { // a list, which is empty
					ask(as(role), make(as(account.Officer))).problem(http.StatusNotFound, "not_found")
				}
			case role == account.Visitor:
				r.problem(http.StatusUnauthorized, "unauthorized")
			default:
				r.problem(http.StatusForbidden, "forbidden")
			}
		}
		which := slices.IndexFunc(holders, func(r account.Role) bool { return as(r).May(do) })
		if which < 0 { // what only those do who have no tokens
			send(account.Nobody(), "Authorization", writers[account.Officer]).problem(http.StatusForbidden, "forbidden")
			return
		}
		holder := holders[which]
		reader, writer := readers[holder], writers[holder]
		fulfilled(ask(account.Nobody(), make(as(holder)), "Authorization", writer), "a writing token")
		if r := ask(account.Nobody(), make(as(holder)), "Authorization", reader); op.Extensions[api.ScopeKey] == "write" {
			r.problem(http.StatusForbidden, "forbidden")
		} else {
			fulfilled(r, "a reading token")
		}
		s.call(account.Nobody(), method, make(account.Nobody()).path, nil, "Authorization", "Bearer dt_no").problem(http.StatusUnauthorized, "unauthorized")
	})
	if seen != len(samples) {
		t.Errorf("%d operations, but requests for %d", seen, len(samples))
	}
}
