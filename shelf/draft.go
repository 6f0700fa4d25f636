package shelf

import (
	"context"
	"slices"
	"strconv"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"

	"github.com/google/uuid"
)

// Draft is a proxy entry that is not yet a need. Only who began it sees it; it
// is kept encrypted, and forgotten when nobody has touched it for the term
// of "keep-drafts".
type Draft struct {
	ID        uuid.UUID
	Version   int64
	Account   uuid.UUID
	CreatedAt int64  // unix ms
	UpdatedAt int64  // unix ms
	Need      string // code of the need that became of it; the form is empty then
	Form      Form
}

// Most is how long the fields of a proxy entry may be, in characters.
const (
	MostMessage = 20_000
	MostTitle   = 200
	MostName    = 40
	MostOwner   = 80
	MostLine    = 200
	mostDrafts  = 200 // of one account
)

// Paste begins a draft with what is read out of a message. A message that says
// that it is classified is refused and kept nowhere.
func (s *Proxy) Paste(ctx context.Context, p account.Principal, text string) (Draft, error) {
	if !p.May(account.EnterForOthers) {
		return Draft{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	f, err := s.ReadText(text)
	if err != nil {
		return Draft{}, err
	}
	return s.begin(ctx, p, []Form{f})
}

// ReadText is what is read out of a message.
func (s *Proxy) ReadText(text string) (Form, error) {
	text = catalog.Clean(text)
	switch {
	case text == "":
		return Form{}, catalog.Refuse(catalog.Invalid, "behalf.fit.empty")
	case utf8.RuneCountInString(text) > MostMessage:
		return Form{}, catalog.Refuse(catalog.Invalid, "behalf.fit.long", "most", strconv.Itoa(MostMessage))
	case s.read.Secret(text):
		return Form{}, catalog.Refuse(catalog.Invalid, "behalf.fit.secret")
	}
	return s.read.Message(text, s.now()), nil
}

// begin keeps new drafts and returns the first.
func (s *Proxy) begin(ctx context.Context, p account.Principal, forms []Form) (Draft, error) {
	at := s.now().UnixMilli()
	drafts := make([]Draft, len(forms))
	for i, f := range forms {
		id, err := uuid.NewV7FromReader(s.rand)
		if err != nil {
			return Draft{}, err
		}
		drafts[i] = Draft{ID: id, Version: 1, Account: p.ID, CreatedAt: at, UpdatedAt: at, Form: f}
	}
	return drafts[0], s.db.Write(ctx, func(tx ProxyTx) error { return addDrafts(ctx, tx, drafts) })
}

func addDrafts(ctx context.Context, tx ProxyTx, drafts []Draft) error {
	if len(drafts) == 0 {
		return nil
	}
	n, err := tx.CountDrafts(ctx, drafts[0].Account)
	if err != nil {
		return err
	}
	if n+len(drafts) > mostDrafts {
		return catalog.Refuse(catalog.Conflict, "behalf.many_drafts", "most", strconv.Itoa(mostDrafts))
	}
	for _, d := range drafts {
		if err := tx.AddDraft(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// Draft is the draft with this id, for who began it alone.
func (s *Proxy) Draft(ctx context.Context, p account.Principal, id uuid.UUID) (d Draft, err error) {
	err = s.db.Read(ctx, func(tx ProxyTx) (err error) {
		d, err = ownDraft(ctx, tx, p, id)
		return err
	})
	return d, err
}

func ownDraft(ctx context.Context, tx ProxyTx, p account.Principal, id uuid.UUID) (Draft, error) {
	if !p.May(account.EnterForOthers) {
		return Draft{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	d, err := tx.Draft(ctx, id)
	if err == nil && d.Account != p.ID {
		err = catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return d, err
}

// Drafts are p's own drafts, the last touched first, without those that became
// needs.
func (s *Proxy) Drafts(ctx context.Context, p account.Principal) (ds []Draft, err error) {
	if !p.May(account.EnterForOthers) {
		return nil, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	err = s.db.Read(ctx, func(tx ProxyTx) (err error) {
		ds, err = tx.Drafts(ctx, p.ID)
		return err
	})
	return slices.DeleteFunc(ds, func(d Draft) bool { return d.Need != "" }), err
}

// SaveDraft keeps what was typed into a draft, in the version that was seen. A
// text that says that it is classified is refused, and the draft is forgotten.
func (s *Proxy) SaveDraft(ctx context.Context, p account.Principal, id uuid.UUID, version int64, f Form) (d Draft, err error) {
	f = f.clean()
	if err := s.open(f); err != nil {
		return Draft{}, err
	}
	at := s.now().UnixMilli()
	err = s.db.Write(ctx, func(tx ProxyTx) error {
		if d, err = ownDraft(ctx, tx, p, id); err != nil {
			return err
		}
		if d.Version != version {
			return catalog.Refuse(catalog.Conflict, "behalf.draft_moved")
		}
		d.Form, d.UpdatedAt = f, at
		if err := tx.SaveDraft(ctx, d); err != nil {
			return err
		}
		d.Version++
		return nil
	})
	return d, err
}

// open refuses what must not be kept at all.
func (s *Proxy) open(f Form) error {
	for _, text := range f.texts() {
		if utf8.RuneCountInString(text) > MostMessage {
			return catalog.Refuse(catalog.Invalid, "behalf.fit.long", "most", strconv.Itoa(MostMessage))
		}
		if s.read.Secret(text) {
			return catalog.Refuse(catalog.Invalid, "behalf.fit.secret")
		}
	}
	return nil
}

func (f Form) texts() []string {
	out := []string{f.Title, f.Text, f.Indicators, f.Owner, f.Contact, f.Phone, f.Landline, f.Email, f.Budget}
	for _, p := range f.Parts {
		out = append(out, p.Title, p.Text, p.Indicators)
	}
	return out
}

// Split parts a draft of a message that names several problems: each becomes a
// draft of its own with the same enterprise, money and day. It returns the
// first one.
func (s *Proxy) Split(ctx context.Context, p account.Principal, id uuid.UUID, version int64) (d Draft, err error) {
	at := s.now().UnixMilli()
	ids := make([]uuid.UUID, mostParts)
	for i := range ids {
		if ids[i], err = uuid.NewV7FromReader(s.rand); err != nil {
			return Draft{}, err
		}
	}
	err = s.db.Write(ctx, func(tx ProxyTx) error {
		if d, err = ownDraft(ctx, tx, p, id); err != nil {
			return err
		}
		switch {
		case d.Version != version:
			return catalog.Refuse(catalog.Conflict, "behalf.draft_moved")
		case len(d.Form.Parts) < 2:
			return catalog.Refuse(catalog.Invalid, "behalf.one_problem")
		}
		parts := d.Form.Parts[:min(len(d.Form.Parts), mostParts)]
		var more []Draft
		for i, part := range parts {
			f := d.Form
			f.Parts, f.Title, f.Text, f.Indicators = nil, part.Title, part.Text, part.Indicators
			f.Read = slices.Clone(f.Read)
			if i == 0 {
				d.Form = f
				continue
			}
			more = append(more, Draft{ID: ids[i], Version: 1, Account: p.ID, CreatedAt: at, UpdatedAt: at, Form: f})
		}
		d.UpdatedAt = at
		if err := tx.SaveDraft(ctx, d); err != nil {
			return err
		}
		d.Version++
		return addDrafts(ctx, tx, more)
	})
	return d, err
}

// mostParts is into how many drafts a message is parted at once.
const mostParts = 20

// DropDraft forgets a draft.
func (s *Proxy) DropDraft(ctx context.Context, p account.Principal, id uuid.UUID) error {
	return s.db.Write(ctx, func(tx ProxyTx) error {
		if _, err := ownDraft(ctx, tx, p, id); err != nil {
			return err
		}
		return tx.DropDraft(ctx, id)
	})
}

// clean makes a form fit for keeping.
func (f Form) clean() Form {
	for _, line := range []*string{&f.Owner, &f.Contact, &f.Phone, &f.Landline, &f.Email, &f.Title, &f.Budget} {
		*line = catalog.CleanLine(*line)
	}
	f.Text, f.Indicators = catalog.Clean(f.Text), catalog.Clean(f.Indicators)
	return f
}
