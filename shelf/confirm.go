package shelf

import (
	"context"
	"io"
	"strconv"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// What the owner of a proxy entry does with it.

// noLink says that a link is unknown, used or expired: one error for all, so
// that nobody learns which.
func noLink() *catalog.Error { return catalog.Refuse(catalog.NotFound, "behalf.no_link") }

func hashOf(secret string) (hash [32]byte, err error) {
	hash, ok := account.HashSecret(secret, secretBytes)
	if !ok {
		return hash, noLink()
	}
	return hash, nil
}

// Ask is what somebody with a link is asked about.
type Ask struct {
	Need      catalog.Need // as its owner sees it, the contact masked
	ExpiresAt int64        // unix ms
}

// Asked is the need to which a link leads. Looking uses nothing up.
func (s *Proxy) Asked(ctx context.Context, secret string) (a Ask, err error) {
	hash, err := hashOf(secret)
	if err != nil {
		return Ask{}, err
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx ProxyTx) error {
		n, c, err := s.led(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		n.Contact = n.Contact.Masked()
		contact := n.Contact
		n = n.For(catalog.Concerned)
		n.Contact = contact
		a = Ask{n, c.ExpiresAt}
		return nil
	})
	return a, err
}

// MatchesPath is the path of the page that an owner sees after confirming.
func MatchesPath(secret string) string { return "/fits/" + secret }

// Confirmed is the need that was confirmed by a link, as its owner sees it, the
// contact masked: for as long as the link would have worked, and while the words
// that were confirmed stand.
func (s *Proxy) Confirmed(ctx context.Context, secret string) (n catalog.Need, err error) {
	hash, err := hashOf(secret)
	if err != nil {
		return catalog.Need{}, err
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx ProxyTx) error {
		c, err := tx.ConfirmationByHash(ctx, hash)
		if catalog.CodeOf(err) == catalog.NotFound || err == nil && (c.UsedAt == 0 || c.Outcome != catalog.AnswerConfirmed || now >= c.ExpiresAt) {
			return noLink()
		}
		if err != nil {
			return err
		}
		ns, err := tx.Needs(ctx, []uuid.UUID{c.Need})
		if err == nil && (len(ns) != 1 || ns[0].Entered.Waits() || ns[0].State == catalog.NeedWithdrawn) {
			err = noLink()
		}
		if err != nil {
			return err
		}
		n = ns[0]
		n.Contact = n.Contact.Masked()
		contact := n.Contact
		n = n.For(catalog.Concerned)
		n.Contact = contact
		return nil
	})
	return n, err
}

// led is the need to which a live link leads.
func (s *Proxy) led(ctx context.Context, tx ProxyTx, hash [32]byte, now int64) (catalog.Need, Confirmation, error) {
	c, err := tx.ConfirmationByHash(ctx, hash)
	if catalog.CodeOf(err) == catalog.NotFound || err == nil && !c.Live(now) {
		return catalog.Need{}, c, noLink()
	}
	if err != nil {
		return catalog.Need{}, c, err
	}
	ns, err := tx.Needs(ctx, []uuid.UUID{c.Need})
	if err == nil && (len(ns) != 1 || !ns[0].Entered.Waits()) {
		err = noLink()
	}
	if err != nil {
		return catalog.Need{}, c, err
	}
	return ns[0], c, nil
}

// Reply is what an owner confirms: the words as corrected, whether its name may
// stand beside them, and the words that were agreed to.
type Reply struct {
	Owner, Title, Text, Indicators, Budget string
	Until                                  catalog.Date
	Who                                    string // name of the person
	ShowOwner                              bool
	Public                                 bool   // 可公开确认 of the text
	Consent                                string // the words that were shown and agreed to; "" = not agreed
}

// ReplyOf is what an owner who corrects nothing says of a need.
func ReplyOf(n catalog.Need) Reply {
	return Reply{Owner: n.OwnerName, Title: n.Title, Text: n.Text, Indicators: n.IndicatorsAs, Budget: n.Budget.Written, Until: n.Until}
}

func (s *Proxy) fitReply(r *Reply) error {
	f := Form{Owner: r.Owner, Title: r.Title, Text: r.Text, Indicators: r.Indicators, Budget: r.Budget, Until: r.Until}.clean()
	r.Owner, r.Title, r.Text, r.Indicators, r.Budget, r.Who = f.Owner, f.Title, f.Text, f.Indicators, f.Budget, catalog.CleanLine(r.Who)
	if err := s.open(f); err != nil {
		return err
	}
	if err := f.fit(s.now()); err != nil {
		return err
	}
	switch {
	case r.Who == "" || utf8.RuneCountInString(r.Who) > MostName:
		return catalog.Refuse(catalog.Invalid, "behalf.fit.who", "most", strconv.Itoa(MostName))
	case !r.Public || r.Consent == "":
		return catalog.Refuse(catalog.Invalid, "behalf.fit.consent")
	}
	return nil
}

// correct writes what an owner corrected into a need and returns the names of
// the fields that changed.
func (s *Proxy) correct(n *catalog.Need, r Reply) ([]string, error) {
	before := *n
	if r.Owner != n.OwnerName {
		n.OwnerName, n.OwnerID = r.Owner, uuid.Nil
	}
	n.Title, n.Text, n.Until = r.Title, r.Text, r.Until
	if r.Indicators != n.IndicatorsAs {
		n.IndicatorsAs, n.Indicators = r.Indicators, s.read.Indicators(r.Indicators)
	}
	if r.Budget != n.Budget.Written {
		n.Budget = s.read.Price(r.Budget)
	}
	return differences(before, *n)
}

// Confirm is the owner's yes by the link, to the version of the need that was
// seen. It uses the link up.
func (s *Proxy) Confirm(ctx context.Context, secret string, version int64, r Reply) error {
	hash, err := hashOf(secret)
	if err != nil {
		return err
	}
	if err := s.fitReply(&r); err != nil {
		return err
	}
	agreed, err := account.NewConsent(s.rand, s.now(), -1, account.Consent{Purpose: account.ConsentPublish, Words: r.Consent, How: account.ConsentByLink})
	if err != nil {
		return err
	}
	return s.answer(ctx, hash, "proxy.confirm", func(tx ProxyTx, n *catalog.Need, c *Confirmation, at int64) error {
		if n.Version != version {
			return catalog.Refuse(catalog.Conflict, "behalf.moved")
		}
		return s.confirmed(ctx, tx, n, c, r, agreed, catalog.Answer{State: catalog.AnswerConfirmed, At: at, How: catalog.ByLink, Consent: r.Consent})
	})
}

// confirmed writes a yes into a need and into what is kept of it.
func (s *Proxy) confirmed(ctx context.Context, tx ProxyTx, n *catalog.Need, c *Confirmation, r Reply, agreed account.Consent, a catalog.Answer) error {
	fields, err := s.correct(n, r)
	if err != nil {
		return err
	}
	n.Entered.Answer, n.ShowOwner, n.State = a, r.ShowOwner, catalog.NeedReview
	c.Outcome, c.Said.Who = catalog.AnswerConfirmed, r.Who
	agreed.Thing = n.ID
	if err := tx.AddConsent(ctx, agreed); err != nil {
		return err
	}
	return tx.MarkEdited(ctx, n.ID, fields, n.OwnerName, a.At)
}

const mostReason = 500

// Decline is the owner's no by the link, with the reason. It uses the link up.
func (s *Proxy) Decline(ctx context.Context, secret, who, reason string) error {
	hash, err := hashOf(secret)
	if err != nil {
		return err
	}
	who, reason = catalog.CleanLine(who), catalog.Clean(reason)
	switch {
	case reason == "" || utf8.RuneCountInString(reason) > mostReason:
		return catalog.Refuse(catalog.Invalid, "behalf.fit.reason", "most", strconv.Itoa(mostReason))
	case utf8.RuneCountInString(who) > MostName:
		return catalog.Refuse(catalog.Invalid, "behalf.fit.who", "most", strconv.Itoa(MostName))
	case s.read.Secret(reason):
		return catalog.Refuse(catalog.Invalid, "behalf.fit.secret")
	}
	return s.answer(ctx, hash, "proxy.refuse", func(_ ProxyTx, n *catalog.Need, c *Confirmation, at int64) error {
		n.Entered.Answer = catalog.Answer{State: catalog.AnswerRefused, At: at, How: catalog.ByLink}
		n.State = catalog.NeedWithdrawn
		c.Outcome, c.Said.Who, c.Said.Reason = catalog.AnswerRefused, who, reason
		return nil
	})
}

// answer uses a link up: of two at once one gets through.
func (s *Proxy) answer(ctx context.Context, hash [32]byte, verb string, fn func(tx ProxyTx, n *catalog.Need, c *Confirmation, at int64) error) error {
	at := s.now().UnixMilli()
	nobody := account.Nobody()
	entry, err := journal.New(s.rand, at, nobody.ID, string(nobody.Acting), verb, "need")
	if err != nil {
		return err
	}
	var ids [2]uuid.UUID
	for i := range ids {
		if ids[i], err = uuid.NewV7FromReader(s.rand); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx ProxyTx) error {
		n, c, err := s.led(ctx, tx, hash, at)
		if err != nil {
			return err
		}
		if err := fn(tx, &n, &c, at); err != nil {
			return err
		}
		if ok, err := tx.UseConfirmation(ctx, c, at); err != nil || !ok {
			if err == nil {
				err = noLink()
			}
			return err
		}
		n.UpdatedAt = at
		if err := tx.SaveNeed(ctx, n); err != nil {
			return err
		}
		if err := tellAnswer(ctx, tx, n, ids, at); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = n.ID, map[string]string{"code": n.Code, "how": catalog.ByLink}
		return tx.Append(ctx, e)
	})
}

// tellAnswer tells the office what the owner of a proxy entry answered, and the
// clerk who entered it, who is not of the office.
func tellAnswer(ctx context.Context, tx ProxyTx, n catalog.Need, ids [2]uuid.UUID, at int64) error {
	template := "need_confirmed"
	if n.Entered.Answer.State == catalog.AnswerRefused {
		template = "need_refused"
	}
	to := []journal.Notice{{Role: string(account.Officer)}}
	if n.Entered.Role == string(account.Clerk) {
		to = append(to, journal.Notice{Account: n.Entered.By.ID})
	}
	for i, told := range to {
		told.Template, told.Vars, told.Path = template, map[string]string{"code": n.Code, "title": n.Title}, "/needs/"+n.Code
		m, err := told.Message(ids[i], at)
		if err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// Call is a confirmation by telephone: who said yes, and on which day.
type Call struct {
	Who       string
	On        catalog.Date
	ShowOwner bool
	Public    bool
	Consent   string // the words that were read out
}

// Called notes that the owner of a proxy entry, in the version that was seen,
// confirmed it by telephone. It is shown as such for ever.
func (s *Proxy) Called(ctx context.Context, p account.Principal, code string, version int64, call Call) error {
	if !p.May(account.EnterForOthers) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	at := now.UnixMilli()
	call.Who = catalog.CleanLine(call.Who)
	switch {
	case call.Who == "" || utf8.RuneCountInString(call.Who) > MostName:
		return catalog.Refuse(catalog.Invalid, "behalf.fit.who", "most", strconv.Itoa(MostName))
	case call.On.Day == 0 || !call.On.Valid() || call.On.End(now.Location()).After(now.AddDate(0, 0, 1)) || call.On.Year < now.Year()-1:
		return catalog.Refuse(catalog.Invalid, "behalf.fit.called_on")
	case !call.Public || call.Consent == "":
		return catalog.Refuse(catalog.Invalid, "behalf.fit.call_consent")
	case s.read.Secret(call.Who):
		return catalog.Refuse(catalog.Invalid, "behalf.fit.secret")
	}
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), "proxy.call", "need")
	if err != nil {
		return err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	c := Confirmation{ID: id, How: catalog.ByPhone, MadeBy: p.ID, MadeAt: at, ExpiresAt: at, UsedAt: at, Said: Said{Maker: p.Name, On: call.On}}
	if _, err := io.ReadFull(s.rand, c.Hash[:]); err != nil {
		return err
	}
	agreed, err := account.NewConsent(s.rand, now, -1, account.Consent{Purpose: account.ConsentPublish, Words: call.Consent, How: account.ConsentByCall, By: p.ID})
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx ProxyTx) error {
		n, err := waiting(ctx, tx, p, code, version)
		if err != nil {
			return err
		}
		c := c
		c.Need = n.ID
		r := ReplyOf(n)
		r.Who, r.ShowOwner = call.Who, call.ShowOwner
		answer := catalog.Answer{State: catalog.AnswerConfirmed, At: at, How: catalog.ByPhone, Noted: catalog.By{ID: p.ID, Name: p.Name, At: at}, CalledOn: call.On, Consent: call.Consent}
		if err := s.confirmed(ctx, tx, &n, &c, r, agreed, answer); err != nil {
			return err
		}
		if err := tx.EndConfirmations(ctx, n.ID, at); err != nil {
			return err
		}
		if err := tx.AddConfirmation(ctx, c); err != nil {
			return err
		}
		n.UpdatedAt = at
		if err := tx.SaveNeed(ctx, n); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = n.ID, map[string]string{"code": n.Code, "how": catalog.ByPhone, "on": call.On.String()}
		return tx.Append(ctx, e)
	})
}
