package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/inbox"
	"datai/process"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

// The actions of a case that need no account, or open one for somebody.

// Opening is a case that the office opens for somebody. Without name,
// organisation and reach it is the owner of the need who asks.
type Opening struct {
	Source       caseSource `json:"source"`
	Need         string     `json:"need,omitempty" maxLength:"64"`
	Result       string     `json:"result,omitempty" maxLength:"64"`
	Name         string     `json:"name,omitempty" maxLength:"40"`
	Organisation string     `json:"organisation,omitempty" maxLength:"80"`
	Reach        string     `json:"reach,omitempty" maxLength:"100"`
	Purpose      string     `json:"purpose" minLength:"1" maxLength:"1000"`
	Mode         way        `json:"mode,omitempty"`
	Send         bool       `json:"send,omitempty"`
}

// SentLink is an address for somebody without an account, which is told this
// once; Sent says that it is on its way, Inbox that it is in their inbox.
type SentLink struct {
	Code      string     `json:"code"`
	URL       string     `json:"url" format:"uri"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
	Sent      bool       `json:"sent"`
	Inbox     bool       `json:"inbox,omitempty"`
}

type renewCase struct {
	Coded
	Versioned
	Body struct {
		Send bool `json:"send,omitempty"`
	} `nameHint:"Renewal"`
}

type inviteProfessor struct {
	Coded
	Versioned
	Body struct {
		Name  string `json:"name" minLength:"1" maxLength:"40"`
		Unit  string `json:"unit,omitempty" maxLength:"80"`
		Reach string `json:"reach,omitempty" maxLength:"100"`
		Send  bool   `json:"send,omitempty"`
	} `nameHint:"ProfessorAsked"`
}

type chooseResult struct {
	Coded
	Versioned
	Body struct {
		Result string `json:"result" minLength:"1" maxLength:"64"`
	} `nameHint:"Chosen"`
}

// CaseSecret is what stands in an address that was sent.
type CaseSecret struct {
	Secret string `path:"secret" maxLength:"64"`
}

// Inquiry is what a professor is asked about a case. Phone and email are those of
// whoever asked, who agreed to it.
type Inquiry struct {
	Code         string     `json:"code"`
	Result       string     `json:"result,omitempty"`
	Title        string     `json:"title"`
	Organisation string     `json:"organisation,omitempty"`
	Purpose      string     `json:"purpose,omitempty"`
	Name         string     `json:"name,omitempty"`
	Phone        string     `json:"phone,omitempty"`
	Email        string     `json:"email,omitempty"`
	Ways         []way      `json:"ways"`
	State        caseAnswer `json:"state"`
	Consent      string     `json:"consent"` // the words to agree to
	ExpiresAt    time.Time  `json:"expiresAt"`
	AnsweredAt   *time.Time `json:"answeredAt,omitempty"`
	Steps        []caseStep `json:"steps,omitempty"` // that the university lets the professor take now
}

// ProfessorReply is the answer: willing with the consent, or not with a reason.
type ProfessorReply struct {
	Willing bool       `json:"willing"`
	Name    string     `json:"name,omitempty" maxLength:"40"`
	Unit    string     `json:"unit,omitempty" maxLength:"80"`
	Reach   string     `json:"reach,omitempty" maxLength:"100"`
	Consent bool       `json:"consent,omitempty"`
	Reason  caseReason `json:"reason,omitempty"`
	Text    string     `json:"text,omitempty" maxLength:"500"`
}

// CaseProgress is what was asked and answered of how a case goes.
type CaseProgress struct {
	Code       string     `json:"code"`
	Title      string     `json:"title"`
	Side       string     `json:"side" enum:"asker,professor"`
	Answer     caseGoing  `json:"answer,omitempty"`
	AnsweredAt *time.Time `json:"answeredAt,omitempty"`
	ExpiresAt  time.Time  `json:"expiresAt"`
}

// GoingReply is how it goes; that it has ended takes one of the reasons of the
// side that answers.
type GoingReply struct {
	Answer caseGoing  `json:"answer"`
	Reason caseReason `json:"reason,omitempty"`
	Text   string     `json:"text,omitempty" maxLength:"500"`
}

func (a *API) openings() {
	created := func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }
	add(a, operation{id: "open-contact", method: http.MethodPost, path: "/contacts/open", tag: "contacts", do: account.AssignContacts, write: true, adjust: created},
		func(ctx context.Context, c caller, in *struct{ Body Opening }) (*struct{ Body SentLink }, error) {
			b := in.Body
			out, err := a.Contact.Open(ctx, c.who, contact.Request{Name: b.Name, Organisation: b.Organisation, Reach: b.Reach, Purpose: b.Purpose, Mode: catalog.Way(b.Mode),
				Source: contact.Source(b.Source), Need: b.Need, Result: b.Result}, b.Send)
			if err != nil {
				return nil, err
			}
			return &struct{ Body SentLink }{a.opened(out)}, nil
		})
	add(a, operation{id: "renew-contact", method: http.MethodPost, path: "/contacts/{code}/renew", tag: "contacts", do: account.HandleContacts, write: true},
		func(ctx context.Context, c caller, in *renewCase) (*struct{ Body SentLink }, error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			out, err := a.Contact.Renew(ctx, c.who, in.Code, version, in.Body.Send)
			if err != nil {
				return nil, stale(err)
			}
			return &struct{ Body SentLink }{a.opened(out)}, nil
		})
	add(a, operation{id: "choose-contact-result", method: http.MethodPost, path: "/contacts/{code}/result", tag: "contacts", do: account.HandleContacts, write: true},
		func(ctx context.Context, c caller, in *chooseResult) (*tagged[Case], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			if err := stale(a.Contact.Choose(ctx, c.who, in.Code, version, in.Body.Result)); err != nil {
				return nil, err
			}
			return a.getCase(ctx, c, in.Coded)
		})
	add(a, operation{id: "confirm-contact", method: http.MethodPost, path: "/contact/{secret}/confirm", tag: "contacts", do: account.OpenLink, write: true, adjust: noContent},
		func(ctx context.Context, c caller, in *struct {
			CaseSecret
			Body struct {
				Consent bool `json:"consent"`
				Pass    bool `json:"pass,omitempty"`
			} `nameHint:"ContactConsent"`
		}) (*struct{}, error) {
			words, pass := "", ""
			if in.Body.Consent {
				words = c.lang.Say("cases.consent")
			}
			if in.Body.Pass {
				pass = c.lang.Say("cases.pass")
			}
			return nil, a.Contact.Confirm(context.WithoutCancel(ctx), in.Secret, words, pass)
		})
	add(a, operation{id: "withdraw-contact", method: http.MethodPost, path: "/contact/{secret}/withdraw", tag: "contacts", do: account.OpenLink, write: true, adjust: noContent},
		func(ctx context.Context, _ caller, in *CaseSecret) (*struct{}, error) {
			return nil, a.Contact.Withdraw(context.WithoutCancel(ctx), in.Secret)
		})
	add(a, operation{id: "move-own-contact", method: http.MethodPost, path: "/contact/{secret}/move", tag: "contacts", do: account.OpenLink, write: true, adjust: noContent},
		func(ctx context.Context, _ caller, in *struct {
			CaseSecret
			Body Moving
		}) (*struct{}, error) {
			return nil, a.Contact.MoveOwn(context.WithoutCancel(ctx), in.Secret, in.Body.move())
		})
	add(a, operation{id: "export-contacts", method: http.MethodPost, path: "/contacts/export", tag: "contacts", do: account.ExportFiles, write: true, adjust: func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
			"text/csv": {}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {}}}}
	}}, a.exportCases)
}

func noContent(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent }

// ContactExport is which table is wanted; Why is the reason for which numbers are
// whole, "" for masked ones.
type ContactExport struct {
	Format string      `json:"format" enum:"csv,xlsx"`
	State  []caseState `json:"state,omitempty"`
	Mine   bool        `json:"mine,omitempty"`
	Why    string      `json:"why,omitempty" maxLength:"200"`
}

func (a *API) exportCases(ctx context.Context, c caller, in *struct{ Body ContactExport }) (*tableFile, error) {
	if in.Body.Why != "" && !c.who.May(account.SeeContacts) {
		return nil, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	list := &listCases{State: in.Body.State, Mine: in.Body.Mine}
	q := list.query(c.who)
	if len(q.States) == 0 {
		q.States = contact.States()
	}
	things := func(yield func(*contact.Intent, error) bool) {
		on := true
		err := a.Contact.Intents(ctx, c.who, q, in.Body.Why, func(x *contact.Intent) error {
			if on = yield(x, nil); !on {
				return context.Canceled
			}
			return nil
		})
		if err != nil && on {
			yield(nil, err)
		}
	}
	var b bytes.Buffer
	if err := a.Intents(&b, in.Body.Format, a.Now().Location(), things); err != nil {
		return nil, err
	}
	out := &tableFile{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="contacts.` + in.Body.Format + `"`, Body: b.Bytes()}
	if in.Body.Format == "xlsx" {
		out.ContentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return out, nil
}

// tableFile is a table as a file.
type tableFile struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *API) opened(out contact.Opened) SentLink {
	l := SentLink{Code: out.Case.Code, URL: a.addressOf(contact.PagePath(out.Secret)), Sent: out.Told}
	if out.Case.ConfirmBy > 0 {
		l.ExpiresAt = maybe(out.Case.ConfirmBy)
	}
	return l
}

func (a *API) professors() {
	add(a, operation{id: "invite-professor", method: http.MethodPost, path: "/contacts/{code}/invite", tag: "contacts", do: account.HandleContacts, write: true},
		func(ctx context.Context, c caller, in *inviteProfessor) (*struct{ Body SentLink }, error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			b := in.Body
			out, err := a.Contact.Invite(ctx, c.who, in.Code, version, contact.Asking{Name: b.Name, Unit: b.Unit, Reach: b.Reach, Send: b.Send})
			if err != nil {
				return nil, stale(err)
			}
			return &struct{ Body SentLink }{SentLink{Code: in.Code, URL: a.addressOf(contact.ProfessorPath(out.Secret)), ExpiresAt: maybe(out.ExpiresAt), Sent: out.Told, Inbox: out.Account}}, nil
		})
	add(a, operation{id: "get-inquiry", method: http.MethodGet, path: "/inquiries/{secret}", tag: "contacts", do: account.OpenLink},
		func(ctx context.Context, c caller, in *CaseSecret) (*tagged[Inquiry], error) {
			return a.inquiry(ctx, c, contact.Door{Secret: in.Secret, Who: account.Nobody()})
		})
	add(a, operation{id: "answer-inquiry", method: http.MethodPost, path: "/inquiries/{secret}", tag: "contacts", do: account.OpenLink, write: true},
		func(ctx context.Context, c caller, in *struct {
			CaseSecret
			Body ProfessorReply
		}) (*tagged[Inquiry], error) {
			return a.answer(ctx, c, contact.Door{Secret: in.Secret, Who: account.Nobody()}, in.Body)
		})
	add(a, operation{id: "retract-inquiry", method: http.MethodPost, path: "/inquiries/{secret}/retract", tag: "contacts", do: account.OpenLink, write: true, adjust: noContent},
		func(ctx context.Context, _ caller, in *CaseSecret) (*struct{}, error) {
			return nil, a.Contact.Retract(context.WithoutCancel(ctx), contact.Door{Secret: in.Secret, Who: account.Nobody()})
		})
	add(a, operation{id: "move-inquiry", method: http.MethodPost, path: "/inquiries/{secret}/move", tag: "contacts", do: account.OpenLink, write: true, adjust: noContent},
		func(ctx context.Context, _ caller, in *struct {
			CaseSecret
			Body Moving
		}) (*struct{}, error) {
			return nil, a.Contact.MoveInvited(context.WithoutCancel(ctx), contact.Door{Secret: in.Secret, Who: account.Nobody()}, in.Body.move())
		})
	add(a, operation{id: "move-own-inquiry", method: http.MethodPost, path: "/me/inquiries/{code}/move", tag: "me", do: account.OwnNotices, write: true, adjust: noContent},
		func(ctx context.Context, c caller, in *struct {
			Coded
			Body Moving
		}) (*struct{}, error) {
			return nil, a.Contact.MoveInvited(context.WithoutCancel(ctx), contact.Door{Who: c.who, Code: in.Code}, in.Body.move())
		})
	add(a, operation{id: "list-own-inquiries", method: http.MethodGet, path: "/me/inquiries", tag: "me", do: account.OwnNotices}, a.ownInquiries)
	add(a, operation{id: "get-own-inquiry", method: http.MethodGet, path: "/me/inquiries/{code}", tag: "me", do: account.OwnNotices},
		func(ctx context.Context, c caller, in *Coded) (*tagged[Inquiry], error) {
			return a.inquiry(ctx, c, contact.Door{Who: c.who, Code: in.Code})
		})
	add(a, operation{id: "answer-own-inquiry", method: http.MethodPost, path: "/me/inquiries/{code}", tag: "me", do: account.OwnNotices, write: true},
		func(ctx context.Context, c caller, in *struct {
			Coded
			Body ProfessorReply
		}) (*tagged[Inquiry], error) {
			return a.answer(ctx, c, contact.Door{Who: c.who, Code: in.Code}, in.Body)
		})
	add(a, operation{id: "retract-own-inquiry", method: http.MethodPost, path: "/me/inquiries/{code}/retract", tag: "me", do: account.OwnNotices, write: true, adjust: noContent},
		func(ctx context.Context, c caller, in *Coded) (*struct{}, error) {
			return nil, a.Contact.Retract(context.WithoutCancel(ctx), contact.Door{Who: c.who, Code: in.Code})
		})
	add(a, operation{id: "get-contact-progress", method: http.MethodGet, path: "/contact-progress/{secret}", tag: "contacts", do: account.OpenLink},
		func(ctx context.Context, _ caller, in *CaseSecret) (*tagged[CaseProgress], error) {
			return a.going(ctx, in.Secret)
		})
	add(a, operation{id: "tell-contact-progress", method: http.MethodPost, path: "/contact-progress/{secret}", tag: "contacts", do: account.OpenLink, write: true},
		func(ctx context.Context, _ caller, in *struct {
			CaseSecret
			Body GoingReply
		}) (*tagged[CaseProgress], error) {
			if err := a.Contact.Tell(context.WithoutCancel(ctx), in.Secret, string(in.Body.Answer), string(in.Body.Reason), in.Body.Text); err != nil {
				return nil, err
			}
			return a.going(ctx, in.Secret)
		})
}

// ownInquiries are those that wait for the caller's answer.
func (a *API) ownInquiries(ctx context.Context, c caller, _ *struct{}) (*tagged[list[Inquiry]], error) {
	out := list[Inquiry]{Items: []Inquiry{}}
	for page := (inbox.TaskPage{Limit: 200}); page.Limit > 0 && c.who.ID != uuid.Nil; {
		t, err := a.Inbox.Todo(ctx, c.who, page)
		if err != nil {
			return nil, err
		}
		for _, x := range t.List {
			if x.Kind != contact.Definition.Kind || x.What != "invited" {
				continue
			}
			q, err := a.inquiry(ctx, c, contact.Door{Who: c.who, Code: x.Code})
			if catalog.CodeOf(err) == catalog.NotFound { // it has expired
				continue
			}
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, q.Body)
		}
		page = t.Next
	}
	return tag(0, out)
}

func (a *API) inquiry(ctx context.Context, c caller, d contact.Door) (*tagged[Inquiry], error) {
	q, err := a.Contact.Inquiry(ctx, d)
	if err != nil {
		return nil, err
	}
	out := Inquiry{Code: q.Case.Code, Result: q.Case.ResultCode, Title: q.Case.Title, Organisation: q.Organisation, Purpose: q.Purpose, Name: q.Asker.Name, Phone: q.Asker.Phone, Email: q.Asker.Email,
		Ways: converted[way](q.Ways), State: caseAnswer(q.State), Consent: c.lang.Say("cases.pro.consent", "organisation", q.Organisation), ExpiresAt: moment(q.ExpiresAt)}
	if q.AnsweredAt > 0 {
		out.AnsweredAt = maybe(q.AnsweredAt)
	}
	if q.State == contact.Willing {
		if out.Steps, err = a.openSteps(ctx, q.Case.State, []process.Actor{contact.Professor}); err != nil {
			return nil, err
		}
	}
	return tag(q.Case.Version, out)
}

func (a *API) answer(ctx context.Context, c caller, d contact.Door, b ProfessorReply) (*tagged[Inquiry], error) {
	r := contact.Reply{Willing: b.Willing, Name: b.Name, Unit: b.Unit, Reach: b.Reach, Reason: string(b.Reason), Text: b.Text}
	if b.Consent {
		q, err := a.Contact.Inquiry(ctx, d)
		if err != nil {
			return nil, err
		}
		r.Consent = c.lang.Say("cases.pro.consent", "organisation", q.Organisation)
	}
	if err := a.Contact.Answer(context.WithoutCancel(ctx), d, r); err != nil {
		return nil, err
	}
	return a.inquiry(ctx, c, d)
}

func (a *API) going(ctx context.Context, secret string) (*tagged[CaseProgress], error) {
	g, err := a.Contact.Going(ctx, secret)
	if err != nil {
		return nil, err
	}
	out := CaseProgress{Code: g.Case.Code, Title: g.Case.Title, Side: string(g.Side), Answer: caseGoing(g.Answer), ExpiresAt: moment(g.ExpiresAt)}
	if g.AnsweredAt > 0 {
		out.AnsweredAt = maybe(g.AnsweredAt)
	}
	return tag(g.Case.Version, out)
}
