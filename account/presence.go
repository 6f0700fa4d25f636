package account

import (
	"context"
	"slices"
	"strconv"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// PresenceSetup is where a source lists who is there.
type PresenceSetup struct {
	Address string `json:"address,omitempty"` // answers with the list; "" if there is none
	Minutes int    `json:"minutes,omitempty"` // between two readings
	Part    int    `json:"part,omitempty"`    // of the accounts, in percent, that one list may put out unasked
}

// Bounds of the setup of a presence, and what counts where nothing is said.
const (
	PresenceMinutes     = 60
	PresencePart        = 10
	presenceMinutesMost = 7 * 24 * 60
	// presenceUnasked is how many a list may always put out: of few people one is
	// already a tenth.
	presenceUnasked = 5
)

func (r *PresenceSetup) fit() error {
	if r.Address = catalog.Clean(r.Address); r.Address == "" {
		*r = PresenceSetup{}
		return nil
	}
	switch {
	case !reachable(r.Address, true):
		return catalog.Refuse(catalog.Invalid, "sources.bad.presence")
	case r.Minutes < 5 || r.Minutes > presenceMinutesMost:
		return catalog.Refuse(catalog.Invalid, "sources.bad.minutes")
	case r.Part < 1 || r.Part > 100:
		return catalog.Refuse(catalog.Invalid, "sources.bad.part")
	}
	return nil
}

// Member is a line of a list of people.
type Member struct {
	Number string
	Left   bool
}

// Holder is somebody who has numbers.
type Holder struct {
	AccountID uuid.UUID
	Linked    bool  // has come in by the source
	Listed    []int // which of the numbers that were asked for are theirs
}

// PresenceState is what became of a list.
type PresenceState string

// States of a list.
const (
	PresenceDone    PresenceState = "done"
	PresenceStopped PresenceState = "stopped" // it would put out too many: an administrator is asked
	PresenceFailed  PresenceState = "failed"  // it could not be had or read
)

// Presence is what became of the last list of people of a source.
type Presence struct {
	SourceID uuid.UUID
	Due      int64 // unix ms: the next reading
	ReadAt   int64 // unix ms, 0 = never
	State    PresenceState
	Listed   int // numbers on the list
	Total    int // accounts that it is about
	Gone     int // of these, who left
	Allowed  int // how many may go once, by an administrator's word
}

// PresenceOf is what became of the last list of the source of that name.
func (s *Service) PresenceOf(ctx context.Context, p Principal, name string) (r Presence, err error) {
	if !p.May(ManageSources) {
		return Presence{}, ErrForbidden
	}
	src, err := s.Source(ctx, name)
	if err != nil {
		return Presence{}, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		r, err = tx.Presence(ctx, src.ID)
		return err
	})
	return r, err
}

// AllowLeavers lets the next list of a source, which is due at once, put out as
// many as the stopped one would have, and no more.
func (s *Service) AllowLeavers(ctx context.Context, p Principal, name string, many int) error {
	if !p.May(ManageSources) {
		return ErrForbidden
	}
	src, err := s.Source(ctx, name)
	if err != nil {
		return err
	}
	now := s.now()
	entry, err := s.entry(p, now, "source.allow_leavers")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		r, err := tx.Presence(ctx, src.ID)
		if err != nil {
			return err
		}
		if r.State != PresenceStopped || r.Gone != many {
			return catalog.Refuse(catalog.Conflict, "sources.presence_changed")
		}
		r.Allowed, r.Due = many, now.UnixMilli()
		if err := tx.SetPresence(ctx, r); err != nil {
			return err
		}
		e := entry
		e.Kind, e.Subject, e.Body = "source", src.ID, map[string]string{"count": strconv.Itoa(many)}
		return tx.Append(ctx, e)
	})
}

// DuePresence takes a source whose list is due, and makes the next one due after
// its interval; ok is false if there is none. Of several servers one takes it.
func (s *Service) DuePresence(ctx context.Context) (src Source, ok bool, err error) {
	var list []Source
	if err := s.db.Read(ctx, func(tx Tx) error {
		list, err = tx.Sources(ctx)
		return err
	}); err != nil {
		return Source{}, false, err
	}
	now := s.now().UnixMilli()
	for _, src := range list {
		if src.Disabled || src.Presence.Address == "" {
			continue
		}
		due := false
		if err := s.db.Read(ctx, func(tx Tx) error {
			r, err := tx.Presence(ctx, src.ID)
			due = r.Due <= now
			return err
		}); err != nil || !due {
			if err != nil {
				return Source{}, false, err
			}
			continue
		}
		if err := s.db.Write(ctx, func(tx Tx) error {
			ok, err = tx.TakePresence(ctx, src.ID, now, now+int64(src.Presence.Minutes)*60_000)
			return err
		}); err != nil || ok {
			return src, ok, err
		}
	}
	return Source{}, false, nil
}

// FailPresence keeps that the list of a source could not be had or read. Nobody
// is put out for it.
func (s *Service) FailPresence(ctx context.Context, src Source) error {
	now := s.now().UnixMilli()
	return s.db.Write(ctx, func(tx Tx) error {
		r, err := tx.Presence(ctx, src.ID)
		if err != nil {
			return err
		}
		r.State, r.ReadAt = PresenceFailed, now
		return tx.SetPresence(ctx, r)
	})
}

// leavers are the accounts that a list puts out: those of whose numbers it has
// none as still there. It is about whoever came in by the source and whoever has
// a number on it; a number of somebody who left the one and stays in the other
// (a student who became a teacher) keeps them.
func leavers(ctx context.Context, tx Tx, src Source, numbers []string, left []bool) (gone []uuid.UUID, total int, err error) {
	all, err := tx.Holders(ctx, src.Provider(), numbers)
	if err != nil {
		return nil, 0, err
	}
	for _, h := range all {
		if !h.Linked && len(h.Listed) == 0 {
			continue
		}
		total++
		if !slices.ContainsFunc(h.Listed, func(i int) bool { return !left[i] }) {
			gone = append(gone, h.AccountID)
		}
	}
	return gone, total, nil
}

// ApplyPresence puts out who is no longer on the list of a source: the account is
// disabled and what is open by it is over at once. A list that would put out
// more than it may, or that is empty, changes nothing, and the security
// administrators are told. With dry nothing is changed nor kept at all.
func (s *Service) ApplyPresence(ctx context.Context, src Source, members []Member, dry bool) (r Presence, err error) {
	var numbers []string
	var left []bool
	at := map[string]int{}
	for _, m := range members {
		n, err := Canonical(ByNumber, m.Number)
		if err != nil {
			return Presence{}, err
		}
		if i, twice := at[n]; twice { // there in one line is there
			left[i] = left[i] && m.Left
			continue
		}
		at[n] = len(numbers)
		numbers, left = append(numbers, n), append(left, m.Left)
	}
	var gone []uuid.UUID
	if err := s.db.Read(ctx, func(tx Tx) error {
		if r, err = tx.Presence(ctx, src.ID); err != nil {
			return err
		}
		gone, r.Total, err = leavers(ctx, tx, src, numbers, left)
		return err
	}); err != nil {
		return Presence{}, err
	}
	was := r.State
	now := s.now()
	r.ReadAt, r.Listed, r.Gone, r.State = now.UnixMilli(), len(numbers), len(gone), PresenceDone
	most := max(presenceUnasked, r.Total*src.Presence.Part/100, r.Allowed)
	if len(gone) > most || len(numbers) == 0 {
		r.State = PresenceStopped
	}
	if dry {
		return r, nil
	}
	told, err := s.presenceNotice(src, r)
	if err != nil {
		return Presence{}, err
	}
	entries := make([]journal.Entry, len(gone))
	for i := range entries {
		if entries[i], err = s.entry(Nobody(), now, "account.leave"); err != nil {
			return Presence{}, err
		}
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		if r.State == PresenceStopped {
			if was != PresenceStopped { // once, not at every reading
				if err := tx.EnqueueMessage(ctx, told); err != nil {
					return err
				}
			}
			return tx.SetPresence(ctx, r)
		}
		again, _, err := leavers(ctx, tx, src, numbers, left)
		if err != nil {
			return err
		}
		done := r
		done.Allowed = 0
		for _, id := range again {
			i := slices.Index(gone, id)
			if i < 0 {
				continue // left since the list was looked at; the next one has them
			}
			if err := s.putOut(ctx, tx, id, now.UnixMilli(), entries[i]); err != nil {
				return err
			}
		}
		return tx.SetPresence(ctx, done)
	})
	return r, err
}

// putOut disables an account and ends what is open by it. The last system
// administrator stays.
func (s *Service) putOut(ctx context.Context, tx Tx, id uuid.UUID, at int64, e journal.Entry) error {
	a, ok, err := tx.Account(ctx, id)
	if err != nil || !ok || a.Disabled {
		return err
	}
	if may, err := mayGo(ctx, tx, a, at); err != nil || !may {
		return err
	}
	a.Disabled = true
	if err := tx.SaveAccount(ctx, a); err != nil {
		return err
	}
	if err := endAll(ctx, tx, id, at); err != nil {
		return err
	}
	e.Actor, e.Subject = uuid.Nil, id
	return tx.Append(ctx, e)
}

// presenceNotice tells the security administrators that a list was stopped.
func (s *Service) presenceNotice(src Source, r Presence) (journal.Message, error) {
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return journal.Message{}, err
	}
	return journal.Notice{Template: "presence_stopped", Role: string(Security), Path: "/sign-in-sources/" + src.Name, Urgent: true,
		Vars: map[string]string{"source": src.Title, "n": strconv.Itoa(r.Gone), "total": strconv.Itoa(r.Total)}}.Message(id, s.now().UnixMilli())
}
