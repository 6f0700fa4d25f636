package account

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Category is what a list has somebody for.
type Category string

// Categories.
const (
	Staff    Category = "staff"
	Students Category = "students"
)

// Categories lists them in a stable order.
func Categories() []Category { return []Category{Staff, Students} }

// role is what everybody of a category is.
func (c Category) role() Role {
	if c == Students {
		return Student
	}
	return Professor
}

// Listed is one row of a list of staff or students. Two rows of one name are two
// people; the number tells them apart.
type Listed struct {
	Row      int
	Number   string // of staff or student
	Other    string // another number that the same person has or had, "" if none
	Name     string
	Unit     string
	Category Category
	Email    string
	Phone    string
	Left     bool  // the list says that the person has left
	EndsAt   int64 // unix ms, 0 = no day
	Says     Says
	// Column and Refusal say why the row cannot be used, nil if it can.
	Column  string
	Refusal *catalog.Error
	// Cells is the row as its file has it, so that one that is refused can be
	// given back; nil if nothing of it may be kept.
	Cells []string
}

// Says tells which columns the list has: what it has no column for stays as it
// is.
type Says struct{ Unit, Email, Phone, Ends bool }

// Fate is what becomes of a row.
type Fate string

// Fates.
const (
	FateNew       Fate = "new"
	FateChanged   Fate = "changed"
	FateUnchanged Fate = "unchanged"
	FateLeft      Fate = "left" // has left by the list's own word: lets nobody in any more
	FateRefused   Fate = "refused"
)

// Enrolment is a number of an account as the last list said.
type Enrolment struct {
	ID           uuid.UUID // of the identity with the number
	AccountID    uuid.UUID
	Category     Category
	Unit         string
	Email, Phone uuid.UUID // of the identities that came with it, zero if none did
	EndsAt       int64
	LeftAt       int64 // unix ms, 0 = is here
}

// Leaver is somebody whom a full list does not have any more.
type Leaver struct {
	Enrolment
	Name, Number string
}

// Outcome is what a list did, or would do.
type Outcome struct {
	Fates    map[Fate]int
	Refused  []Listed
	Leavers  []Leaver // who is missing, by name; Disabled of them are so by now
	Disabled int
	Waiting  int // numbers and addresses that wait for somebody to vouch for them: see Identity.Counts
}

// RosterOptions say how a list is taken.
type RosterOptions struct {
	DryRun  bool
	Full    bool // it has everybody of its categories: who is missing has left
	Disable bool // and lets nobody in any more
}

// rosterChunk is how many rows one transaction writes: others write in between.
const rosterChunk = 200

// Roster takes a list of staff or students. Every row is a transaction's part of
// its own: one that is refused changes nothing and stops no other. With DryRun
// nothing is changed at all.
func (s *Service) Roster(ctx context.Context, p Principal, rows iter.Seq2[Listed, error], o RosterOptions) (Outcome, error) {
	out := Outcome{Fates: map[Fate]int{}}
	if !p.May(ManageAccounts) {
		return out, ErrForbidden
	}
	var all []Listed // a list has tens of thousands of rows
	for row, err := range rows {
		if err != nil {
			return out, err
		}
		all = append(all, row)
	}
	seen, categories := map[string]int{}, map[Category]bool{}
	for i := range all {
		all[i].fit(seen)
		if all[i].Number != "" {
			categories[all[i].Category] = true
		}
	}
	for chunk := range slices.Chunk(all, rosterChunk) {
		if err := s.takeRows(ctx, p, chunk, seen, o.DryRun, &out); err != nil {
			return out, err
		}
	}
	if !o.Full {
		return out, nil
	}
	if len(out.Refused) > 0 && o.Disable && !o.DryRun {
		return out, catalog.Refuse(catalog.Conflict, "roster.mend_first", "n", fmt.Sprint(len(out.Refused)))
	}
	return out, s.leave(ctx, p, seen, categories, o, &out)
}

// fit cleans a row and refuses what cannot be one; seen are the numbers,
// addresses and phones of the rows before it.
func (l *Listed) fit(seen map[string]int) {
	refuse := func(column, key string, pairs ...string) {
		if l.Refusal == nil {
			l.Column, l.Refusal = column, catalog.Refuse(catalog.Invalid, key, pairs...)
		}
	}
	value := func(p Provider, column string, to *string) {
		if *to == "" {
			return
		}
		v, err := Canonical(p, *to)
		if e, ok := errors.AsType[*catalog.Error](err); ok {
			refuse(column, e.Key)
			return
		}
		*to = v
	}
	value(ByNumber, "number", &l.Number)
	value(ByNumber, "other", &l.Other)
	if l.Refusal == nil && l.Number == "" {
		refuse("number", "roster.no_number")
	}
	if l.Number != "" {
		if before := seen[string(ByNumber)+l.Number]; before > 0 {
			refuse("number", "roster.twice", "row", fmt.Sprint(before))
		} else {
			seen[string(ByNumber)+l.Number] = l.Row
		}
	}
	if l.Refusal != nil {
		return
	}
	name, err := fitName(l.Name)
	if err != nil {
		refuse("name", "roster.no_name")
	}
	l.Name, l.Unit = name, catalog.CleanLine(l.Unit)
	value(ByEmail, "email", &l.Email)
	value(ByPhone, "phone", &l.Phone)
	for _, x := range []struct{ column, value string }{{"email", l.Email}, {"phone", l.Phone}} {
		if x.value == "" || l.Refusal != nil {
			continue
		}
		if before := seen[x.column+x.value]; before > 0 {
			refuse(x.column, "roster.shared", "row", fmt.Sprint(before))
		} else {
			seen[x.column+x.value] = l.Row
		}
	}
}

// draw makes what a row may need: a transaction draws nothing.
type draw struct {
	account, number, email, phone, message, conflict uuid.UUID
	entry                                            journal.Entry
}

func (s *Service) draw(p Principal) (d draw, err error) {
	for _, id := range []*uuid.UUID{&d.account, &d.number, &d.email, &d.phone, &d.message, &d.conflict} {
		if *id, err = uuid.NewV7FromReader(s.rand); err != nil {
			return d, err
		}
	}
	d.entry, err = s.entry(p, s.now(), "account.leave")
	return d, err
}

// errDry ends a transaction whose changes are not meant.
var errDry = errors.New("account: dry run")

// takeRows takes rows in one transaction with one entry; seen are the numbers
// of the whole list.
func (s *Service) takeRows(ctx context.Context, p Principal, rows []Listed, seen map[string]int, dry bool, out *Outcome) error {
	together, err := s.entry(p, s.now(), "account.enrol")
	if err != nil {
		return err
	}
	draws := make([]draw, len(rows))
	for i := range draws {
		if draws[i], err = s.draw(p); err != nil {
			return err
		}
	}
	at := s.now().UnixMilli()
	fates := make([]Fate, len(rows))
	refusals := make([]Listed, len(rows))
	waiting := 0
	err = s.db.Write(ctx, func(tx Tx) error {
		counts := map[Fate]int{}
		waiting = 0
		for i, row := range rows {
			refusals[i] = row
			if row.Refusal != nil {
				fates[i] = FateRefused
				continue
			}
			r := roster{tx: tx, p: p, at: at, draw: draws[i], row: row}
			if dry {
				r.before = seen
			}
			fate, err := r.take(ctx)
			if e, ok := errors.AsType[*catalog.Error](err); ok && r.column != "" {
				refusals[i].Column, refusals[i].Refusal = r.column, e
				fate = FateRefused
			} else if err != nil {
				return err
			}
			fates[i] = fate
			counts[fate]++
			waiting += r.waiting
		}
		if dry {
			return errDry
		}
		if counts[FateNew]+counts[FateChanged] == 0 {
			return nil
		}
		e := together
		e.Body = map[string]string{"new": fmt.Sprint(counts[FateNew]), "changed": fmt.Sprint(counts[FateChanged]), "waiting": fmt.Sprint(waiting)}
		return tx.Append(ctx, e)
	})
	if err != nil && !errors.Is(err, errDry) {
		return err
	}
	out.Waiting += waiting
	for i, f := range fates {
		out.Fates[f]++
		if f == FateRefused {
			out.Refused = append(out.Refused, refusals[i])
		}
	}
	return nil
}

// leave names who of the categories is not among the numbers seen, and lets
// nobody in by them any more if that is asked for.
func (s *Service) leave(ctx context.Context, p Principal, seen map[string]int, categories map[Category]bool, o RosterOptions, out *Outcome) error {
	err := s.db.Read(ctx, func(tx Tx) error {
		out.Leavers = nil
		return tx.EachEnrolled(ctx, func(l Leaver) error {
			if categories[l.Category] && l.LeftAt == 0 && seen[string(ByNumber)+l.Number] == 0 {
				out.Leavers = append(out.Leavers, l)
			}
			return nil
		})
	})
	if err != nil || !o.Disable || o.DryRun {
		return err
	}
	for _, l := range out.Leavers {
		disabled, err := s.gone(ctx, p, l)
		if err != nil {
			return err
		}
		if disabled {
			out.Disabled++
		}
	}
	return nil
}

// gone ends an enrolment, and the account with it if it has no other. An account
// that must stay (the own one, the last administrator) stays.
func (s *Service) gone(ctx context.Context, p Principal, l Leaver) (disabled bool, err error) {
	now := s.now()
	entry, err := s.entry(p, now, "account.leave")
	if err != nil {
		return false, err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		disabled = false
		ens, err := tx.Enrolments(ctx, l.AccountID)
		if err != nil {
			return err
		}
		a, err := mustHave(tx.Account(ctx, l.AccountID))
		if err != nil {
			return err
		}
		here := false
		for i := range ens {
			if ens[i].ID == l.ID {
				ens[i].LeftAt = now.UnixMilli()
				if err := tx.SaveEnrolment(ctx, ens[i]); err != nil {
					return err
				}
			}
			here = here || ens[i].LeftAt == 0
		}
		a.EndsAt = endOf(ens)
		if !here && !a.Disabled && a.ID != p.ID {
			if disabled, err = mayGo(ctx, tx, a, now.UnixMilli()); err != nil {
				return err
			}
		}
		if disabled {
			a.Disabled = true
			if err := endAll(ctx, tx, a.ID, now.UnixMilli()); err != nil {
				return err
			}
		}
		if err := tx.SaveAccount(ctx, a); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = a.ID, map[string]string{"category": string(l.Category)}
		return tx.Append(ctx, e)
	})
	return disabled, err
}
