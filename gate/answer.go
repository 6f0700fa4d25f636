package gate

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/process"

	"github.com/google/uuid"
)

// Answer is what a professor said by a link.
type Answer struct {
	ID     uuid.UUID
	Link   uuid.UUID
	Result uuid.UUID
	Code   Code
	State  AnswerState
	At     int64     // unix ms
	By     uuid.UUID // who of the office decided
	ByAt   int64
	Value  Said // encrypted
}

// Said is the words of an answer, and by whom.
type Said struct {
	Text string
	Name string
}

// AnswerState is what became of an answer.
type AnswerState string

// States of an answer.
const (
	Proposed AnswerState = "proposed" // an officer has to accept it
	Filled   AnswerState = "filled"   // it filled an empty field
	Accepted AnswerState = "accepted"
	Declined AnswerState = "declined"
	Skipped  AnswerState = "skipped"
)

// What a question is answered by.
const (
	ByLine   = "line"
	ByText   = "text"
	ByChoice = "choice"
)

// Form is how a professor answers a question: by a line or a text of at most
// Most characters, or by one of the choices, whose texts are the messages
// "gate.choice.<code>.<choice>".
type Form struct {
	Kind    string
	Most    int
	Choices []string
	Field   string // of the result that an answer is for, "" = a note for the office
}

// FormOf is how a question is answered by link; ok is false for those that only
// the office can answer.
func FormOf(c Code) (f Form, ok bool) {
	switch c {
	case AskBenefit, AskSummary:
		return Form{Kind: ByLine, Most: MostSummary, Field: "Summary"}, true
	case AskMeasure, AskVague, AskBoast:
		return Form{Kind: ByText, Most: MostAnswer, Field: "IndicatorsAs"}, true
	case AskPeople:
		return Form{Kind: ByLine, Most: MostAnswer, Field: "Completers"}, true
	case AskRights:
		return Form{Kind: ByChoice, Choices: []string{"filed", "published", "know_how", "not_yet"}, Field: "RightsAs"}, true
	case AskUnfiled:
		return Form{Kind: ByChoice, Choices: []string{"filed", "not_yet"}, Field: "RightsAs"}, true
	case AskEvidence:
		return Form{Kind: ByChoice, Choices: []string{"have", "none"}, Field: "Maturity"}, true
	case AskOwners:
		return Form{Kind: ByText, Most: MostAnswer}, true
	case AskRestricted:
		return Form{Kind: ByChoice, Choices: []string{"none", "some"}}, true
	case AskTwin:
		return Form{Kind: ByChoice, Choices: []string{"same", "other"}}, true
	case AskPhone, AskPersonal:
		return Form{Kind: ByText, Most: 4000, Field: "Abstract"}, true
	case AskUnit:
	}
	return Form{}, false
}

// Given is one answer of a form.
type Given struct {
	Result string // its public code
	Code   Code
	Text   string
	More   string // beside a choice: the number of the application
}

// Reply takes the answers of one page of a link; what is left empty is skipped.
// An answer fills an empty field, or waits for an officer.
func (s *Service) Reply(ctx context.Context, secret string, given []Given) error {
	hash, err := hashOf(secret)
	if err != nil {
		return err
	}
	if len(given) == 0 || len(given) > AtOnce {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	for i := range given {
		if err := s.fitAnswer(&given[i]); err != nil {
			return err
		}
	}
	now := s.now()
	ids := make([]uuid.UUID, len(given))
	keeps, err := s.keeps(ctx, account.Nobody(), "gate.reply", now, len(given))
	if err != nil {
		return err
	}
	for i := range given {
		if ids[i], err = uuid.NewV7FromReader(s.rand); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx Tx) error {
		l, err := led(ctx, tx, hash, now.UnixMilli())
		if err != nil {
			return err
		}
		pg, err := page(ctx, tx, l)
		if err != nil {
			return err
		}
		for i, g := range given {
			at := slices.IndexFunc(pg.Next, func(n Pending) bool { return n.Result.Code == g.Result && n.Code == g.Code })
			if at < 0 {
				continue // answered meanwhile, on another screen
			}
			a := Answer{ID: ids[i], Link: l.ID, Result: pg.Next[at].Result.ID, Code: g.Code, At: now.UnixMilli(), State: Skipped, Value: Said{Text: g.value(), Name: l.Who.Name}}
			if g.Text != "" {
				if a.State, err = s.take(ctx, tx, a, keeps[i]); err != nil {
					return err
				}
			}
			if err := tx.AddGateAnswer(ctx, a); err != nil {
				return err
			}
		}
		if l.OpenedAt == 0 {
			l.OpenedAt = now.UnixMilli()
		}
		return s.settle(ctx, tx, l, now.UnixMilli())
	})
}

func (g Given) value() string {
	if g.More != "" {
		return g.Text + " " + g.More
	}
	return g.Text
}

// settle notes that a link is done when nothing is left to answer or confirm.
func (s *Service) settle(ctx context.Context, tx Tx, l Link, at int64) error {
	pg, err := page(ctx, tx, l)
	if err != nil {
		return err
	}
	if len(pg.Next) == 0 && len(pg.Confirm) == 0 {
		l.DoneAt = at
	}
	return tx.SaveGateLink(ctx, l)
}

// fitAnswer cleans an answer and says what has to be mended.
func (s *Service) fitAnswer(g *Given) error {
	f, ok := FormOf(g.Code)
	g.Text, g.More = catalog.Clean(g.Text), catalog.CleanLine(g.More)
	switch {
	case !ok:
		return catalog.Refuse(catalog.Invalid, "error.form")
	case g.Text == "":
		return nil
	case f.Kind == ByChoice && !slices.Contains(f.Choices, g.Text):
		return catalog.Refuse(catalog.Invalid, "error.form")
	case f.Kind != ByChoice && utf8.RuneCountInString(g.Text) > f.Most || utf8.RuneCountInString(g.More) > 60:
		return catalog.Refuse(catalog.Invalid, "gate.fit.long", "most", strconv.Itoa(f.Most))
	case s.read.Secret(g.Text) || s.read.Secret(g.More):
		return catalog.Refuse(catalog.Invalid, "behalf.fit.secret")
	case catalog.HasPhone(g.Text) || personal(g.Text) != "":
		return catalog.Refuse(catalog.Invalid, "behalf.fit.phone_in_text")
	}
	if g.Code == AskSummary || g.Code == AskBenefit {
		if w := boast(g.Text); w != "" {
			return catalog.Refuse(catalog.Invalid, "gate.fit.boast", "word", w)
		}
	}
	if g.More != "" && g.Text == "filed" {
		if _, ok := catalog.PatentNumber(g.More); !ok {
			return catalog.Refuse(catalog.Invalid, "gate.fit.number")
		}
	}
	return nil
}

// take lets an answer fill an empty field of a result that is not public, or
// makes it a proposal.
func (s *Service) take(ctx context.Context, tx Tx, a Answer, k kept) (AnswerState, error) {
	rs, err := tx.Results(ctx, []uuid.UUID{a.Result})
	if err != nil || len(rs) == 0 {
		return Proposed, err
	}
	r := rs[0]
	field, ok := s.write(&r, a, true)
	if !ok || r.PublicConfirmed {
		return Proposed, s.noted(ctx, tx, &rs[0], k, a, "proposed")
	}
	if err := s.change(ctx, tx, &r, a, field); err != nil {
		return Proposed, err
	}
	return Filled, s.noted(ctx, tx, &r, k, a, "filled")
}

// change writes a result that an answer changed.
func (s *Service) change(ctx context.Context, tx Tx, r *catalog.Result, a Answer, field string) error {
	if r.UpdatedAt = a.At; a.ByAt > 0 {
		r.UpdatedAt = a.ByAt
	}
	if err := tx.SaveResult(ctx, *r); err != nil {
		return err
	}
	return tx.MarkEdited(ctx, r.ID, []string{field}, a.Value.Name, r.UpdatedAt)
}

// noted adds to the case that a completer answered.
func (s *Service) noted(ctx context.Context, tx Tx, r *catalog.Result, k kept, a Answer, became string) error {
	_, c, err := abouts(ctx, tx, r)
	if err != nil {
		return err
	}
	if at := standing(c.State, r); at == Listed || at == Off {
		return nil
	}
	x := &step{tx: tx, p: account.Nobody(), at: a.At, k: k, r: r, c: &c}
	return x.do(ctx, doing{move: process.Move{Action: Reply, As: []process.Actor{Completer}}, body: map[string]string{"question": string(a.Code), "how": catalog.ByLink, "became": became}}, nil)
}

// write puts an answer into a result and returns the name of the field. With
// empty, only into a field that is empty, and never so that a claim looks better
// borne out than before: that an officer decides.
func (s *Service) write(r *catalog.Result, a Answer, empty bool) (field string, ok bool) {
	choice, more, _ := strings.Cut(a.Value.Text, " ")
	switch a.Code {
	case AskBenefit, AskSummary:
		if empty && r.Summary != "" {
			return "", false
		}
		r.Summary = catalog.CleanLine(a.Value.Text)
		return "Summary", true
	case AskMeasure, AskVague, AskBoast:
		if empty && (r.IndicatorsAs != "" || len(r.Indicators) > 0) {
			return "", false
		}
		r.IndicatorsAs, r.Indicators = a.Value.Text, s.read.Indicators(a.Value.Text)
		return "IndicatorsAs", true
	case AskPeople:
		if empty && len(r.Completers) > 0 {
			return "", false
		}
		r.Completers = nil
		for _, name := range strings.FieldsFunc(a.Value.Text, func(c rune) bool { return strings.ContainsRune("、,，;；\n", c) }) {
			if name = catalog.CleanLine(name); name != "" {
				r.Completers = append(r.Completers, catalog.Completer{Name: name})
			}
		}
		return "Completers", true
	case AskRights, AskUnfiled:
		if choice == "not_yet" { // what protects is taken at once
			r.Unfiled = true
			if r.RightsAs == "" {
				r.RightsAs = rightsWords[choice]
			}
			return "Unfiled", true
		}
		if empty && (r.RightsAs != "" || r.Unfiled) {
			return "", false
		}
		r.Unfiled, r.RightsAs = false, strings.TrimSpace(rightsWords[choice]+" "+more)
		return "RightsAs", true
	case AskEvidence:
		if empty || choice != "have" {
			return "", false
		}
		if e := catalog.EvidenceFor(r.Maturity.Level); e != "" && !slices.Contains(r.Maturity.Evidence, e) {
			r.Maturity.Evidence = append(slices.Clone(r.Maturity.Evidence), e)
		}
		return "Maturity", true
	case AskPhone, AskPersonal:
		if empty {
			return "", false
		}
		r.Abstract = a.Value.Text
		return "Abstract", true
	case AskOwners, AskRestricted, AskTwin, AskUnit:
	}
	return "", false
}

// rightsWords are what stands in 知识产权形式 for a choice, as a sheet says it.
var rightsWords = map[string]string{"filed": "已申请专利", "published": "已公开发表", "know_how": "技术秘密", "not_yet": "未申请专利"}

// Agree takes a completer's 可公开确认 of results, by their codes; says are the
// words that were agreed to.
func (s *Service) Agree(ctx context.Context, secret string, codes []string, says string) error {
	hash, err := hashOf(secret)
	if err != nil {
		return err
	}
	if says == "" && len(codes) > 0 || len(codes) > maxMany {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	now := s.now()
	keeps, err := s.keeps(ctx, account.Nobody(), "gate.agree", now, len(codes))
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		l, err := led(ctx, tx, hash, now.UnixMilli())
		if err != nil {
			return err
		}
		pg, err := page(ctx, tx, l)
		if err != nil {
			return err
		}
		for i, code := range codes {
			at := slices.IndexFunc(pg.Confirm, func(r catalog.Result) bool { return r.Code == code })
			if at < 0 {
				return catalog.Refuse(catalog.Conflict, "gate.link.moved")
			}
			rs, err := tx.Results(ctx, []uuid.UUID{pg.Confirm[at].ID})
			if err != nil || len(rs) == 0 {
				return err
			}
			_, c, err := abouts(ctx, tx, &rs[0])
			if err != nil {
				return err
			}
			x := &step{tx: tx, p: account.Nobody(), at: now.UnixMilli(), k: keeps[i], r: &rs[0], c: &c}
			if err := x.do(ctx, doing{move: process.Move{Action: Reply, As: []process.Actor{Completer}}, apply: func(x *step) bool {
				x.c.Said = Yes{At: x.at, Of: Words(x.r), Says: says}
				return false
			}, body: map[string]string{"how": catalog.ByLink, "confirmed": "1"}}, nil); err != nil {
				return err
			}
		}
		return s.settle(ctx, tx, l, now.UnixMilli())
	})
}

// Proposal is an answer for an officer, with its result.
type Proposal struct {
	Answer
	Result catalog.Result
	Form   Form
	Now    string // what stands in the field
}

// Proposals are the answers that wait for an officer, the first first.
func (s *Service) Proposals(ctx context.Context, p account.Principal, limit int) (list []Proposal, err error) {
	if err := may(p, account.ListResults); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		answers, err := tx.OpenGateAnswers(ctx, limit)
		if err != nil {
			return err
		}
		list, err = proposals(ctx, tx, answers)
		return err
	})
	return list, err
}

// Answers are what completers said by link of a result, in the order in which
// it came.
func (s *Service) Answers(ctx context.Context, p account.Principal, result uuid.UUID) (list []Proposal, err error) {
	if err := may(p, account.ListResults); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		answers, err := tx.GateAnswers(ctx, []uuid.UUID{result})
		if err != nil {
			return err
		}
		list, err = proposals(ctx, tx, answers)
		return err
	})
	return list, err
}

func proposals(ctx context.Context, tx Tx, answers []Answer) ([]Proposal, error) {
	ids := make([]uuid.UUID, len(answers))
	for i, a := range answers {
		ids[i] = a.Result
	}
	rs, err := tx.Results(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []Proposal
	for _, a := range answers {
		i := slices.IndexFunc(rs, func(r catalog.Result) bool { return r.ID == a.Result })
		if i < 0 {
			continue
		}
		f, _ := FormOf(a.Code)
		r := rs[i]
		r.Contact = catalog.Contact{}
		out = append(out, Proposal{Answer: a, Result: r, Form: f, Now: before(&r, Question{Code: a.Code}, f)})
	}
	return out, nil
}

// Decide accepts or declines an answer that waits: what is accepted is written
// into the result, with the name of who said it, and counts as looked at where
// it is a note.
func (s *Service) Decide(ctx context.Context, p account.Principal, id uuid.UUID, accept bool) error {
	if err := may(p, account.ListResults); err != nil {
		return err
	}
	now := s.now()
	verb := "gate.decline"
	if accept {
		verb = "gate.accept"
	}
	k, err := s.keep(ctx, p, verb, now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		a, err := tx.GateAnswer(ctx, id)
		if err != nil {
			return err
		}
		if a.State != Proposed {
			return catalog.Refuse(catalog.Conflict, "gate.left.decided")
		}
		a.State, a.By, a.ByAt = Declined, p.ID, now.UnixMilli()
		if accept {
			a.State = Accepted
		}
		if err := tx.DecideGateAnswer(ctx, a); err != nil {
			return err
		}
		rs, err := tx.Results(ctx, []uuid.UUID{a.Result})
		if err != nil || len(rs) == 0 {
			return err
		}
		r := rs[0]
		if own(p, &r) {
			return catalog.Refuse(catalog.Conflict, "gate.left.own")
		}
		if field, ok := s.write(&r, a, false); ok && accept {
			if r.PublicConfirmed { // other public words are confirmed anew
				r.PublicConfirmed = false
				if r.State.OnShelf() {
					r.State = catalog.ResultReview
				}
			}
			if err := s.change(ctx, tx, &r, a, field); err != nil {
				return err
			}
		}
		e := k.entry
		e.Subject, e.Body = a.Result, map[string]string{"code": r.Code, "question": string(a.Code)}
		return tx.Append(ctx, e)
	})
}
