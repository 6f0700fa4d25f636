package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/shelf"

	"github.com/danielgtaylor/huma/v2"
)

type (
	answerState string
	answerHow   string
)

func (answerState) Schema(huma.Registry) *huma.Schema {
	return words("waiting", string(catalog.AnswerConfirmed), string(catalog.AnswerRefused))
}
func (answerHow) Schema(huma.Registry) *huma.Schema { return words(catalog.ByLink, catalog.ByPhone) }

func answered(s catalog.AnswerState) answerState {
	if s == catalog.Unanswered {
		return "waiting"
	}
	return answerState(s)
}

// Entering is a need that is entered for its owner: a message, of which the
// fields are read, and fields that stand instead of what was read.
type Entering struct {
	Message    string  `json:"message,omitempty" maxLength:"20000"`
	Owner      string  `json:"owner,omitempty" maxLength:"80"`
	Contact    string  `json:"contact,omitempty" maxLength:"40"`
	Phone      string  `json:"phone,omitempty" maxLength:"30"`
	Email      string  `json:"email,omitempty" maxLength:"200"`
	Title      string  `json:"title,omitempty" maxLength:"200"`
	Text       string  `json:"text,omitempty" maxLength:"20000"`
	Indicators string  `json:"indicators,omitempty" maxLength:"20000"`
	Budget     string  `json:"budget,omitempty" maxLength:"200"`
	Until      string  `json:"until,omitempty" format:"date"`
	Themes     []theme `json:"themes,omitempty"`
	SMS        bool    `json:"sms,omitempty"`
}

// EnteredNeed is a need that was entered, and the link by which its owner confirms
// it, which is told this once.
type EnteredNeed struct {
	Code       string    `json:"code"`
	Version    int64     `json:"version"`
	Title      string    `json:"title"`
	Read       []string  `json:"read,omitempty"`
	Problems   int       `json:"problems"`
	ConfirmURL string    `json:"confirmUrl" format:"uri"`
	ExpiresAt  time.Time `json:"expiresAt"`
	Told       bool      `json:"told"`
	Text       string    `json:"text"`
}

// EntryState is how a proxy entry came about and what its owner said.
type EntryState struct {
	EnteredBy string      `json:"enteredBy,omitempty"`
	EnteredAt *time.Time  `json:"enteredAt,omitempty"`
	State     answerState `json:"state"`
	How       answerHow   `json:"how,omitempty"`
	At        *time.Time  `json:"at,omitempty"`
	NotedBy   string      `json:"notedBy,omitempty"`
	CalledOn  string      `json:"calledOn,omitempty" format:"date"`
	Consent   string      `json:"consent,omitempty"`
	NameShown bool        `json:"nameShown"`
	Asked     []AskedOnce `json:"asked,omitempty"`
}

// AskedOnce is one time that the owner was asked.
type AskedOnce struct {
	How       answerHow   `json:"how"`
	By        string      `json:"by"`
	MadeAt    time.Time   `json:"madeAt"`
	ExpiresAt time.Time   `json:"expiresAt"`
	UsedAt    *time.Time  `json:"usedAt,omitempty"`
	State     answerState `json:"state"`
	Who       string      `json:"who,omitempty"`
	Reason    string      `json:"reason,omitempty"`
}

// entryOf is what is known of a proxy entry.
func entryOf(n catalog.Need) *EntryState {
	if !n.Entered.Behalf {
		return nil
	}
	a := n.Entered.Answer
	return &EntryState{EnteredBy: n.Entered.By.Name, EnteredAt: maybe(n.Entered.By.At), State: answered(a.State), How: answerHow(a.How), At: maybe(a.At),
		NotedBy: a.Noted.Name, CalledOn: a.CalledOn.String(), Consent: a.Consent, NameShown: n.ShowOwner}
}

type askOwner struct {
	Coded
	Versioned
	Body struct {
		SMS bool `json:"sms,omitempty"`
	} `nameHint:"AskingOwner"`
}

type readMessage struct {
	Body struct {
		Message string `json:"message" minLength:"1" maxLength:"20000"`
	} `nameHint:"Message"`
}

// ReadMessage is what a message says, for somebody to check: nothing is kept of
// it. Read names the fields that a program read.
type ReadMessage struct {
	Entering
	Read     []string `json:"read"`
	Problems int      `json:"problems"`
}

type noteCall struct {
	Coded
	Versioned
	Body struct {
		Who       string `json:"who" minLength:"1" maxLength:"40"`
		On        string `json:"on" format:"date"`
		ShowOwner bool   `json:"showOwner,omitempty"`
		Public    bool   `json:"public"`
	} `nameHint:"Call"`
}

func (a *API) proxies() {
	created := func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }
	add(a, operation{id: "enter-need", method: http.MethodPost, path: "/needs", tag: "needs", do: account.EnterForOthers, write: true, adjust: created},
		func(ctx context.Context, c caller, in *struct{ Body Entering }) (*struct{ Body EnteredNeed }, error) {
			f, err := a.form(in.Body)
			if err != nil {
				return nil, err
			}
			asked, err := a.Proxy.Enter(ctx, c.who, f, shelf.Ref{}, in.Body.SMS)
			if err != nil {
				return nil, err
			}
			out := a.askedOf(c, asked)
			out.Read, out.Problems = f.Read, max(1, len(f.Parts))
			return &struct{ Body EnteredNeed }{out}, nil
		})
	add(a, operation{id: "read-message", method: http.MethodPost, path: "/needs/read", tag: "needs", do: account.EnterForOthers},
		func(_ context.Context, _ caller, in *readMessage) (*struct{ Body ReadMessage }, error) {
			f, err := a.Proxy.ReadText(in.Body.Message)
			if err != nil {
				return nil, err
			}
			return &struct{ Body ReadMessage }{ReadMessage{Entering: Entering{Owner: f.Owner, Contact: f.Contact, Phone: f.Phone, Email: f.Email, Title: f.Title, Text: f.Text,
				Indicators: f.Indicators, Budget: f.Budget, Until: f.Until.String(), Themes: converted[theme](f.Themes)}, Read: append([]string{}, f.Read...), Problems: max(1, len(f.Parts))}}, nil
		})
	add(a, operation{id: "note-call", method: http.MethodPost, path: "/needs/{code}/confirmation/call", tag: "needs", do: account.EnterForOthers, write: true,
		adjust: func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent }},
		func(ctx context.Context, c caller, in *noteCall) (*struct{}, error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			if err := in.fit(); err != nil {
				return nil, err
			}
			call := shelf.Call{Who: in.Body.Who, ShowOwner: in.Body.ShowOwner, Public: in.Body.Public}
			if call.On, err = dateOf(in.Body.On); err != nil {
				return nil, err
			}
			if in.Body.Public {
				call.Consent = c.lang.Say("behalf.public_words")
			}
			return nil, stale(a.Proxy.Called(ctx, c.who, in.Code, version, call))
		})
	add(a, operation{id: "ask-owner", method: http.MethodPost, path: "/needs/{code}/confirmation", tag: "needs", do: account.EnterForOthers, write: true, adjust: created},
		func(ctx context.Context, c caller, in *askOwner) (*struct{ Body EnteredNeed }, error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			if err := in.fit(); err != nil {
				return nil, err
			}
			asked, err := a.Proxy.AskOwner(ctx, c.who, in.Code, version, in.Body.SMS)
			if err != nil {
				return nil, err
			}
			out := a.askedOf(c, asked)
			out.Problems = 1
			return &struct{ Body EnteredNeed }{out}, nil
		})
	add(a, operation{id: "get-confirmation", method: http.MethodGet, path: "/needs/{code}/confirmation", tag: "needs", do: account.EnterForOthers},
		func(ctx context.Context, c caller, in *Coded) (*tagged[EntryState], error) {
			n, err := a.need(ctx, c, *in)
			if err != nil {
				return nil, err
			}
			out := entryOf(n)
			if out == nil {
				return nil, catalog.Refuse(catalog.NotFound, "behalf.not_entered")
			}
			history, err := a.Proxy.Confirmations(ctx, c.who, n.Code)
			if err != nil {
				return nil, err
			}
			for _, x := range history {
				out.Asked = append(out.Asked, AskedOnce{How: answerHow(x.How), By: x.Said.Maker, MadeAt: moment(x.MadeAt), ExpiresAt: moment(x.ExpiresAt),
					UsedAt: maybe(x.UsedAt), State: answered(x.Outcome), Who: x.Said.Who, Reason: x.Said.Reason})
			}
			return tag(n.Version, *out)
		})
}

// form is what was read out of the message, with the fields that were given in
// its place.
func (a *API) form(in Entering) (shelf.Form, error) {
	var f shelf.Form
	if in.Message != "" {
		var err error
		if f, err = a.Proxy.ReadText(in.Message); err != nil {
			return f, err
		}
	}
	for _, x := range []struct {
		given string
		to    *string
	}{{in.Owner, &f.Owner}, {in.Contact, &f.Contact}, {in.Phone, &f.Phone}, {in.Email, &f.Email}, {in.Title, &f.Title}, {in.Text, &f.Text},
		{in.Indicators, &f.Indicators}, {in.Budget, &f.Budget}} {
		if strings.TrimSpace(x.given) != "" {
			*x.to = x.given
		}
	}
	if in.Until != "" {
		var err error
		if f.Until, err = dateOf(in.Until); err != nil {
			return f, err
		}
	}
	if len(in.Themes) > 0 {
		f.Themes = converted[catalog.Theme](in.Themes)
	}
	return f, nil
}

// dateOf is a day of a request, the zero Date for none.
func dateOf(text string) (catalog.Date, error) {
	if text == "" {
		return catalog.Date{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return catalog.Date{}, catalog.Refuse(catalog.Invalid, "shelf.edit.date").Because(err)
	}
	return catalog.Date{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}, nil
}

func (a *API) askedOf(c caller, asked shelf.Asked) EnteredNeed {
	link := a.BaseURL.JoinPath(shelf.ConfirmPath(asked.Secret)).String()
	return EnteredNeed{Code: asked.Need.Code, Version: asked.Need.Version, Title: asked.Need.Title, ConfirmURL: link, ExpiresAt: moment(asked.ExpiresAt),
		Told: asked.Told, Text: c.lang.Say("behalf.api_text", "title", asked.Need.Title, "link", link,
			"until", c.lang.Moment(time.UnixMilli(asked.ExpiresAt).In(a.Now().Location())))}
}
