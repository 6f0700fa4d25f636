package shelf

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/rules"
	"datai/work"

	"github.com/google/uuid"
)

// Proxy entry (代录): somebody of the office enters a need for its owner. It
// stays with the office until the owner has confirmed it, by a one-time link
// or by telephone, and somebody else than who entered it opens it.

// ruleConfirm is the dated rule that says how long the link works by which an
// owner confirms.
const ruleConfirm = "proxy-confirm"

// Confirmation is one time that an owner was asked, or told by telephone.
type Confirmation struct {
	ID        uuid.UUID
	Need      uuid.UUID
	Hash      [32]byte // SHA-256 of the secret in the link; random and unused for a call
	How       string   // catalog.ByLink or catalog.ByPhone
	MadeBy    uuid.UUID
	MadeAt    int64 // unix ms
	ExpiresAt int64 // unix ms
	UsedAt    int64 // unix ms, 0 = not yet
	Outcome   catalog.AnswerState
	Said      Said // encrypted
}

// Said is what only the office reads of an answer.
type Said struct {
	Who    string // name of the person who answered
	Reason string // of a refusal
	Maker  string // who asked, by name as it was then
	On     catalog.Date
}

// Live reports whether the link works at the time now (unix ms).
func (c Confirmation) Live(now int64) bool {
	return c.How == catalog.ByLink && c.UsedAt == 0 && now < c.ExpiresAt
}

// ProxyTx is what proxy entry needs of the store inside one transaction.
type ProxyTx interface {
	NeedByCode(ctx context.Context, code string) (catalog.Need, error) // NotFound
	Needs(ctx context.Context, ids []uuid.UUID) ([]catalog.Need, error)
	// AddNeed adds a need and records the change; Conflict if its key is taken.
	AddNeed(ctx context.Context, n catalog.Need) error
	SaveNeed(ctx context.Context, n catalog.Need) error
	MarkEdited(ctx context.Context, id uuid.UUID, fields []string, by string, at int64) error
	PartiesNamed(ctx context.Context, names []string) ([]catalog.Party, error)

	AddDraft(ctx context.Context, d Draft) error
	Draft(ctx context.Context, id uuid.UUID) (Draft, error) // NotFound
	Drafts(ctx context.Context, account uuid.UUID) ([]Draft, error)
	CountDrafts(ctx context.Context, account uuid.UUID) (int, error)
	// SaveDraft writes d if its stored version is d.Version and adds one to it;
	// Conflict otherwise.
	SaveDraft(ctx context.Context, d Draft) error
	DropDraft(ctx context.Context, id uuid.UUID) error

	AddConsent(ctx context.Context, c account.Consent) error
	AddConfirmation(ctx context.Context, c Confirmation) error
	ConfirmationByHash(ctx context.Context, hash [32]byte) (Confirmation, error) // NotFound
	// Confirmations of a need, in the order in which they were made.
	Confirmations(ctx context.Context, need uuid.UUID) ([]Confirmation, error)
	// UseConfirmation marks an unused, unexpired one used at the time now, with
	// what was said; false if there is none. Two users of one cannot both get
	// it.
	UseConfirmation(ctx context.Context, c Confirmation, now int64) (bool, error)
	// EndConfirmations lets the unused links of a need expire now.
	EndConfirmations(ctx context.Context, need uuid.UUID, now int64) error

	EnqueueMessage(ctx context.Context, m journal.Message) error
	Append(ctx context.Context, e journal.Entry) error
}

// Proxy is proxy entry.
type Proxy struct {
	db   work.Unit[ProxyTx]
	now  func() time.Time
	rand io.Reader
	read Reader
	book func(context.Context) (*rules.Book, error)
}

// NewProxy makes a service on db with a clock, whose zone is that of the
// office, a source of randomness, what understands messages, and the rules that
// are in force now.
func NewProxy(db work.Unit[ProxyTx], now func() time.Time, rand io.Reader, read Reader, book func(context.Context) (*rules.Book, error)) *Proxy {
	return &Proxy{db: db, now: now, rand: rand, read: read, book: book}
}

var mailIn = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]`)

// fit says what has to be mended before a form can be a need.
func (f Form) fit(now time.Time) error {
	long := func(s string, most int) bool { return utf8.RuneCountInString(s) > most }
	public := f.Title + "\n" + f.Text + "\n" + f.Indicators
	refuse := func(key string, pairs ...string) error { return catalog.Refuse(catalog.Invalid, key, pairs...) }
	switch {
	case f.Title == "" || long(f.Title, MostTitle):
		return refuse("behalf.fit.title", "most", strconv.Itoa(MostTitle))
	case f.Text == "" || long(f.Text, MostMessage) || long(f.Indicators, MostMessage):
		return refuse("behalf.fit.text", "most", strconv.Itoa(MostMessage))
	case f.Owner == "" || long(f.Owner, MostOwner):
		return refuse("behalf.fit.owner", "most", strconv.Itoa(MostOwner))
	case long(f.Contact, MostName):
		return refuse("behalf.fit.contact", "most", strconv.Itoa(MostName))
	case f.Phone != "" && !catalog.IsPhone(f.Phone) || f.Landline != "" && !catalog.IsPhone(f.Landline):
		return refuse("behalf.fit.phone")
	case f.Email != "" && (!catalog.IsEmail(f.Email) || long(f.Email, MostLine)):
		return refuse("behalf.fit.email")
	case catalog.HasPhone(public) || mailIn.MatchString(public):
		return refuse("behalf.fit.phone_in_text")
	case long(f.Budget, MostLine):
		return refuse("behalf.fit.budget", "most", strconv.Itoa(MostLine))
	case !f.Until.IsZero() && (!f.Until.Valid() || !f.Until.End(now.Location()).After(now)):
		return refuse("behalf.fit.until")
	}
	return nil
}

// secretBytes is how long the secret of a link is: short enough for a short
// message, and nobody guesses it.
const secretBytes = 16

// ask makes a link: what is kept of it, and its secret in base64url.
func (s *Proxy) ask(ctx context.Context, p account.Principal, need uuid.UUID, now time.Time) (Confirmation, string, error) {
	book, err := s.book(ctx)
	if err != nil {
		return Confirmation{}, "", err
	}
	set, err := book.At(rules.DayOf(now))
	if err != nil {
		return Confirmation{}, "", err
	}
	until, err := set.Later(now, ruleConfirm)
	if err != nil {
		return Confirmation{}, "", err
	}
	secret, hash, err := account.NewSecret(s.rand, secretBytes)
	if err != nil {
		return Confirmation{}, "", err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Confirmation{}, "", err
	}
	return Confirmation{ID: id, Need: need, Hash: hash, How: catalog.ByLink, MadeBy: p.ID, MadeAt: now.UnixMilli(),
		ExpiresAt: until.UnixMilli(), Said: Said{Maker: p.Name}}, secret, nil
}

// Asked is a need whose owner is asked, and the secret of the link, which is
// told this once.
type Asked struct {
	Need      catalog.Need
	Secret    string
	ExpiresAt int64 // unix ms
	Told      bool  // a short message is on its way
}

// Enter makes a need of a form, which waits until its owner confirms it. of is
// the draft that it was typed into, the zero Ref for none: a draft becomes one
// need, whoever clicks twice is told of a Conflict.
func (s *Proxy) Enter(ctx context.Context, p account.Principal, f Form, of Ref, sms bool) (Asked, error) {
	if !p.May(account.EnterForOthers) {
		return Asked{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	f = f.clean()
	if err := s.open(f); err != nil {
		return Asked{}, err
	}
	if err := f.fit(now); err != nil {
		return Asked{}, err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Asked{}, err
	}
	entry, err := journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), "proxy.enter", "need")
	if err != nil {
		return Asked{}, err
	}
	link, secret, err := s.ask(ctx, p, id, now)
	if err != nil {
		return Asked{}, err
	}
	n := s.read.need(f)
	by := catalog.By{ID: p.ID, Name: p.Name, At: now.UnixMilli()}
	n.ID, n.Code, n.State, n.CreatedAt, n.UpdatedAt = id, catalog.ShortCode("N", id), catalog.NeedDraft, now.UnixMilli(), now.UnixMilli()
	n.Entered = catalog.Entered{By: by, Role: string(p.Acting), Behalf: true}
	if len(n.Themes) > 0 && p.May(account.Classify) {
		n.ThemesBy = by
	}
	message, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Asked{}, err
	}
	told, err := notice(n, secret, link, message, sms)
	if err != nil {
		return Asked{}, err
	}
	err = s.db.Write(ctx, func(tx ProxyTx) error {
		need := n
		if of.ID != uuid.Nil {
			d, err := ownDraft(ctx, tx, p, of.ID)
			if err != nil {
				return err
			}
			if d.Need != "" {
				return catalog.Refuse(catalog.Conflict, "behalf.entered", "code", d.Need)
			}
			if d.Version != of.Version {
				return catalog.Refuse(catalog.Conflict, "behalf.draft_moved")
			}
			d.Need, d.Form, d.UpdatedAt = need.Code, Form{}, now.UnixMilli()
			if err := tx.SaveDraft(ctx, d); err != nil {
				return err
			}
		}
		if need.OwnerID, err = ownerOf(ctx, tx, need.OwnerName); err != nil {
			return err
		}
		if err := tx.AddNeed(ctx, need); err != nil {
			if catalog.CodeOf(err) == catalog.Conflict {
				err = catalog.Refuse(catalog.Conflict, "behalf.same", "title", need.Title).Because(err)
			}
			return err
		}
		if err := tx.AddConfirmation(ctx, link); err != nil {
			return err
		}
		for _, m := range told {
			if err := tx.EnqueueMessage(ctx, m); err != nil {
				return err
			}
		}
		e := entry
		e.Subject, e.Body = need.ID, map[string]string{"code": need.Code}
		return tx.Append(ctx, e)
	})
	if err != nil {
		return Asked{}, err
	}
	n.Version = 1
	n.Contact = n.Contact.Masked()
	return Asked{Need: n, Secret: secret, ExpiresAt: link.ExpiresAt, Told: len(told) > 0}, nil
}

// ownerOf is the enterprise of exactly that name, zero if there is none or more
// than one.
func ownerOf(ctx context.Context, tx ProxyTx, name string) (uuid.UUID, error) {
	parties, err := tx.PartiesNamed(ctx, []string{name})
	if err != nil || len(parties) != 1 || parties[0].Kind != catalog.PartyEnterprise {
		return uuid.Nil, err
	}
	return parties[0].ID, nil
}

// notice is the short message that brings a link, just made, to the owner's
// telephone, none if that is not wanted or there is no mobile number. It draws
// nothing and asks no clock: it is made inside transactions too.
func notice(n catalog.Need, secret string, link Confirmation, id uuid.UUID, sms bool) ([]journal.Message, error) {
	phones := catalog.PhonesIn(n.Contact.Phone)
	if !sms || len(phones) != 1 || !phones[0].Mobile {
		return nil, nil
	}
	m, err := journal.Notice{Template: "need_confirm", Phone: phones[0].Number, Vars: map[string]string{"title": n.Title}, Path: ConfirmPath(secret),
		Deadline: link.ExpiresAt, Urgent: true}.Message(id, link.MadeAt)
	return []journal.Message{m}, err
}

// ConfirmPath is the path of the page to which a link leads.
func ConfirmPath(secret string) string { return "/c/" + secret }

// AskOwner makes a new link for a proxy entry, in the version that was seen;
// links made before it end.
func (s *Proxy) AskOwner(ctx context.Context, p account.Principal, code string, version int64, sms bool) (Asked, error) {
	if !p.May(account.EnterForOthers) {
		return Asked{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	entry, err := journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), "proxy.ask", "need")
	if err != nil {
		return Asked{}, err
	}
	link, secret, err := s.ask(ctx, p, uuid.Nil, now)
	if err != nil {
		return Asked{}, err
	}
	message, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Asked{}, err
	}
	var out Asked
	err = s.db.Write(ctx, func(tx ProxyTx) error {
		n, err := waiting(ctx, tx, p, code, version)
		if err != nil {
			return err
		}
		if err := tx.EndConfirmations(ctx, n.ID, now.UnixMilli()); err != nil {
			return err
		}
		c := link
		c.Need = n.ID
		if err := tx.AddConfirmation(ctx, c); err != nil {
			return err
		}
		told, err := notice(n, secret, c, message, sms)
		if err != nil {
			return err
		}
		for _, m := range told {
			if err := tx.EnqueueMessage(ctx, m); err != nil {
				return err
			}
		}
		// The need is written, too, so that of two who ask at once one is told.
		if err := tx.SaveNeed(ctx, n); err != nil {
			return err
		}
		n.Version++
		n.Contact = n.Contact.Masked()
		out = Asked{Need: n, Secret: secret, ExpiresAt: c.ExpiresAt, Told: len(told) > 0}
		e := entry
		e.Subject, e.Body = n.ID, map[string]string{"code": n.Code}
		return tx.Append(ctx, e)
	})
	return out, err
}

// waiting is the proxy entry with that code, in the version that was seen, if
// its owner has not confirmed it.
func waiting(ctx context.Context, tx ProxyTx, p account.Principal, code string, version int64) (catalog.Need, error) {
	n, err := tx.NeedByCode(ctx, code)
	switch {
	case err != nil:
		return n, err
	case !handlesEntry(p, n):
		return n, catalog.Refuse(catalog.NotFound, "error.not_found")
	case n.Version != version:
		return n, catalog.Refuse(catalog.Conflict, "shelf.left.changed")
	case !n.Entered.Waits():
		return n, catalog.Refuse(catalog.Conflict, "behalf.not_waiting")
	}
	return n, nil
}

// handlesEntry reports whether a proxy entry is p's to handle: any for the
// office, for a clerk the own ones.
func handlesEntry(p account.Principal, n catalog.Need) bool {
	if n.Entered.Behalf && n.Entered.By.ID == p.ID {
		return p.MayWith(account.EnterForOthers, account.Own)
	}
	return p.MayWith(account.EnterForOthers)
}

// Confirmations are the times that the owner of a need was asked, for the
// office and the clerk who entered it.
func (s *Proxy) Confirmations(ctx context.Context, p account.Principal, code string) (cs []Confirmation, err error) {
	err = s.db.Read(ctx, func(tx ProxyTx) error {
		n, err := tx.NeedByCode(ctx, code)
		if err != nil {
			return err
		}
		if !p.May(account.SeeOffice) && !handlesEntry(p, n) {
			return catalog.Refuse(catalog.Forbidden, "error.forbidden")
		}
		cs, err = tx.Confirmations(ctx, n.ID)
		return err
	})
	return slices.Clip(cs), err
}
