package matchmaker

import (
	"context"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Todo is a match that somebody called unfit for a reason that is work for the
// office.
type Todo struct {
	Feedback
	Result     catalog.Result
	Title      string // of the need
	Code       string // of the need
	Who        string // who said so, "" if the account is gone
	FinishedBy string
}

const tasksMost = 200

// Tasks are the open tasks of the office or the done ones, the latest first, at
// most 200.
func (s *Service) Tasks(ctx context.Context, p account.Principal, done bool) ([]Todo, error) {
	if !p.May(account.GiveFeedback) {
		return nil, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	var out []Todo
	err := s.db.Read(ctx, func(tx Tx) error {
		said, err := tx.Tasks(ctx, done, tasksMost)
		if err != nil {
			return err
		}
		var needIDs, resultIDs []uuid.UUID
		for _, f := range said {
			needIDs, resultIDs = append(needIDs, f.Need), append(resultIDs, f.Result)
		}
		needs, err := byID(ctx, tx.Needs, needIDs, func(n *catalog.Need) uuid.UUID { return n.ID })
		if err != nil {
			return err
		}
		results, err := byID(ctx, tx.Results, resultIDs, func(r *catalog.Result) uuid.UUID { return r.ID })
		if err != nil {
			return err
		}
		names := names{}
		for _, f := range said {
			n, r := needs[f.Need.String()], results[f.Result.String()]
			if n == nil || r == nil {
				continue
			}
			r.Contact = catalog.Contact{}
			t := Todo{Feedback: f, Result: *r, Code: n.Code, Title: n.Title}
			if t.Who, err = names.of(ctx, tx, f.By); err != nil {
				return err
			}
			if t.FinishedBy, err = names.of(ctx, tx, f.DoneBy); err != nil {
				return err
			}
			out = append(out, t)
		}
		return nil
	})
	return out, err
}

// names remembers what accounts are called.
type names map[uuid.UUID]string

func (n names) of(ctx context.Context, tx Tx, id uuid.UUID) (string, error) {
	if name, ok := n[id]; ok || id == uuid.Nil {
		return name, nil
	}
	a, _, err := tx.Account(ctx, id)
	n[id] = a.Name
	return a.Name, err
}

// FinishTask closes a task, or with done false opens it again.
func (s *Service) FinishTask(ctx context.Context, p account.Principal, id uuid.UUID, done bool) error {
	if !p.May(account.GiveFeedback) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now, at, verb := s.now().UnixMilli(), int64(0), "task.reopen"
	if done {
		at, verb = now, "task.done"
	}
	entry, err := journal.New(s.rand, now, p.ID, string(p.Acting), verb, "feedback")
	if err != nil {
		return err
	}
	entry.Subject = id
	return s.db.Write(ctx, func(tx Tx) error {
		if err := tx.FinishTask(ctx, id, p.ID, at); err != nil {
			return err
		}
		return tx.Append(ctx, entry)
	})
}
