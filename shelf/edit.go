package shelf

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Edited is what an edit did.
type Edited struct {
	Changed   []string // names of the fields, none if nothing changed
	Reconfirm bool     // public words changed: it waits for a new confirmation
}

// EditResult changes a result by hand. change sets the fields on what it is
// given and nothing else; it may be called again. version is what the officer
// saw: if it is another by now, the edit is a Conflict and nothing changes.
// Public words that change must be confirmed once more (never-rule 2).
func (s *Service) EditResult(ctx context.Context, p account.Principal, code string, version int64, change func(*catalog.Result)) (Edited, error) {
	return edit(ctx, s, p, account.ListResults, "change.result", "result", version, editOps[catalog.Result]{
		load: func(tx Tx) (catalog.Result, error) { return tx.ResultByCode(ctx, code) },
		save: Tx.SaveResult, change: change,
		head: func(r *catalog.Result) (uuid.UUID, *int64, *int64) { return r.ID, &r.Version, &r.UpdatedAt },
		check: func(r *catalog.Result) *catalog.Error {
			if r.Title == "" {
				return catalog.Refuse(catalog.Invalid, "shelf.edit.no_title")
			}
			return nil
		},
		sign: func(was, is *catalog.Result, by catalog.By) {
			signed(was.Themes, is.Themes, &is.ThemesBy, by)
			signed(was.Disciplines, is.Disciplines, &is.DisciplinesBy, by)
		},
		public: func(r catalog.Result) any { return r.For(catalog.Public) },
		withdraw: func(r *catalog.Result) bool {
			was := r.PublicConfirmed
			if r.PublicConfirmed = false; r.State.OnShelf() {
				r.State = catalog.ResultReview
			}
			return was
		},
	})
}

// EditNeed changes a need by hand, as EditResult.
func (s *Service) EditNeed(ctx context.Context, p account.Principal, code string, version int64, change func(*catalog.Need)) (Edited, error) {
	return edit(ctx, s, p, account.OpenNeeds, "change.need", "need", version, editOps[catalog.Need]{
		load: func(tx Tx) (catalog.Need, error) { return tx.NeedByCode(ctx, code) },
		save: Tx.SaveNeed, change: change,
		head: func(n *catalog.Need) (uuid.UUID, *int64, *int64) { return n.ID, &n.Version, &n.UpdatedAt },
		check: func(n *catalog.Need) *catalog.Error {
			if n.Title == "" && n.Text == "" {
				return catalog.Refuse(catalog.Invalid, "shelf.edit.no_title")
			}
			return nil
		},
		sign: func(was, is *catalog.Need, by catalog.By) {
			signed(was.Themes, is.Themes, &is.ThemesBy, by)
			signed(was.Disciplines, is.Disciplines, &is.DisciplinesBy, by)
			if was.OwnerName != is.OwnerName {
				is.OwnerID, is.ShowOwner = uuid.Nil, false
			}
		},
		public: func(n catalog.Need) any { return n.For(catalog.Public) },
		withdraw: func(n *catalog.Need) bool {
			was := n.PublicConfirmed || n.Entered.Answer.State == catalog.AnswerConfirmed
			n.Reworded()
			return was
		},
	})
}

// editOps is what an edit needs to know of a kind of thing.
type editOps[T any] struct {
	load     func(Tx) (T, error)
	save     func(Tx, context.Context, T) error
	change   func(*T)
	sign     func(was, is *T, by catalog.By) // notes who gave what is known by its giver
	check    func(*T) *catalog.Error
	head     func(*T) (id uuid.UUID, version, updatedAt *int64)
	public   func(T) any   // as anybody sees it
	withdraw func(*T) bool // takes the confirmation away; whether there was one
}

func edit[T any](ctx context.Context, s *Service, p account.Principal, do account.Permission, verb, kind string, version int64, ops editOps[T]) (Edited, error) {
	if !p.May(do) {
		return Edited{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	at := s.now().UnixMilli()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), verb, kind)
	if err != nil {
		return Edited{}, err
	}
	var out Edited
	err = s.db.Write(ctx, func(tx Tx) error {
		out = Edited{}
		before, err := ops.load(tx)
		if err != nil {
			return err
		}
		after := before
		id, saw, updated := ops.head(&after)
		if *saw != version {
			return catalog.Refuse(catalog.Conflict, "shelf.edit.moved")
		}
		ops.change(&after)
		if refusal := ops.check(&after); refusal != nil {
			return refusal
		}
		if out.Changed, err = differences(before, after); err != nil || len(out.Changed) == 0 {
			return err
		}
		ops.sign(&before, &after, catalog.By{ID: p.ID, Name: p.Name, At: at})
		shown, err := differences(ops.public(before), ops.public(after))
		if err != nil {
			return err
		}
		if len(shown) > 0 {
			out.Reconfirm = ops.withdraw(&after)
		}
		*updated = at
		if err := ops.save(tx, ctx, after); err != nil {
			return err
		}
		if err := tx.MarkEdited(ctx, id, out.Changed, p.Name, at); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = id, map[string]string{"fields": strings.Join(out.Changed, " ")}
		return tx.Append(ctx, e)
	})
	return out, err
}

// signed notes who gave a list by hand; nobody did if it was emptied.
func signed[T comparable](was, is []T, of *catalog.By, by catalog.By) {
	switch {
	case slices.Equal(was, is):
	case len(is) == 0:
		*of = catalog.By{}
	default:
		*of = by
	}
}

// differences are the names of the fields in which two things of one type
// differ.
func differences(a, b any) ([]string, error) {
	x, err := fieldsOf(a)
	if err != nil {
		return nil, err
	}
	y, err := fieldsOf(b)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(x)) {
		if !bytes.Equal(x[name], y[name]) {
			out = append(out, name)
		}
	}
	return out, nil
}

func fieldsOf(thing any) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(thing)
	if err != nil {
		return nil, catalog.Refuse(catalog.Invalid, "error.invalid").Because(err)
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("shelf: fields: %w", err)
	}
	return out, nil
}
