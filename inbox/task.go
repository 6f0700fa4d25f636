package inbox

import (
	"context"
	"slices"
	"time"

	"datai/account"
	"datai/process"

	"github.com/google/uuid"
)

// Waiter is for whom a task may wait: an account that acts in a role.
type Waiter struct {
	Account uuid.UUID
	Role    string
	May     []string // the permissions of the role
}

// TaskPage is where a list of tasks goes on; the zero TaskPage is its beginning.
type TaskPage struct {
	DueAt int64
	Case  uuid.UUID
	N     int
	Limit int
}

// TaskCounts are how many tasks wait for somebody.
type TaskCounts struct {
	All     int
	Own     int // for the account itself, not for whoever has the role
	Due     int // until the end of the day
	Overdue int
}

// Elsewhere is for whom a case waits that somebody else began.
type Elsewhere struct {
	Account uuid.UUID // zero: for whoever acts in Role
	Role    string
	Name    string // of the account's unit, or its own
}

// Todo is what waits for somebody.
type Todo struct {
	List   []process.Task
	Counts TaskCounts
	Next   TaskPage // Limit 0: no more
	// Elsewhere says for whom the cases wait that the viewer began and that wait
	// for others, and how many they are; only where nothing waits for the viewer.
	Begun     int
	Elsewhere []Elsewhere
}

// Todo is one page of what is asked of p over all processes, what is due first.
// What waits for a role waits for p only while p acts in it.
func (s *Service) Todo(ctx context.Context, p account.Principal, page TaskPage) (t Todo, err error) {
	if err := own(p); err != nil {
		return Todo{}, err
	}
	who := Waiter{Account: p.ID, Role: string(p.Acting)}
	for _, do := range account.Permissions() {
		if p.May(do) {
			who.May = append(who.May, string(do))
		}
	}
	now := s.now()
	y, m, d := now.Date()
	midnight := time.Date(y, m, d+1, 0, 0, 0, 0, now.Location())
	err = s.db.Read(ctx, func(tx Tx) error {
		t = Todo{}
		if t.List, t.Next, err = tx.TasksFor(ctx, who, page); err != nil {
			return err
		}
		if t.Counts, err = tx.CountTasks(ctx, who, now.UnixMilli(), midnight.UnixMilli()); err != nil || t.Counts.All > 0 {
			return err
		}
		if t.Begun, t.Elsewhere, err = tx.TasksElsewhere(ctx, p.ID); err != nil {
			return err
		}
		return nameElsewhere(ctx, tx, t.Elsewhere)
	})
	t.List = slices.Clip(t.List)
	return t, err
}

func nameElsewhere(ctx context.Context, tx Tx, by []Elsewhere) error {
	for i, e := range by {
		if e.Account == uuid.Nil {
			continue
		}
		a, _, err := tx.Account(ctx, e.Account)
		if err != nil {
			return err
		}
		if by[i].Name = a.Unit; a.Unit == "" {
			by[i].Name = a.Name
		}
	}
	return nil
}
