package account

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"unicode/utf8"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Assertion is what a source says of somebody who has just signed in there.
type Assertion struct {
	Subject    string              // what the source calls them, for ever
	Session    string              // what it calls this sign-in (ticket, sid), "" if nothing
	Once       string              // what proves it and may do so only once (ticket, nonce)
	Attributes map[string][]string // by their names at the source
}

// Claims is what an assertion comes to by the map of its source.
type Claims struct {
	Numbers []string
	Name    string
	Email   string
	Phone   string
	Unit    string
	Roles   []Role
	Strong  bool
}

// federatedRoles are all that a source can give: what somebody is, never what
// they administer.
var federatedRoles = []Role{Professor, Student}

// FederatedRoles lists them.
func FederatedRoles() []Role { return slices.Clone(federatedRoles) }

const personNameMost = 60 // characters

// Read turns what a source says into what is meant. Numbers and name have to be
// there where they are mapped, and of the kind something that is known; an
// address or a telephone number that is none is passed over.
func (m AttributeMap) Read(a Assertion) (c Claims, err error) {
	first := func(name string) string {
		for _, v := range a.Attributes[name] {
			if v = catalog.Clean(v); v != "" {
				return v
			}
		}
		return ""
	}
	for _, name := range m.Numbers {
		for _, v := range a.Attributes[name] {
			if n, err := Canonical(ByNumber, v); err == nil && !slices.Contains(c.Numbers, n) {
				c.Numbers = append(c.Numbers, n)
			}
		}
	}
	if len(m.Numbers) > 0 && len(c.Numbers) == 0 {
		return c, catalog.Refuse(catalog.Forbidden, "federation.no_number")
	}
	if len(c.Numbers) > numbersMost {
		return c, catalog.Refuse(catalog.Forbidden, "federation.many_numbers")
	}
	if c.Name = first(m.Name); c.Name == "" || utf8.RuneCountInString(c.Name) > personNameMost {
		return c, catalog.Refuse(catalog.Forbidden, "federation.no_name")
	}
	if v, err := Canonical(ByEmail, first(m.Email)); err == nil && !slices.Contains(a.Attributes["email_verified"], "false") {
		c.Email = v
	}
	if v, err := Canonical(ByPhone, first(m.Phone)); err == nil && !slices.Contains(a.Attributes["phone_number_verified"], "false") {
		c.Phone = v
	}
	if v := first(m.Unit); utf8.RuneCountInString(v) <= personNameMost {
		c.Unit = v
	}
	is := func(attribute string, values []string) bool {
		return attribute != "" && slices.ContainsFunc(a.Attributes[attribute], func(v string) bool { return slices.Contains(values, catalog.Clean(v)) })
	}
	if is(m.Kind, m.Staff) {
		c.Roles = append(c.Roles, Professor)
	}
	if is(m.Kind, m.Student) {
		c.Roles = append(c.Roles, Student)
	}
	if len(c.Roles) == 0 && m.Otherwise != "" {
		c.Roles = []Role{m.Otherwise}
	}
	if len(c.Roles) == 0 {
		return c, catalog.Refuse(catalog.Forbidden, "federation.no_kind")
	}
	c.Strong = is(m.Strong, m.StrongIs)
	return c, nil
}

// OnceLife is how long it is remembered that something was used that may be
// used only once: longer than any provider takes it for good.
const OnceLife = SignInLife

// arrival is one assertion on its way in. Its ids are drawn before the
// transaction, which may run more than once.
type arrival struct {
	src    Source
	a      Assertion
	claims Claims
	ids    []uuid.UUID
	entry  journal.Entry
	about  uuid.UUID // the account that a refusal is about, if one is known
	other  uuid.UUID // and the one that may be the same person's
}

// Federate lets in whom a source has signed in. Who that is, subject and
// numbers decide, and nothing else: the account that is linked to the subject,
// or the one that has one of the numbers, or a new one if the source makes
// them. An assertion that points at two accounts, or that carries a number of
// somebody else, lets nobody in and stands in the journal.
func (s *Service) Federate(ctx context.Context, src Source, a Assertion, by Entrance) (Principal, SignIn, error) {
	who, in, err := s.federate(ctx, src, a, by)
	if catalog.CodeOf(err) == catalog.Conflict && !refused(err) {
		// Somebody made the same account or took the same number just now: by
		// the rules, there is an account by now.
		who, in, err = s.federate(ctx, src, a, by)
	}
	return who, in, err
}

// refused reports whether an error is a refusal of an assertion, not of the store.
func refused(err error) bool {
	e, ok := errors.AsType[*catalog.Error](err)
	return ok && len(e.Key) > 11 && e.Key[:11] == "federation."
}

func (s *Service) federate(ctx context.Context, src Source, a Assertion, by Entrance) (Principal, SignIn, error) {
	claims, err := src.Map.Read(a)
	if err == nil && src.Disabled {
		err = catalog.Refuse(catalog.Forbidden, "federation.disabled_source")
	}
	if err == nil {
		a.Subject, err = Canonical(src.Provider(), a.Subject)
	}
	if err != nil {
		return Nobody(), SignIn{}, err
	}
	v := arrival{src: src, a: a, claims: claims, ids: make([]uuid.UUID, 1+1+numbersMost+2+2)}
	for i := range v.ids {
		if v.ids[i], err = uuid.NewV7FromReader(s.rand); err != nil {
			return Nobody(), SignIn{}, err
		}
	}
	if v.entry, err = s.entry(Nobody(), s.now(), "account.federate"); err != nil {
		return Nobody(), SignIn{}, err
	}
	by.Via, by.Outside, by.Strong = src.Provider(), a.Session, claims.Strong
	who, in, err := s.enter(ctx, &by, func(tx Tx, now int64) (uuid.UUID, error) { return v.settle(ctx, tx, now) })
	if refused(err) {
		err = errors.Join(err, s.journalRefusal(ctx, v, err))
	}
	return who, in, err
}

// journalRefusal keeps that an assertion was refused and why; numbers and names
// stay out of it.
func (s *Service) journalRefusal(ctx context.Context, v arrival, why error) error {
	e, _ := errors.AsType[*catalog.Error](why)
	entry := v.entry
	entry.Verb, entry.Actor, entry.Subject = "account.federate_refused", v.about, v.about
	entry.Body = map[string]string{"source": v.src.Name, "why": e.Key}
	found := between(v.ids[len(v.ids)-1], v.about, v.other, ConflictNumber, v.src.Name, entry.At)
	return s.db.Write(ctx, func(tx Tx) error {
		if v.about != uuid.Nil && v.other != uuid.Nil {
			if _, err := tx.AddConflict(ctx, found); err != nil {
				return err
			}
		}
		return tx.Append(ctx, entry)
	})
}

// settle finds or makes the account and links what the source says to it.
func (v *arrival) settle(ctx context.Context, tx Tx, now int64) (uuid.UUID, error) {
	via := v.src.Provider()
	v.about, v.other = uuid.Nil, uuid.Nil
	if fresh, err := tx.Spend(ctx, via, v.a.Once, now+OnceLife.Milliseconds()); err != nil || !fresh {
		return uuid.Nil, cmp.Or(err, error(catalog.Refuse(catalog.Conflict, "federation.replay")))
	}
	linked, known, err := tx.AccountOf(ctx, via, v.a.Subject)
	if err != nil {
		return uuid.Nil, err
	}
	at, free := linked, []string(nil) // the account, and the numbers that nobody has
	var asked []Identity              // numbers that nobody has vouched for
	if known {
		v.about = linked.ID
	}
	for _, n := range v.claims.Numbers {
		i, ok, err := tx.Identity(ctx, ByNumber, n)
		if err != nil {
			return uuid.Nil, err
		}
		owner := Account{}
		if ok {
			if owner, err = mustHave(tx.Account(ctx, i.AccountID)); err != nil {
				return uuid.Nil, err
			}
		}
		switch {
		case !ok:
			free = append(free, n)
		case !i.Counts(owner):
			asked = append(asked, i)
		case known && owner.ID != linked.ID:
			v.other = owner.ID
			return uuid.Nil, catalog.Refuse(catalog.Conflict, "federation.other_number")
		case at.ID != uuid.Nil && owner.ID != at.ID:
			v.other = owner.ID
			return uuid.Nil, catalog.Refuse(catalog.Conflict, "federation.two_accounts")
		default:
			at, v.about = owner, owner.ID
		}
	}
	for _, i := range asked { // beside a number that counts, the source vouches for it
		if i.AccountID != at.ID {
			v.about, v.other = i.AccountID, at.ID
			return uuid.Nil, catalog.Refuse(catalog.Conflict, "federation.waiting_number")
		}
		if err := tx.TrustIdentity(ctx, i.ID, Proven); err != nil {
			return uuid.Nil, err
		}
	}
	if known {
		if err := v.sameAsBefore(ctx, tx, linked, free); err != nil {
			return uuid.Nil, err
		}
	}
	switch {
	case at.ID == uuid.Nil && v.src.Known:
		return uuid.Nil, catalog.Refuse(catalog.Forbidden, "federation.unknown")
	case at.ID == uuid.Nil:
		if at, err = v.open(ctx, tx, now); err != nil {
			return uuid.Nil, err
		}
	case at.Out(now):
		return uuid.Nil, catalog.Refuse(catalog.Forbidden, "federation.left")
	}
	return at.ID, v.link(ctx, tx, now, at, known, free)
}

// sameAsBefore refuses a linked account of which the source now tells only
// numbers that nobody has: it speaks of somebody else.
func (v *arrival) sameAsBefore(ctx context.Context, tx Tx, a Account, free []string) error {
	if len(free) == 0 || len(free) < len(v.claims.Numbers) {
		return nil
	}
	have, err := tx.Identities(ctx, a.ID)
	if err == nil && slices.ContainsFunc(have, func(i Identity) bool { return i.Provider == ByNumber }) {
		err = catalog.Refuse(catalog.Conflict, "federation.other_number")
	}
	return err
}

// open makes the account of somebody who comes for the first time.
func (v *arrival) open(ctx context.Context, tx Tx, now int64) (Account, error) {
	name, err := freeName(ctx, tx, v.claims)
	if err != nil {
		return Account{}, err
	}
	a := Account{ID: v.ids[0], Name: name, Roles: v.claims.Roles, Unit: v.claims.Unit, CreatedAt: now, Version: 1}
	if err := tx.AddAccount(ctx, a); err != nil {
		return Account{}, err
	}
	if name != v.claims.Name {
		same, ok, err := tx.AccountNamed(ctx, v.claims.Name)
		if err == nil && ok {
			_, err = tx.AddConflict(ctx, between(v.ids[len(v.ids)-2], a.ID, same.ID, ConflictName, v.src.Name, now))
		}
		if err != nil {
			return Account{}, err
		}
	}
	return a, nil
}

// freeName is the name of a person, followed by the end of a number where
// somebody of that name is there already.
func freeName(ctx context.Context, tx Tx, c Claims) (string, error) {
	names := []string{c.Name}
	for _, n := range c.Numbers {
		for _, long := range []int{4, 8, len(n)} {
			names = append(names, c.Name+"（"+n[max(0, len(n)-long):]+"）")
		}
	}
	for _, name := range names {
		if _, taken, err := tx.AccountNamed(ctx, name); err != nil || !taken {
			return name, err
		}
	}
	return "", catalog.Refuse(catalog.Conflict, "federation.name_taken")
}

// link gives an account the identities that it does not have yet. An address or
// a telephone number that somebody else has stays theirs.
func (v *arrival) link(ctx context.Context, tx Tx, now int64, a Account, known bool, free []string) error {
	add := []Identity{}
	if !known {
		add = append(add, Identity{ID: v.ids[1], Provider: v.src.Provider(), Value: v.a.Subject})
	}
	for i, n := range free {
		add = append(add, Identity{ID: v.ids[2+i], Provider: ByNumber, Value: n})
	}
	for i, c := range []Identity{{Provider: ByEmail, Value: v.claims.Email}, {Provider: ByPhone, Value: v.claims.Phone}} {
		if c.Value == "" {
			continue
		}
		have, taken, err := tx.Identity(ctx, c.Provider, c.Value)
		if err == nil && taken && have.AccountID == a.ID && have.Trust != Proven {
			err = tx.TrustIdentity(ctx, have.ID, Proven)
		}
		if err != nil {
			return err
		}
		if !taken {
			c.ID = v.ids[2+numbersMost+i]
			add = append(add, c)
		}
	}
	for _, i := range add {
		i.AccountID, i.AddedAt = a.ID, now
		if err := tx.AddIdentity(ctx, i); err != nil {
			return err
		}
	}
	if len(add) == 0 {
		return nil
	}
	e := v.entry
	e.Actor, e.Subject, e.Body = a.ID, a.ID, map[string]string{"source": v.src.Name, "linked": string(rune('0' + len(add)))}
	return tx.Append(ctx, e)
}

// Ending is what a source says from behind: that a sign-in is over there, or
// all those of somebody.
type Ending struct {
	Session string // what the source calls the sign-in, "" for all of the subject's
	Subject string
	Once    string // what proves it and may do so only once, "" if it may do so again
}

// EndFederated ends what a source says has ended, and answers how much that
// was. What has ended already, or was never here, is no error.
func (s *Service) EndFederated(ctx context.Context, src Source, e Ending) (n int, err error) {
	until := s.now().Add(OnceLife).UnixMilli()
	var whose Account
	err = s.db.Write(ctx, func(tx Tx) error {
		whose = Account{}
		if e.Once != "" {
			if fresh, err := tx.Spend(ctx, src.Provider(), e.Once, until); err != nil || !fresh {
				return cmp.Or(err, error(catalog.Refuse(catalog.Invalid, "federation.replay")))
			}
		}
		if e.Session == "" && e.Subject != "" {
			whose, _, err = tx.AccountOf(ctx, src.Provider(), e.Subject)
			return err
		}
		return nil
	})
	if err != nil || e.Session == "" && whose.ID == uuid.Nil {
		return 0, err
	}
	return s.EndOutside(ctx, src.Provider(), e.Session, whose.ID)
}
