// Package account says who somebody is and what they may do. The one
// permission table is here; services ask it, pages show only what it allows.
package account

import (
	"slices"

	"github.com/google/uuid"
)

// Role is a bundle of permissions.
type Role string

// The roles in use.
const (
	Visitor Role = "visitor" // nobody signed in
	Officer Role = "officer" // 成果办: technology-transfer officer
	System  Role = "system"  // system administrator: accounts and settings, no business data
	Console Role = "console" // the operator at the command line of the machine itself
)

// Principal is who acts, in which role.
type Principal struct {
	ID     uuid.UUID
	Name   string
	Roles  []Role
	Acting Role
}

// Nobody is a visitor who is not signed in.
func Nobody() Principal { return Principal{Acting: Visitor} }

// SignedIn reports whether somebody is known.
func (p Principal) SignedIn() bool { return p.Acting != Visitor && p.Acting != "" }

// Permission is one thing that may be done.
type Permission string

// Permissions.
const (
	SeePublic       Permission = "see.public"
	SeeOffice       Permission = "see.office" // every state, every class of field
	ImportFiles     Permission = "import"
	ListResults     Permission = "result.list" // from review to the shelf, with 可公开确认
	OpenNeeds       Permission = "need.open"
	ExportFiles     Permission = "export"
	GiveFeedback    Permission = "feedback"
	CheckMatches    Permission = "match.check" // under one's own name: no command line
	Classify        Permission = "classify"    // say what theme or discipline something is of, likewise
	ManageAccounts  Permission = "account.manage"
	IssueAdminLinks Permission = "account.link"
	OwnTokens       Permission = "token.own"      // tokens by which programs act for oneself
	AskContact      Permission = "contact.ask"    // to be brought together with the people behind a result
	HandleContacts  Permission = "contact.handle" // the office's side of it
)

// table is the one place that says which role may do what.
var table = map[Role][]Permission{
	Visitor: {SeePublic, AskContact},
	Officer: {SeePublic, SeeOffice, AskContact, HandleContacts, ImportFiles, ListResults, OpenNeeds, ExportFiles, GiveFeedback, CheckMatches, Classify, OwnTokens},
	System:  {SeePublic, AskContact, ManageAccounts, OwnTokens},
	Console: {SeePublic, SeeOffice, AskContact, HandleContacts, ImportFiles, ListResults, OpenNeeds, ExportFiles, GiveFeedback, ManageAccounts, IssueAdminLinks},
}

// May reports whether the principal, in the acting role, may do it.
func (p Principal) May(do Permission) bool {
	role := p.Acting
	if role == "" {
		role = Visitor
	}
	return slices.Contains(table[role], do)
}

// Roles lists the roles of the table in a stable order.
func Roles() []Role { return []Role{Visitor, Officer, System, Console} }

// Account is a person who can sign in.
type Account struct {
	ID        uuid.UUID
	Name      string
	Roles     []Role
	CreatedAt int64
	Disabled  bool
	Version   int64
}

// Link is a one-time way in; only the hash of its token is kept.
type Link struct {
	Hash      [32]byte
	AccountID uuid.UUID
	ExpiresAt int64
	UsedAt    int64
}
