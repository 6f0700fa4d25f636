package shelf

import (
	"context"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// What an enterprise does with its own needs.

const mostOwn = 500

// own is the party for which p may act.
func own(ctx context.Context, tx EnterpriseTx, p account.Principal) (catalog.Party, error) {
	if !p.MayWith(account.OwnNeeds, account.Own) {
		return catalog.Party{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	id, err := tx.PartyOf(ctx, p.ID)
	if err != nil {
		return catalog.Party{}, err
	}
	parties, err := tx.Parties(ctx, []uuid.UUID{id})
	if err == nil && len(parties) != 1 {
		err = catalog.Refuse(catalog.Forbidden, "enterprise.no_party")
	}
	if err != nil {
		return catalog.Party{}, err
	}
	return parties[0], nil
}

// Own are the needs of p's enterprise in every state, the last changed first.
func (s *Enterprises) Own(ctx context.Context, p account.Principal) (party catalog.Party, ns []catalog.Need, err error) {
	err = s.db.Read(ctx, func(tx EnterpriseTx) error {
		if party, err = own(ctx, tx, p); err != nil {
			return err
		}
		ns, err = tx.NeedsOf(ctx, party.ID, mostOwn)
		return err
	})
	for i := range ns {
		ns[i].Contact = ns[i].Contact.Masked()
		ns[i] = ns[i].For(catalog.Concerned)
	}
	return party.For(catalog.Concerned), ns, err
}

// Post is a need that an enterprise enters itself: it goes to review.
func (s *Enterprises) Post(ctx context.Context, p account.Principal, r Reply, contact Form) (catalog.Need, error) {
	now := s.now()
	f := Form{Owner: "-", Title: r.Title, Text: r.Text, Indicators: r.Indicators, Budget: r.Budget, Until: r.Until,
		Contact: contact.Contact, Phone: contact.Phone}.clean()
	for _, text := range f.texts() {
		if utf8.RuneCountInString(text) > MostMessage {
			return catalog.Need{}, catalog.Refuse(catalog.Invalid, "behalf.fit.long", "most", "20000")
		}
		if s.read.Secret(text) {
			return catalog.Need{}, catalog.Refuse(catalog.Invalid, "behalf.fit.secret")
		}
	}
	if err := f.fit(now); err != nil {
		return catalog.Need{}, err
	}
	if !r.Public || r.Consent == "" {
		return catalog.Need{}, catalog.Refuse(catalog.Invalid, "enterprise.fit.public")
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return catalog.Need{}, err
	}
	entry, err := journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), "own.post", "need")
	if err != nil {
		return catalog.Need{}, err
	}
	n := s.read.need(f)
	n.ID, n.Code, n.State, n.CreatedAt, n.UpdatedAt = id, catalog.ShortCode("N", id), catalog.NeedReview, now.UnixMilli(), now.UnixMilli()
	n.Entered = catalog.Entered{By: catalog.By{ID: p.ID, Name: p.Name, At: now.UnixMilli()}, Role: string(p.Acting),
		Answer: catalog.Answer{State: catalog.AnswerConfirmed, At: now.UnixMilli(), Consent: r.Consent}}
	n.ShowOwner = r.ShowOwner
	err = s.db.Write(ctx, func(tx EnterpriseTx) error {
		party, err := own(ctx, tx, p)
		if err != nil {
			return err
		}
		need := n
		need.OwnerID, need.OwnerName = party.ID, party.Name
		if err := tx.AddNeed(ctx, need); err != nil {
			if catalog.CodeOf(err) == catalog.Conflict {
				err = catalog.Refuse(catalog.Conflict, "behalf.same", "title", need.Title).Because(err)
			}
			return err
		}
		e := entry
		e.Subject, e.Body = need.ID, map[string]string{"code": need.Code}
		return tx.Append(ctx, e)
	})
	return n, err
}

// TakeBack withdraws a need of p's enterprise, in the version that was seen.
func (s *Enterprises) TakeBack(ctx context.Context, p account.Principal, code string, version int64) error {
	at := s.now().UnixMilli()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), "own.take_back", "need")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx EnterpriseTx) error {
		party, err := own(ctx, tx, p)
		if err != nil {
			return err
		}
		n, err := tx.NeedByCode(ctx, code)
		switch {
		case err != nil:
			return err
		case n.OwnerID != party.ID:
			return catalog.Refuse(catalog.NotFound, "error.not_found")
		case n.Version != version:
			return catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		case n.State == catalog.NeedWithdrawn || n.State == catalog.NeedSolved:
			return catalog.Refuse(catalog.Conflict, "shelf.left.state")
		}
		n.State, n.PublicConfirmed, n.UpdatedAt = catalog.NeedWithdrawn, false, at
		if err := tx.SaveNeed(ctx, n); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = n.ID, map[string]string{"code": n.Code}
		return tx.Append(ctx, e)
	})
}
