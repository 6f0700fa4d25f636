package api_test

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"testing"

	"datai/account"
	"datai/contact"
	"datai/document"
	"datai/gate"
	"datai/process"
	"datai/store"

	"github.com/google/uuid"
)

const pdf = "%PDF-1.7\n%%EOF\n"

// takeDocument puts a file into a form, as the pages do.
func (s *server) takeDocument(ctx context.Context, who account.Principal, kind, code string, action process.Action, field, name string, body io.Reader) (document.Document, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return document.Document{}, err
	}
	return s.Document.Add(ctx, who, kind, code, action, field, name, bytes.NewReader(text))
}

// reviewers are accounts that may score, and the principal who has them all.
func (s *server) reviewers() (ids []string) {
	s.t.Helper()
	if err := store.For[account.Tx](s.DB).Write(s.t.Context(), func(tx account.Tx) error {
		for _, name := range []string{"方知行", "柳听泉", "宋知野"} {
			id := uuid.NewSHA1(uuid.Nil, []byte(name))
			if _, ok, err := tx.Account(s.t.Context(), id); err != nil {
				return err
			} else if !ok {
				if err := tx.AddAccount(s.t.Context(), account.Account{ID: id, Name: name, Unit: "外校", Roles: []account.Role{account.Reviewer}, Version: 1}); err != nil {
					return err
				}
			}
			ids = append(ids, id.String())
		}
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	return ids
}

// formSamples are what is done with drafts, documents and reviewers; opened is a
// case, given to who if it has to be, and waiting a result at the gate.
func (s *server) formSamples(result string, opened func(account.Principal) (code, tag string), waiting func() string, ref func(string) string) map[string]func(account.Principal) sample {
	ctx := s.t.Context()
	talking := func(who account.Principal) string { // a case in which an agreement may come
		code, _ := opened(who)
		c, err := s.Contact.Case(ctx, as(account.Officer), code)
		if err == nil {
			err = s.Contact.Move(ctx, as(account.Officer), code, c.Version, contact.Move{Do: contact.Talk})
		}
		if err != nil {
			s.t.Fatal(err)
		}
		return code
	}
	file := func(who account.Principal, kind, code string, do process.Action, field string) string {
		d, err := s.Document.Add(ctx, who, kind, code, do, field, "协议.pdf", bytes.NewReader([]byte(pdf)))
		if err != nil {
			s.t.Fatal(err)
		}
		return d.ID.String()
	}
	// A handler of the contact case puts a file in, else an officer.
	handler := func(who account.Principal) account.Principal {
		if who.May(account.HandleContacts) {
			return who
		}
		return as(account.Officer)
	}
	lister := func(who account.Principal) account.Principal {
		if who.May(account.ListResults) {
			return who
		}
		return as(account.Officer)
	}
	review := func(who account.Principal) (code, id string) {
		code = waiting()
		people := s.reviewers()
		if who.Reach(account.ReviewResults) == account.Assigned {
			people = append(people, who.ID.String())
		}
		var out struct{ ID string }
		s.call(as(account.Officer), "POST", "/gate/"+code+"/review", appointing(ref(code), people...)).want(200).read(&out)
		return code, out.ID
	}
	draft := map[string]any{"version": 1, "text": "还在想", "reason": "maturity"}
	return map[string]func(account.Principal) sample{
		"list-contact-drafts": func(who account.Principal) sample { return sample{path: "/contacts/" + talking(who) + "/drafts"} },
		"save-contact-draft": func(who account.Principal) sample {
			return sample{path: "/contacts/" + talking(who) + "/drafts/drop", body: draft}
		},
		"discard-contact-draft":  func(who account.Principal) sample { return sample{path: "/contacts/" + talking(who) + "/drafts/drop"} },
		"list-contact-documents": func(who account.Principal) sample { return sample{path: "/contacts/" + talking(who) + "/documents"} },
		"add-contact-document": func(who account.Principal) sample {
			return sample{path: "/contacts/" + talking(who) + "/documents?step=quote&field=offer&name=" + url.QueryEscape("协议.pdf"), body: pdf, octet: true}
		},
		"withdraw-contact-document": func(who account.Principal) sample {
			code := talking(who)
			return sample{path: "/contacts/" + code + "/documents/" + file(handler(who), "contact", code, contact.Quote, "offer")}
		},
		"list-gate-drafts": func(account.Principal) sample { return sample{path: "/gate/" + waiting() + "/drafts"} },
		"save-gate-draft": func(account.Principal) sample {
			return sample{path: "/gate/" + waiting() + "/drafts/return", body: map[string]any{"version": 1, "text": "还在想", "reason": "title"}}
		},
		"discard-gate-draft":  func(account.Principal) sample { return sample{path: "/gate/" + waiting() + "/drafts/return"} },
		"list-gate-documents": func(account.Principal) sample { return sample{path: "/gate/" + waiting() + "/documents"} },
		"add-gate-document": func(account.Principal) sample {
			return sample{path: "/gate/" + waiting() + "/documents?step=return&field=marked&name=a.pdf", body: pdf, octet: true}
		},
		"withdraw-gate-document": func(who account.Principal) sample {
			code := waiting()
			return sample{path: "/gate/" + code + "/documents/" + file(lister(who), "gate", code, gate.Return, "marked")}
		},
		"get-document": func(who account.Principal) sample {
			if !who.May(account.HandleContacts) { // of a result at the gate, for who reads the office's
				code := waiting()
				id := file(as(account.Officer), "gate", code, gate.Return, "marked")
				s.call(as(account.Officer), "POST", "/gate/"+code+"/move", map[string]any{"ref": ref(code), "do": "return", "reason": "title"}).want(200)
				return sample{path: "/documents/" + id}
			}
			code := talking(who)
			id := file(who, "contact", code, contact.Quote, "offer")
			c, err := s.Contact.Case(ctx, who, code)
			if err == nil {
				err = s.Contact.Move(ctx, who, code, c.Version, contact.Move{Do: contact.Quote})
			}
			if err != nil {
				s.t.Fatal(err)
			}
			return sample{path: "/documents/" + id}
		},
		"clear-gate": func(account.Principal) sample {
			code := waiting()
			return sample{path: "/gate/" + code + "/clear", body: map[string]any{"ref": ref(code), "clear": []string{string(gate.AskOwners)}}}
		},
		"check-gate": func(account.Principal) sample {
			code := s.complete()
			return sample{path: "/gate/" + code + "/list", body: map[string]any{"ref": ref(code), "confirm": true, "clear": []string{string(gate.AskOwners)}}}
		},
		"decide-gate-answer": func(account.Principal) sample {
			return sample{path: "/gate/answers/" + s.answered() + "/decide", body: map[string]any{"accept": false}}
		},
		"get-gate-timeline": func(account.Principal) sample { return sample{path: "/gate/" + waiting() + "/timeline"} },
		"get-contact-timeline": func(who account.Principal) sample {
			code, _ := opened(who)
			return sample{path: "/contacts/" + code + "/timeline"}
		},
		"disclose-contact": func(who account.Principal) sample {
			code, _ := opened(who)
			return sample{path: "/contacts/" + code + "/disclose"}
		},
		"list-gate-idle":    func(account.Principal) sample { return sample{path: "/gate/idle"} },
		"list-gate-answers": func(account.Principal) sample { return sample{path: "/gate/answers"} },
		"hide-contact": func(account.Principal) sample {
			c, secret, err := s.Contact.Ask(ctx, account.Nobody(), result, contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000001", Purpose: "试用", Source: contact.FromListing, Consent: "同意", Pass: "同意"})
			if err != nil {
				s.t.Fatal(c, err)
			}
			return sample{path: "/contact/" + secret + "/hide"}
		},
		"pack-contact": func(account.Principal) sample {
			code, _ := opened(as(account.Officer))
			return sample{path: "/contacts/" + code + "/pack"}
		},
		"pack-gate": func(account.Principal) sample {
			code := waiting()
			s.call(as(account.Officer), "POST", "/gate/"+code+"/move", map[string]any{"ref": ref(code), "do": "return", "reason": "title"}).want(200)
			return sample{path: "/gate/" + code + "/pack"}
		},
		"list-reviewers": func(account.Principal) sample { return sample{path: "/gate/" + waiting() + "/reviewers"} },
		"appoint-reviewers": func(account.Principal) sample {
			code := waiting()
			return sample{path: "/gate/" + code + "/review", body: appointing(ref(code), s.reviewers()...)}
		},
		"get-review": func(who account.Principal) sample {
			code, _ := review(who)
			return sample{path: "/gate/" + code + "/review"}
		},
		"stop-review": func(who account.Principal) sample {
			code, _ := review(who)
			return sample{path: "/gate/" + code + "/review/stop", body: map[string]any{"ref": ref(code)}}
		},
		"list-own-reviews": func(account.Principal) sample { return sample{path: "/reviews"} },
		"get-own-review": func(who account.Principal) sample {
			_, id := review(who)
			return sample{path: "/reviews/" + id}
		},
		"score-review": func(who account.Principal) sample {
			_, id := review(who)
			return sample{path: "/reviews/" + id + "/score", body: scoring(3)}
		},
		"decline-review": func(who account.Principal) sample {
			_, id := review(who)
			return sample{path: "/reviews/" + id + "/refuse", body: map[string]any{"reason": "time"}}
		},
	}
}

func appointing(ref string, reviewers ...string) map[string]any {
	return map[string]any{"ref": ref, "purpose": "roadshow", "until": "2026-04-20", "reviewers": reviewers}
}

func scoring(n int) map[string]any {
	return map[string]any{"scores": map[string]any{"value": n, "difference": n, "evidence": n, "terms": n}, "comment": "数据来自第三方"}
}

// TestAProgramFillsInForms keeps drafts and puts files into the form of a step of
// the gate, with the service methods of the pages: what others have not sent nobody
// sees, and what a file is not it does not pass for.
func TestAProgramFillsInForms(t *testing.T) {
	s := newServer(t)
	s.people()
	result, _, _, _ := s.stock()
	code := result.Code
	li := as(account.Officer)
	wang := account.Principal{ID: uuid.New(), Name: "王老师", Roles: []account.Role{account.Officer}, Acting: account.Officer}
	at := "/gate/" + code
	var now struct {
		Ref     string
		Version int64
	}
	s.call(li, "GET", at, nil).want(200).read(&now)
	draft := func(version int64, text string, more ...any) map[string]any {
		b := map[string]any{"version": version, "reason": "wish", "text": text}
		for i := 0; i+1 < len(more); i += 2 {
			b[more[i].(string)] = more[i+1]
		}
		return b
	}
	s.call(li, "PUT", at+"/drafts/take_off", draft(now.Version, "完成人来电")).want(200).has(`"changed":false`, "完成人来电")
	s.call(wang, "GET", at+"/drafts", nil).want(200).hasNot("完成人来电")
	s.call(li, "PUT", at+"/drafts/take_off", draft(now.Version-1, "完成人来信")).want(200).has(`"changed":true`)
	s.call(li, "GET", at+"/drafts", nil).want(200).has("完成人来信", `"changed":true`).hasNot("完成人来电")
	s.call(li, "PUT", at+"/drafts/list", draft(now.Version, "x")).problem(400, "invalid")
	s.call(li, "PUT", at+"/drafts/take_off", draft(now.Version, "x", "values", map[string]any{"grounds": "x"})).problem(400, "invalid")
	s.call(li, "PUT", at+"/drafts/take_off", draft(now.Version, "本项目密级：机密")).problem(400, "invalid")
	s.call(as(account.Professor), "PUT", at+"/drafts/take_off", draft(now.Version, "x")).problem(403, "forbidden")

	octets := []string{"Content-Type", "application/octet-stream"}
	var d struct{ ID string }
	s.call(li, "POST", at+"/documents?step=take_off&field=grounds&name=a.pdf", pdf, octets...).want(201).read(&d)
	for name, path := range map[string]string{"another type": "step=take_off&field=grounds&name=a.docx", "no type": "step=take_off&field=grounds&name=a.exe"} {
		if res := s.call(li, "POST", at+"/documents?"+path, pdf, append(octets, "Accept-Language", "en")...); res.status != 400 || !bytes.Contains(res.body, []byte("ot kept")) && !bytes.Contains(res.body, []byte("not")) {
			t.Errorf("%s: %d %s", name, res.status, res.body)
		}
	}
	s.call(li, "POST", at+"/documents?step=return&field=marked&name=a.pdf", pdf, octets...).problem(409, "conflict")
	s.call(wang, "GET", "/documents/"+d.ID, nil).problem(404, "not_found")
	s.call(wang, "GET", at+"/documents", nil).want(200).hasNot(d.ID)
	s.call(wang, "DELETE", at+"/documents/"+d.ID, nil).problem(404, "not_found")
	s.call(as(account.Discipline), "GET", at+"/documents", nil).want(200).hasNot(d.ID)
	if res := s.call(li, "GET", "/documents/"+d.ID, nil).want(200); string(res.body) != pdf || res.header.Get("Content-Type") != "application/pdf" || res.header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
		t.Errorf("%q %v", res.body, res.header)
	}
	s.call(li, "POST", at+"/move", map[string]any{"ref": now.Ref, "do": "take_off", "reason": "wish", "text": "完成人来信"}).want(200)
	s.call(li, "GET", at+"/drafts", nil).want(200).hasNot("完成人来信")
	s.call(wang, "GET", at+"/documents", nil).want(200).has(d.ID, `"event":`)
	s.call(as(account.Discipline), "GET", "/documents/"+d.ID, nil).want(200)
	s.call(as(account.Manager), "GET", "/documents/"+d.ID, nil).problem(403, "forbidden")
	s.call(li, "DELETE", at+"/documents/"+d.ID, nil).problem(409, "conflict")
}

// TestReviewersScoreByProgram: who has a tie is not asked, nobody reads a score
// before the review is closed, and one that was called off says nothing.
func TestReviewersScoreByProgram(t *testing.T) {
	s := newServer(t)
	s.people()
	result, hidden, _, _ := s.stock()
	_ = result
	code := hidden.Code
	li := as(account.Officer)
	refOf := func() string {
		var now struct{ Ref string }
		s.call(li, "GET", "/gate/"+code, nil).want(200).read(&now)
		return now.Ref
	}
	at := "/gate/" + code + "/review"
	s.call(li, "GET", at, nil).problem(404, "not_found")
	people := s.reviewers()
	s.call(li, "GET", "/gate/"+code+"/reviewers", nil).want(200).has(people[0], "方知行")
	s.call(li, "POST", at, appointing(refOf(), people[0])).problem(400, "invalid")
	stale := refOf()
	var out struct{ ID string }
	s.call(li, "POST", at, appointing(stale, people...)).want(200).has(`"state":"open"`).read(&out)
	s.call(li, "POST", at, appointing(stale, people...)).problem(409, "conflict")
	for i, id := range people {
		p := account.Principal{ID: uuid.MustParse(id), Name: []string{"方知行", "柳听泉", "宋知野"}[i], Roles: []account.Role{account.Reviewer}, Acting: account.Reviewer}
		s.call(as(account.Reviewer), "POST", "/reviews/"+out.ID+"/score", scoring(4)).problem(404, "not_found")
		s.call(p, "POST", "/reviews/"+out.ID+"/score", scoring(4)).want(200).has(`"seat":"scored"`)
		s.call(p, "POST", "/reviews/"+out.ID+"/score", scoring(5)).problem(409, "conflict")
		if i < 2 {
			s.call(li, "GET", at, nil).want(200).has(`"state":"open"`).hasNot(`"scores"`, "数据来自第三方")
		}
	}
	s.call(li, "GET", at, nil).want(200).has(`"verdict":"pass"`, `"medianPoints":16`, `"scores"`)
	s.call(li, "POST", at, appointing(refOf(), people...)).want(200)
	s.call(li, "POST", at+"/stop", map[string]any{"ref": refOf()}).want(200).has(`"state":"stopped"`).hasNot(`"scores"`)
}
