package gate

import (
	"context"
	"slices"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// A link asks one professor about all of their results that leave something
// open. It takes no sign-in, asks at most three questions at a time, and goes on
// working until everything is answered or skipped, or until it expires.

// Numbers of a link.
const (
	LinkLife    = 14 * 24 * time.Hour // (E)
	secretBytes = 16                  // short enough for a short message, and nobody guesses it
	AtOnce      = 3                   // questions at a time
	MostAnswer  = 500                 // characters
	MostSummary = 60                  // characters of the one sentence
	maxLinks    = 500                 // professors asked by one call
)

// Link is one time that a professor was asked.
type Link struct {
	ID        uuid.UUID
	Hash      [32]byte // SHA-256 of the secret in its address
	Results   []uuid.UUID
	MadeBy    uuid.UUID
	MadeAt    int64 // unix ms
	ExpiresAt int64
	EndedAt   int64  // unix ms: when a newer one took its place, 0 = none did
	DoneAt    int64  // unix ms: when nothing was left to answer, 0 = something is
	OpenedAt  int64  // unix ms: when it was first opened, 0 = never
	Sent      string // "sms", "mail" or "": the text was copied
	Who       Asked  // encrypted
}

// Asked is whom a link is for.
type Asked struct {
	Name, Unit, Key string
}

// LinkTx is what links need of the store beside Tx.
type LinkTx interface {
	AddGateLink(ctx context.Context, l Link) error
	GateLinkByHash(ctx context.Context, hash [32]byte) (Link, error) // NotFound
	// EndGateLinks lets the links for results end now that still work.
	EndGateLinks(ctx context.Context, results []uuid.UUID, at int64) error
	// SaveGateLink writes when a link was opened and when it was done.
	SaveGateLink(ctx context.Context, l Link) error
	// LiveGateLinks are the links that still work at a time and are not done.
	LiveGateLinks(ctx context.Context, at int64) ([]Link, error)
	AddGateAnswer(ctx context.Context, a Answer) error
	// GateAnswers of results, in the order in which they came.
	GateAnswers(ctx context.Context, results []uuid.UUID) ([]Answer, error)
	GateAnswer(ctx context.Context, id uuid.UUID) (Answer, error) // NotFound
	// OpenGateAnswers are those that wait for an officer, the first first.
	OpenGateAnswers(ctx context.Context, limit int) ([]Answer, error)
	// DecideGateAnswer writes a decision on a proposed one; Conflict if it is not
	// proposed any more.
	DecideGateAnswer(ctx context.Context, a Answer) error
}

// Sent is a link that was made, and its secret, which is told this once.
type Sent struct {
	Name, Unit string
	Secret     string
	ExpiresAt  int64
	Results    int
	By         string // "sms", "mail" or "": the text has to be copied
}

// LinkPath is the path of the page to which a link leads.
func LinkPath(secret string) string { return "/q/" + secret }

func hashOf(secret string) (hash [32]byte, err error) {
	hash, ok := account.HashSecret(secret, secretBytes)
	if !ok {
		return hash, noLink()
	}
	return hash, nil
}

func noLink() *catalog.Error { return catalog.Refuse(catalog.NotFound, "gate.link.none") }

// fresh is what one link is made with before the transaction.
type fresh struct {
	id, notice uuid.UUID
	secret     string
	hash       [32]byte // of the secret
	entry      journal.Entry
}

// Ask makes a link for each professor who can answer what holds results that the
// filter lets through, and sends it by short message or mail if send says so and
// there is an address; links made before for the same results end. Left is how
// many results nobody can be asked about.
func (s *Service) Ask(ctx context.Context, p account.Principal, f Filter, send bool) (sent []Sent, left int, err error) {
	if err := may(p, account.ListResults); err != nil {
		return nil, 0, err
	}
	f.Skip, f.Limit = 0, 0
	l, err := s.Before(ctx, p, f)
	if err != nil {
		return nil, 0, err
	}
	groups := map[string][]Item{}
	var order []string
	for _, x := range l.Items {
		switch {
		case !x.Held || x.State == Scoring:
		case x.Professor.Key == "" || !slices.ContainsFunc(x.Questions, answerable):
			left++
		default:
			if groups[x.Professor.Key] == nil {
				order = append(order, x.Professor.Key)
			}
			groups[x.Professor.Key] = append(groups[x.Professor.Key], x)
		}
	}
	if len(order) == 0 {
		return nil, left, catalog.Refuse(catalog.Invalid, "gate.link.nobody")
	}
	if len(order) > maxLinks {
		return nil, left, catalog.Refuse(catalog.Invalid, "gate.link.too_many", "most", strconv.Itoa(maxLinks))
	}
	now := s.now()
	made := make([]fresh, len(order))
	for i := range made {
		if made[i], err = s.fresh(p, now); err != nil {
			return nil, left, err
		}
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		sent = nil
		for i, key := range order {
			x, err := s.ask(ctx, tx, p, groups[key], made[i], now, send)
			if err != nil {
				return err
			}
			sent = append(sent, x)
		}
		return nil
	})
	return sent, left, err
}

func answerable(q Question) bool {
	_, ok := FormOf(q.Code)
	return ok && q.Holds
}

func (s *Service) fresh(p account.Principal, now time.Time) (f fresh, err error) {
	if f.secret, f.hash, err = account.NewSecret(s.rand, secretBytes); err != nil {
		return f, err
	}
	if f.id, err = uuid.NewV7FromReader(s.rand); err != nil {
		return f, err
	}
	if f.notice, err = uuid.NewV7FromReader(s.rand); err != nil {
		return f, err
	}
	f.entry, err = journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), "gate.ask", "gate_link")
	return f, err
}

// ask makes one link for the results of one professor.
func (s *Service) ask(ctx context.Context, tx Tx, p account.Principal, of []Item, made fresh, now time.Time, send bool) (Sent, error) {
	who := of[0].Professor
	l := Link{ID: made.id, Hash: made.hash, MadeBy: p.ID, MadeAt: now.UnixMilli(), ExpiresAt: now.Add(LinkLife).UnixMilli(),
		Who: Asked{Name: who.Name, Unit: who.Unit, Key: who.Key}}
	for _, x := range of {
		l.Results = append(l.Results, x.ID)
	}
	rs, err := tx.Results(ctx, l.Results[:1])
	if err != nil {
		return Sent{}, err
	}
	if len(rs) == 0 {
		return Sent{}, catalog.Refuse(catalog.Conflict, "shelf.left.changed")
	}
	n := journal.Notice{Template: "result_questions", Vars: map[string]string{"n": strconv.Itoa(len(of)), "title": rs[0].Title}, Path: LinkPath(made.secret),
		Deadline: l.ExpiresAt, Urgent: true}
	if send {
		switch mobile := mobileOf(rs[0].Contact); {
		case mobile != "":
			n.Phone, l.Sent = mobile, "sms"
		case catalog.IsEmail(rs[0].Contact.Email):
			n.Email, l.Sent = rs[0].Contact.Email, "mail"
		}
	}
	if err := tx.EndGateLinks(ctx, l.Results, now.UnixMilli()); err != nil {
		return Sent{}, err
	}
	if err := tx.AddGateLink(ctx, l); err != nil {
		return Sent{}, err
	}
	if l.Sent != "" {
		m, err := n.Message(made.notice, now.UnixMilli())
		if err != nil {
			return Sent{}, err
		}
		if err := tx.EnqueueMessage(ctx, m); err != nil {
			return Sent{}, err
		}
	}
	e := made.entry
	e.Subject, e.Body = l.ID, map[string]string{"results": strconv.Itoa(len(of)), "how": l.Sent}
	return Sent{Name: who.Name, Unit: who.Unit, Secret: made.secret, ExpiresAt: l.ExpiresAt, Results: len(of), By: l.Sent}, tx.Append(ctx, e)
}

// Pending is one question of a link.
type Pending struct {
	Result catalog.Result // as its completers see it, without contact
	Question
	Form Form
	Now  string // what stands there, to begin with
}

// Page is what a link shows: the questions that come next, or, when none is
// left, the results that wait for 可公开确认.
type Page struct {
	Name      string
	ExpiresAt int64
	Next      []Pending
	Left      int // questions after those
	Confirm   []catalog.Result
	Confirmed int // results that were confirmed
	Withheld  int // results that cannot be confirmed yet
}

// Open is the page of a link. Looking uses nothing up.
func (s *Service) Open(ctx context.Context, secret string) (pg Page, err error) {
	hash, err := hashOf(secret)
	if err != nil {
		return pg, err
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		l, err := led(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		pg, err = page(ctx, tx, l)
		return err
	})
	return pg, err
}

// led is the link of a secret if it works. The secret is not to be guessed, so
// whoever has one may read what became of it.
func led(ctx context.Context, tx Tx, hash [32]byte, now int64) (Link, error) {
	l, err := tx.GateLinkByHash(ctx, hash)
	switch {
	case catalog.CodeOf(err) == catalog.NotFound:
		return l, noLink()
	case err != nil:
		return l, err
	case l.EndedAt > 0:
		return l, catalog.Refuse(catalog.NotFound, "gate.link.newer")
	case l.DoneAt > 0:
		return l, catalog.Refuse(catalog.NotFound, "gate.link.done")
	case now >= l.ExpiresAt:
		return l, catalog.Refuse(catalog.NotFound, "gate.link.expired")
	}
	return l, nil
}

// page is what is left of a link.
func page(ctx context.Context, tx Tx, l Link) (Page, error) {
	pg := Page{Name: l.Who.Name, ExpiresAt: l.ExpiresAt}
	rs, err := tx.Results(ctx, l.Results)
	if err != nil {
		return pg, err
	}
	twins, err := tx.ResultTwins(ctx, l.Results)
	if err != nil {
		return pg, err
	}
	cases, err := tx.GateCases(ctx, l.Results)
	if err != nil {
		return pg, err
	}
	answers, err := tx.GateAnswers(ctx, l.Results)
	if err != nil {
		return pg, err
	}
	for i := range rs {
		r := &rs[i]
		c := caseOf(cases, r)
		if s := standing(c.State, r); s == Sealed || s == Listed || s == Off {
			continue
		}
		shown := r.For(catalog.Concerned)
		shown.Contact = catalog.Contact{}
		qs := Questions(r, twins[r.ID])
		held := c.open(r, qs)
		for _, q := range qs {
			form, ok := FormOf(q.Code)
			open := !q.Holds || slices.ContainsFunc(held, func(o Question) bool { return o.Code == q.Code })
			said := slices.ContainsFunc(answers, func(a Answer) bool { return a.Link == l.ID && a.Result == r.ID && a.Code == q.Code })
			if !ok || !open || said {
				continue
			}
			if len(pg.Next) < AtOnce {
				pg.Next = append(pg.Next, Pending{Result: shown, Question: q, Form: form, Now: before(r, q, form)})
			} else {
				pg.Left++
			}
		}
		switch {
		case c.Said.At > 0 && c.Said.Of == Words(r):
			pg.Confirmed++
		case r.Unfiled || slices.ContainsFunc(held, func(q Question) bool { return !q.MayClear() }):
			pg.Withheld++
		default:
			pg.Confirm = append(pg.Confirm, shown)
		}
	}
	return pg, nil
}

// before is what the form of a question begins with.
func before(r *catalog.Result, q Question, f Form) string {
	switch f.Field {
	case "IndicatorsAs":
		return r.IndicatorsAs
	case "Abstract":
		return r.Abstract
	case "RightsAs":
		if q.Code == AskUnfiled {
			return "not_yet"
		}
	}
	return ""
}
