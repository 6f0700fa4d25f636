package gate

import (
	"context"
	"slices"
	"strconv"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"

	"github.com/google/uuid"
)

// Review is a round as one reviewer sees it: the result, and the own seat.
type Review struct {
	Round  Round // only with the own seat
	Result catalog.Result
	Seat   Seat
}

// Reviews are the rounds in which p has a seat, the latest first.
func (s *Service) Reviews(ctx context.Context, p account.Principal) (out []Review, err error) {
	if err := may(p, account.ReviewResults); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		rounds, err := tx.GateRoundsOf(ctx, p.ID, 100)
		if err != nil {
			return err
		}
		for _, round := range rounds {
			v, err := ownReview(ctx, tx, p, round)
			if err != nil {
				return err
			}
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

// Review is the round with that id for a reviewer who has a seat in it; for
// anybody else there is none.
func (s *Service) Review(ctx context.Context, p account.Principal, id uuid.UUID) (v Review, err error) {
	if err := may(p, account.ReviewResults); err != nil {
		return v, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		round, err := tx.GateRound(ctx, id)
		if err != nil {
			return err
		}
		v, err = ownReview(ctx, tx, p, round)
		return err
	})
	return v, err
}

// ownReview is a round with nothing of other seats. What was excluded is not shown to
// whoever it was: the text is not theirs to read.
func ownReview(ctx context.Context, tx Tx, p account.Principal, round Round) (Review, error) {
	i := slices.IndexFunc(round.Seats, func(x Seat) bool { return x.Account == p.ID && p.ID != uuid.Nil })
	if i < 0 || !p.MayWith(account.ReviewResults, account.Assigned) || round.Seats[i].State == SeatExcluded {
		return Review{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	rs, err := tx.Results(ctx, []uuid.UUID{round.Result})
	if err != nil {
		return Review{}, err
	}
	if len(rs) == 0 {
		return Review{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	r := rs[0].For(catalog.Concerned)
	r.Contact = catalog.Contact{}
	if rs[0].Unfiled {
		r = onlyNameAndUse(r)
	}
	seat := round.Seats[i]
	round.Seats, round.Points, round.Verdict = []Seat{seat}, 0, ""
	return Review{Round: round, Result: r, Seat: seat}, nil
}

// onlyNameAndUse is what may be seen of a result that is not filed yet.
func onlyNameAndUse(r catalog.Result) catalog.Result {
	return catalog.Result{ID: r.ID, Code: r.Code, Kind: r.Kind, Title: r.Title, Application: r.Application, Organization: r.Organization, State: r.State, Unfiled: true}
}

// Score takes the scores of a reviewer, once. A tie that has come up since
// excludes instead. Scores that come after the deadline are kept for the reviewer
// and count for nothing; begun (unix ms) is when the form was opened.
func (s *Service) Score(ctx context.Context, p account.Principal, id uuid.UUID, scores []int, comment string, begun int64) error {
	comment = catalog.Clean(comment)
	switch {
	case len(scores) != len(Criteria()) || slices.ContainsFunc(scores, func(n int) bool { return n < 0 || n > MostScore }):
		return catalog.Refuse(catalog.Invalid, "gate.fit.scores")
	case utf8.RuneCountInString(comment) > mostComment:
		return catalog.Refuse(catalog.Invalid, "gate.fit.long", "most", strconv.Itoa(mostComment))
	case s.read.Secret(comment):
		return catalog.Refuse(catalog.Invalid, "behalf.fit.secret")
	}
	limits, err := s.Limits(ctx)
	if err != nil {
		return err
	}
	since := limits.since(s.now())
	sheet := Sheet{Scores: slices.Clone(scores), Comment: comment}
	late := sheet
	late.BegunAt = begun
	return s.seat(ctx, p, id, "gate.score", &late, func(tx Tx, r *catalog.Result, seat *Seat) error {
		a, ok, err := tx.Account(ctx, p.ID)
		if err != nil || !ok {
			return err
		}
		if seat.Tie, err = tied(ctx, tx, a, r, since); err != nil {
			return err
		}
		if seat.Tie.Code != "" {
			seat.State = SeatExcluded
			return nil
		}
		seat.State, seat.Sheet = SeatScored, sheet
		return nil
	})
}

// refusals are why a reviewer does not score.
var refusals = []process.Reason{{Code: "tie"}, {Code: "field"}, {Code: "time"}, {Code: "other", Asks: 10}}

// Refusals lists them in the order people meet them.
func Refusals() []process.Reason { return slices.Clone(refusals) }

// Decline is a reviewer's no, with the reason; a tie that is declared excludes.
func (s *Service) Decline(ctx context.Context, p account.Principal, id uuid.UUID, reason, text string) error {
	text = catalog.Clean(text)
	i := slices.IndexFunc(refusals, func(r process.Reason) bool { return r.Code == reason })
	switch {
	case i < 0:
		return catalog.Refuse(catalog.Invalid, "process.fit.reason")
	case utf8.RuneCountInString(text) < refusals[i].Asks:
		return catalog.Refuse(catalog.Invalid, "process.fit.reason_text", "least", strconv.Itoa(refusals[i].Asks))
	case utf8.RuneCountInString(text) > mostComment:
		return catalog.Refuse(catalog.Invalid, "gate.fit.long", "most", strconv.Itoa(mostComment))
	}
	return s.seat(ctx, p, id, "gate.refuse", nil, func(_ Tx, _ *catalog.Result, seat *Seat) error {
		seat.State, seat.Sheet = SeatRefused, Sheet{Reason: reason, Text: text}
		if reason == "tie" {
			seat.State, seat.Tie = SeatExcluded, Tie{Code: TieDeclared}
		}
		return nil
	})
}

// seat changes the seat of a reviewer in an open round, and closes the round
// when nobody is left to wait for. late, if it is not nil, is what is kept of a
// reviewer who has not answered and whose round is over, once: nothing that
// somebody wrote is lost, and no deadline moves.
func (s *Service) seat(ctx context.Context, p account.Principal, id uuid.UUID, verb string, late *Sheet, fn func(Tx, *catalog.Result, *Seat) error) error {
	if err := may(p, account.ReviewResults); err != nil {
		return err
	}
	now := s.now()
	k, err := s.keep(ctx, p, verb, now)
	if err != nil {
		return err
	}
	end, err := s.keep(ctx, account.Principal{}, "gate.close", now)
	if err != nil {
		return err
	}
	var over *catalog.Error // what is said of a round that is over, also when something was kept
	err = s.db.Write(ctx, func(tx Tx) error {
		over = nil
		round, err := tx.GateRound(ctx, id)
		if err != nil {
			return err
		}
		if _, err := ownReview(ctx, tx, p, round); err != nil {
			return err
		}
		i := slices.IndexFunc(round.Seats, func(x Seat) bool { return x.Account == p.ID })
		asked := round.Seats[i].State == SeatAsked
		switch {
		case round.State != RoundOpen || now.UnixMilli() >= round.DueAt:
			if late == nil || !asked && round.Seats[i].State != SeatMissed {
				return catalog.Refuse(catalog.Conflict, "gate.review.over")
			}
			over = catalog.Refuse(catalog.Conflict, "gate.review.late")
			return keepLate(ctx, tx, round, i, *late, k.entry, now.UnixMilli())
		case !asked:
			return catalog.Refuse(catalog.Conflict, "gate.review.given")
		}
		rs, err := tx.Results(ctx, []uuid.UUID{round.Result})
		if err != nil || len(rs) == 0 {
			return err
		}
		if err := fn(tx, &rs[0], &round.Seats[i]); err != nil {
			return err
		}
		round.Seats[i].At = now.UnixMilli()
		e := k.entry
		e.Subject, e.Body = rs[0].ID, map[string]string{"code": rs[0].Code, "round": round.ID.String(), "became": string(round.Seats[i].State), "tie": round.Seats[i].Tie.Code}
		if err := tx.Append(ctx, e); err != nil {
			return err
		}
		return s.closeIfDone(ctx, tx, round, &rs[0], end, now.UnixMilli())
	})
	if err == nil && over != nil {
		return over
	}
	return err
}

// keepLate keeps the sheet of a seat that came too late, if none was kept before.
func keepLate(ctx context.Context, tx Tx, round Round, i int, sheet Sheet, e journal.Entry, at int64) error {
	if round.Seats[i].Sheet.LateAt > 0 {
		return nil
	}
	sheet.LateAt, sheet.BegunAt = at, min(max(sheet.BegunAt, 0), at)
	round.Seats[i].Sheet = sheet
	if err := tx.SaveGateRound(ctx, round); err != nil {
		return err
	}
	e.Verb, e.Subject, e.Body = "gate.late", round.Result, map[string]string{"round": round.ID.String()}
	return tx.Append(ctx, e)
}

// closeIfDone writes a round, and closes it if nobody is left to wait for.
func (s *Service) closeIfDone(ctx context.Context, tx Tx, round Round, r *catalog.Result, end kept, at int64) error {
	if slices.ContainsFunc(round.Seats, func(x Seat) bool { return x.State == SeatAsked }) {
		if err := tx.SaveGateRound(ctx, round); err != nil {
			return err
		}
		return tx.SetTasks(ctx, round.ID, tasksOf(round, *r))
	}
	return s.close(ctx, tx, round, r, end, at)
}

// close reckons what the scores say and moves the result; with fewer scores than
// the rules ask for it says nothing and the result waits again.
func (s *Service) close(ctx context.Context, tx Tx, round Round, r *catalog.Result, end kept, at int64) error {
	var sheets []Sheet
	for i := range round.Seats {
		switch round.Seats[i].State {
		case SeatScored:
			sheets = append(sheets, round.Seats[i].Sheet)
		case SeatAsked:
			round.Seats[i].State = SeatMissed
		case SeatRefused, SeatExcluded, SeatMissed:
		}
	}
	_, c, err := abouts(ctx, tx, r)
	if err != nil {
		return err
	}
	x := &step{tx: tx, at: at, k: end, r: r, c: &c}
	d := doing{move: process.Move{As: clock}, facts: process.Facts{"scored": strconv.Itoa(len(sheets))}, body: map[string]string{"round": round.ID.String(), "scored": strconv.Itoa(len(sheets))}}
	round.ClosedAt = at
	if len(sheets) < round.Limits.Least {
		round.State, d.move.Action = RoundStopped, Lapse
	} else {
		round.State = RoundClosed
		round.Verdict, round.Points = round.Limits.verdictOf(sheets)
		d.facts["verdict"], d.facts["points"] = round.Verdict, strconv.Itoa(round.Points)
		d.body["verdict"], d.body["rules"] = round.Verdict, round.Limits.Rules
		d.move.Action = map[string]process.Action{"pass": Pass, "hold": Hold, "reject": Reject}[round.Verdict]
	}
	if err := tx.SaveGateRound(ctx, round); err != nil {
		return err
	}
	if err := tx.SetTasks(ctx, round.ID, nil); err != nil {
		return err
	}
	if standing(c.State, r) != Scoring || c.Round != round.ID {
		return nil // it was withdrawn meanwhile, or sealed
	}
	d.apply = func(x *step) bool {
		x.c.Verdict = round.Verdict
		if round.Verdict == "reject" {
			x.c.Reason, x.c.Text = "scores", ""
		}
		return false
	}
	d.tell = func(x *step) (journal.Notice, bool) {
		return journal.Notice{Template: "review_closed", Role: string(account.Officer), Path: "/gate/" + x.r.Code, Vars: map[string]string{"code": x.r.Code, "title": x.r.Title}}, true
	}
	return x.do(ctx, d, nil)
}

// Round is the outside review of a result for the office: who has been asked and
// what became of it, and, once it is closed, the scores. Before that nobody
// reads one, and nobody ever those that came too late.
func (s *Service) Round(ctx context.Context, p account.Principal, id uuid.UUID) (round Round, err error) {
	if err := may(p, account.ListResults); err != nil {
		return round, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		if round, err = tx.GateRound(ctx, id); err != nil {
			return err
		}
		for i := range round.Seats {
			if late := round.Seats[i].Sheet.LateAt; round.State == RoundOpen || late > 0 {
				round.Seats[i].Sheet = Sheet{LateAt: late}
			}
			a, _, err := tx.Account(ctx, round.Seats[i].Account)
			if err != nil {
				return err
			}
			round.Seats[i].Name = a.Name
		}
		return nil
	})
	return round, err
}

// Stop calls an outside review off: scores that were given are forgotten, unread.
func (s *Service) Stop(ctx context.Context, p account.Principal, code string, version, caseVersion int64) error {
	if err := may(p, account.ListResults); err != nil {
		return err
	}
	now := s.now()
	k, err := s.keep(ctx, p, "gate.stop", now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		r, err := tx.ResultByCode(ctx, code)
		if err != nil {
			return err
		}
		_, c, err := abouts(ctx, tx, &r)
		if err != nil {
			return err
		}
		if r.Version != version || c.Version != caseVersion || c.State != Scoring {
			return catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		}
		round, err := tx.GateRound(ctx, c.Round)
		if err != nil {
			return err
		}
		round.State, round.ClosedAt = RoundStopped, now.UnixMilli()
		for i := range round.Seats {
			round.Seats[i].Sheet.Scores, round.Seats[i].Sheet.Comment = nil, ""
		}
		if err := tx.SaveGateRound(ctx, round); err != nil {
			return err
		}
		if err := tx.SetTasks(ctx, round.ID, nil); err != nil {
			return err
		}
		x := &step{tx: tx, p: p, at: now.UnixMilli(), k: k, r: &r, c: &c}
		return x.do(ctx, doing{move: process.Move{Action: Stop, As: office}, body: map[string]string{"round": round.ID.String()}}, nil)
	})
}

// late closes the round of a result whose deadline has passed.
func (s *Service) late(ctx context.Context, x *step) error {
	round, err := x.tx.GateRound(ctx, x.c.Round)
	if err != nil || round.State != RoundOpen {
		return err
	}
	return s.close(ctx, x.tx, round, x.r, x.k, x.at)
}

// remind reminds whoever has not scored yet. ids are for the notices.
func (x *step) remind(ctx context.Context, ids []uuid.UUID) error {
	round, err := x.tx.GateRound(ctx, x.c.Round)
	if err != nil || round.State != RoundOpen {
		return err
	}
	for i, seat := range round.Seats {
		if seat.State == SeatAsked && i < len(ids) {
			if err := tell(ctx, x.tx, "review_due", seat.Account, *x.r, round, ids[i], x.at); err != nil {
				return err
			}
		}
	}
	return nil
}
