package shelf

import (
	"context"
	"slices"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Needs that were known by the name of their owner alone, and become those of
// an enterprise: never unasked, as two enterprises may have one name.

// linked is a need that was chosen, with the entry that says so.
type linked struct {
	Ref
	entry journal.Entry
}

func (s *Enterprises) linking(p account.Principal, at int64, refs []Ref) ([]linked, error) {
	if len(refs) > MostLinked {
		return nil, catalog.Refuse(catalog.Invalid, "error.form")
	}
	var out []linked
	for _, r := range refs {
		if slices.ContainsFunc(out, func(l linked) bool { return l.ID == r.ID }) {
			continue
		}
		e, err := journal.New(s.rand, at, p.ID, string(p.Acting), "own.link", "need")
		if err != nil {
			return nil, err
		}
		e.Subject = r.ID
		out = append(out, linked{r, e})
	}
	return out, nil
}

// take makes the chosen needs those of party, if each is as it was seen, is
// nobody's and names its owner like one of names.
func take(ctx context.Context, tx EnterpriseTx, party catalog.Party, names []string, chosen []linked, at int64) error {
	like := map[string]bool{}
	for _, name := range names {
		like[catalog.Fold(name)] = true
	}
	ids := make([]uuid.UUID, len(chosen))
	for i, l := range chosen {
		ids[i] = l.ID
	}
	ns, err := tx.Needs(ctx, ids)
	if err != nil {
		return err
	}
	if len(ns) != len(chosen) { // both in the order of ids
		return catalog.Refuse(catalog.Conflict, "enterprise.need_moved")
	}
	for i, n := range ns {
		if n.Version != chosen[i].Version || n.OwnerID != uuid.Nil || !like[catalog.Fold(n.OwnerName)] {
			return catalog.Refuse(catalog.Conflict, "enterprise.need_moved")
		}
		n.OwnerID, n.UpdatedAt = party.ID, at
		if err := tx.SaveNeed(ctx, n); err != nil {
			return err
		}
		e := chosen[i].entry
		e.Body = map[string]string{"code": n.Code, "party": party.Code}
		if err := tx.Append(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// Unlinked are the needs that name an enterprise of the catalogue as their owner
// and are nobody's yet, as they come with a later list, and whether there are
// more of them.
func (s *Enterprises) Unlinked(ctx context.Context, p account.Principal, code string) (party catalog.Party, ns []catalog.Need, more bool, err error) {
	if !p.May(account.ReviewSignUps) {
		return party, nil, false, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	err = s.db.Read(ctx, func(tx EnterpriseTx) error {
		if party, err = enterprise(ctx, tx, code); err != nil {
			return err
		}
		ns, more, err = unlinked(ctx, tx, []string{party.Name})
		return err
	})
	return party, ns, more, err
}

// LinkNeeds makes needs, as they were seen, those of the enterprise with that
// code; a Conflict, and no change at all, if one of them is not any more what
// was seen.
func (s *Enterprises) LinkNeeds(ctx context.Context, p account.Principal, code string, refs []Ref) error {
	if !p.May(account.ReviewSignUps) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	at := s.now().UnixMilli()
	chosen, err := s.linking(p, at, refs)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		return catalog.Refuse(catalog.Invalid, "shelf.none_chosen")
	}
	return s.db.Write(ctx, func(tx EnterpriseTx) error {
		party, err := enterprise(ctx, tx, code)
		if err != nil {
			return err
		}
		return take(ctx, tx, party, []string{party.Name}, chosen, at)
	})
}

func enterprise(ctx context.Context, tx EnterpriseTx, code string) (catalog.Party, error) {
	party, err := tx.PartyByCode(ctx, code)
	if err == nil && party.Kind != catalog.PartyEnterprise {
		err = catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return party, err
}
