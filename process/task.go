package process

import "github.com/google/uuid"

// Task is something that somebody is asked to do on a case (待办). A capability
// sets the tasks of a case in the transaction of every step, so that the list
// of what waits for somebody is never behind the cases.
type Task struct {
	Kind  string // of the process
	Case  uuid.UUID
	Code  string // of the case
	Title string // what the case is about; it is stored as it is
	Path  string // of the page where it is done
	State State  // in which the case stands
	What  string // is asked: the message "todo.<kind>.<what>"
	// Account is for whom it waits; zero: for whoever acts in Role. One of the two
	// is set.
	Account uuid.UUID
	Role    string
	// Do is the permission without which an account does not see it, "" if none is
	// needed: who has several roles sees nothing of the office as an administrator.
	Do    string
	DueAt int64     // unix ms, NeverDue if nothing is
	From  uuid.UUID // the account that began the case, zero if it was somebody without
	// Under is the Stamp of the definition by which it was decided who is asked, ""
	// where no setting decides that.
	Under string
}

// Overdue reports whether it should have been done before now (unix ms).
func (t Task) Overdue(now int64) bool { return t.DueAt < now }
