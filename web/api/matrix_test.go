package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
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
		Stop: func(context.Context, uuid.UUID) bool { return false },
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
func (s *server) samples() map[string]func() sample {
	result, hidden, need, secret := s.stock()
	first := func(path string) func() sample { return func() sample { return sample{path: path} } }
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
	s.Import(s.t, apptest.File(intake.Parties, intake.Row{Title: "示例轴承", Party: &catalog.Party{Kind: catalog.PartyEnterprise, Name: "示例轴承",
		Contact: catalog.Contact{Phone: "13800000001"}}}))
	ps, _, _, err := s.Shelf.Parties(s.t.Context(), as(account.Officer), shelf.PartyFilter{}, pageOfOne)
	if err != nil || len(ps) != 1 {
		s.t.Fatal(ps, err)
	}
	// A thing is published and withdrawn in turn.
	turn := func(path, code string, publish bool) func() sample {
		return func() sample {
			thing := path + "/" + code
			var now struct {
				Office struct{ PublicConfirmed bool }
			}
			s.call(as(account.Officer), "GET", thing, nil).want(200).read(&now)
			if now.Office.PublicConfirmed == publish {
				act, body := "/publish", any(map[string]any{"confirm": true})
				if publish {
					act, body = "/withdraw", map[string]any{"reason": "重复"}
				}
				s.call(as(account.Officer), "POST", thing+act, body, "If-Match", at(thing)).want(200)
			}
			if publish {
				return sample{path: thing + "/publish", body: map[string]any{"confirm": true}, tag: at(thing)}
			}
			return sample{path: thing + "/withdraw", body: map[string]any{"reason": "重复"}, tag: at(thing)}
		}
	}
	question := map[string]any{"text": "风机轴承经常坏，想提前知道哪里坏了，误报低于5%", "experts": 3, "suggest": true}
	return map[string]func() sample{
		"list-results": first("/results"), "get-result": first("/results/" + result.Code),
		"publish-result": turn("/results", hidden.Code, true), "withdraw-result": turn("/results", hidden.Code, false),
		"list-needs": first("/needs"), "get-need": first("/needs/" + need.Code),
		"open-need": turn("/needs", secret.Code, true), "withdraw-need": turn("/needs", secret.Code, false),
		"match":            func() sample { return sample{path: "/match", body: question} },
		"similar-results":  first("/results/" + result.Code + "/similar"),
		"needs-for-result": first("/results/" + result.Code + "/needs"),
		"match-need":       first("/needs/" + need.Code + "/matches?experts=3"),
		"give-feedback": func() sample {
			return sample{path: "/needs/" + need.Code + "/matches/" + result.Code + "/feedback", body: map[string]any{"verdict": "useful", "reason": "exact"}}
		},
		"take-back-feedback": first("/needs/" + need.Code + "/matches/" + result.Code + "/feedback"),
		"say-term": func() sample {
			return sample{path: "/needs/" + need.Code + "/terms", body: map[string]any{"term": "振动", "verdict": "accepted"}}
		},
		"forget-term":  first("/needs/" + need.Code + "/terms?term=%E6%8C%AF%E5%8A%A8"),
		"list-parties": first("/parties"), "get-party": first("/parties/" + ps[0].Code),
		"list-imports": first("/imports"),
		"upload": func() sample {
			return sample{path: "/imports?kind=results&name=x.csv", body: uuid.NewString(), octet: true}
		},
		"get-import":       func() sample { return sample{path: "/imports/" + batch()} },
		"list-import-rows": func() sample { return sample{path: "/imports/" + batch() + "/rows"} },
		"apply-import":     func() sample { return sample{path: "/imports/" + batch() + "/apply"} },
		"cancel-import":    func() sample { return sample{path: "/imports/" + batch() + "/cancel"} },
		"export":           first("/exports/results?format=csv"),
	}
}

// TestWhoMayDoWhat asks for every operation in every role, without one, and
// with tokens. What the permission table allows is fulfilled; the rest is
// refused, before anything else is said.
func TestWhoMayDoWhat(t *testing.T) {
	s := newServer(t)
	samples := s.samples()
	reader, writer := s.token(account.Officer, false), s.token(account.Officer, true)
	seen := 0
	s.each(func(method, _ string, op *huma.Operation) {
		make, ok := samples[op.OperationID]
		if !ok {
			t.Errorf("%s: no request of the kind in this test", op.OperationID)
			return
		}
		seen++
		do := account.Permission(op.Extensions[api.PermissionKey].(string))
		send := func(who account.Principal, pairs ...string) response {
			x := make()
			if x.tag != "" {
				pairs = append(pairs, "If-Match", x.tag)
			}
			if x.octet {
				pairs = append(pairs, "Content-Type", "application/octet-stream")
			}
			return s.call(who, method, x.path, x.body, pairs...).hasNot(secrets...)
		}
		fulfilled := func(r response, who string) {
			if r.status < 200 || r.status > 299 {
				t.Errorf("%s as %s: %d %s", op.OperationID, who, r.status, r.body)
			}
		}
		for _, role := range account.Roles() {
			r := send(as(role))
			switch {
			case as(role).May(do):
				fulfilled(r, string(role))
			case role == account.Visitor:
				r.problem(http.StatusUnauthorized, "unauthorized")
			default:
				r.problem(http.StatusForbidden, "forbidden")
			}
		}
		fulfilled(send(account.Nobody(), "Authorization", writer), "a writing token")
		if r := send(account.Nobody(), "Authorization", reader); op.Extensions[api.ScopeKey] == "write" {
			r.problem(http.StatusForbidden, "forbidden")
		} else {
			fulfilled(r, "a reading token")
		}
		s.call(account.Nobody(), method, make().path, nil, "Authorization", "Bearer dt_no").problem(http.StatusUnauthorized, "unauthorized")
	})
	if seen != len(samples) {
		t.Errorf("%d operations, but requests for %d", seen, len(samples))
	}
}
