package contact

import (
	"context"
	"strconv"

	"datai/account"
	"datai/process"
)

// fireStep is how many timers are taken at once.
const fireStep = 200

// Fire does what is due: whoever has a case, or the office, is told, and both
// sides are asked how it goes. It returns how many timers it took; of two servers
// one takes each. A clock that was set back makes timers wait, and takes none
// twice: what was done is no timer any more. Before that, what is asked on cases
// follows a setting of the process whose day has come.
func (s *Service) Fire(ctx context.Context) (fired int, err error) {
	if err := s.retask(ctx); err != nil {
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
	return process.Fire(due, func(t process.Alarm) error {
		if t.Timer == "due" {
			return s.late(ctx, t)
		}
		return s.inquire(ctx, t)
	})
}

func (s *Service) late(ctx context.Context, t process.Alarm) error {
	d, err := s.draft(ctx, account.Principal{}, "contact.late")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		c, err := tx.LockCase(ctx, t.Case)
		if err != nil {
			return err
		}
		if err := tx.TakeAlarm(ctx, t); err != nil {
			return err
		}
		taken, err := d.take(c, process.Move{Action: Late, As: []process.Actor{process.Clock}}, process.Facts{"due_at": strconv.FormatInt(t.At, 10)})
		if err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, c.ID, process.Event{At: d.at(), Taken: taken}); err != nil {
			return err
		}
		e := d.entry
		e.Subject, e.Body = c.ID, map[string]string{"code": c.Code, "state": string(c.State)}
		if err := tx.Append(ctx, e); err != nil {
			return err
		}
		told := c.notice("case_late")
		told.Deadline, told.Urgent = c.DueAt, true
		return tell(ctx, tx, told, d.notice[0], d.at())
	})
}
