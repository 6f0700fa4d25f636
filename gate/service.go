package gate

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"
	"datai/rules"
	"datai/work"

	"github.com/google/uuid"
)

// Reader understands what people write.
type Reader struct {
	Indicators func(written string) []catalog.Indicator
	// Secret reports whether a text says that it is classified or internal.
	Secret func(text string) bool
}

// Service is the gate.
type Service struct {
	db      work.Unit[Tx]
	now     func() time.Time
	rand    io.Reader
	book    func(context.Context) (*rules.Book, error)
	process func(context.Context) (*process.Definition, error)
	read    Reader

	mu   sync.Mutex
	seen map[uuid.UUID]Item // what was found of a result, by its version
}

// NewService makes a service on db with a clock, whose zone is that of the
// office, a source of randomness, the rules and the process that are in force
// now, and what understands answers.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader, book func(context.Context) (*rules.Book, error),
	process func(context.Context) (*process.Definition, error), read Reader) *Service {
	return &Service{db: db, now: now, rand: rand, book: book, process: process, read: read, seen: map[uuid.UUID]Item{}}
}

// maxMany is how many results one confirmation may cover.
const maxMany = 2000

func may(p account.Principal, do account.Permission) error {
	if !p.May(do) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return nil
}

// View is a result at the gate as the office sees it.
type View struct {
	Result    catalog.Result // the contact masked
	Case      Case           // as it stands now
	Questions []Question
	Open      []Question      // of them, those that hold it and that nobody has let be
	As        []process.Actor // what p is to it
	Own       bool            // p made it, or entered it
	Clock     Clock           // of R10
	SaidStill bool            // the words that a completer confirmed still stand there
	Process   *process.Definition
}

// Seen is the versions of the result and of its case as one number, as Ref.Seen.
func (v View) Seen() int64 { return Ref{Version: v.Result.Version, Case: v.Case.Version}.Seen() }

// Seen is what the forms of the result with that code need to know of it.
func (s *Service) Seen(ctx context.Context, p account.Principal, code string) (process.Seen, error) {
	v, err := s.View(ctx, p, code)
	return process.Seen{ID: v.Result.ID, Process: v.Process, Version: v.Seen(), State: v.Case.State, As: v.As}, err
}

// Clock is the one-year clock of a result.
type Clock struct {
	Runs        bool
	At          int64 // unix ms
	Over        bool
	Used        bool // it is exploited: the clock does not matter
	NotRecorded bool // the region of the office has no such rule
}

// View is the result with that code, for the office.
func (s *Service) View(ctx context.Context, p account.Principal, code string) (v View, err error) {
	if err := may(p, account.SeeOffice); err != nil {
		return View{}, err
	}
	_, recorded, err := s.idleFrom(ctx, catalog.Date{})
	if err != nil {
		return View{}, err
	}
	d, err := s.process(ctx)
	if err != nil {
		return View{}, err
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		r, err := tx.ResultByCode(ctx, code)
		if err != nil {
			return err
		}
		qs, c, err := about(ctx, tx, &r)
		if err != nil {
			return err
		}
		v = View{Case: c, Questions: qs, Open: c.open(&r, qs), Own: own(p, &r) || c.Entered.Is(p), Process: d,
			Clock: Clock{Runs: c.IdleAt != process.NeverDue, At: c.IdleAt, Over: c.IdleAt <= now, Used: used(&r), NotRecorded: !recorded}}
		v.SaidStill = c.Said.At > 0 && c.Said.Of == Words(&r)
		if p.May(account.ListResults) {
			v.As = office
		}
		r.Contact = r.Contact.Masked()
		v.Result = r
		return nil
	})
	return v, err
}

// about is what is open of a result and its case as it stands.
func about(ctx context.Context, tx Tx, r *catalog.Result) ([]Question, Case, error) {
	qs, c, err := abouts(ctx, tx, r)
	c.State = standing(c.State, r)
	return qs, c, err
}

// abouts is about with the case as it is kept.
func abouts(ctx context.Context, tx Tx, r *catalog.Result) ([]Question, Case, error) {
	twins, err := tx.ResultTwins(ctx, []uuid.UUID{r.ID})
	if err != nil {
		return nil, Case{}, err
	}
	cases, err := tx.GateCases(ctx, []uuid.UUID{r.ID})
	if err != nil {
		return nil, Case{}, err
	}
	return Questions(r, twins[r.ID]), caseOf(cases, r), nil
}

// caseOf is the kept case of a result, or one that is not kept yet.
func caseOf(cases map[uuid.UUID]Case, r *catalog.Result) Case {
	if c, ok := cases[r.ID]; ok {
		return c
	}
	return Case{ID: r.ID, Result: r.ID, State: Draft, Definition: Definition.Version, IdleAt: process.NeverDue}
}

// own reports whether a result is p's: one of its completers has the name of the
// account, which no two accounts share.
func own(p account.Principal, r *catalog.Result) bool {
	name := catalog.Fold(p.Name)
	return p.ID != uuid.Nil && slices.ContainsFunc(r.Completers, func(c catalog.Completer) bool { return name != "" && catalog.Fold(c.Name) == name })
}

// used reports whether a result is exploited, by whichever way.
func used(r *catalog.Result) bool {
	return r.State == catalog.ResultLicensed || r.State == catalog.ResultExclusive || r.State == catalog.ResultTransferred
}

// kept is what a step is written with: ids and salts that are made before the
// transaction.
type kept struct {
	d      *process.Definition // in force
	notice uuid.UUID
	entry  journal.Entry
}

// keep is what a step is written with that begins now; its process is the one in
// force.
func (s *Service) keep(ctx context.Context, p account.Principal, verb string, now time.Time) (kept, error) {
	ks, err := s.keeps(ctx, p, verb, now, 1)
	if err != nil {
		return kept{}, err
	}
	return ks[0], nil
}

// keeps is keep for n steps.
func (s *Service) keeps(ctx context.Context, p account.Principal, verb string, now time.Time, n int) ([]kept, error) {
	d, err := s.process(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]kept, n)
	for i := range out {
		if out[i], err = s.salted(p, verb, now); err != nil {
			return nil, err
		}
		out[i].d = d
	}
	return out, nil
}

func (s *Service) salted(p account.Principal, verb string, now time.Time) (k kept, err error) {
	if k.notice, err = uuid.NewV7FromReader(s.rand); err != nil {
		return k, err
	}
	k.entry, err = journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), verb, "result")
	return k, err
}

// step is one step of a case within a transaction.
type step struct {
	tx  Tx
	p   account.Principal
	at  int64
	k   kept
	r   *catalog.Result
	c   *Case
	due map[string]int64 // timers that the step sets
}

// begin catches the case up with the catalogue.
func (x *step) begin(ctx context.Context) error {
	x.due = map[string]int64{}
	for do := caughtUp(x.c.State, x.r); do != ""; do = caughtUp(x.c.State, x.r) {
		taken, err := take(x.k.d, x.c.State, process.Move{Action: do, As: itself}, process.Facts{"state": string(x.r.State)})
		if err != nil {
			return err
		}
		if err := x.event(ctx, taken, uuid.Nil, ""); err != nil {
			return err
		}
	}
	return nil
}

func (x *step) event(ctx context.Context, taken process.Taken, who uuid.UUID, role string) error {
	x.c.State = taken.To
	return x.tx.AddEvent(ctx, x.c.ID, process.Event{At: x.at, Who: who, Role: role, Taken: taken})
}

// take takes a step and writes the case, its event, its timers and the entry.
func (x *step) take(ctx context.Context, m process.Move, f process.Facts, cleared []Code, body map[string]string) error {
	taken, err := take(x.k.d, x.c.State, m, f)
	if err != nil {
		return err
	}
	if err := x.event(ctx, taken, x.p.ID, string(x.p.Acting)); err != nil {
		return err
	}
	x.c.UpdatedAt = x.at
	if x.c.State != Listed {
		x.due[TimerListing] = process.NeverDue
	}
	for _, name := range slices.Sorted(maps.Keys(x.due)) {
		if err := x.tx.SetAlarm(ctx, Definition.Kind, process.Alarm{Case: x.c.ID, Timer: name, At: x.due[name]}); err != nil {
			return err
		}
	}
	if err := x.tx.SaveGateCase(ctx, *x.c); err != nil {
		return err
	}
	e := x.k.entry
	e.Subject = x.r.ID
	e.Body = map[string]string{"code": x.r.Code, "do": string(m.Action), "from": string(taken.From), "to": string(taken.To)}
	if m.Reason != "" {
		e.Body["reason"] = m.Reason
	}
	if len(cleared) > 0 {
		e.Body["cleared"] = join(cleared)
	}
	maps.Copy(e.Body, body)
	return x.tx.Append(ctx, e)
}

// take takes a step of the process, or says as an error why it is not taken.
func take(d *process.Definition, from State, m process.Move, f process.Facts) (process.Taken, error) {
	taken, r := d.Take(from, m, f)
	if r == nil {
		return taken, nil
	}
	code := catalog.Invalid
	switch r.Why {
	case process.WrongState, process.Guarded:
		code = catalog.Conflict
	case process.NotYours:
		code = catalog.Forbidden
	case process.Unfit:
	}
	return taken, catalog.Refuse(code, r.Text, r.Args...).Because(r)
}

// facts are what every guard of a result may ask.
func facts(p account.Principal, r *catalog.Result, c Case, open []Question, at int64) process.Facts {
	f := teamFacts(r)
	f["now"] = strconv.FormatInt(at, 10)
	set := func(name string, on bool) {
		if on {
			f[name] = "1"
		}
	}
	set("unfiled", r.Unfiled)
	set("told", r.Abstract != "" || r.Summary != "")
	set("own", own(p, r))
	set("entered", c.Entered.Is(p))
	set("unscored", c.Verdict == "hold" || c.Verdict == "reject")
	set("secret", slices.ContainsFunc(open, func(q Question) bool { return q.Code == AskRestricted }))
	if len(open) > 0 {
		f["open"] = string(open[0].Code)
	}
	return f
}

// doing is a step to take with a result: what is asked of it, and what it
// changes in result and case once nothing refuses.
type doing struct {
	verb  string
	move  process.Move
	facts process.Facts // beside those of every step
	// apply changes the result and the case; saved says that the result is to be
	// written.
	apply func(x *step) (saved bool)
	clear []Code            // questions that p lets be with the step
	body  map[string]string // of the entry
	tell  func(x *step) (journal.Notice, bool)
	form  bool // the step has a form, whose documents go with it
}

// do takes the step, or refuses before anything is written.
func (x *step) do(ctx context.Context, d doing, qs []Question) error {
	for _, q := range d.clear {
		x.c.Cleared = append(slices.DeleteFunc(slices.Clone(x.c.Cleared), func(c Clearance) bool { return c.Code == q }), Clearance{Code: q, By: x.p.ID, At: x.at, Of: Words(x.r)})
	}
	f := facts(x.p, x.r, *x.c, x.c.open(x.r, qs), x.at)
	maps.Copy(f, d.facts)
	if d.form {
		if err := x.documents(ctx, &d); err != nil {
			return err
		}
	}
	if _, err := take(x.k.d, standing(x.c.State, x.r), d.move, f); err != nil {
		return err
	}
	if err := x.begin(ctx); err != nil {
		return err
	}
	if d.apply != nil && d.apply(x) {
		x.r.UpdatedAt = x.at
		if err := x.tx.SaveResult(ctx, *x.r); err != nil {
			return err
		}
	}
	if d.tell != nil {
		if n, ok := d.tell(x); ok {
			m, err := n.Message(x.k.notice, x.at)
			if err != nil {
				return err
			}
			if err := x.tx.EnqueueMessage(ctx, m); err != nil {
				return err
			}
		}
	}
	if err := x.take(ctx, d.move, f, d.clear, d.body); err != nil || !d.form {
		return err
	}
	return x.tx.EndForm(ctx, x.p.ID, x.c.ID, d.move.Action, len(strings.Fields(d.body[journal.Documents])), Definition.Final(x.c.State))
}

// documents counts what stands in the form of the step and names it for the
// entry. A seal forgets what came with earlier steps: it may be classified, too.
func (x *step) documents(ctx context.Context, d *doing) error {
	here, err := x.tx.FormDocuments(ctx, x.p.ID, x.c.ID, d.move.Action)
	if err != nil {
		return err
	}
	d.move.Documents, d.body = here.Counts(), map[string]string{}
	if len(here) > 0 {
		d.body[journal.Documents] = here.String()
	}
	if d.move.Action != Seal {
		return nil
	}
	gone, err := x.tx.DropSent(ctx, x.c.ID)
	if err == nil && len(gone) > 0 {
		d.body[journal.Dropped] = gone.String()
	}
	return err
}

// List puts results on the shelf, in the versions that were seen: p confirms
// with this call that each of them may be public (可公开确认); says are the words
// that were agreed to. What cannot go is left, with the reason; the others go,
// all in one transaction.
func (s *Service) List(ctx context.Context, p account.Principal, refs []Ref, says string) (Outcome, error) {
	if err := may(p, account.ListResults); err != nil {
		return Outcome{}, err
	}
	if says == "" {
		return Outcome{}, catalog.Refuse(catalog.Invalid, "bulk.confirm_required")
	}
	d, err := s.listing(ctx, says)
	if err != nil {
		return Outcome{}, err
	}
	return s.many(ctx, p, refs, s.now(), d)
}

// listing is the step onto the shelf.
func (s *Service) listing(ctx context.Context, says string) (doing, error) {
	until, versions, err := s.listedUntil(ctx, s.now())
	return doing{verb: "gate.list", move: process.Move{Action: List, As: office}, facts: process.Facts{"confirmed": "1"},
		apply: func(x *step) bool {
			if !x.r.State.OnShelf() { // one that is licensed stays so
				x.r.State = catalog.ResultListed
			}
			x.r.PublicConfirmed, x.r.ListedAt, x.r.ExpiresAt = true, x.at, until.UnixMilli()
			x.c.Listed, x.c.Rules, x.c.Reason, x.c.Text = Yes{At: x.at, Of: Words(x.r), Says: says}, strings.Join(versions, " "), "", ""
			x.due[TimerListing] = until.UnixMilli()
			return true
		}}, err
}

// listedUntil is when a listing that begins now ends, by the rule for it.
func (s *Service) listedUntil(ctx context.Context, now time.Time) (time.Time, []string, error) {
	set, err := s.set(ctx, now)
	if err != nil {
		return time.Time{}, nil, err
	}
	d, err := set.Deadline(now, "result-valid")
	return d.At, d.Versions, err
}

func (s *Service) set(ctx context.Context, now time.Time) (rules.Set, error) {
	book, err := s.book(ctx)
	if err != nil {
		return rules.Set{}, err
	}
	return book.At(rules.DayOf(now))
}

// many takes a step with each result that refs name. What refuses it is left,
// with the reason.
func (s *Service) many(ctx context.Context, p account.Principal, refs []Ref, now time.Time, d doing) (Outcome, error) {
	if len(refs) == 0 {
		return Outcome{}, catalog.Refuse(catalog.Invalid, "shelf.none_chosen")
	}
	if len(refs) > maxMany {
		return Outcome{}, catalog.Refuse(catalog.Invalid, "shelf.too_many", "max", strconv.Itoa(maxMany))
	}
	ks, err := s.keeps(ctx, p, d.verb, now, len(refs))
	if err != nil {
		return Outcome{}, err
	}
	ids := make([]uuid.UUID, len(refs))
	saw := make(map[uuid.UUID]Ref, len(refs))
	keeps := make(map[uuid.UUID]kept, len(refs))
	for i, ref := range refs {
		ids[i], saw[ref.ID], keeps[ref.ID] = ref.ID, ref, ks[i]
	}
	var out Outcome
	err = s.db.Write(ctx, func(tx Tx) error {
		out = Outcome{}
		rs, err := tx.Results(ctx, ids)
		if err != nil {
			return err
		}
		twins, err := tx.ResultTwins(ctx, ids)
		if err != nil {
			return err
		}
		cases, err := tx.GateCases(ctx, ids)
		if err != nil {
			return err
		}
		for i := range rs {
			r := &rs[i]
			c := caseOf(cases, r)
			if ref := saw[r.ID]; ref.Version != r.Version || ref.Case != c.Version {
				out.Left = append(out.Left, Left{r.ID, r.Title, catalog.Refuse(catalog.Conflict, "shelf.left.changed")})
				continue
			}
			x := &step{tx: tx, p: p, at: now.UnixMilli(), k: keeps[r.ID], r: r, c: &c}
			err := x.do(ctx, d, Questions(r, twins[r.ID]))
			var no *process.Refusal
			if refusal, ok := errors.AsType[*catalog.Error](err); ok && errors.As(err, &no) {
				out.Left = append(out.Left, Left{r.ID, r.Title, refusal})
				continue
			}
			if err != nil {
				return err
			}
			out.Done++
		}
		return nil
	})
	return out, err
}

// one takes a step with one result, in the versions that were seen: Ref.Seen.
func (s *Service) one(ctx context.Context, p account.Principal, code string, seen int64, d doing) error {
	now := s.now()
	k, err := s.keep(ctx, p, d.verb, now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		r, err := tx.ResultByCode(ctx, code)
		if err != nil {
			return err
		}
		qs, c, err := abouts(ctx, tx, &r)
		if err != nil {
			return err
		}
		if r.Version+c.Version != seen {
			return catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		}
		return (&step{tx: tx, p: p, at: now.UnixMilli(), k: k, r: &r, c: &c}).do(ctx, d, qs)
	})
}

// Move is what an officer does with a result at the gate.
type Move struct {
	Do     process.Action
	On     catalog.Date // of a registration
	Reason string
	Text   string
	Sure   bool
}

// Move moves a result, in the versions that were seen: Ref.Seen. The documents in
// p's form of the step go with it.
func (s *Service) Move(ctx context.Context, p account.Principal, code string, seen int64, m Move) error {
	if err := may(p, account.ListResults); err != nil {
		return err
	}
	if !slices.Contains(Actions(), m.Do) {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	m.Text = catalog.Clean(m.Text)
	switch {
	case s.read.Secret(m.Text):
		return catalog.Refuse(catalog.Invalid, "behalf.fit.secret")
	case catalog.HasPhone(m.Text) || personal(m.Text) != "":
		return catalog.Refuse(catalog.Invalid, "behalf.fit.phone_in_text")
	}
	d := doing{verb: "gate.move", form: true, move: process.Move{Action: m.Do, As: office, Reason: m.Reason, Text: m.Text, Values: map[string]string{}}, facts: process.Facts{}}
	if m.Do == Register || m.Do == Date {
		if m.On.Day == 0 || !m.On.Valid() {
			return catalog.Refuse(catalog.Invalid, "gate.fit.on")
		}
		d.move.Values["on"] = m.On.String()
		d.facts["on"] = strconv.FormatInt(dayBegin(m.On).UnixMilli(), 10)
	}
	if m.Do == Seal && m.Sure {
		d.move.Values["sure"], d.facts["sure"] = process.Yes, "1"
	}
	idle, _, err := s.idleFrom(ctx, m.On)
	if err != nil {
		return err
	}
	d.apply = func(x *step) bool { return x.apply(m, idle) }
	return s.one(ctx, p, code, seen, d)
}

// apply is what a step by form changes.
func (x *step) apply(m Move, idle rules.Deadline) (saved bool) {
	x.c.Reason, x.c.Text = m.Reason, m.Text
	switch m.Do {
	case Disclose:
		x.c.Entered = Who{ID: x.p.ID, Role: x.p.Acting}
		if x.r.State == catalog.ResultDraft {
			x.r.State = catalog.ResultReview
			return true
		}
	case Register, Date:
		x.c.Registered, x.c.IdleAt = m.On, process.NeverDue
		if !idle.At.IsZero() && !used(x.r) {
			x.c.IdleAt, x.c.Rules = idle.At.UnixMilli(), strings.Join(idle.Versions, " ")
		}
		x.due[TimerIdle] = x.c.IdleAt
	case TakeOff:
		x.r.State, x.r.PublicConfirmed = catalog.ResultWithdrawn, false
		return true
	case Relist:
		x.r.State, x.r.PublicConfirmed = catalog.ResultReview, false
		return true
	case Seal:
		blank(x.r)
		x.due[TimerIdle], x.c.IdleAt = process.NeverDue, process.NeverDue
		return true
	}
	return false
}

// SealedTitle is what stands in place of the title of a sealed result.
const SealedTitle = "已封存的成果"

// blank takes everything that a result says out of it: what may be classified is
// not kept here (never-rule 1). Code, people and unit stay, so that somebody can
// be asked on paper.
func blank(r *catalog.Result) {
	*r = catalog.Result{ID: r.ID, Code: r.Code, GivenID: r.GivenID, Kind: r.Kind, Version: r.Version, State: catalog.ResultWithdrawn, Title: SealedTitle,
		Organization: r.Organization, UnitID: r.UnitID, Completers: r.Completers, Unfiled: true, Contact: r.Contact, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// Clear notes that an officer looked at questions and lets them be, for the
// words that stand there.
func (s *Service) Clear(ctx context.Context, p account.Principal, code string, version, caseVersion int64, questions []Code) error {
	if err := may(p, account.ListResults); err != nil {
		return err
	}
	if len(questions) == 0 {
		return catalog.Refuse(catalog.Invalid, "shelf.none_chosen")
	}
	if err := clearable(questions); err != nil {
		return err
	}
	return s.one(ctx, p, code, version+caseVersion, doing{verb: "gate.clear", move: process.Move{Action: Look, As: office}, clear: questions})
}

func clearable(questions []Code) error {
	if slices.ContainsFunc(questions, func(q Code) bool { return !q.Known() || !q.mayClear() }) {
		return catalog.Refuse(catalog.Invalid, "gate.fit.clear")
	}
	return nil
}

// Check is the inner review (内审) of one result, in the versions that were
// seen: p lets questions be and puts it on the shelf, as List.
func (s *Service) Check(ctx context.Context, p account.Principal, code string, version, caseVersion int64, questions []Code, says string) error {
	if err := may(p, account.ListResults); err != nil {
		return err
	}
	if says == "" {
		return catalog.Refuse(catalog.Invalid, "bulk.confirm_required")
	}
	if err := clearable(questions); err != nil {
		return err
	}
	d, err := s.listing(ctx, says)
	if err != nil {
		return err
	}
	d.clear = questions
	return s.one(ctx, p, code, version+caseVersion, d)
}

func join(codes []Code) string {
	out := ""
	for i, c := range codes {
		if i > 0 {
			out += " "
		}
		out += string(c)
	}
	return out
}

// Timeline is what has happened to a result at the gate, the first first, and
// the names of the accounts in it.
func (s *Service) Timeline(ctx context.Context, p account.Principal, caseID uuid.UUID) (es []process.Event, names map[uuid.UUID]string, err error) {
	if err := may(p, account.SeeOffice); err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		if es, err = tx.Events(ctx, caseID); err != nil {
			return err
		}
		names, err = account.Names(ctx, tx.Account, process.Doers(es))
		return err
	})
	return es, names, err
}
