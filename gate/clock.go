package gate

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"
	"datai/rules"

	"github.com/google/uuid"
)

// The two clocks of a result: that of R10, which runs from the registration by
// the rule of the office's region, and the end of its listing. Neither knows of
// the other.

const keyIdle = "exploit-clock"

func dayBegin(d catalog.Date) time.Time {
	return rules.Date(d.Year, time.Month(d.Month), d.Day).Begin()
}

// idleFrom is when the clock runs down that began on a day, the zero Deadline
// where none runs; recorded says whether the region of the office has the rule.
func (s *Service) idleFrom(ctx context.Context, on catalog.Date) (d rules.Deadline, recorded bool, err error) {
	set, err := s.set(ctx, s.now())
	if err != nil {
		return d, false, err
	}
	_, err = set.Rule(keyIdle)
	_, unknown := errors.AsType[*rules.UnknownError](err)
	switch {
	case unknown:
		err = nil
		return d, false, err
	case err != nil || on.IsZero():
		return d, true, err
	}
	d, err = set.Deadline(dayBegin(on), keyIdle)
	return d, true, err
}

// IdleResult is a result with a clock of R10.
type IdleResult struct {
	Case   Case
	Result catalog.Result
}

// IdleAhead is how far ahead lists tell that a clock runs down.
const IdleAhead = 90 * 24 * time.Hour

// Idle lists the results whose clock runs down at a time or before, the first
// first; recorded says whether the region of the office has such a rule at all.
func (s *Service) Idle(ctx context.Context, p account.Principal, within time.Duration, limit int) (list []IdleResult, recorded bool, err error) {
	if err := may(p, account.ListResults); err != nil {
		return nil, false, err
	}
	if _, recorded, err = s.idleFrom(ctx, catalog.Date{}); err != nil {
		return nil, false, err
	}
	at := s.now().Add(within).UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		cs, err := tx.IdleCases(ctx, at, limit)
		if err != nil {
			return err
		}
		ids := make([]uuid.UUID, len(cs))
		for i, c := range cs {
			ids[i] = c.Result
		}
		rs, err := tx.Results(ctx, ids)
		if err != nil {
			return err
		}
		byID := map[uuid.UUID]catalog.Result{}
		for _, r := range rs {
			byID[r.ID] = r
		}
		for _, c := range cs {
			if r := byID[c.Result]; !used(&r) {
				r.Contact = catalog.Contact{}
				list = append(list, IdleResult{c, r})
			}
		}
		return nil
	})
	return list, recorded, err
}

// fireStep is how many timers are taken at once.
const fireStep = 200

// Fire does what is due: a listing that has ended leaves the shelf, the office
// is told of a clock of R10 that has run down. Clocks of results that were
// registered before their rule was known begin to run. It returns how many it
// took; of two servers one takes each.
func (s *Service) Fire(ctx context.Context) (fired int, err error) {
	if err := s.wind(ctx); err != nil {
		return 0, err
	}
	now := s.now()
	var due []process.Alarm
	if err := s.db.Read(ctx, func(tx Tx) (err error) {
		due, err = tx.DueAlarms(ctx, Definition.Kind, now.UnixMilli(), fireStep)
		return err
	}); err != nil {
		return 0, err
	}
	return process.Fire(due, func(t process.Alarm) error { return s.fire(ctx, t, now) })
}

func (s *Service) fire(ctx context.Context, t process.Alarm, now time.Time) error {
	k, err := s.keep(ctx, account.Principal{}, "gate."+t.Timer, now)
	if err != nil {
		return err
	}
	var ids []uuid.UUID
	if t.Timer == timerRemind {
		if ids, err = s.ids(maxSeats); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx Tx) error {
		c, err := tx.LockGateCase(ctx, t.Case)
		if err != nil {
			return err
		}
		if err := tx.TakeAlarm(ctx, t); err != nil {
			return err
		}
		rs, err := tx.Results(ctx, []uuid.UUID{c.Result})
		if err != nil || len(rs) == 0 {
			return err
		}
		x := &step{tx: tx, at: now.UnixMilli(), k: k, r: &rs[0], c: &c}
		switch t.Timer {
		case TimerListing:
			return x.expire(ctx)
		case TimerScores:
			return s.late(ctx, x)
		case timerRemind:
			return x.remind(ctx, ids)
		default:
			return x.idle(ctx)
		}
	})
}

// expire takes a result off the shelf whose listing has ended; one that was
// renewed elsewhere ends later.
func (x *step) expire(ctx context.Context) error {
	if standing(x.c.State, x.r) != Listed || used(x.r) {
		return nil
	}
	if x.r.ExpiresAt == 0 || x.r.ExpiresAt > x.at {
		if x.r.ExpiresAt == 0 {
			return nil
		}
		return x.tx.SetAlarm(ctx, Definition.Kind, process.Alarm{Case: x.c.ID, Timer: TimerListing, At: x.r.ExpiresAt})
	}
	return x.do(ctx, doing{move: process.Move{Action: Expire, As: clock}, apply: func(x *step) bool {
		if x.r.State == catalog.ResultListed {
			x.r.State = catalog.ResultExpired
		}
		x.c.Reason = "expired"
		return x.r.State == catalog.ResultExpired
	}}, nil)
}

// idle tells the office that a year is over. A result that is exploited has no
// such clock.
func (x *step) idle(ctx context.Context) error {
	if used(x.r) || x.c.State == Sealed {
		return nil
	}
	return x.do(ctx, doing{move: process.Move{Action: Idle, As: clock}, tell: func(x *step) (journal.Notice, bool) {
		return journal.Notice{Template: "result_idle", Role: string(account.Officer), Path: "/gate/" + x.r.Code,
			Vars: map[string]string{"code": x.r.Code, "title": x.r.Title}}, true
	}, body: map[string]string{"since": x.c.Registered.String(), "due": strconv.FormatInt(x.c.IdleAt, 10)}}, nil)
}

// wind lets the clocks run of results that were registered before the region of
// the office had the rule.
func (s *Service) wind(ctx context.Context) error {
	if _, recorded, err := s.idleFrom(ctx, catalog.Date{}); err != nil || !recorded {
		return err
	}
	var still []Case
	if err := s.db.Read(ctx, func(tx Tx) (err error) {
		still, err = tx.Unwound(ctx, fireStep)
		return err
	}); err != nil || len(still) == 0 {
		return err
	}
	ends := make([]rules.Deadline, len(still))
	for i, c := range still {
		var err error
		if ends[i], _, err = s.idleFrom(ctx, c.Registered); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx Tx) error {
		for i, was := range still {
			c, err := tx.LockGateCase(ctx, was.ID)
			if err != nil {
				return err
			}
			if c.Version != was.Version {
				continue
			}
			c.IdleAt, c.Rules = ends[i].At.UnixMilli(), strings.Join(ends[i].Versions, " ")
			if err := tx.SaveGateCase(ctx, c); err != nil {
				return err
			}
			if err := tx.SetAlarm(ctx, Definition.Kind, process.Alarm{Case: c.ID, Timer: TimerIdle, At: c.IdleAt}); err != nil {
				return err
			}
		}
		return nil
	})
}
