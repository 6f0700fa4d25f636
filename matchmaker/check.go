package matchmaker

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Check is a manager's word that a match of a need is right. It holds for the
// versions of both that the manager saw.
type Check struct {
	Need, Result               uuid.UUID
	NeedVersion, ResultVersion int64
	Note                       string // for the office
	By                         uuid.UUID
	Name                       string // of the manager, as it was then
	At                         int64  // unix ms
}

// Checked reports whether a check stands that holds for what the match is now.
func (m Match) Checked() bool { return m.Check != nil && !m.Stale }

const noteMost = 500 // characters of a note

// CheckMatch notes that p has checked a match, as both sides stood in the
// versions given. Conflict if one of them has changed since.
func (s *Service) CheckMatch(ctx context.Context, p account.Principal, need catalog.Need, resultCode string, resultVersion int64, note string) error {
	if !p.May(account.CheckMatches) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if note = catalog.Clean(note); utf8.RuneCountInString(note) > noteMost {
		return catalog.Refuse(catalog.Invalid, "check.note_long", "max", strconv.Itoa(noteMost))
	}
	at := s.now().UnixMilli()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), "check.set", "need")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		r, err := tx.ResultByCode(ctx, strings.TrimSpace(resultCode))
		if err != nil {
			return err
		}
		now, err := tx.Needs(ctx, []uuid.UUID{need.ID})
		if err != nil {
			return err
		}
		if len(now) == 0 || now[0].Version != need.Version || r.Version != resultVersion {
			return catalog.Refuse(catalog.Conflict, "check.changed")
		}
		c := Check{Need: need.ID, Result: r.ID, NeedVersion: need.Version, ResultVersion: r.Version, Note: note, By: p.ID, Name: p.Name, At: at}
		if err := tx.SaveCheck(ctx, c); err != nil {
			return err
		}
		e := entry
		e.Subject = need.ID
		e.Body = map[string]string{"result": r.Code, "need_version": strconv.FormatInt(need.Version, 10), "result_version": strconv.FormatInt(r.Version, 10)}
		return tx.Append(ctx, e)
	})
}

// UncheckMatch takes a check back; the journal keeps that it was there.
func (s *Service) UncheckMatch(ctx context.Context, p account.Principal, need catalog.Need, resultCode string) error {
	if !p.May(account.CheckMatches) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	entry, err := journal.New(s.rand, s.now().UnixMilli(), p.ID, string(p.Acting), "check.lift", "need")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		r, err := tx.ResultByCode(ctx, strings.TrimSpace(resultCode))
		if err != nil {
			return err
		}
		if err := tx.DropCheck(ctx, need.ID, r.ID); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = need.ID, map[string]string{"result": r.Code}
		return tx.Append(ctx, e)
	})
}
