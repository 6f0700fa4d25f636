package api

import (
	"context"
	"net/http"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/gate"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

// Outside reviews: the office appoints reviewers and calls a review off, reviewers
// score.

type (
	reviewPurpose string
	roundState    string
	seatState     string
	refusalReason string
)

func (reviewPurpose) Schema(huma.Registry) *huma.Schema { return words(gate.Purposes()...) }
func (roundState) Schema(huma.Registry) *huma.Schema {
	return words(gate.RoundOpen, gate.RoundClosed, gate.RoundStopped)
}
func (seatState) Schema(huma.Registry) *huma.Schema {
	return words(gate.SeatAsked, gate.SeatScored, gate.SeatRefused, gate.SeatExcluded, gate.SeatMissed)
}
func (refusalReason) Schema(huma.Registry) *huma.Schema {
	var codes []string
	for _, r := range gate.Refusals() {
		codes = append(codes, r.Code)
	}
	return words(codes...)
}

// Candidate is somebody who could score a result; Tie says what keeps them from
// it, in the caller's language.
type Candidate struct {
	ID   string `json:"id" format:"uuid"`
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	Tie  string `json:"tie,omitempty"`
}

// Scores are points for the four criteria, 0 to 5 each.
type Scores struct {
	Value      int `json:"value" minimum:"0" maximum:"5"`
	Difference int `json:"difference" minimum:"0" maximum:"5"`
	Evidence   int `json:"evidence" minimum:"0" maximum:"5"`
	Terms      int `json:"terms" minimum:"0" maximum:"5"`
}

// ReviewSeat is what became of one reviewer's part. Scores and comment are there
// once the review is closed, if they came in time.
type ReviewSeat struct {
	Name    string    `json:"name"`
	State   seatState `json:"state"`
	At      time.Time `json:"at"`
	Tie     string    `json:"tie,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Scores  *Scores   `json:"scores,omitempty"`
	Comment string    `json:"comment,omitempty"`
}

// OutsideReview is the last outside review of a result. MedianPoints is the median
// of the sums, of which 20 is the most.
type OutsideReview struct {
	ID           string        `json:"id" format:"uuid"`
	State        roundState    `json:"state"`
	Purpose      reviewPurpose `json:"purpose"`
	DueAt        time.Time     `json:"dueAt"`
	ClosedAt     *time.Time    `json:"closedAt,omitempty"`
	Verdict      string        `json:"verdict,omitempty"`
	MedianPoints float64       `json:"medianPoints,omitempty"`
	Pass         int           `json:"pass"`
	Hold         int           `json:"hold"`
	Seats        []ReviewSeat  `json:"seats"`
}

// OwnReview is an outside review as one of its reviewers sees it.
type OwnReview struct {
	ID      string        `json:"id" format:"uuid"`
	State   roundState    `json:"state"`
	Purpose reviewPurpose `json:"purpose"`
	DueAt   time.Time     `json:"dueAt"`
	Result  string        `json:"result"`
	Title   string        `json:"title"`
	Text    string        `json:"text,omitempty"`
	Seat    seatState     `json:"seat"`
	Scores  *Scores       `json:"scores,omitempty"`
	Comment string        `json:"comment,omitempty"`
}

type appointReviewers struct {
	Coded
	Body struct {
		Ref       string        `json:"ref" maxLength:"80"`
		Purpose   reviewPurpose `json:"purpose"`
		Until     string        `json:"until" format:"date"`
		Reviewers []string      `json:"reviewers" minItems:"1" maxItems:"20"`
	} `nameHint:"ReviewersAppointed"`
}

type stopReview struct {
	Coded
	Body struct {
		Ref string `json:"ref" maxLength:"80"`
	} `nameHint:"ReviewStopped"`
}

// ReviewID names an outside review.
type ReviewID struct {
	ID string `path:"id" format:"uuid"`
}

type scoreReview struct {
	ReviewID
	Body struct {
		Scores  Scores `json:"scores"`
		Comment string `json:"comment,omitempty" maxLength:"1000"`
	} `nameHint:"ScoresGiven"`
}

type declineReview struct {
	ReviewID
	Body struct {
		Reason refusalReason `json:"reason"`
		Text   string        `json:"text,omitempty" maxLength:"1000"`
	} `nameHint:"ReviewDeclined"`
}

func (s Scores) list() []int { return []int{s.Value, s.Difference, s.Evidence, s.Terms} }

func scoresOf(s gate.Sheet) *Scores {
	if len(s.Scores) != len(gate.Criteria()) {
		return nil
	}
	return &Scores{s.Scores[0], s.Scores[1], s.Scores[2], s.Scores[3]}
}

func tieIn(c caller, t gate.Tie) string {
	if t.Code == "" {
		return ""
	}
	return c.lang.Say("gate.tie."+t.Code, "with", t.With)
}

func (a *API) reviews() {
	add(a, operation{id: "list-reviewers", method: http.MethodGet, path: "/gate/{code}/reviewers", tag: "gate", do: account.ListResults},
		func(ctx context.Context, c caller, in *Coded) (*tagged[list[Candidate]], error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			found, err := a.Gate.Candidates(ctx, c.who, in.Code)
			if err != nil {
				return nil, err
			}
			items := make([]Candidate, 0, len(found))
			for _, x := range found {
				items = append(items, Candidate{ID: x.ID.String(), Name: x.Name, Unit: x.Unit, Tie: tieIn(c, x.Tie)})
			}
			return tag(0, list[Candidate]{Items: items})
		})
	add(a, operation{id: "appoint-reviewers", method: http.MethodPost, path: "/gate/{code}/review", tag: "gate", do: account.ListResults, write: true},
		func(ctx context.Context, c caller, in *appointReviewers) (*struct{ Body OutsideReview }, error) {
			ref, err := readRef(in.Body.Ref)
			if err != nil {
				return nil, err
			}
			ch := gate.Choice{Purpose: string(in.Body.Purpose)}
			if t, err := time.Parse(time.DateOnly, in.Body.Until); err == nil {
				ch.Until = catalog.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
			}
			for _, text := range in.Body.Reviewers {
				id, err := uuid.Parse(text)
				if err != nil {
					return nil, catalog.Refuse(catalog.Invalid, "gate.fit.reviewer")
				}
				ch.Reviewers = append(ch.Reviewers, id)
			}
			if err := a.Gate.Choose(context.WithoutCancel(ctx), c.who, in.Code, ref.Version, ref.Case, ch); err != nil {
				return nil, err
			}
			return a.outsideReview(ctx, c, in.Coded)
		})
	add(a, operation{id: "get-review", method: http.MethodGet, path: "/gate/{code}/review", tag: "gate", do: account.ListResults},
		func(ctx context.Context, c caller, in *Coded) (*struct{ Body OutsideReview }, error) {
			return a.outsideReview(ctx, c, *in)
		})
	add(a, operation{id: "stop-review", method: http.MethodPost, path: "/gate/{code}/review/stop", tag: "gate", do: account.ListResults, write: true},
		func(ctx context.Context, c caller, in *stopReview) (*struct{ Body OutsideReview }, error) {
			ref, err := readRef(in.Body.Ref)
			if err != nil {
				return nil, err
			}
			if err := a.Gate.Stop(context.WithoutCancel(ctx), c.who, in.Code, ref.Version, ref.Case); err != nil {
				return nil, err
			}
			return a.outsideReview(ctx, c, in.Coded)
		})
	a.ownReviews()
}

// ownReviews are for reviewers.
func (a *API) ownReviews() {
	get := func(ctx context.Context, c caller, in ReviewID) (*struct{ Body OwnReview }, error) {
		x, err := a.Gate.Review(ctx, c.who, uuid.MustParse(in.ID)) // the format has been checked
		if err != nil {
			return nil, err
		}
		return &struct{ Body OwnReview }{ownReviewOf(x)}, nil
	}
	add(a, operation{id: "list-own-reviews", method: http.MethodGet, path: "/reviews", tag: "gate", do: account.ReviewResults},
		func(ctx context.Context, c caller, _ *nothing) (*tagged[list[OwnReview]], error) {
			found, err := a.Gate.Reviews(ctx, c.who)
			if err != nil {
				return nil, err
			}
			items := make([]OwnReview, 0, len(found))
			for _, x := range found {
				items = append(items, ownReviewOf(x))
			}
			return tag(0, list[OwnReview]{Items: items})
		})
	add(a, operation{id: "get-own-review", method: http.MethodGet, path: "/reviews/{id}", tag: "gate", do: account.ReviewResults},
		func(ctx context.Context, c caller, in *ReviewID) (*struct{ Body OwnReview }, error) {
			return get(ctx, c, *in)
		})
	add(a, operation{id: "score-review", method: http.MethodPost, path: "/reviews/{id}/score", tag: "gate", do: account.ReviewResults, write: true},
		func(ctx context.Context, c caller, in *scoreReview) (*struct{ Body OwnReview }, error) {
			if err := a.Gate.Score(context.WithoutCancel(ctx), c.who, uuid.MustParse(in.ID), in.Body.Scores.list(), in.Body.Comment, a.Now().UnixMilli()); err != nil {
				return nil, err
			}
			return get(ctx, c, in.ReviewID)
		})
	add(a, operation{id: "decline-review", method: http.MethodPost, path: "/reviews/{id}/refuse", tag: "gate", do: account.ReviewResults, write: true},
		func(ctx context.Context, c caller, in *declineReview) (*nothing, error) {
			return nil, a.Gate.Decline(context.WithoutCancel(ctx), c.who, uuid.MustParse(in.ID), string(in.Body.Reason), in.Body.Text)
		})
}

// outsideReview is the last outside review of the result; NotFound if there was
// none.
func (a *API) outsideReview(ctx context.Context, c caller, in Coded) (*struct{ Body OutsideReview }, error) {
	if err := in.fit(); err != nil {
		return nil, err
	}
	v, err := a.Gate.View(ctx, c.who, in.Code)
	if err != nil {
		return nil, err
	}
	r, err := a.Gate.Round(ctx, c.who, v.Case.Round)
	if err != nil {
		return nil, err
	}
	out := OutsideReview{ID: r.ID.String(), State: roundState(r.State), Purpose: reviewPurpose(r.Purpose), DueAt: moment(r.DueAt), ClosedAt: maybe(r.ClosedAt), Verdict: r.Verdict,
		MedianPoints: float64(r.Points) / 2, Pass: r.Limits.Pass, Hold: r.Limits.Hold, Seats: []ReviewSeat{}}
	for _, s := range r.Seats {
		out.Seats = append(out.Seats, ReviewSeat{Name: s.Name, State: seatState(s.State), At: moment(s.At), Tie: tieIn(c, s.Tie), Reason: s.Sheet.Reason, Scores: scoresOf(s.Sheet), Comment: s.Sheet.Comment})
	}
	return &struct{ Body OutsideReview }{out}, nil
}

func ownReviewOf(x gate.Review) OwnReview {
	out := OwnReview{ID: x.Round.ID.String(), State: roundState(x.Round.State), Purpose: reviewPurpose(x.Round.Purpose), DueAt: moment(x.Round.DueAt), Result: x.Result.Code, Title: x.Result.Title,
		Text: x.Result.Abstract, Seat: seatState(x.Seat.State), Scores: scoresOf(x.Seat.Sheet), Comment: x.Seat.Sheet.Comment}
	return out
}
