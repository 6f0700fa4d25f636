package catalog

import (
	"slices"

	"github.com/google/uuid"
)

// Class is who may see a thing or a field (公开, 登录可见, 当事人, 仅成果办).
// Classes are ordered: who may see Office may see all.
type Class uint8

// The visibility classes, from everyone to the office alone.
const (
	Public Class = iota
	SignedIn
	Concerned // the parties concerned
	Office
)

// For is the result as a viewer of class c may see it: contact and price stay
// with the office (never-rules 7 and 9), remarks, shares, unknown columns and
// who of the office gave theme and discipline too.
func (r Result) For(c Class) Result {
	if c >= Office {
		return r
	}
	r.Contact, r.Price, r.Remarks, r.Extra, r.GivenID = Contact{}, Price{}, "", nil, ""
	r.ThemesBy, r.DisciplinesBy = By{}, By{}
	r.Completers = slices.Clone(r.Completers)
	for i := range r.Completers {
		r.Completers[i].Share = 0
	}
	return r
}

// For is the need as a viewer of class c may see it: its owner and the contact
// stay with the owner and the office (never-rule 9), so does the budget. The
// owner may want its name to be seen.
func (n Need) For(c Class) Need {
	if c < Office {
		n.ThemesBy, n.DisciplinesBy = By{}, By{}
	}
	n.Entered = n.Entered.For(c)
	if c >= Concerned {
		return n
	}
	if !n.ShowOwner {
		n.OwnerName = ""
	}
	n.Contact, n.OwnerID, n.Budget, n.Extra, n.GivenID = Contact{}, uuid.Nil, Price{}, nil, ""
	n.Address, n.WishExpert, n.WishParty = "", "", ""
	return n
}

// For is the party as a viewer of class c may see it.
func (p Party) For(c Class) Party {
	if c >= Office {
		return p
	}
	p.Contact, p.Extra = Contact{}, nil
	return p
}

// For is the person as a viewer of class c may see it: the staff number stays
// with the office.
func (p Person) For(c Class) Person {
	if c >= Office {
		return p
	}
	p.StaffNo, p.Extra = "", nil
	return p
}
