package store

import (
	"context"

	"datai/catalog"
	"datai/shelf"

	"github.com/google/uuid"
)

var _ shelf.EnterpriseTx = (*Tx)(nil)

// AddParty adds a party and records the change; Conflict if its key or code is
// taken.
func (tx *Tx) AddParty(ctx context.Context, p catalog.Party) error { return add(ctx, tx, parties, &p) }

// SaveParty writes p as SaveNeed writes a need.
func (tx *Tx) SaveParty(ctx context.Context, p catalog.Party) error {
	return save(ctx, tx, parties, &p)
}

// ownedBy keeps whose need it is, so that it is found by its owner, where that
// is a party that is known.
func (tx *Tx) ownedBy(ctx context.Context, n *catalog.Need) error {
	if n.OwnerID == uuid.Nil {
		return nil
	}
	_, err := tx.exec(ctx, `INSERT INTO party_need (need_id, party_id) SELECT n.id, p.id FROM need AS n, party AS p WHERE n.id = ? AND p.id = ?
		ON CONFLICT (need_id) DO UPDATE SET party_id = excluded.party_id`, n.ID, n.OwnerID)
	return err
}

// NeedsOf are the needs of a party, the last changed first.
func (tx *Tx) NeedsOf(ctx context.Context, party uuid.UUID, limit int) ([]catalog.Need, error) {
	var out []catalog.Need
	err := eachThing(ctx, tx, needs, func(n *catalog.Need) error {
		if n.OwnerID == party { // it may have been another's since
			out = append(out, *n)
		}
		return nil
	}, nil, `SELECT n.id, n.version, n.body, n.contact FROM party_need AS o JOIN need AS n ON n.id = o.need_id
		WHERE o.party_id = ? ORDER BY n.updated_at DESC, n.id LIMIT ?`, party, limit)
	return out, err
}

// NeedsNamed are needs of no known party whose owner is called like one of the
// names, as catalog.Fold compares them, by title.
func (tx *Tx) NeedsNamed(ctx context.Context, names []string, limit int) ([]catalog.Need, error) {
	like := map[string]bool{}
	for _, name := range names {
		like[catalog.Fold(name)] = true
	}
	delete(like, "")
	var written []string // as they stand in lists and messages
	err := tx.each(ctx, func(s scanner) error {
		var owner string
		err := s.Scan(&owner)
		if like[catalog.Fold(owner)] {
			written = append(written, owner)
		}
		return err
	}, `SELECT DISTINCT owner FROM need WHERE owner <> ''`)
	if err != nil || len(written) == 0 {
		return nil, err
	}
	var out []catalog.Need
	err = eachThing(ctx, tx, needs, func(n *catalog.Need) error {
		if n.OwnerID == uuid.Nil && len(out) < limit {
			out = append(out, *n)
		}
		return nil
	}, nil, "SELECT "+rowColumns+" FROM need WHERE owner "+tx.db.driver.anyText()+" ORDER BY sort_key, id", written)
	return out, err
}

// JoinParty makes an account one of a party.
func (tx *Tx) JoinParty(ctx context.Context, accountID, party uuid.UUID) error {
	return tx.insert(ctx, "account_party (account_id, party_id)", 2, []any{accountID, party})
}

// PartyOf is the party of an account, zero if it has none.
func (tx *Tx) PartyOf(ctx context.Context, accountID uuid.UUID) (party uuid.UUID, err error) {
	_, err = tx.one(ctx, []any{&party}, `SELECT party_id FROM account_party WHERE account_id = ?`, accountID)
	return party, err
}

// AddSignUp keeps the sign-up of an enterprise.
func (tx *Tx) AddSignUp(ctx context.Context, u shelf.SignUp) error {
	private, err := tx.sealed(u.Private, u.ID)
	if err != nil {
		return err
	}
	return tx.insert(ctx, "enterprise_sign_up (id, version, state, name, credit_code, created_at, decided_at, decided_by, party_id, account_id, private)", 11,
		[]any{u.ID, u.Version, string(u.State), u.Name, u.CreditCode, u.CreatedAt, u.DecidedAt, u.DecidedBy, u.Party, u.Account, private})
}

// SaveSignUp writes u if its stored version is u.Version and adds one to it.
func (tx *Tx) SaveSignUp(ctx context.Context, u shelf.SignUp) error {
	private, err := tx.sealed(u.Private, u.ID)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `UPDATE enterprise_sign_up SET state = ?, decided_at = ?, decided_by = ?, party_id = ?, account_id = ?, private = ?, version = version + 1
		WHERE id = ? AND version = ?`, string(u.State), u.DecidedAt, u.DecidedBy, u.Party, u.Account, private, u.ID, u.Version)
	if err == nil && n == 0 {
		return conflict()
	}
	return err
}

// SignUp is the sign-up with this id.
func (tx *Tx) SignUp(ctx context.Context, id uuid.UUID) (shelf.SignUp, error) {
	found, err := tx.signUps(ctx, "WHERE id = ?", id)
	if err == nil && len(found) == 0 {
		return shelf.SignUp{}, notFound()
	}
	u, _, err := first(found, err)
	return u, err
}

// SignUps are those in a state, the one that waits longest first.
func (tx *Tx) SignUps(ctx context.Context, state shelf.SignUpState, limit int) ([]shelf.SignUp, error) {
	return tx.signUps(ctx, "WHERE state = ? ORDER BY created_at, id LIMIT ?", string(state), limit)
}

func (tx *Tx) signUps(ctx context.Context, rest string, args ...any) ([]shelf.SignUp, error) {
	var out []shelf.SignUp
	err := tx.each(ctx, func(s scanner) error {
		var u shelf.SignUp
		var state string
		var private []byte
		if err := s.Scan(&u.ID, &u.Version, &state, &u.Name, &u.CreditCode, &u.CreatedAt, &u.DecidedAt, &u.DecidedBy, &u.Party, &u.Account, &private); err != nil {
			return err
		}
		u.State = shelf.SignUpState(state)
		if err := tx.unsealed(private, u.ID, &u.Private); err != nil {
			return err
		}
		out = append(out, u)
		return nil
	}, "SELECT id, version, state, name, credit_code, created_at, decided_at, decided_by, party_id, account_id, private FROM enterprise_sign_up "+rest, args...)
	return out, err
}
