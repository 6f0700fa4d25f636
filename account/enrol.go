package account

import (
	"context"
	"errors"
	"slices"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// roster takes one row inside a transaction. A refusal with column set has
// changed nothing: everything is looked at before the first write.
type roster struct {
	tx Tx
	p  Principal
	at int64
	draw
	row    Listed
	before map[string]int // of a dry run: rows by number, of which none is written
	column string

	waiting int // how much of the row waits for somebody to vouch for it
}

func (r *roster) refuse(column, key string, pairs ...string) error {
	r.column = column
	return catalog.Refuse(catalog.Conflict, key, pairs...)
}

func (r *roster) take(ctx context.Context) (Fate, error) {
	a, known, err := r.tx.AccountOf(ctx, ByNumber, r.row.Number)
	if err != nil {
		return "", err
	}
	numbered := known
	if !known && r.row.Other != "" {
		if a, known, err = r.tx.AccountOf(ctx, ByNumber, r.row.Other); err != nil {
			return "", err
		}
		if row := r.before[string(ByNumber)+r.row.Other]; !known && row > 0 && row < r.row.Row {
			return FateChanged, nil
		}
		if !known {
			return "", r.refuse("other", "roster.other_unknown", "number", r.row.Other)
		}
	}
	ids, ens, err := r.have(ctx, a.ID, known)
	if err != nil {
		return "", err
	}
	if known && r.p.ID == a.ID {
		return "", r.refuse("number", "accounts.own")
	}
	for _, x := range []struct {
		column string
		p      Provider
		value  string
	}{{"email", ByEmail, r.row.Email}, {"phone", ByPhone, r.row.Phone}} {
		if x.value == "" {
			continue
		}
		holder, held, err := r.tx.AccountOf(ctx, x.p, x.value)
		if err != nil {
			return "", err
		}
		if held && known && holder.ID != a.ID {
			if err := r.found(ctx, a.ID, holder.ID, ConflictKind(x.p)); err != nil {
				return "", err
			}
		}
		if held && (!known || holder.ID != a.ID) {
			return "", r.refuse(x.column, "roster.taken", "name", holder.Name)
		}
	}
	if !known {
		return r.add(ctx)
	}
	return r.change(ctx, a, numbered, ids, ens)
}

// found keeps that two accounts may be one person's.
func (r *roster) found(ctx context.Context, one, other uuid.UUID, kind ConflictKind) error {
	return foundConflict(ctx, r.tx, between(r.conflict, one, other, kind, FromList, r.at), r.entry)
}

// have is what an account is known as, and its enrolments.
func (r *roster) have(ctx context.Context, id uuid.UUID, known bool) (ids []Identity, ens []Enrolment, err error) {
	if !known {
		return nil, nil, nil
	}
	if ids, err = r.tx.Identities(ctx, id); err != nil {
		return nil, nil, err
	}
	ens, err = r.tx.Enrolments(ctx, id)
	return ids, ens, err
}

func (r *roster) add(ctx context.Context) (Fate, error) {
	if r.row.Left {
		return FateUnchanged, nil // nobody is let in who was not before
	}
	name := r.row.Name
	same, taken, err := r.tx.AccountNamed(ctx, name)
	if err != nil {
		return "", err
	} else if taken { // of two people of one name the later has the number behind it
		name += "（" + r.row.Number + "）"
		if _, taken, err := r.tx.AccountNamed(ctx, name); err != nil || taken {
			return "", errors.Join(err, r.refuse("name", "accounts.taken", "name", name))
		}
	}
	a := Account{ID: r.account, Name: name, Roles: []Role{r.row.Category.role()}, CreatedAt: r.at, Unit: r.row.Unit, EndsAt: r.row.EndsAt, Version: 1}
	if err := r.tx.AddAccount(ctx, a); err != nil {
		return "", err
	}
	if err := r.enrol(ctx, a, false, nil, nil); err != nil {
		return "", err
	}
	if taken {
		if err := r.found(ctx, a.ID, same.ID, ConflictName); err != nil {
			return "", err
		}
	}
	return FateNew, nil
}

// enrol writes the enrolment with the identities that the row has and ids have
// not; what came with was and the row does not have goes. What comes to an
// account that is in use waits, and what its owner comes in by stays: whoever
// brings a list could write an own telephone beside somebody else's number.
func (r *roster) enrol(ctx context.Context, a Account, there bool, ids []Identity, was *Enrolment) error {
	trust := Brought
	if there && a.inUse() {
		trust = Doubtful
	}
	add := func(i Identity) error {
		if i.Trust == Doubtful {
			r.waiting++
		}
		i.AccountID, i.AddedAt = a.ID, r.at
		return r.tx.AddIdentity(ctx, i)
	}
	e := Enrolment{ID: r.number, AccountID: a.ID, Category: r.row.Category, Unit: r.row.Unit, EndsAt: r.row.EndsAt}
	if r.row.Left {
		e.LeftAt = r.at
	}
	if was != nil {
		e.ID = was.ID
		if was.LeftAt > 0 && r.row.Left {
			e.LeftAt = was.LeftAt
		}
	} else {
		number := Identity{ID: e.ID, Provider: ByNumber, Value: r.row.Number, Trust: trust}
		if !there {
			number.Trust = Proven // it is whose account this is
		}
		if err := add(number); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		p     Provider
		value string
		to    *uuid.UUID
		fresh uuid.UUID
		was   func(Enrolment) uuid.UUID
	}{{ByEmail, r.row.Email, &e.Email, r.email, func(e Enrolment) uuid.UUID { return e.Email }},
		{ByPhone, r.row.Phone, &e.Phone, r.phone, func(e Enrolment) uuid.UUID { return e.Phone }}} {
		at := slices.IndexFunc(ids, func(i Identity) bool { return i.Provider == x.p && i.Value == x.value })
		if x.value != "" && at >= 0 {
			*x.to = ids[at].ID
		}
		if was != nil {
			if old := x.was(*was); old != uuid.Nil && old != *x.to && (trust == Brought || slices.ContainsFunc(ids, func(i Identity) bool { return i.ID == old && i.Trust == Doubtful })) {
				if _, err := r.tx.RemoveIdentity(ctx, old); err != nil {
					return err
				}
				if err := r.tx.DropWays(ctx, a.ID); err != nil { // what is on its way there
					return err
				}
			}
		}
		if x.value != "" && at < 0 {
			*x.to = x.fresh
			if err := add(Identity{ID: x.fresh, Provider: x.p, Value: x.value, Trust: trust}); err != nil {
				return err
			}
		}
	}
	return r.tx.SaveEnrolment(ctx, e)
}

func (r *roster) change(ctx context.Context, a Account, numbered bool, ids []Identity, ens []Enrolment) (Fate, error) {
	var was *Enrolment
	value := map[uuid.UUID]string{}
	for i := range ids {
		value[ids[i].ID] = ids[i].Value
		if numbered && ids[i].Provider == ByNumber && ids[i].Value == r.row.Number {
			was = &Enrolment{ID: ids[i].ID, AccountID: a.ID} // a number that no list brought
		}
	}
	if was != nil {
		if at := slices.IndexFunc(ens, func(e Enrolment) bool { return e.ID == was.ID }); at >= 0 {
			was = &ens[at]
		}
	}
	if was != nil {
		r.row = r.row.with(*was, value)
	}
	next := a
	if next.Unit = r.row.Unit; !slices.Contains(a.Roles, r.row.Category.role()) {
		next.Roles = append(slices.Clone(a.Roles), r.row.Category.role())
	}
	before := slices.ContainsFunc(ens, func(e Enrolment) bool { return e.LeftAt == 0 })
	now := slices.DeleteFunc(slices.Clone(ens), func(e Enrolment) bool { return was != nil && e.ID == was.ID })
	if now = append(now, Enrolment{EndsAt: r.row.EndsAt}); r.row.Left {
		now[len(now)-1].LeftAt = r.at
	}
	next.EndsAt = endOf(now)
	here := slices.ContainsFunc(now, func(e Enrolment) bool { return e.LeftAt == 0 })
	switch {
	case !here:
		next.Disabled = true
	case !before && len(ens) > 0:
		next.Disabled = false // it was so only because everybody had left
	}
	same := was != nil && was.Category == r.row.Category && was.Unit == r.row.Unit && was.EndsAt == r.row.EndsAt && (was.LeftAt > 0) == r.row.Left &&
		value[was.Email] == r.row.Email && value[was.Phone] == r.row.Phone
	if same && next.Disabled == a.Disabled && next.Unit == a.Unit && next.EndsAt == a.EndsAt && len(next.Roles) == len(a.Roles) {
		return FateUnchanged, nil
	}
	if a.administers() && next.Disabled {
		if err := keepOne(ctx, r.tx, a.ID, r.at); err != nil {
			r.column = "status"
			return "", err
		}
	}
	if next.Roles, _ = fitRoles(next.Roles); next.Roles == nil {
		next.Roles = a.Roles
	}
	if err := r.tx.SaveAccount(ctx, next); err != nil {
		return "", err
	}
	if next.Disabled {
		if err := endAll(ctx, r.tx, a.ID, r.at); err != nil {
			return "", err
		}
	}
	if err := r.enrol(ctx, a, true, ids, was); err != nil {
		return "", err
	}
	if r.waiting > 0 {
		told, err := journal.Notice{Template: "address_listed", Account: a.ID, Path: "/me/addresses", Urgent: true}.Message(r.message, r.at)
		if err != nil {
			return "", err
		}
		if err := r.tx.EnqueueMessage(ctx, told); err != nil {
			return "", err
		}
	}
	if r.row.Left && (was == nil || was.LeftAt == 0) {
		e := r.entry
		e.Subject, e.Body = a.ID, map[string]string{"category": string(r.row.Category)}
		return FateLeft, r.tx.Append(ctx, e)
	}
	return FateChanged, nil
}

// with is the row with what its list has no column for as it was; value is what
// identities are worth.
func (l Listed) with(was Enrolment, value map[uuid.UUID]string) Listed {
	if !l.Says.Unit {
		l.Unit = was.Unit
	}
	if !l.Says.Ends {
		l.EndsAt = was.EndsAt
	}
	if !l.Says.Email {
		l.Email = value[was.Email]
	}
	if !l.Says.Phone {
		l.Phone = value[was.Phone]
	}
	return l
}

// endOf is when the last of the enrolments of somebody who is here ends, 0 if
// one has no day.
func endOf(ens []Enrolment) (at int64) {
	for _, e := range ens {
		switch {
		case e.LeftAt > 0:
		case e.EndsAt == 0:
			return 0
		default:
			at = max(at, e.EndsAt)
		}
	}
	return at
}
