package api_test

import (
	"crypto/sha256"
	"encoding/base64"

	"datai/account"
	"datai/contact"
	"datai/process"
	"datai/rulebook"
	"datai/store"

	"github.com/google/uuid"
)

// asked is a case of which a professor is asked, who has the account of who, and
// the secret of the link.
func (s *server) asked(code string, who account.Principal) string {
	s.t.Helper()
	ctx := s.t.Context()
	c, err := s.Contact.Case(ctx, as(account.Officer), code)
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := s.Contact.Invite(ctx, as(account.Officer), code, c.Version, contact.Asking{Name: s.completer(code), Unit: "机械学院", Reach: "pro@example.edu.cn"})
	if err != nil {
		s.t.Fatal(err)
	}
	if who.ID == uuid.Nil {
		return out.Secret
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := tx.CaseByCode(ctx, code)
		if err != nil {
			return err
		}
		c.Professor.Account = who.ID
		return tx.SaveCase(ctx, c)
	}); err != nil {
		s.t.Fatal(err)
	}
	return out.Secret
}

// willing is the door of a professor who has said yes, and whom the university
// lets record progress.
func (s *server) willing(code string, who account.Principal) contact.Door {
	s.t.Helper()
	s.letSidesRecord()
	door := contact.Door{Secret: s.asked(code, who), Who: account.Nobody()}
	if err := s.Contact.Answer(s.t.Context(), door, contact.Reply{Willing: true, Name: "沈若川", Unit: "机械学院", Consent: "同意"}); err != nil {
		s.t.Fatal(err)
	}
	door.Code = code
	return door
}

// letSidesRecord settles that both sides record that they talk.
func (s *server) letSidesRecord() {
	s.t.Helper()
	ctx := s.t.Context()
	d, err := s.Contact.Process(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	if d.May(contact.Talk, contact.Waiting, []process.Actor{contact.Professor}) {
		return
	}
	last, err := s.Processes.Last(ctx, contact.Definition.Kind)
	if err == nil {
		err = s.Processes.Decide(ctx, as(account.Officer), rulebook.ProcessProposal{Kind: contact.Definition.Kind, From: s.Processes.Today(), After: last, Reason: "试行",
			Overlay: process.Overlay{Steps: []process.Settled{{Action: contact.Talk, By: []process.Actor{contact.Office, contact.Manager, contact.Asker, contact.Professor}}}}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// completer is somebody who can be asked about a case.
func (s *server) completer(code string) string {
	s.t.Helper()
	who, err := s.Contact.Candidates(s.t.Context(), as(account.Officer), code)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(who) == 0 {
		return "沈若川"
	}
	return who[0].Name
}

// inquired is a secret by which somebody is asked how a case goes.
func (s *server) inquired(code string) string {
	s.t.Helper()
	id := uuid.New()
	secret := base64.RawURLEncoding.EncodeToString(id[:])
	if err := s.DB.Write(s.t.Context(), func(tx *store.Tx) error {
		c, err := tx.CaseByCode(s.t.Context(), code)
		if err != nil {
			return err
		}
		return tx.AddCaseLink(s.t.Context(), contact.Link{Hash: sha256.Sum256([]byte(secret)), Case: c.ID, Kind: contact.Progress, Side: contact.Asker, MadeAt: 1, ExpiresAt: 4e12})
	}); err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// caseSamples are what is done with a case beside asking for it and moving it;
// opened is a new one, given to who if it has to be.
func (s *server) caseSamples(result, need string, opened func(account.Principal) (code, tag string)) map[string]func(account.Principal) sample {
	entered := func() contact.Opened {
		out, err := s.Contact.Open(s.t.Context(), as(account.Officer), contact.Request{Source: contact.FromBooth, Need: need, Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000001", Purpose: "试用"}, false)
		if err != nil {
			s.t.Fatal(err)
		}
		return out
	}
	// given is a case that the office entered, and its version once who has it.
	given := func(who account.Principal) (code, tag string) {
		out := entered()
		if who.Reach(account.HandleContacts) != account.Assigned {
			return out.Case.Code, "1"
		}
		if err := s.Contact.Assign(s.t.Context(), as(account.Officer), out.Case.Code, 1, who.ID); err != nil {
			s.t.Fatal(err)
		}
		return out.Case.Code, "2"
	}
	willing := map[string]any{"willing": true, "name": "沈若川", "unit": "机械学院", "consent": true}
	fresh := func() string {
		code, _ := opened(as(account.Officer))
		return code
	}
	return map[string]func(account.Principal) sample{
		"open-contact": func(account.Principal) sample {
			return sample{path: "/contacts/open", body: map[string]any{"source": "booth", "need": need, "name": "罗静姝", "organisation": "示例轴承", "reach": "luo@example.com", "purpose": "试用"}}
		},
		"renew-contact": func(who account.Principal) sample {
			code, tag := given(who)
			return sample{path: "/contacts/" + code + "/renew", body: map[string]any{}, tag: tag}
		},
		"choose-contact-result": func(who account.Principal) sample {
			code, tag := given(who)
			return sample{path: "/contacts/" + code + "/result", body: map[string]any{"result": result}, tag: tag}
		},
		"confirm-contact": func(account.Principal) sample {
			return sample{path: "/contact/" + entered().Secret + "/confirm", body: map[string]any{"consent": true, "pass": true}}
		},
		"withdraw-contact": func(account.Principal) sample {
			return sample{path: "/contact/" + entered().Secret + "/withdraw"}
		},
		"move-own-contact": func(account.Principal) sample {
			s.letSidesRecord()
			_, secret, err := s.Contact.Ask(s.t.Context(), account.Nobody(), result, contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000001", Purpose: "试用",
				Source: contact.FromListing, Consent: "同意"})
			if err != nil {
				s.t.Fatal(err)
			}
			return sample{path: "/contact/" + secret + "/move", body: map[string]any{"do": "talk"}}
		},
		"move-inquiry": func(account.Principal) sample {
			return sample{path: "/inquiries/" + s.willing(fresh(), account.Nobody()).Secret + "/move", body: map[string]any{"do": "talk"}}
		},
		"move-own-inquiry": func(who account.Principal) sample {
			return sample{path: "/me/inquiries/" + s.willing(fresh(), who).Code + "/move", body: map[string]any{"do": "talk"}}
		},
		"export-contacts": func(account.Principal) sample {
			return sample{path: "/contacts/export", body: map[string]any{"format": "csv", "state": []string{"withdrawn"}}}
		},
		"invite-professor": func(who account.Principal) sample {
			code, tag := opened(who)
			return sample{path: "/contacts/" + code + "/invite", body: map[string]any{"name": s.completer(code), "reach": "pro@example.edu.cn", "send": true}, tag: tag}
		},
		"get-inquiry": func(account.Principal) sample {
			return sample{path: "/inquiries/" + s.asked(fresh(), account.Nobody())}
		},
		"answer-inquiry": func(account.Principal) sample {
			return sample{path: "/inquiries/" + s.asked(fresh(), account.Nobody()), body: willing}
		},
		"retract-inquiry": func(account.Principal) sample {
			return sample{path: "/inquiries/" + s.asked(fresh(), account.Nobody()) + "/retract"}
		},
		"list-own-inquiries": func(account.Principal) sample { return sample{path: "/me/inquiries"} },
		"get-own-inquiry": func(who account.Principal) sample {
			code := fresh()
			s.asked(code, who)
			return sample{path: "/me/inquiries/" + code}
		},
		"answer-own-inquiry": func(who account.Principal) sample {
			code := fresh()
			s.asked(code, who)
			return sample{path: "/me/inquiries/" + code, body: map[string]any{"willing": false, "reason": "p_busy"}}
		},
		"retract-own-inquiry": func(who account.Principal) sample {
			code := fresh()
			s.asked(code, who)
			return sample{path: "/me/inquiries/" + code + "/retract"}
		},
		"get-contact-progress": func(account.Principal) sample {
			return sample{path: "/contact-progress/" + s.inquired(fresh())}
		},
		"tell-contact-progress": func(account.Principal) sample {
			return sample{path: "/contact-progress/" + s.inquired(fresh()), body: map[string]any{"answer": "coordinate"}}
		},
	}
}
