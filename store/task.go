package store

import (
	"context"

	"datai/inbox"
	"datai/process"

	"github.com/google/uuid"
)

// SetTasks says what is asked on a case from now on, in place of what was asked
// before. The transaction holds the row of the case.
func (tx *Tx) SetTasks(ctx context.Context, caseID uuid.UUID, tasks []process.Task) error {
	if _, err := tx.exec(ctx, "DELETE FROM process_task WHERE case_id = ?", caseID); err != nil {
		return err
	}
	var values []any
	for i, t := range tasks {
		values = append(values, caseID, i+1, t.Kind, t.Code, t.Title, t.Path, string(t.State), t.What, t.Account, t.Role, t.Do, t.DueAt, t.From, t.Under)
	}
	return tx.insert(ctx, "process_task (case_id, n, kind, code, title, path, state, what, account_id, role, permission, due_at, from_id, under)", 14, values)
}

// CasesTaskedOtherwise lists cases of a kind with tasks that were not set under
// that stamp, in the order of their ids and after one of them. It is asked every
// minute and mostly finds nothing, which an index says alone.
func (tx *Tx) CasesTaskedOtherwise(ctx context.Context, kind, under string, after uuid.UUID, limit int) ([]uuid.UUID, error) {
	return tx.ids(ctx, "SELECT DISTINCT case_id FROM process_task WHERE kind = ? AND (under < ? OR under > ?) AND case_id > ? ORDER BY case_id LIMIT ?", kind, under, under, after, limit)
}

// waitingFor narrows tasks to those that wait for somebody.
func (tx *Tx) waitingFor(w inbox.Waiter) *where {
	out := &where{}
	out.add("(account_id = ? OR (account_id = ? AND role = ?))", w.Account, uuid.Nil, w.Role)
	out.add("permission "+tx.db.driver.anyText(), append([]string{""}, w.May...))
	return out
}

// TasksFor returns one page of the tasks that wait for somebody, what is due
// first; the case decides between equal times.
func (tx *Tx) TasksFor(ctx context.Context, who inbox.Waiter, p inbox.TaskPage) ([]process.Task, inbox.TaskPage, error) {
	w := tx.waitingFor(who)
	if p.Case != uuid.Nil {
		w.add("(due_at, case_id, n) > (?, ?, ?)", p.DueAt, p.Case, p.N)
	}
	limit := p.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	var out []process.Task
	var ns []int
	err := tx.each(ctx, func(s scanner) error {
		var t process.Task
		var n int
		err := s.Scan(&t.Case, &n, &t.Kind, &t.Code, &t.Title, &t.Path, &t.State, &t.What, &t.Account, &t.Role, &t.Do, &t.DueAt, &t.From, &t.Under)
		out, ns = append(out, t), append(ns, n)
		return err
	}, "SELECT case_id, n, kind, code, title, path, state, what, account_id, role, permission, due_at, from_id, under FROM process_task"+
		w.String()+" ORDER BY due_at, case_id, n LIMIT ?", append(w.args, limit+1)...)
	if err != nil || len(out) <= limit {
		return out, inbox.TaskPage{}, err
	}
	out = out[:limit]
	last := out[limit-1]
	return out, inbox.TaskPage{DueAt: last.DueAt, Case: last.Case, N: ns[limit-1], Limit: limit}, nil
}

// CountTasks counts what waits for somebody: all of it, what waits for the
// account itself, what is due before soon and what was due before now (unix ms).
func (tx *Tx) CountTasks(ctx context.Context, who inbox.Waiter, now, soon int64) (c inbox.TaskCounts, err error) {
	w := tx.waitingFor(who)
	_, err = tx.one(ctx, []any{&c.All, &c.Own, &c.Overdue, &c.Due},
		`SELECT count(*), coalesce(sum(CASE WHEN account_id = ? THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN due_at < ? THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN due_at >= ? AND due_at < ? THEN 1 ELSE 0 END), 0) FROM process_task`+w.String(),
		append([]any{who.Account, now, now, soon}, w.args...)...)
	return c, err
}

// TasksElsewhere says for whom the cases wait that an account began, apart from
// itself: how many cases, the most first.
func (tx *Tx) TasksElsewhere(ctx context.Context, account uuid.UUID) (n int, by []inbox.Elsewhere, err error) {
	const rest = " FROM process_task WHERE from_id = ? AND account_id <> ?"
	if _, err = tx.one(ctx, []any{&n}, "SELECT count(DISTINCT case_id)"+rest, account, account); err != nil || n == 0 {
		return n, nil, err
	}
	err = tx.each(ctx, func(s scanner) error {
		var e inbox.Elsewhere
		err := s.Scan(&e.Account, &e.Role)
		by = append(by, e)
		return err
	}, "SELECT account_id, role"+rest+" GROUP BY account_id, role ORDER BY count(DISTINCT case_id) DESC, account_id, role LIMIT 5", account, account)
	return n, by, err
}
