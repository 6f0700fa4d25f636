package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"datai/account"
	"datai/gate"

	"github.com/danielgtaylor/huma/v2"
)

// What is open of results at the gate, what professors answered by link, and packs
// of evidence.

type saidState string

func (saidState) Schema(huma.Registry) *huma.Schema {
	return words(gate.Proposed, gate.Filled, gate.Accepted, gate.Declined, gate.Skipped)
}

type clearGate struct {
	Coded
	Body struct {
		Ref   string         `json:"ref" maxLength:"80"`
		Clear []gateQuestion `json:"clear" minItems:"1" maxItems:"20"`
	} `nameHint:"GateCleared"`
}

// GateAnswer is what a completer said by link and an officer has to decide on; Now
// is what stands in the field.
type GateAnswer struct {
	ID       string       `json:"id" format:"uuid"`
	Result   string       `json:"result"`
	Title    string       `json:"title"`
	Question gateQuestion `json:"question"`
	State    saidState    `json:"state"`
	Text     string       `json:"text"`
	Now      string       `json:"now,omitempty"`
	At       time.Time    `json:"at"`
}

// IdleResult is a result whose clock of one year since its registration has run
// down, or soon will have.
type IdleResult struct {
	Code       string    `json:"code"`
	Title      string    `json:"title"`
	Unit       string    `json:"unit,omitempty"`
	Registered string    `json:"registeredOn"`
	IdleAt     time.Time `json:"idleAt"`
}

// IdleResults are the results of the clock; Recorded says whether the region of the
// office has such a rule at all.
type IdleResults struct {
	Recorded bool         `json:"recorded"`
	Items    []IdleResult `json:"items"`
}

// mostItems is how much a list of answers or clocks holds.
const mostItems = 2000

func (a *API) checks() {
	add(a, operation{id: "clear-gate", method: http.MethodPost, path: "/gate/{code}/clear", tag: "gate", do: account.ListResults, write: true},
		func(ctx context.Context, c caller, in *clearGate) (*struct{ Body Standing }, error) {
			ref, err := readRef(in.Body.Ref)
			if err != nil {
				return nil, err
			}
			if err := a.Gate.Clear(context.WithoutCancel(ctx), c.who, in.Code, ref.Version, ref.Case, converted[gate.Code](in.Body.Clear)); err != nil {
				return nil, err
			}
			return a.standing(ctx, c, in.Coded)
		})
	add(a, operation{id: "list-gate-idle", method: http.MethodGet, path: "/gate/idle", tag: "gate", do: account.ListResults},
		func(ctx context.Context, c caller, _ *nothing) (*tagged[IdleResults], error) {
			found, recorded, err := a.Gate.Idle(ctx, c.who, gate.IdleAhead, mostItems)
			if err != nil {
				return nil, err
			}
			out := IdleResults{Recorded: recorded, Items: []IdleResult{}}
			for _, x := range found {
				out.Items = append(out.Items, IdleResult{Code: x.Result.Code, Title: x.Result.Title, Unit: x.Result.Unit(), Registered: x.Case.Registered.String(), IdleAt: moment(x.Case.IdleAt)})
			}
			return tag(0, out)
		})
	add(a, operation{id: "list-gate-answers", method: http.MethodGet, path: "/gate/answers", tag: "gate", do: account.ListResults},
		func(ctx context.Context, c caller, _ *nothing) (*tagged[list[GateAnswer]], error) {
			found, err := a.Gate.Proposals(ctx, c.who, mostItems)
			if err != nil {
				return nil, err
			}
			items := make([]GateAnswer, 0, len(found))
			for _, x := range found {
				items = append(items, GateAnswer{ID: x.ID.String(), Result: x.Result.Code, Title: x.Result.Title, Question: gateQuestion(x.Code), State: saidState(x.State), Text: x.Value.Text, Now: x.Now, At: moment(x.At)})
			}
			return tag(0, list[GateAnswer]{Items: items})
		})
	add(a, operation{id: "hide-contact", method: http.MethodPost, path: "/contact/{secret}/hide", tag: "contacts", do: account.OpenLink, write: true},
		func(ctx context.Context, _ caller, in *CaseSecret) (*nothing, error) {
			return nil, a.Contact.Hide(context.WithoutCancel(ctx), in.Secret)
		})
	for _, f := range []struct{ id, kind, path, tag string }{{"pack-contact", "contact", "/contacts/{code}/pack", "contacts"}, {"pack-gate", "gate", "/gate/{code}/pack", "gate"}} {
		add(a, operation{id: f.id, method: http.MethodPost, path: f.path, tag: f.tag, do: account.ExportFiles, write: true, limit: fileLimit,
			adjust: func(op *huma.Operation) {
				op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"application/zip": {}}}}
			}},
			func(ctx context.Context, c caller, in *Coded) (*tableFile, error) { return a.pack(ctx, c, f.kind, *in) })
	}
}

// pack is the pack of evidence of a case, whole or not at all.
func (a *API) pack(ctx context.Context, c caller, kind string, in Coded) (*tableFile, error) {
	if err := in.fit(); err != nil {
		return nil, err
	}
	p, err := a.Evidence.Pack(ctx, c.who, kind, in.Code)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := a.WritePack(&b, a.Now().Location(), p); err != nil {
		return nil, err
	}
	return &tableFile{ContentType: "application/zip", Disposition: `attachment; filename="` + p.Subject.Code + `.zip"`, Body: b.Bytes()}, nil
}
